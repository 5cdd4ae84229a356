"""The issuers (country signing certificates, CSCA) that this terminal accepts, and their revocation lists.

Nothing is accepted silently: a certificate gets in with its fingerprint typed by an operator, in a file whose own
fingerprint an operator confirmed, on a master list whose signer is accepted, or through a link from an accepted root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from crypto.errors import ProofError
from crypto.trust import container, first_format
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.bundle import MAX_FILE, read_certificates
from crypto.trust.certificate import Certificate
from crypto.trust.container import STORE, Kind, Record, name_hash
from crypto.trust.revocation import Crl

_MAX_RECORDS = 8192
_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".cert", ".der"})
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class TrustRefusedError(ProofError):
    """The trust store does not make this change: a fingerprint differs, a list is older, or the store has moved on."""


class FingerprintDiffersError(TrustRefusedError):
    """The fingerprint that the operator gave is no whole one, or not that of anything here."""


class TrustStore:
    """Accepted issuers, in a directory (``open``) or from files for one run (``load_files``).

    ``crl_max_age`` is how old a revocation list may be before it counts as old; None: until its own next update.
    """

    def __init__(
        self, anchors: Iterable[Anchor], directory: Path | None = None, *, crl_max_age: timedelta | None = None
    ) -> None:
        self.crl_max_age = crl_max_age
        self._directory = directory
        self._anchors = {anchor.fingerprint: anchor for anchor in anchors}
        self._records = tuple(Record.of_anchor(anchor) for anchor in self._anchors.values())
        self._crls: dict[str, Crl] = {}
        self._seen = b""

    @classmethod
    def open(cls, directory: Path, *, crl_max_age: timedelta | None = None) -> TrustStore:
        """The store in ``directory``; a directory without one (or not there yet) is an empty store.

        Certificates are parsed when they are asked for. Raises MalformedError when the file is damaged,
        NotSupportedError when a newer program wrote it, OSError when it cannot be read.
        """
        store = cls((), directory, crl_max_age=crl_max_age)
        file = directory / STORE
        if file.exists():
            store._seen = container.read(file)
            store._records = container.parse(store._seen)
        else:
            store._records = first_format.read_records(directory)
        return store

    @classmethod
    def load_files(cls, paths: Iterable[Path]) -> TrustStore:
        """The certificates of files (DER, PEM, PEM bundles) and directories of such, trusted because they were named.

        Raises MalformedError, NotSupportedError, OSError.
        """
        found: dict[str, Anchor] = {}
        for path in paths:
            for file in certificate_files(path):
                provenance = Provenance(Way.NAMED, file.name, None)
                for certificate in read_certificates(container.bounded(file, MAX_FILE)):
                    found.setdefault(certificate.fingerprint, Anchor(certificate, provenance))
        return cls(found.values())

    # What is accepted ------------------------------------------------------------------------------------------------

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """All roots, in the order of their acceptance; raises MalformedError, NotSupportedError."""
        return tuple(self._anchor(record) for record in self._records if record.kind is Kind.ROOT)

    @property
    def links(self) -> tuple[Anchor, ...]:
        """All link certificates; raises MalformedError, NotSupportedError."""
        return tuple(self._anchor(record) for record in self._records if record.kind is Kind.LINK)

    @property
    def crls(self) -> tuple[tuple[Crl, Provenance], ...]:
        """All revocation lists; raises MalformedError, NotSupportedError."""
        return tuple((self._crl(r), r.provenance) for r in self._records if r.kind is Kind.CRL)

    @property
    def fingerprints(self) -> frozenset[str]:
        """The SHA-256 of every certificate and list that is there."""
        return frozenset(record.fingerprint for record in self._records)

    def issuers_of(self, certificate: Certificate) -> tuple[tuple[Anchor, ...], tuple[Anchor, ...]]:
        """The accepted certificates whose key identifier ``certificate`` names as its issuer's, and the others whose
        name it names. Roots come before links. Raises MalformedError, NotSupportedError."""
        key_id, name = (certificate.authority_key_id or b"").hex(), name_hash(certificate.issuer_key)
        able = sorted((r for r in self._records if r.kind is not Kind.CRL), key=lambda r: r.kind is Kind.LINK)
        by_key = [record for record in able if key_id and record.key_id == key_id]
        by_name = [record for record in able if record.name == name and record not in by_key]
        return tuple(map(self._anchor, by_key)), tuple(map(self._anchor, by_name))

    def named(self, subject_key: str) -> tuple[Anchor, ...]:
        """The roots and links of that subject (comparison key); raises MalformedError, NotSupportedError."""
        name = name_hash(subject_key)
        return tuple(self._anchor(r) for r in self._records if r.kind is not Kind.CRL and r.name == name)

    def crl_of(self, issuer_key: str) -> Crl | None:
        """The revocation list of the issuer of that name; raises MalformedError, NotSupportedError."""
        name = name_hash(issuer_key)
        found = next((r for r in self._records if r.kind is Kind.CRL and r.name == name), None)
        return self._crl(found) if found else None

    def with_anchors(self, anchors: Iterable[Anchor]) -> TrustStore:
        """This store and ``anchors`` beside it, in memory only: what would be if they were accepted."""
        other = TrustStore(anchors, crl_max_age=self.crl_max_age)
        there = self.fingerprints
        other._records = (*self._records, *(r for r in other._records if r.fingerprint not in there))
        other._anchors = {**other._anchors, **self._anchors}
        return other

    def _anchor(self, record: Record) -> Anchor:
        if record.fingerprint not in self._anchors:
            certificate = Certificate.parse(record.der)
            self._anchors[record.fingerprint] = Anchor(certificate, record.provenance, record.kind is Kind.LINK)
        return self._anchors[record.fingerprint]

    def _crl(self, record: Record) -> Crl:
        if record.fingerprint not in self._crls:
            self._crls[record.fingerprint] = Crl.parse(record.der)
        return self._crls[record.fingerprint]

    # Changes ---------------------------------------------------------------------------------------------------------

    def add(self, raw: bytes, fingerprint: str, source: str, at: datetime, words: str = "") -> Anchor:
        """Accept the one certificate in ``raw`` (DER or PEM) if its fingerprint is the one that the operator typed.

        The typed one may have any case, colons and spaces, but must be whole. ``at`` is aware. An anchor that is
        there already is kept as it was. Raises FingerprintDiffersError, TrustRefusedError, MalformedError, OSError.
        """
        certificates = read_certificates(raw)
        if len(certificates) != 1:
            raise TrustRefusedError("trust: a file with exactly one certificate is required")
        certificate = certificates[0]
        if plain_fingerprint(fingerprint) != certificate.fingerprint:
            raise FingerprintDiffersError("trust: the certificate's SHA-256 fingerprint is not the one given")
        if not certificate.is_ca:
            raise TrustRefusedError("trust: this certificate may not sign others, so it is no issuer's root")
        anchor = Anchor(certificate, Provenance(Way.FINGERPRINT, source, at, words=words))
        self.accept([anchor])
        return next(self._anchor(record) for record in self._records if record.fingerprint == anchor.fingerprint)

    def accept(self, anchors: Iterable[Anchor]) -> None:
        """Keep certificates that the caller has proven acceptable, in one write; those already there stay as they were.

        A link certificate that is now accepted for itself becomes a root. Raises TrustRefusedError, OSError.
        """
        fresh = {anchor.fingerprint: anchor for anchor in anchors}
        links = {record.fingerprint for record in self._records if record.kind is Kind.LINK}
        promoted = {name for name in links & fresh.keys() if not fresh[name].link}
        for record in self._records:
            if record.fingerprint not in promoted:
                fresh.pop(record.fingerprint, None)
        if not fresh:
            return
        kept = tuple(record for record in self._records if record.fingerprint not in promoted)
        self._write((*kept, *map(Record.of_anchor, fresh.values())))
        self._anchors |= fresh

    def accept_crl(self, crl: Crl, provenance: Provenance) -> None:
        """Keep a list that the caller has proven, in the place of its issuer's older one.

        Raises TrustRefusedError for one that is older than what is there, MalformedError, OSError.
        """
        if crl.fingerprint in self.fingerprints:
            return
        present = self.crl_of(crl.issuer_key)
        if present is not None and not crl.newer_than(present):
            raise TrustRefusedError(
                f"trust: the list of this issuer that is there is no older: {present.this_update:%Y-%m-%d}"
            )
        record = Record.of_crl(crl, provenance)
        others = tuple(r for r in self._records if r.kind is not Kind.CRL or r.name != record.name)
        self._write((*others, record))

    def remove(self, fingerprint: str) -> int:
        """Stop accepting what has this fingerprint: a certificate, a list, or a whole imported file. How many went.

        With a root go the links and roots that rest on it alone, and lists of an issuer that nobody accepts any more.
        Raises FingerprintDiffersError when nothing has this fingerprint, TrustRefusedError, OSError.
        """
        typed = plain_fingerprint(fingerprint)
        gone = {r.fingerprint for r in self._records if typed in (r.fingerprint, r.provenance.file)}
        if not gone:
            raise FingerprintDiffersError("trust: nothing that is accepted has this fingerprint")
        while (
            resting := {
                r.fingerprint for r in self._records if r.provenance.way is Way.LINK and r.provenance.voucher in gone
            }
            - gone
        ):
            gone |= resting
        kept = tuple(record for record in self._records if record.fingerprint not in gone)
        issuers = {record.name for record in kept if record.kind is not Kind.CRL}
        kept = tuple(record for record in kept if record.kind is not Kind.CRL or record.name in issuers)
        count = len(self._records) - len(kept)
        self._write(kept)
        return count

    def _write(self, records: tuple[Record, ...]) -> None:
        if self._directory is None:
            raise TrustRefusedError("trust: certificates given for one run are not kept")
        if len(records) > _MAX_RECORDS:
            raise TrustRefusedError("trust: more certificates than a store holds")
        self._directory.mkdir(parents=True, exist_ok=True)
        file = self._directory / STORE
        if (container.read(file) if file.exists() else b"") != self._seen:
            raise TrustRefusedError("trust: the store was changed meanwhile by somebody else; try again")
        content = container.compose(records)
        container.replace(file, content)
        first_format.clear(self._directory)
        self._seen, self._records = content, records


def plain_fingerprint(typed: str) -> str:
    """A SHA-256 fingerprint as machines write it, from any case, colons and spaces; raises FingerprintDiffersError."""
    plain = "".join(typed.replace(":", " ").split()).lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise FingerprintDiffersError("trust: a whole SHA-256 fingerprint is required, 64 hex digits")
    return plain


def certificate_files(path: Path) -> list[Path]:
    """``path`` itself, or the files of a folder whose names end like a certificate's; raises OSError."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
