"""A chip's file system, with the habits that real ones have."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto import tlv
from crypto.apdu import Command, Response
from crypto.emrtd.files import FileReader
from crypto.emrtd.lds import Ef
from crypto.errors import CardLostError
from tests.unit.crypto.emrtd.cards import plain


def content(ef: Ef, size: int) -> bytes:
    return tlv.encode(ef.tag, bytes(n * 31 % 251 for n in range(size)))


DG1 = content(Ef.DG1, 93)
DG2 = content(Ef.DG2, 16_500)
SOD = content(Ef.SOD, 885)
FAR = content(Ef.DG2, 70_000)


@dataclass
class Files:
    """The chip; its fields are its habits."""

    content: dict[Ef, bytes]
    short_ids: bool = True
    refusal: int = 0x6A86
    longest: int = 65_536
    at_end: int = 0x6282
    select_master: int = 0x9000
    needs_master: bool = False
    lose_at: int = 0
    selected: bytes | None = None
    seen: list[Command] = field(default_factory=list)

    def answer(self, command: Command) -> Response:
        self.seen.append(command)
        if len(self.seen) == self.lose_at:
            raise CardLostError("lifted")
        return {0xA4: self.select, 0xB0: self.read, 0xB1: self.read_far}[command.ins](command)

    def select(self, command: Command) -> Response:
        assert command.le is None
        if command.p1 == 4:
            known = command.data == bytes.fromhex("a0000002471001")
            return Response(b"", 0x9000 if known else 0x6A82)
        if command.data == b"\x3f\x00":
            self.needs_master = False
            return Response(b"", self.select_master)
        return self.open(int.from_bytes(command.data, "big"), lambda ef: ef.fid)

    def open(self, number: int, key: object) -> Response:
        assert callable(key)
        found = [data for ef, data in self.content.items() if key(ef) == number]
        if not found or self.needs_master:
            return Response(b"", 0x6A82)
        self.selected = found[0]
        return Response(b"", 0x9000)

    def read(self, command: Command) -> Response:
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if not self.short_ids:
                return Response(b"", self.refusal)
            if self.open(command.p1 & 0x1F, lambda ef: ef.sfi).sw != 0x9000:
                return Response(b"", 0x6A82)
            offset = command.p2
        return self.cut(offset, command.le or 0)

    def read_far(self, command: Command) -> Response:
        offset = int.from_bytes(tlv.parse_one(command.data, 0x54).value, "big")
        response = self.cut(offset, (command.le or 0) - 4)
        return Response(tlv.encode(0x53, response.data) if response.data else b"", response.sw)

    def cut(self, offset: int, size: int) -> Response:
        assert self.selected is not None
        if size > self.longest:
            return Response(b"", 0x6700)
        if offset >= len(self.selected):
            return Response(b"", 0x6B00)
        data = self.selected[offset : offset + size]
        return Response(data, 0x9000 if len(data) == size else self.at_end)

    def reader(self, block: int) -> FileReader:
        return FileReader(plain(self.answer), block)
