"""The refusals of this package: every function here either gives a fact or raises one of these.

Texts name structures and rules, never contents: no personal data, key or password may reach them.
"""

from __future__ import annotations

from enum import Enum


class ProofError(Exception):
    """Data that was read does not prove what it should."""


class MalformedError(ProofError):
    """The bytes do not have the form that their specification gives."""


class NotSupportedError(ProofError):
    """The form is known, but this algorithm, parameter or version is not implemented."""


class SignerMissingError(NotSupportedError):
    """The object came without its signer's certificate, and nobody supplied it: its signature cannot be checked."""


class SignatureWrongError(ProofError):
    """A signature or MAC over complete, well-formed data does not verify."""


class HashMismatchError(ProofError):
    """A file differs from the hash that the signed security object holds for it."""


class NotCoveredError(ProofError):
    """The security object holds no hash for this file, so nothing is said about it."""


class IssuerUnknownError(ProofError):
    """No accepted issuer certificate signed this certificate."""


class IssuerExpiredError(ProofError):
    """The issuer is accepted, but a certificate of the chain was not valid at the time that counts."""


class IssuerRevokedError(ProofError):
    """The issuer is accepted and has revoked this certificate."""


class CardError(Exception):
    """The conversation with a card cannot go on."""


class CardLostError(CardError):
    """The card left the field, or the reader lost it. Raised by every ``Transceive``."""


class CancelledError(CardError):
    """The person in charge, or a time limit, ended the conversation."""


class StatusError(CardError):
    """The card answered with a status word that the step does not allow."""

    def __init__(self, step: str, sw: int) -> None:
        super().__init__(f"{step}: status {sw:04X}")
        self.step = step
        self.sw = sw


class Refusal(Enum):
    """Why a card does not accept a password (BSI TR-03110-2 §2.4, TR-03110-3 §B.11)."""

    WRONG = "wrong"
    """It is not this card's."""
    SUSPENDED = "suspended"
    """One try is left, and the card wants to see its card access number before it."""
    BLOCKED = "blocked"
    """No try is left."""
    DEACTIVATED = "deactivated"
    """The card's owner has switched this password off."""


class AccessRefusedError(CardError):
    """The card does not accept this password (CAN, MRZ or PIN); it may be another card's."""

    def __init__(self, text: str, tries_left: int | None = None, refusal: Refusal = Refusal.WRONG) -> None:
        super().__init__(text)
        self.tries_left = tries_left
        """How many tries the card says are left; None when it does not count or does not say."""
        self.refusal = refusal


class MessagingBrokenError(CardError):
    """A secure-messaging response has no MAC or a wrong one; the session keys are dropped."""


class CloneSuspectedError(ProofError):
    """The chip could not show that it holds the private key whose public half it carries."""
