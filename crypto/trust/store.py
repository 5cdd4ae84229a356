"""The issuers (country signing certificates, CSCA) that this site accepts.

An anchor gets in only by an operator who types its SHA-256 fingerprint, read from another source than the file.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crypto.errors import MalformedError, NotSupportedError, ProofError
from crypto.trust.certificate import MAX_CERTIFICATE, Certificate

INDEX = "index.json"
"""The file that says which certificates of the directory are accepted; one that it does not name is not."""

_INDEX_VERSION = 1
_MAX_FILE = 8 * 1024 * 1024
_MAX_CERTIFICATES = 4096
_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".cert", ".der"})
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


class TrustRefusedError(ProofError):
    """The trust store does not make this change: the fingerprint differs, or names no anchor."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """An accepted issuer: where it came from in the operator's words, and since when (None: for this run only)."""

    certificate: Certificate
    source: str
    added_at: datetime | None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, 64 lower-case hex digits."""
        return self.certificate.fingerprint


class TrustStore:
    """Accepted issuers, in a directory (``open``) or from files for one run (``load_files``)."""

    def __init__(self, anchors: Iterable[Anchor], directory: Path | None = None) -> None:
        self._anchors = tuple(anchors)
        self._directory = directory

    @classmethod
    def open(cls, directory: Path) -> TrustStore:
        """The store in ``directory``; a directory without index (or not there yet) is an empty store.

        Raises MalformedError when a file is not what the index says, OSError when one cannot be read.
        """
        index = directory / INDEX
        entries = _read_index(index) if index.exists() else ()
        return cls((_read_anchor(directory, entry) for entry in entries), directory)

    @classmethod
    def load_files(cls, paths: Iterable[Path]) -> TrustStore:
        """The certificates of files (DER, PEM, PEM bundles) and directories of such, trusted because they were named.

        Raises MalformedError, NotSupportedError, OSError.
        """
        found: dict[str, Anchor] = {}
        for path in paths:
            for file in _files(path):
                for certificate in read_certificates(_bounded(file)):
                    found.setdefault(certificate.fingerprint, Anchor(certificate, file.name, None))
        return cls(found.values())

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """All anchors, in the order of their acceptance."""
        return self._anchors

    def add(self, raw: bytes, fingerprint: str, source: str, at: datetime) -> Anchor:
        """Accept the one certificate in ``raw`` (DER or PEM) if its fingerprint is the one that the operator typed.

        The typed one may have any case, colons and spaces, but must be whole. ``at`` is aware. An anchor that is
        there already is kept as it was. Raises TrustRefusedError, MalformedError, NotSupportedError, OSError.
        """
        certificates = read_certificates(raw)
        if len(certificates) != 1:
            raise TrustRefusedError("trust: a file with exactly one certificate is required")
        certificate = certificates[0]
        if _typed(fingerprint) != certificate.fingerprint:
            raise TrustRefusedError("trust: the certificate's SHA-256 fingerprint is not the one given")
        if not certificate.is_ca:
            raise TrustRefusedError("trust: this certificate may not sign others, so it is no issuer's root")
        for anchor in self._anchors:
            if anchor.fingerprint == certificate.fingerprint:
                return anchor
        anchor = Anchor(certificate, source, at)
        directory = self._writable()
        directory.mkdir(parents=True, exist_ok=True)
        _replace(directory / _file_name(anchor.fingerprint), certificate.der)
        self._write_index((*self._anchors, anchor))
        return anchor

    def remove(self, fingerprint: str) -> None:
        """Stop accepting an anchor; raises TrustRefusedError when there is none of this fingerprint, OSError."""
        typed = _typed(fingerprint)
        kept = tuple(anchor for anchor in self._anchors if anchor.fingerprint != typed)
        if len(kept) == len(self._anchors):
            raise TrustRefusedError("trust: no accepted certificate has this fingerprint")
        directory = self._writable()
        self._write_index(kept)
        (directory / _file_name(typed)).unlink(missing_ok=True)

    def _writable(self) -> Path:
        if self._directory is None:
            raise TrustRefusedError("trust: certificates given for one run are not kept")
        return self._directory

    def _write_index(self, anchors: tuple[Anchor, ...]) -> None:
        """The index is replaced in one step and written last, so a crash leaves the old set or the new one."""
        entries = [
            {"sha256": anchor.fingerprint, "source": anchor.source, "added_at": anchor.added_at.isoformat()}
            for anchor in anchors
            if anchor.added_at is not None
        ]
        text = json.dumps({"version": _INDEX_VERSION, "anchors": entries}, ensure_ascii=False, indent=2)
        _replace(self._writable() / INDEX, text.encode("utf-8") + b"\n")
        self._anchors = anchors


def read_certificates(raw: bytes) -> tuple[Certificate, ...]:
    """The certificates of a file: one in DER, or one and more in PEM; raises MalformedError, NotSupportedError."""
    blocks = [match.group(1) for match in _PEM.finditer(raw)]
    if not blocks:
        return (Certificate.parse(raw),)
    if len(blocks) > _MAX_CERTIFICATES:
        raise MalformedError("certificate file: too many certificates")
    return tuple(Certificate.parse(_base64(block)) for block in blocks)


@dataclass(frozen=True, slots=True)
class _Entry:
    fingerprint: str
    source: str
    added_at: datetime


def _read_index(path: Path) -> tuple[_Entry, ...]:
    try:
        index = json.loads(_bounded(path))
        if index["version"] != _INDEX_VERSION:
            raise NotSupportedError("trust store: written by a newer version")
        return tuple(
            _Entry(_typed(entry["sha256"]), str(entry["source"]), datetime.fromisoformat(entry["added_at"]))
            for entry in index["anchors"]
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, TrustRefusedError):
        raise MalformedError("trust store: the index is damaged") from None


def _read_anchor(directory: Path, entry: _Entry) -> Anchor:
    try:
        certificate = Certificate.parse(_bounded(directory / _file_name(entry.fingerprint), MAX_CERTIFICATE))
    except FileNotFoundError:
        raise MalformedError("trust store: a certificate that the index names is missing") from None
    if certificate.fingerprint != entry.fingerprint:
        raise MalformedError("trust store: a certificate is not the one that was accepted")
    return Anchor(certificate, entry.source, entry.added_at)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())


def _bounded(path: Path, limit: int = _MAX_FILE) -> bytes:
    with path.open("rb") as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise MalformedError("certificate file: too long")
    return raw


def _base64(block: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(block.split()), validate=True)
    except binascii.Error:
        raise MalformedError("certificate file: damaged PEM block") from None


def _typed(fingerprint: str) -> str:
    plain = "".join(fingerprint.replace(":", " ").split()).lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise TrustRefusedError("trust: a whole SHA-256 fingerprint is required, 64 hex digits")
    return plain


def _file_name(fingerprint: str) -> str:
    return f"{fingerprint}.der"


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a reader sees the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
