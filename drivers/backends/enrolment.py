"""Enrolling at a server that speaks docs/protocol.md."""

from __future__ import annotations

import base64
import hashlib
import ssl
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from drivers.backends.http import JsonServer
from drivers.device import Lane, StuckError
from terminal.enrolling import Enrolled, ShownCertificate
from terminal.enrolment import Enrolment, key_of
from terminal.faults import FaultError
from terminal.ports import BackendOptions

_HTTPS = 443
_CONNECT = 5.0
_MOST_TOKEN = 200


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: str
    device: str
    role: Literal["terminal", "hub", "supervisor", "seller"]
    event: str | None
    gate: str | None
    server_key: str
    snapshot_key: str | None


class ReferenceEnroller:
    """A `terminal.enrolling.Enroller`."""

    def __init__(self, url: str, ca_file: Path | None) -> None:
        self._url = url
        # Neither token nor device yet: nothing of either is in these headers.
        options = BackendOptions(url=url, token="", device="", connect=_CONNECT, ca_file=ca_file)
        self._server = JsonServer(options, {})

    def probe(self, deadline: float) -> None:
        """Whether the server is there and proves who it is. Tells it nothing."""
        self._server.get("/v1/health", deadline)

    def certificate(self, deadline: float) -> ShownCertificate:
        """What the server shows, whoever vouches for it. Tells it nothing."""
        parts = urlsplit(self._url)
        host, port = parts.hostname or "", parts.port or _HTTPS
        lane = Lane("net-certificate", _nothing)
        try:
            pem = lane.call(lambda: ssl.get_server_certificate((host, port), timeout=deadline), deadline)
        except StuckError:
            raise FaultError("net.timeout", "certificate") from None
        except ssl.SSLError as error:
            raise FaultError("net.tls", type(error).__name__) from None
        except OSError as error:
            raise FaultError("net.down", type(error).__name__) from None
        finally:
            lane.close()
        return _shown(pem)

    def enrol(self, code: str, device: str, public_key: bytes, deadline: float) -> Enrolled:
        """Exchange the code. Raises FaultError ``enrol.refused`` where it is not accepted."""
        key = base64.b64encode(public_key).decode("ascii")
        body = msgspec.json.encode({"code": code, "device": device, "public_key": key})
        try:
            raw = self._server.post("/v1/enrol", body, deadline)
        except FaultError as error:
            if error.fault.code == "net.denied":
                raise FaultError("enrol.refused") from None
            raise
        return _enrolled(raw, device)


def build(url: str, ca_file: Path | None) -> ReferenceEnroller:
    """The entry point ``tram.enroller``."""
    return ReferenceEnroller(url, ca_file)


def _nothing() -> None:
    """A lane without a handle has nothing to release."""


def _enrolled(raw: bytes, device: str) -> Enrolled:
    try:
        answer = msgspec.json.decode(raw, type=_Answer)
        marks = None if answer.snapshot_key is None else key_of(answer.snapshot_key)
        told = Enrolment(answer.device, answer.role, answer.event, answer.gate, key_of(answer.server_key), marks)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        # Without the library's words: they may quote the token.
        raise FaultError("net.garbage", "not an answer: enrolment") from None
    token = answer.token
    if told.device != device or not (0 < len(token) <= _MOST_TOKEN and token.isascii() and token.isprintable()):
        raise FaultError("net.garbage", "the answer is another device's")
    return Enrolled(token, told)


def _shown(pem: str) -> ShownCertificate:
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        subject = certificate.subject.rfc4514_string()
        own = certificate.issuer == certificate.subject
    except ValueError:
        raise FaultError("net.tls", "not a certificate") from None
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    return ShownCertificate(pem, fingerprint, subject, own)
