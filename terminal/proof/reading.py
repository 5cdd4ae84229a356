"""One card's reading plan: open it, read what proves identity, prove it, then the photo.

Order (BSI TR-03135-1 v2.5 §5.6.2, ICAO Doc 9303-11 §4.2): EF.CardAccess, PACE (or BAC when the chip has no PACE that
this program speaks), SOD, DG13, DG1, DG14, DG15, passive authentication, chip or active authentication. DG2 is the
largest file and comes last, so that the question to the backend does not wait for it. DG3 and DG4 are never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from crypto.apdu import Channel, Transceive
from crypto.emrtd import active_auth, bac, chip_auth, files, pace
from crypto.emrtd.files import FileReader
from crypto.emrtd.lds import Ef
from crypto.emrtd.security_infos import PaceInfo, SecurityInfos, parse_dg14, parse_security_infos
from crypto.errors import (
    AccessRefusedError,
    CloneSuspectedError,
    NotSupportedError,
    ProofError,
    StatusError,
)
from crypto.trust.store import TrustStore
from terminal.events import Step
from terminal.faults import FaultError
from terminal.model import Check, CheckName, ChipReading, Message, Person, ReadMetrics, Word
from terminal.proof.access import ChipAccess
from terminal.proof.checks import reading_of
from terminal.proof.passive import passive_authentication

IDENTITY_FILES = (Ef.DG13, Ef.DG1, Ef.DG14, Ef.DG15)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a read needs from outside: accepted issuers, clocks, randomness."""

    trust: TrustStore
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Callable[[int], bytes]


class ChipConversation:
    """One read of one chip. Card errors (CardError) end it; a missing or bad optional file does not."""

    def __init__(
        self,
        transceive: Transceive,
        tools: Tools,
        block: int,
        enter: Callable[[Step], None] = lambda _step: None,
    ) -> None:
        self.channel = Channel(transceive)
        self.files: dict[Ef, bytes] = {}
        self._tools = tools
        self._reader = FileReader(self.channel, block)
        self._enter = enter
        self._ms: dict[str, float] = {}
        self._access = "none"
        self.alive = True
        """False once the chip failed its proof: such a chip has no session left to read on in."""

    @contextmanager
    def _step(self, step: Step) -> Iterator[None]:
        self._enter(step)
        began = self._tools.monotonic()
        try:
            yield
        finally:
            spent = (self._tools.monotonic() - began) * 1000
            self._ms[step.value] = self._ms.get(step.value, 0.0) + spent

    def identify(self, access: ChipAccess, claimed: Person | None = None, *, simulated: bool = False) -> ChipReading:
        """Identity and proof. Raises AccessRefusedError for a number that does not open this chip, FaultError
        ``card.unknown`` for a card of another kind, and CardErrors."""
        with self._step(Step.CONNECT):
            infos = self._card_access()
        with self._step(Step.UNLOCK):
            self._open(infos, access)
        with self._step(Step.READ):
            self.files[Ef.SOD] = self._reader.read(Ef.SOD)
            for ef in IDENTITY_FILES:
                self._read_optional(ef)
        with self._step(Step.VERIFY):
            groups = {ef.number: raw for ef, raw in self.files.items() if ef.number}
            report = passive_authentication(self.files[Ef.SOD], groups, self._tools.trust, self._tools.now())
            signed = report.signature is Word.SUCCESSFUL  # keys under a false signature prove nothing
            covered = {number for number, word in report.hashes if signed and word is Word.SUCCESSFUL}
            chip = self._prove_chip(frozenset(covered))
        return reading_of(self.files, report, chip, claimed, self._tools.now(), self.metrics, simulated=simulated)

    def read_photo(self) -> bytes | None:
        """DG2, or None when the card has none. Compare it with the SOD before showing it."""
        if self.alive:
            with self._step(Step.PHOTO):
                self._read_optional(Ef.DG2)
        return self.files.get(Ef.DG2)

    def read_rest(self) -> None:
        """EF.COM, which nothing signs and no decision uses; for complete listings."""
        if self.alive:
            with self._step(Step.READ):
                self._read_optional(Ef.COM)

    @property
    def metrics(self) -> ReadMetrics:
        """What it cost so far."""
        sizes = tuple((ef.name, len(raw)) for ef, raw in self.files.items())
        ms = tuple((name, round(spent, 2)) for name, spent in self._ms.items())
        return ReadMetrics(self.channel.apdus, self.channel.bytes, ms, sizes, self._access)

    # Opening ---------------------------------------------------------------------------------------------------------

    def _card_access(self) -> SecurityInfos | None:
        try:
            return parse_security_infos(files.read_card_access(self.channel)[0])
        except (StatusError, ProofError):
            return None  # a chip without (readable) EF.CardAccess speaks BAC

    def _open(self, infos: SecurityInfos | None, access: ChipAccess) -> None:
        if infos is not None and self._open_pace(infos, access):
            self._select_application()
            return
        self._select_application()
        self._try_each(access.mrz_information, self._open_bac)
        self._access = "BAC"

    def _select_application(self) -> None:
        try:
            files.select_application(self.channel)
        except StatusError as error:
            raise FaultError("card.unknown", str(error)) from error

    def _open_pace(self, infos: SecurityInfos, access: ChipAccess) -> bool:
        for info in infos.pace:
            try:
                self._establish(info, access)
            except NotSupportedError:
                continue
            return True
        return False

    def _establish(self, info: PaceInfo, access: ChipAccess) -> None:
        if access.can is not None:
            self._pace(info, pace.Password.can(access.can))
            self._access = "PACE-CAN"
        else:
            self._try_each(access.mrz_information, lambda text: self._pace(info, pace.Password.mrz(text)))
            self._access = "PACE-MRZ"

    def _pace(self, info: PaceInfo, password: pace.Password) -> None:
        self.channel.secure(pace.establish(self.channel, info, password, self._tools.random))

    def _open_bac(self, mrz_information: str) -> None:
        self.channel.secure(bac.establish(self.channel, mrz_information, self._tools.random))

    @staticmethod
    def _try_each(texts: tuple[str, ...], attempt: Callable[[str], None]) -> None:
        refused = AccessRefusedError("the dates of birth and expiry are needed to open this chip")
        for text in texts:
            try:
                attempt(text)
            except AccessRefusedError as error:
                refused = error
            else:
                return
        raise refused

    # Reading and proving ---------------------------------------------------------------------------------------------

    def _read_optional(self, ef: Ef) -> None:
        try:
            self.files[ef] = self._reader.read(ef)
        except (StatusError, ProofError):
            return  # absent, refused or not a file: what is demanded of it will be UNDETERMINED

    def _prove_chip(self, covered: frozenset[int]) -> Check:
        """Chip authentication, else active authentication, each only with keys that the signed SOD covers."""
        infos = self._dg14(covered)
        if infos is None or not infos.chip_auth_keys:
            return self._prove_active(infos, covered, Check(CheckName.CHIP, Word.UNDETERMINED, Message("why.no_key")))
        try:
            chip_auth.authenticate(self.channel, infos, self._tools.random)
        except CloneSuspectedError:
            self.alive = False
            return Check(CheckName.CHIP, Word.FAILED, Message("why.ca"))
        except StatusError:  # the chip refuses to prove what DG14 says that it can
            return self._prove_active(infos, covered, Check(CheckName.CHIP, Word.FAILED, Message("why.ca")))
        except ProofError:
            unsupported = Check(CheckName.CHIP, Word.NOT_SUPPORTED, Message("why.not_supported"))
            return self._prove_active(infos, covered, unsupported)
        return Check(CheckName.CHIP, Word.SUCCESSFUL, Message("why.ca"))

    def _prove_active(self, infos: SecurityInfos | None, covered: frozenset[int], otherwise: Check) -> Check:
        if Ef.DG15 not in self.files or 15 not in covered:
            return otherwise
        try:
            active_auth.authenticate(self.channel, self.files[Ef.DG15], infos, self._tools.random)
        except NotSupportedError:
            return Check(CheckName.CHIP, Word.NOT_SUPPORTED, Message("why.aa"))
        except (ProofError, StatusError):
            return Check(CheckName.CHIP, Word.FAILED, Message("why.aa"))
        return Check(CheckName.CHIP, Word.SUCCESSFUL, Message("why.aa"))

    def _dg14(self, covered: frozenset[int]) -> SecurityInfos | None:
        if Ef.DG14 not in self.files or 14 not in covered:
            return None
        try:
            return parse_dg14(self.files[Ef.DG14])
        except ProofError:
            return None
