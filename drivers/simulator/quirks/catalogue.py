"""Every quirk by name: ``tram chip --quirk NAME``, and what the tests read."""

from __future__ import annotations

import functools
from dataclasses import replace

from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import Limits
from drivers.simulator.issuer.authority import SignerKind
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.signed_data import PLAIN, NamedBy
from drivers.simulator.issuer.signing import pss
from drivers.simulator.issuer.sod import LEGACY_CONTENT_TYPES, USUAL
from drivers.simulator.layers import Flaw, catalogue
from drivers.simulator.quirks import contents as of
from drivers.simulator.quirks import lengths, opening, signatures

_SHORT_ONLY = Limits(extended=False, response=256)

_OPENING = (
    *(
        Flaw(
            f"mf-{sw:04x}", "row 1", f"SELECT MF is answered {sw:04X}", functools.partial(opening.MasterFileRefused, sw)
        )
        for sw in (0x6A86, 0x6A87, 0x6D00, 0x6982, 0x6283)
    ),
    Flaw(
        "no-card-access",
        "row 1",
        "EF.CardAccess is not found, with or without SELECT MF",
        lambda: opening.MasterFileRefused(0x6A86, hidden=True),
    ),
    Flaw("no-le", "row 2", "SELECT and MSE with Le are refused: 6700", opening.NoLeWherePointless),
    Flaw("pace-84-demanded", "row 3", "PACE needs tag 84", lambda: opening.DomainParameters(demanded=True)),
    Flaw("pace-84-refused", "row 3", "PACE refuses tag 84: 6A87", lambda: opening.DomainParameters(demanded=False)),
    Flaw("wrong-can-token", "row 4", "a wrong number shows only in the chip's token", opening.OwnTokenOnly),
    Flaw("wrong-can-delay", "row 4", "after a wrong number each try takes longer, 63Cx", opening.GrowingDelay),
    Flaw("protected-com", "row 22", "EF.COM and EF.DIR: 6982", lambda: opening.Protected(Ef.COM, Ef.DIR)),
)

_LENGTHS = (
    Flaw("naked-6700", "row 6", "6700 without protection, not counted", lambda: lengths.NakedLength(128)),
    Flaw("naked-6c", "row 6", "6C80 without protection, not counted", lambda: lengths.NakedLength(128, exact=True)),
    Flaw(
        "naked-counted",
        "row 6",
        "6700 without protection, counted all the same",
        lambda: lengths.NakedLength(128, counted=True),
    ),
    Flaw("no-extended", "row 7", "extended length is refused by the chip: 6700", limits=_SHORT_ONLY),
    Flaw("extended-6f00", "row 7", "extended length is refused: 6F00", lambda: lengths.ExtendedRefused(0x6F00)),
    Flaw("extended-breaks", "row 7", "extended length loses the card", lengths.ExtendedBreaks),
    Flaw("end-6282", "row 8", "past the end: 6282 and data", lambda: lengths.PastTheEnd(0x6282)),
    Flaw("end-6b00", "row 8", "past the end: 6B00 and nothing", lambda: lengths.PastTheEnd(0x6B00)),
    Flaw("end-6c", "row 8", "past the end: 6Cxx and nothing", lambda: lengths.PastTheEnd(0x6C00)),
    Flaw("small-buffers", "row 15", "256 bytes an answer, the rest by GET RESPONSE", limits=Limits(response=256)),
    Flaw("aa-parts", "row 15", "the signature by GET RESPONSE", alter=of.active_only, limits=_SHORT_ONLY),
    Flaw("aa-truncated", "row 15", "the signature cut at a short answer", lengths.TruncatedSignature, of.active_only),
)

_SIGNATURES = (
    Flaw("aa-der", "row 14", "ECDSA signature as DER", alter=of.der_signature),
    Flaw("aa-leading-zero", "row 14", "the signature begins with a zero byte", signatures.LeadingZero, of.active_only),
)

_NAMES = {
    "sod-key-id": NamedBy.KEY_ID,
    "sod-misnamed": NamedBy.ANOTHER_ISSUER,
    "sod-misnamed-key": NamedBy.ANOTHER_KEY_ID,
}

_CONTENTS = (
    Flaw("sod-pss-sha512", "row 9", "PSS with SHA-512", alter=of.security_object(kind=pss(digest="sha512"))),
    Flaw(
        "sod-pss-mask",
        "row 9",
        "PSS with another hash in its mask, and a salt of its own length",
        alter=of.security_object(kind=pss(digest="sha256", mask="sha1", salt=20)),
    ),
    Flaw(
        "sod-bare-algorithm",
        "row 9",
        "the signature algorithm names no hash",
        alter=of.security_object(of.cms(replace(PLAIN, bare=True)), SignerKind.RSA),
    ),
    Flaw("sod-explicit", "row 10", "signer's curve as numbers", alter=of.security_object(kind=SignerKind.EXPLICIT)),
    *(
        Flaw(name, "row 11", named.value, alter=of.security_object(of.cms(replace(PLAIN, named_by=named))))
        for name, named in _NAMES.items()
    ),
    *(
        Flaw(f"sod-ber-{kind.name.lower()}", "row 12", kind.value, alter=of.security_object(of.lengths(kind)))
        for kind in (Lengths.FRAMES, Lengths.EVERYWHERE)
    ),
    *(
        Flaw(
            f"sod-legacy-{number}",
            "row 12",
            f"content type {oid}",
            alter=of.security_object(replace(USUAL, content_type=oid)),
        )
        for number, oid in enumerate(LEGACY_CONTENT_TYPES, 1)
    ),
    Flaw("unknown-root", "row 13", "the issuer's root is not accepted here", alter=of.unknown_root),
    *(
        Flaw(f"dg2-length{by:+}", "row 16", f"the face record's length off by {by}", alter=of.record_length(by))
        for by in (-8, -1, 1, 8)
    ),
    Flaw("dg2-padded", "row 16", "zeros after the image", alter=of.padded_jpeg),
    Flaw("dg2-jp2-padded", "row 16", "JPEG 2000 with zeros after it", alter=of.jpeg_2000(padded=True)),
    Flaw("dg2-codestream", "row 16", "bare JPEG 2000 codestream", alter=of.jpeg_2000(bare=True)),
    Flaw("dg11-odd", "row 17", "DG11 and DG12 in odd encodings", alter=of.odd_details),
    Flaw("dg13-foreign", "row 18", "DG13 is not TLV", alter=of.foreign_dg13),
)

QUIRKS = catalogue(*_OPENING, *_LENGTHS, *_SIGNATURES, *_CONTENTS)
"""By name. Rows of facts/emrtd §3 that are no chip's doing are shown elsewhere: 5 and 14 by profiles, 19 by lifting
the card, 20 and 21 by the PC/SC daemon's tests."""
