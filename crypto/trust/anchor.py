"""A certificate that this terminal believes, and how it came to be believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from crypto.trust.certificate import Certificate


class Way(Enum):
    """What an acceptance rests on."""

    FINGERPRINT = "fingerprint"
    """An operator gave the certificate's own fingerprint, read from another source."""
    MASTER_LIST = "master_list"
    """It stood on a master list whose signer is accepted, or was named by the operator."""
    BUNDLE = "bundle"
    """An operator confirmed the whole file by the file's fingerprint."""
    LINK = "link"
    """An accepted root's key signed it, or signed the link certificate around its key."""
    NAMED = "named"
    """An operator named the file, for one run."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a certificate or list came from, and on whose word.

    ``source`` is the file's name, ``file`` the file's SHA-256, ``voucher`` the fingerprint of the certificate that
    vouched (a list's signer, an older root, a link certificate). ``words`` are the operator's: who compared with what.
    ``at`` is aware; None for what was named for one run only.
    """

    way: Way
    source: str
    at: datetime | None
    file: str = ""
    voucher: str = ""
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Anchor:
    """An accepted issuer. ``link`` True: a link certificate, which counts only as long as its own issuer does."""

    certificate: Certificate
    provenance: Provenance
    link: bool = False

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, 64 lower-case hex digits."""
        return self.certificate.fingerprint

    @property
    def source(self) -> str:
        """The file that it came in."""
        return self.provenance.source

    @property
    def added_at(self) -> datetime | None:
        """Since when it is accepted; None: for this run only."""
        return self.provenance.at
