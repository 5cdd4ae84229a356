"""From files and reports to checks with the words of BSI TR-03135, and to the person the chip tells of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from crypto.civil import PartialDate, Sex, read_sex
from crypto.codes.citizen_id import fold_name
from crypto.emrtd.dg1 import parse_dg1
from crypto.emrtd.lds import Ef
from crypto.emrtd.mrz import Mrz
from crypto.emrtd.vietnam import NO_EXPIRY, Dg13, parse_dg13
from crypto.errors import MalformedError, ProofError
from terminal.clock import VIETNAM_TIME
from terminal.model import (
    Check,
    CheckName,
    ChipReading,
    DataSource,
    IssuerTrust,
    Message,
    Person,
    ReadMetrics,
    Word,
)
from terminal.proof.passive import PassiveReport
from terminal.proof.verdict import LISTS_WANTING

SIMULATED = "SIMULATED"
"""In the names of the simulator's issuer: what it signed is labelled even where an operator has accepted it."""

_ISSUER_WORDS = {
    IssuerTrust.TRUSTED: Word.SUCCESSFUL,
    IssuerTrust.UNKNOWN: Word.UNDETERMINED,
    IssuerTrust.EXPIRED: Word.UNDETERMINED,
    IssuerTrust.REVOKED: Word.FAILED,
}


def reading_of(
    files: Mapping[Ef, bytes],
    report: PassiveReport,
    chip: Check,
    claimed: Person | None,
    now: datetime,
    metrics: ReadMetrics,
    *,
    simulated: bool,
) -> ChipReading:
    """The whole reading. Raises MalformedError when the chip does not say who its holder is."""
    passive = passive_checks(report)
    person = _holder(files, passive, now.astimezone(VIETNAM_TIME).date())
    checks = [*passive, chip, validity_check(person, now)]
    if claimed is not None and claimed.source is DataSource.CARD_QR:
        checks.append(match_check(claimed, person))
    invented = SIMULATED in (report.signer_subject or "")
    return ChipReading(person, tuple(checks), report.issuer, metrics, simulated or invented, findings=report.findings)


def _holder(files: Mapping[Ef, bytes], passive: tuple[Check, ...], today: date) -> Person:
    try:
        return person_of(files, today)
    except MalformedError:
        if any(check.word is Word.FAILED for check in passive):
            return Person(DataSource.CHIP)  # data proven false need not be readable to be called so
        raise


def passive_checks(report: PassiveReport) -> tuple[Check, ...]:
    """Signature, hashes and issuer as three answers: a missing root is never a wrong signature."""
    why = report.why[0] if report.why else None
    return (
        Check(CheckName.SIGNATURE, report.signature, why if report.signature is not Word.SUCCESSFUL else None),
        Check(CheckName.HASHES, hashes_word(tuple(word for _, word in report.hashes))),
        Check(CheckName.ISSUER, _ISSUER_WORDS[report.issuer], _why_issuer(report)),
    )


def _why_issuer(report: PassiveReport) -> Message:
    """A revocation list that the site demands and lacks is another matter than a certificate that ended."""
    return next((why for why in report.why if why in LISTS_WANTING), Message(f"issuer.{report.issuer.value}"))


def hashes_word(words: tuple[Word, ...]) -> Word:
    """All files' hashes as one word: the worst of them; UNDETERMINED where nothing was compared."""
    for bad in (Word.FAILED, Word.ABORTED, Word.UNDETERMINED, Word.NOT_SUPPORTED):
        if bad in words:
            return bad
    return Word.SUCCESSFUL if words else Word.UNDETERMINED


def validity_check(person: Person, now: datetime) -> Check:
    """Whether the document is still valid today, Vietnamese time."""
    if person.no_expiry:
        return Check(CheckName.VALIDITY, Word.SUCCESSFUL)
    if person.expires is None:
        return Check(CheckName.VALIDITY, Word.UNDETERMINED)
    if now.astimezone(VIETNAM_TIME).date() > person.expires:
        return Check(CheckName.VALIDITY, Word.FAILED, Message.of("note.id_expired", date=f"{person.expires:%d/%m/%Y}"))
    return Check(CheckName.VALIDITY, Word.SUCCESSFUL)


def match_check(claimed: Person, person: Person) -> Check:
    """Whether the code on the card tells of the same person as its chip: number, name and date of birth."""
    same = (
        claimed.id_number == person.id_number
        and (claimed.name is None or person.name is None or fold_name(claimed.name) == fold_name(person.name))
        and (claimed.born is None or person.born is None or claimed.born == person.born)
    )
    return Check(CheckName.QR_MATCH, Word.SUCCESSFUL if same else Word.FAILED)


def person_of(files: Mapping[Ef, bytes], today: date) -> Person:
    """The holder from DG13 and DG1. Raises MalformedError when neither tells, or when they contradict each other."""
    mrz = _mrz(files)
    dg13 = _dg13(files)
    if dg13 is None or dg13.id_number is None:
        if mrz is None:
            raise MalformedError("chip: neither DG1 nor DG13 can be read")
        return _from_mrz(mrz, today)
    if mrz is not None and mrz.id_number not in (None, dg13.id_number):
        raise MalformedError("chip: DG1 and DG13 bear different numbers")
    return _from_dg13(dg13, mrz, today)


def _mrz(files: Mapping[Ef, bytes]) -> Mrz | None:
    """The machine-readable zone, or None where the group is missing or not readable: DG13 tells too."""
    try:
        return parse_dg1(files[Ef.DG1]) if Ef.DG1 in files else None
    except ProofError:
        return None


def _dg13(files: Mapping[Ef, bytes]) -> Dg13 | None:
    """The Vietnamese fields, or None where the group is missing, another country's or not readable: DG1 tells too."""
    try:
        return parse_dg13(files[Ef.DG13]) if Ef.DG13 in files else None
    except ProofError:
        return None


def _from_mrz(mrz: Mrz, today: date) -> Person:
    born = mrz.born_on(today)
    return Person(
        source=DataSource.CHIP,
        id_number=mrz.id_number,
        name=f"{mrz.surname} {mrz.given_names}".strip(),
        born=PartialDate(born.year, born.month, born.day) if born else None,
        sex={"M": Sex.MALE, "F": Sex.FEMALE}.get(mrz.sex),
        expires=_mrz_expiry(mrz),
        no_expiry=mrz.expires == NO_EXPIRY,
    )


def _from_dg13(dg13: Dg13, mrz: Mrz | None, today: date) -> Person:
    basis = _from_mrz(mrz, today) if mrz else None
    return Person(
        source=DataSource.CHIP,
        id_number=dg13.id_number,
        name=dg13.name or (basis.name if basis else None),
        born=dg13.born or (basis.born if basis else None),
        sex=read_sex(dg13.sex or "") or (basis.sex if basis else None),
        address=dg13.residence,
        issued=dg13.issued,
        expires=dg13.expires or (basis.expires if basis else None),
        no_expiry=dg13.no_expiry or bool(basis and basis.no_expiry and dg13.expires is None),
    )


def _mrz_expiry(mrz: Mrz) -> date | None:
    if mrz.expires == NO_EXPIRY:
        return None
    try:
        # A card's end lies ahead of its issue in this century: no document of 2021 or later expired before 2000.
        return date(2000 + int(mrz.expires[:2]), int(mrz.expires[2:4]), int(mrz.expires[4:]))
    except ValueError:
        return None
