"""Each byte of each answer of a short read turned over, and each answer cut: no pass with other content.

Under secure messaging every byte but the status word outside is below the MAC, so those are tried exhaustively
against one session; the conversation as a whole is tried at a fixed choice of places.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crypto.apdu import Channel, Command, Response
from crypto.emrtd.keys import SessionKeys, Suite, derive_session
from crypto.emrtd.lds import Ef
from crypto.emrtd.messaging import SecureMessaging
from crypto.errors import CardLostError, MessagingBrokenError, StatusError
from drivers.simulator.card.messaging import CardMessaging
from drivers.simulator.layers import Layer, LayeredChip, OnAir
from terminal.model import Outcome
from terminal.proof.access import ChipAccess
from tests import chips
from tests.flawed import Visit, visit

_STATUS = 2
_GET_RESPONSE = 0xC0

FAULTS = {"card.lost", "card.malformed", "card.broken_messaging", "card.locked", "card.unknown"}


class Disturbed(Layer):
    """The answer of one index is changed on its way."""

    def __init__(self, index: int, change: Callable[[bytes], bytes]) -> None:
        self._index = index
        self._change = change
        self._seen = -1

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        self._seen += 1
        answer = send(raw)
        return self._change(answer) if self._seen == self._index else answer


class Recorded(Layer):
    """Keeps the answers' lengths."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        answer = send(raw)
        self.lengths.append(len(answer))
        return answer


def turned(at: int, mask: int = 0x01) -> Callable[[bytes], bytes]:
    return lambda answer: answer[:at] + bytes([answer[at] ^ mask]) + answer[at + 1 :] if at < len(answer) else answer


def cut(length: int) -> Callable[[bytes], bytes]:
    return lambda answer: answer[:length]


def lengths_of(profile: str) -> list[int]:
    kept = Recorded()
    visit(LayeredChip(chips.contents_of(profile), [kept]), profile)
    return kept.lengths


def disturbed(profile: str, index: int, change: Callable[[bytes], bytes], access: ChipAccess | None = None) -> Visit:
    chip = LayeredChip(chips.contents_of(profile), [Disturbed(index, change)])
    return visit(chip, profile, access=access, most=400)


def judge(profile: str, found: Visit, where: str) -> None:
    """Either a documented end, or a yes about the very same content."""
    if found.outcome is not Outcome.ALLOW:
        assert found.fault in FAULTS or found.words, where
        return
    genuine = chips.contents_of(profile).files
    assert all(raw == genuine[ef] for ef, raw in found.files.items() if ef.number or ef is Ef.SOD), where


# The opening, every byte of short answers, every third of long ones --------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "answers", "dates"), [("cccd-2021", range(7), False), ("bac-only", range(5), True)]
)
def test_a_turned_byte_of_the_opening(profile: str, answers: range, *, dates: bool) -> None:
    """Nobody signs EF.CardAccess. With a number alone, PACE opens the chip or nothing does."""
    access = chips.key_of(profile) if dates else ChipAccess(chips.key_of(profile).can)
    lengths = lengths_of(profile)
    for index in answers:
        for at in range(0, lengths[index], 3 if lengths[index] > 40 else 1):
            where = f"{profile}: byte {at} of answer {index}"
            found = disturbed(profile, index, turned(at), access)
            judge(profile, found, where)
            assert dates or found.reading is None or found.reading.metrics.access == "PACE-CAN", where


# The whole read, at chosen places ------------------------------------------------------------------------------------


def test_a_turned_byte_of_any_answer() -> None:
    for index, length in enumerate(lengths_of("bac-only")):
        for at in {0, length // 2, length - 3} - {-1}:
            judge("bac-only", disturbed("bac-only", index, turned(at)), f"byte {at} of answer {index}")


def test_any_answer_cut() -> None:
    for index, length in enumerate(lengths_of("bac-only")):
        for left in {0, 1, 2, length - 1} - {length}:
            judge("bac-only", disturbed("bac-only", index, cut(left)), f"{left} bytes of answer {index}")


# One session, every byte ---------------------------------------------------------------------------------------------

KEYS = {suite: derive_session(suite, bytes(range(32))) for suite in Suite}
READ = Command(0x00, 0xB0, 0x9D, 0x00, le=223)


def one_answer(keys: SessionKeys, sent: Response, change: Callable[[bytes], bytes]) -> Response:
    """What the terminal takes from a protected answer that was changed on its way; GET RESPONSE is refused."""
    card = CardMessaging(keys)

    def transceive(raw: bytes) -> bytes:
        if raw[1] == _GET_RESPONSE:
            return b"\x69\x85"
        card.open(Command.decode(raw))
        return change(card.close(sent, odd=False) + sent.sw.to_bytes(_STATUS, "big"))

    channel = Channel(transceive)
    channel.secure(SecureMessaging(keys))
    return channel.send(READ)


def length_of(keys: SessionKeys, sent: Response) -> int:
    lengths: list[int] = []

    def kept(answer: bytes) -> bytes:
        lengths.append(len(answer))
        return answer

    assert one_answer(keys, sent, kept) == sent
    return lengths[0]


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.name)
@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_a_turned_byte_below_the_mac_ends_the_session(suite: Suite, mask: int) -> None:
    sent = Response(chips.contents_of("cccd-2021").files[Ef.SOD][:223], 0x9000)
    keys = KEYS[suite]
    for at in range(length_of(keys, sent) - _STATUS):
        with pytest.raises(MessagingBrokenError):
            one_answer(keys, sent, turned(at, mask))


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.name)
def test_an_answer_cut_at_any_length_is_never_data(suite: Suite) -> None:
    sent = Response(bytes(range(200)), 0x9000)
    for length in range(length_of(KEYS[suite], sent)):
        try:
            found = one_answer(KEYS[suite], sent, cut(length))
        except (MessagingBrokenError, CardLostError, StatusError):
            continue
        assert found.data == b"", length
        assert found.sw != 0x9000, length


@pytest.mark.parametrize("status", [0x9000, 0x6282, 0x6A82, 0x6700, 0x61FF, 0x6C10, 0x0000, 0xFFFF])
def test_the_status_word_outside_changes_nothing(status: int) -> None:
    sent = Response(b"inside", 0x9000)
    changed = status.to_bytes(_STATUS, "big")
    try:
        found = one_answer(KEYS[Suite.AES_128], sent, lambda answer: answer[:-_STATUS] + changed)
    except (MessagingBrokenError, StatusError):
        return
    assert found == sent
