"""Passive authentication for people and programs, with the words of BSI TR-03135-1 v2.5 §5.5.

Four answers that never stand in for one another: is the signature right (a word), is each file the signed one
(``identical``, ``not identical``), is the issuer accepted (``trusted``, ``not trusted``), what is known of revocation.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from terminal.messages import say
from terminal.model import IssuerTrust, Message, Word

if TYPE_CHECKING:
    from crypto.trust.revocation import Revocation
    from terminal.proof.passive import PassiveReport

_COMPARED = {Word.SUCCESSFUL: "identical", Word.FAILED: "not identical"}
_LIST_DEMANDED = frozenset({"why.crl_old", "why.crl_missing"})


def proven(report: PassiveReport) -> bool:
    """Whether the signature is right, every file read is the signed one, and the issuer is accepted."""
    from terminal.proof.checks import hashes_word

    words = (report.signature, hashes_word(tuple(word for _, word in report.hashes)))
    return set(words) == {Word.SUCCESSFUL} and report.issuer is IssuerTrust.TRUSTED


def to_json(report: PassiveReport, at: datetime) -> dict[str, object]:
    """The report at ``at``; ``why`` holds the last parts of the message keys."""
    return {
        "signature": report.signature.value,
        "hashes": {f"DG{number}": word.value for number, word in report.hashes},
        "comparison": {f"DG{number}": compared(word) for number, word in report.hashes},
        "issuer": report.issuer.value,
        "trust": "trusted" if report.issuer is IssuerTrust.TRUSTED else "not trusted",
        "algorithm": report.algorithm,
        "hash_algorithm": report.hash_algorithm,
        "weak": report.weak,
        "signer": _signer(report),
        "issuer_path": [{"subject": step.subject, "fingerprint": step.fingerprint} for step in report.issuer_path],
        "revocation": _revocation(report.revocation, at),
        "findings": [_finding(message) for message in report.findings],
        "why": [message.key.rpartition(".")[2] for message in report.why],
    }


def compared(word: Word) -> str:
    """What became of the comparison of a file with its signed hash; ``undetermined`` where there is none to compare."""
    return _COMPARED.get(word, word.value)


def _signer(report: PassiveReport) -> dict[str, object] | None:
    if report.signer_fingerprint is None:
        return None
    return {
        "subject": report.signer_subject,
        "serial": report.signer_serial,
        "fingerprint": report.signer_fingerprint,
    }


def _revocation(revocation: Revocation | None, at: datetime) -> dict[str, object] | None:
    if revocation is None:
        return None
    return {
        "state": revocation.state.value,
        "list_from": revocation.this_update.isoformat() if revocation.this_update else None,
        "list_until": revocation.next_update.isoformat() if revocation.next_update else None,
        "list_age_days": revocation.age_days(at),
        "revoked": revocation.subject or None,
        "since": revocation.since.isoformat() if revocation.since else None,
        "reason": revocation.reason or None,
    }


def _finding(message: Message) -> str:
    return message.key.removeprefix("finding.")


def to_lines(report: PassiveReport, language: str) -> list[str]:
    """The report for people: a line for each answer, reasons and findings indented below."""
    signature = word_text(report.signature, language) + (report.algorithm and f" ({report.algorithm})")
    rows: list[tuple[str, str]] = [("check.signature", signature)]
    rows += [("cli.verify.group", f"DG{number}: {_hash_text(word, language)}") for number, word in report.hashes]
    rows.append(("cli.verify.issuer", say(_issuer_answer(report), language)))
    if report.signer_subject:
        rows.append(("cli.verify.signer", report.signer_subject))
    rows += [("cli.verify.vouched", f"{step.subject} ({step.fingerprint[:16]}…)") for step in report.issuer_path]
    if report.revocation is not None:
        rows.append(
            ("cli.verify.revocation", say(Message(f"cli.revocation.{report.revocation.state.value}"), language))
        )
    reasons = tuple(dict.fromkeys((*report.why, *report.findings)))
    return [
        *(f"{say(Message(label), language)}: {text}" for label, text in rows),
        *(f"  {say(reason, language)}" for reason in reasons),
    ]


def _issuer_answer(report: PassiveReport) -> Message:
    """The issuer's state; where a site's demand for a young revocation list is what stands in the way, that."""
    demand = (reason for reason in report.why if reason.key in _LIST_DEMANDED)
    return next(demand, Message(f"issuer.{report.issuer.value}"))


def _hash_text(word: Word, language: str) -> str:
    kinds = {Word.SUCCESSFUL: "cli.verify.identical", Word.FAILED: "cli.verify.not_identical"}
    return say(Message(kinds[word]), language) if word in kinds else word_text(word, language)


def word_text(word: Word, language: str) -> str:
    """The word of a check in that language."""
    return say(Message(f"word.{word.value.replace(' ', '_')}"), language)
