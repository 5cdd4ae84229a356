"""The site's key and the pseudonyms it makes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto.id_number import IdNumber
from terminal.faults import FaultError
from terminal.records.pseudonym import SiteKey, site_key

NUMBER = IdNumber("003187000029")


def faults_with(code: str, action: Callable[[], object]) -> None:
    with pytest.raises(FaultError) as caught:
        action()
    assert caught.value.fault.code == code


def test_the_key_is_made_once_and_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "site.key"
    first = site_key(path, lambda size: b"k" * size)
    assert path.read_bytes() == b"k" * 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert site_key(path, lambda size: b"z" * size) == first
    assert list(path.parent.iterdir()) == [path]


def test_two_sites_give_different_pseudonyms(tmp_path: Path) -> None:
    here, there = site_key(tmp_path / "a"), site_key(tmp_path / "b")
    assert here.pseudonym(NUMBER) == site_key(tmp_path / "a").pseudonym(NUMBER)
    assert here.pseudonym(NUMBER) != there.pseudonym(NUMBER)
    assert here.pseudonym(NUMBER) != here.pseudonym(IdNumber("003187000030"))


def test_the_pseudonym_is_an_hmac_for_this_purpose_alone() -> None:
    message = b"tram journal pseudonym 1\x00003187000029"
    assert SiteKey(b"k" * 32).pseudonym(NUMBER) == hmac.new(b"k" * 32, message, hashlib.sha256).hexdigest()


def test_the_key_is_not_shown() -> None:
    assert repr(SiteKey(b"k" * 32)) == "SiteKey()"


@pytest.mark.parametrize("raw", [b"", b"k" * 31, b"k" * 33])
def test_a_key_of_another_length_is_damage(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "site.key"
    path.write_bytes(raw)
    path.chmod(0o600)
    faults_with("journal.damaged", lambda: site_key(path))


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    site_key(path)
    path.chmod(0o644)
    faults_with("journal.damaged", lambda: site_key(path))


def test_a_key_that_another_program_made_meanwhile_is_used(tmp_path: Path) -> None:
    path = tmp_path / "site.key"

    def slow(size: int) -> bytes:
        site_key(path, lambda _: b"f" * size)
        return b"s" * size

    assert site_key(path, slow) == SiteKey(b"f" * 32)


def test_no_place_for_the_key_is_a_writing_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    faults_with("journal.write", lambda: site_key(tmp_path / "file" / "site.key"))
