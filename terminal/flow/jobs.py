"""What the engine lets others do: read a chip on the reader's thread, ask the backend on a net thread.

Every way such work can end becomes one event with the session's number; nothing is raised into a device thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from crypto.errors import (
    AccessRefusedError,
    CancelledError,
    CardLostError,
    MessagingBrokenError,
    ProofError,
    StatusError,
)
from terminal.events import (
    AnnulFailed,
    Annulled,
    Answered,
    AskFailed,
    Event,
    PhotoLost,
    PhotoRead,
    ReadDone,
    ReadFailed,
    StepEntered,
)
from terminal.faults import FaultError
from terminal.model import Direction, EligibilityAnswer, Person, RedeemAnswer, Word
from terminal.ports import AnnulQuestion, Backend, CardJob, CardLink, EligibilityQuestion, RedeemQuestion
from terminal.proof.habits import HabitBook
from terminal.proof.photo import PhotoDecoder
from terminal.proof.unfinished import Shelf
from terminal.traces import describe

if TYPE_CHECKING:
    from crypto.codes.ticket import Ticket
    from terminal.flow.effects import AskPerson, AskTicket, StartRead
    from terminal.proof.reading import ChipConversation, Tools

log = logging.getLogger(__name__)

Post = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class ReadWork:
    """Reads a chip for a StartRead effect. ``block``: bytes a READ BINARY asks for.

    ``tools`` is called for each read, so that an issuer accepted meanwhile counts at once.
    """

    tools: Callable[[], Tools]
    block: int
    photo: bool
    post: Post = field(repr=False)
    habits: HabitBook = field(default_factory=HabitBook, repr=False)
    shelf: Shelf = field(default_factory=Shelf, repr=False)
    photos: PhotoDecoder = field(default_factory=PhotoDecoder, repr=False)

    def job(self, effect: StartRead) -> CardJob:
        """The job for the reader's thread."""
        return lambda link: self._run(effect, link)

    def forget(self) -> None:
        """Drop what is kept of the person being served."""
        self.shelf.clear()

    def close(self) -> None:
        """End what waits for the next photo; after the reader has stopped."""
        self.photos.close()

    def _run(self, effect: StartRead, link: CardLink) -> None:
        from terminal.proof.reading import ChipConversation, Progress

        def told(progress: Progress) -> None:
            if progress.file is None:
                self.post(StepEntered(effect.session, progress.step))

        try:
            talk = ChipConversation(
                link.transceive,
                self.tools(),
                self.block,
                told,
                habits=self.habits.recall(link.reader, link.atr),
                resume=self.shelf.open(effect.session),
            )
        except FaultError as error:
            self.post(ReadFailed(effect.session, error.fault.code))
            return
        if self.photo:
            self.photos.warm()  # for the first card; for every other one waits since the last photo
        if effect.photo_only:
            self._resume_photo(effect, talk)
        else:
            self._converse(effect, link, talk)

    def _converse(self, effect: StartRead, link: CardLink, talk: ChipConversation) -> None:
        session = effect.session
        try:
            reading = talk.identify(effect.access, effect.claimed, simulated=link.simulated)
        except CancelledError:
            return
        except CardLostError:
            self.habits.note(link.reader, link.atr, talk.habits_after_loss)
            self.shelf.put(session, talk.unfinished)
            self.post(ReadFailed(session, "card.lost"))
            return
        except Exception as error:  # noqa: BLE001 - the last stop before a device thread: every end is an event
            self.post(ReadFailed(session, fault_of(error)))
            return
        self.habits.note(link.reader, link.atr, talk.habits)
        self.post(ReadDone(session, reading))
        if self.photo and talk.alive:
            self._photo(session, talk)

    def _resume_photo(self, effect: StartRead, talk: ChipConversation) -> None:
        """The rest of the photo, from the document that was read before and from no other."""
        try:
            talk.identify(effect.access)
        except CancelledError:
            return
        except CardLostError:
            self.post(PhotoLost(effect.session))
            return
        except Exception as error:  # noqa: BLE001 - the decision stands without a photo; the screen says it is missing
            log.warning("photo not read: %s", fault_of(error))
            return
        if talk.resumed:
            self._photo(effect.session, talk)

    def _photo(self, session: int, talk: ChipConversation) -> None:
        from crypto.emrtd.lds import Ef
        from crypto.emrtd.passive_auth import SecurityObject

        try:
            dg2 = talk.read_photo()
            if dg2 is None or talk.passive is None or talk.passive.signature is not Word.SUCCESSFUL:
                return  # a face that no signature covers is nobody's
            SecurityObject.parse(talk.files[Ef.SOD]).verify_file(2, dg2)
            self.post(PhotoRead(session, self.photos.decode(dg2)))
            self.photos.warm()  # starts while people look at this one
        except CancelledError:
            return
        except CardLostError:
            self.shelf.put(session, talk.unfinished)
            self.post(PhotoLost(session))
        except Exception as error:  # noqa: BLE001 - the decision stands without a photo; the screen says it is missing
            log.warning("photo not read: %s", fault_of(error))


def fault_of(error: Exception) -> str:
    """The catalogue code for how a conversation with a card ended."""
    if isinstance(error, FaultError):
        return error.fault.code
    table: tuple[tuple[type[Exception], str], ...] = (
        (CardLostError, "card.lost"),
        (AccessRefusedError, "card.locked"),
        (MessagingBrokenError, "card.broken_messaging"),
        (ProofError, "card.malformed"),
        (StatusError, "card.malformed"),
    )
    for kind, code in table:
        if isinstance(error, kind):
            return code
    log.error("unexpected end of a card conversation: %s", describe(error))
    return "internal"


def question_of(person: Person, scan_id: str, now: datetime) -> EligibilityQuestion:
    """What is asked about a person."""
    return EligibilityQuestion(scan_id, now, person.id_number, person.insurance_code, person.name, person.born)


@dataclass(frozen=True, slots=True)
class AskWork:
    """Asks the backend; ``scan_id`` names a question so that asking it twice is asking it once.

    ``direction`` is the gate's; ``people``: how many of a group one scan lets through, None for all.
    """

    backend: Backend
    gate: str
    deadline: float
    post: Post = field(repr=False)
    event: str = ""
    direction: Direction = Direction.ENTRY
    people: int | None = None

    def person(self, effect: AskPerson, scan_id: str, now: datetime) -> None:
        """Ask about a person, post what comes back."""
        question = question_of(effect.person, scan_id, now)
        self._ask(effect.session, lambda: self.backend.check(question, self.deadline))

    def ticket(self, effect: AskTicket, scan_id: str, now: datetime) -> None:
        """Redeem a ticket, post what comes back."""
        ticket = effect.ticket
        question = RedeemQuestion(
            scan_id,
            now,
            ticket.event if ticket else self.event,
            ticket.ticket_id if ticket else "",
            self.gate,
            holder=effect.holder if ticket is None else None,
            secret=(ticket.secret or None) if ticket else None,
            direction=self.direction,
            people=self.people,
        )
        self._ask(effect.session, lambda: self.backend.redeem(question, self.deadline))

    def annul(self, passage: str, ticket: Ticket | None, now: datetime) -> None:
        """Give the use of a ticket (None: of a card's) back, post what came of it."""
        event, ticket_id = (ticket.event, ticket.ticket_id) if ticket else (self.event, "")
        question = AnnulQuestion(passage, now, event, ticket_id, self.gate)
        try:
            self.backend.annul(question, self.deadline)
        except FaultError as error:
            self.post(AnnulFailed(passage, error.fault.code))
        except Exception as error:  # noqa: BLE001 - the last stop before a net thread: every end is an event
            log.error("backend driver failed: %s", describe(error))
            self.post(AnnulFailed(passage, "internal"))
        else:
            self.post(Annulled(passage))

    def _ask(self, session: int, question: Callable[[], EligibilityAnswer | RedeemAnswer]) -> None:
        try:
            answer = question()
        except FaultError as error:
            self.post(AskFailed(session, error.fault.code))
        except Exception as error:  # noqa: BLE001 - the last stop before a net thread: every end is an event
            log.error("backend driver failed: %s", describe(error))
            self.post(AskFailed(session, "internal"))
        else:
            self.post(Answered(session, answer))
