"""PACE's worked examples of ICAO Doc 9303-11, appendices G.2, H and I, played from the card's side.

Values not in tests/vectors are the appendices' own: the chip's private keys.
"""

from __future__ import annotations

from crypto import curves, dh, tlv
from crypto.emrtd.keys import SessionKeys, Suite
from drivers.simulator.card.contents import Contents, Mapping, PaceOffer
from drivers.simulator.card.pace_chip_authentication import chip_authentication_data
from drivers.simulator.card.pace_integrated import into_curve, pseudo_random
from drivers.simulator.chip import Chip
from drivers.simulator.private_keys import EcPrivate
from tests.unit.drivers.simulator.card.scripted import published, scripted, send

DH_GENERIC = published("PACE_DH_GMTest")
DH_INTEGRATED = published("PACE_DH_IMTest")
ECDH_INTEGRATED = published("PACE_ECDH_IMTest")
GROUP = dh.by_parameter_id(0)
CURVE = curves.by_parameter_id(13)
MRZ, CAN = "01", "02"

CHIP_AGREES = {
    "H.1": "107cf58696ef6155053340fd633392ba81909df7b9706f226f32086c7aff974a",
    "H.2": "020f018c7284b047fa7721a337efb7acb1440bb30c5252bd41c97c30c994bb78e9f0c5b32744d84017d21ffa6878396a"
    "6469ca283ef5c000daf7d261a39ab8860ed4610ab5343390897aab5a7787e4faefa0649c6a94fdf82d991e8e3fc332f5"
    "142729e7040a3f7d5a4d3cd75cbee1f043c1cad2dd484feb4ed22b597d36688e",
}
"""The chip's private keys for the agreement, of appendices H.1 (points) and H.2 (residues)."""


def opening(offer: PaceOffer, reference: str, *random: str) -> Chip:
    """A chip with which MSE:Set AT is done for the password of that reference."""
    chip = Chip(Contents({}, "T22000129364081251010318", can="123456", pace=(offer,)), random=scripted(*random))
    body = tlv.encode(0x80, offer.oid_bytes) + bytes.fromhex("8301" + reference)
    assert send(chip, f"0022C1A4{len(body):02x}{body.hex()}") == "9000"
    return chip


def step(chip: Chip, tag: int = 0, value: str = "", *, last: bool = False) -> list[str]:
    """The values in the answer to one GENERAL AUTHENTICATE."""
    body = tlv.encode(0x7C, tlv.encode(tag, bytes.fromhex(value)) if tag else b"")
    length = f"{len(body):02x}" if len(body) < 256 else f"00{len(body):04x}"
    answer = send(chip, f"{'00' if last else '10'}860000{length}{body.hex()}" + ("00" if len(body) < 256 else "0000"))
    assert answer.endswith("9000")
    return [item.value.hex() for item in tlv.parse_one(bytes.fromhex(answer[:-4]), 0x7C).children()]


def test_generic_mapping_with_residues() -> None:
    rows = DH_GENERIC
    chip = opening(
        PaceOffer(Suite.AES_128, GROUP, 0),
        MRZ,
        rows[5],
        "66ddafeac1609cb5b963bb0cb3ff8b3e047f336c",
        "a5b780126b7c980e9fcea1d4539da1d27c342dfa",
    )
    assert step(chip) == [rows[3]]
    assert step(chip, 0x81, rows[8]) == [rows[9]]
    assert step(chip, 0x83, rows[20]) == [rows[17]]
    assert step(chip, 0x85, rows[19], last=True) == [rows[21]]


def test_integrated_mapping_with_residues() -> None:
    rows = DH_INTEGRATED
    # The published exponent is longer than the order of the group; what counts is its remainder.
    private = int(CHIP_AGREES["H.2"], 16) % (GROUP.order or 0)
    offer = PaceOffer(Suite.AES_128, GROUP, 0, Mapping.INTEGRATED)
    chip = opening(offer, CAN, rows[5], f"{private:040x}")
    assert step(chip) == [rows[3]]
    assert step(chip, 0x81, rows[11]) == [""]
    assert step(chip, 0x83, rows[23]) == [rows[16]]
    assert step(chip, 0x85, rows[22], last=True) == [rows[24]]


def test_integrated_mapping_with_points() -> None:
    rows = ECDH_INTEGRATED
    offer = PaceOffer(Suite.AES_128, CURVE, 13, Mapping.INTEGRATED)
    chip = opening(offer, CAN, rows[2], CHIP_AGREES["H.1"])
    assert step(chip) == [rows[0]]
    assert step(chip, 0x81, rows[8]) == [""]
    assert step(chip, 0x83, rows[15]) == [rows[16]]
    assert step(chip, 0x85, rows[22], last=True) == [rows[24]]


def test_pseudo_random_numbers_and_mapped_generator_are_the_published_ones() -> None:
    nonce, theirs = (bytes.fromhex(ECDH_INTEGRATED[at]) for at in (7, 8))
    stretched = pseudo_random(Suite.AES_128, nonce, theirs, CURVE.p)
    assert stretched.hex() == ECDH_INTEGRATED[9]
    assert int.from_bytes(stretched, "big") % CURVE.p == int(ECDH_INTEGRATED[10], 16)
    assert into_curve(CURVE, int(ECDH_INTEGRATED[10], 16)).hex() == ECDH_INTEGRATED[13]
    nonce, theirs = (bytes.fromhex(DH_INTEGRATED[at]) for at in (10, 11))
    assert pseudo_random(Suite.AES_128, nonce, theirs, GROUP.p).hex() == DH_INTEGRATED[12]


def test_chip_authentication_mapping_encrypts_the_published_proof() -> None:
    # Appendix I.1: SK_IC follows from CA_IC and SK_Map,IC there; PK_IC is printed and checks it.
    static = EcPrivate(CURVE, int("86c88a4579ce48135878e6348a734b5d47ce5bc1e54c0e8978687b49fde2e2c2", 16))
    assert CURVE.encode(static.point).hex() == (
        "041872709494399e7470a6431be25e83eee24fea568c2ed28db48e05db3a610dc8"
        "84d256a40e35efcb59bf6753d3a489d28c7a4d973c2da138a6e7a4a08f68e16f"
    )
    mapping = int("9e56a6b59c95d06ece5cd10f983bb2f4f1943528e577f23881d89d8c3bbee0aa", 16)
    assert CURVE.encode(CURVE.public(mapping)).hex() == (
        "04a234236aa9b9621e8efb73b5245c0e09d2576e5277183c1208bdd55280cae8b3"
        "04f365713a356e65a451e165ecc9ac0ac46e3771342c8fe5aedd092685338e23"
    )
    keys = SessionKeys(
        Suite.AES_128,
        bytes.fromhex("0a9da4db03bdde39fc5202bc44b2e89e"),
        bytes.fromhex("4b1c06491ed5140ca2b537d344c6c0b1"),
    )
    assert chip_authentication_data(static, mapping, keys).hex() == (
        "1eea964daae372ac990e3efde6333353bfc89a6704d93da8798cf77f5b7a54bd10cba372b42be0b9b5f28aa8de2f4f92"
    )
