"""The cards that can be had by name: one for each invented person, and one for each way of making a card."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from crypto.emrtd.keys import Suite
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import SignerKind
from drivers.simulator.people import PEOPLE, Resident
from drivers.simulator.personalise import AaKey, Make

_RSA = Make(active=AaKey.RSA_2048)
_FAULTS = {
    "cloned": ChipFault.CLONED,
    "altered": ChipFault.ALTERED_DG13,
    "unknown-issuer": ChipFault.UNKNOWN_ISSUER,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose card, and how it is made."""

    person: Resident
    make: Make

    def with_fault(self, fault: ChipFault) -> Profile:
        """The same card with that fault made in."""
        return replace(self, make=replace(self.make, fault=fault))


def _of_people() -> dict[str, Profile]:
    return {
        code: Profile(person, _RSA if code == "insured" else Make(fault=_FAULTS.get(code)))
        for code, person in PEOPLE.items()
    }


def _of_makes() -> dict[str, Profile]:
    one = PEOPLE["insured"]
    return {
        "cccd-2021": Profile(one, _RSA),
        "cccd-2024": Profile(PEOPLE["expired"], Make()),
        "bac-only": Profile(one, Make(pace=None, suite=Suite.TRIPLE_DES)),
        "pace-p256": Profile(one, Make(pace=12)),
        "rsa-pkcs1": Profile(one, Make(signer=SignerKind.RSA)),
        "rsa-pss": Profile(one, Make(signer=SignerKind.PSS)),
        "explicit-curve": Profile(one, Make(signer=SignerKind.EXPLICIT, explicit_curves=True)),
        "ec-aa": Profile(one, Make()),
        "dg2-16k": Profile(one, Make(signer=SignerKind.P256, active=AaKey.RSA_1024, fingerprints=False)),
    }


PROFILES = MappingProxyType({**_of_people(), **_of_makes()})
"""Every card by name. ``dg2-16k`` has the file sizes of the published comparison of chip readers."""
