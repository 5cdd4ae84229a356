"""Selecting and reading the chip's files with few commands (ICAO Doc 9303-10 §3.6, ISO/IEC 7816-4 §11.2)."""

from __future__ import annotations

from collections.abc import Callable

from crypto import tlv
from crypto.apdu import (
    EXTENDED_MAX,
    SHORT_MAX,
    SW_END_OF_FILE,
    SW_FILE_NOT_FOUND,
    SW_OFFSET_OUTSIDE,
    SW_OK,
    SW_WRONG_LENGTH,
    Channel,
    Command,
    Response,
)
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, StatusError

OnBlock = Callable[[int, int], None]
"""Told after every block: bytes read so far, bytes of the whole file."""

MAX_FILE = 0x40000
"""The longest file that is read; a photograph on a chip takes about a tenth of it."""

_EMRTD = bytes.fromhex("A0000002471001")
_MASTER_FILE = Command(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")
_ODD_OFFSET = 0x8000
_DISCRETIONARY = 0x53
_FAR_OVERHEAD = 4
_LONGEST_HEADER = 7
_FEW_BLOCKS = 32
_CRUMB = 16
_HEADER_ONLY = 8
_SMALLER_BLOCKS = (1024, 256, 223, 192, 128, 64, 32)
_SHORT = 223
_SAID_OF_LENGTH = frozenset({0x6A80, 0x6D00, 0x6E00, 0x6F00})
_REFUSES_SHORT_ID = frozenset({SW_FILE_NOT_FOUND, SW_OFFSET_OUTSIDE, 0x6981, 0x6985, 0x6986, 0x6A81, 0x6A86})


def select_application(channel: Channel) -> None:
    """Select the eMRTD application; raises StatusError when the chip has none."""
    # No Le: some chips answer 6700 to a SELECT that asks for data it does not return.
    channel.send(Command(0x00, 0xA4, 0x04, 0x0C, _EMRTD)).require("select the eMRTD application")


def read_card_access(channel: Channel, *, by_short_id: bool = True) -> tuple[bytes, bool]:
    """EF.CardAccess, which says how to open the chip, and whether its short identifier led to it.

    By short identifier it costs one command; where that leads nowhere, or to a file of something else that is selected
    after power-up, it is selected by name. The master file is selected only when the file is not found without: cards
    of Vietnam answer 6D00 to that. Raises StatusError when there is no such file, MalformedError.
    """
    reader = FileReader(channel, SHORT_MAX)
    if by_short_id:
        response = channel.send(Command(0x00, 0xB0, 0x80 | Ef.CARD_ACCESS.sfi, 0, le=SHORT_MAX))
        if response.sw in (SW_OK, SW_END_OF_FILE) and response.data[:1] == bytes([Ef.CARD_ACCESS.tag]):
            return reader.read_selected(Ef.CARD_ACCESS, have=response.data), True
    if _select(channel, Ef.CARD_ACCESS).sw != SW_OK:
        channel.send(_MASTER_FILE)  # whatever it says, the file itself decides
        _select(channel, Ef.CARD_ACCESS).require("select CARD_ACCESS")
    return reader.read_selected(Ef.CARD_ACCESS), False


def read_atr_info(channel: Channel) -> bytes:
    """EF.ATR/INFO by its short identifier, before an application is selected; raises StatusError.

    It is worth one command, not the two of a selection.
    """
    command = Command(0x00, 0xB0, 0x80 | Ef.ATR_INFO.sfi, 0, le=SHORT_MAX)
    return channel.send(command).require("read ATR_INFO", SW_END_OF_FILE)


class FileReader:
    """Reads files block by block and remembers what this chip refuses.

    ``block`` is how many plain bytes are asked for at once; it shrinks when the chip or reader cannot do it.
    ``partial`` holds what the read in progress, or the last one that failed, has got so far, ``reading`` which file
    that is. ``asked`` and ``granted`` are the most bytes that one command asked for, and that one was answered after.
    """

    def __init__(self, channel: Channel, block: int, *, short_ids: bool | None = None) -> None:
        self._channel = channel
        self.short_ids = short_ids
        self.block = block
        self.partial = b""
        self.reading: Ef | None = None
        self.asked = 0
        self.granted = 0
        self._exact = False
        self._offered = 0

    def read(self, ef: Ef, *, have: bytes = b"", on_block: OnBlock | None = None) -> bytes:
        """The whole of ``ef``, a single data object whose header tells its size.

        ``have`` are bytes of it that an earlier read got (``partial``). Raises StatusError (6A82: no such file),
        MalformedError, and whatever the channel raises.
        """
        self.partial, self.reading = have, ef
        by_short_id = not have and self.short_ids is not False
        if by_short_id and self._read_first_by_short_id(ef):
            return self._read_rest(ef, on_block)
        _select(self._channel, ef).require(f"select {ef.name}")
        if by_short_id and self.short_ids is None:
            self.short_ids = False  # the file is there, so it was the short identifier that was refused
        return self._read_rest(ef, on_block)

    def read_selected(self, ef: Ef, *, have: bytes = b"", on_block: OnBlock | None = None) -> bytes:
        """As ``read``, of the file that is selected already; ``ef`` only names it."""
        self.partial, self.reading = have, ef
        return self._read_rest(ef, on_block)

    def _read_first_by_short_id(self, ef: Ef) -> bool:
        response = self._first(lambda size: Command(0x00, 0xB0, 0x80 | ef.sfi, 0, le=size))
        absent = self.short_ids and response.sw == SW_FILE_NOT_FOUND
        if response.sw in _REFUSES_SHORT_ID and not absent:
            return False
        self.partial = response.require(f"read {ef.name}", SW_END_OF_FILE)
        self.short_ids = True
        return True

    def _read_rest(self, ef: Ef, on_block: OnBlock | None) -> bytes:
        blocks = 0
        while True:
            total = _announced_size(ef, self.partial)
            if on_block is not None and total is not None:
                on_block(min(len(self.partial), total), total)
            if total is not None and len(self.partial) >= total:
                self.reading = None
                return self.partial[:total]
            block = self._read_block(ef, total)
            if not block:
                raise MalformedError(f"{ef.name}: the file ends before its data object")
            self.partial += block
            blocks += 1
            if blocks > _FEW_BLOCKS and len(self.partial) < blocks * _CRUMB:
                raise MalformedError(f"{ef.name}: comes in crumbs")

    def _read_block(self, ef: Ef, total: int | None) -> bytes:
        offset = len(self.partial)
        wanted = self.block if total is None else total - offset
        if offset >= _ODD_OFFSET:
            return self._read_far(ef, offset, wanted)

        def command(size: int) -> Command:
            return Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=size)

        return self._content(ef, self._shrinking(command, wanted) if offset else self._first(command))

    def _read_far(self, ef: Ef, offset: int, wanted: int) -> bytes:
        # Beyond 32767 the offset does not fit P1-P2: it travels as a data object, and so does the answer (§11.2.3).
        where = tlv.encode(0x54, offset.to_bytes(3, "big"))
        response = self._shrinking(lambda size: Command(0x00, 0xB1, 0, 0, where, size), wanted + _FAR_OVERHEAD)
        content = self._content(ef, response)
        return tlv.parse_one(content, _DISCRETIONARY).value if content else b""

    def _content(self, ef: Ef, response: Response) -> bytes:
        if response.sw == SW_OFFSET_OUTSIDE:
            return b""
        return response.require(f"read {ef.name}", SW_END_OF_FILE)

    def _first(self, command: Callable[[int], Command]) -> Response:
        """The first block of a file whose size nobody knows yet."""
        response = self._shrinking(command, _HEADER_ONLY if self._exact else EXTENDED_MAX)
        if response.sw == SW_OFFSET_OUTSIDE and not self._exact:
            # Some chips grant nothing at all where less is left than was asked for: the header says how much there is.
            strict = self._shrinking(command, _HEADER_ONLY)
            self._exact = strict.sw == SW_OK
            return strict if self._exact else response
        return response

    def _shrinking(self, command: Callable[[int], Command], wanted: int) -> Response:
        while True:
            size = min(self.block, wanted)
            self.asked = max(self.asked, size)
            response = self._channel.send(command(size))
            if response.sw >> 8 == 0x6C and 0 < response.sw & 0xFF < size:
                response = self._channel.send(command(self._offered_instead(response.sw & 0xFF)))
            if response.sw in (SW_OK, SW_END_OF_FILE):
                self.granted = max(self.granted, size)
            if not self._too_long(response, size):
                return response
            smaller = next((smaller for smaller in _SMALLER_BLOCKS if smaller < size), None)
            if smaller is None:
                raise StatusError("read: no block size is accepted", response.sw)
            self.block = smaller

    def _offered_instead(self, size: int) -> int:
        # It is how much is left of a file, so no rule for others; unless it is the same each time.
        if size == self._offered:
            self.block = min(self.block, size)
        self._offered = size
        return size

    def _too_long(self, response: Response, size: int) -> bool:
        if response.sw == SW_WRONG_LENGTH or response.sw >> 8 == 0x6C:
            return True
        # Others have no word for it; but once a long answer came, it was not the length that they mean.
        return response.sw in _SAID_OF_LENGTH and size > _SHORT >= self.granted


def _select(channel: Channel, ef: Ef) -> Response:
    return channel.send(Command(0x00, 0xA4, 0x02, 0x0C, ef.fid.to_bytes(2, "big")))


def _announced_size(ef: Ef, beginning: bytes) -> int | None:
    try:
        tag, length, header = tlv.read_header(beginning)
    except MalformedError:
        if len(beginning) >= _LONGEST_HEADER:
            raise
        return None
    if tag != ef.tag:
        raise MalformedError(f"{ef.name}: begins with another tag than its own")
    if header + length > MAX_FILE:
        raise MalformedError(f"{ef.name}: announces more bytes than a chip holds")
    return header + length
