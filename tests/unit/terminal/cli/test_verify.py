"""``tram verify``: the words, the exit codes and where the trust comes from."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.authority import Authority
from tests.unit.terminal.cli.conftest import Tram

FILES = {Ef.DG1: b"first", Ef.DG13: b"thirteenth"}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(b"verify verb")


@pytest.fixture(scope="module")
def sod(authority: Authority) -> bytes:
    return authority.signer().sign(FILES)


@pytest.fixture
def folder(tmp_path: Path, sod: bytes) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "EF.SOD.bin").write_bytes(sod)
    for ef, content in FILES.items():
        (folder / f"{ef.name}.bin").write_bytes(content)
    return folder


@pytest.fixture
def root(tmp_path: Path, authority: Authority) -> Path:
    file = tmp_path / "csca" / "root.der"
    file.parent.mkdir()
    file.write_bytes(authority.root)
    return file


def test_everything_proven_is_0(tram: Tram, folder: Path, root: Path) -> None:
    code, shown = tram("verify", folder, "--trust", root)
    report = shown["passive_authentication"]
    assert code == 0
    assert (report["signature"], report["issuer"]) == ("successful", "trusted")
    assert report["hashes"] == {"DG1": "successful", "DG13": "successful"}
    assert (report["algorithm"], report["hash_algorithm"]) == ("ECDSA brainpoolP384r1 SHA-256", "sha256")
    assert (report["weak"], report["why"]) == (False, [])
    assert set(report["signer"]) == {"subject", "serial", "fingerprint"}


def test_a_folder_of_roots_and_the_accepted_ones_count_too(tram: Tram, folder: Path, root: Path) -> None:
    assert tram("verify", folder, "--trust", root.parent)[0] == 0
    code, shown = tram("verify", folder)
    assert (code, shown["passive_authentication"]["issuer"]) == (1, "unknown")
    tram("trust", "add", root, "--fingerprint", sha256(root.read_bytes()).hexdigest())
    assert tram("verify", folder)[0] == 0


def test_an_altered_file_is_1_and_named(tram: Tram, folder: Path, root: Path) -> None:
    (folder / "DG13.bin").write_bytes(b"altered")
    code, shown = tram("verify", folder, "--trust", root)
    report = shown["passive_authentication"]
    assert code == 1
    assert report["hashes"] == {"DG1": "successful", "DG13": "failed"}
    assert (report["signature"], report["why"]) == ("successful", ["mismatch"])


def test_a_signature_over_no_file_at_all_proves_nothing(tram: Tram, folder: Path, root: Path) -> None:
    for ef in FILES:
        (folder / f"{ef.name}.bin").unlink()
    code, shown = tram("verify", folder, "--trust", root)
    assert (code, shown["passive_authentication"]["hashes"]) == (1, {})


def test_a_security_object_that_cannot_be_parsed_is_aborted(tram: Tram, folder: Path, root: Path) -> None:
    (folder / "EF.SOD.bin").write_bytes(b"noise")
    code, shown = tram("verify", folder, "--trust", root)
    report = shown["passive_authentication"]
    assert (code, report["signature"], report["signer"]) == (1, "aborted", None)
    assert report["hashes"] == {"DG1": "aborted", "DG13": "aborted"}


def test_without_security_object_it_is_a_wrong_call(tram: Tram, folder: Path, tmp_path: Path) -> None:
    (folder / "EF.SOD.bin").unlink()
    for place in (folder, tmp_path / "gone"):
        code, shown = tram("verify", place)
        assert (code, shown["error"]["code"]) == (2, "usage.bad")
        assert "EF.SOD.bin" in shown["error"]["detail"]


@pytest.mark.parametrize(("language", "said"), [("vi", "Thiếu danh sách thu hồi"), ("en", "Revocation list missing")])
def test_a_list_that_this_site_demands_is_not_told_as_an_expired_issuer(
    lines: Callable[..., tuple[int, list[str]]], folder: Path, root: Path, tmp_path: Path, language: str, said: str
) -> None:
    site = tmp_path / "strict.toml"
    site.write_text('[trust]\ndirectory = "accepted"\ncrl_max_age_days = 90\n', "utf-8")
    assert lines("trust", "add", root, "--fingerprint", sha256(root.read_bytes()).hexdigest(), "--config", site)[0] == 0
    code, printed = lines("verify", folder, "--config", site, "--lang", language)
    assert code == 1
    assert [line for line in printed if line.endswith(said) and not line.startswith(" ")]


def test_a_file_far_too_long_is_refused(tram: Tram, folder: Path) -> None:
    (folder / "DG2.bin").write_bytes(bytes((4 << 20) + 1))
    code, shown = tram("verify", folder)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")


def test_a_file_that_cannot_be_read_is_refused(tram: Tram, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open = Path.open

    def guarded(path: Path, *args: object, **named: object) -> object:
        if path.name == "DG1.bin":
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", guarded)
    code, shown = tram("verify", folder)
    assert (code, shown["error"]["code"]) == (3, "file.unusable")
    assert "DG1.bin" in shown["error"]["detail"]


@pytest.mark.parametrize("content", [b"no certificate", None])
def test_trust_that_cannot_be_read_is_a_configuration_fault(
    tram: Tram, folder: Path, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "other.der"
    if content is not None:
        file.write_bytes(content)
    code, shown = tram("verify", folder, "--trust", file)
    assert (code, shown["error"]["code"]) == (2, "trust.unreadable")


def test_people_read_words_in_their_language(lines: Callable[..., object], folder: Path, root: Path) -> None:
    (folder / "DG1.bin").write_bytes(b"altered")
    code, shown = lines("verify", folder, "--trust", root, "--lang", "vi")  # type: ignore[misc]
    assert code == 1
    assert shown[0] == "Chữ ký: Đúng (ECDSA brainpoolP384r1 SHA-256)"
    assert shown[1:3] == ["Dữ liệu: DG1: không giống", "Dữ liệu: DG13: giống hệt"]
    assert [line.partition(":")[0] for line in shown[3:7]] == [
        "Nơi phát hành",
        "Người ký",
        "Được chứng thực bởi",
        "Thu hồi",
    ]
    assert all(line.startswith("  ") for line in shown[7:])
    assert "  Dữ liệu khác nhau" in shown


def test_people_read_about_a_broken_object(lines: Callable[..., object], folder: Path, root: Path) -> None:
    (folder / "EF.SOD.bin").write_bytes(b"noise")
    _, shown = lines("verify", folder, "--trust", root)  # type: ignore[misc]
    assert shown[0] == "Signature: Broken off"
    assert not any(line.startswith("Signed by") for line in shown)
