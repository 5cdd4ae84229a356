"""Which way a chip is opened, in which order, and what is written down about it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from crypto.apdu import Channel, Command, Response
from crypto.emrtd import keys, pace
from crypto.emrtd.keys import Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.pace import PaceResult, Password
from crypto.emrtd.security_infos import PaceInfo, SecurityInfos
from crypto.errors import AccessRefusedError, MalformedError, StatusError
from terminal.faults import FaultError
from terminal.model import Message
from terminal.proof import opening
from terminal.proof.access import ChipAccess
from terminal.proof.opening import CardAccess, Opened, differs_from_signed, open_chip

GENERIC = PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)
INTEGRATED = PaceInfo("0.4.0.127.0.7.2.2.4.4.4", 2, 16)
UNKNOWN = PaceInfo("0.4.0.127.0.7.2.2.4.9.9", 2, 13)
BY_MRZ = ("first", "second")
SESSION = SecureMessaging(keys.derive_session(Suite.AES_128, b"a secret"))
REFUSED = StatusError(pace.TEMPLATE, 0x6A80)


@dataclass
class Chip:
    """What a chip does with each attempt, in order; ``None`` lets it come about."""

    outcomes: list[Exception | None]
    tried: list[tuple[str, int]] = field(default_factory=list)
    selected: int = 0
    by_bac: list[str] = field(default_factory=list)

    def pace(self, _channel: Channel, info: PaceInfo, password: Password, _random: object) -> PaceResult:
        self.tried.append((info.oid, password.reference))
        self._end()
        return PaceResult(SESSION, None)

    def bac(self, _channel: Channel, text: str, _random: object) -> SecureMessaging:
        self.by_bac.append(text)
        self._end()
        return SESSION

    def _end(self) -> None:
        outcome = self.outcomes.pop(0)
        if outcome is not None:
            raise outcome

    def answer(self, command: bytes) -> bytes:
        assert Command.decode(command).ins == 0xA4
        self.selected += 1
        return Response(b"", 0x9000).encode()


Open = Callable[..., Opened]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    def run(chip: Chip, access: ChipAccess, *infos: PaceInfo, offered: CardAccess | None = None) -> Opened:
        monkeypatch.setattr(opening.pace, "establish", chip.pace)
        monkeypatch.setattr(opening.bac, "establish", chip.bac)
        said = offered or CardAccess(b"31", by_short_id=True, infos=SecurityInfos(pace=infos))
        return open_chip(Channel(chip.answer), said, access, secrets.token_bytes)

    return run


def test_the_can_opens_by_pace_and_the_variant_is_written_down(opened: Open) -> None:
    chip = Chip([None])
    found = opened(chip, ChipAccess("123450", BY_MRZ), GENERIC)
    assert found == Opened("PACE-CAN", GENERIC.label)
    assert chip.tried == [(GENERIC.oid, 2)]
    assert not chip.selected


def test_the_pin_goes_before_the_can(opened: Open) -> None:
    chip = Chip([None])
    assert opened(chip, ChipAccess("123450", pin="654321"), GENERIC).protocol == "PACE-PIN"
    assert chip.tried == [(GENERIC.oid, 3)]


def test_each_text_of_the_mrz_is_tried_until_one_opens(opened: Open) -> None:
    chip = Chip([AccessRefusedError("no"), None])
    assert opened(chip, ChipAccess(mrz_information=("L8", "L9")), GENERIC).protocol == "PACE-MRZ"
    assert chip.tried == [(GENERIC.oid, 1)] * 2


def test_a_variant_that_the_chip_refuses_is_followed_by_the_next(opened: Open) -> None:
    chip = Chip([REFUSED, None])
    found = opened(chip, ChipAccess("123450"), GENERIC, INTEGRATED)
    assert found == Opened("PACE-CAN", INTEGRATED.label, tried=(GENERIC.label,))


@pytest.mark.parametrize(
    ("infos", "outcomes", "why"),
    [
        ((), [None], "access.none"),
        ((UNKNOWN,), [None], "access.not_supported"),
        ((GENERIC, INTEGRATED), [REFUSED, REFUSED, None], "access.refused"),
    ],
)
def test_bac_comes_last_and_says_why(
    opened: Open, infos: tuple[PaceInfo, ...], outcomes: list[Exception | None], why: str
) -> None:
    chip = Chip(list(outcomes))
    found = opened(chip, ChipAccess("123450", BY_MRZ), *infos)
    assert (found.protocol, found.why_bac) == ("BAC", Message(why))
    assert len(found.tried) == len(outcomes) - 1
    assert (chip.selected, chip.by_bac) == (1, ["first"])


def test_what_was_wrong_with_card_access_is_why(opened: Open) -> None:
    found = opened(Chip([None]), ChipAccess(None, BY_MRZ), offered=CardAccess(why_not=Message("access.unreadable")))
    assert found.why_bac == Message("access.unreadable")


@pytest.mark.parametrize(
    "failure", [AccessRefusedError("no"), MalformedError("nonsense"), StatusError("PACE: nonce", 0x6F00)]
)
def test_nothing_that_happens_inside_pace_leads_to_the_older_protocol(opened: Open, failure: Exception) -> None:
    chip = Chip([failure])
    with pytest.raises(type(failure)):
        opened(chip, ChipAccess("123450", BY_MRZ), GENERIC, INTEGRATED)
    assert not chip.by_bac
    assert len(chip.tried) == 1


def test_a_number_alone_does_not_open_by_bac(opened: Open) -> None:
    with pytest.raises(AccessRefusedError):
        opened(Chip([]), ChipAccess("123450"))


def test_a_card_without_the_application_is_another_kind_of_card(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_channel: Channel) -> None:
        raise StatusError("select the eMRTD application", 0x6A82)

    monkeypatch.setattr(opening.files, "select_application", absent)
    with pytest.raises(FaultError) as caught:
        opened(Chip([]), ChipAccess("123450"))
    assert caught.value.fault.code == "card.unknown"


ALSO = PaceInfo("0.4.0.127.0.7.2.2.4.2.4", 2, 16)


@pytest.mark.parametrize(
    ("offered", "signed", "differs"),
    [
        ((GENERIC,), (GENERIC,), False),
        ((GENERIC, ALSO), (ALSO, GENERIC), False),
        ((GENERIC,), (), False),
        ((GENERIC,), (GENERIC, ALSO), True),
        ((GENERIC, ALSO), (GENERIC,), True),
        ((), (GENERIC,), True),
    ],
)
def test_the_unsigned_ways_are_compared_with_the_signed_ones(
    offered: tuple[PaceInfo, ...], signed: tuple[PaceInfo, ...], differs: bool
) -> None:
    said = CardAccess(b"31", by_short_id=True, infos=SecurityInfos(pace=offered))
    assert differs_from_signed(said, SecurityInfos(pace=signed)) is differs


def test_a_chip_without_card_access_whose_dg14_names_pace_is_noticed() -> None:
    assert differs_from_signed(CardAccess(why_not=Message("access.none")), SecurityInfos(pace=(GENERIC,)))
    assert not differs_from_signed(CardAccess(), None)
