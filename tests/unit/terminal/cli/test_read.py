"""``tram read``: what opens a card, what is told of it, and with which exit code it ends."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto import tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.faults import ChipFault
from drivers.simulator.inprocess import NAME
from drivers.simulator.personalise import mrz_zone
from drivers.simulator.presented import Handling
from terminal import registry
from terminal.cli import card_job, read
from terminal.cli.arguments import Parser
from terminal.events import CardPlaced, Device, DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.ports import CardJob, ReaderInfo
from terminal.proof.access import ChipAccess
from tests import chips
from tests.unit.terminal.cli.conftest import Lay, Tram

PROFILE = "cccd-2021"
Lines = Callable[..., tuple[int, list[str]]]


def mrz(profile: str) -> str:
    zone = mrz_zone(chips.person_of(profile))
    return "\n".join((zone[:30], zone[30:60], zone[60:]))


# What is told --------------------------------------------------------------------------------------------------------


def test_a_genuine_card_is_told_whole_and_masked(tram: Tram, lay: Lay) -> None:
    contents, who = chips.contents_of(PROFILE), chips.person_of(PROFILE)
    lay(contents)
    code, shown = tram("read", "--can", who.id_number.can)
    assert code == 0
    assert list(shown) == [
        *("apdus", "bytes", "ms", "files", "access", "opened", "checks", "issuer", "chip_protocol"),
        *("passive_authentication", "contents", "document", "simulated"),
    ]
    assert shown["checks"] == dict.fromkeys(("signature", "hashes", "issuer", "chip", "validity"), "successful")
    assert (shown["access"], shown["issuer"], shown["simulated"]) == ("PACE-CAN", "trusted", True)
    assert shown["document"] == {
        "id_number": "003 090 ••••••",
        "name": "N. V. T. N.",
        "born": 1990,
        "sex": "male",
        "expires": "2030-11-20",
        "no_expiry": False,
    }
    order = (Ef.CARD_ACCESS, Ef.SOD, Ef.DG13, Ef.DG1, Ef.DG14, Ef.DG15, Ef.DG2, Ef.COM)
    assert shown["files"] == {ef.name: len(contents.files[ef]) for ef in order}
    assert shown["apdus"] > len(order)
    assert shown["bytes"] > sum(len(contents.files[ef]) for ef in order)
    assert shown["ms"].keys() == {"connect", "unlock", "read", "verify", "photo"}


def test_nothing_that_is_printed_names_the_person(lines: Lines, lay: Lay, capsys: pytest.CaptureFixture[str]) -> None:
    who = chips.person_of(PROFILE)
    lay(chips.contents_of(PROFILE))
    for more in ([], ["--json"]):
        _, shown = lines("read", "--can", who.id_number.can, *more)
        text = "\n".join(shown).encode().decode("unicode_escape")
        for secret in (who.id_number.can, who.id_number.digits, "Nghiệm", "NGHIEM", who.address, "1990-11"):
            assert secret not in text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_people_read_lines_with_the_label_first(lines: Lines, lay: Lay, language: str) -> None:
    lay(chips.contents_of(PROFILE))
    code, shown = lines("read", "--can", "123450", "--lang", language)
    assert code == 0
    said = {
        "vi": ["MÔ PHỎNG", "Chữ ký", "PACE-CAN"],
        "en": ["SIMULATED", "Signature", "PACE-CAN"],
    }[language]
    assert said[0] in shown[0].upper()
    assert shown[1].endswith("003 090 ••••••")
    assert any(line.startswith(said[1]) for line in shown)
    assert shown[-1].startswith(said[2])


def test_a_chip_that_tells_no_number_is_told_without(lines: Lines, tram: Tram, lay: Lay) -> None:
    broken = chips.contents_of(PROFILE).files[Ef.DG13].replace(b"003090123450", b"00309012345X")
    lay(chips.with_files(chips.contents_of(PROFILE), {Ef.DG13: broken}))
    code, shown = tram("read", "--can", "123450")
    assert code == 1
    assert shown["document"] == {
        **dict.fromkeys(("id_number", "name", "born", "sex", "expires")),
        "no_expiry": False,
    }
    assert lines("read", "--can", "123450")[1][1].endswith("–")


def test_without_the_photo_no_photo_is_read(tram: Tram, lay: Lay) -> None:
    lay(chips.contents_of(PROFILE))
    _, shown = tram("read", "--can", "123450", "--no-photo")
    assert "DG2" not in shown["files"]
    assert "photo" not in shown["ms"]


def test_smaller_blocks_take_more_apdus(tram: Tram, lay: Lay) -> None:
    lay(chips.contents_of(PROFILE))
    many = tram("read", "--can", "123450", "--block", "128")[1]["apdus"]
    assert many > 100 > tram("read", "--can", "123450")[1]["apdus"]


# Opening -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "arguments", "access"),
    [
        ("cccd-2021", ["--id", "003090123450"], "PACE-CAN"),
        ("cccd-2021", ["--mrz", mrz("cccd-2021")], "PACE-MRZ"),
        ("bac-only", ["--mrz", mrz("bac-only").replace("\n", "")], "BAC"),
        ("icao-pin", ["--pin", "054321"], "PACE-PIN"),
    ],
)
def test_number_and_mrz_open_a_card_too(tram: Tram, lay: Lay, profile: str, arguments: list[str], access: str) -> None:
    lay(chips.contents_of(profile))
    code, shown = tram("read", *arguments)
    assert (code, shown["access"]) == (0, access)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = Parser()
    read.configure(parser)
    return parser.parse_args(arguments)


def test_what_opens_a_card_follows_from_the_arguments() -> None:
    assert read.access_of(parsed("--can", "000029")) == ChipAccess("000029")
    assert read.access_of(parsed("--id", "003185000029")) == ChipAccess("000029")
    opened = read.access_of(parsed("--mrz", mrz("cccd-2021")))
    assert opened == ChipAccess(None, ("090123450690112073011205",))
    assert read.access_of(parsed("--pin", "054321")) == ChipAccess(pin="054321")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--can", "12345"],
        ["--can", "1234567"],
        ["--can", "١٢٣٤٥٦"],
        ["--can", "12345x"],
        ["--id", "00309012345"],
        ["--mrz", "IDVNM"],
        ["--mrz", "X" * 90],
        ["--can", "123450", "--id", "003090123450"],
        ["--pin", "1"],
        ["--pin", "054321", "--can", "123450"],
        ["--can", "123450", "--block", "32"],
        ["--can", "123450", "--block", "65001"],
        ["--can", "123450", "--block", "much"],
        ["--can", "123450", "--wait", "inf"],
        ["--can", "123450", "--wait", "nan"],
        ["--can", "123450", "--wait", "-1"],
    ],
)
def test_nonsense_is_a_usage_error_before_any_reader_is_touched(
    tram: Tram, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    def never(_name: str) -> None:
        raise AssertionError("a reader was asked for")

    monkeypatch.setattr(registry, "reader", never)
    code, shown = tram("read", *arguments)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert "003090123450" not in str(shown)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--block", "much", "64 to 65000"), ("--block", "1e3", "64 to 65000"), ("--wait", "long", "0 to 86400")],
)
def test_a_measure_that_is_none_is_told_what_is_allowed(tram: Tram, option: str, value: str, said: str) -> None:
    code, shown = tram("read", "--can", "123450", option, value)
    assert (code, shown["error"]["detail"]) == (2, f"argument {option}: {said}")


def test_a_wrong_pin_is_refused_and_not_shown(tram: Tram, lay: Lay) -> None:
    lay(chips.contents_of("icao-pin"))
    code, shown = tram("read", "--pin", "987651")
    assert (code, shown["error"]["code"]) == (1, "card.locked")
    assert "987651" not in str(shown)


def test_a_wrong_number_is_refused_with_1(tram: Tram, lay: Lay) -> None:
    lay(chips.contents_of(PROFILE))
    code, shown = tram("read", "--can", "000000")
    assert (code, shown["error"]["code"]) == (1, "card.locked")


# Checks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "check", "word"),
    [
        (ChipFault.CLONED, 1, "chip", "failed"),
        (ChipFault.ALTERED_DG13, 1, "hashes", "failed"),
        (ChipFault.ALTERED_SOD, 1, "signature", "failed"),
        (ChipFault.UNKNOWN_ISSUER, 0, "issuer", "undetermined"),
    ],
    ids=lambda value: getattr(value, "value", str(value)),
)
def test_a_check_that_fails_makes_it_1(
    tram: Tram, lay: Lay, fault: ChipFault, code: int, check: str, word: str
) -> None:
    lay(chips.contents_of(PROFILE, fault))
    ended, shown = tram("read", "--can", "123450")
    assert (ended, shown["checks"][check]) == (code, word)


def test_a_security_object_that_cannot_be_read_makes_it_1(tram: Tram, lay: Lay) -> None:
    lay(chips.with_files(chips.contents_of(PROFILE), {Ef.SOD: tlv.encode(Ef.SOD.tag, b"nothing")}))
    ended, shown = tram("read", "--can", "123450")
    assert (ended, shown["checks"]["signature"], shown["checks"]["chip"]) == (1, "aborted", "undetermined")


# Devices -------------------------------------------------------------------------------------------------------------


class Reader:
    """A reader that says what it was told to and never runs a job, or ends it with an error."""

    def __init__(self, *events: Event, error: Exception | None = None) -> None:
        self.events, self.error, self.stopped = events, error, False

    def start(self, inbox: Callable[[Event], None]) -> None:
        for event in self.events:
            inbox(event)

    def stop(self) -> None:
        self.stopped = True

    def readers(self) -> tuple[ReaderInfo, ...]:
        return ()

    def submit(self, card: str, job: CardJob, cancel: threading.Event) -> None:
        assert card == "right"
        if self.error is not None:
            job(Broken(self.error))


class Broken:
    """A card that answers nothing but with an error."""

    reader, atr, simulated = NAME, b"", True

    def __init__(self, error: Exception) -> None:
        self._error = error

    def transceive(self, command: bytes) -> bytes:
        raise self._error


PLACED = CardPlaced("right", NAME)
DOWN = DeviceDown(Device.READER, "pcsc", "reader.service")


def with_reader(monkeypatch: pytest.MonkeyPatch, *events: Event, error: Exception | None = None) -> Reader:
    reader = Reader(*events, error=error)
    monkeypatch.setattr(registry, "reader", lambda _name: lambda _options: reader)
    return reader


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ((), "card.silent"),
        ((DOWN,), "reader.service"),
        ((DOWN, DeviceUp(Device.READER, "pcsc")), "card.silent"),
        ((CardPlaced("other", "another reader"),), "card.silent"),
    ],
    ids=["no card", "no service", "service came back", "another reader's card"],
)
def test_without_a_card_the_device_s_fault_is_told(
    tram: Tram, monkeypatch: pytest.MonkeyPatch, events: tuple[Event, ...], fault: str
) -> None:
    reader = with_reader(monkeypatch, *events)
    code, shown = tram("read", "--can", "123450", "--wait", "0.05", "--reader", "Virtual*")
    assert (code, shown["error"]["code"], reader.stopped) == (3, fault, True)


def test_no_wait_is_no_wait(tram: Tram, monkeypatch: pytest.MonkeyPatch) -> None:
    with_reader(monkeypatch, PLACED)
    assert tram("read", "--can", "123450", "--wait", "0")[1]["error"]["code"] == "card.silent"


def test_the_wanted_reader_is_found_by_pattern_and_by_its_very_name(
    tram: Tram, monkeypatch: pytest.MonkeyPatch
) -> None:
    bracketed = "Reader [Contactless] 01"
    for name, wanted in ((bracketed, bracketed), (NAME, "Virtual*")):
        other = CardPlaced("wrong", "another reader")
        with_reader(monkeypatch, other, CardPlaced("right", name), error=FaultError("card.silent", "watchdog"))
        _, shown = tram("read", "--can", "123450", "--reader", wanted)
        assert shown["error"]["detail"] == "watchdog"


class Unlabelled(chips.Field):
    """A field that does not say that its card is a double."""

    simulated = False


@pytest.mark.parametrize(("signed", "labelled"), [(True, True), (False, False)], ids=["simulator", "nobody"])
def test_what_the_simulator_signed_is_labelled_and_what_nobody_signed_is_not(
    lines: Lines, lay: Lay, monkeypatch: pytest.MonkeyPatch, signed: bool, labelled: bool
) -> None:
    contents = chips.contents_of(PROFILE)
    if not signed:
        contents = chips.with_files(contents, {Ef.SOD: tlv.encode(Ef.SOD.tag, b"nothing")})

    class OneCard(Reader):
        def submit(self, card: str, job: CardJob, cancel: threading.Event) -> None:
            job(Unlabelled(contents))

    monkeypatch.setattr(registry, "reader", lambda _name: lambda _options: OneCard(PLACED))
    code, shown = lines("read", "--can", "123450")
    assert (code, shown[0].endswith("003 090 ••••••")) == (0 if signed else 1, not labelled)


def test_a_card_that_is_lifted_is_a_lost_card(tram: Tram, lay: Lay) -> None:
    lay(chips.contents_of(PROFILE), Handling(ChipFault.LIFTED, 10))
    code, shown = tram("read", "--can", "123450")
    assert (code, shown["error"]["code"]) == (3, "card.lost")


def test_a_reader_that_never_comes_back_is_given_up(tram: Tram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_job, "READ_SECONDS", 0.05)
    reader = with_reader(monkeypatch, PLACED)
    code, shown = tram("read", "--can", "123450")
    assert (code, shown["error"]["code"], reader.stopped) == (3, "card.timeout", True)


def test_a_defect_is_told_by_its_kind_alone(tram: Tram, monkeypatch: pytest.MonkeyPatch) -> None:
    with_reader(monkeypatch, PLACED, error=ValueError("003090123450"))
    code, shown = tram("read", "--can", "123450")
    assert (code, shown["error"]["code"], shown["error"]["detail"]) == (3, "internal", "ValueError")


def test_a_broken_trust_store_is_told_before_any_reader_is_touched(tram: Tram, home: Path) -> None:
    folder = home / "user_data_path" / "trust"
    folder.mkdir(parents=True)
    (folder / "index.json").write_text("{")
    code, shown = tram("read", "--can", "123450")
    assert (code, shown["error"]["code"]) == (2, "trust.unreadable")
