"""EF.ATR/INFO: how long the commands and answers may be that this chip can handle (ICAO Doc 9303-10 §3.11.3).

Reading it costs one command and saves the guess: a chip that is asked for more than its buffer holds answers 6700, and
some readers lose the card over it.
"""

from __future__ import annotations

from dataclasses import dataclass

from crypto import der, tlv
from crypto.errors import MalformedError

_EXTENDED_LENGTH = 0x7F66
_CAPABILITIES = 0x47
_SPEAKS_EXTENDED = 0x40
_INTEGER = 0x02
_SHORTEST_BUFFER = 256


@dataclass(frozen=True, slots=True)
class AtrInfo:
    """Longest command and answer APDU in bytes, None where the chip does not say.

    ``extended``: whether the card capabilities (ISO/IEC 7816-4:2020 §12.1.1.9) grant extended length; None: not said.
    """

    extended: bool | None
    command: int | None
    answer: int | None


def parse_atr_info(raw: bytes) -> AtrInfo:
    """What the data objects of the file say; raises MalformedError. Objects of other tags are left out."""
    objects = _objects(raw)
    capabilities = tlv.find_optional(objects, _CAPABILITIES)
    if capabilities is not None and len(capabilities) != 3:
        raise MalformedError("EF.ATR/INFO: card capabilities of another size")
    command, answer = _buffers(tlv.find_optional(objects, _EXTENDED_LENGTH))
    extended = None if capabilities is None else bool(capabilities[2] & _SPEAKS_EXTENDED)
    return AtrInfo(extended, command, answer)


def _objects(raw: bytes) -> tuple[tlv.Tlv, ...]:
    found = []
    while raw.strip(b"\x00"):  # a file may be longer than its objects
        item, raw = tlv.parse_first(raw)
        found.append(item)
    return tuple(found)


def _buffers(value: bytes | None) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    sizes = [der.unsigned(item) for item in tlv.parse_all(value) if item.tag == _INTEGER]
    if len(sizes) != 2:
        raise MalformedError("EF.ATR/INFO: two sizes belong to extended length information")
    if min(sizes) < _SHORTEST_BUFFER:
        raise MalformedError("EF.ATR/INFO: a buffer shorter than any chip's")
    return sizes[0], sizes[1]
