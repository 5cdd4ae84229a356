"""The socket for becoming known to a server: a one-time code against a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from terminal.enrolment import Enrolment


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a server answered: its token for this device, and what it said about the device and itself."""

    token: str = field(repr=False)
    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate that a server showed and nobody vouches for. ``own_authority``: it signed itself, so that it can
    be accepted as it is; any other needs its authority's."""

    pem: str
    fingerprint: str
    subject: str
    own_authority: bool


class Enroller(Protocol):
    """A server at which devices enrol. ``build(url: str, ca_file: Path | None) -> Enroller``.

    Every method raises FaultError ``net.…``; ``net.tls`` where the server's certificate is not proven.
    """

    def probe(self, deadline: float) -> None:
        """Whether the server is there and proves who it is. Tells it nothing."""
        ...

    def certificate(self, deadline: float) -> ShownCertificate:
        """What the server shows, whoever vouches for it. Tells it nothing."""
        ...

    def enrol(self, code: str, device: str, public_key: bytes, deadline: float) -> Enrolled:
        """Exchange the code. Raises FaultError ``enrol.refused`` where it is not accepted."""
        ...
