"""SELECT and READ BINARY on the chip's files (ISO/IEC 7816-4 §11.2.2, §11.3.3; ICAO Doc 9303-10 §3.6)."""

from __future__ import annotations

from collections.abc import Mapping

from crypto import tlv
from crypto.apdu import (
    EXTENDED_MAX,
    SHORT_MAX,
    SW_END_OF_FILE,
    SW_FILE_NOT_FOUND,
    SW_OFFSET_OUTSIDE,
    SW_OK,
    SW_SECURITY_STATUS,
    SW_WRONG_LENGTH,
    Command,
    Response,
)
from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import (
    SW_CONDITIONS,
    SW_WRONG_DATA,
    SW_WRONG_PARAMETERS,
    CardTraits,
    RefusedError,
)

APPLICATION = bytes.fromhex("A0000002471001")
_MASTER_FILE = 0x3F00
_AT_ROOT = frozenset({Ef.CARD_ACCESS, Ef.CARD_SECURITY, Ef.ATR_INFO, Ef.DIR})
_FREE = _AT_ROOT - {Ef.CARD_SECURITY}
_LAST_SFI = 0x1E
_OFFSET = 0x54
_DATA = 0x53


class FileSystem:
    """The master file with what is read before the chip is open, and the eMRTD application with everything else.

    EF.CardSecurity lies in the master file too, but opens only with a session (Doc 9303-10 §3.11).
    """

    def __init__(self, files: Mapping[Ef, bytes], locked: frozenset[Ef], traits: CardTraits) -> None:
        self._files = files
        self._locked = locked
        self._traits = traits
        self._in_application = False
        self._current: Ef | None = None

    @property
    def in_application(self) -> bool:
        """Whether the eMRTD application is selected."""
        return self._in_application

    def select(self, command: Command, *, authorised: bool) -> Response:
        """The answer to SELECT; raises RefusedError."""
        if command.p1 == 0x04:
            return self._select_application(command)
        if command.p1 == 0x00:
            return self._select_root(command)
        if command.p1 != 0x02 or len(command.data) != 2 or not self._traits.by_name:
            raise RefusedError(SW_WRONG_PARAMETERS)
        self._current = self._file(authorised, fid=int.from_bytes(command.data, "big"))
        return Response(b"", SW_OK)

    def _select_root(self, command: Command) -> Response:
        if self._traits.master_file != SW_OK:
            raise RefusedError(self._traits.master_file)
        if command.data not in (b"", _MASTER_FILE.to_bytes(2, "big")):
            raise RefusedError(SW_FILE_NOT_FOUND)
        self._in_application = False
        self._current = None
        return Response(b"", SW_OK)

    def _select_application(self, command: Command) -> Response:
        if command.data != APPLICATION:
            raise RefusedError(SW_FILE_NOT_FOUND)
        self._in_application = True
        self._current = None
        wants_template = command.p2 & 0x0C != 0x0C
        return Response(tlv.encode(0x6F, tlv.encode(0x84, APPLICATION)) if wants_template else b"", SW_OK)

    def read(self, command: Command, *, authorised: bool, room: int) -> Response:
        """The answer to READ BINARY, even or odd, of at most ``room`` bytes; raises RefusedError."""
        if command.le is None:
            raise RefusedError(SW_WRONG_LENGTH)
        if command.ins & 1:
            return self._read_odd(command, authorised=authorised, room=room)
        if command.p1 & 0x80:
            if command.p1 & 0x60 or not self._traits.by_short_name:
                raise RefusedError(SW_WRONG_PARAMETERS)
            self._current = self._file(authorised, sfi=command.p1 & 0x1F)
            offset = command.p2
        else:
            offset = command.p1 << 8 | command.p2
        return self._slice(offset, command.le, authorised=authorised, room=room)

    def _read_odd(self, command: Command, *, authorised: bool, room: int) -> Response:
        reference = command.p1 << 8 | command.p2
        if reference:
            by_sfi = reference <= _LAST_SFI
            if not (self._traits.by_short_name if by_sfi else self._traits.by_name):
                raise RefusedError(SW_WRONG_PARAMETERS)
            self._current = self._file(authorised, sfi=reference) if by_sfi else self._file(authorised, fid=reference)
        offset = tlv.parse_one(command.data, _OFFSET).value
        if not 1 <= len(offset) <= 3:
            raise RefusedError(SW_WRONG_DATA)
        wrapping = 2 if room <= 0x7F + 2 else 4
        inner = self._slice(
            int.from_bytes(offset, "big"), command.le or SHORT_MAX, authorised=authorised, room=room - wrapping
        )
        return Response(tlv.encode(_DATA, inner.data), inner.sw)

    def _slice(self, offset: int, le: int, *, authorised: bool, room: int) -> Response:
        if self._current is None:
            raise RefusedError(SW_CONDITIONS)
        self._require_access(self._current, authorised=authorised)
        content = self._files[self._current]
        if offset >= len(content):
            raise RefusedError(SW_OFFSET_OUTSIDE)
        data = content[offset : offset + min(le, room)]
        # 256 and 65536 mean "as many as there are", so only a counted Le can come out short.
        counted = le not in (SHORT_MAX, EXTENDED_MAX)
        return Response(data, SW_END_OF_FILE if counted and offset + le > len(content) else SW_OK)

    def _file(self, authorised: bool, *, fid: int | None = None, sfi: int | None = None) -> Ef:
        here = [ef for ef in Ef if (ef in _AT_ROOT) is not self._in_application]
        found = next((ef for ef in here if fid == ef.fid or sfi == ef.sfi), None)
        if found is not None:
            self._require_access(found, authorised=authorised)
        if found is None or found not in self._files:
            raise RefusedError(SW_FILE_NOT_FOUND)
        return found

    def _require_access(self, ef: Ef, *, authorised: bool) -> None:
        if ef in self._locked or not (authorised or ef in _FREE):
            raise RefusedError(SW_SECURITY_STATUS)
