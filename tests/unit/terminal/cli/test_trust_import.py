"""``tram trust import`` and ``crl``: the promised JSON, and what people read."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from crypto.trust.revocation import Crl
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.signed_data import CmsForm
from terminal.cli.trust_print import print_crl
from tests.unit.terminal.cli.conftest import Tram

Lines = Callable[..., tuple[int, list[str]]]

NOW = datetime.now(UTC)
HOUSE = Authority(b"trust import", "CSCA SIMULATED LISTS", country="DE")
MEMBERS = [Authority(b"member", f"CSCA SIMULATED {country}", country=country).root for country in ("AT", "CH", "VN")]
LIST = HOUSE.master_list([*MEMBERS, HOUSE.signer().certificate])
ACCEPTED = {"certificates": 4, "accepted": 3, "signature": "successful"}


def this_week(number: int = 1, *revoked: int) -> bytes:
    since = NOW.replace(microsecond=0) - timedelta(days=3)
    return HOUSE.crl(
        dict.fromkeys(revoked, since), this_update=since, next_update=since + timedelta(days=30), number=number
    )


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Lay a file down."""

    def lay(name: str, content: bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(content)
        return file

    return lay


@pytest.fixture
def accept(tram: Tram, put: Callable[[str, bytes], Path]) -> Callable[[bytes], None]:
    """Accept a root by its fingerprint."""

    def add(root: bytes) -> None:
        assert tram("trust", "add", put("root.der", root), "--fingerprint", sha256(root).hexdigest())[0] == 0

    return add


def without_rejects(shown: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in shown.items() if key != "rejected"}


def test_a_list_of_an_accepted_issuer_is_imported(
    tram: Tram, put: Callable[[str, bytes], Path], accept: Callable[[bytes], None]
) -> None:
    accept(HOUSE.root)
    code, shown = tram("trust", "import", put("list.ml", LIST))
    assert (code, without_rejects(shown)) == (0, ACCEPTED)
    (rejected,) = shown["rejected"]
    assert rejected.keys() == {"subject", "reason"}
    assert "DS SIMULATED" in rejected["subject"]
    assert rejected["reason"] == "may not sign others"
    listed = tram("trust", "list")[1]["anchors"]
    assert [one["country"] for one in listed] == ["DE", *sorted(["AT", "CH", "VN"], key=lambda c: _place(c))]
    assert {one["way"] for one in listed} == {"fingerprint", "master_list"}


def _place(country: str) -> bytes:
    """A SET is in the order of its members' bytes."""
    return MEMBERS[["AT", "CH", "VN"].index(country)]


@pytest.mark.parametrize("signer", [HOUSE.master_list_signer().certificate, HOUSE.root], ids=["signer", "issuer"])
def test_a_script_names_the_signer(tram: Tram, put: Callable[[str, bytes], Path], signer: bytes) -> None:
    file, named = put("list.ml", LIST), put("signer.der", signer)
    code, shown = tram("trust", "import", file, "--signer", named)
    assert (code, without_rejects(shown)) == (0, ACCEPTED)


def test_a_script_may_bind_the_named_signer(tram: Tram, put: Callable[[str, bytes], Path]) -> None:
    file, named = put("list.ml", LIST), put("signer.der", HOUSE.root)
    code, shown = tram("trust", "import", file, "--signer", named, "--fingerprint", "00" * 32)
    assert (code, shown["error"]["code"]) == (1, "trust.fingerprint")
    code, _ = tram("trust", "import", file, "--signer", named, "--fingerprint", sha256(HOUSE.root).hexdigest())
    assert code == 0


class Console(io.StringIO):
    """Somebody sits there and types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "expected"), [(sha256(HOUSE.root).hexdigest(), 0), ("", 1), ("00" * 32, 1)])
def test_a_person_types_the_signers_fingerprint(
    lines: Lines, put: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch, typed: str, expected: int
) -> None:
    monkeypatch.setattr("sys.stdin", Console(f"{typed}\n"))
    code, _ = lines("trust", "import", put("list.ml", LIST), "--signer", put("signer.der", HOUSE.root))
    assert code == expected


def test_a_file_with_two_certificates_names_no_signer(tram: Tram, put: Callable[[str, bytes], Path]) -> None:
    import ssl

    two = put("two.pem", (ssl.DER_cert_to_PEM_cert(HOUSE.root) * 2).encode())
    code, shown = tram("trust", "import", put("list.ml", LIST), "--signer", two)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")


@pytest.mark.parametrize(
    ("content", "certificates", "word"),
    [
        (LIST, 4, "undetermined"),
        (LIST.replace(b"CSCA SIMULATED VN", b"CSCA SIMULATED XX"), 4, "failed"),
        (HOUSE.signer().sign({})[4:], 0, "not supported"),
        (HOUSE.master_list(MEMBERS, form=CmsForm(certificates=())), 0, "undetermined"),
        (b"neither list nor certificate", 0, "aborted"),
        (LIST[:-100], 0, "aborted"),
    ],
)
def test_what_is_not_imported_has_a_word(
    tram: Tram, put: Callable[[str, bytes], Path], content: bytes, certificates: int, word: str
) -> None:
    code, shown = tram("trust", "import", put("file", content))
    rejected = shown.pop("rejected")
    assert (code, shown) == (1, {"certificates": certificates, "accepted": 0, "signature": word})
    assert len(rejected) == certificates
    assert all(one["subject"] and one["reason"] for one in rejected)


def test_a_file_of_roots_needs_its_own_fingerprint(tram: Tram, put: Callable[[str, bytes], Path]) -> None:
    file = put("root.der", MEMBERS[0])
    code, shown = tram("trust", "import", file)
    assert (code, shown["accepted"], shown["signature"]) == (1, 0, "undetermined")
    assert [one["reason"] for one in shown["rejected"]] == ["nobody vouches for it"]
    code, shown = tram("trust", "import", file, "--confirm", sha256(MEMBERS[0]).hexdigest())
    assert (code, shown["accepted"], shown["rejected"]) == (0, 1, [])


# For people ----------------------------------------------------------------------------------------------------------


def test_people_read_counts_states_and_rejects(
    lines: Lines, put: Callable[[str, bytes], Path], accept: Callable[[bytes], None], tram: Tram
) -> None:
    accept(HOUSE.root)
    code, shown = lines("trust", "import", put("list.ml", LIST), "--lang", "vi")
    assert code == 0
    assert shown[0] == "4 chứng thư: 3 được chấp nhận (3 mới, 3 nước), 1 bị loại"
    assert shown[1:3] == ["  Nước: AT CH VN", "  Chữ ký: Đúng"]
    assert shown[3].endswith("không được phép ký chứng thư khác")


def test_people_read_whose_list_it_is_that_nobody_accepted(lines: Lines, put: Callable[[str, bytes], Path]) -> None:
    code, shown = lines("trust", "import", put("list.ml", LIST))
    assert code == 1
    assert "  Detail: chain: no accepted issuer signed it" in shown
    assert "C=DE, O=SIMULATED, CN=ML SIMULATED" in shown


def test_people_read_what_to_confirm(
    lines: Lines, put: Callable[[str, bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal.cli.trust_import._SHOWN", 1)
    from ssl import DER_cert_to_PEM_cert

    raw = "".join(map(DER_cert_to_PEM_cert, MEMBERS)).encode()
    code, shown = lines("trust", "import", put("roots.pem", raw))
    assert code == 1
    assert "  – and 2 more, see --json" in shown
    assert "--confirm" in shown[-2]
    assert shown[-1].replace(" ", "").lower() == sha256(raw).hexdigest()


def test_people_read_why_a_certificate_cannot_be_used(lines: Lines, put: Callable[[str, bytes], Path]) -> None:
    _, shown = lines("trust", "import", put("broken", MEMBERS[0][:-9]))
    assert any(line.startswith("  – #1 (SHA-256 ") and "cannot be read (" in line for line in shown)


# Revocation lists ----------------------------------------------------------------------------------------------------


def test_a_revocation_list_is_taken_and_listed(
    tram: Tram, lines: Lines, put: Callable[[str, bytes], Path], accept: Callable[[bytes], None]
) -> None:
    accept(HOUSE.root)
    code, shown = tram("trust", "crl", put("csca.crl", this_week(1, 5)))
    found = shown["crl"]
    assert (code, found["issuer"], found["age_days"], found["entries"]) == (
        0,
        "C=DE, O=SIMULATED, CN=CSCA SIMULATED LISTS",
        3,
        1,
    )
    assert tram("trust", "list")[1]["lists"] == [found]
    assert tram("trust", "show", sha256(HOUSE.root).hexdigest())[1]["list"] == found
    assert "3 days old" in "".join(lines("trust", "show", sha256(HOUSE.root).hexdigest())[1])
    code, printed = lines("trust", "list")
    assert code == 0
    assert "3 days old, 1 certificate(s) revoked" in printed[-2]
    code, shown = tram("trust", "crl", put("older.crl", this_week(0)))
    assert (code, shown["error"]["code"]) == (1, "trust.refused")


def test_import_knows_a_revocation_list(
    tram: Tram, lines: Lines, put: Callable[[str, bytes], Path], accept: Callable[[bytes], None]
) -> None:
    accept(HOUSE.root)
    empty = {"certificates": 0, "accepted": 0, "rejected": []}
    hurt = bytearray(this_week())
    hurt[-1] ^= 1
    assert tram("trust", "import", put("hurt", bytes(hurt))) == (1, {**empty, "signature": "failed"})
    assert tram("trust", "import", put("csca.crl", this_week())) == (0, {**empty, "signature": "successful"})
    nobodys = this_week().replace(b"LISTS", b"LISTX")
    assert tram("trust", "import", put("nobodys", nobodys))[1]["error"]["code"] == "trust.refused"
    code, printed = lines("trust", "import", put("csca.crl", this_week(2)), "--lang", "vi")
    assert (code, printed[0]) == (1, "Danh sách tin cậy không nhận")  # as new as the one that is there


def test_people_read_how_old_a_list_is(
    lines: Lines, put: Callable[[str, bytes], Path], accept: Callable[[bytes], None]
) -> None:
    accept(HOUSE.root)
    made = NOW.replace(microsecond=0) - timedelta(days=40)
    old = HOUSE.crl({}, this_update=made, next_update=made + timedelta(days=30))
    code, printed = lines("trust", "crl", put("csca.crl", old), "--lang", "vi")
    assert (code, printed[0]) == (0, "Đã nhận danh sách thu hồi:")
    assert "cũ 40 ngày, 0 chứng thư bị thu hồi" in printed[2]
    assert printed[3].endswith("(đã quá hạn)")
    code, printed = lines("trust", "import", put("csca.crl", this_week()))
    assert (code, printed[0]) == (0, "Revocation list taken:")


def test_a_list_that_does_not_say_when_the_next_one_comes_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_crl(replace(Crl.parse(this_week()), next_update=None), NOW, "en")
    assert len(capsys.readouterr().out.splitlines()) == 2
