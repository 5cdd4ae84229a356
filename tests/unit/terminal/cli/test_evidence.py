"""Evidence from the command line: the key pair, the sealed file, and its verification on another machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.presented import Handling, PresentedCard
from terminal import registry
from terminal.cli import evidence as verb
from terminal.ports import ReaderOptions
from tests import chips
from tests.unit.terminal.cli.conftest import Tram

PROFILE = "cccd-2024"
CAN = ("--can", chips.person_of(PROFILE).id_number.can)
CONSENT = "Tôi đồng ý / I agree"
Lines = Callable[..., tuple[int, list[str]]]
Lay = Callable[..., None]


@pytest.fixture
def lay(monkeypatch: pytest.MonkeyPatch) -> Lay:
    """Lay a card on the only reader there is."""

    def lay(fault: ChipFault | None = None, handling: Handling | None = None, contents: Contents | None = None) -> None:
        def build(options: ReaderOptions) -> SimulatedReader:
            reader = SimulatedReader(options)
            reader.place(PresentedCard(Chip(contents or chips.contents_of(PROFILE, fault)), handling))
            return reader

        monkeypatch.setattr(registry, "reader", lambda name: {"pcsc": build}[name])

    lay()
    return lay


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "root.der"
    file.write_bytes(chips.AUTHORITY.root)
    return file


@pytest.fixture
def key(tram: Tram, tmp_path: Path) -> Path:
    assert tram("evidence", "keygen", tmp_path / "verifier.pem", "--no-passphrase")[0] == 0
    return tmp_path / "verifier.pem"


def public(key: Path) -> Path:
    return key.with_name(key.name + verb.PUBLIC)


@pytest.fixture
def sealed(tram: Tram, lay: Lay, root: Path, key: Path, tmp_path: Path) -> Path:
    file = tmp_path / "one.evidence"
    code, shown = tram("read", *CAN, "--trust", root, *order(file, public(key)))
    assert (code, shown["evidence"]) == (0, str(file))
    return file


def order(file: Path, to: Path, consent: str = CONSENT) -> tuple[object, ...]:
    return ("--evidence", file, "--consent", consent, "--to", to, "--operator", "Quầy 1")


# Keys ----------------------------------------------------------------------------------------------------------------


def test_a_pair_is_made_for_its_owner_alone(tram: Tram, tmp_path: Path) -> None:
    file = tmp_path / "verifier.pem"
    code, shown = tram("evidence", "keygen", file, "--no-passphrase")
    assert code == 0
    assert shown == {"private_key": str(file), "public_key": f"{file}.pub.pem", "key_id": shown["key_id"]}
    assert len(shown["key_id"]) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" in file.read_bytes()
    assert b"PRIVATE" not in public(file).read_bytes()


def test_no_key_is_ever_overwritten(tram: Tram, key: Path) -> None:
    before = key.read_bytes()
    code, shown = tram("evidence", "keygen", key, "--no-passphrase")
    assert (code, shown["error"]["code"], key.read_bytes()) == (2, "usage.bad", before)
    key.unlink()
    assert tram("evidence", "keygen", key, "--no-passphrase")[0] == 2
    assert not key.exists()


def test_the_passphrase_comes_from_a_file_or_the_keyboard(
    tram: Tram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = tmp_path / "word"
    word.write_bytes(b"correct horse battery\r\nsecond line\n")
    assert tram("evidence", "keygen", tmp_path / "a.pem", "--passphrase-file", word)[0] == 0
    assert b"ENCRYPTED" in (tmp_path / "a.pem").read_bytes()
    typed = iter(["staple correct horse", "staple correct horse", "staple correct horse", "staple correct house"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    monkeypatch.setattr(sys, "stdin", type("Keyboard", (), {"isatty": lambda _self: True})())
    assert tram("evidence", "keygen", tmp_path / "b.pem")[0] == 0
    code, shown = tram("evidence", "keygen", tmp_path / "c.pem")
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert "horse" not in str(shown)
    assert not (tmp_path / "c.pem").exists()


def test_without_a_keyboard_or_with_a_short_passphrase_none_is_made(
    tram: Tram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", type("Pipe", (), {"isatty": lambda _self: False})())
    assert tram("evidence", "keygen", tmp_path / "a.pem")[1]["error"]["code"] == "usage.bad"
    word = tmp_path / "word"
    word.write_bytes(b"short")
    assert tram("evidence", "keygen", tmp_path / "a.pem", "--passphrase-file", word)[1]["error"]["code"] == "usage.bad"
    assert not (tmp_path / "a.pem").exists()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_people_are_told_which_file_is_which(lines: Lines, tmp_path: Path, language: str) -> None:
    code, shown = lines("evidence", "keygen", tmp_path / "a.pem", "--no-passphrase", "--lang", language)
    assert (code, len(shown)) == (0, 3)
    assert shown[1].endswith("a.pem.pub.pem")


# Taking --------------------------------------------------------------------------------------------------------------


def test_a_sealed_file_shows_nothing_and_is_its_owner_s_alone(sealed: Path) -> None:
    raw = sealed.read_bytes()
    contents, who = chips.contents_of(PROFILE), chips.person_of(PROFILE)
    for secret in (who.id_number.digits.encode(), CONSENT.encode(), contents.files[Ef.DG13][:40], b"Virtual"):
        assert secret not in raw
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in sealed.parent.iterdir() if path.name.startswith(".new-")] == []


WRONG = {
    "no consent": ("--to", "verifier.pem.pub.pem"),
    "no recipient": ("--consent", "yes"),
    "an empty consent": ("--consent", " ", "--to", "verifier.pem.pub.pem"),
    "an escape in it": ("--consent", "yes\x1b[2J", "--to", "verifier.pem.pub.pem"),
    "no such key": ("--consent", "yes", "--to", "missing.pem"),
    "a private key": ("--consent", "yes", "--to", "verifier.pem"),
    "given randomness": ("--consent", "yes", "--to", "verifier.pem.pub.pem", "--record", "x", "--random", "00"),
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_what_does_not_suffice_is_refused_before_any_reader(
    tram: Tram, key: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    def never(_name: str) -> None:
        raise AssertionError("a reader was asked for")

    monkeypatch.setattr(registry, "reader", never)
    monkeypatch.chdir(key.parent)
    code, shown = tram("read", *CAN, "--evidence", "new.evidence", *arguments)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert not Path("new.evidence").exists()


@pytest.mark.parametrize("arguments", [("--consent", "yes"), ("--to", "x"), ("--operator", "x")])
def test_what_belongs_to_evidence_does_nothing_alone(tram: Tram, arguments: tuple[str, ...]) -> None:
    assert tram("read", *CAN, *arguments)[1]["error"]["code"] == "usage.bad"


def test_evidence_never_takes_another_file_s_place(tram: Tram, sealed: Path, key: Path, root: Path) -> None:
    before = sealed.read_bytes()
    code, shown = tram("read", *CAN, "--trust", root, *order(sealed, public(key)))
    assert (code, shown["error"]["code"], sealed.read_bytes()) == (2, "usage.bad", before)


def test_a_card_that_is_lifted_leaves_no_file(tram: Tram, lay: Lay, key: Path, root: Path, tmp_path: Path) -> None:
    lay(handling=Handling(ChipFault.LIFTED, 12))
    code, shown = tram("read", *CAN, "--trust", root, *order(tmp_path / "new.evidence", public(key)))
    assert (code, shown["error"]["code"]) == (3, "card.lost")
    assert not (tmp_path / "new.evidence").exists()


def test_a_folder_that_cannot_be_written_is_told(
    tram: Tram, lay: Lay, key: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lay is not None

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, shown = tram("read", *CAN, "--trust", root, *order(tmp_path / "new.evidence", public(key)))
    assert (code, shown["error"]["code"]) == (3, "file.unusable")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted(
        ["root.der", "verifier.pem", "verifier.pem.pub.pem"]
    )


# Verifying -----------------------------------------------------------------------------------------------------------


def test_another_process_with_another_store_proves_it_again(
    sealed: Path, key: Path, root: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TRAM", "XDG", "LC_"))}
    environ |= {"HOME": str(elsewhere), "LANG": "C.UTF-8"}

    def verify(*more: object) -> tuple[int, Any]:
        command = [
            sys.executable,
            "-m",
            "terminal",
            "verify",
            str(sealed),
            "--key",
            str(key),
            "--json",
            *map(str, more),
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60)
        return done.returncode, json.loads(done.stdout)

    code, stranger = verify()
    assert (code, stranger["passive_authentication"]["issuer"]) == (1, "unknown")
    assert stranger["at_reading"]["signature"] == "successful"
    assert stranger["evidence"]["said"]["issuer"] == "trusted"
    code, shown = verify("--trust", root)
    assert code == 0
    assert shown["active_authentication"]["word"] == "successful"


def test_everything_that_was_kept_is_told(tram: Tram, sealed: Path, key: Path, root: Path) -> None:
    code, shown = tram("verify", sealed, "--key", key, "--trust", root)
    assert code == 0
    told = shown["evidence"]
    assert (told["envelope"], told["made"]["consent"], told["made"]["operator"]) == ("successful", CONSENT, "Quầy 1")
    assert told["made"]["clock"] == "system clock"
    assert told["made"]["software"].startswith("tram ")
    assert (told["card"]["simulated"], told["card"]["reader"]) == (True, "Virtual reader (SIMULATED)")
    assert told["access"]["protocol"] == "PACE-CAN"
    assert told["said"]["witnessed"].startswith("CA ")
    assert (told["said"]["certificates"], told["said"]["revocation_lists"]) == (2, 0)
    assert told["document"]["id_number"] == chips.person_of(PROFILE).id_number.masked
    assert {"CARD_ACCESS", "COM", "SOD", "DG1", "DG2", "DG13", "DG14", "DG15"} <= set(told["files"])
    assert set(shown["passive_authentication"]["comparison"].values()) == {"identical"}
    assert (shown["at_reading"]["trust"], shown["passive_authentication"]["trust"]) == ("trusted", "trusted")
    assert shown["validity"] == {"then": "successful", "now": "successful"}
    assert chips.person_of(PROFILE).id_number.can not in json.dumps(shown["evidence"]["document"])


def test_the_configured_store_counts_without_named_ones(tram: Tram, sealed: Path, key: Path) -> None:
    code, shown = tram("verify", sealed, "--key", key)
    assert (code, shown["at_reading"]["trust"]) == (1, "not trusted")


def test_a_changed_byte_is_failed_and_another_key_aborted(
    tram: Tram, sealed: Path, key: Path, root: Path, tmp_path: Path
) -> None:
    raw = sealed.read_bytes()
    for at in (len(raw) // 2, len(raw) - 1):
        sealed.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        code, shown = tram("verify", sealed, "--key", key, "--trust", root)
        assert (code, shown) == (1, {"evidence": {"envelope": "failed", "why": "changed"}})
    sealed.write_bytes(raw)
    tram("evidence", "keygen", tmp_path / "other.pem", "--no-passphrase")
    code, shown = tram("verify", sealed, "--key", tmp_path / "other.pem", "--trust", root)
    assert (code, shown) == (1, {"evidence": {"envelope": "aborted", "why": "other_key"}})


@pytest.mark.parametrize(
    ("content", "word", "why"),
    [
        (b"noise", "aborted", "unreadable"),
        (b"", "aborted", "unreadable"),
        (
            bytes.fromhex("86") + b"\x6ftram-evidence-2" + bytes.fromhex("010101") + b"\x40\x40",
            "not supported",
            "version",
        ),
    ],
    ids=["noise", "empty", "newer"],
)
def test_what_is_no_evidence_file_is_told(
    tram: Tram, tmp_path: Path, key: Path, content: bytes, word: str, why: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    code, shown = tram("verify", tmp_path / "file", "--key", key)
    assert (code, shown) == (1, {"evidence": {"envelope": word, "why": why}})


def test_a_key_is_needed_and_must_be_one(tram: Tram, sealed: Path, root: Path, tmp_path: Path) -> None:
    for more in ((), ("--key", tmp_path / "missing"), ("--key", root)):
        code, shown = tram("verify", sealed, *more)
        assert (code, shown["error"]["code"]) == (2, "usage.bad")


def test_a_locked_key_opens_with_its_passphrase(
    tram: Tram, lay: Lay, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lay is not None
    word, key, file = tmp_path / "word", tmp_path / "locked.pem", tmp_path / "one.evidence"
    word.write_bytes(b"correct horse battery\n")
    tram("evidence", "keygen", key, "--passphrase-file", word)
    tram("read", *CAN, "--trust", root, *order(file, public(key)))
    assert tram("verify", file, "--key", key, "--trust", root, "--passphrase-file", word)[0] == 0
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "wrong horse battery")
    monkeypatch.setattr(sys, "stdin", type("Keyboard", (), {"isatty": lambda _self: True})())
    code, shown = tram("verify", file, "--key", key, "--trust", root)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert "horse" not in str(shown)


@pytest.mark.parametrize("fault", [ChipFault.ALTERED_DG13, ChipFault.CLONED, ChipFault.ALTERED_SOD])
def test_evidence_of_a_bad_card_is_taken_and_not_proven(
    tram: Tram, lay: Lay, key: Path, root: Path, tmp_path: Path, fault: ChipFault
) -> None:
    lay(fault)
    file = tmp_path / "bad.evidence"
    code, shown = tram("read", *CAN, "--trust", root, *order(file, public(key)))
    assert (code, shown["evidence"]) == (1, str(file))
    code, again = tram("verify", file, "--key", key, "--trust", root)
    assert again["evidence"]["said"]["checks"] == shown["checks"]
    assert code == 1


@pytest.mark.parametrize("language", ["vi", "en"])
def test_people_are_told_both_times_and_what_was_only_witnessed(
    lines: Lines, sealed: Path, key: Path, root: Path, language: str
) -> None:
    code, shown = lines("verify", sealed, "--key", key, "--trust", root, "--lang", language)
    assert code == 0
    text = "\n".join(shown)
    said = {
        "vi": (
            "MÔ PHỎNG",
            "Phong bì: Đúng",
            "Sự đồng ý",
            "(theo đồng hồ máy)",
            "tính đến lúc đọc",
            "giống hệt",
            "chỉ máy đọc chứng kiến",
        ),
        "en": (
            "SIMULATED",
            "Envelope: ",
            "Consent",
            "(the machine's clock)",
            "as of the read",
            "identical",
            "witnessed by the reading machine",
        ),
    }[language]
    for part in said:
        assert part.upper() in text.upper()
    assert chips.person_of(PROFILE).id_number.digits not in text


def test_people_are_told_why_it_cannot_be_opened(lines: Lines, sealed: Path, key: Path) -> None:
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"!")
    code, shown = lines("verify", sealed, "--key", key)
    assert (code, len(shown)) == (1, 2)
    assert shown[1].strip() == "The file was changed after it was sealed"


def test_people_are_told_of_a_chip_that_proved_nothing(
    lines: Lines, tram: Tram, lay: Lay, key: Path, root: Path, tmp_path: Path
) -> None:
    contents = chips.contents_of(PROFILE)
    lay(contents=chips.uncovered(chips.without(contents, Ef.DG14, Ef.DG15), Ef.DG14, Ef.DG15))
    file = tmp_path / "plain.evidence"
    tram("read", *CAN, "--trust", root, *order(file, public(key)))
    code, shown = lines("verify", file, "--key", key, "--trust", root)
    assert (code, shown[-1]) == (0, "Active Authentication: Undetermined (The chip signed nothing for this evidence)")
