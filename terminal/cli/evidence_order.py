"""``tram read --evidence``: what is needed before a card is asked for evidence, and the sealed file in the end."""

from __future__ import annotations

import argparse
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from config.schema import Settings
from crypto.errors import MalformedError, ProofError
from terminal.evidence import private_file
from terminal.faults import FaultError

if TYPE_CHECKING:
    from datetime import datetime

    from terminal.evidence.bundle import Circumstances
    from terminal.evidence.collect import Read
    from terminal.evidence.keys import Recipient
    from terminal.proof.reading import Tools


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--evidence``, ``--consent``, ``--to`` and ``--operator``."""
    parser.add_argument("--evidence", type=Path, metavar="FILE", help="write what another machine can verify, sealed")
    parser.add_argument("--consent", metavar="TEXT", help="what the holder agreed to, in words")
    parser.add_argument("--to", type=Path, metavar="FILE", help="who may open it: public key or certificate (PEM)")
    parser.add_argument("--operator", default="", metavar="NAME", help="who asked for the consent")


@dataclass(frozen=True, slots=True)
class EvidenceOrder:
    """Where the evidence goes and what is said in it; made before the card is touched."""

    file: Path
    recipient: Recipient
    settings: Settings
    consent: str = field(repr=False)
    operator: str = field(repr=False)

    def circumstances(self, at: datetime) -> Circumstances:
        """Who, when, where, for whom. Raises MalformedError for texts that are no texts."""
        from importlib.metadata import version

        from terminal.evidence.bundle import NONCE, Circumstances

        return Circumstances(
            at=at,
            software=f"tram {version('tram-terminal')}",
            consent=self.consent,
            operator=self.operator,
            device=self.settings.device,
            place=self.settings.place,
            recipient=self.recipient.key_id,
            nonce=secrets.token_bytes(NONCE),
        )

    def take(self, read: Read, tools: Tools) -> bytes:
        """The sealed evidence; the card is asked for its signature. Raises CardErrors."""
        from terminal.evidence import bundle, collect, envelope

        evidence = collect.gather(read, self.circumstances(tools.now()), tools.trust)
        return envelope.seal(bundle.encode(evidence), self.recipient)

    def write(self, sealed: bytes) -> None:
        """Write the file. Raises FaultError ``usage.bad``."""
        private_file.write_new(self.file, sealed)


def order_of(args: argparse.Namespace, settings: Settings, now: datetime) -> EvidenceOrder | None:
    """What was asked for, None without ``--evidence``. Raises FaultError ``usage.bad``."""
    if args.evidence is None:
        if args.consent is not None or args.to is not None or args.operator:
            raise FaultError("usage.bad", "--consent, --to and --operator: only with --evidence")
        return None
    if args.consent is None or args.to is None:
        raise FaultError("usage.bad", "--evidence needs --consent and --to")
    if args.random is not None:
        raise FaultError("usage.bad", "--evidence: nothing is proven under randomness that was given")
    private_file.check_new(args.evidence)
    order = EvidenceOrder(args.evidence, _recipient(args.to), settings, args.consent, args.operator)
    try:
        order.circumstances(now)
    except MalformedError as error:
        raise FaultError("usage.bad", str(error)) from error
    return order


def _recipient(file: Path) -> Recipient:
    from terminal.evidence.keys import MAX_KEY_FILE, load_recipient

    raw = private_file.read_bounded(file, MAX_KEY_FILE)
    try:
        return load_recipient(raw)
    except ProofError as error:
        raise FaultError("usage.bad", f"{file}: {error}") from error
