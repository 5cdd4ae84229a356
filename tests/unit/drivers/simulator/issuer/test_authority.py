"""Everything the invented issuer signs is judged by an independent tool: the ``openssl`` command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crypto import tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.authority import Authority, SignerKind
from drivers.simulator.make import Make
from drivers.simulator.people import PEOPLE
from drivers.simulator.personalise import personalise
from tests.unit.drivers.simulator.issuer.openssl import openssl, verify_cms

FILES = {Ef.DG1: b"\x61\x01a", Ef.DG13: b"\x6d\x01m", Ef.COM: b"\x60\x01c"}


def verify(folder: Path, sod: bytes, root: bytes, *more: str) -> subprocess.CompletedProcess[bytes]:
    return verify_cms(folder, tlv.parse_one(sod, 0x77).value, root, *more)


@pytest.mark.parametrize("kind", SignerKind, ids=lambda kind: kind.name)
def test_openssl_accepts_the_security_object(kind: SignerKind, tmp_path: Path) -> None:
    authority = Authority(b"seed")
    # OpenSSL checks signatures on explicit curves but refuses to build a chain over them.
    more = ["-noverify"] if kind is SignerKind.EXPLICIT else []
    files = personalise(PEOPLE["insured"], Make(signer=kind), authority).files
    done = verify(tmp_path, files[Ef.SOD], authority.root, *more)
    assert done.returncode == 0, done.stderr


def test_openssl_refuses_a_security_object_whose_hashes_were_exchanged(tmp_path: Path) -> None:
    authority = Authority(b"seed")
    forged = authority.signer().sign({**FILES, Ef.DG13: b"\x6d\x01x"}, signed=FILES)
    done = verify(tmp_path, forged, authority.root)
    assert done.returncode != 0
    assert b"verification failure" in done.stderr.lower()


def test_openssl_refuses_a_security_object_of_another_issuer(tmp_path: Path) -> None:
    sod = Authority(b"other").signer().sign(FILES)
    done = verify(tmp_path, sod, Authority(b"seed").root)
    assert done.returncode != 0


def test_root_is_a_sound_certificate_that_says_it_is_simulated(tmp_path: Path) -> None:
    path = tmp_path / "csca.der"
    path.write_bytes(Authority(b"seed").root)
    shown = openssl("x509", "-inform", "DER", "-in", str(path), "-noout", "-text").stdout.decode()
    assert "O = SIMULATED, CN = CSCA SIMULATED" in shown
    assert "CA:TRUE, pathlen:0" in shown
    assert "ecdsa-with-SHA384" in shown


def test_same_seed_gives_the_same_root() -> None:
    assert Authority(b"seed").root == Authority(b"seed").root
    assert Authority(b"seed").root != Authority(b"other").root


def test_signer_is_made_once() -> None:
    authority = Authority(b"seed")
    assert authority.signer(SignerKind.RSA) is authority.signer(SignerKind.RSA)
