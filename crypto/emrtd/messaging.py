"""Secure messaging: commands and responses encrypted and authenticated (ICAO 9303-11 §9.8, ISO/IEC 7816-4 §10)."""

from __future__ import annotations

import hmac

from crypto import tlv
from crypto.apdu import EXTENDED_MAX, SHORT_MAX, SW_OK, SW_WRONG_LENGTH, Command, Response, Send
from crypto.emrtd import ciphers
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.errors import MalformedError, MessagingBrokenError

_CRYPTOGRAM = 0x87
_CRYPTOGRAM_ODD = 0x85
_LE = 0x97
_STATUS = 0x99
_MAC = 0x8E
_MAC_HEADER = bytes([_MAC, ciphers.MAC_SIZE])
_MAC_OBJECT = len(_MAC_HEADER) + ciphers.MAC_SIZE
_STATUS_OBJECT = 4
_CRYPTOGRAM_HEADER = 4

_SW_OBJECTS_MISSING = 0x6987
_SW_OBJECTS_WRONG = 0x6988


class SecureMessaging:
    """One session, as a link of the APDU chain.

    Every answer that says success or carries data must bear a right MAC; a bare one raises MessagingBrokenError and
    the keys are dropped. A bare *error* status is passed on: many chips refuse a command (a wrong length above all)
    before they look at its protection, and so without counting it. The counter then goes back to where it was. If
    that guess was wrong, the next command fails, and the session is declared broken rather than continued unprotected.
    """

    def __init__(self, keys: SessionKeys, counter: int = 0) -> None:
        self._keys: SessionKeys | None = keys
        self._suite = keys.suite
        self._counter = counter
        self._in_doubt = False
        self._verified = 0

    @property
    def suite(self) -> Suite:
        """The cipher of this session."""
        return self._suite

    @property
    def verified(self) -> int:
        """How many responses with a right MAC have come: the chip holds the session keys when this is not zero."""
        return self._verified

    @property
    def short_capacity(self) -> int:
        """The most plain bytes that a short response can carry: 231 under 3DES, 223 under AES."""
        return short_capacity(self._suite)

    def __call__(self, command: Command, send: Send) -> Response:
        """The chip's answer, verified and decrypted. Raises MessagingBrokenError."""
        if self._keys is None:
            raise MessagingBrokenError("the session has ended")
        before = self._counter
        response = send(self._protect(self._keys, command))
        if not response.data:
            self._bare(response.sw)
            self._counter = before
            return response
        try:
            plain = self._open(self._keys, response.data)
        except (MalformedError, MessagingBrokenError) as error:
            self._keys = None
            raise MessagingBrokenError(str(error)) from None
        self._in_doubt = False
        self._verified += 1
        return plain

    def _bare(self, sw: int) -> None:
        about_length = sw == SW_WRONG_LENGTH or sw >> 8 == 0x6C
        ended = sw in (SW_OK, _SW_OBJECTS_MISSING, _SW_OBJECTS_WRONG)
        if ended or (self._in_doubt and not about_length):
            self._keys = None
            raise MessagingBrokenError(f"an answer without MAC: status {sw:04X}")
        self._in_doubt = True

    def _count(self) -> bytes:
        size = self._suite.block
        self._counter = (self._counter + 1) % (1 << 8 * size)
        return self._counter.to_bytes(size, "big")

    def _protect(self, keys: SessionKeys, command: Command) -> Command:
        counter = self._count()
        block = keys.suite.block
        extended = self._needs_extended(command)
        objects = _command_data(keys, command, counter) + _expected_length(command.le, extended=extended)
        header = bytes([command.cla | 0x0C, command.ins, command.p1, command.p2])
        signed = ciphers.pad(counter + ciphers.pad(header, block) + objects, block)
        body = objects + tlv.encode(_MAC, ciphers.mac(keys.suite, keys.mac, signed))
        le = EXTENDED_MAX if extended or len(body) > 0xFF else SHORT_MAX
        return Command(command.cla | 0x0C, command.ins, command.p1, command.p2, body, le)

    def _needs_extended(self, command: Command) -> bool:
        expected = command.le if command.answer is None else command.answer
        return (expected or 0) > self.short_capacity

    def _open(self, keys: SessionKeys, data: bytes) -> Response:
        counter = self._count()
        signed, trailer = data[:-_MAC_OBJECT], data[-_MAC_OBJECT:]
        if len(trailer) != _MAC_OBJECT or not trailer.startswith(_MAC_HEADER):
            raise MessagingBrokenError("an answer without MAC")
        expected = ciphers.mac(keys.suite, keys.mac, ciphers.pad(counter + signed, keys.suite.block))
        if not hmac.compare_digest(expected, trailer[len(_MAC_HEADER) :]):
            raise MessagingBrokenError("an answer with a wrong MAC")
        objects = tlv.parse_all(signed)
        status = tlv.find(objects, _STATUS)
        if len(status) != 2:
            raise MalformedError("secure messaging: status of another size")
        return Response(_plain_data(keys, objects, counter), int.from_bytes(status, "big"))


def short_capacity(suite: Suite) -> int:
    """The most plain bytes that one short protected response can carry, padding and the other objects counted."""
    return answer_capacity(SHORT_MAX, suite)


def answer_capacity(data: int, suite: Suite = Suite.AES_128) -> int:
    """The most plain bytes that a protected response of ``data`` bytes (status word not counted) can carry.

    Without ``suite``: under any cipher.
    """
    room = data - _CRYPTOGRAM_HEADER - _STATUS_OBJECT - _MAC_OBJECT
    return room // suite.block * suite.block - 1


def _command_data(keys: SessionKeys, command: Command, counter: bytes) -> bytes:
    if not command.data:
        return b""
    padded = ciphers.pad(command.data, keys.suite.block)
    encrypted = ciphers.encrypt(keys.suite, keys.encryption, padded, ciphers.message_iv(keys, counter))
    # An odd instruction carries data objects, for which there is a tag of its own without padding indicator (§9.8.4).
    if command.ins & 1:
        return tlv.encode(_CRYPTOGRAM_ODD, encrypted)
    return tlv.encode(_CRYPTOGRAM, b"\x01" + encrypted)


def _expected_length(le: int | None, *, extended: bool) -> bytes:
    if le is None:
        return b""
    size = 2 if extended else 1
    return tlv.encode(_LE, (le % (1 << 8 * size)).to_bytes(size, "big"))


def _plain_data(keys: SessionKeys, objects: tuple[tlv.Tlv, ...], counter: bytes) -> bytes:
    encrypted = tlv.find_optional(objects, _CRYPTOGRAM_ODD)
    marked = tlv.find_optional(objects, _CRYPTOGRAM)
    if encrypted is None and marked is None:
        return b""
    if encrypted is None and marked is not None:
        if marked[:1] != b"\x01":
            raise MalformedError("secure messaging: unknown padding indicator")
        encrypted = marked[1:]
    elif marked is not None:
        raise MalformedError("secure messaging: two cryptograms")
    iv = ciphers.message_iv(keys, counter)
    return ciphers.unpad(ciphers.decrypt(keys.suite, keys.encryption, encrypted or b"", iv))
