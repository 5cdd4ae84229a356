"""A challenge for Active Authentication that is bound to what the evidence says (ICAO Doc 9303-11 §6.1).

The chip's signature is the only proof of the chip that a third party can check later. Over a challenge that nobody can
retrace it would fit any time, consent or recipient; over a hash of them it fits these alone. It still does not show
*when* the chip signed: whoever wrote a time that lies elsewhere wrote it before the chip signed, nothing more.
"""

from __future__ import annotations

import hashlib
import hmac

from crypto.codes import cbor
from crypto.errors import CloneSuspectedError
from terminal.evidence.bundle import Circumstances, context

SIZE = 8
_PURPOSE = b"tram-evidence-1 challenge\0"


def challenge_for(made: Circumstances, sod: bytes) -> bytes:
    """The eight bytes for the chip to sign. The nonce in ``made`` makes them unpredictable."""
    bound = {**context(made), "document": hashlib.sha256(sod).digest()}
    return hashlib.sha256(_PURPOSE + cbor.encode(bound)).digest()[:SIZE]


def check_bound(made: Circumstances, sod: bytes, challenge: bytes) -> None:
    """Nothing, when ``challenge`` is the one of these circumstances and this document; raises CloneSuspectedError."""
    if not hmac.compare_digest(challenge, challenge_for(made, sod)):
        raise CloneSuspectedError("evidence: the chip signed a challenge of other circumstances")
