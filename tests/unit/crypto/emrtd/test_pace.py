from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import curves, tlv
from crypto.apdu import Command, Response
from crypto.emrtd import pace
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.emrtd.pace import Password
from crypto.emrtd.security_infos import PaceInfo
from crypto.errors import (
    AccessRefusedError,
    CardError,
    CardLostError,
    MalformedError,
    ProofError,
    Refusal,
    StatusError,
)
from tests.unit.crypto.emrtd.cards import (
    CAN,
    PaceCard,
    ProtectedCard,
    constants,
    counted,
    numbers,
    pace_card,
    pace_opens,
    plain,
    scripted,
)

AES_128 = "0.4.0.127.0.7.2.2.4.2.2"
INFO = PaceInfo(AES_128, 2, 13)
BRAINPOOL = curves.by_parameter_id(13)

# ICAO 9303-11 appendix G.1, document T22000129, password MRZ.
VALUES = constants("PACE_ECDH_GMTest")
MRZ = Password.mrz("T22000129364081251010318")
TERMINAL_KEYS = (VALUES[7], VALUES[12])
SESSION = SessionKeys(Suite.AES_128, VALUES[17], VALUES[18])


def exchange(sent: bytes, received: bytes, *, last: bool = False) -> tuple[str, str]:
    cla = "00" if last else "10"
    return f"{cla}860000{len(sent):02x}{sent.hex()}00", received.hex() + "9000"


SET_TEMPLATE = ("0022c1a40f800a04007f00070202040202830101", "9000")
EXCHANGES = (
    SET_TEMPLATE,
    exchange(bytes.fromhex("7c00"), VALUES[2]),
    exchange(VALUES[8], VALUES[9]),
    exchange(VALUES[14], VALUES[15]),
    exchange(VALUES[22], VALUES[23], last=True),
)


def answering(step: int, answer: str) -> list[tuple[str, str]]:
    return [*EXCHANGES[:step], (EXCHANGES[step][0], answer)]


def test_worked_example_of_icao_byte_by_byte() -> None:
    channel = scripted(*EXCHANGES)
    result = pace.establish(channel, INFO, MRZ, numbers(*TERMINAL_KEYS))
    assert channel.apdus == 5
    assert result.chip_authentication is None
    # The session is the one of the example when a card with its published keys understands it.
    card = ProtectedCard(SESSION, lambda command: Response(b"yes", 0x9000))
    after = card.channel()
    after.secure(result.messaging)
    assert after.send(Command(0x00, 0xB0, 0, 0, le=3)).data == b"yes"


@pytest.mark.parametrize("sw", ["6300", "63c2", "6982"])
def test_a_chip_that_refuses_the_token_refuses_the_password(sw: str) -> None:
    with pytest.raises(AccessRefusedError):
        pace.establish(scripted(*answering(4, sw)), INFO, MRZ, numbers(*TERMINAL_KEYS))


def test_a_token_of_another_password_refuses_it_too() -> None:
    wrong = VALUES[23][:-1] + bytes([VALUES[23][-1] ^ 1])
    with pytest.raises(AccessRefusedError):
        pace.establish(scripted(*answering(4, wrong.hex() + "9000")), INFO, MRZ, numbers(*TERMINAL_KEYS))


@pytest.mark.parametrize("step", range(5))
def test_a_card_lifted_at_any_step_is_lost_not_refused(step: int) -> None:
    with pytest.raises(CardLostError):
        pace.establish(scripted(*answering(step, "")), INFO, MRZ, numbers(*TERMINAL_KEYS))


@pytest.mark.parametrize("step", range(5))
def test_any_other_status_is_kept(step: int) -> None:
    with pytest.raises(StatusError) as caught:
        pace.establish(scripted(*answering(step, "6f00")), INFO, MRZ, numbers(*TERMINAL_KEYS))
    assert caught.value.sw == 0x6F00


@pytest.mark.parametrize("step", range(1, 5))
@pytest.mark.parametrize("answer", ["9000", "7c009000", "7c0280009000", "7c038207009000", "7c0382010490", "ff9000"])
def test_nonsense_at_any_step_is_malformed(step: int, answer: str) -> None:
    with pytest.raises((ProofError, CardError)):
        pace.establish(scripted(*answering(step, answer)), INFO, MRZ, numbers(*TERMINAL_KEYS))


@pytest.mark.parametrize("answer", ["7c0280009000", "7c0a80080102030405060708" + "9000"])
def test_a_nonce_of_another_size_is_malformed(answer: str) -> None:
    with pytest.raises(MalformedError):
        pace.establish(scripted(*answering(1, answer)), INFO, MRZ, numbers(*TERMINAL_KEYS))


def test_a_token_of_another_size_is_malformed() -> None:
    with pytest.raises(MalformedError):
        pace.establish(scripted(*answering(4, "7c0586030102039000")), INFO, MRZ, numbers(*TERMINAL_KEYS))


@pytest.mark.parametrize(("step", "sent", "tag"), [(2, VALUES[8], "82"), (3, VALUES[14], "84")])
def test_the_terminals_own_key_sent_back_is_refused(step: int, sent: bytes, tag: str) -> None:
    echo = sent.hex()[:4] + tag + sent.hex()[6:]
    with pytest.raises(MalformedError, match="own key"):
        pace.establish(scripted(*answering(step, echo + "9000")), INFO, MRZ, numbers(*TERMINAL_KEYS))


@pytest.mark.parametrize(("step", "tag"), [(2, "82"), (3, "84")])
def test_a_point_off_the_curve_is_refused(step: int, tag: str) -> None:
    off = "7c4382".replace("82", tag) + "4104" + "11" * 64
    with pytest.raises(MalformedError, match="not on the curve"):
        pace.establish(scripted(*answering(step, off + "9000")), INFO, MRZ, numbers(*TERMINAL_KEYS))


def test_a_chip_that_maps_to_infinity_is_refused() -> None:
    nonce, private = int.from_bytes(VALUES[5], "big"), int.from_bytes(VALUES[7], "big")
    share = -nonce * pow(private, -1, BRAINPOOL.order) % BRAINPOOL.order
    crafted = BRAINPOOL.encode(BRAINPOOL.multiply(share, BRAINPOOL.generator))
    with pytest.raises(MalformedError, match="infinity"):
        pace.establish(scripted(*answering(2, "7c438241" + crafted.hex() + "9000")), INFO, MRZ, numbers(*TERMINAL_KEYS))


@pytest.mark.parametrize("parameter_id", range(8, 19))
def test_every_curve_opens_with_the_card_access_number(parameter_id: int) -> None:
    assert pace_opens(*pace_card(curves.by_parameter_id(parameter_id), Suite.AES_128))


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("parameter_id", [12, 13])
def test_every_cipher_opens(suite: Suite, parameter_id: int) -> None:
    assert pace_opens(*pace_card(curves.by_parameter_id(parameter_id), suite))


def test_a_wrong_number_is_refused_and_not_named() -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128)
    with pytest.raises(AccessRefusedError) as caught:
        pace_opens(card, info, Password.can("123451"))
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize("nonce", [bytes(16), BRAINPOOL.order.to_bytes(32, "big"), b"\xff" * 32])
def test_nonces_at_the_edges_still_open(nonce: bytes) -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_256)
    card.nonce = nonce if int.from_bytes(nonce, "big") % BRAINPOOL.order else bytes(len(nonce))
    assert pace_opens(card, info)


def test_a_nonce_that_the_order_divides_counts_as_zero() -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_256)
    card.nonce = bytes(32)
    card.tamper = lambda tag, value: value if tag != 0x80 else encrypted_order(card)
    assert pace_opens(card, info)


def encrypted_order(card: PaceCard) -> bytes:
    from crypto.emrtd import ciphers, keys

    key = keys.derive(card.suite, card.secret, keys.Purpose.PASSWORD)
    return ciphers.encrypt(card.suite, key, BRAINPOOL.order.to_bytes(32, "big"))


def template_tags(card: PaceCard) -> list[bool]:
    return [b"\x84\x01\x0d" in command.data for command in card.seen if command.ins == 0x22]


def test_the_parameter_reference_is_left_out_when_there_is_one_set() -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128)
    assert pace_opens(card, info)
    assert template_tags(card) == [False]


def test_the_parameter_reference_is_sent_when_there_are_several() -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128)
    assert pace_opens(card, replace(info, ambiguous=True))
    assert template_tags(card) == [True]


@pytest.mark.parametrize(("ambiguous", "order"), [(False, [False, True]), (True, [True, False])])
def test_a_chip_that_wants_it_the_other_way_gets_it_so(ambiguous: bool, order: list[bool]) -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128)
    card.wants_parameters = not ambiguous
    assert pace_opens(card, replace(info, ambiguous=ambiguous))
    assert template_tags(card) == order


def test_set_template_asks_for_no_answer_and_a_warning_does_not_stop_it() -> None:
    first = (SET_TEMPLATE[0], "63c1")
    result = pace.establish(scripted(first, *EXCHANGES[1:]), INFO, MRZ, numbers(*TERMINAL_KEYS))
    assert result.messaging.suite is Suite.AES_128


PIN = Password.pin("482915")


@pytest.mark.parametrize(
    ("sw", "refusal", "left"),
    [
        (0x6300, Refusal.WRONG, None),
        (0x6982, Refusal.WRONG, None),
        (0x63C2, Refusal.WRONG, 2),
        (0x63C1, Refusal.SUSPENDED, 1),
        (0x63C0, Refusal.BLOCKED, 0),
        (0x6983, Refusal.BLOCKED, 0),
        (0x6984, Refusal.DEACTIVATED, None),
    ],
)
def test_a_refused_token_says_why_and_how_many_tries_are_left(sw: int, refusal: Refusal, left: int | None) -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128, PIN)
    card.sw_token = sw
    with pytest.raises(AccessRefusedError) as caught:
        pace_opens(card, info, Password.pin("482916"))
    assert (caught.value.refusal, caught.value.tries_left) == (refusal, left)
    assert "4829" not in str(caught.value)


@pytest.mark.parametrize(
    ("sw", "refusal", "left"),
    [(0x63C1, Refusal.SUSPENDED, 1), (0x63C0, Refusal.BLOCKED, 0), (0x6283, Refusal.DEACTIVATED, None)],
)
def test_the_last_try_of_a_pin_is_not_spent(sw: int, refusal: Refusal, left: int | None) -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128, PIN)
    card.sw_template = sw
    with pytest.raises(AccessRefusedError) as caught:
        pace_opens(card, info, PIN)
    assert (caught.value.refusal, caught.value.tries_left) == (refusal, left)
    assert len(card.seen) == 1


def test_tries_that_failed_before_do_not_stop_the_next() -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128, PIN)
    card.sw_template = 0x63C2
    assert pace_opens(card, info, PIN)
    assert card.seen[0].data.endswith(b"\x83\x01\x03")


def test_a_password_that_is_blocked_may_show_only_at_the_nonce() -> None:
    with pytest.raises(AccessRefusedError) as caught:
        pace.establish(scripted(SET_TEMPLATE, (EXCHANGES[1][0], "6983")), INFO, MRZ, numbers(*TERMINAL_KEYS))
    assert caught.value.refusal is Refusal.BLOCKED


@given(st.binary(max_size=60), st.integers(1, 4), st.sampled_from([2, 4, 6]))
@settings(max_examples=150)
def test_any_answer_at_any_step_gives_the_documented_errors(answer: bytes, step: int, mapping: int) -> None:
    card, info = pace_card(curves.by_parameter_id(12), Suite.AES_128, mapping=mapping)

    def tampered(command: Command) -> Response:
        response = card.answer(command)
        return Response(tlv.encode(0x7C, answer), 0x9000) if len(card.seen) == step + 1 else response

    try:
        pace.establish(plain(tampered), info, CAN, counted)
    except (ProofError, CardError):
        return
    # An answer that holds nothing is all right where the terminal expects nothing in it.
    assert (step, mapping) == (2, 4)
