"""``tram trust import`` and ``crl``: files of certificates and revocation lists that an operator brings."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError, SignerMissingError
from terminal.cli.output import print_json
from terminal.cli.trust_print import crl_json, groups, print_certificate, print_crl, words
from terminal.clock import SystemClock
from terminal.faults import FaultError, file_fault
from terminal.messages import say
from terminal.model import Message, Word

if TYPE_CHECKING:
    from crypto.trust.bundle import FileContents
    from crypto.trust.certificate import Certificate
    from crypto.trust.intake import Intake, Origin
    from crypto.trust.revocation import Crl
    from crypto.trust.store import TrustStore

_NOT_ACCEPTED = 1
_SHOWN = 20


def configure_import(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``import``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="master list, certificates (DER, PEM) or CRL")
    parser.add_argument("--signer", type=Path, metavar="CERT", help="who signed the master list, or his issuer")
    parser.add_argument(
        "--fingerprint", metavar="HEX", help="SHA-256 of CERT from another source; refused if it differs"
    )
    parser.add_argument("--confirm", metavar="HEX", help="SHA-256 of FILE, to accept all certificates in it")
    parser.add_argument("--words", metavar="TEXT", default="", help="who compared with which source, to be kept")


def configure_crl(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``crl``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="revocation list, DER or PEM")
    parser.add_argument("--words", metavar="TEXT", default="", help="where it was fetched, to be kept")


def run_import(args: argparse.Namespace, store: TrustStore) -> int:
    """Import the file; 0 when something of it is accepted now. Raises FaultError ``usage.bad``, and ProofErrors."""
    from crypto.trust.bundle import FileKind

    signer = _signer(args)
    try:
        contents = _contents(args.file)
    except ProofError as error:
        return _report(args, _nothing(error), None)
    if contents.kind is FileKind.CRL:
        return _import_crl(args, store, contents)
    return _report(args, _intake(args, store, contents, signer), contents)


def run_crl(args: argparse.Namespace, store: TrustStore) -> int:
    """Import a revocation list. Raises FaultError ``usage.bad``, and ProofErrors."""
    from crypto.trust import intake

    now = SystemClock().now()
    crl = intake.import_crl(store, _contents(args.file), _origin(args, now))
    if args.json:
        print_json({"crl": crl_json(crl, now)})
    else:
        _print_crl(crl, now, args.lang)
    return 0


def read_raw(file: Path) -> bytes:
    """The bytes of a file, at most one more than any parser takes. Raises FaultError (``file_fault``)."""
    from crypto.trust.bundle import MAX_FILE

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE + 1)
    except OSError as error:
        raise file_fault(file, error) from error


def _contents(file: Path) -> FileContents:
    from crypto.trust.bundle import read_file

    return read_file(read_raw(file))


def _origin(args: argparse.Namespace, now: datetime) -> Origin:
    from crypto.trust.intake import Origin

    return Origin(args.file.name, now, args.words)


def _signer(args: argparse.Namespace) -> Certificate | None:
    """The certificate that ``--signer`` names, once the operator stands by it.

    At a console he types its fingerprint or gives it with ``--fingerprint``; a script's author has decided when he
    wrote the file's name, and may bind that decision with ``--fingerprint``.
    """
    from crypto.trust.certificate import Certificate
    from crypto.trust.store import FingerprintDiffersError, plain_fingerprint

    if args.signer is None:
        return None
    parts = _contents(args.signer).parts
    if len(parts) != 1:
        raise FaultError("usage.bad", f"--signer {args.signer}: 1?")
    signer = Certificate.parse(parts[0])
    typed = args.fingerprint
    if typed is None and not args.json and sys.stdin.isatty():
        print_certificate(signer, args.lang)
        print(words("signer_type", args.lang))
        typed = sys.stdin.readline()
    if typed is not None and plain_fingerprint(typed) != signer.fingerprint:
        raise FingerprintDiffersError("trust: the signer's SHA-256 fingerprint is not the one given")
    return signer


def _intake(args: argparse.Namespace, store: TrustStore, contents: FileContents, signer: Certificate | None) -> Intake:
    from crypto.trust import intake
    from crypto.trust.bundle import FileKind

    origin = _origin(args, SystemClock().now())
    if contents.kind is FileKind.SIGNED:
        return intake.import_master_list(store, contents, origin, signer)
    return intake.import_bundle(store, contents, origin, args.confirm)


def _import_crl(args: argparse.Namespace, store: TrustStore, contents: FileContents) -> int:
    """A revocation list through ``import``: no certificates, and the word on its signature."""
    from crypto.trust import intake

    now = SystemClock().now()
    try:
        crl = intake.import_crl(store, contents, _origin(args, now))
    except (SignatureWrongError, MalformedError, NotSupportedError) as error:
        return _report(args, _nothing(error), None)
    if args.json:
        print_json({"certificates": 0, "accepted": 0, "rejected": [], "signature": Word.SUCCESSFUL.value})
    else:
        _print_crl(crl, now, args.lang)
    return 0


def _nothing(refusal: ProofError) -> Intake:
    from crypto.trust.intake import Intake

    return Intake(0, 0, 0, (), (), signed=True, refusal=refusal)


def _word(found: Intake) -> Word:
    """The signature's word (BSI TR-03135): undetermined for none, and for a signer who is missing or not accepted."""
    if not found.signed:
        return Word.UNDETERMINED
    refusals = {
        SignatureWrongError: Word.FAILED,
        SignerMissingError: Word.UNDETERMINED,
        NotSupportedError: Word.NOT_SUPPORTED,
        MalformedError: Word.ABORTED,
        ProofError: Word.UNDETERMINED,
    }
    return next((word for kind, word in refusals.items() if isinstance(found.refusal, kind)), Word.SUCCESSFUL)


def _report(args: argparse.Namespace, found: Intake, contents: FileContents | None) -> int:
    if args.json:
        rejected = [
            {"subject": one.subject, "reason": f"{one.reason.value}{one.detail and f' ({one.detail})'}"}
            for one in found.rejected
        ]
        counts = {"certificates": found.certificates, "accepted": found.accepted}
        print_json({**counts, "rejected": rejected, "signature": _word(found).value})
    else:
        _print(found, contents, args.lang)
    return 0 if found.accepted else _NOT_ACCEPTED


def _print(found: Intake, contents: FileContents | None, language: str) -> None:
    counts = {
        "certificates": str(found.certificates),
        "accepted": str(found.accepted),
        "new": str(found.new),
        "rejected": str(len(found.rejected)),
        "states": str(len(found.states)),
    }
    print(words("import_counts", language, **counts))
    if found.states:
        print(f"  {words('states', language)}: {' '.join(found.states)}")
    word = say(Message(f"word.{_word(found).value.replace(' ', '_')}"), language)
    print(f"  {say(Message('check.signature'), language)}: {word if found.signed else words('unsigned', language)}")
    if found.refusal is not None:
        print(f"  {say(Message('cli.label.detail'), language)}: {found.refusal}")
    for one in found.rejected[:_SHOWN]:
        reason = words(f"reason_{one.reason.name.lower()}", language)
        print(f"  – {one.subject}: {reason}{one.detail and f' ({one.detail})'}")
    if len(found.rejected) > _SHOWN:
        print(f"  – {words('more', language, count=str(len(found.rejected) - _SHOWN))}")
    _print_next(found, contents, language)


def _print_next(found: Intake, contents: FileContents | None, language: str) -> None:
    """What the operator can do when something was left outside because nobody vouches for it."""
    from crypto.trust.intake import Reason

    if found.signer is not None and found.refusal is not None and _word(found) is Word.UNDETERMINED:
        print(words("signer_unknown", language))
        print_certificate(found.signer, language)
    if contents is not None and any(one.reason is Reason.NOT_CONFIRMED for one in found.rejected):
        print(words("confirm", language))
        print(f"  {' '.join(groups(contents.fingerprint))}")


def _print_crl(crl: Crl, now: datetime, language: str) -> None:
    print(f"{words('crl_added', language)}:")
    print_crl(crl, now, language)
