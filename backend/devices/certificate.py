"""``tram backend certificate``: a certificate for a server in the house, that no authority knows.

Terminals are shown its fingerprint when they enrol; an operator compares it with what this printed.
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import json
import os
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_DONE, _REFUSED = 0, 1
_LIFE = timedelta(days=825)
"""What browsers and Apple's libraries accept at most for certificates of a private authority."""

_BACKDATED = timedelta(days=1)
"""Clocks in a house differ."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="host names and addresses (default: this computer's)")
    parser.add_argument("--out", type=Path, default=Path("tram-server"), metavar="STEM", help="STEM.crt and STEM.key")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write both files, never over others; print the fingerprint. Raises OSError."""
    files = args.out.with_suffix(".crt"), args.out.with_suffix(".key")
    existing = [str(file) for file in files if file.exists()]
    if existing:
        sys.stderr.write(f"tram backend: {existing[0]} is there already: name another --out, or remove it\n")
        return _REFUSED
    certificate, key, fingerprint = make(args.names or own_names(), datetime.now(UTC))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    _write(files[1], key, 0o600)
    _write(files[0], certificate, 0o644)
    said = {"certificate": str(files[0]), "key": str(files[1]), "fingerprint": fingerprint}
    words = json.dumps(said) if args.json else "{certificate}  {key}\nSHA-256 {fingerprint}".format_map(said)
    sys.stdout.write(words + "\n")
    return _DONE


def own_names() -> list[str]:
    """The name of this computer, and the address from which it reaches its network."""
    names = [socket.gethostname(), "localhost", "127.0.0.1"]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: connecting a datagram socket only asks the routing table (192.0.2.0/24 is no real network).
        probe.connect(("192.0.2.1", 9))
        names.append(probe.getsockname()[0])
    return list(dict.fromkeys(names))


def make(names: list[str], now: datetime) -> tuple[bytes, bytes, str]:
    """A self-signed certificate (PEM), its key (PEM), and the SHA-256 fingerprint in groups of four digits."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        # Its own authority, for no other certificate: libraries accept nothing else as the end of a chain.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), pem, _grouped(certificate.fingerprint(hashes.SHA256()))


def _general(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _grouped(fingerprint: bytes) -> str:
    digits = fingerprint.hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _write(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
