"""The private keys of one chip, what it offers with them, and what its files show of them."""

from __future__ import annotations

from dataclasses import dataclass

from crypto import curves, dh
from crypto.curves import Curve
from crypto.dh import DhGroup
from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import ActiveForm, ChipAuthenticationOffer, Mapping, PaceOffer
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer import security_infos as infos
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.make import AaKey, AaMake, CaMake, Make, PaceWay
from drivers.simulator.people import Resident
from drivers.simulator.private_keys import PrivateKey, named_curve

_RSA, _DH = "RSA-", "DH-"
_FIRST_CURVE = 8


@dataclass(frozen=True, slots=True)
class Offers:
    """What a chip can do and has the private keys for."""

    pace: tuple[PaceOffer, ...]
    chip: tuple[ChipAuthenticationOffer, ...]
    active: PrivateKey | None

    @classmethod
    def draw(cls, person: Resident, make: Make, authority: Authority, *, copied: bool = False) -> Offers:
        """The offers of ``person``'s chip; ``copied``: with keys that a copier made up."""
        label = f"{person.code} {'copy' if copied else 'genuine'}"
        chip = tuple(_chip_offer(one, make, authority, label) for one in make.chip)
        active = None if make.active is None else _active_key(_active(make.active), authority, label)
        pace = tuple(_pace_offer(way, make, authority, label) for way in make.pace)
        return cls(pace, chip, active)

    @classmethod
    def held(cls, person: Resident, make: Make, authority: Authority) -> Offers:
        """What the chip itself has: the genuine keys, unless it is a clone."""
        return cls.draw(person, make, authority, copied=make.fault is ChipFault.CLONED)


def active_form(make: Make) -> ActiveForm:
    """How the chip signs in Active Authentication."""
    return ActiveForm() if make.active is None else _active(make.active).form


def card_access(make: Make, offers: Offers) -> bytes:
    """EF.CardAccess: what can be done before the chip is open, and what for."""
    return infos.encode_set(*_announced(make, offers), *_pace_rows(offers))


def security_infos(make: Make, offers: Offers) -> bytes:
    """The infos in DG14, and in EF.CardSecurity: those of EF.CardAccess, keys, and the way of Active Authentication."""
    rows = _announced(make, offers)
    keys = {offer.key_id: infos.chip_key(offer, explicit=make.explicit_curves) for offer in offers.chip}
    rows += [*dict.fromkeys(keys.values()), *_mapping_keys(offers), *_pace_rows(offers)]
    if offers.active is not None and make.active is not None and not _active(make.active).kind.startswith(_RSA):
        rows.append(infos.active_authentication_ecdsa(active_form(make)))
    return infos.encode_set(*rows)


def _announced(make: Make, offers: Offers) -> list[bytes]:
    terminal = [infos.terminal_authentication()] if Ef.DG3 in make.groups else []
    return terminal + [infos.chip_authentication(offer) for offer in offers.chip]


def _pace_rows(offers: Offers) -> list[bytes]:
    """PACEInfos, then the groups that the chip describes itself."""
    own = [offer for offer in offers.pace if offer.parameter_id != offer.group.parameter_id]
    return [infos.pace(offer) for offer in offers.pace] + [infos.pace_parameters(offer) for offer in own]


def _mapping_keys(offers: Offers) -> list[bytes]:
    """Keys of the chip authentication mapping; their number is that of the group (Doc 9303-11 §9.2.6)."""
    keys = [ChipAuthenticationOffer(one.suite, one.key, one.parameter_id) for one in offers.pace if one.key is not None]
    return [infos.chip_key(key) for key in keys]


def _pace_offer(way: PaceWay, make: Make, authority: Authority, label: str) -> PaceOffer:
    group: Curve | DhGroup = (
        curves.by_parameter_id(way.parameters) if way.parameters >= _FIRST_CURVE else dh.by_parameter_id(way.parameters)
    )
    number = way.parameters if way.own_number is None else way.own_number
    key = None
    if way.mapping is Mapping.CHIP_AUTHENTICATION:
        key = authority.chip_private(f"{label} CAM {way.parameters}", group.name)
    return PaceOffer(way.suite or make.suite, group, number, way.mapping, key)


def _chip_offer(one: CaMake, make: Make, authority: Authority, label: str) -> ChipAuthenticationOffer:
    suite = one.suite or make.suite
    name = f"{label} CA" if one.key_id is None else f"{label} CA {one.key_id}"
    if one.group.startswith(_DH):
        group = dh.by_parameter_id(int(one.group.removeprefix(_DH)))
        return ChipAuthenticationOffer(suite, authority.chip_residue(name, group, pkcs3=one.pkcs3), one.key_id)
    return ChipAuthenticationOffer(suite, authority.chip_private(name, named_curve(one.group).name), one.key_id)


def _active(active: AaKey | AaMake) -> AaMake:
    return active.value if isinstance(active, AaKey) else active


def _active_key(active: AaMake, authority: Authority, label: str) -> PrivateKey:
    if active.kind.startswith(_RSA):
        return authority.chip_rsa(f"{label} AA", int(active.kind.removeprefix(_RSA)))
    return authority.chip_private(f"{label} AA", active.kind)
