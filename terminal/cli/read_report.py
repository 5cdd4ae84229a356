"""What ``tram read`` tells of a card: cost, proofs with the words of BSI TR-03135-1 §5.5, the document masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from terminal.cli import contents_report, proof_report
from terminal.cli.output import Json
from terminal.cli.proof_report import word_text
from terminal.messages import say
from terminal.model import CheckName, Message, Person

if TYPE_CHECKING:
    from terminal.cli.rehearsal import ScriptReport
    from terminal.evidence.collect import Read

_PROVEN_BELOW = frozenset({CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER})


@dataclass(frozen=True, slots=True)
class Report:
    """A read to tell of: at which time it was proven, how far a script got, and where evidence was written."""

    read: Read
    at: datetime
    script: ScriptReport | None = None
    evidence: Path | None = None


def to_json(report: Report) -> dict[str, object]:
    """The JSON object; the document's number is masked, its name initials, its day of birth left out."""
    read = report.read
    metrics, chip = read.talk.metrics, read.talk.chip
    found: dict[str, object] = {
        "apdus": metrics.apdus,
        "bytes": metrics.bytes,
        "ms": dict(metrics.ms),
        "files": dict(metrics.files),
        "access": metrics.access,
        "opened": _opened(read),
        "checks": {check.name.value: check.word.value for check in read.reading.checks},
        "issuer": read.reading.issuer.value,
        "chip_protocol": (chip.protocol if chip else "") or None,
        "passive_authentication": proof_report.to_json(read.report, report.at),
        "contents": contents_report.to_json(read.talk.files),
        "document": document(read.reading.person),
        "simulated": read.reading.simulated,
    }
    if report.script is not None:
        found["script"] = {
            "commands": report.script.commands,
            "answered": report.script.answered,
            "random_left": report.script.random_left,
        }
    if report.evidence is not None:
        found["evidence"] = str(report.evidence)
    return found


def _opened(read: Read) -> Json:
    opened = read.talk.opened
    return {
        "protocol": opened.protocol,
        "variant": opened.variant or None,
        "tried": list(opened.tried),
        "why_bac": opened.why_bac.key.rpartition(".")[2] if opened.why_bac else None,
    }


def document(person: Person) -> Json:
    """Who a document tells of, masked."""
    initials = " ".join(f"{part[0]}." for part in (person.name or "").split())
    return {
        "id_number": person.id_number.masked if person.id_number else None,
        "name": initials or None,
        "born": person.born.year if person.born else None,
        "sex": person.sex.value if person.sex else None,
        "expires": person.expires.isoformat() if person.expires else None,
        "no_expiry": person.no_expiry,
    }


def to_lines(report: Report, language: str) -> list[str]:
    """The same for people, the labels first."""

    def words(key: str) -> str:
        return say(Message(key), language)

    read = report.read
    labels = [words("note.simulated")] if read.reading.simulated else []
    if report.script is not None:
        labels += _script_lines(report.script, language)
    number, metrics, chip = read.reading.person.id_number, read.talk.metrics, read.talk.chip
    others = [check for check in read.reading.checks if check.name not in _PROVEN_BELOW]
    protocol = f" ({chip.protocol})" if chip and chip.protocol else ""
    return [
        *labels,
        f"{words('field.id_number')}: {number.masked if number else '–'}",
        *proof_report.to_lines(read.report, language),
        *(
            f"{words(f'check.{check.name.value}')}: {word_text(check.word, language)}"
            + (protocol if check.name is CheckName.CHIP else "")
            for check in others
        ),
        *([f"{words('cli.read.evidence')}: {report.evidence}"] if report.evidence else []),
        *_access_lines(read, language),
        f"{metrics.access}, {metrics.apdus} APDU, {metrics.bytes} byte",
    ]


def _access_lines(read: Read, language: str) -> list[str]:
    opened = read.talk.opened
    lines = [say(Message.of("cli.read.tried", variants=", ".join(opened.tried)), language)] if opened.tried else []
    if opened.why_bac is not None:
        lines.append(f"BAC: {say(opened.why_bac, language)}")
    return lines


def _script_lines(script: ScriptReport, language: str) -> list[str]:
    played = Message.of("cli.read.script", answered=str(script.answered), commands=str(script.commands))
    lines = [say(Message("cli.read.random"), language), say(played, language)]
    if script.random_left:
        lines.append(say(Message.of("cli.read.random_left", count=str(script.random_left)), language))
    return lines
