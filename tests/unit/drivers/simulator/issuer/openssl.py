"""The ``openssl`` command line, which knows nothing of ours, as the judge of what the simulated issuer signs."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path


def openssl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """What the tool did with those arguments."""
    return subprocess.run(["openssl", *arguments], capture_output=True, timeout=30, check=False)


def verify_cms(folder: Path, signed_data: bytes, root: bytes, *more: str) -> subprocess.CompletedProcess[bytes]:
    """Whether the tool accepts a SignedData in DER or BER under ``root`` (DER); its content is in content.der."""
    (folder / "signed.der").write_bytes(signed_data)
    return openssl(
        *("cms", "-verify", "-inform", "DER", "-in", str(folder / "signed.der"), "-purpose", "any"),
        *("-CAfile", pem(folder, "root", root), "-out", str(folder / "content.der")),
        *more,
    )


def pem(folder: Path, name: str, certificate: bytes) -> str:
    """The path of that certificate in PEM."""
    path = folder / f"{name}.pem"
    body = base64.encodebytes(certificate).decode("ascii")
    path.write_text(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n", encoding="ascii")
    return str(path)
