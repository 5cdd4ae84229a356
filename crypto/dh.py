"""Diffie and Hellman modulo a prime: the groups of travel documents, standardised or described by the chip itself.

Groups: ICAO 9303-11 §9.5.1 (standardised domain parameters 0 to 2, RFC 5114 §2.1 to §2.3). A public key travels as an
unsigned integer of the fewest bytes (§9.4.3), a shared secret always has the length of the prime (PKCS #3 §8.3).
Python's ``pow`` is not constant-time, so a terminal uses it with keys that live for one conversation only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto import der, tlv
from crypto.agreement import Random, draw
from crypto.errors import MalformedError, NotSupportedError

_VALUE_TAG = 0x84
_PRIME_BITS = range(1024, 3073)
_ORDER_BITS = range(160, 3073)
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Residue:
    """An element that was found in its group, never the neutral one."""

    y: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class DhGroup:
    """The residues modulo ``p`` that ``base`` generates."""

    name: str
    parameter_id: int | None
    p: int = field(repr=False)
    base: int = field(repr=False)
    order: int | None = field(repr=False)
    """The prime number of elements; None when the chip's parameters do not tell (PKCS #3)."""
    private_bits: int = field(default=0, repr=False)
    """The length of private keys where the order is not known."""

    @property
    def size(self) -> int:
        """Bytes of the prime, and so of a shared secret."""
        return (self.p.bit_length() + 7) // 8

    @property
    def embeds(self) -> bool:
        """Whether the integrated mapping works here: the order must be known."""
        return self.order is not None

    @property
    def key_tag(self) -> int:
        """The tag of a public value in public key data objects (ICAO 9303-11 §9.4.3)."""
        return _VALUE_TAG

    @property
    def generator(self) -> Residue:
        """The element that generates the group."""
        return Residue(self.base)

    def scalar(self, random: Random) -> int:
        """A fresh private key: below the order, or of the length that the parameters ask for (PKCS #3 §7.1)."""
        if self.order is not None:
            return draw(self.order, random)
        half = 1 << (self.private_bits - 1)
        return half | draw(half, random)

    def public(self, private: int) -> Residue:
        """The generator to the power of ``private``."""
        return Residue(pow(self.base, private, self.p))

    def multiply(self, scalar: int, element: Residue) -> Residue:
        """``element`` to the power of ``scalar``; raises MalformedError when that is one."""
        exponent = scalar if self.order is None else scalar % self.order
        return self._other_than_one(pow(element.y, exponent, self.p))

    def combine(self, first: Residue, second: Residue) -> Residue:
        """The product of two elements; raises MalformedError when that is one."""
        return self._other_than_one(first.y * second.y % self.p)

    def embed(self, number: int) -> Residue:
        """The element to which the integrated mapping takes ``number``: its power by the cofactor.

        Raises NotSupportedError when the order is not known, MalformedError when it is the neutral element or none.
        """
        if self.order is None:
            raise NotSupportedError("integrated mapping: the order of the subgroup is unknown")
        power = pow(number, (self.p - 1) // self.order, self.p)
        if power == 0:
            raise MalformedError("integrated mapping: a nonce without element")
        return self._other_than_one(power)

    def agree(self, private: int, other: Residue) -> bytes:
        """The shared secret at the length of the prime; raises MalformedError when it is one."""
        return self.multiply(private, other).y.to_bytes(self.size, "big")

    def encode(self, element: Residue) -> bytes:
        """``element`` as an unsigned integer of the fewest bytes (ICAO 9303-11 §9.4.3)."""
        return der.unsigned_bytes(element.y)

    def decode(self, raw: bytes) -> Residue:
        """The element in ``raw``, with or without leading zero bytes up to the length of the prime.

        Raises MalformedError when it is out of range or, where the order is known, outside the subgroup.
        """
        if not 0 < len(raw) <= self.size:
            raise MalformedError("Diffie-Hellman key: another size than the group's")
        return self.element(int.from_bytes(raw, "big"))

    def element(self, y: int) -> Residue:
        """The element that is the number ``y``; raises MalformedError as ``decode`` does."""
        if not 1 < y < self.p - 1:
            raise MalformedError("Diffie-Hellman key: out of range")
        if self.order is not None and pow(y, self.order, self.p) != 1:
            raise MalformedError("Diffie-Hellman key: not in the subgroup")
        return Residue(y)

    def require_sound(self, random: Random) -> None:
        """Make sure that explicit parameters hold primes, and a generator of that order; raises MalformedError.

        Primes by Miller and Rabin, with so many random bases that a composite passes with less than one in 65,000.
        Needed where nobody vouches for them: EF.CardAccess is not signed, and in a group that falls into small parts
        a false chip could search for the password. Where the order is not told, only a safe prime shows that it does
        not. It takes up to a second, so it is not done at parsing.
        """
        if self.parameter_id is not None:
            return
        for number in (self.p, (self.p - 1) // 2 if self.order is None else self.order):
            if not _probably_prime(number, random):
                raise MalformedError("Diffie-Hellman group: not a prime")
        if self.order is not None and pow(self.base, self.order, self.p) != 1:
            raise MalformedError("Diffie-Hellman group: the generator has another order")

    def _other_than_one(self, y: int) -> Residue:
        if y == 1:
            raise MalformedError("Diffie-Hellman group: the neutral element")
        return Residue(y)


def _probably_prime(number: int, random: Random) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, draw(number - 1, random), odd, twos) for _ in range(_ROUNDS))


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def by_parameter_id(parameter_id: int) -> DhGroup:
    """The group of a standardised domain parameter id (0 to 2); raises NotSupportedError."""
    for group in _GROUPS:
        if group.parameter_id == parameter_id:
            return group
    raise NotSupportedError(f"domain parameters {parameter_id}")


def group_of_x942(parameters_der: bytes) -> DhGroup:
    """The group of X9.42 DomainParameters (RFC 3279 §2.3.3: p, g, q, and what proves them, which is not looked at).

    Raises MalformedError, NotSupportedError.
    """
    members = der.parts(tlv.parse_one(parameters_der))
    if not 3 <= len(members) <= 5:
        raise MalformedError("Diffie-Hellman parameters: three to five members are required")
    p, base, order = (der.unsigned(member) for member in members[:3])
    if order.bit_length() not in _ORDER_BITS:
        raise NotSupportedError("Diffie-Hellman parameters: size of the subgroup")
    return _explicit(p, base, order, 0)


def group_of_pkcs3(parameters_der: bytes) -> DhGroup:
    """The group of PKCS #3 DHParameter (p, g and perhaps the length of private keys).

    Raises MalformedError, NotSupportedError.
    """
    members = der.parts(tlv.parse_one(parameters_der))
    if not 2 <= len(members) <= 3:
        raise MalformedError("Diffie-Hellman parameters: two or three members are required")
    p, base = der.unsigned(members[0]), der.unsigned(members[1])
    longest = p.bit_length() - 1
    private_bits = der.unsigned(members[2]) if len(members) == 3 else longest
    if private_bits not in _ORDER_BITS or private_bits > longest:
        raise NotSupportedError("Diffie-Hellman parameters: length of private keys")
    return _explicit(p, base, None, private_bits)


def _explicit(p: int, base: int, order: int | None, private_bits: int) -> DhGroup:
    for group in _GROUPS:
        if (group.p, group.base) == (p, base) and order in (None, group.order):
            return group
    if p.bit_length() not in _PRIME_BITS:
        raise NotSupportedError("Diffie-Hellman parameters: size of the prime")
    if p % 2 == 0 or not 1 < base < p - 1:
        raise MalformedError("Diffie-Hellman parameters: prime or generator out of range")
    if order is not None and (p - 1) % order:
        raise MalformedError("Diffie-Hellman parameters: no subgroup has this order")
    return DhGroup(f"explicit MODP {p.bit_length()}", None, p, base, order, private_bits)


def _numbers(name: str, parameter_id: int, p: str, base: str, order: str) -> DhGroup:
    return DhGroup(name, parameter_id, int(p, 16), int(base, 16), int(order, 16))


_GROUPS = (
    _numbers(
        "MODP 1024/160",
        0,
        "b10b8f96a080e01dde92de5eae5d54ec52c99fbcfb06a3c69a6a9dca52d23b616073e28675a23d189838ef1e2ee652c0"
        "13ecb4aea906112324975c3cd49b83bfaccbdd7d90c4bd7098488e9c219a73724effd6fae5644738faa31a4ff55bccc0"
        "a151af5f0dc8b4bd45bf37df365c1a65e68cfda76d4da708df1fb2bc2e4a4371",
        "a4d1cbd5c3fd34126765a442efb99905f8104dd258ac507fd6406cff14266d31266fea1e5c41564b777e690f5504f213"
        "160217b4b01b886a5e91547f9e2749f4d7fbd7d3b9a92ee1909d0d2263f80a76a6a24c087a091f531dbf0a0169b6a28a"
        "d662a4d18e73afa32d779d5918d08bc8858f4dcef97c2a24855e6eeb22b3b2e5",
        "f518aa8781a8df278aba4e7d64b7cb9d49462353",
    ),
    _numbers(
        "MODP 2048/224",
        1,
        "ad107e1e9123a9d0d660faa79559c51fa20d64e5683b9fd1b54b1597b61d0a75e6fa141df95a56dbaf9a3c407ba1df15"
        "eb3d688a309c180e1de6b85a1274a0a66d3f8152ad6ac2129037c9edefda4df8d91e8fef55b7394b7ad5b7d0b6c12207"
        "c9f98d11ed34dbf6c6ba0b2c8bbc27be6a00e0a0b9c49708b3bf8a317091883681286130bc8985db1602e714415d9330"
        "278273c7de31efdc7310f7121fd5a07415987d9adc0a486dcdf93acc44328387315d75e198c641a480cd86a1b9e587e8"
        "be60e69cc928b2b9c52172e413042e9b23f10b0e16e79763c9b53dcf4ba80a29e3fb73c16b8e75b97ef363e2ffa31f71"
        "cf9de5384e71b81c0ac4dffe0c10e64f",
        "ac4032ef4f2d9ae39df30b5c8ffdac506cdebe7b89998caf74866a08cfe4ffe3a6824a4e10b9a6f0dd921f01a70c4afa"
        "ab739d7700c29f52c57db17c620a8652be5e9001a8d66ad7c17669101999024af4d027275ac1348bb8a762d0521bc98a"
        "e247150422ea1ed409939d54da7460cdb5f6c6b250717cbef180eb34118e98d119529a45d6f834566e3025e316a330ef"
        "bb77a86f0c1ab15b051ae3d428c8f8acb70a8137150b8eeb10e183edd19963ddd9e263e4770589ef6aa21e7f5f2ff381"
        "b539cce3409d13cd566afbb48d6c019181e1bcfe94b30269edfe72fe9b6aa4bd7b5a0f1c71cfff4c19c418e1f6ec0179"
        "81bc087f2a7065b384b890d3191f2bfa",
        "801c0d34c58d93fe997177101f80535a4738cebcbf389a99b36371eb",
    ),
    _numbers(
        "MODP 2048/256",
        2,
        "87a8e61db4b6663cffbbd19c651959998ceef608660dd0f25d2ceed4435e3b00e00df8f1d61957d4faf7df4561b2aa30"
        "16c3d91134096faa3bf4296d830e9a7c209e0c6497517abd5a8a9d306bcf67ed91f9e6725b4758c022e0b1ef4275bf7b"
        "6c5bfc11d45f9088b941f54eb1e59bb8bc39a0bf12307f5c4fdb70c581b23f76b63acae1caa6b7902d52526735488a0e"
        "f13c6d9a51bfa4ab3ad8347796524d8ef6a167b5a41825d967e144e5140564251ccacb83e6b486f6b3ca3f7971506026"
        "c0b857f689962856ded4010abd0be621c3a3960a54e710c375f26375d7014103a4b54330c198af126116d2276e11715f"
        "693877fad7ef09cadb094ae91e1a1597",
        "3fb32c9b73134d0b2e77506660edbd484ca7b18f21ef205407f4793a1a0ba12510dbc15077be463fff4fed4aac0bb555"
        "be3a6c1b0c6b47b1bc3773bf7e8c6f62901228f8c28cbb18a55ae31341000a650196f931c77a57f2ddf463e5e9ec144b"
        "777de62aaab8a8628ac376d282d6ed3864e67982428ebc831d14348f6f2f9193b5045af2767164e1dfc967c1fb3f2e55"
        "a4bd1bffe83b9c80d052b985d182ea0adb2a3b7313d3fe14c8484b1e052588b9b7d2bbd2df016199ecd06e1557cd0915"
        "b3353bbb64e0ec377fd028370df92b52c7891428cdc67eb6184b523d1db246c32f63078490f00ef8d647d148d4795451"
        "5e2327cfef98c582664b4c0f6cc41659",
        "8cf83642a709a097b447997640129da299b1a47d1eb3750ba308b0fe64f5fbd3",
    ),
)
