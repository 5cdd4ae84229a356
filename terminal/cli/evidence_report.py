"""``tram verify FILE``: an evidence file opened, proven again and told: what it says, and what this machine says."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from terminal.cli import proof_report
from terminal.cli.arguments import trust_of
from terminal.cli.evidence import passphrase_of
from terminal.cli.output import print_json
from terminal.cli.proof_report import word_text
from terminal.cli.read_report import document
from terminal.clock import VIETNAM_TIME, SystemClock
from terminal.evidence.private_file import read_bounded
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message, Word

if TYPE_CHECKING:
    from datetime import datetime

    from terminal.evidence.bundle import Evidence
    from terminal.evidence.keys import Owner
    from terminal.evidence.review import Review

_NOT_PROVEN = 1


@dataclass(frozen=True, slots=True)
class _Opened:
    """What became of the envelope: FAILED when it was changed, ABORTED when it cannot be opened here."""

    word: Word
    why: str = ""
    evidence: Evidence | None = None


def verify(args: argparse.Namespace) -> int:
    """Print the report; 0 when all that can be proven again is proven. Raises FaultError ``usage.bad``,
    ``trust.unreadable``."""
    from terminal.evidence.review import review

    opened = _open(args)
    if opened.evidence is None:
        return _tell_closed(args, opened)
    now = SystemClock().now()
    found = review(opened.evidence, trust_of(args), now)
    if args.json:
        print_json(_json(found, now))
    else:
        print("\n".join(_lines(found, args.lang)))
    return 0 if found.proven else _NOT_PROVEN


def _open(args: argparse.Namespace) -> _Opened:
    from terminal.evidence import bundle, envelope

    owner = _owner(args)
    try:
        plain = envelope.unseal(read_bounded(args.path, envelope.MAX_FILE), owner)
        return _Opened(Word.SUCCESSFUL, evidence=bundle.decode(plain))
    except SignatureWrongError:
        return _Opened(Word.FAILED, "changed")
    except envelope.OtherRecipientError:
        return _Opened(Word.ABORTED, "other_key")
    except NotSupportedError:
        return _Opened(Word.NOT_SUPPORTED, "version")
    except MalformedError:
        return _Opened(Word.ABORTED, "unreadable")


def _owner(args: argparse.Namespace) -> Owner:
    from terminal.evidence.keys import MAX_KEY_FILE, is_encrypted, load_owner

    if args.key is None:
        raise FaultError("usage.bad", "--key: an evidence file is opened with its recipient's private key")
    raw = read_bounded(args.key, MAX_KEY_FILE)
    try:
        return load_owner(raw, passphrase_of(args) if is_encrypted(raw) else None)
    except ProofError as error:
        raise FaultError("usage.bad", f"{args.key}: {error}") from error


def _tell_closed(args: argparse.Namespace, opened: _Opened) -> int:
    if args.json:
        print_json({"evidence": {"envelope": opened.word.value, "why": opened.why}})
    else:
        print(_envelope_line(opened.word, args.lang))
        print(f"  {say(Message(f'cli.evidence.why_{opened.why}'), args.lang)}")
    return _NOT_PROVEN


def _envelope_line(word: Word, language: str) -> str:
    return f"{say(Message('cli.evidence.envelope'), language)}: {word_text(word, language)}"


def _json(found: Review, now: datetime) -> dict[str, object]:
    evidence, at = found.evidence, found.evidence.made.at
    return {
        "evidence": {
            "envelope": Word.SUCCESSFUL.value,
            "made": _made(evidence),
            "card": {
                "reader": evidence.card.reader,
                "atr": evidence.card.atr.hex().upper(),
                "simulated": found.simulated,
            },
            "access": {
                "protocol": evidence.access.protocol,
                "variant": evidence.access.variant,
                "tried": list(evidence.access.tried),
                "why_bac": evidence.access.why_bac.rpartition(".")[2] or None,
            },
            "files": {ef.name: len(raw) for ef, raw in evidence.files.items()},
            "said": _said(evidence),
            "document": document(found.person) if found.person else None,
        },
        "active_authentication": {
            "word": found.active.word.value,
            "algorithm": found.active.algorithm or None,
            "why": found.active.why.key.rpartition(".")[2] if found.active.why else None,
        },
        "validity": {"then": found.valid_then.value, "now": found.valid_now.value},
        "at_reading": proof_report.to_json(found.then, at),
        "passive_authentication": proof_report.to_json(found.now, now),
    }


def _made(evidence: Evidence) -> dict[str, object]:
    made = evidence.made
    return {
        "at": made.at.isoformat(),
        "clock": made.clock.value,
        "software": made.software,
        "device": made.device,
        "place": made.place,
        "operator": made.operator or None,
        "consent": made.consent,
    }


def _said(evidence: Evidence) -> dict[str, object]:
    said = evidence.said
    return {
        "checks": {name.value: word.value for name, word in said.checks.items()},
        "hashes": {f"DG{number}": word.value for number, word in said.hashes.items()},
        "issuer": said.issuer.value,
        "active_authentication": said.active.value,
        "witnessed": said.chip or None,
        "certificates": len(evidence.certificates),
        "revocation_lists": len(evidence.crls),
    }


def _lines(found: Review, language: str) -> list[str]:
    def words(key: str, **params: str) -> str:
        return say(Message.of(key, **params), language)

    evidence, person = found.evidence, found.person
    made, number = evidence.made, person.id_number if person else None
    clock = words(f"cli.evidence.clock_{made.clock.name.lower()}")
    label = [words("note.simulated")] if found.simulated else []
    return [
        *label,
        _envelope_line(Word.SUCCESSFUL, language),
        f"{words('cli.evidence.read')}: {made.at.astimezone(VIETNAM_TIME):%d/%m/%Y %H:%M:%S} ({clock})",
        f"{words('cli.evidence.by')}: {', '.join(part for part in (made.operator, made.place, made.device) if part)}",
        f"{words('cli.evidence.consent')}: {made.consent}",
        f"{words('field.id_number')}: {number.masked if number else '–'}",
        words("cli.evidence.then"),
        *_indented(proof_report.to_lines(found.then, language)),
        words("cli.evidence.now"),
        *_indented(proof_report.to_lines(found.now, language)),
        *_chip_lines(found, language),
    ]


def _chip_lines(found: Review, language: str) -> list[str]:
    active, said = found.active, found.evidence.said
    detail = active.algorithm or (say(active.why, language) if active.why else "")
    lines = [f"{say(Message('why.aa'), language)}: {word_text(active.word, language)}" + (detail and f" ({detail})")]
    if said.chip and not said.chip.startswith("AA"):
        lines.append(say(Message.of("cli.evidence.witnessed", protocol=said.chip), language))
    return lines


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]
