"""Is this chip the original? Chip authentication, else active authentication (ICAO Doc 9303-11 §6).

A key proves something only when the signed EF.SOD covers the file that it came in, which the caller has checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crypto.apdu import Channel
from crypto.emrtd import active_auth, chip_auth
from crypto.emrtd.security_infos import SecurityInfos, parse_dg14
from crypto.errors import CloneSuspectedError, NotSupportedError, ProofError, StatusError
from terminal.model import Check, CheckName, Message, Word

Random = Callable[[int], bytes]

NO_KEY = Check(CheckName.CHIP, Word.UNDETERMINED, Message("why.no_key"))


@dataclass(frozen=True, slots=True)
class Keys:
    """The files with the chip's public keys, each None where there is none that the security object covers."""

    dg14: bytes | None = field(default=None, repr=False)
    dg15: bytes | None = field(default=None, repr=False)

    @property
    def infos(self) -> SecurityInfos | None:
        """What DG14 says, None where it says nothing that can be understood."""
        if self.dg14 is None:
            return None
        try:
            return parse_dg14(self.dg14)
        except ProofError:
            return None


@dataclass(frozen=True, slots=True)
class ChipProof:
    """The answer; what a later machine can check again (``active``); and whether the chip still has a session."""

    check: Check
    alive: bool = True


def prove_chip(channel: Channel, keys: Keys, random: Random) -> ChipProof:
    """Chip authentication where DG14 has a key, else active authentication. Raises CardErrors that end the session."""
    infos = keys.infos
    if infos is None or not infos.chip_auth_keys:
        return _active(channel, keys, infos, random, NO_KEY)
    try:
        chip_auth.authenticate(channel, infos, random)
    except CloneSuspectedError:
        return ChipProof(_check(Word.FAILED, "why.ca"), alive=False)
    except StatusError:  # the chip refuses to prove what DG14 says that it can
        return _active(channel, keys, infos, random, _check(Word.FAILED, "why.ca"))
    except ProofError:
        return _active(channel, keys, infos, random, _check(Word.NOT_SUPPORTED, "why.not_supported"))
    return ChipProof(_check(Word.SUCCESSFUL, "why.ca"))


def _active(channel: Channel, keys: Keys, infos: SecurityInfos | None, random: Random, otherwise: Check) -> ChipProof:
    if keys.dg15 is None:
        return ChipProof(otherwise)
    try:
        active_auth.authenticate(channel, keys.dg15, infos, random)
    except NotSupportedError:
        return ChipProof(_check(Word.NOT_SUPPORTED, "why.aa"))
    except (ProofError, StatusError):
        return ChipProof(_check(Word.FAILED, "why.aa"))
    return ChipProof(_check(Word.SUCCESSFUL, "why.aa"))


def _check(word: Word, why: str) -> Check:
    return Check(CheckName.CHIP, word, Message(why))
