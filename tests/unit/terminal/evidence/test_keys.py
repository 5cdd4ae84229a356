"""Recipients and owners: the key files that are read, what is refused, and that a made pair fits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from crypto.errors import MalformedError, NotSupportedError
from terminal.evidence.keys import Kem, is_encrypted, load_owner, load_recipient, make_key


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Verifier")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


def test_a_made_pair_fits_and_is_in_the_usual_forms() -> None:
    private, public = make_key(None)
    assert load_owner(private).recipient.key_id == load_recipient(public).key_id
    assert load_recipient(public).kem is Kem.X25519
    assert b"BEGIN PRIVATE KEY" in private
    assert not is_encrypted(private)


def test_a_passphrase_locks_the_private_half() -> None:
    private, public = make_key(b"correct horse")
    assert is_encrypted(private)
    assert load_owner(private, b"correct horse").recipient.key_id == load_recipient(public).key_id
    for wrong in (b"wrong horse", None):
        with pytest.raises(MalformedError):
            load_owner(private, wrong)


def test_a_passphrase_for_an_open_key_is_not_used() -> None:
    assert load_owner(make_key(None)[0], b"anything").recipient.kem is Kem.X25519


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_p256_is_taken_bare_and_from_a_certificate_of_any_date(encoding: Encoding) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    found = load_recipient(certificate(key).public_bytes(encoding))
    assert found == load_recipient(public_pem(key)) == load_owner(pem(key)).recipient
    assert found.kem is Kem.P256


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()],
    ids=["P-384", "Ed25519"],
)
def test_other_kinds_of_keys_are_not_supported(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for attempt in (lambda: load_owner(pem(key)), lambda: load_recipient(public)):
        with pytest.raises(NotSupportedError):
            attempt()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"noise",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_key_is_malformed(raw: bytes) -> None:
    for load in (load_owner, load_recipient):
        with pytest.raises(MalformedError):
            load(raw)


def test_a_certificate_of_no_version_is_malformed() -> None:
    der = certificate(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.DER)
    version = bytes.fromhex("A003020102")
    assert version in der
    with pytest.raises(MalformedError):
        load_recipient(der.replace(version, version[:-1] + b"\x07", 1))


def test_a_private_key_is_never_taken_for_a_recipient() -> None:
    with pytest.raises(MalformedError):
        load_recipient(make_key(None)[0])


def test_no_key_shows_itself() -> None:
    private = make_key(None)[0]
    owner = load_owner(private)
    assert "key=" not in repr(owner)
    assert serialization.load_pem_private_key(private, None) is not None
