"""One card's reading plan: open it, read what proves identity, prove it, then the photo.

Order (BSI TR-03135-1 v2.5 §5.6.2, ICAO Doc 9303-11 §4.2): EF.CardAccess, PACE (or BAC when the chip has no PACE that
this program speaks), EF.CardSecurity where PACE proves the chip with it, SOD, DG13, DG1, DG14, chip authentication
with DG15 as the first file under its keys (or active authentication), passive authentication. DG2 is the largest file
and comes last, so that the question to the backend does not wait for it. Only files that the SOD lists are asked for:
what is not signed proves nothing. DG3 and DG4 are never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from crypto.apdu import Channel, Transceive
from crypto.emrtd import files
from crypto.emrtd.atr_info import parse_atr_info
from crypto.emrtd.files import FileReader
from crypto.emrtd.lds import Ef
from crypto.emrtd.messaging import answer_capacity
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import MessagingBrokenError, ProofError, StatusError
from crypto.trust.store import TrustStore
from terminal.events import Step
from terminal.model import Check, ChipReading, Message, Person, ReadMetrics, Word
from terminal.proof.access import ChipAccess
from terminal.proof.checks import reading_of
from terminal.proof.chip_proof import NO_KEY, ChipProof, infos_of, prove_by_mapping, prove_chip
from terminal.proof.habits import NOTHING_KNOWN, SHORT_BLOCK, Habits
from terminal.proof.issuer import states_of
from terminal.proof.opening import (
    UNOPENED,
    CardAccess,
    Opened,
    differs_from_signed,
    open_chip,
    read_card_access,
    select_application,
)
from terminal.proof.passive import PassiveReport, passive_authentication
from terminal.proof.unfinished import NOTHING_READ, Unfinished

_IDENTITY = (Ef.DG13, Ef.DG1, Ef.DG14)
_TELL_WHO = frozenset({1, 13})
_STATUS = 2
_REST = (Ef.DG15, Ef.DG7, Ef.DG11, Ef.DG12, Ef.DG16)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a read needs from outside: accepted issuers, clocks, randomness."""

    trust: TrustStore
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a read is: the step, and within it the bytes of a file read so far and in all."""

    step: Step
    file: Ef | None = None
    done: int = 0
    total: int = 0


class ChipConversation:
    """One read of one chip. Card errors (CardError) end it; a missing or bad optional file does not.

    ``block`` is the most bytes that a READ BINARY may ask for at this site; ``habits`` what this kind of card was found
    to do, None when it is met for the first time; ``resume`` what an earlier conversation with the same document left.
    """

    def __init__(
        self,
        transceive: Transceive,
        tools: Tools,
        block: int,
        report: Callable[[Progress], None] = lambda _progress: None,
        *,
        habits: Habits | None = None,
        resume: Unfinished | None = None,
    ) -> None:
        self.channel = Channel(transceive)
        self.files: dict[Ef, bytes] = {}
        self.alive = True
        """False once the chip failed its proof: such a chip has no session left to read on in."""
        self.opened: Opened = UNOPENED
        self.chip: ChipProof | None = None
        self.passive: PassiveReport | None = None
        self.resumed = False
        self._tools = tools
        self._known = habits
        self._habits = habits or NOTHING_KNOWN
        self._resume = resume
        self._reader = FileReader(
            self.channel, self._habits.read_size(block, again=resume is not None), short_ids=self._habits.short_ids
        )
        self._report = report
        self._step = Step.CONNECT
        self._ms: dict[str, float] = {}
        self._signed: SecurityObject | None = None
        self._listed: frozenset[int] = frozenset()
        self._reopen: Callable[[], None] | None = None

    def identify(self, access: ChipAccess, claimed: Person | None = None, *, simulated: bool = False) -> ChipReading:
        """Identity and proof. Raises AccessRefusedError for a number that does not open this chip, FaultError
        ``card.unknown`` for a card of another kind, and CardErrors."""
        with self._entered(Step.CONNECT):
            offered = self._card_access()
            self._ask_for_limits()
        with self._entered(Step.UNLOCK):
            self._open(offered, access)
            self._reopen = lambda: self._open_again(offered, access)
        with self._entered(Step.READ):
            self._read_security_object()
            for ef in _IDENTITY:
                self._read_listed(ef)
        with self._entered(Step.VERIFY):
            self.chip = self._by_mapping() or prove_chip(self.channel, self, self._tools.random)
            self.alive = self.chip.alive
            self.passive = self.prove_files()
            check = self._bound(self.chip, self.passive)
        now = self._tools.now()
        reading = reading_of(self.files, self.passive, check, claimed, now, self.metrics, simulated=simulated)
        signed = infos_of(self.dg14()) if self.passive.signature is Word.SUCCESSFUL else None
        led_astray = (Message("finding.access_differs"),) if differs_from_signed(offered, signed) else ()
        return replace(reading, chip_proof=self.chip.protocol, findings=(*reading.findings, *led_astray))

    def read_photo(self) -> bytes | None:
        """DG2, or None when the card has none. Compare it with the SOD before showing it."""
        if self.alive:
            with self._entered(Step.PHOTO):
                self._read_listed(Ef.DG2)
        return self.files.get(Ef.DG2)

    def read_rest(self) -> None:
        """The other signed files with personal details and EF.COM, which nothing signs; for complete listings."""
        if self.alive:
            with self._entered(Step.READ):
                for ef in _REST:
                    self._read_listed(ef)
                if Ef.COM not in self.files:
                    self._read_optional(Ef.COM)

    def prove_files(self) -> PassiveReport:
        """Passive authentication of all data groups read so far."""
        return passive_authentication(self.files[Ef.SOD], self._groups, self._tools.trust, self._tools.now())

    @property
    def _groups(self) -> dict[int, bytes]:
        return {ef.number: raw for ef, raw in self.files.items() if ef.number}

    # What outlives the conversation ----------------------------------------------------------------------------------

    @property
    def metrics(self) -> ReadMetrics:
        """What it cost so far."""
        sizes = tuple((ef.name, len(raw)) for ef, raw in self.files.items())
        ms = tuple((name, round(spent, 2)) for name, spent in self._ms.items())
        opened = self.opened
        cost = (self.channel.apdus, self.channel.bytes)
        return ReadMetrics(*cost, ms, sizes, opened.protocol, opened.variant, opened.why_bac)

    @property
    def habits(self) -> Habits:
        """What this kind of card was found to do, so far."""
        return replace(
            self._habits,
            block=self._reader.block,
            granted=max(self._habits.granted, self._reader.granted),
            short_ids=self._reader.short_ids,
        )

    @property
    def habits_after_loss(self) -> Habits:
        """The habits, when the card was lost: it may have been the length of what was asked for."""
        suspect = self._reader.asked > SHORT_BLOCK >= self._reader.granted
        return replace(self.habits, losses=self._habits.losses + suspect)

    @property
    def unfinished(self) -> Unfinished:
        """What a next conversation can go on from."""
        if Ef.SOD not in self.files:
            return self._resume or NOTHING_READ
        kept = {ef: raw for ef, raw in self.files.items() if ef.number}
        part = self._reader.partial if self._reader.reading else b""
        return Unfinished(self.files[Ef.SOD], kept, self._reader.reading, part)

    # Opening ---------------------------------------------------------------------------------------------------------

    def _card_access(self) -> CardAccess:
        offered = read_card_access(self.channel, by_short_id=self._habits.access_by_short_id is not False)
        if offered.raw is not None:
            self.files[Ef.CARD_ACCESS] = offered.raw
            self._habits = replace(self._habits, access_by_short_id=offered.by_short_id)
        return offered

    def _ask_for_limits(self) -> None:
        """EF.ATR/INFO, once for a kind of card, where long answers are wanted at all."""
        if self._known is not None or self._reader.block <= SHORT_BLOCK:
            return
        try:
            said = parse_atr_info(files.read_atr_info(self.channel))
        except (StatusError, ProofError):
            return  # most cards have no such file; what they can do is found out by asking
        if said.extended is False:
            self._reader.block = SHORT_BLOCK
        if said.answer is not None:
            self._reader.block = min(self._reader.block, max(SHORT_BLOCK, answer_capacity(said.answer - _STATUS)))

    def _open(self, offered: CardAccess, access: ChipAccess) -> None:
        self.opened = open_chip(self.channel, offered, access, self._tools.random)
        if self.opened.protocol == "BAC":
            return
        if self.opened.mapping is not None:
            self._read_optional(Ef.CARD_SECURITY)  # it lies beside the application, out of reach once that is selected
        select_application(self.channel)

    def _open_again(self, offered: CardAccess, access: ChipAccess) -> None:
        self.channel.drop_session()
        self._reader.block = min(self._reader.block, SHORT_BLOCK)
        self._open(offered, access)
        # All other proofs hold a key that this security object covers; the mapping proves the chip of its own session.
        if self.opened.mapping is not None and Ef.SOD in self.files and not self._is_same_document():
            raise MessagingBrokenError("another document answers since the session was opened anew")

    def _is_same_document(self) -> bool:
        try:
            return self._reader.read(Ef.SOD) == self.files[Ef.SOD]
        except (StatusError, ProofError):
            return False

    # Reading ---------------------------------------------------------------------------------------------------------

    @contextmanager
    def _entered(self, step: Step) -> Iterator[None]:
        self._step = step
        self._report(Progress(step))
        began = self._tools.monotonic()
        try:
            yield
        finally:
            spent = (self._tools.monotonic() - began) * 1000
            self._ms[step.value] = self._ms.get(step.value, 0.0) + spent

    def _read_security_object(self) -> None:
        sod = self.files[Ef.SOD] = self._read(Ef.SOD)
        try:
            self._signed = SecurityObject.parse(sod)
            self._listed = frozenset(self._signed.hashes)
        except ProofError:
            self._listed = _TELL_WHO  # to say whose card it may be
        if self._resume is not None and self._resume.sod == sod:
            self.resumed = True
            # A copy may have lain there before, with this security object and other files.
            self.files.update({ef: raw for ef, raw in self._resume.files.items() if self._fits(ef, raw)})

    def _read_listed(self, ef: Ef) -> None:
        if self.alive and ef.number in self._listed and ef not in self.files:
            self._read_optional(ef)

    def _read_optional(self, ef: Ef) -> None:
        try:
            self.files[ef] = self._read(ef)
        except (StatusError, ProofError):
            return  # absent, refused or not a file: what is demanded of it will be UNDETERMINED

    def _read(self, ef: Ef) -> bytes:
        part = self._part_of(ef)

        def told(done: int, total: int) -> None:
            self._report(Progress(self._step, ef, done, total))

        try:
            raw = self._reader.read(ef, have=part, on_block=told)
            return raw if not part or self._fits(ef, raw) else self._reader.read(ef, on_block=told)
        except MessagingBrokenError:
            # Some chips end the session over one file or one length that they do not like. Once, it is opened anew and
            # asked with short blocks; a disturbed or attacked session breaks again.
            if self._reopen is None:
                raise
            reopen, self._reopen = self._reopen, None
            reopen()
            return self._reader.read(ef, on_block=told)

    def _part_of(self, ef: Ef) -> bytes:
        return self._resume.part if self.resumed and self._resume and self._resume.part_of is ef else b""

    def _fits(self, ef: Ef, raw: bytes) -> bool:
        """Whether the security object holds this hash for the file."""
        if ef.number is None or self._signed is None:
            return False
        try:
            self._signed.verify_file(ef.number, raw)
        except ProofError:
            return False
        return True

    # Proving ---------------------------------------------------------------------------------------------------------

    def _by_mapping(self) -> ChipProof | None:
        data, signed = self.opened.mapping, self.files.get(Ef.CARD_SECURITY)
        if data is None or signed is None or self._signed is None:
            return None
        states = states_of(self._signed, self._groups)
        return prove_by_mapping(data, signed, states, self._tools.trust, self._tools.now())

    def dg14(self) -> bytes | None:
        """DG14, None unless the security object covers it."""
        return self._covered(Ef.DG14)

    def dg15(self) -> bytes | None:
        """DG15, read now if it was not yet; None unless the security object covers it."""
        self._read_listed(Ef.DG15)
        return self._covered(Ef.DG15)

    def next_file(self) -> None:
        """DG15 or, where there is none, EF.COM: an error tells the proof that runs, so none is passed over here."""
        ef = Ef.DG15 if Ef.DG15.number in self._listed and Ef.DG15 not in self.files else Ef.COM
        self.files[ef] = self._reader.read(ef)

    def _covered(self, ef: Ef) -> bytes | None:
        raw = self.files.get(ef)
        return raw if raw is not None and self._fits(ef, raw) else None

    @staticmethod
    def _bound(chip: ChipProof, passive: PassiveReport) -> Check:
        """Keys under a false signature prove nothing, whatever the chip can do with them."""
        return chip.check if passive.signature is Word.SUCCESSFUL else NO_KEY
