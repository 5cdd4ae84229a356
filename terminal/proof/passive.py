"""Passive authentication as a report: one word for each question, and no answer stands in for another.

Words and their meaning: BSI TR-03135-1 v2.5 §5.5. Whether a signature is right and whether its issuer is accepted are
two questions; a file outside the signed list is undetermined, since nothing was signed about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import (
    HashMismatchError,
    NotCoveredError,
    NotSupportedError,
    ProofError,
    SignatureWrongError,
    SignerMissingError,
)
from crypto.trust.findings import Finding
from crypto.trust.revocation import Revocation
from crypto.trust.store import TrustStore
from terminal.model import IssuerTrust, Message, Word
from terminal.proof.issuer import Files, IssuerStep, judge_issuer

_UNREADABLE = Message("why.unreadable")
_ALGORITHM = Message("why.algorithm")
_WRONG = Message("why.signature_wrong")
_SIGNER_MISSING = Message("why.signer_missing")


@dataclass(frozen=True, slots=True)
class PassiveReport:
    """What the security object proves. ``hashes`` has one word for each file given, by data group number.

    ``why`` begins with the reason for ``signature`` when that is not SUCCESSFUL. ``weak`` says that a hash or key of
    the signature is below today's strength. The signer's fields are None when the object could not be parsed.

    ``issuer_path`` leads from the signer's issuer up to the accepted root; empty when there is none. ``revocation`` is
    what accepted lists say, None without a chain. ``findings`` are facts that decide nothing: what is irregular, how
    old the revocation list is, which issuer is missing.
    """

    signature: Word
    hashes: tuple[tuple[int, Word], ...]
    issuer: IssuerTrust
    algorithm: str = ""
    hash_algorithm: str = ""
    weak: bool = False
    why: tuple[Message, ...] = ()
    signer_subject: str | None = None
    signer_serial: str | None = None
    signer_fingerprint: str | None = None
    issuer_path: tuple[IssuerStep, ...] = ()
    revocation: Revocation | None = None
    findings: tuple[Message, ...] = ()


def passive_authentication(sod_raw: bytes, files: Files, store: TrustStore, at: datetime) -> PassiveReport:
    """The report on ``files`` (data group number to content) under EF.SOD and the accepted issuers at ``at`` (aware).

    Never raises for what the bytes say: what cannot be parsed is ABORTED, an unknown algorithm NOT_SUPPORTED, a signer
    whose certificate did not come along UNDETERMINED.
    """
    try:
        sod = SecurityObject.parse(sod_raw)
    except ProofError as error:
        word, why = _signature_refused(error)
        unknown = Word.ABORTED if word is Word.ABORTED else Word.UNDETERMINED
        return PassiveReport(word, tuple((dg, unknown) for dg in sorted(files)), IssuerTrust.UNKNOWN, why=(why,))
    signature, reasons = _signature(sod)
    hashes, hash_reasons = _hashes(sod, files)
    issuer = judge_issuer(sod, files, store, at)
    chain_reasons = issuer.why
    if signature is Word.SUCCESSFUL and issuer.word is Word.FAILED:
        # The signer names an accepted issuer's key as its own issuer's, and that key did not sign it: not a question
        # of trust any more.
        signature, reasons, chain_reasons = Word.FAILED, chain_reasons, ()
    weak = (Message("why.weak_hash"),) if Finding.SHA1 in sod.findings else ()
    return PassiveReport(
        signature=signature,
        hashes=hashes,
        issuer=issuer.trust,
        algorithm=sod.signature_algorithm,
        hash_algorithm=sod.hash_algorithm,
        weak=any(finding.weak for finding in sod.findings),
        why=tuple(dict.fromkeys((*reasons, *hash_reasons, *chain_reasons, *weak))),
        signer_subject=sod.signer.subject,
        signer_serial=f"{sod.signer.serial:X}",
        signer_fingerprint=sod.signer.fingerprint,
        issuer_path=issuer.path,
        revocation=issuer.revocation,
        findings=(*(Message(f"finding.{finding.value}") for finding in sod.findings), *issuer.findings),
    )


def _signature(sod: SecurityObject) -> tuple[Word, tuple[Message, ...]]:
    try:
        sod.verify_signature()
    except ProofError as error:
        word, why = _signature_refused(error)
        return word, (why,)
    return Word.SUCCESSFUL, ()


def _signature_refused(error: ProofError) -> tuple[Word, Message]:
    if isinstance(error, SignatureWrongError):
        return Word.FAILED, _WRONG
    if isinstance(error, SignerMissingError):
        return Word.UNDETERMINED, _SIGNER_MISSING
    if isinstance(error, NotSupportedError):
        return Word.NOT_SUPPORTED, _ALGORITHM
    return Word.ABORTED, _UNREADABLE


def _hashes(sod: SecurityObject, files: Files) -> tuple[tuple[tuple[int, Word], ...], tuple[Message, ...]]:
    words: list[tuple[int, Word]] = []
    why: list[Message] = []
    for dg, content in sorted(files.items()):
        try:
            sod.verify_file(dg, content)
            words.append((dg, Word.SUCCESSFUL))
        except HashMismatchError:
            words.append((dg, Word.FAILED))
            why.append(Message("why.mismatch"))
        except NotCoveredError:
            words.append((dg, Word.UNDETERMINED))
            why.append(Message("why.not_covered"))
    return tuple(words), tuple(why)
