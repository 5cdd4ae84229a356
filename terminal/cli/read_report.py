"""What ``tram read`` tells of a card: cost, checks with the words of BSI TR-03135-1 §5.5, the document masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.cli.output import Json
from terminal.messages import say
from terminal.model import ChipReading, Message, Person, Word

if TYPE_CHECKING:
    from terminal.cli.rehearsal import ScriptReport
    from terminal.proof.reading import ChipConversation


def to_json(reading: ChipReading, talk: ChipConversation, script: ScriptReport | None) -> dict[str, object]:
    """The JSON object: cost, checks, and the document with its number masked and its name as initials."""
    metrics = talk.metrics
    report: dict[str, object] = {
        "apdus": metrics.apdus,
        "bytes": metrics.bytes,
        "ms": dict(metrics.ms),
        "files": dict(metrics.files),
        "access": metrics.access,
        "checks": {check.name.value: check.word.value for check in reading.checks},
        "issuer": reading.issuer.value,
        "document": _document(reading.person),
        "simulated": reading.simulated,
    }
    if script is not None:
        report["script"] = {
            "commands": script.commands,
            "answered": script.answered,
            "random_left": script.random_left,
        }
    return report


def _document(person: Person) -> Json:
    initials = " ".join(f"{part[0]}." for part in (person.name or "").split())
    return {
        "id_number": person.id_number.masked if person.id_number else None,
        "name": initials or None,
        "born": person.born.year if person.born else None,
        "sex": person.sex.value if person.sex else None,
        "expires": person.expires.isoformat() if person.expires else None,
        "no_expiry": person.no_expiry,
    }


def to_lines(reading: ChipReading, talk: ChipConversation, script: ScriptReport | None, language: str) -> list[str]:
    """The same for people, the labels first."""

    def words(key: str) -> str:
        return say(Message(key), language)

    labels = [words("note.simulated")] if reading.simulated else []
    if script is not None:
        labels += _script_lines(script, language)
    checks = [f"{words(f'check.{check.name.value}')}: {word_text(check.word, language)}" for check in reading.checks]
    number, metrics = reading.person.id_number, talk.metrics
    return [
        *labels,
        f"{words('field.id_number')}: {number.masked if number else '–'}",
        *checks,
        f"{metrics.access}, {metrics.apdus} APDU, {metrics.bytes} byte",
    ]


def _script_lines(script: ScriptReport, language: str) -> list[str]:
    played = Message.of("cli.read.script", answered=str(script.answered), commands=str(script.commands))
    lines = [say(Message("cli.read.random"), language), say(played, language)]
    if script.random_left:
        lines.append(say(Message.of("cli.read.random_left", count=str(script.random_left)), language))
    return lines


def word_text(word: Word, language: str) -> str:
    """The word of a check in that language."""
    return say(Message(f"word.{word.value.replace(' ', '_')}"), language)
