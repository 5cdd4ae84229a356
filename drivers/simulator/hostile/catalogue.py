"""Every hostile chip by name, after the groups of BSI TR-03105-5.1: ``tram chip --quirk NAME``, and what tests read."""

from __future__ import annotations

import functools

from crypto import der
from crypto.emrtd.lds import Ef
from drivers.simulator.hostile import answers, messaging, opening, proofs
from drivers.simulator.hostile import contents as of
from drivers.simulator.hostile.opening import AGREED, MAPPED, NONCE, TOKEN
from drivers.simulator.layers import Flaw, catalogue
from drivers.simulator.quirks.opening import Protected

_WHEN = (("", ""), ("-later", ", once it is open"))
_GROUPS = tuple(ef for ef in Ef if ef.number is not None)

_ANSWERS = (
    *(
        Flaw(name + late, "lengths", what + when, functools.partial(answers.Always, bare, once_open=bool(late)))
        for name, what, bare in (
            ("no-bytes", "no byte for an answer", b""),
            ("one-byte", "half a status word", b"\x90"),
        )
        for late, when in _WHEN
    ),
    *(
        Flaw(
            f"always-{sw:04x}{late}",
            "status words",
            f"{sw:04X} to everything{when}",
            functools.partial(answers.Always, sw.to_bytes(2, "big"), once_open=bool(late)),
        )
        for sw in (0x9000, 0x6282, 0x6700, 0x6982, 0x6988, 0x6A82, 0x6B00, 0x6CFF, 0x6C00, 0x6F00, 0x61FF, 0x0000)
        for late, when in _WHEN
    ),
    *(
        Flaw(
            f"flood-{filling:02x}{late}",
            "lengths",
            f"65,533 bytes {filling:02X} to everything{when}",
            functools.partial(answers.Flood, filling, once_open=bool(late)),
        )
        for filling in (0x00, 0x31, 0x87)
        for late, when in _WHEN
    ),
    *(
        Flaw(
            f"endless-{size}{late}",
            "lengths",
            f"61FF without end, {size} bytes each{when}",
            functools.partial(answers.EndlessChaining, size, once_open=bool(late)),
        )
        for size in (0, 256, 65_000)
        for late, when in _WHEN
    ),
    Flaw("more-than-asked", "lengths", "60,000 bytes to each READ BINARY", answers.MoreThanAsked),
    Flaw("crumbs", "lengths", "one byte to each READ BINARY", lambda: answers.Crumbs(1)),
    Flaw("no-crumbs", "lengths", "no byte to each READ BINARY, and 9000", lambda: answers.Crumbs(0)),
    Flaw("hides-keys", "files", "DG14 and DG15 are listed, and refused", lambda: Protected(Ef.DG14, Ef.DG15)),
    Flaw("hides-all", "files", "every data group is listed, and refused", lambda: Protected(*_GROUPS)),
    Flaw("second-sight", "files", "another file when it is read again", answers.AnotherOnSecondSight),
)

_MESSAGING = (
    *(
        Flaw(name, "secure messaging", what, functools.partial(messaging.Tampered, change, 1))
        for name, what, change in (
            ("sm-no-mac", "no MAC", messaging.without_mac),
            ("sm-wrong-mac", "a wrong MAC", messaging.wrong_mac),
            ("sm-short-mac", "half a MAC", messaging.short_mac),
            ("sm-bare-status", "9000 without protection", messaging.only_status),
        )
    ),
    *(
        Flaw(name, "secure messaging", what, functools.partial(messaging.Sealed, change))
        for name, what, change in (
            ("sm-twice", "each object twice, MAC right", messaging.everything_twice),
            ("sm-no-status", "no status inside, MAC right", messaging.no_status),
            ("sm-long-status", "a status of three bytes, MAC right", messaging.long_status),
            ("sm-padding-indicator", "unknown padding, MAC right", messaging.unknown_padding),
            ("sm-ragged", "no whole blocks, MAC right", messaging.ragged),
            ("sm-empty", "an empty cryptogram, MAC right", messaging.empty_cryptogram),
            ("sm-noise", "a cryptogram of noise, MAC right", messaging.unpadded),
            ("sm-cut", "objects cut short, MAC right", messaging.cut),
        )
    ),
    *(
        Flaw(name, "secure messaging", what, functools.partial(messaging.WrongCounter, off))
        for name, what, off in (
            ("sm-counter-ahead", "the send counter one ahead", 1),
            ("sm-counter-behind", "the send counter one behind", -1),
            ("sm-counter-twice", "the send counter two behind: the command's, as if not counted", -2),
            ("sm-counter-stuck", "the send counter always one", 0),
        )
    ),
    Flaw("sm-plain", "secure messaging", "answers in plain", messaging.Downgraded),
    Flaw("sm-replay", "secure messaging", "the answer before this one again", lambda: messaging.Replayed(1)),
    Flaw("sm-replay-old", "secure messaging", "the answer three before again", lambda: messaging.Replayed(3)),
    Flaw(
        "sm-9000-outside",
        "secure messaging",
        "6A82 inside, 9000 outside",
        lambda: messaging.OtherOutside(refused_inside=True),
    ),
    Flaw(
        "sm-6a82-outside",
        "secure messaging",
        "9000 inside, 6A82 outside",
        lambda: messaging.OtherOutside(refused_inside=False),
    ),
)

_KEYS = (
    ("infinity", opening.infinity),
    ("zeros", opening.zeros),
    ("off-curve", opening.off_curve),
    ("field", opening.beyond_the_field),
    ("mirror", opening.mirrored),
    ("negative", opening.negative),
    ("compressed", opening.compressed),
    ("one", opening.one),
    ("empty", opening.nothing),
    ("short", opening.cut_short),
    ("huge", opening.huge),
)

_OPENING = (
    *(
        Flaw(f"pace-{step}-{name}", "PACE", f"{what}: {name}", functools.partial(opening.PaceAnswer, tag, change))
        for step, what, tag in (("map", "key of the mapping", MAPPED), ("agree", "key of the agreement", AGREED))
        for name, change in _KEYS
    ),
    *(
        Flaw(f"pace-{name}", "PACE", what, functools.partial(opening.PaceAnswer, tag, change))
        for name, what, tag, change in (
            ("nonce-empty", "no nonce", NONCE, opening.nothing),
            ("nonce-short", "a nonce that is no whole block", NONCE, opening.cut_short),
            ("nonce-long", "a nonce of two blocks", NONCE, opening.doubled),
            ("nonce-huge", "a nonce of 60,000 bytes", NONCE, opening.huge),
            ("nonce-other", "another nonce", NONCE, opening.wrong),
            ("token-wrong", "a wrong token", TOKEN, opening.wrong),
            ("token-mirror", "the terminal's own token", TOKEN, opening.mirrored),
            ("token-short", "a token of seven bytes", TOKEN, opening.cut_short),
            ("token-empty", "no token", TOKEN, opening.nothing),
            ("token-huge", "a token of 60,000 bytes", TOKEN, opening.huge),
        )
    ),
    *(
        Flaw(f"pace-{name}", "PACE", what, functools.partial(opening.PaceFrame, change))
        for name, what, change in (
            ("frame-empty", "nothing in the answers", opening.empty_frame),
            ("frame-twice", "everything twice in the answers", opening.twice_inside),
            ("frame-other", "another tag around the answers", opening.other_frame),
            ("frame-endless", "a length of four billion", opening.endless_length),
        )
    ),
)

_CHIP_MAPPING = tuple(
    Flaw(f"cam-{name}", "PACE-CAM", f"the chip's proof: {name}", functools.partial(opening.ChipMapping, change))
    for name, change in (
        ("wrong", opening.wrong),
        ("short", opening.cut_short),
        ("doubled", opening.doubled),
        ("empty", opening.nothing),
        ("huge", opening.huge),
    )
)

_BAC = tuple(
    Flaw(f"bac-{name}", "BAC", what, functools.partial(opening.BacAnswer, change, of_challenge=of_challenge))
    for name, what, change, of_challenge in (
        ("challenge-empty", "no challenge", opening.nothing, True),
        ("challenge-short", "a challenge of seven bytes", opening.cut_short, True),
        ("challenge-huge", "a challenge of 60,000 bytes", opening.huge, True),
        ("challenge-other", "another challenge than its own", opening.wrong, True),
        ("mirror", "the terminal's own cryptogram", opening.mirrored, False),
        ("wrong", "a wrong cryptogram", opening.wrong, False),
        ("short", "a cryptogram cut short", opening.cut_short, False),
        ("empty", "no cryptogram", opening.nothing, False),
        ("huge", "a cryptogram of 60,000 bytes", opening.huge, False),
    )
)

_PROOFS = (
    Flaw("ca-never-switches", "CA", "says yes and keeps the old keys", proofs.NeverSwitches),
    *(
        Flaw(
            f"ca-naked-{sw:04x}-{times}",
            "CA",
            f"says yes, then {sw:04X} without protection, {times} times",
            functools.partial(proofs.NakedAfterwards, sw, times),
        )
        for sw in (0x6700, 0x6C10, 0x6A82, 0x6B00, 0x6982, 0x6988, 0x6F00)
        for times in (1, 20)
    ),
    Flaw("ca-refused", "CA", "refuses to begin", lambda: proofs.RefusesChipAuthentication(0x6A80)),
    Flaw("ca-refused-late", "CA", "refuses to agree", lambda: proofs.RefusesChipAuthentication(0x6300, late=True)),
    Flaw("aa-replay", "AA", "a signature over another challenge", proofs.SignedBefore),
    *(
        Flaw(name, "AA", what, functools.partial(proofs.ActiveAnswer, change))
        for name, what, change in (
            ("aa-empty", "no signature", proofs.no_signature),
            ("aa-zero", "the signature zero", proofs.zero_signature),
            ("aa-one", "the signature one", proofs.one_signature),
            ("aa-high", "a signature beyond its key", proofs.high_signature),
            ("aa-short", "a signature cut short", proofs.short_signature),
            ("aa-long", "a signature of 60,000 bytes", proofs.long_signature),
        )
    ),
)

_FILES = (
    *(
        Flaw(f"{name}-enormous", "files", f"{ef.name} announces 16 MB", alter=of.as_is(ef, of.announcing(0xFFFFF0)))
        for name, ef in (("access", Ef.CARD_ACCESS), ("sod", Ef.SOD), ("dg1", Ef.DG1), ("dg13", Ef.DG13))
    ),
    *(
        Flaw(f"{name}-cut", "files", f"{ef.name} announces more than there is", alter=of.as_is(ef, of.announcing(n)))
        for name, ef, n in (("access", Ef.CARD_ACCESS, 900), ("sod", Ef.SOD, 9_000), ("dg1", Ef.DG1, 65_000))
    ),
    *(
        Flaw(f"{name}-deep", "files", f"{ef.name} nests 3,000 deep", alter=of.as_is(ef, of.deep()))
        for name, ef in (("access", Ef.CARD_ACCESS), ("sod", Ef.SOD), ("dg13", Ef.DG13))
    ),
    Flaw("dg14-deep", "files", "DG14 nests 3,000 deep, signed", alter=of.as_signed(Ef.DG14, of.deep(der.SET))),
    Flaw("access-million", "files", "10^6 SecurityInfos", alter=of.as_is(Ef.CARD_ACCESS, of.access_of(10**6))),
    Flaw("access-thousand", "files", "10^3 SecurityInfos", alter=of.as_is(Ef.CARD_ACCESS, of.access_of(10**3))),
    Flaw("access-odd", "files", "PACEInfos with absurd numbers", alter=of.as_is(Ef.CARD_ACCESS, of.odd_pace_infos)),
    Flaw(
        "dg14-thousand",
        "files",
        "10^3 SecurityInfos, signed",
        alter=of.as_signed(Ef.DG14, of.dg14_of(10**3)),
    ),
    Flaw("dg14-off-curve", "files", "DG14's key is no point, signed", alter=of.point_off_curve),
    Flaw("dg15-huge", "files", "an RSA key of 8,000 bits in DG15, signed", alter=of.huge_key),
    Flaw("dg1-empty", "files", "DG1 without a zone, signed", alter=of.as_signed(Ef.DG1, of.holding(b""))),
    Flaw("com-all", "files", "EF.COM names all data groups", alter=of.all_groups_named),
)

_SECURITY_OBJECTS = (
    Flaw("sod-noise", "SOD", "noise", alter=of.as_is(Ef.SOD, of.holding(bytes(range(256)) * 4))),
    Flaw("sod-empty", "SOD", "empty", alter=of.as_is(Ef.SOD, of.holding(b""))),
    Flaw("sod-other-tag", "SOD", "another tag", alter=of.as_is(Ef.SOD, of.under_another_tag)),
    Flaw("sod-unsigned-content", "SOD", "content exchanged under sound attributes", alter=of.unsigned_content),
    Flaw("sod-no-attributes", "SOD", "no signed attributes", alter=of.without_attributes),
    Flaw("sod-no-certificate", "SOD", "no certificate", alter=of.no_certificate),
    Flaw("sod-self-made", "SOD", "a signer of the forger's own, the root beside it", alter=of.self_made),
    Flaw("sod-namesake", "SOD", "a root of the same name", alter=of.namesake),
    Flaw("sod-no-signer", "SOD", "no signer", alter=of.no_signer),
    Flaw("sod-two-signers", "SOD", "two signers", alter=of.two_signers),
    Flaw("sod-md5", "SOD", "hashes by MD5", alter=of.other_digest("md5")),
)

_PHOTOGRAPHS = (
    Flaw("dg2-bomb", "photograph", "a JPEG of 4 billion pixels, signed", alter=of.bomb(65_500, 65_500)),
    Flaw("dg2-strip", "photograph", "a JPEG of one row, 65,500 wide, signed", alter=of.bomb(65_500, 1)),
    Flaw("dg2-png", "photograph", "a PNG of a billion pixels, signed", alter=of.png_bomb),
    Flaw("dg2-noise", "photograph", "no image, signed", alter=of.as_signed(Ef.DG2, of.holding(bytes(900)))),
    Flaw("dg2-deep", "photograph", "DG2 nests 3,000 deep, signed", alter=of.as_signed(Ef.DG2, of.deep(0x7F61))),
)

HOSTILE = catalogue(
    *_ANSWERS, *_MESSAGING, *_OPENING, *_CHIP_MAPPING, *_BAC, *_PROOFS, *_FILES, *_SECURITY_OBJECTS, *_PHOTOGRAPHS
)
"""By name. Contents are made when they are asked for."""
