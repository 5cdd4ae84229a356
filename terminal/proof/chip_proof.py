"""Is this chip the original? By the mapping that opened it, chip authentication, else active authentication.

ICAO Doc 9303-11 §4.4.3.5, §6.2, §6.1. A key proves something only when a right signature covers the file that it came
in: the signed EF.SOD for DG14 and DG15, an accepted issuer's signature for EF.CardSecurity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crypto.apdu import Channel
from crypto.emrtd import active_auth, chip_auth, pace
from crypto.emrtd.active_auth import ActiveAuthentication
from crypto.emrtd.card_security import CardSecurity
from crypto.emrtd.pace import ChipAuthenticationData
from crypto.emrtd.security_infos import SecurityInfos, parse_dg14
from crypto.errors import CloneSuspectedError, NotSupportedError, ProofError, StatusError
from crypto.trust.chain import issuer_of
from crypto.trust.store import TrustStore
from terminal.model import Check, CheckName, Message, Word

Random = Callable[[int], bytes]

NO_KEY = Check(CheckName.CHIP, Word.UNDETERMINED, Message("why.no_key"))


class ChipFiles(Protocol):
    """The files that a proof needs, as the conversation gets them."""

    def dg14(self) -> bytes | None:
        """DG14, None unless the security object covers it."""
        ...

    def dg15(self) -> bytes | None:
        """DG15, read now if it was not yet; None unless the security object covers it."""
        ...

    def next_file(self) -> None:
        """Read a file that is wanted anyway, so that its first block is the first command under new keys."""
        ...


@dataclass(frozen=True, slots=True)
class ChipProof:
    """The answer, by which protocol, and whether the chip still has a session.

    ``active`` is what another machine can check again; the other protocols convince only who took part.
    """

    check: Check
    protocol: str = ""
    active: ActiveAuthentication | None = None
    alive: bool = True


def prove_by_mapping(
    data: ChipAuthenticationData, card_security: bytes, states: frozenset[str], store: TrustStore, at: datetime
) -> ChipProof | None:
    """What the chip authentication mapping proves, with the key in EF.CardSecurity; None when it says nothing: that key
    is not signed for documents by an accepted issuer of ``states`` (the document's, two-letter codes), or is of other
    domain parameters."""
    try:
        signed = CardSecurity.parse(card_security)
        signed.verify_signature()
        chain = issuer_of(signed.signer, store, at)
        chain.verify_document_signer()
        chain.verify_states(states)
    except ProofError:
        return None
    suspected = False
    for key in signed.infos.chip_auth_keys:
        try:
            pace.verify_chip_mapping(data, key)
        except NotSupportedError:
            continue
        except CloneSuspectedError:
            suspected = True
            continue
        return ChipProof(_check(Word.SUCCESSFUL, "why.cam"), "PACE-CAM")
    return ChipProof(_check(Word.FAILED, "why.cam"), "PACE-CAM") if suspected else None


def prove_chip(channel: Channel, files: ChipFiles, random: Random) -> ChipProof:
    """Chip authentication where DG14 has a key, else active authentication. Raises CardErrors that end the session."""
    infos = infos_of(files.dg14())
    if infos is None or not infos.chip_auth_keys:
        return _active(channel, files, infos, random, NO_KEY)
    try:
        agreed = chip_auth.agree(channel, infos, random)
    except StatusError:  # the chip refuses to prove what DG14 says that it can
        return _active(channel, files, infos, random, _check(Word.FAILED, "why.ca"))
    except ProofError:
        return _active(channel, files, infos, random, _check(Word.NOT_SUPPORTED, "why.not_supported"))
    protocol = f"CA {agreed.algorithm}"
    try:
        chip_auth.prove(agreed, files.next_file)
    except CloneSuspectedError:
        return ChipProof(_check(Word.FAILED, "why.ca"), protocol, alive=False)
    except (StatusError, ProofError):
        # That file is absent, refused or nonsense: under the new keys this proves as much as its content would.
        if not agreed.proven:
            return ChipProof(_check(Word.FAILED, "why.ca"), protocol, alive=False)
    return ChipProof(_check(Word.SUCCESSFUL, "why.ca"), protocol)


def infos_of(dg14: bytes | None) -> SecurityInfos | None:
    """What DG14 says, None where it says nothing that can be understood."""
    if dg14 is None:
        return None
    try:
        return parse_dg14(dg14)
    except ProofError:
        return None


def _active(
    channel: Channel, files: ChipFiles, infos: SecurityInfos | None, random: Random, otherwise: Check
) -> ChipProof:
    dg15 = files.dg15()
    if dg15 is None:
        return ChipProof(otherwise)
    try:
        found = active_auth.authenticate(channel, dg15, infos, random)
    except NotSupportedError:
        return ChipProof(_check(Word.NOT_SUPPORTED, "why.aa"), "AA")
    except (CloneSuspectedError, StatusError):
        return ChipProof(_check(Word.FAILED, "why.aa"), "AA")
    except ProofError:
        # A signed key without sense is its issuer's doing, a signature of another length than the key's the reader's.
        return ChipProof(_check(Word.ABORTED, "why.aa"), "AA")
    return ChipProof(_check(Word.SUCCESSFUL, "why.aa"), f"AA {found.algorithm}", found)


def _check(word: Word, why: str) -> Check:
    return Check(CheckName.CHIP, word, Message(why))
