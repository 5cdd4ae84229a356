"""Reading and asking: every way in which they can end becomes one event, and nothing is raised into a device thread."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Sequence

import pytest

from crypto import errors
from crypto.codes.secret import ticket_of_secret
from crypto.emrtd.lds import Ef
from crypto.trust.store import TrustStore
from drivers.simulator.card.contents import Contents
from drivers.simulator.faults import ChipFault
from terminal.events import Answered, AskFailed, Event, PhotoLost, PhotoRead, ReadDone, ReadFailed, Step, StepEntered
from terminal.faults import CATALOGUE, FaultError
from terminal.flow.effects import AskPerson, AskTicket, StartRead
from terminal.flow.jobs import AskWork, ReadWork, fault_of
from terminal.model import CheckName, DataSource, Person, Word
from terminal.ports import EligibilityQuestion, RedeemQuestion
from terminal.proof import photo as photo_module
from terminal.proof.access import ChipAccess, access_for
from terminal.proof.reading import Tools
from tests import chips
from tests.desk import FakeBackend
from tests.machine import worlds
from tests.photos import PhotosHere

PROFILE = "cccd-2021"


def read(link: object, *, photo: bool = True, claimed: Person | None = None, can: str = "123450") -> list[Event]:
    """What a read with that card posts."""
    posted: list[Event] = []
    work = ReadWork(chips.tools, 65_000, photo, posted.append, photos=PhotosHere())
    work.job(StartRead(7, "card-1", ChipAccess(can), claimed))(link)  # type: ignore[arg-type]
    return posted


def of(contents: Contents | None = None, **more: int) -> chips.Field:
    return chips.Field(contents or chips.contents_of(PROFILE), **more)  # type: ignore[arg-type]


def without_steps(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, StepEntered)]


# Reading -------------------------------------------------------------------------------------------------------------


def test_a_read_tells_its_steps_the_reading_and_then_the_photo() -> None:
    posted = read(of())
    steps = [event.step for event in posted if isinstance(event, StepEntered)]
    assert steps == [Step.CONNECT, Step.UNLOCK, Step.READ, Step.VERIFY, Step.PHOTO]
    done, photo = without_steps(posted)
    assert isinstance(done, ReadDone)
    assert isinstance(photo, PhotoRead)
    assert {getattr(event, "session", None) for event in posted} == {7}
    assert posted.index(done) < posted.index(StepEntered(7, Step.PHOTO))
    assert done.reading.simulated
    assert photo.photo.png.startswith(b"\x89PNG")


def test_the_code_is_compared_with_the_chip() -> None:
    claimed = Person(DataSource.CARD_QR, chips.person_of(PROFILE).id_number, name="Người Khác")
    done = without_steps(read(of(), claimed=claimed))[0]
    assert isinstance(done, ReadDone)
    assert (CheckName.QR_MATCH, Word.FAILED) in [(check.name, check.word) for check in done.reading.checks]


def test_a_desk_without_photos_reads_none() -> None:
    field = of()
    assert [type(event) for event in without_steps(read(field, photo=False))] == [ReadDone]
    assert StepEntered(7, Step.PHOTO) not in read(of(), photo=False)


def test_a_chip_that_failed_its_proof_is_not_asked_for_a_photo() -> None:
    posted = read(of(chips.contents_of(PROFILE, ChipFault.CLONED)))
    assert [type(event) for event in without_steps(posted)] == [ReadDone]
    assert StepEntered(7, Step.PHOTO) not in posted


class Link:
    """A card that ends every conversation in the same way."""

    reader, atr, simulated = "r", b"", False

    def __init__(self, error: Exception) -> None:
        self._error = error

    def transceive(self, _command: bytes) -> bytes:
        raise self._error


ENDS: list[tuple[Exception, str]] = [
    (errors.CardLostError("lifted"), "card.lost"),
    (errors.AccessRefusedError("PACE"), "card.locked"),
    (errors.MessagingBrokenError("MAC"), "card.broken_messaging"),
    (errors.StatusError("read", 0x6F00), "card.malformed"),
    (errors.MalformedError("DG1"), "card.malformed"),
    (errors.NotSupportedError("DG1"), "card.malformed"),
    (errors.SignatureWrongError("SOD"), "card.malformed"),
    (errors.HashMismatchError("DG1"), "card.malformed"),
    (errors.NotCoveredError("DG1"), "card.malformed"),
    (errors.CloneSuspectedError("CA"), "card.malformed"),
    (FaultError("card.silent"), "card.silent"),
    (FaultError("reader.busy"), "reader.busy"),
    (FaultError("trust.unreadable"), "trust.unreadable"),
    (ValueError("a defect"), "internal"),
]


@pytest.mark.parametrize(("error", "code"), ENDS, ids=lambda value: getattr(value, "__class__", type(value)).__name__)
def test_every_end_has_its_code(error: Exception, code: str) -> None:
    assert fault_of(error) == code
    assert code in CATALOGUE


def test_no_proof_error_is_forgotten() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ProofError)]
    assert len(kinds) > 8
    assert {fault_of(kind("x")) for kind in kinds} == {"card.malformed"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.CardLostError("lifted"), "card.lost"),
        (errors.MessagingBrokenError("MAC"), "card.broken_messaging"),
        (FaultError("card.silent"), "card.silent"),
        (RuntimeError("a defect"), "internal"),
    ],
)
def test_a_conversation_that_ends_badly_is_told_with_its_code(error: Exception, code: str) -> None:
    assert without_steps(read(Link(error))) == [ReadFailed(7, code)]


def test_a_wrong_number_is_told_with_its_code() -> None:
    assert without_steps(read(of(), can="000000")) == [ReadFailed(7, "card.locked")]


def test_a_card_of_another_kind_is_told_with_its_code() -> None:
    class Bank(Link):
        def transceive(self, _command: bytes) -> bytes:
            return b"\x6a\x82"

    assert without_steps(read(Bank(errors.CardLostError()))) == [ReadFailed(7, "card.unknown")]


def test_a_cancelled_read_says_nothing() -> None:
    assert without_steps(read(Link(errors.CancelledError()))) == []


def test_a_trust_store_that_cannot_be_read_is_told_and_no_card_is_touched() -> None:
    posted: list[Event] = []

    def unreadable() -> Tools:
        raise FaultError("trust.unreadable")

    field = of()
    ReadWork(unreadable, 65_000, True, posted.append, photos=PhotosHere()).job(StartRead(7, "c", ChipAccess("123450")))(
        field
    )
    assert posted == [ReadFailed(7, "trust.unreadable")]
    assert field.commands == []


def test_an_issuer_accepted_meanwhile_counts_at_the_next_read() -> None:
    posted: list[Event] = []
    stores = [TrustStore(()), chips.accepted()]
    work = ReadWork(lambda: chips.tools(stores.pop(0)), 65_000, False, posted.append)
    for _ in range(2):
        work.job(StartRead(7, "c", ChipAccess("123450")))(of())
    words = [
        check.word
        for event in posted
        if isinstance(event, ReadDone)
        for check in event.reading.checks
        if check.name is CheckName.ISSUER
    ]
    assert words == [Word.UNDETERMINED, Word.SUCCESSFUL]


def test_a_defect_is_logged_without_what_it_choked_on(caplog: pytest.LogCaptureFixture) -> None:
    assert fault_of(ValueError("003090123450")) == "internal"
    assert "unexpected end of a card conversation: builtins.ValueError" in caplog.text
    assert "003090" not in caplog.text


# The photo -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def decoding(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every decoding process that is started."""
    found: list[subprocess.Popen[bytes]] = []
    start = photo_module._start

    def noted(command: Sequence[str]) -> subprocess.Popen[bytes]:
        found.append(start(command))
        return found[-1]

    monkeypatch.setattr(photo_module, "_start", noted)
    return found


def alive(processes: list[subprocess.Popen[bytes]]) -> int:
    return sum(process.returncode is None for process in processes)


def test_the_next_photo_s_process_waits_after_a_photo_and_ends_with_the_desk(
    decoding: list[subprocess.Popen[bytes]],
) -> None:
    posted: list[Event] = []
    work = ReadWork(chips.tools, 65_000, True, posted.append)
    for reads in (1, 2):
        work.job(StartRead(reads, "card-1", ChipAccess("123450")))(of())
        assert isinstance(posted[-1], PhotoRead)
        assert (len(decoding), alive(decoding)) == (reads + 1, 1)
    work.close()
    assert alive(decoding) == 0


@pytest.mark.parametrize(("photo", "started"), [(True, 1), (False, 0)])
def test_a_read_that_failed_leaves_its_process_to_the_next(
    decoding: list[subprocess.Popen[bytes]], photo: bool, started: int
) -> None:
    work = ReadWork(chips.tools, 65_000, photo, lambda _event: None)
    for _ in range(2):
        work.job(StartRead(7, "card-1", ChipAccess("123450")))(Link(errors.CardLostError("lifted")))  # type: ignore[arg-type]
        assert (len(decoding), alive(decoding)) == (started, started)
    work.close()
    assert alive(decoding) == 0


def test_a_photo_that_cannot_be_decoded_leaves_the_decision(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(photo_module, "worker_command", lambda: ("/does/not/exist",))
    posted: list[Event] = []
    work = ReadWork(chips.tools, 65_000, True, posted.append)
    work.job(StartRead(7, "card-1", ChipAccess("123450")))(of())
    assert [type(event) for event in without_steps(posted)] == [ReadDone]
    assert "photo not read: install.missing" in caplog.text


def test_a_photo_that_was_exchanged_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    other = chips.contents_of("cccd-2024").files[Ef.DG2]
    posted = read(of(chips.with_files(chips.contents_of(PROFILE), {Ef.DG2: other})))
    assert [type(event) for event in without_steps(posted)] == [ReadDone]
    assert "photo not read: card.malformed" in caplog.text


def test_a_photo_that_nothing_was_signed_about_is_not_shown() -> None:
    posted = read(of(chips.uncovered(chips.contents_of(PROFILE), Ef.DG2)))
    assert [type(event) for event in without_steps(posted)] == [ReadDone]


def test_a_card_without_photo_is_read_without() -> None:
    posted = read(of(chips.without(chips.contents_of(PROFILE), Ef.DG2)))
    assert [type(event) for event in without_steps(posted)] == [ReadDone]


def lost_in_the_photo(error: Exception) -> object:
    field = of()
    read(field)
    last = len(field.commands) - 1

    class Torn(chips.Field):
        def transceive(self, command: bytes) -> bytes:
            if len(self.commands) >= last:
                raise error
            return super().transceive(command)

    return Torn(chips.contents_of(PROFILE))


@pytest.mark.parametrize(
    "error", [errors.CardLostError("lifted"), errors.CancelledError(), FaultError("card.silent")], ids=type
)
def test_a_card_that_goes_during_its_photo_was_read_all_the_same(error: Exception) -> None:
    posted = read(lost_in_the_photo(error))
    done, *more = without_steps(posted)
    assert isinstance(done, ReadDone)
    assert more == ([PhotoLost(7)] if isinstance(error, errors.CardLostError) else [])
    assert StepEntered(7, Step.PHOTO) in posted


# Asking --------------------------------------------------------------------------------------------------------------


def asked(act: Callable[[AskWork], None], backend: FakeBackend) -> list[Event]:
    posted: list[Event] = []
    act(AskWork(backend, "A1", 2.5, posted.append))
    return posted


PERSON = worlds.person()
TICKET = worlds.ticket().ticket
NUMBER = "003090123450"
assert TICKET is not None


def person(work: AskWork) -> None:
    work.person(AskPerson(7, PERSON, 1), "scan-1", worlds.NOW)


def ticket(work: AskWork) -> None:
    assert TICKET is not None
    work.ticket(AskTicket(7, TICKET), "scan-1", worlds.NOW)


def test_a_question_about_a_person_holds_what_was_read() -> None:
    backend = FakeBackend()
    assert asked(person, backend) == [Answered(7, worlds.cover_answer())]
    expected = EligibilityQuestion("scan-1", worlds.NOW, PERSON.id_number, None, PERSON.name, PERSON.born)
    assert (backend.asked, backend.deadlines) == ([expected], [2.5])


def test_a_ticket_known_by_its_secret_is_asked_about_with_it() -> None:
    backend = FakeBackend(worlds.redeemed())
    known = ticket_of_secret("k3mz9x2qv7wnp4rt6ybh8cdfgjsa5eu2", "trang-an-mau")
    asked(lambda work: work.ticket(AskTicket(7, known), "scan-1", worlds.NOW), backend)
    assert [each.secret for each in backend.asked if isinstance(each, RedeemQuestion)] == [
        "k3mz9x2qv7wnp4rt6ybh8cdfgjsa5eu2"
    ]


def test_a_question_about_a_ticket_names_this_gate() -> None:
    backend = FakeBackend(worlds.redeemed())
    assert asked(ticket, backend) == [Answered(7, worlds.redeemed())]
    assert backend.asked == [RedeemQuestion("scan-1", worlds.NOW, "trang-an-mau", "T1", "A1")]


@pytest.mark.parametrize("question", [person, ticket])
@pytest.mark.parametrize("code", [code for code in CATALOGUE if code.startswith("net.")])
def test_every_fault_of_the_network_is_told_with_its_code(question: Callable[[AskWork], None], code: str) -> None:
    assert asked(question, FakeBackend(FaultError(code))) == [AskFailed(7, code)]


@pytest.mark.parametrize("question", [person, ticket])
def test_a_driver_s_defect_is_a_fault_and_not_an_answer(
    question: Callable[[AskWork], None], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert asked(question, FakeBackend(KeyError(NUMBER))) == [AskFailed(7, "internal")]
    assert "KeyError" in caplog.text
    assert NUMBER not in caplog.text


def test_personal_data_are_not_in_what_effects_and_work_look_like() -> None:
    access = access_for(PERSON)
    assert access is not None
    assert PERSON.name is not None
    assert PERSON.id_number is not None
    looks = repr((StartRead(7, "c", access, PERSON), AskPerson(7, PERSON, 1)))
    assert PERSON.name not in looks
    assert PERSON.id_number.can not in looks
