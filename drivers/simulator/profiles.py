"""The cards and passports that can be had by name, each with one line about what it is for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import ActiveForm, CardTraits, Limits, Mapping
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import SignerKind, SignerMake
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from drivers.simulator.issuer.faces import Face, Picture, Record
from drivers.simulator.issuer.signed_data import CmsForm, NamedBy
from drivers.simulator.issuer.signing import ecdsa, pkcs1, pss
from drivers.simulator.issuer.sod import LEGACY_CONTENT_TYPES, SodForm
from drivers.simulator.issuer.vietnam import Series
from drivers.simulator.issuer.zones import Zone
from drivers.simulator.make import PASSPORT, AaKey, AaMake, Buffers, CaMake, Make, PaceWay
from drivers.simulator.people import PEOPLE, Resident

_FAULTS = {
    "cloned": ChipFault.CLONED,
    "altered": ChipFault.ALTERED_DG13,
    "unknown-issuer": ChipFault.UNKNOWN_ISSUER,
}
_ROOT_IS_SELECTABLE = CardTraits(master_file=0x9000)
_COMMON_BUFFERS = Buffers(command=1_280, answer=1_280)
_DH_SUITES = {0: Suite.TRIPLE_DES, 1: Suite.AES_128, 2: Suite.AES_256}


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose document, how it is made, and what it is for."""

    person: Resident
    make: Make
    what: str

    def with_fault(self, fault: ChipFault) -> Profile:
        """The same document with that fault made in."""
        return replace(self, make=replace(self.make, fault=fault))


_ONE, _TWO = PEOPLE["insured"], PEOPLE["expired"]
_RSA = Make(active=AaKey.RSA_2048)


def _of_people() -> dict[str, Profile]:
    return {
        code: Profile(person, _RSA if code == "insured" else Make(fault=_FAULTS.get(code)), person.what)
        for code, person in PEOPLE.items()
    }


_VIETNAMESE = {
    "cccd-2021": Profile(_ONE, _RSA, "citizen card of 2021: PACE by CAN, DG13, RSA-2048 for Active Authentication"),
    "cccd-2024": Profile(_TWO, Make(), "citizen card with an elliptic key for Active Authentication"),
    "vn-2021": Profile(_ONE, _RSA, "citizen card of 2021 as readers have met it; SELECT MF is unknown (6D00)"),
    "vn-2024": Profile(
        _TWO,
        Make(series=Series.CARD_2024, traits=CardTraits(master_file=0x6982), face=Face(Picture.JP2)),
        "citizen card of 2024: DG13 in another order and without marks, JPEG 2000, SELECT MF forbidden (6982)",
    ),
    "bac-only": Profile(_ONE, Make(pace=(), suite=Suite.TRIPLE_DES), "citizen card without PACE, 3DES throughout"),
    "pace-p256": Profile(_ONE, Make(pace=(PaceWay(parameters=12),)), "citizen card with PACE on P-256"),
    "rsa-pkcs1": Profile(_ONE, Make(signer=SignerKind.RSA), "EF.SOD signed by RSA PKCS #1 v1.5"),
    "rsa-pss": Profile(_ONE, Make(signer=SignerKind.PSS), "EF.SOD signed by RSA-PSS"),
    "explicit-curve": Profile(
        _ONE, Make(signer=SignerKind.EXPLICIT, explicit_curves=True), "all curves written as numbers"
    ),
    "ec-aa": Profile(_ONE, Make(), "Active Authentication by ECDSA on brainpoolP256r1"),
}

_BENCH_SIGNER = SignerMake(
    ecdsa("P-256", steady=True),
    CertificateForm(Name("DS", organization=None), Role.DOCUMENT_SIGNER, serial=0x40, subject_key_id=b"BENCH\x00\x01"),
)
_BENCH = {
    "bench": Profile(
        _ONE,
        Make(
            signer=_BENCH_SIGNER,
            sod=SodForm(digest="sha224", cms=CmsForm(named_by=NamedBy.KEY_ID)),
            groups=(Ef.DG1, Ef.DG2, Ef.DG13, Ef.DG14, Ef.DG15),
            unlisted=frozenset({Ef.DG13}),
            active=AaKey.RSA_1024,
            chip=(CaMake("P-256"),),
        ),
        "the file sizes of the published comparison of chip readers, to the byte, and DG13",
    )
}
"""Short names, a short key identifier and SHA-224 make EF.SOD 889 bytes; EF.COM of 24 bytes has no room for DG13."""


def _passport(**differences: object) -> Make:
    """A passport whose chip has everything of today; ``differences`` are fields of ``Make``."""
    usual = Make(
        groups=PASSPORT,
        zone=Zone.TD3,
        announced=_COMMON_BUFFERS,
        limits=Limits(command=1_280, response=1_278),
        directory=True,
        traits=_ROOT_IS_SELECTABLE,
    )
    return replace(usual, **differences)  # type: ignore[arg-type]  # names and types are those of the fields


def _ways(mapping: Mapping, *parameters: int) -> tuple[PaceWay, ...]:
    return tuple(PaceWay(mapping, number, _DH_SUITES.get(number)) for number in parameters)


_PACE = {
    "icao-gm-ecdh": Profile(_ONE, _passport(), "PACE with generic mapping on a curve, everything readable inside"),
    "icao-im": Profile(
        _ONE, _passport(pace=_ways(Mapping.INTEGRATED, 13), suite=Suite.AES_256), "PACE with integrated mapping only"
    ),
    "icao-cam": Profile(
        _ONE,
        _passport(pace=(*_ways(Mapping.CHIP_AUTHENTICATION, 13), *_ways(Mapping.GENERIC, 13))),
        "PACE with chip authentication mapping and EF.CardSecurity, generic mapping beside it",
    ),
    "icao-dh": Profile(
        _ONE, _passport(pace=_ways(Mapping.GENERIC, 1), chip=(CaMake("DH-1"),)), "PACE and chip authentication modulo p"
    ),
    "icao-dh-im": Profile(
        _ONE,
        _passport(pace=_ways(Mapping.INTEGRATED, 2), chip=(CaMake("DH-2", pkcs3=True),)),
        "integrated mapping modulo p",
    ),
    "icao-several": Profile(
        _ONE,
        _passport(pace=(*_ways(Mapping.INTEGRATED, 12), *_ways(Mapping.GENERIC, 12, 16), *_ways(Mapping.GENERIC, 0))),
        "four ways of PACE, two of them told apart by the number of the curve alone",
    ),
    "icao-own-parameters": Profile(
        _ONE, _passport(pace=(PaceWay(parameters=13, own_number=32),)), "PACE on a curve that EF.CardAccess describes"
    ),
    "icao-own-group": Profile(
        _ONE,
        _passport(pace=(PaceWay(parameters=2, own_number=33),)),
        "PACE modulo a prime that EF.CardAccess describes",
    ),
    "icao-pin": Profile(_ONE, _passport(pin=True), "opens by PIN too: three tries, suspended, blocked"),
    "icao-pace-only": Profile(_ONE, _passport(bac=False), "no Basic Access Control any more"),
    "icao-bac-only": Profile(
        _TWO,
        _passport(
            pace=(),
            suite=Suite.TRIPLE_DES,
            groups=(Ef.DG1, Ef.DG2, Ef.DG15),
            chip=(),
            active=AaKey.RSA_1024,
            announced=None,
            directory=False,
            limits=Limits(extended=False, response=256, command=261),
        ),
        "an old passport: Basic Access Control, short APDUs, Active Authentication with RSA-1024",
    ),
    "icao-td2": Profile(_TWO, _passport(zone=Zone.TD2), "a card of the middle size, MRZ of two lines of 36"),
}

_PROOFS = {
    "ca-keys": Profile(
        _ONE,
        _passport(
            chip=(
                CaMake("brainpoolP256r1", Suite.AES_128, 1),
                CaMake("P-384", Suite.AES_256, 2),
                CaMake("DH-2", Suite.AES_192, 3),
            )
        ),
        "three keys for chip authentication, told apart by number",
    ),
    "ca-3des": Profile(_ONE, _passport(chip=(CaMake("P-224", Suite.TRIPLE_DES),)), "chip authentication with 3DES"),
    "ca-dh-3des": Profile(
        _ONE, _passport(chip=(CaMake("DH-1", Suite.TRIPLE_DES),)), "chip authentication modulo p with 3DES"
    ),
    "aa-rsa-33cc": Profile(
        _ONE, _passport(active=AaMake("RSA-1024", ActiveForm("sha1", two_byte_trailer=True))), "RSA, SHA-1 as 33CC"
    ),
    "aa-rsa-38cc": Profile(_ONE, _passport(active=AaMake("RSA-1024", ActiveForm("sha224"))), "RSA, SHA-224 as 38CC"),
    "aa-rsa-36cc": Profile(_ONE, _passport(active=AaMake("RSA-1536", ActiveForm("sha384"))), "RSA, SHA-384 as 36CC"),
    "aa-rsa-35cc": Profile(_ONE, _passport(active=AaMake("RSA-2048", ActiveForm("sha512"))), "RSA, SHA-512 as 35CC"),
    "aa-ecdsa-p521": Profile(_ONE, _passport(active=AaMake("P-521", ActiveForm("sha512"))), "ECDSA on P-521, SHA-512"),
    "aa-ecdsa-der": Profile(
        _ONE, _passport(active=AaMake("brainpoolP320r1", ActiveForm("sha384", der=True))), "ECDSA as DER, P320"
    ),
}

_FORMS = {
    "sod-indefinite": Profile(
        _ONE, _passport(sod=SodForm(cms=CmsForm(lengths=Lengths.FRAMES))), "EF.SOD in BER with indefinite lengths"
    ),
    "sod-legacy": Profile(
        _ONE, _passport(sod=SodForm(content_type=LEGACY_CONTENT_TYPES[0])), "EF.SOD with an old content type"
    ),
    "sod-sha1": Profile(_ONE, _passport(signer=pkcs1(2048, "sha1"), sod=SodForm(digest="sha1")), "SHA-1 throughout"),
    "sod-sha512": Profile(
        _ONE, _passport(signer=ecdsa("brainpoolP512r1", "sha512"), sod=SodForm(digest="sha512", version=1)), "SHA-512"
    ),
    "sod-pss-mask": Profile(
        _ONE, _passport(signer=pss(digest="sha512", mask="sha256", salt=20)), "RSA-PSS with a mask hash of its own"
    ),
    "sod-p320": Profile(_ONE, _passport(signer=ecdsa("brainpoolP320r1")), "EF.SOD signed on brainpoolP320r1"),
    "sod-key-id": Profile(
        _ONE, _passport(sod=SodForm(cms=CmsForm(named_by=NamedBy.KEY_ID))), "the signer named by its key identifier"
    ),
    "sod-misnamed": Profile(
        _ONE, _passport(sod=SodForm(cms=CmsForm(named_by=NamedBy.ANOTHER_ISSUER))), "the signer named wrongly"
    ),
    "face-39794": Profile(_ONE, _passport(face=Face(record=Record.ISO_39794_5)), "the face after ISO/IEC 39794-5"),
    "face-jp2": Profile(_ONE, _passport(face=Face(Picture.JP2)), "the face as a JPEG 2000 file"),
    "face-j2k": Profile(_ONE, _passport(face=Face(Picture.J2K)), "the face as a bare JPEG 2000 codestream"),
}

_LENGTHS = {
    "short-only": Profile(
        _ONE,
        _passport(announced=None, limits=Limits(extended=False, response=256, command=261)),
        "no extended length, and nothing said about it",
    ),
    "announces-less": Profile(
        _ONE, _passport(limits=Limits()), "announces buffers of 1,280 bytes, yet takes whatever is asked"
    ),
    "exceeds-limits": Profile(
        _ONE,
        _passport(limits=Limits(response=256, command=261)),
        "announces buffers of 1,280 bytes that it has not: 256 bytes are given at once",
    ),
    "by-short-name": Profile(
        _ONE, _passport(traits=CardTraits(master_file=0x6A86, by_name=False)), "files by short identifier only"
    ),
    "by-name": Profile(
        _ONE, _passport(traits=CardTraits(master_file=0x9000, by_short_name=False)), "files by SELECT only"
    ),
}

CITIZEN_CARDS = MappingProxyType({**_of_people(), **_VIETNAMESE, **_BENCH})
"""Vietnamese cards by name."""

PROFILES = MappingProxyType({**CITIZEN_CARDS, **_PACE, **_PROOFS, **_FORMS, **_LENGTHS})
"""Everything by name."""
