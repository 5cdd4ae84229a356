"""The card's half of secure messaging: commands opened, responses closed (ICAO Doc 9303-11 §9.8)."""

from __future__ import annotations

import hmac

from crypto import tlv
from crypto.apdu import EXTENDED_MAX, SHORT_MAX, Command, Response
from crypto.emrtd import ciphers
from crypto.emrtd.keys import SessionKeys
from crypto.errors import MalformedError
from drivers.simulator.card.contents import SW_OBJECTS_MISSING, SW_OBJECTS_WRONG, RefusedError

SECURE = 0x0C
"""The class bits that say: secure messaging, header authenticated."""

_CRYPTOGRAM_ODD = 0x85
_CRYPTOGRAM = 0x87
_LE = 0x97
_STATUS = 0x99
_MAC = 0x8E
_STATUS_AND_MAC = 4 + 10
_AUTHENTICATED = frozenset({_CRYPTOGRAM, _CRYPTOGRAM_ODD, _LE})


class CardMessaging:
    """One session on the card. ``counter`` is where the send sequence counter begins."""

    def __init__(self, keys: SessionKeys, counter: int = 0) -> None:
        self._keys = keys
        self._counter = counter

    def open(self, command: Command) -> Command:
        """The plain command; raises RefusedError when an object is missing (6987) or wrong (6988)."""
        objects = self._objects(command)
        counter = self._count()
        self._require_mac(command, objects, counter)
        return Command(
            command.cla & ~SECURE,
            command.ins,
            command.p1,
            command.p2,
            self._data(objects, counter),
            _expected_length(objects),
        )

    def close(self, response: Response, *, odd: bool) -> bytes:
        """The protected response's data, to be followed by the same status word in plain."""
        counter = self._count()
        suite = self._keys.suite
        objects = b""
        if response.data:
            iv = ciphers.message_iv(self._keys, counter)
            padded = ciphers.pad(response.data, suite.block)
            encrypted = ciphers.encrypt(suite, self._keys.encryption, padded, iv)
            objects = tlv.encode(_CRYPTOGRAM_ODD, encrypted) if odd else tlv.encode(_CRYPTOGRAM, b"\x01" + encrypted)
        objects += tlv.encode(_STATUS, response.sw.to_bytes(2, "big"))
        return objects + tlv.encode(_MAC, self._mac(counter + objects))

    def room(self, outer: int) -> int:
        """How many plain bytes fit a protected response of at most ``outer`` bytes of data."""
        block = self._keys.suite.block
        left = outer - _STATUS_AND_MAC - 1
        left -= 2 if left <= 0x80 else 3 if left <= 0x101 else 4
        return max(0, left // block * block - 1)

    def _objects(self, command: Command) -> tuple[tlv.Tlv, ...]:
        try:
            objects = tlv.parse_all(command.data)
        except MalformedError:
            raise RefusedError(SW_OBJECTS_WRONG) from None
        if not objects or objects[-1].tag != _MAC:
            raise RefusedError(SW_OBJECTS_MISSING)
        tags = [item.tag for item in objects[:-1]]
        if len(set(tags)) != len(tags) or not _AUTHENTICATED.issuperset(tags):
            raise RefusedError(SW_OBJECTS_WRONG)
        return objects

    def _require_mac(self, command: Command, objects: tuple[tlv.Tlv, ...], counter: bytes) -> None:
        signed = counter + ciphers.pad(command.header, self._keys.suite.block)
        signed += b"".join(item.encode() for item in objects[:-1])
        if not hmac.compare_digest(self._mac(signed), objects[-1].value):
            raise RefusedError(SW_OBJECTS_WRONG)

    def _data(self, objects: tuple[tlv.Tlv, ...], counter: bytes) -> bytes:
        by_tag = {item.tag: item.value for item in objects}
        encrypted = by_tag.get(_CRYPTOGRAM_ODD)
        if encrypted is None:
            marked = by_tag.get(_CRYPTOGRAM)
            if marked is None:
                return b""
            if marked[:1] != b"\x01":
                raise RefusedError(SW_OBJECTS_WRONG)
            encrypted = marked[1:]
        iv = ciphers.message_iv(self._keys, counter)
        try:
            return ciphers.unpad(ciphers.decrypt(self._keys.suite, self._keys.encryption, encrypted, iv))
        except MalformedError:
            raise RefusedError(SW_OBJECTS_WRONG) from None

    def _mac(self, data: bytes) -> bytes:
        return ciphers.mac(self._keys.suite, self._keys.mac, ciphers.pad(data, self._keys.suite.block))

    def _count(self) -> bytes:
        size = self._keys.suite.block
        self._counter = (self._counter + 1) % (1 << 8 * size)
        return self._counter.to_bytes(size, "big")


def _expected_length(objects: tuple[tlv.Tlv, ...]) -> int | None:
    value = next((item.value for item in objects if item.tag == _LE), None)
    if value is None:
        return None
    if len(value) not in (1, 2):
        raise RefusedError(SW_OBJECTS_WRONG)
    return int.from_bytes(value, "big") or (SHORT_MAX if len(value) == 1 else EXTENDED_MAX)
