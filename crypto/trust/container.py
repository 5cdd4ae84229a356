"""The trust store on disk: one file, replaced in one step, so that a reader finds the old set or the new one.

A line with the format's name, a line with the SHA-256 of all that follows, one line of JSON, then every certificate and
revocation list in DER. The JSON says what is needed to find an issuer without parsing hundreds of certificates.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from crypto.errors import MalformedError, NotSupportedError
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.revocation import Crl

STORE = "accepted.trust"
"""The file of the store in its directory."""

_NAME = b"tram-trust "
_VERSION = b"2"
_MAX_STORE = 64 * 1024 * 1024


class Kind(Enum):
    """What a record holds."""

    ROOT = "root"
    LINK = "link"
    CRL = "crl"


@dataclass(frozen=True, slots=True)
class Record:
    """One certificate or list. ``name`` is a hash of the subject's name (a list's: the issuer's), ``key_id`` hex."""

    kind: Kind
    der: bytes = field(repr=False)
    fingerprint: str
    name: str
    key_id: str
    provenance: Provenance

    @classmethod
    def of_anchor(cls, anchor: Anchor) -> Record:
        """The record of an accepted certificate."""
        certificate = anchor.certificate
        return cls(
            kind=Kind.LINK if anchor.link else Kind.ROOT,
            der=certificate.der,
            fingerprint=certificate.fingerprint,
            name=name_hash(certificate.subject_key),
            key_id=(certificate.subject_key_id or b"").hex(),
            provenance=anchor.provenance,
        )

    @classmethod
    def of_crl(cls, crl: Crl, provenance: Provenance) -> Record:
        """The record of a revocation list; its voucher is the certificate whose key signed it."""
        return cls(Kind.CRL, crl.der, crl.fingerprint, name_hash(crl.issuer_key), "", provenance)


def name_hash(comparison_key: str) -> str:
    """A short stand-in for a name's comparison key (half a SHA-256, hex)."""
    return hashlib.sha256(comparison_key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def compose(records: Iterable[Record]) -> bytes:
    """The file that holds ``records``."""
    records = tuple(records)
    origins = list(dict.fromkeys(record.provenance for record in records))
    index = {
        "origins": [_origin_json(origin) for origin in origins],
        "records": [
            [r.kind.value, r.fingerprint, r.name, r.key_id, len(r.der), origins.index(r.provenance)] for r in records
        ],
    }
    line = json.dumps(index, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    body = b"".join([line, b"\n", *(record.der for record in records)])
    return b"\n".join([_NAME + _VERSION, hashlib.sha256(body).hexdigest().encode("ascii"), body])


def parse(raw: bytes) -> tuple[Record, ...]:
    """The records of a file; raises MalformedError when it is damaged, NotSupportedError for a newer format."""
    first, _, rest = raw.partition(b"\n")
    if first.startswith(_NAME) and first != _NAME + _VERSION:
        raise NotSupportedError("trust store: written by a newer version")
    seal, _, body = rest.partition(b"\n")
    if first != _NAME + _VERSION or seal != hashlib.sha256(body).hexdigest().encode("ascii"):
        raise MalformedError("trust store: the file is damaged")
    line, _, ders = body.partition(b"\n")
    try:
        index = json.loads(line)
        origins = [_origin(row) for row in index["origins"]]
        return _records(index["records"], origins, ders)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise MalformedError("trust store: the file is damaged") from None


def _records(rows: list[list[object]], origins: list[Provenance], ders: bytes) -> tuple[Record, ...]:
    found, at = [], 0
    for kind, fingerprint, name, key_id, length, origin in rows:
        if not (isinstance(length, int) and isinstance(origin, int) and 0 < length <= len(ders) - at and origin >= 0):
            raise ValueError("a record outside of the file")
        der = ders[at : at + length]
        at += length
        found.append(Record(Kind(kind), der, str(fingerprint), str(name), str(key_id), origins[origin]))
    if at != len(ders):
        raise ValueError("bytes that no record names")
    return tuple(found)


def _origin_json(origin: Provenance) -> dict[str, str]:
    at = origin.at.isoformat() if origin.at else ""
    return {
        "way": origin.way.value,
        "source": origin.source,
        "at": at,
        "file": origin.file,
        "voucher": origin.voucher,
        "words": origin.words,
    }


def _origin(row: dict[str, str]) -> Provenance:
    at = datetime.fromisoformat(row["at"])
    source, file, voucher, words = (str(row[key]) for key in ("source", "file", "voucher", "words"))
    return Provenance(Way(row["way"]), source, at, file, voucher, words)


def read(path: Path) -> bytes:
    """The file's content; raises MalformedError when it is longer than any store, OSError."""
    return bounded(path, _MAX_STORE)


def bounded(path: Path, limit: int) -> bytes:
    """The content of a file of at most ``limit`` bytes; raises MalformedError, OSError."""
    with path.open("rb") as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise MalformedError("certificate file: too long")
    return raw


def replace(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a reader sees the old file or the new one; raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error  # a write's own error names no file
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
