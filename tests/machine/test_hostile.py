"""Every hostile chip ends in the right word or fault, within bounds, and never in a yes that it did not earn.

The fault codes are those of docs/faults.md, the words those of BSI TR-03135.
"""

from __future__ import annotations

import tracemalloc

import pytest

from crypto import dh
from crypto.emrtd.lds import Ef
from drivers.simulator.faults import ChipFault
from drivers.simulator.hostile.catalogue import HOSTILE
from drivers.simulator.hostile.opening import AGREED, MAPPED, PaceAnswer
from drivers.simulator.layers import Flaw, LayeredChip
from drivers.simulator.quirks.opening import Protected
from terminal.model import Outcome
from terminal.proof.access import ChipAccess
from terminal.view import Screen
from tests import chips, desk
from tests.flawed import Meter, flawed, visit

MOST_APDUS = 1_000
MOST_OCTETS = 600_000
MOST_MEMORY = 50_000_000

LOST, MALFORMED, BROKEN = "card.lost", "card.malformed", "card.broken_messaging"
LOCKED, UNKNOWN = "card.locked", "card.unknown"
UNREADABLE_SOD = "chip=undetermined hashes=aborted issuer=undetermined signature=aborted"
RSA_OF_ANOTHER_LENGTH = ("aa-empty", "aa-short", "aa-long")
"""What a reader may have done: it accuses no chip. Numbers of elliptic signatures have no one length."""
NO_SIGNER = "chip=undetermined hashes=undetermined issuer=undetermined signature=undetermined"
UNKNOWN_SOD = "chip=undetermined hashes=undetermined issuer=undetermined signature=not supported"
NO_PROOF = "chip=undetermined"
CLONE = "chip=failed"
WELL = ""

ENDINGS = {
    # Lengths and status words, before it is open and after.
    **dict.fromkeys(("no-bytes", "no-bytes-later", "one-byte", "one-byte-later"), LOST),
    **dict.fromkeys((name for name in HOSTILE if name.startswith("always-")), UNKNOWN),
    "always-9000": MALFORMED,
    **dict.fromkeys((name for name in HOSTILE if name.startswith("always-") and name.endswith("-later")), UNKNOWN),
    **dict.fromkeys(("always-9000-later", "always-6988-later"), BROKEN),
    **dict.fromkeys(("flood-00", "flood-31", "flood-87"), MALFORMED),
    **dict.fromkeys(("flood-00-later", "flood-31-later", "flood-87-later"), BROKEN),
    **dict.fromkeys((name for name in HOSTILE if name.startswith("endless-")), UNKNOWN),
    **dict.fromkeys(("crumbs", "no-crumbs"), MALFORMED),
    "more-than-asked": WELL,
    "second-sight": WELL,
    "hides-keys": NO_PROOF,
    "hides-all": MALFORMED,
    # Secure messaging.
    **dict.fromkeys((name for name in HOSTILE if name.startswith("sm-")), BROKEN),
    "sm-9000-outside": MALFORMED,
    "sm-6a82-outside": WELL,
    # PACE: what is no point is never calculated with; what is of another password is no fault of the card.
    **dict.fromkeys((name for name in HOSTILE if name.startswith("pace-")), MALFORMED),
    **dict.fromkeys(("pace-nonce-long", "pace-nonce-other", "pace-token-wrong", "pace-token-mirror"), LOCKED),
    # Chip authentication mapping: opened all the same, and not proven.
    **dict.fromkeys((name for name in HOSTILE if name.startswith("cam-")), CLONE),
    # BAC.
    **dict.fromkeys((name for name in HOSTILE if name.startswith("bac-")), MALFORMED),
    "bac-challenge-other": LOCKED,
    **dict.fromkeys(("bac-mirror", "bac-wrong"), BROKEN),
    # Proofs: who refuses one way is asked the other way.
    **dict.fromkeys((name for name in HOSTILE if name.startswith("ca-")), CLONE),
    **dict.fromkeys(("ca-refused", "ca-refused-late"), WELL),
    **dict.fromkeys((name for name in HOSTILE if name.startswith("aa-")), CLONE),
    **dict.fromkeys(RSA_OF_ANOTHER_LENGTH, "chip=aborted"),
    # Files: EF.CardAccess that cannot be read leaves BAC; one bad file never ends the read of the others.
    **dict.fromkeys((name for name in HOSTILE if name.startswith("access-")), WELL),
    **dict.fromkeys(("sod-enormous", "sod-cut", "sod-other-tag"), MALFORMED),
    **dict.fromkeys(("dg1-enormous", "dg1-cut", "dg13-enormous", "dg1-empty", "com-all"), WELL),
    "dg13-deep": "hashes=failed",
    **dict.fromkeys(("dg14-deep", "dg14-thousand", "dg14-off-curve"), WELL),
    "dg15-huge": "chip=not supported",
    # Security objects.
    **dict.fromkeys(("sod-deep", "sod-noise", "sod-empty", "sod-no-signer"), UNREADABLE_SOD),
    "sod-md5": UNKNOWN_SOD,
    "sod-no-certificate": NO_SIGNER,
    "sod-no-attributes": WELL,
    "sod-two-signers": WELL,
    "sod-unsigned-content": "chip=undetermined signature=failed",
    **dict.fromkeys(("sod-self-made", "sod-namesake"), "issuer=undetermined"),
    # A photograph that is none takes nothing from what was proven.
    **dict.fromkeys((name for name in HOSTILE if name.startswith("dg2-")), WELL),
}

PROFILES = {
    **dict.fromkeys((name for name in HOSTILE if name.startswith("bac-")), "bac-only"),
    **dict.fromkeys((name for name in HOSTILE if name.startswith("cam-")), "icao-cam"),
}


def test_every_hostile_chip_is_judged() -> None:
    assert ENDINGS.keys() == HOSTILE.keys()


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_chip_ends_in_the_right_word_within_bounds(name: str) -> None:
    profile = PROFILES.get(name, "cccd-2021")
    found = visit(flawed(HOSTILE[name], profile), profile, most=MOST_APDUS, decode=name.startswith("dg2-"))
    assert found.ending == ENDINGS[name]
    assert found.octets <= MOST_OCTETS
    assert (found.outcome is Outcome.ALLOW) is (ENDINGS[name] == WELL)
    assert found.photo is (found.photo and not name.startswith("dg2-"))


@pytest.mark.parametrize("name", sorted(name for name in HOSTILE if name.startswith(("aa-", "ca-"))))
def test_elliptic_proofs_end_alike(name: str) -> None:
    ending = CLONE if name in RSA_OF_ANOTHER_LENGTH else ENDINGS[name]
    assert visit(flawed(HOSTILE[name], "ec-aa"), "ec-aa").ending == ending


@pytest.mark.parametrize("name", sorted(name for name in HOSTILE if name.startswith(("pace-map-", "pace-agree-"))))
def test_residues_that_are_none_end_alike(name: str) -> None:
    assert visit(flawed(HOSTILE[name], "icao-dh"), "icao-dh").ending == ENDINGS[name]


@pytest.mark.parametrize("tag", [MAPPED, AGREED])
@pytest.mark.parametrize("beside", [-1, 0, 1], ids=["minus one", "zero", "one"])
def test_residues_beside_the_prime_are_none(tag: int, beside: int) -> None:
    """p - 1 generates a group of two elements: its secrets could be guessed."""
    group = dh.by_parameter_id(1)
    value = (group.p + beside).to_bytes(group.size, "big")
    found = visit(flawed(Flaw("", "", "", lambda: PaceAnswer(tag, lambda _theirs, _mine: value)), "icao-dh"), "icao-dh")
    assert found.ending == MALFORMED


@pytest.mark.parametrize("name", sorted(name for name in HOSTILE if name.startswith(("access-", "pace-"))))
def test_a_number_alone_never_opens_by_the_older_protocol(name: str) -> None:
    found = visit(flawed(HOSTILE[name]), access=ChipAccess(chips.key_of("cccd-2021").can), most=MOST_APDUS)
    assert found.fault in (LOCKED, MALFORMED) or name == "access-odd"


@pytest.mark.parametrize("hidden", [(), (Ef.DG14,), (Ef.DG15,), (Ef.DG14, Ef.DG15)])
def test_a_clone_that_hides_its_keys_is_no_yes(hidden: tuple[Ef, ...]) -> None:
    copy = chips.contents_of("cccd-2021", ChipFault.CLONED)
    found = visit(LayeredChip(copy, [Protected(*hidden)]))
    assert found.ending == (NO_PROOF if len(hidden) == 2 else CLONE)
    assert found.outcome is (Outcome.ATTENTION if len(hidden) == 2 else Outcome.STOP)


BIG = (
    "endless-65000-later",
    "flood-87-later",
    "access-million",
    "sod-enormous",
    "dg2-bomb",
    "dg2-png",
    "more-than-asked",
)


@pytest.mark.parametrize("name", BIG)
def test_memory_is_bounded(name: str) -> None:
    chip = flawed(HOSTILE[name])
    tracemalloc.start()
    try:
        visit(chip, most=MOST_APDUS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY


WHOLE = {
    "no-bytes-later": (Screen.RETRY, ""),
    "endless-65000-later": (Screen.RESULT, "fault.card.unknown.title"),
    "flood-87-later": (Screen.RESULT, "fault.card.broken_messaging.title"),
    "crumbs": (Screen.RESULT, "fault.card.malformed.title"),
    "sm-wrong-mac": (Screen.RESULT, "fault.card.broken_messaging.title"),
    "pace-agree-mirror": (Screen.RESULT, "fault.card.malformed.title"),
    "pace-token-wrong": (Screen.RESULT, "fault.card.locked.title"),
    "ca-never-switches": (Screen.RESULT, "title.stop.cloned"),
    "sod-unsigned-content": (Screen.RESULT, "title.stop.forged"),
    "sod-self-made": (Screen.RESULT, "title.na.issuer"),
    "sod-noise": (Screen.RESULT, "title.na.issuer"),
    "hides-keys": (Screen.RESULT, "title.warn.data_only"),
    "dg2-bomb": (Screen.RESULT, "title.ok.bhyt"),
}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_hostile_chip_at_the_desk(name: str) -> None:
    screen, title = WHOLE[name]
    counter = desk.bench()
    counter.say(desk.code(), desk.CARD)
    counter.reader.run(Meter(flawed(HOSTILE[name]), most=MOST_APDUS))
    counter.settle()
    counter.hear_answer()
    assert counter.screen() is screen
    shown = counter.face.views[-1].result
    assert (shown.verdict.title.key if shown else "") == title
    assert (Outcome.ALLOW in counter.face.outcomes) is (title == "title.ok.bhyt")
    assert shown is None or shown.photo is None or not name.startswith("dg2-")
