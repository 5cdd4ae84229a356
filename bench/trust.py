"""Taking in a master list of 588 certificates, as a whole command and its parts; then finding an issuer among them.

The list is generated: keys and algorithms in about the shares of the German list of 2026-05-28, invented names.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from parts.results import Row, report, spread

from crypto.trust.bundle import read_file
from crypto.trust.certificate import Certificate
from crypto.trust.chain import find_chain
from crypto.trust.intake import Origin, import_master_list
from crypto.trust.store import TrustStore
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role, compose_certificate
from drivers.simulator.issuer.signing import KeyMake, ecdsa, pkcs1, pss

CERTIFICATES = 588
ROUNDS = 7
AT = datetime(2026, 3, 1, tzinfo=UTC)

SHARES: dict[KeyMake, int] = {
    pkcs1(): 291,
    pss(): 125,
    ecdsa("brainpoolP384r1", "sha384", explicit=True): 52,
    ecdsa("P-384", "sha384"): 29,
    ecdsa("brainpoolP256r1", explicit=True): 28,
    ecdsa("P-256"): 26,
    ecdsa("P-521", "sha512"): 20,
    ecdsa("brainpoolP512r1", "sha512", explicit=True): 17,
}


def roots() -> list[bytes]:
    """The certificates, each with a name of its own; those of one kind share a key."""
    found = []
    for make, count in SHARES.items():
        key = make.draw(b"bench", str(make))
        for number in range(count):
            name = Name(f"CSCA SIMULATED {make.kind} {number}", "UT")
            found.append(compose_certificate(CertificateForm(name, Role.ROOT, serial=number + 1), key, name, key))
    return found


def timed(what: str, act: Callable[[], object]) -> Row:
    """Milliseconds of a call, and of computing in it: this process and its children."""
    spans, computing = [], []
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), sum(os.times()[:4])
        act()
        spans.append((time.perf_counter() - began) * 1000)
        computing.append((sum(os.times()[:4]) - used) * 1000)
    return {"what": what, "p50 ms": spread(spans).p50, "most ms": spread(spans).most, "CPU ms": spread(computing).p50}


def main() -> None:
    """The command in a process of its own, then the parts in this one."""
    authority = Authority(b"bench")
    raw = authority.master_list(roots())
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "list.ml").write_bytes(raw)
        (base / "signer.der").write_bytes(authority.root)
        table = [
            timed("tram trust import, whole command", lambda: command(base)),
            timed("import in a running program", lambda: imported(base, raw, authority)),
            timed("open the store", lambda: TrustStore.open(base / "store")),
            timed("open, and find a signer's issuer", lambda: found(base, authority)),
        ]
        size = sum(file.stat().st_size for file in (base / "store").iterdir())
    notes = {"certificates": CERTIFICATES, "bytes of the list": len(raw), "bytes of the store": size}
    report("trust", table, {}, notes)


def command(base: Path) -> None:
    """Import as an operator's script does, into a fresh store."""
    store = base / hashlib.sha256(str(time.perf_counter()).encode()).hexdigest()[:12]
    arguments = ["trust", "import", base / "list.ml", "--signer", base / "signer.der", "--store", store, "--json"]
    answer = subprocess.run(
        [sys.executable, "-m", "terminal", *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout
    if f'"accepted": {CERTIFICATES}' not in answer:
        raise RuntimeError(answer[:500])


def imported(base: Path, raw: bytes, authority: Authority) -> None:
    """Import into the store, which is emptied first and has the list's issuer accepted."""
    (base / "store" / "accepted.trust").unlink(missing_ok=True)
    store = TrustStore.open(base / "store")
    store.add(authority.root, hashlib.sha256(authority.root).hexdigest(), "bench", AT)
    if import_master_list(store, read_file(raw), Origin("list.ml", AT)).accepted != CERTIFICATES:
        raise RuntimeError("not all certificates were accepted")


def found(base: Path, authority: Authority) -> None:
    """What a card's read does with the store."""
    find_chain(Certificate.parse(authority.signer().certificate), TrustStore.open(base / "store"), AT)


if __name__ == "__main__":
    main()
