from __future__ import annotations

import json
from typing import Any

import pytest

from crypto import curves, dh, tlv
from crypto.apdu import Channel, Command, Response
from crypto.curves import Curve
from crypto.dh import DhGroup
from crypto.emrtd import chip_auth, keys, public_keys
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.public_keys import DhKey, EcKey
from crypto.emrtd.security_infos import ChipAuthInfo, ChipAuthKey, SecurityInfos, parse_dg14
from crypto.errors import CloneSuspectedError, MessagingBrokenError, NotSupportedError, StatusError
from tests.unit.crypto.emrtd.cards import VECTORS, ProtectedCard, numbers, secret_of

OLD = keys.derive_session(Suite.AES_128, b"the session that PACE left")
PRIVATE = 0xABCDEF
OID = "0.4.0.127.0.7.2.2.3."


class Chip:
    """A chip with a static key; a clone has another one than it shows."""

    def __init__(self, curve: Curve | DhGroup, suite: Suite, private: int = PRIVATE) -> None:
        self.curve: Any = curve
        self.suite, self.private = suite, private
        self.references: list[bytes | None] = []
        self.refuse: dict[int, int] = {}
        self.refuse_p2: dict[int, int] = {}
        self.card = ProtectedCard(OLD, self.answer)
        self.channel = self.card.channel()
        self.channel.secure(SecureMessaging(OLD))

    def answer(self, command: Command) -> Response:
        if command.ins in self.refuse:
            return Response(b"", self.refuse[command.ins])
        if command.ins == 0x22 and command.p2 in self.refuse_p2:
            return Response(b"", self.refuse_p2[command.p2])
        if command.ins == 0x22:
            items = tlv.parse_all(command.data)
            self.references.append(tlv.find_optional(items, 0x84))
            if command.p2 == 0xA6:
                self.agree(tlv.find(items, 0x91))
            return Response(b"", 0x9000)
        if command.ins == 0x86:
            self.agree(tlv.find(tlv.parse_one(command.data, 0x7C).children(), 0x80))
            return Response(b"\x7c\x00", 0x9000)
        return Response(b"", 0x9000)

    def agree(self, raw: bytes) -> None:
        shared = self.curve.multiply(self.private, self.curve.decode(raw))
        self.card.next_session = keys.derive_session(self.suite, secret_of(self.curve, shared))


def key_for(group: Any, private: int = PRIVATE, key_id: int | None = None) -> ChipAuthKey:
    public = group.public(private)
    return ChipAuthKey(EcKey(group, public) if isinstance(group, Curve) else DhKey(group, public), key_id)


def infos_for(group: Curve | DhGroup, suite: Suite, key_id: int | None = None) -> SecurityInfos:
    agreement = 2 if isinstance(group, Curve) else 1
    info = ChipAuthInfo(f"{OID}{agreement}.{suite.value}", 1, key_id)
    return SecurityInfos(chip_auth=(info,), chip_auth_keys=(key_for(group, key_id=key_id),))


def fixed(size: int) -> bytes:
    return (0x1357_9BDF_2468).to_bytes(size, "big")


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("parameter_id", [12, 13, 14, 18])
def test_a_genuine_chip_goes_on_under_new_keys(suite: Suite, parameter_id: int) -> None:
    chip = Chip(curves.by_parameter_id(parameter_id), suite)
    chip_auth.authenticate(chip.channel, infos_for(chip.curve, suite), fixed)
    assert chip.card.session is not None
    assert chip.card.session.suite is suite
    assert chip.channel.send(Command(0x00, 0xB0, 0, 0, le=1)).sw == 0x9000
    assert chip.channel.apdus == (3 if suite is Suite.TRIPLE_DES else 4)


@pytest.mark.parametrize("suite", Suite)
def test_a_chip_with_another_private_key_is_a_suspected_clone(suite: Suite) -> None:
    chip = Chip(curves.by_parameter_id(13), suite, private=PRIVATE + 1)
    with pytest.raises(CloneSuspectedError):
        chip_auth.authenticate(chip.channel, infos_for(chip.curve, suite), fixed)


def answering_after_agreement(answer: str) -> Channel:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)

    def transceive(raw: bytes) -> bytes:
        return chip.card.transceive(raw) if len(chip.card.raw) < 2 else bytes.fromhex(answer)

    channel = Channel(transceive)
    channel.secure(SecureMessaging(OLD))
    return channel


@pytest.mark.parametrize("answer", ["6988", "6987", "6982", "6985", "9000", "990290008e0811223344556677889000"])
def test_a_first_answer_without_the_new_keys_is_a_suspected_clone(answer: str) -> None:
    with pytest.raises(CloneSuspectedError):
        chip_auth.authenticate(
            answering_after_agreement(answer), infos_for(curves.by_parameter_id(13), Suite.AES_128), fixed
        )


def test_a_bare_error_that_says_nothing_about_keys_accuses_nobody() -> None:
    with pytest.raises(StatusError):
        chip_auth.authenticate(
            answering_after_agreement("6f00"), infos_for(curves.by_parameter_id(13), Suite.AES_128), fixed
        )


def test_any_authenticated_status_proves_the_keys() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    chip.refuse[0xA4] = 0x6A82
    chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)


@pytest.mark.parametrize("ins", [0x22, 0x86])
def test_a_chip_that_refuses_the_protocol_gives_its_status(ins: int) -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    chip.refuse[ins] = 0x6A80
    with pytest.raises(StatusError) as caught:
        chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)
    assert caught.value.sw == 0x6A80


@pytest.mark.parametrize(
    ("key_id", "sent"), [(None, None), (0, b"\x00"), (1, b"\x01"), (195, b"\xc3"), (0x1234, b"\x12\x34")]
)
@pytest.mark.parametrize("suite", [Suite.TRIPLE_DES, Suite.AES_256])
def test_the_key_number_is_sent_where_there_is_one(suite: Suite, key_id: int | None, sent: bytes | None) -> None:
    chip = Chip(curves.by_parameter_id(13), suite)
    chip_auth.authenticate(chip.channel, infos_for(chip.curve, suite, key_id), fixed)
    assert chip.references == [sent]


def test_the_key_is_the_one_that_the_info_numbers() -> None:
    chip = Chip(curves.by_parameter_id(12), Suite.AES_128)
    right = infos_for(chip.curve, Suite.AES_128, 2)
    other = key_for(curves.by_parameter_id(13), 1, key_id=1)
    modular = ChipAuthInfo(OID + "1.2", 1, 2)
    both = SecurityInfos(chip_auth=(modular, *right.chip_auth), chip_auth_keys=(other, *right.chip_auth_keys))
    chip_auth.authenticate(chip.channel, both, fixed)
    assert chip.references == [b"\x02"]


def test_aes_is_preferred_to_3des_and_curves_to_primes() -> None:
    chip = Chip(curves.by_parameter_id(12), Suite.AES_256)
    offers = [(1, 4), (2, 1), (2, 4), (2, 2)]
    infos = SecurityInfos(
        chip_auth=tuple(ChipAuthInfo(f"{OID}{agreement}.{suite}", 1, None) for agreement, suite in offers),
        chip_auth_keys=(key_for(dh.by_parameter_id(0)), key_for(chip.curve)),
    )
    agreed = chip_auth.authenticate(chip.channel, infos, fixed)
    assert agreed.algorithm == "ECDH P-256 AES-256"
    assert agreed.key == key_for(chip.curve)


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("parameter_id", [0, 1, 2])
def test_a_genuine_chip_with_a_key_modulo_a_prime(suite: Suite, parameter_id: int) -> None:
    chip = Chip(dh.by_parameter_id(parameter_id), suite)
    agreed = chip_auth.authenticate(chip.channel, infos_for(chip.curve, suite), fixed)
    assert agreed.proven
    assert agreed.algorithm == f"DH {chip.curve.name} {suite.label}"
    assert chip.channel.send(Command(0x00, 0xB0, 0, 0, le=1)).sw == 0x9000


def test_a_key_modulo_a_prime_without_info_means_3des() -> None:
    chip = Chip(dh.by_parameter_id(0), Suite.TRIPLE_DES)
    agreed = chip_auth.authenticate(chip.channel, SecurityInfos(chip_auth_keys=(key_for(chip.curve),)), fixed)
    assert agreed.algorithm == "DH MODP 1024/160 3DES"


def test_a_chip_that_refuses_set_kat_is_asked_the_other_way() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.TRIPLE_DES)
    chip.refuse_p2[0xA6] = 0x6D00
    agreed = chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.TRIPLE_DES, 3), fixed)
    assert agreed.proven
    assert chip.references == [b"\x03"]
    assert [command.ins for command in chip.card.seen] == [0x22, 0x22, 0x86, 0xA4]


def test_a_chip_that_refuses_both_ways_gives_its_last_status() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.TRIPLE_DES)
    chip.refuse_p2 |= {0xA6: 0x6D00, 0xA4: 0x6A88}
    with pytest.raises(StatusError) as caught:
        chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.TRIPLE_DES), fixed)
    assert caught.value.sw == 0x6A88


def test_agreed_keys_are_not_proven_before_the_first_answer() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    agreed = chip_auth.agree(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)
    before = agreed.proven
    assert chip.channel.apdus == 2
    read = Command(0x00, 0xB0, 0, 0, le=1)
    assert chip_auth.prove(agreed, lambda: chip.channel.send(read)).sw == 0x9000
    assert (before, agreed.proven) == (False, True)
    assert chip.channel.apdus == 3


def test_a_clone_is_found_by_the_read_that_is_the_proof() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128, private=PRIVATE + 1)
    agreed = chip_auth.agree(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)
    with pytest.raises(CloneSuspectedError):
        chip_auth.prove(agreed, lambda: chip.channel.send(Command(0x00, 0xB0, 0, 0, le=1)))
    assert not agreed.proven


@pytest.mark.parametrize(("sw", "error"), [(0x6982, CloneSuspectedError), (0x6A82, StatusError)])
def test_a_status_that_the_attempt_does_not_allow_is_judged(sw: int, error: type[Exception]) -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    agreed = chip_auth.agree(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)

    def attempt() -> None:
        raise StatusError("read", sw)

    with pytest.raises(error):
        chip_auth.prove(agreed, attempt)


def test_a_session_that_breaks_after_the_proof_accuses_nobody() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    agreed = chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)

    def attempt() -> None:
        raise MessagingBrokenError("later")

    with pytest.raises(MessagingBrokenError):
        chip_auth.prove(agreed, attempt)


@pytest.mark.parametrize("parameter_id", [0, 13])
def test_a_secret_with_a_leading_zero_byte_gives_the_right_keys(parameter_id: int) -> None:
    group: Any = public_keys.standardised(parameter_id)
    chip = Chip(group, Suite.AES_128)
    static = group.public(PRIVATE)
    private = next(k for k in range(2, 5000) if secret_of(group, group.multiply(k, static))[0] == 0)
    chip_auth.authenticate(chip.channel, infos_for(group, Suite.AES_128), lambda size: private.to_bytes(size, "big"))


SESSIONS = json.loads((VECTORS / "chip_authentication.json").read_text("utf-8"))["sessions"]


@pytest.mark.parametrize("session", SESSIONS, ids=[session["name"] for session in SESSIONS])
def test_sessions_recorded_from_chips_byte_by_byte(session: dict[str, Any]) -> None:
    suite = Suite[session["suite"]]
    exchanges = [(command, answer) for command, answer in session["exchanges"]]
    old = SessionKeys(suite, bytes.fromhex(session["encryption"]), bytes.fromhex(session["mac"]))
    messaging = SecureMessaging(old, int(session["counter"], 16))
    answers = iter(exchanges)
    refused = False

    def transceive(raw: bytes) -> bytes:
        # One of the chips was recorded with the commands for AES in a 3DES session: it refuses the other one here.
        nonlocal refused
        if suite is Suite.TRIPLE_DES and not refused:
            refused = True
            return b"\x6d\x00"
        command, answer = next(answers)
        assert raw.hex() == command
        return bytes.fromhex(answer)

    channel = Channel(transceive)
    channel.secure(messaging)
    infos = parse_dg14(bytes.fromhex(session["dg14"]))
    agreed = chip_auth.authenticate(channel, infos, numbers(bytes.fromhex(session["private"])))
    assert agreed.proven
    assert agreed.algorithm == session["algorithm"]
    assert next(answers, None) is None


def test_a_key_without_info_means_3des() -> None:
    chip = Chip(curves.by_parameter_id(12), Suite.TRIPLE_DES)
    chip_auth.authenticate(chip.channel, SecurityInfos(chip_auth_keys=(key_for(chip.curve),)), fixed)
    assert chip.card.session is not None
    assert chip.card.session.suite is Suite.TRIPLE_DES


@pytest.mark.parametrize(
    "infos",
    [
        SecurityInfos(),
        SecurityInfos(chip_auth=(ChipAuthInfo(OID + "2.2", 1, None),)),
        SecurityInfos(
            chip_auth=(ChipAuthInfo(OID + "2.2", 1, 7),),
            chip_auth_keys=(key_for(curves.by_parameter_id(13), key_id=8),),
        ),
        SecurityInfos(
            chip_auth=(ChipAuthInfo(OID + "1.2", 1, None),),
            chip_auth_keys=(key_for(curves.by_parameter_id(13)),),
        ),
        SecurityInfos(
            chip_auth=(ChipAuthInfo(OID + "2.9", 1, None), ChipAuthInfo(OID + "3.2", 1, None)),
            chip_auth_keys=(key_for(curves.by_parameter_id(13)),),
        ),
    ],
)
def test_nothing_usable_in_dg14_is_not_supported(infos: SecurityInfos) -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    with pytest.raises(NotSupportedError):
        chip_auth.authenticate(chip.channel, infos, fixed)
    assert chip.channel.apdus == 0


def test_a_session_that_breaks_before_the_agreement_accuses_nobody() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    other = SessionKeys(OLD.suite, OLD.mac, OLD.encryption)
    chip.channel.secure(SecureMessaging(other))
    with pytest.raises(MessagingBrokenError):
        chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)
