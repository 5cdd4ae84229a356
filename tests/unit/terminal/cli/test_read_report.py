"""What ``tram read`` tells of a card, answer by answer: each with its own words, nothing about the owner."""

from __future__ import annotations

from collections.abc import Callable

from crypto.emrtd.lds import Ef
from drivers.simulator.personalise import mrz_zone
from tests import chips
from tests.unit.terminal.cli.conftest import Lay, Tram

PROFILE = "cccd-2021"
Lines = Callable[..., tuple[int, list[str]]]


def test_every_answer_has_its_own_words(tram: Tram, lay: Lay) -> None:
    lay(chips.contents_of(PROFILE))
    _, shown = tram("read", "--can", "123450")
    passive = shown["passive_authentication"]
    assert passive["comparison"] == dict.fromkeys(("DG1", "DG2", "DG13", "DG14", "DG15"), "identical")
    assert (passive["signature"], passive["trust"]) == ("successful", "trusted")
    assert [step["fingerprint"] for step in passive["issuer_path"]] == [chips.accepted().anchors[0].fingerprint]
    assert (passive["revocation"]["state"], passive["revocation"]["list_age_days"]) == ("no_list", None)
    assert "crl_none" in passive["findings"]
    assert (shown["opened"]["protocol"], shown["opened"]["why_bac"]) == ("PACE-CAN", None)
    assert shown["chip_protocol"].startswith("CA ")


def test_why_bac_had_to_do_is_told(tram: Tram, lines: Lines, lay: Lay) -> None:
    lay(chips.contents_of("bac-only"))
    _, shown = tram("read", "--mrz", mrz_zone(chips.person_of("bac-only")))
    assert (shown["opened"]["protocol"], shown["opened"]["why_bac"]) == ("BAC", "none")
    assert any(line.startswith("BAC: ") for line in lines("read", "--mrz", mrz_zone(chips.person_of("bac-only")))[1])


def test_a_photo_that_is_not_the_signed_one_is_a_failed_check(tram: Tram, lay: Lay) -> None:
    """It is read after the identity was decided."""
    contents = chips.contents_of(PROFILE)
    photo = contents.files[Ef.DG2]
    lay(chips.with_files(contents, {Ef.DG2: photo[:-1] + bytes([photo[-1] ^ 1])}))
    code, shown = tram("read", "--can", "123450")
    assert (code, shown["checks"]["hashes"]) == (1, "failed")
    assert shown["passive_authentication"]["comparison"]["DG2"] == "not identical"
    assert shown["passive_authentication"]["comparison"]["DG1"] == "identical"
    assert tram("read", "--can", "123450", "--no-photo")[0] == 0


def test_what_the_files_hold_is_told_without_their_owner(tram: Tram, lay: Lay) -> None:
    lay(chips.contents_of(PROFILE))
    contents = tram("read", "--can", "123450")[1]["contents"]
    assert set(contents) == {"COM", "DG1", "DG2", "DG13", "DG14", "DG15"}
    assert (contents["DG1"]["form"], contents["DG1"]["state"]) == ("TD1", "VNM")
    assert contents["DG15"] == {"key": "RSA 2048"}
    assert 1 in contents["DG13"]["fields"]
