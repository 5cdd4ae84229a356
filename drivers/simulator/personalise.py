"""The personaliser: writes an invented person's data and keys into a simulated chip and has them signed."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from crypto import tlv
from crypto.emrtd.lds import Com, Ef, encode_com
from drivers.simulator.card.contents import Contents
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority, DocumentSigner
from drivers.simulator.issuer.details import encode_dg11, encode_dg12, encode_dg16
from drivers.simulator.issuer.faces import encode_face, encode_signature
from drivers.simulator.issuer.root_files import encode_atr_info, encode_card_security, encode_dir
from drivers.simulator.issuer.vietnam import encode_dg13
from drivers.simulator.issuer.zones import check_digit, compose_zone, encode_dg1, zone_lines
from drivers.simulator.make import Make
from drivers.simulator.offers import Offers, active_form, card_access, security_infos
from drivers.simulator.people import Resident
from drivers.simulator.private_keys import spki

_NO_FINGERPRINTS = b"SIMULATED: NO FINGERPRINTS"


def personalise(person: Resident, make: Make, authority: Authority) -> Contents:
    """A chip for ``person`` made as ``make`` says, signed by ``authority`` (or a stranger, if that is the fault)."""
    shown, held = Offers.draw(person, make, authority), Offers.held(person, make, authority)
    issuer = authority.stranger() if make.fault is ChipFault.UNKNOWN_ISSUER else authority
    signer = issuer.signer(make.signer)
    files = _signed(_data_groups(person, make, shown), make, signer)
    listed = tuple(ef for ef in make.groups if ef not in make.unlisted)
    files[Ef.COM] = encode_com(Com("0107", "040000", listed))
    files.update(_root_files(make, shown, signer))
    locked = frozenset({Ef.DG3} & files.keys())
    can = person.id_number.can
    return Contents(
        files=MappingProxyType({ef: content for ef, content in files.items() if ef not in locked}),
        locked=locked,
        mrz_information=_mrz_information(compose_zone(person, make.zone)),
        can=_another(can) if make.fault is ChipFault.WRONG_CAN else can,
        pin=person.id_number.can[::-1] if make.pin else None,
        pace=held.pace,
        bac=make.bac,
        chip=held.chip,
        active_key=held.active,
        active_form=active_form(make),
        traits=make.traits,
        limits=make.limits,
    )


def mrz_zone(person: Resident, make: Make | None = None) -> str:
    """The MRZ of ``person``'s document, its lines joined; without ``make`` that of the citizen card."""
    return compose_zone(person, (make or Make()).zone)


def _data_groups(person: Resident, make: Make, shown: Offers) -> dict[Ef, bytes]:
    """The data groups in the order of their numbers."""
    encoders: dict[Ef, Callable[[], bytes]] = {
        Ef.DG1: lambda: encode_dg1(compose_zone(person, make.zone)),
        Ef.DG2: lambda: encode_face(person.code, make.face),
        Ef.DG3: lambda: tlv.encode(Ef.DG3.tag, _NO_FINGERPRINTS),
        Ef.DG7: lambda: encode_signature(person.code),
        Ef.DG11: lambda: encode_dg11(person),
        Ef.DG12: lambda: encode_dg12(person),
        Ef.DG13: lambda: encode_dg13(person, make.series),
        Ef.DG14: lambda: tlv.encode(Ef.DG14.tag, security_infos(make, shown)),
        Ef.DG15: lambda: tlv.encode(Ef.DG15.tag, _active_public(make, shown)),
        Ef.DG16: lambda: encode_dg16(person),
    }
    return {ef: encoders[ef]() for ef in make.groups}


def _active_public(make: Make, shown: Offers) -> bytes:
    if shown.active is None:
        raise ValueError("DG15 without a key for Active Authentication")
    return spki(shown.active, explicit=make.explicit_curves)


def _root_files(make: Make, shown: Offers, signer: DocumentSigner) -> dict[Ef, bytes]:
    files: dict[Ef, bytes] = {}
    if shown.pace:
        files[Ef.CARD_ACCESS] = card_access(make, shown)
    if any(offer.key is not None for offer in shown.pace):
        files[Ef.CARD_SECURITY] = encode_card_security(security_infos(make, shown), signer)
    if make.announced is not None:
        announced = make.announced
        files[Ef.ATR_INFO] = encode_atr_info(announced.command, announced.answer, extended=announced.extended)
    if make.directory:
        files[Ef.DIR] = encode_dir()
    return files


def _signed(files: dict[Ef, bytes], make: Make, signer: DocumentSigner) -> dict[Ef, bytes]:
    """The data groups with their EF.SOD, altered where the fault says so."""
    if make.fault not in {ChipFault.ALTERED_DG13, ChipFault.ALTERED_SOD}:
        return {**files, Ef.SOD: signer.sign(files, form=make.sod)}
    altered = {**files, Ef.DG13: _forged(files[Ef.DG13])}
    if make.fault is ChipFault.ALTERED_DG13:
        return {**altered, Ef.SOD: signer.sign(files, form=make.sod)}
    return {**altered, Ef.SOD: signer.sign(altered, form=make.sod, signed=files)}


def _forged(dg13: bytes) -> bytes:
    """DG13 with an address that is not the signed one, of the same length."""
    return dg13.replace("Mẫu".encode(), "Giả".encode())


def _mrz_information(zone: str) -> str:
    """Number, birth and expiry with their check digits: what Basic Access Control hashes (Doc 9303-11 §4.3.2)."""
    first, second, *_ = zone_lines(zone)
    number, born, expires = (first[5:14], second[:6], second[8:14])
    if len(first) != len(zone) // 3:
        number, born, expires = second[:9], second[13:19], second[21:27]
    return "".join(part + check_digit(part) for part in (number, born, expires))


def _another(can: str) -> str:
    return f"{(int(can) + 1) % 1_000_000:06}"
