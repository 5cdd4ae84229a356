"""From a conversation that was held to the evidence of it. The chip is asked for one more proof on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from crypto.emrtd import active_auth
from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import CloneSuspectedError, NotSupportedError, ProofError, StatusError
from crypto.trust.chain import find_chain
from crypto.trust.store import TrustStore
from terminal.evidence.bundle import MAX_DER, Access, CardInField, Circumstances, Evidence, Said, SignedChallenge
from terminal.evidence.challenge import challenge_for
from terminal.model import ChipReading, Word
from terminal.proof.chip_proof import infos_of

if TYPE_CHECKING:
    from terminal.proof.passive import PassiveReport
    from terminal.proof.reading import ChipConversation


@dataclass(frozen=True, slots=True)
class Read:
    """A conversation whose files were all read, what came of it, and where the card lay."""

    talk: ChipConversation
    reading: ChipReading
    report: PassiveReport
    card: CardInField


def gather(read: Read, made: Circumstances, store: TrustStore) -> Evidence:
    """The evidence. Must run while the card is there; raises CardErrors."""
    talk = read.talk
    word, signed = _sign(talk, made)
    opened, chip = talk.opened, talk.chip
    certificates, crls = _went_by(talk.files[Ef.SOD], store, made.at)
    return Evidence(
        made=made,
        card=read.card,
        access=Access(
            opened.protocol, opened.variant, opened.tried, opened.why_bac.key if opened.why_bac is not None else ""
        ),
        files=dict(talk.files),
        said=Said(
            checks={check.name: check.word for check in read.reading.checks},
            hashes=dict(read.report.hashes),
            issuer=read.report.issuer,
            chip=chip.protocol if chip is not None else "",
            active=word,
        ),
        signed=signed,
        certificates=certificates,
        crls=crls,
    )


def _sign(talk: ChipConversation, made: Circumstances) -> tuple[Word, SignedChallenge | None]:
    """Active Authentication over a challenge that is bound to the circumstances: what other machines can verify."""
    dg15 = talk.dg15() if talk.alive else None
    if dg15 is None:
        return Word.UNDETERMINED, None
    challenge = challenge_for(made, talk.files[Ef.SOD])
    try:
        found = active_auth.authenticate(talk.channel, dg15, infos_of(talk.dg14()), lambda _size: challenge)
    except NotSupportedError:
        return Word.NOT_SUPPORTED, None
    except (CloneSuspectedError, StatusError):
        return Word.FAILED, None
    except ProofError:
        return Word.ABORTED, None
    return Word.SUCCESSFUL, SignedChallenge(found.challenge, found.signature)


def _went_by(sod: bytes, store: TrustStore, at: datetime) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The certificates from the signer up and the revocation lists of their issuers, none where there is no chain."""
    try:
        chain = find_chain(SecurityObject.parse(sod).signer, store, at).certificates
    except ProofError:
        return (), ()
    lists = [store.crl_of(certificate.issuer_key) for certificate in chain]
    short = dict.fromkeys(one.der for one in lists if one is not None and len(one.der) <= MAX_DER)
    return tuple(one.der for one in chain), tuple(short)
