"""What is weak or irregular about a signed object without making it wrong: reports name it, nobody hides it."""

from __future__ import annotations

from enum import Enum


class Finding(Enum):
    """One such fact. Its words for people have the key ``finding.`` and its value."""

    SHA1 = "sha1"
    """A hash of the signature, the certificate or the files is SHA-1."""
    SHORT_RSA_KEY = "short_rsa_key"
    """Fewer than 2048 bits (ICAO Doc 9303-12 §4.1.6.1)."""
    SHORT_EC_KEY = "short_ec_key"
    """A curve of fewer than 224 bits (ICAO Doc 9303-12 §4.1.6.2)."""
    SIGNER_MISNAMED = "signer_misnamed"
    """The object names another certificate than the one whose key it was signed with."""
    SIGNER_NOT_INSIDE = "signer_not_inside"
    """The signer's certificate did not come with the object: the caller supplied it."""
    SEVERAL_SIGNERS = "several_signers"
    """Only one of the signatures was looked at."""
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    """A certificate or signature beside the one used could not be read."""
    LEGACY_CONTENT_TYPE = "legacy_content_type"
    """The content is announced by an older or general identifier."""
    INDEFINITE_LENGTH = "indefinite_length"
    """Written in BER, with open lengths or strings in pieces."""
    UNSORTED_ATTRIBUTES = "unsorted_attributes"
    """The signed attributes are not in the order of DER."""
    NO_SIGNED_ATTRIBUTES = "no_signed_attributes"
    """The signature is made over the content itself (RFC 5652 §5.4), which ICAO Doc 9303-10 does not foresee."""
    IRREGULAR_TIME = "irregular_time"
    """A time of the certificate is written in another form than RFC 5280 §4.1.2.5 has."""
    EXTENSION_UNREADABLE = "extension_unreadable"
    """An extension of the certificate is doubled or not what its number says; it was taken as absent."""
    UNKNOWN_CRITICAL = "unknown_critical"
    """The certificate has a critical extension that ICAO Doc 9303-12 §7.1 does not list, or that cannot be read."""

    @property
    def weak(self) -> bool:
        """Whether it is about the strength of the proof, not only about its form."""
        return self in (Finding.SHA1, Finding.SHORT_RSA_KEY, Finding.SHORT_EC_KEY)
