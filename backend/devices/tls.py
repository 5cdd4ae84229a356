"""Where a server may listen, and how it proves who it is."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


class BindingError(ValueError):
    """The server must not listen like that; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Binding:
    """An address, and the TLS that protects it; ``tls`` None only on the loopback."""

    host: str
    tls: ssl.SSLContext | None

    def url(self, port: int) -> str:
        """Where it answers."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.tls is None else 'https'}://{host}:{port}"


def binding(host: str, certificate: Path | None, key: Path | None) -> Binding:
    """Where to listen. Raises BindingError for an address beyond this computer without TLS, and for unusable files.

    TLS 1.2 or newer.
    """
    if (certificate is None) is not (key is None):
        raise BindingError("--tls-cert and --tls-key belong together: name both")
    if certificate is None or key is None:
        if not _is_loopback(host):
            raise BindingError(
                f"--host {host} is reachable from other computers: name --tls-cert and --tls-key "
                "(tram backend certificate makes them), or leave --host away and put a proxy in front"
            )
        return Binding(host, None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except OSError as error:  # ssl.SSLError is one too
        raise BindingError(
            f"{certificate} and {key} are no certificate and its key (PEM, without password): "
            f"{error.strerror or type(error).__name__}"
        ) from None
    return Binding(host, context)


def _no_password() -> str:
    # Without this, OpenSSL would ask for it on the terminal, where at a service's start nobody sits.
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
