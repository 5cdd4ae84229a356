"""Evidence proven again: by this machine, with its own trust store, at its own time and as of the time of the read.

What the reading machine said is repeated beside it: its yes counts for nothing here, its no about the chip does. Chip
Authentication and PACE-CAM convinced that machine alone: whoever takes part can make such a transcript without a chip
(BSI TR-03110-1), so there is nothing to verify; they are told as witnessed. Active Authentication anyone can verify.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from crypto.emrtd import active_auth
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, NotSupportedError, ProofError
from crypto.trust.store import TrustStore
from terminal.clock import VIETNAM_TIME
from terminal.evidence.bundle import Evidence
from terminal.evidence.challenge import check_bound
from terminal.model import CheckName, IssuerTrust, Message, Person, Word
from terminal.proof.checks import SIMULATED, hashes_word, person_of, validity_check
from terminal.proof.chip_proof import infos_of
from terminal.proof.passive import passive_authentication

if TYPE_CHECKING:
    from terminal.proof.passive import PassiveReport


@dataclass(frozen=True, slots=True)
class ActiveReview:
    """The chip's signature: the word, its reason, and the algorithm when it verified."""

    word: Word
    why: Message | None = None
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """``then``: as of the time of the read; ``now``: at this machine's time. Both with this machine's trust store.

    ``person`` is who the files tell of, None when they cannot be read; ``valid_then`` and ``valid_now`` say whether
    the document was, and is, in date.
    """

    evidence: Evidence
    then: PassiveReport
    now: PassiveReport
    active: ActiveReview
    valid_then: Word
    valid_now: Word
    person: Person | None = field(default=None, repr=False)

    @property
    def simulated(self) -> bool:
        """Whether a double answered, or an issuer that says itself that it is invented signed."""
        return self.evidence.card.simulated or SIMULATED in (self.then.signer_subject or "")

    @property
    def proven(self) -> bool:
        """Whether all that can be proven again was right at the time of the read, and nothing has come up since:
        signature, every file, the issuer trusted then and not revoked now; and no chip that failed its proof, here or
        before the reading machine."""
        words = {self.then.signature, hashes_word(tuple(word for _, word in self.then.hashes))}
        issuers = (self.then.issuer is IssuerTrust.TRUSTED, self.now.issuer is not IssuerTrust.REVOKED)
        said = self.evidence.said
        chip = {self.active.word, said.active, said.checks.get(CheckName.CHIP)}
        return words == {Word.SUCCESSFUL} and all(issuers) and Word.FAILED not in chip


def review(evidence: Evidence, store: TrustStore, now: datetime) -> Review:
    """The evidence proven again at ``now`` (aware). Never raises for what the files say."""
    sod, groups, at = evidence.files[Ef.SOD], evidence.groups, evidence.made.at
    then = passive_authentication(sod, groups, store, at)
    person = _person(evidence, at)
    return Review(
        evidence=evidence,
        then=then,
        now=passive_authentication(sod, groups, store, now),
        active=_active(evidence, then),
        valid_then=_valid(person, at),
        valid_now=_valid(person, now),
        person=person,
    )


def _active(evidence: Evidence, report: PassiveReport) -> ActiveReview:
    signed, covered = evidence.signed, dict(report.hashes)
    if signed is None:
        return ActiveReview(Word.UNDETERMINED, Message("why.no_signature"))
    if report.signature is not Word.SUCCESSFUL or covered.get(15) is not Word.SUCCESSFUL:
        return ActiveReview(Word.UNDETERMINED, Message("why.not_covered"))
    infos = infos_of(evidence.files.get(Ef.DG14)) if covered.get(14) is Word.SUCCESSFUL else None
    try:
        algorithm = active_auth.verify(evidence.files[Ef.DG15], infos, signed.challenge, signed.signature)
    except NotSupportedError:
        return ActiveReview(Word.NOT_SUPPORTED, Message("why.algorithm"))
    except ProofError:
        return ActiveReview(Word.FAILED, Message("why.aa"))
    try:
        check_bound(evidence.made, evidence.files[Ef.SOD], signed.challenge)
    except ProofError:
        return ActiveReview(Word.FAILED, Message("why.other_challenge"), algorithm)
    return ActiveReview(Word.SUCCESSFUL, algorithm=algorithm)


def _person(evidence: Evidence, at: datetime) -> Person | None:
    try:
        return person_of(evidence.files, at.astimezone(VIETNAM_TIME).date())
    except MalformedError:
        return None


def _valid(person: Person | None, at: datetime) -> Word:
    return Word.UNDETERMINED if person is None else validity_check(person, at).word
