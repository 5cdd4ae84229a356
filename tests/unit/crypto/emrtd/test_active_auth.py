from __future__ import annotations

import hashlib
from collections.abc import Callable

import ecdsa
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import curves, der, dh, tlv
from crypto.apdu import Channel, Command, Response
from crypto.emrtd import active_auth, keys
from crypto.emrtd.keys import Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.public_keys import EcKey, RsaKey
from crypto.emrtd.security_infos import ActiveAuthInfo, SecurityInfos
from crypto.errors import CloneSuspectedError, MalformedError, NotSupportedError, ProofError, StatusError
from tests.unit.crypto.emrtd.cards import ProtectedCard, constants, plain

CHALLENGE = bytes.fromhex("f173589974bf40c6")
# ICAO 9303-11 appendix F: M1 and the message representative with trailer BC.
ICAO = constants("AATest")
TRAILERS = {"sha1": "33cc", "sha256": "34cc", "sha512": "35cc", "sha384": "36cc", "sha224": "38cc"}
PLAIN = "0.4.0.127.0.7.1.1.4.1."


def fixed(size: int) -> bytes:
    assert size == len(CHALLENGE)
    return CHALLENGE


class RsaSigner:
    def __init__(self, bits: int) -> None:
        numbers = rsa.generate_private_key(65537, bits).private_numbers()
        self.public = RsaKey(numbers.public_numbers.n, 65537)
        self.private = numbers.d

    def raw(self, representative: bytes) -> bytes:
        number = int.from_bytes(representative, "big")
        return pow(number, self.private, self.public.modulus).to_bytes(self.public.size, "big")

    def sign(self, challenge: bytes, hash_name: str = "sha256", trailer: str = "", filler: int = 0) -> bytes:
        end = bytes.fromhex(trailer or TRAILERS[hash_name])
        header = b"\x6a" if not filler else b"\x6b" + b"\xbb" * (filler - 1) + b"\xba"
        size = self.public.size - len(header) - len(end) - hashlib.new(hash_name).digest_size
        message = bytes(n * 7 % 256 for n in range(size))
        return self.raw(header + message + hashlib.new(hash_name, message + challenge).digest() + end)

    @property
    def dg15(self) -> bytes:
        numbers = der.encode_unsigned(self.public.modulus) + der.encode_unsigned(self.public.exponent)
        return dg15("1.2.840.113549.1.1.1", b"\x05\x00", tlv.encode(der.SEQUENCE, numbers))


def dg15(algorithm: str, parameters: bytes, raw: bytes) -> bytes:
    oid = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(algorithm))
    key = tlv.encode(der.SEQUENCE, oid + parameters) + tlv.encode(der.BIT_STRING, b"\x00" + raw)
    return tlv.encode(0x6F, tlv.encode(der.SEQUENCE, key))


@pytest.fixture(scope="module")
def signer() -> RsaSigner:
    return RsaSigner(1024)


@pytest.fixture(scope="module")
def long_signer() -> RsaSigner:
    return RsaSigner(2048)


def answering(sign: Callable[[bytes], bytes]) -> Channel:
    def answer(command: Command) -> Response:
        assert command.header == b"\x00\x88\x00\x00"
        return Response(sign(command.data), 0x9000)

    return plain(answer)


def test_worked_example_of_icao(signer: RsaSigner) -> None:
    assert ICAO[0] == CHALLENGE
    assert active_auth.verify_rsa(signer.public, CHALLENGE, signer.raw(ICAO[3])) == "sha1"
    with pytest.raises(CloneSuspectedError):
        active_auth.verify_rsa(signer.public, bytes(8), signer.raw(ICAO[3]))


@pytest.mark.parametrize("hash_name", TRAILERS)
@pytest.mark.parametrize("filler", [0, 1, 2])
def test_every_hash_of_the_trailer_table_verifies(signer: RsaSigner, hash_name: str, filler: int) -> None:
    signature = signer.sign(CHALLENGE, hash_name, filler=filler)
    assert active_auth.verify_rsa(signer.public, CHALLENGE, signature) == hash_name
    with pytest.raises(CloneSuspectedError):
        active_auth.verify_rsa(signer.public, CHALLENGE[::-1], signature)


def test_the_smaller_of_two_equivalent_signatures_verifies(signer: RsaSigner) -> None:
    signature = int.from_bytes(signer.sign(CHALLENGE), "big")
    other = (signer.public.modulus - signature).to_bytes(signer.public.size, "big")
    assert active_auth.verify_rsa(signer.public, CHALLENGE, other) == "sha256"


@pytest.mark.parametrize(
    "representative",
    [
        "4a" + "00" * 126 + "bc",
        "6b" + "bb" * 126 + "bc",
        "6b" + "bb" * 110 + "ba" + "00" * 15 + "bc",
        "6c" + "00" * 126 + "bc",
        "6b" + "ab" + "00" * 125 + "bc",
        "6a" + "00" * 125 + "31cc",
        "6a" + "00" * 126 + "0c",
        "00" * 127 + "0c",
    ],
)
def test_recovered_nonsense_is_a_suspected_clone(signer: RsaSigner, representative: str) -> None:
    with pytest.raises(CloneSuspectedError):
        active_auth.verify_rsa(signer.public, CHALLENGE, signer.raw(bytes.fromhex(representative)))


@given(st.binary(min_size=128, max_size=128))
@settings(max_examples=100)
def test_no_bytes_of_a_stranger_verify(signer: RsaSigner, signature: bytes) -> None:
    with pytest.raises(CloneSuspectedError):
        active_auth.verify_rsa(signer.public, CHALLENGE, signature)


@given(st.binary(min_size=126, max_size=126))
@settings(max_examples=100)
def test_no_recovered_bytes_crash_the_check(signer: RsaSigner, inner: bytes) -> None:
    with pytest.raises(CloneSuspectedError):
        active_auth.verify_rsa(signer.public, CHALLENGE, signer.raw(b"\x6a" + inner + b"\xcc"))


def test_a_signature_cut_short_accuses_nobody(signer: RsaSigner) -> None:
    with pytest.raises(MalformedError):
        active_auth.verify_rsa(signer.public, CHALLENGE, signer.sign(CHALLENGE)[:-1])


def test_a_modulus_that_is_not_whole_bytes_is_not_supported() -> None:
    with pytest.raises(NotSupportedError):
        active_auth.verify_rsa(RsaKey((1 << 1024) + 1, 3), CHALLENGE, bytes(129))


def test_a_signature_without_its_leading_zeros_verifies(signer: RsaSigner) -> None:
    challenge = next(
        number.to_bytes(8, "big") for number in range(20_000) if signer.sign(number.to_bytes(8, "big"))[0] == 0
    )
    short = signer.sign(challenge).lstrip(b"\x00")
    assert active_auth.verify_rsa(signer.public, challenge, short) == "sha256"


@pytest.mark.parametrize("raw", [b"", b"\x01", bytes(129), b"\xff" * 129])
def test_a_signature_of_another_length_accuses_nobody(signer: RsaSigner, raw: bytes) -> None:
    with pytest.raises(MalformedError):
        active_auth.verify_rsa(signer.public, CHALLENGE, raw)


def test_a_signature_is_verified_again_from_what_was_kept(signer: RsaSigner) -> None:
    kept = active_auth.authenticate(answering(signer.sign), signer.dg15, None, fixed)
    assert (kept.challenge, len(kept.signature)) == (CHALLENGE, 128)
    assert active_auth.verify(signer.dg15, None, kept.challenge, kept.signature) == kept.algorithm
    with pytest.raises(CloneSuspectedError):
        active_auth.verify(signer.dg15, None, kept.challenge[::-1], kept.signature)
    file, channel = ec_chip(14, "sha384", as_der=True)
    infos = SecurityInfos(active_auth=ActiveAuthInfo(PLAIN + "4"))
    kept = active_auth.authenticate(channel, file, infos, fixed)
    assert active_auth.verify(file, infos, kept.challenge, kept.signature) == "ECDSA brainpoolP320r1 SHA-384"
    with pytest.raises(CloneSuspectedError):
        active_auth.verify(file, SecurityInfos(), kept.challenge, kept.signature)
    assert kept.signature.hex() not in repr(kept)


def test_a_key_that_cannot_sign_is_not_supported() -> None:
    file = dg15("0.4.0.127.0.7.1.2", der.encode_unsigned(0), der.encode_unsigned(dh.by_parameter_id(0).base))
    with pytest.raises(NotSupportedError, match="cannot sign"):
        active_auth.verify(file, None, CHALLENGE, b"")


@pytest.mark.parametrize("parameter_id", [12, 14])
def test_an_ecdsa_signature_with_leading_zeros_verifies(parameter_id: int) -> None:
    file, channel = ec_chip(parameter_id, "sha256", as_der=False)
    size = curves.by_parameter_id(parameter_id).order_size

    def ask(number: int) -> bytes:
        return channel.send(Command(0x00, 0x88, 0, 0, number.to_bytes(8, "big"), 256)).data

    found = next(number for number in range(5000) if ask(number)[0] == 0)
    signature = ask(found)
    assert len(signature) == 2 * size
    assert active_auth.verify(file, None, found.to_bytes(8, "big"), signature).startswith("ECDSA ")


def test_signatures_with_leading_zeros_keep_their_length(signer: RsaSigner) -> None:
    challenge = next(
        number.to_bytes(8, "big") for number in range(20_000) if signer.sign(number.to_bytes(8, "big"))[0] == 0
    )
    assert active_auth.verify_rsa(signer.public, challenge, signer.sign(challenge)) == "sha256"


def test_a_genuine_rsa_chip_names_its_algorithm(signer: RsaSigner, long_signer: RsaSigner) -> None:
    for one, hash_name, trailer, name in (
        (signer, "sha1", "bc", "RSA SHA-1"),
        (long_signer, "sha256", "", "RSA SHA-256"),
    ):
        channel = answering(lambda data, s=one, h=hash_name, t=trailer: s.sign(data, h, t))  # type: ignore[misc]
        assert active_auth.authenticate(channel, one.dg15, None, fixed).algorithm == name


def protected(handler: Callable[[Command], Response]) -> tuple[ProtectedCard, Channel]:
    session = keys.derive_session(Suite.AES_128, b"session")
    card = ProtectedCard(session, handler)
    channel = card.channel()
    channel.secure(SecureMessaging(session))
    return card, channel


def test_a_short_signature_is_asked_for_in_the_short_form(signer: RsaSigner, long_signer: RsaSigner) -> None:
    for one, extended in ((signer, False), (long_signer, True)):
        card, channel = protected(lambda command, s=one: Response(s.sign(command.data), 0x9000))  # type: ignore[misc]
        active_auth.authenticate(channel, one.dg15, None, fixed)
        assert (card.raw[0][4] == 0) is extended


def test_a_chip_without_extended_length_is_asked_again(long_signer: RsaSigner) -> None:
    card, channel = protected(lambda command: Response(b"", 0x6F00))
    card.bare[1] = 0x6700
    with pytest.raises(StatusError) as caught:
        active_auth.authenticate(channel, long_signer.dg15, None, fixed)
    assert caught.value.sw == 0x6F00
    assert [raw[4] == 0 for raw in card.raw] == [True, False]


def ec_chip(parameter_id: int, hash_name: str, *, as_der: bool) -> tuple[bytes, Channel]:
    curve = curves.by_parameter_id(parameter_id)
    known = next(one for one in ecdsa.curves.curves if one.order == curve.order)
    key = ecdsa.SigningKey.from_secret_exponent(0xDEC0DE, curve=known)
    encode = ecdsa.util.sigencode_der if as_der else ecdsa.util.sigencode_string

    def sign(data: bytes) -> bytes:
        digest = hashlib.new(hash_name, data).digest()
        made = key.sign_digest_deterministic(digest, hashlib.sha256, sigencode=encode, allow_truncate=True)
        assert isinstance(made, bytes)
        return made

    oid = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(curve.oid))
    return dg15("1.2.840.10045.2.1", oid, curve.encode(curve.public(0xDEC0DE))), answering(sign)


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384"])
def test_a_chip_that_names_no_hash_may_use_any_that_fits_its_curve(hash_name: str) -> None:
    """Doc 9303-11 §6.1 asks for the name in DG14; an older chip without it is no clone for its hash."""
    file, channel = ec_chip(16, hash_name, as_der=False)
    name = f"ECDSA brainpoolP384r1 SHA-{hash_name[3:]}"
    assert active_auth.authenticate(channel, file, None, fixed).algorithm == name
    with pytest.raises(CloneSuspectedError):
        active_auth.authenticate(channel, file, SecurityInfos(active_auth=ActiveAuthInfo(PLAIN + "5")), fixed)


@pytest.mark.parametrize("as_der", [False, True])
@pytest.mark.parametrize(
    ("parameter_id", "hash_name", "name"),
    [
        (8, "sha1", "ECDSA P-192 SHA-1"),
        (10, "sha224", "ECDSA P-224 SHA-224"),
        (12, "sha256", "ECDSA P-256 SHA-256"),
        (14, "sha256", "ECDSA brainpoolP320r1 SHA-256"),
        (16, "sha384", "ECDSA brainpoolP384r1 SHA-384"),
        (17, "sha512", "ECDSA brainpoolP512r1 SHA-512"),
        (18, "sha512", "ECDSA P-521 SHA-512"),
    ],
)
def test_without_infos_the_hash_is_the_one_that_fits_the_curve(
    parameter_id: int, hash_name: str, name: str, as_der: bool
) -> None:
    file, channel = ec_chip(parameter_id, hash_name, as_der=as_der)
    assert active_auth.authenticate(channel, file, SecurityInfos(), fixed).algorithm == name


@pytest.mark.parametrize(
    ("oid", "hash_name"),
    [
        (PLAIN + "1", "sha1"),
        (PLAIN + "2", "sha224"),
        (PLAIN + "3", "sha256"),
        (PLAIN + "4", "sha384"),
        (PLAIN + "5", "sha512"),
        ("1.2.840.10045.4.1", "sha1"),
        ("1.2.840.10045.4.3.4", "sha512"),
    ],
)
def test_the_infos_name_the_hash(oid: str, hash_name: str) -> None:
    file, channel = ec_chip(13, hash_name, as_der=False)
    infos = SecurityInfos(active_auth=ActiveAuthInfo(oid))
    assert active_auth.authenticate(channel, file, infos, fixed).algorithm.startswith("ECDSA brainpoolP256r1 SHA-")


def test_a_signature_that_nobody_knows_is_not_supported() -> None:
    file, channel = ec_chip(13, "sha256", as_der=False)
    with pytest.raises(NotSupportedError):
        active_auth.authenticate(channel, file, SecurityInfos(active_auth=ActiveAuthInfo(PLAIN + "6")), fixed)
    assert channel.apdus == 0


def test_a_chip_with_another_private_key_is_a_suspected_clone(signer: RsaSigner, long_signer: RsaSigner) -> None:
    with pytest.raises(CloneSuspectedError):
        active_auth.authenticate(answering(RsaSigner(1024).sign), signer.dg15, None, fixed)
    file, _ = ec_chip(12, "sha256", as_der=False)
    _, other = ec_chip(13, "sha256", as_der=False)
    with pytest.raises(CloneSuspectedError):
        active_auth.authenticate(other, file, None, fixed)


@given(st.binary(max_size=80))
@settings(max_examples=100)
def test_no_bytes_of_a_stranger_verify_as_ecdsa(signature: bytes) -> None:
    curve = curves.by_parameter_id(12)
    with pytest.raises(CloneSuspectedError):
        active_auth.verify_ec(EcKey(curve, curve.public(5)), "sha256", CHALLENGE, signature)


def test_a_chip_that_refuses_to_sign_gives_its_status(signer: RsaSigner) -> None:
    with pytest.raises(StatusError):
        active_auth.authenticate(plain(lambda command: Response(b"", 0x6D00)), signer.dg15, None, fixed)


@given(st.binary(max_size=60))
def test_any_bytes_as_dg15_give_the_documented_errors(raw: bytes) -> None:
    with pytest.raises((ProofError, StatusError)):
        active_auth.authenticate(plain(lambda command: Response(b"", 0x6D00)), tlv.encode(0x6F, raw), None, fixed)
