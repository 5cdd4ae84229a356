"""The key that a terminal signs with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from terminal.faults import FaultError
from terminal.records.device_key import device_key


def faults_with(code: str, action: Callable[[], object]) -> None:
    with pytest.raises(FaultError) as caught:
        action()
    assert caught.value.fault.code == code


def test_the_key_is_made_once_and_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "device.key"
    signature = device_key(path).sign(b"head")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    device_key(path).public_key().verify(signature, b"head")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    device_key(path)
    path.chmod(0o640)
    faults_with("secrets.exposed", lambda: device_key(path))


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    key = X25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    faults_with("file.unusable", lambda: device_key(path))


@pytest.mark.parametrize("raw", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_no_key_is_refused_in_words_of_ours(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "device.key"
    path.write_bytes(raw)
    path.chmod(0o600)
    faults_with("file.unusable", lambda: device_key(path))


def test_no_place_for_the_key(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    faults_with("file.unusable", lambda: device_key(tmp_path / "file" / "device.key"))
