"""Writes the seed inputs anew, from published vectors and the simulated issuer: ``python -m fuzz.seeds``.

Keys of RSA and signatures are drawn anew each time, so a change here changes files that say the same as before.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto import der, tlv
from crypto.codes import cbor, ticket
from crypto.emrtd.dg7 import encode_dg7
from crypto.emrtd.face import encode_dg2
from crypto.emrtd.lds import Ef
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.certificate import Certificate
from crypto.trust.container import Record, compose
from drivers.simulator.card.contents import Contents
from drivers.simulator.issuer.authority import Authority, SignerKind
from drivers.simulator.issuer.details import encode_dg11, encode_dg12, encode_dg16
from drivers.simulator.issuer.signed_data import compose_signed_data
from drivers.simulator.personalise import personalise
from drivers.simulator.profiles import PROFILES
from fuzz.card_steps import ACTIVE_KEY, CHALLENGE
from fuzz.steps import NOW, TICKET_KEY, evidence_owner
from fuzz.table import BY_NAME
from fuzz.target import SEEDS
from terminal.evidence.bundle import encode
from terminal.evidence.envelope import seal
from terminal.evidence.keys import make_key
from tests.unit.terminal.evidence.material import evidence

_VECTORS = Path(__file__).parents[1] / "tests" / "vectors"
_TRANSCRIPTS = _VECTORS / "transcripts"
_SETTINGS = Path(__file__).parents[1] / "config"
_CHIPS = ("cccd-2021", "cccd-2024", "bac-only", "explicit-curve")
_INSURANCE = (
    "0123456789|4e677579e1bb856e2056c4836e205468e1bbad|20/11/1990|1|"
    "5068c6b0e1bb9d6e67204769e1baa320c490e1bb8b6e682c2048c3a0204ee1bb9969|01 - 000|01/01/2026|31/12/2026|15/12/2025|"
    "01000123456789|-|4| 01/01/2027|0123456789abcdef-1202|4|5468c3a06e68207068e1bb912048c3a0204ee1bb9969|$"
)
_PAYMENT = (
    "00020101021238540010A00000072701240006970400011000000000000208QRIBFTTA530370454061500005802VN"
    "62170813VE THU NGHIEM63046A62"
)


def main() -> None:
    """Replace all seeds by new ones."""
    shutil.rmtree(SEEDS, ignore_errors=True)
    for name, seeds in _all().items():
        (SEEDS / name).mkdir(parents=True)
        for number, seed in enumerate(dict.fromkeys(seeds), start=1):
            if len(seed) <= BY_NAME[name].max_len:
                (SEEDS / name / f"{number:02}").write_bytes(seed)


def _all() -> dict[str, list[bytes]]:
    authority = Authority(b"seeds of the fuzzers")
    chips = [personalise(PROFILES[name].person, PROFILES[name].make, authority) for name in _CHIPS]
    return {**_encodings(chips), **_messages(), **_files(chips), **_trust(authority, chips), **_codes()}


def _encodings(chips: list[Contents]) -> dict[str, list[bytes]]:
    prime = int.from_bytes(_vectors("PACE_DH_GMTest.json", "DOMAIN_DH_1024_160")[0], "big")
    small = [chip.files[ef] for chip in chips for ef in (Ef.COM, Ef.DG13, Ef.DG14, Ef.DG15)]
    keys = [tlv.parse_one(chip.files[Ef.DG15]).value for chip in chips]
    return {
        "tlv": small,
        "der": keys,
        "apdu": [
            bytes.fromhex(text)
            for text in ("00a4020c02011e", "00b0000000", "00b00000000000", "0084000008", "10860000027c0000", "9000")
        ],
        "ber": [*small, bytes.fromhex("3080 2480 0402 0102 0401 03 0000 0000"), bytes.fromhex("30800201010000")],
        "base45": [b"BB8", b"%69 VD92EX0", b"QED8WEX0"],  # RFC 9285, section 4.4
        "cbor": [cbor.encode({1: -8, 4: b"\x01" * 8}), cbor.encode([b"", {}, "Tr\u1ea1m", -1, 1 << 40])],
        "public-key": keys,
        "dh-group": [_numbers(prime, 4, (1 << 159) + 7), _numbers(prime, 4), _numbers(prime, 4, 160)],
        "curve": [_parameters(key) for key in keys if _parameters(key)],
    }


def _numbers(*numbers: int) -> bytes:
    return tlv.encode(der.SEQUENCE, b"".join(der.encode_unsigned(number) for number in numbers))


def _parameters(key: bytes) -> bytes:
    """The domain parameters of an elliptic key; empty for RSA."""
    algorithm = tlv.parse_one(key).children()[0].children()
    return algorithm[1].encode() if algorithm[1].value else b""


def _messages() -> dict[str, list[bytes]]:
    protected = _vectors("SMTest.json", "responseAPDU")
    public = ec.derive_private_key(7, ec.BrainpoolP256R1()).public_key()
    nonce = "7c128010" + "5a" * 16 + "9000"
    point = "7c43824104" + public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()[2:] + "9000"
    first = tlv.encode(Ef.DG1.tag, b"\x5f\x1f\x5a" + b"I<" * 45)
    return {
        "card-access": [bytes.fromhex(_json("ef_cardaccess_cccd.json")["hex"]), *_simulated_card_access()],
        "atr-info": [bytes.fromhex("47039495407f66080202040002020400"), bytes.fromhex("47030000000000")],
        "pace-answers": [
            bytes([0, 1]) + _answers(*(bytes.fromhex(text) for text in ("9000", nonce, "7c8182818102", "63c2"))),
            bytes([1, 1]) + _answers(*(bytes.fromhex(text) for text in ("9000", nonce, point, point, "6300"))),
            bytes([4, 3]) + _answers(*(bytes.fromhex(text) for text in ("9000", nonce, point, "6300"))),
        ],
        "active-answer": [
            b"\x00" + b"\x6a" + b"\x11" * 106 + b"\x22" * 20 + b"\xbc",
            b"\x00" + b"\x4b" + b"\xbb" * 93 + b"\xba" + b"\x22" * 32 + b"\x34\xcc",
            b"\xff" + ACTIVE_KEY.sign(CHALLENGE, ec.ECDSA(hashes.SHA256())),
            b"\xff" + b"\x01" * 64,
            b"\xff" + bytes.fromhex("3006020101020101"),
        ],
        "bare-response": [b"\x00" + answer for answer in protected]
        + [b"\x01\x69\x88", b"\x02\x6c\x10", b"\x03\x61\x00"],
        "signed-response": [bytes([number]) + answer[:-12] for number in range(4) for answer in protected],
        "read-file": [
            _answers(first[:20] + b"\x90\x00", first[20:] + b"\x90\x00"),
            _answers(b"\x6a\x82", b"\x90\x00", b"\x6c\x40", first[:64] + b"\x90\x00", first[64:] + b"\x62\x82"),
            _answers(first[:9] + b"\x61\x20", first[9:41] + b"\x90\x00", b"\x6b\x00"),
        ],
    }


def _simulated_card_access() -> list[bytes]:
    chip = personalise(PROFILES["pace-p256"].person, PROFILES["pace-p256"].make, Authority(b"seeds of the fuzzers"))
    return [chip.files[Ef.CARD_ACCESS]]


def _answers(*answers: bytes) -> bytes:
    return b"".join(bytes([len(answer)]) + answer for answer in answers)


def _files(chips: list[Contents]) -> dict[str, list[bytes]]:
    zones = [tlv.parse_one(tlv.parse_one(chip.files[Ef.DG1]).value).value for chip in chips]
    # The specimens of Doc 9303: part 5 appendix B (TD1), part 6 (TD2), part 4 (TD3).
    specimens = [
        b"I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        b"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6",
        b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ]
    people = [PROFILES[name].person for name in _CHIPS[:2]]
    return {
        "com": [chip.files[Ef.COM] for chip in chips],
        "mrz": zones + specimens,
        "dg1": [tlv.encode(Ef.DG1.tag, tlv.encode(0x5F1F, zone)) for zone in zones + specimens],
        "dg2": [encode_dg2(_portrait())],
        "dg7": [encode_dg7(_portrait())],
        "dg11": [encode_dg11(person) for person in people],
        "dg12": [encode_dg12(person) for person in people],
        "dg16": [encode_dg16(person) for person in people],
        "dg13": [chip.files[Ef.DG13] for chip in chips],
        "dg14": [chip.files[Ef.DG14] for chip in chips],
    }


def _portrait() -> bytes:
    """A whole JPEG of the fewest bytes."""
    from PIL import Image

    found = io.BytesIO()
    Image.new("L", (8, 8), 128).save(found, "JPEG", quality=10)
    return found.getvalue()


def _trust(authority: Authority, chips: list[Contents]) -> dict[str, list[bytes]]:
    signers = [authority.signer(kind) for kind in SignerKind]
    files = {Ef.DG1: chips[0].files[Ef.DG1], Ef.DG13: chips[0].files[Ef.DG13]}
    certificates = [authority.root, *(signer.certificate for signer in signers)]
    newer = authority.renewed()
    infos = tlv.parse_one(chips[1].files[Ef.DG14]).value
    crl = authority.crl({7: NOW, 0x1234567890: NOW})
    anchors = [Anchor(Certificate.parse(authority.root), Provenance(Way.FINGERPRINT, "seed", NOW))]
    entry = {"sha256": "0" * 64, "source": "x", "added_at": "2026-03-04T05:00:00+00:00"}
    return {
        "sod": [signer.sign(files) for signer in signers],
        "card-security": [
            compose_signed_data(infos, "0.4.0.127.0.7.3.2.1", signer.certificate, signer.key) for signer in signers[:2]
        ],
        "certificate": certificates,
        "self-signed": [authority.root, newer.root],
        "certificate-file": [authority.root, *(_pem(one) for one in certificates[:2]), crl],
        "signature-algorithm": [tlv.parse_one(one).children()[1].encode() for one in certificates],
        "master-list": [authority.master_list([authority.root, authority.link(newer), newer.root])],
        "revocation-list": [crl],
        "trust-store": [compose([Record.of_anchor(anchor) for anchor in anchors]), compose([])],
        "trust-index": [json.dumps({"version": 1, "anchors": rows}).encode() for rows in ([], [entry])],
    }


def _pem(certificate: bytes) -> bytes:
    body = base64.encodebytes(certificate)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def _codes() -> dict[str, list[bytes]]:
    cards = [PROFILES[name].person.card_qr() for name in ("cccd-2021", "cccd-2024")]
    tickets = [_ticket(TICKET_KEY, form).encode() for form in ticket.Form]
    link, insurance, payment = b"https://example.vn/x?y=1", _INSURANCE.encode(), _PAYMENT.encode()
    every = [*cards, *tickets, link, insurance, payment, b"]Q1" + cards[0]]
    return {
        "card-qr": [
            *cards,
            cards[0].decode().encode("cp1258", "replace"),
            cards[1].decode().encode().replace(b"|", b"]"),
        ],
        "insurance-qr": [insurance],
        "payment-qr": [payment],
        "ticket": tickets,
        "ticket-key": [ticket.public_half(TICKET_KEY).to_pem()],
        "sniff": every,
        "code": every,
        "transcript": [path.read_bytes() for path in sorted(_TRANSCRIPTS.iterdir()) if path.is_file()],
        "evidence": [_evidence("cccd-2021"), _evidence("cccd-2024")],
        "sealed-evidence": [seal(b"content", evidence_owner().recipient)],
        "evidence-key": [make_key(None)[1]],
        "settings": [path.read_bytes() for path in sorted((*_SETTINGS.glob("*.toml"), *_SETTINGS.glob("profiles/*")))],
    }


def _ticket(key: Ed25519PrivateKey, form: ticket.Form) -> str:
    contents = ticket.Ticket(
        issuer="tests",
        ticket_id="T-1",
        event="e",
        product="p",
        admits=2,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        expires=datetime(2027, 1, 1, tzinfo=UTC),
    )
    return ticket.issue(contents, key, form)


def _evidence(profile: str) -> bytes:
    """Evidence of a card without its photo, which would be most of it."""
    found = evidence(profile)
    return encode(replace(found, files={ef: raw for ef, raw in found.files.items() if ef is not Ef.DG2}))


def _json(name: str) -> Any:
    return json.loads((_VECTORS / name).read_text("utf-8"))


def _vectors(name: str, label: str) -> list[bytes]:
    return [bytes.fromhex(row["hex"]) for test in _json(name) for row in test["constants"] if row["label"] == label]


if __name__ == "__main__":
    main()
