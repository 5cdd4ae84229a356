"""``tram trust setup``: the first run's step by which an operator accepts a root, compared with another source.

Nothing is accepted by pressing Enter: the fingerprint is typed in full, and who compared it with what is kept.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from terminal.cli.trust_print import groups, print_certificate, print_row, words
from terminal.clock import SystemClock

if TYPE_CHECKING:
    from crypto.trust.certificate import Certificate
    from crypto.trust.store import TrustStore

_NOT_ACCEPTED = 1
_SIZE = 64
_HEX = re.compile(r"[0-9a-f]*")
_WORDS = 200


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "--from", dest="candidates", type=Path, metavar="PATH", help="file or folder (default: those that come along)"
    )


def run(args: argparse.Namespace, store: TrustStore) -> int:
    """Go through the candidates; 0 when the store accepts an issuer at the end. Raises ProofErrors, OSError."""
    language = args.lang
    found = list(_candidates(args.candidates or _shipped(), store))
    if not found:
        print(words("setup_none", language))
    for number, (file, certificate) in enumerate(found, 1):
        print(words("setup_candidate", language, number=str(number), count=str(len(found)), file=file.name))
        print_certificate(certificate, language)
        print(words("setup_compare", language))
        _accept(store, file, certificate, language)
    return 0 if store.anchors else _NOT_ACCEPTED


def _shipped() -> Path:
    import config

    return Path(str(config.__file__)).parent / "trust" / "candidates"


def _candidates(path: Path, store: TrustStore) -> Iterator[tuple[Path, Certificate]]:
    """The roots of the files that are not accepted yet."""
    from crypto.trust.store import TrustStore, certificate_files

    for file in certificate_files(path):
        for anchor in TrustStore.load_files([file]).anchors:
            if anchor.fingerprint not in store.fingerprints:
                yield file, anchor.certificate


def _accept(store: TrustStore, file: Path, certificate: Certificate, language: str) -> None:
    """Ask for the fingerprint, the source and the person; an empty answer or another fingerprint accepts nothing."""
    typed = _typed_fingerprint(certificate, language)
    source = _ask("setup_source", language) if typed else ""
    person = _ask("setup_person", language) if source else ""
    if not person:
        print(words("setup_skipped", language))
        return
    store.add(certificate.der, typed, file.name, SystemClock().now(), f"{person}: {source}")
    print(words("added", language))
    print_row("words", f"{person}: {source}", language)


def _typed_fingerprint(certificate: Certificate, language: str) -> str:
    """The whole fingerprint as typed, at once or group by group; empty when the operator stops.

    A group that differs is asked for again: a slip of the finger is no other certificate.
    """
    right, typed = certificate.fingerprint, ""
    while len(typed) < _SIZE:
        group = len(typed) // len(groups(right)[0]) + 1
        answer = _ask("setup_group", language, group=str(group), groups=str(len(groups(right))))
        plain = "".join(answer.replace(":", " ").split()).lower()
        if not plain:
            return ""
        if not _HEX.fullmatch(plain) or not right.startswith(typed + plain):
            print(words("setup_differs", language))
            continue
        typed += plain
    return typed


def _ask(key: str, language: str, **params: str) -> str:
    """One line from the operator; the end of the input counts as an empty one."""
    print(f"{words(key, language, **params)}: ", end="", flush=True)
    return sys.stdin.readline().strip()[:_WORDS]
