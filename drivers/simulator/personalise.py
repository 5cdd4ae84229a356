"""The personaliser: writes an invented person's data and keys into a simulated chip and has them signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from types import MappingProxyType

from crypto import der, tlv
from crypto.civil import PartialDate, Sex
from crypto.emrtd.dg1 import encode_dg1
from crypto.emrtd.face import encode_dg2
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Com, Ef, encode_com
from crypto.emrtd.mrz import parse_mrz
from crypto.emrtd.vietnam import card_mrz, encode_dg13
from drivers.simulator.card.contents import ChipAuthenticationOffer, Contents, PaceOffer
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer import security_infos as infos
from drivers.simulator.issuer.authority import Authority, DocumentSigner, SignerKind
from drivers.simulator.issuer.portrait import draw_portrait
from drivers.simulator.people import Resident
from drivers.simulator.private_keys import EcPrivate, PrivateKey, spki

DG2_SIZE = 16_489
"""Bytes of EF.DG2, as in the published comparison of chip readers; a CCCD's photo is about that large."""


class AaKey(Enum):
    """The kinds of Active Authentication key."""

    EC = "brainpoolP256r1"
    RSA_1024 = "RSA-1024"
    RSA_2048 = "RSA-2048"


@dataclass(frozen=True, slots=True)
class Make:
    """How a card is made. ``pace`` is the domain parameter id, None for a card that knows only BAC.

    ``suite`` serves PACE and chip authentication; ``fingerprints`` tells whether DG3 is there.
    """

    signer: SignerKind = SignerKind.BRAINPOOL
    active: AaKey = AaKey.EC
    pace: int | None = 13
    suite: Suite = Suite.AES_128
    explicit_curves: bool = False
    fingerprints: bool = True
    fault: ChipFault | None = None


def personalise(person: Resident, make: Make, authority: Authority) -> Contents:
    """A chip for ``person`` made as ``make`` says, signed by ``authority`` (or a stranger, if that is the fault)."""
    keys = _Keys.draw(person, make, authority)
    issuer = authority.stranger() if make.fault is ChipFault.UNKNOWN_ISSUER else authority
    files = _signed(_data_groups(person, make, keys), issuer.signer(make.signer), make.fault)
    files[Ef.COM] = encode_com(Com("0107", "040000", tuple(ef for ef in files if ef is not Ef.SOD)))
    locked = frozenset({Ef.DG3} & files.keys())
    if make.pace is not None:
        files[Ef.CARD_ACCESS] = infos.encode_set(*_common_infos(make), infos.pace(make.suite, make.pace))
    can = person.id_number.can
    return Contents(
        files=MappingProxyType({ef: content for ef, content in files.items() if ef not in locked}),
        locked=locked,
        mrz_information=parse_mrz(mrz_zone(person)).information,
        can=_another(can) if make.fault is ChipFault.WRONG_CAN else can,
        pace=_pace_offer(make.suite, make.pace),
        chip=ChipAuthenticationOffer(
            der.encode_identifier(infos.chip_authentication_oid(make.suite)), make.suite, keys.chip
        ),
        active_key=keys.active,
    )


def mrz_zone(person: Resident) -> str:
    """The MRZ of ``person``'s card, 90 characters."""
    born = PartialDate(person.born.year, person.born.month, person.born.day)
    sex = "M" if person.sex is Sex.MALE else "F"
    return card_mrz(id_number=person.id_number, name=person.name, born=born, sex=sex, expires=person.expires)


def dg13_values(person: Resident) -> dict[int, str | tuple[str, ...]]:
    """The fields of data group 13 by number; those that the person has not are left out."""
    values: dict[int, str | tuple[str, ...]] = {
        1: person.id_number.digits,
        2: person.name,
        3: _day(person.born),
        4: person.sex_word,
        5: "Việt Nam",
        6: person.ethnic_group,
        7: "Không",
        8: person.birthplace,
        9: person.address,
        10: person.marks,
        11: _day(person.issued),
        12: _day(person.expires) if person.expires else "Không thời hạn",
        13: person.parents,
    }
    if person.spouse:
        values[14] = (person.spouse,)
    if person.old_number:
        values[15] = person.old_number
    values[16] = "0" * 16
    return values


@dataclass(frozen=True, slots=True)
class _Keys:
    """The chip's private keys, and those that its files show the public halves of (others, when it is a clone)."""

    chip: EcPrivate
    active: PrivateKey
    chip_shown: EcPrivate
    active_shown: PrivateKey

    @classmethod
    def draw(cls, person: Resident, make: Make, authority: Authority) -> _Keys:
        genuine = _chip_keys(person, make, authority, "genuine")
        held = _chip_keys(person, make, authority, "copy") if make.fault is ChipFault.CLONED else genuine
        return cls(*held, *genuine)


def _chip_keys(person: Resident, make: Make, authority: Authority, label: str) -> tuple[EcPrivate, PrivateKey]:
    chip = authority.chip_private(f"{person.code} {label} CA")
    if make.active is AaKey.EC:
        return chip, authority.chip_private(f"{person.code} {label} AA")
    size = 1024 if make.active is AaKey.RSA_1024 else 2048
    return chip, authority.chip_rsa(f"{person.code} {label} AA", size)


def _data_groups(person: Resident, make: Make, keys: _Keys) -> dict[Ef, bytes]:
    """All data groups in the order of their numbers."""
    files = {Ef.DG1: encode_dg1(mrz_zone(person)), Ef.DG2: _photo(person)}
    if make.fingerprints:
        files[Ef.DG3] = tlv.encode(Ef.DG3.tag, b"SIMULATED: NO FINGERPRINTS")
    files[Ef.DG13] = encode_dg13(dg13_values(person))
    files[Ef.DG14] = tlv.encode(Ef.DG14.tag, infos.encode_set(*_dg14(make, keys)))
    files[Ef.DG15] = tlv.encode(Ef.DG15.tag, spki(keys.active_shown, explicit=make.explicit_curves))
    return files


def _common_infos(make: Make) -> list[bytes]:
    return [infos.terminal_authentication(), infos.chip_authentication(make.suite)]


def _dg14(make: Make, keys: _Keys) -> list[bytes]:
    rows = [*_common_infos(make), infos.chip_key(spki(keys.chip_shown, explicit=make.explicit_curves))]
    if make.pace is not None:
        rows.append(infos.pace(make.suite, make.pace))
    if make.active is AaKey.EC:
        rows.append(infos.active_authentication_ecdsa())
    return rows


def _pace_offer(suite: Suite, parameter_id: int | None) -> PaceOffer | None:
    if parameter_id is None:
        return None
    return PaceOffer(der.encode_identifier(infos.pace_oid(suite)), suite, parameter_id)


def _signed(files: dict[Ef, bytes], signer: DocumentSigner, fault: ChipFault | None) -> dict[Ef, bytes]:
    """The data groups with their EF.SOD, altered where the fault says so."""
    if fault not in {ChipFault.ALTERED_DG13, ChipFault.ALTERED_SOD}:
        return {**files, Ef.SOD: signer.sign(files)}
    altered = {**files, Ef.DG13: _forged(files[Ef.DG13])}
    sod = signer.sign(files) if fault is ChipFault.ALTERED_DG13 else signer.sign(altered, signed=files)
    return {**altered, Ef.SOD: sod}


def _forged(dg13: bytes) -> bytes:
    """DG13 with an address that is not the signed one, of the same length."""
    return dg13.replace("Mẫu".encode(), "Giả".encode())


def _photo(person: Resident) -> bytes:
    probe = 16_000
    around = len(encode_dg2(draw_portrait(person.code, probe))) - probe
    return encode_dg2(draw_portrait(person.code, DG2_SIZE - around))


def _another(can: str) -> str:
    return f"{(int(can) + 1) % 1_000_000:06}"


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
