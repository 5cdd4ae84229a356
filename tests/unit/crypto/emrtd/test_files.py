from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import tlv
from crypto.apdu import Channel, Command, Response
from crypto.emrtd import files, keys
from crypto.emrtd.files import FileReader
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from crypto.emrtd.messaging import SecureMessaging
from crypto.errors import CardError, CardLostError, MalformedError, ProofError, StatusError
from tests.unit.crypto.emrtd.cards import ProtectedCard, plain


def content(ef: Ef, size: int) -> bytes:
    return tlv.encode(ef.tag, bytes(n * 31 % 251 for n in range(size)))


DG1 = content(Ef.DG1, 93)
DG2 = content(Ef.DG2, 16_500)
SOD = content(Ef.SOD, 885)
FAR = content(Ef.DG2, 70_000)


@dataclass
class Files:
    """A chip's file system, with the habits that real ones have."""

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


def test_the_application_is_selected_without_asking_for_an_answer() -> None:
    chip = Files({})
    files.select_application(plain(chip.answer))
    assert chip.seen == [Command(0x00, 0xA4, 0x04, 0x0C, bytes.fromhex("a0000002471001"))]


def test_a_chip_without_the_application_gives_its_status() -> None:
    with pytest.raises(StatusError) as caught:
        files.select_application(plain(lambda command: Response(b"", 0x6A82)))
    assert caught.value.sw == 0x6A82


CARD_ACCESS = content(Ef.CARD_ACCESS, 52)


def test_card_access_takes_one_command_by_its_short_identifier() -> None:
    chip = Files({Ef.CARD_ACCESS: CARD_ACCESS})
    assert files.read_card_access(plain(chip.answer)) == (CARD_ACCESS, True)
    assert chip.seen == [Command(0x00, 0xB0, 0x9C, 0x00, le=256)]


@pytest.mark.parametrize("refusal", [0x6A82, 0x6982, 0x6D00, 0x6700, 0x6B00, 0x6A86])
def test_card_access_is_selected_where_its_short_identifier_is_refused(refusal: int) -> None:
    chip = Files({Ef.CARD_ACCESS: CARD_ACCESS}, short_ids=False, refusal=refusal)
    assert files.read_card_access(plain(chip.answer)) == (CARD_ACCESS, False)
    assert chip.seen[1:] == [Command(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1c"), Command(0x00, 0xB0, 0, 0, le=256)]


def test_card_access_is_selected_at_once_where_the_short_identifier_is_known_to_lead_nowhere() -> None:
    chip = Files({Ef.CARD_ACCESS: CARD_ACCESS})
    assert files.read_card_access(plain(chip.answer), by_short_id=False) == (CARD_ACCESS, False)
    assert len(chip.seen) == 2
    assert chip.seen[0] == Command(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1c")


def test_a_short_identifier_that_leads_to_another_program_s_file_is_not_believed() -> None:
    chip = Files({Ef.CARD_ACCESS: CARD_ACCESS})

    def answer(command: Command) -> Response:
        of_somebody_else = command.ins == 0xB0 and command.p1 == 0x9C
        return Response(b"\x6f\x05hello", 0x9000) if of_somebody_else else chip.answer(command)

    assert files.read_card_access(plain(answer)) == (CARD_ACCESS, False)


@pytest.mark.parametrize("status", [0x9000, 0x6D00, 0x6982, 0x6A86])
def test_the_master_file_is_selected_only_when_needed_and_may_refuse(status: int) -> None:
    chip = Files({Ef.CARD_ACCESS: CARD_ACCESS}, needs_master=True, select_master=status)
    assert files.read_card_access(plain(chip.answer)) == (CARD_ACCESS, False)
    assert len(chip.seen) == 5


def test_a_chip_without_card_access_gives_its_status() -> None:
    with pytest.raises(StatusError) as caught:
        files.read_card_access(plain(Files({}).answer))
    assert caught.value.sw == 0x6A82


def test_a_long_card_access_is_read_to_its_end() -> None:
    long = content(Ef.CARD_ACCESS, 600)
    assert files.read_card_access(plain(Files({Ef.CARD_ACCESS: long}).answer)) == (long, True)


def test_atr_info_takes_one_command_and_no_selection() -> None:
    chip = Files({Ef.ATR_INFO: bytes.fromhex("7f66080202010002020100")})
    assert files.read_atr_info(plain(chip.answer)) == chip.content[Ef.ATR_INFO]
    assert len(chip.seen) == 1
    with pytest.raises(StatusError):
        files.read_atr_info(plain(Files({}).answer))


@pytest.mark.parametrize("block", [32, 223, 231, 256, 1000, 65_000, 65_536])
@pytest.mark.parametrize(("ef", "data"), [(Ef.DG1, DG1), (Ef.DG2, DG2), (Ef.SOD, SOD), (Ef.DG2, FAR)])
def test_files_come_whole_in_blocks_of_any_size(block: int, ef: Ef, data: bytes) -> None:
    chip = Files({ef: data})
    reader = chip.reader(block)
    progress: list[tuple[int, int]] = []
    assert reader.read(ef, on_block=lambda done, total: progress.append((done, total))) == data
    if len(data) < 0x8000:
        assert len(chip.seen) == -(-len(data) // block)
    assert progress[-1] == (len(data), len(data))
    assert [done for done, _ in progress] == sorted({done for done, _ in progress})


def test_a_file_that_fits_one_read_takes_one_command() -> None:
    chip = Files({Ef.SOD: SOD, Ef.DG1: DG1, Ef.DG2: DG2})
    reader = chip.reader(65_536)
    for ef in chip.content:
        reader.read(ef)
    assert len(chip.seen) == 3


@pytest.mark.parametrize("status", [0x9000, 0x6282])
def test_padding_after_the_data_object_is_left_out(status: int) -> None:
    chip = Files({Ef.DG1: DG1 + bytes(40)}, at_end=status)
    assert chip.reader(256).read(Ef.DG1) == DG1


@pytest.mark.parametrize("refusal", [0x6A86, 0x6A82, 0x6B00, 0x6981, 0x6A81])
def test_chips_without_short_identifiers_are_asked_once_and_then_selected(refusal: int) -> None:
    chip = Files({Ef.DG1: DG1, Ef.SOD: SOD}, short_ids=False, refusal=refusal)
    reader = chip.reader(1000)
    assert reader.read(Ef.DG1) == DG1
    assert reader.read(Ef.SOD) == SOD
    assert [command.ins for command in chip.seen] == [0xB0, 0xA4, 0xB0, 0xA4, 0xB0]


@pytest.mark.parametrize("short_ids", [True, False])
def test_an_absent_file_is_6a82(short_ids: bool) -> None:
    chip = Files({Ef.DG1: DG1}, short_ids=short_ids)
    reader = chip.reader(256)
    for _ in range(2):
        with pytest.raises(StatusError) as caught:
            reader.read(Ef.DG11)
        assert caught.value.sw == 0x6A82
    reader.read(Ef.DG1)
    before = len(chip.seen)
    with pytest.raises(StatusError):
        reader.read(Ef.DG11)
    assert len(chip.seen) == before + 1


def test_an_absent_first_file_does_not_give_up_short_identifiers() -> None:
    chip = Files({Ef.DG1: DG1})
    reader = chip.reader(256)
    with pytest.raises(StatusError):
        reader.read(Ef.DG11)
    reader.read(Ef.DG1)
    assert chip.seen[-1].p1 == 0x81


def test_a_protected_file_keeps_its_status() -> None:
    with pytest.raises(StatusError) as caught:
        FileReader(plain(lambda command: Response(b"", 0x6982)), 256).read(Ef.DG3)
    assert caught.value.sw == 0x6982


@pytest.mark.parametrize("longest", [1024, 256, 250, 200, 64, 40])
def test_smaller_blocks_are_tried_and_remembered(longest: int) -> None:
    chip = Files({Ef.SOD: SOD, Ef.DG1: DG1}, longest=longest)
    reader = chip.reader(65_000)
    assert reader.read(Ef.SOD) == SOD
    assert reader.block <= longest
    refused = sum((command.le or 0) > longest for command in chip.seen)
    assert reader.read(Ef.DG1) == DG1
    assert sum((command.le or 0) > longest for command in chip.seen) == refused


def test_a_chip_that_accepts_no_size_at_all_is_given_up() -> None:
    with pytest.raises(StatusError) as caught:
        Files({Ef.DG1: DG1}, longest=0).reader(65_000).read(Ef.DG1)
    assert caught.value.sw == 0x6700


@pytest.mark.parametrize("lost", [2, 3, 7])
def test_a_lifted_card_keeps_what_was_read_and_the_next_read_goes_on_there(lost: int) -> None:
    chip = Files({Ef.SOD: SOD}, lose_at=lost)
    reader = chip.reader(128)
    with pytest.raises(CardLostError):
        reader.read(Ef.SOD)
    assert reader.partial == SOD[: 128 * (lost - 1)]
    back = Files({Ef.SOD: SOD})
    assert back.reader(128).read(Ef.SOD, have=reader.partial) == SOD
    assert back.seen[0].ins == 0xA4
    assert len(back.seen) == 1 + (7 - (lost - 1))


@pytest.mark.parametrize("have", [1, 3, 4, len(SOD) - 1, len(SOD)])
def test_reading_goes_on_from_any_offset(have: int) -> None:
    assert Files({Ef.SOD: SOD}).reader(256).read(Ef.SOD, have=SOD[:have]) == SOD


@pytest.mark.parametrize("data", [b"", b"\x61", b"\x61\x82\x01", DG1[:40]])
def test_a_file_that_ends_before_its_object_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Files({Ef.DG1: data}).reader(256).read(Ef.DG1)


def test_a_file_that_begins_with_another_tag_is_malformed() -> None:
    with pytest.raises(MalformedError):
        Files({Ef.DG1: SOD}).reader(256).read(Ef.DG1)


def test_a_file_that_announces_megabytes_is_not_read() -> None:
    chip = Files({Ef.DG2: b"\x75\x83\xff\xff\xff" + bytes(500)})
    with pytest.raises(MalformedError):
        chip.reader(256).read(Ef.DG2)
    assert len(chip.seen) == 1


def test_answers_without_data_do_not_go_on_for_ever() -> None:
    channel = plain(lambda command: Response(b"", 0x9000))
    with pytest.raises(MalformedError):
        FileReader(channel, 256).read(Ef.DG1)
    assert channel.apdus <= 3


def test_a_file_in_crumbs_is_given_up() -> None:
    def crumb(command: Command) -> Response:
        first = command.p1 & 0x80 != 0
        return Response(DG2[:8] if first else b"\x00", 0x9000)

    channel = plain(crumb)
    with pytest.raises(MalformedError, match="crumbs"):
        FileReader(channel, 65_000).read(Ef.DG2)
    assert channel.apdus <= 8_193


def test_a_reader_tells_what_it_asked_for_and_what_was_granted() -> None:
    chip = Files({Ef.DG2: DG2}, longest=256)
    reader = chip.reader(65_000)
    assert reader.read(Ef.DG2) == DG2
    assert (reader.asked, reader.granted, reader.block, reader.short_ids) == (65_000, 256, 256, True)
    assert reader.reading is None


def test_a_lifted_card_leaves_the_name_of_the_file_that_was_being_read() -> None:
    chip = Files({Ef.DG2: DG2}, lose_at=3)
    reader = chip.reader(256)
    with pytest.raises(CardLostError):
        reader.read(Ef.DG2)
    assert (reader.reading, reader.partial) == (Ef.DG2, DG2[:512])


def test_what_is_known_of_short_identifiers_is_not_asked_again() -> None:
    chip = Files({Ef.DG1: DG1}, short_ids=False)
    assert FileReader(plain(chip.answer), 256, short_ids=False).read(Ef.DG1) == DG1
    assert chip.seen[0].ins == 0xA4


@given(
    st.lists(st.tuples(st.binary(max_size=40), st.sampled_from([0x9000, 0x6282, 0x6B00, 0x6700, 0x6A86])), max_size=12)
)
@settings(max_examples=150)
def test_a_mad_chip_ends_in_a_documented_error(answers: list[tuple[bytes, int]]) -> None:
    rest = list(answers)

    def answer(command: Command) -> Response:
        if not rest:
            raise CardLostError("lifted")
        return Response(*rest.pop(0))

    try:
        FileReader(plain(answer), 256).read(Ef.DG1)
    except (CardError, ProofError):
        return


@pytest.mark.parametrize("suite", [Suite.TRIPLE_DES, Suite.AES_128])
def test_the_whole_card_in_256_byte_blocks_stays_within_the_budget(suite: Suite) -> None:
    chip = Files(
        {
            Ef.COM: content(Ef.COM, 23),
            Ef.SOD: SOD,
            Ef.DG1: DG1,
            Ef.DG13: content(Ef.DG13, 456),
            Ef.DG2: DG2,
            Ef.DG14: content(Ef.DG14, 300),
            Ef.DG15: content(Ef.DG15, 294),
        }
    )
    session = keys.derive_session(suite, b"session")
    card = ProtectedCard(session, chip.answer)
    channel = card.channel()
    channel.secure(SecureMessaging(session))
    files.select_application(channel)
    reader = FileReader(channel, 256)
    for ef, data in chip.content.items():
        assert reader.read(ef) == data
    card_access, pace = 2, 5
    assert card_access + pace + channel.apdus <= 97


def test_short_blocks_under_secure_messaging_stay_short() -> None:
    session = keys.derive_session(Suite.AES_128, b"session")
    card = ProtectedCard(session, Files({Ef.SOD: SOD}).answer)
    channel: Channel = card.channel()
    channel.secure(SecureMessaging(session))
    assert FileReader(channel, 223).read(Ef.SOD) == SOD
    assert all(raw[4] != 0 for raw in card.raw)


def test_a_bare_6700_under_secure_messaging_leads_to_short_blocks_in_the_same_session() -> None:
    session = keys.derive_session(Suite.AES_128, b"session")
    card = ProtectedCard(session, Files({Ef.DG2: FAR}).answer)
    card.bare = {1: 0x6700, 2: 0x6700, 3: 0x6700}
    channel = card.channel()
    channel.secure(SecureMessaging(session))
    reader = FileReader(channel, 65_000)
    assert reader.read(Ef.DG2) == FAR
    assert reader.block == 223
