from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.apdu import Channel, Command, Response
from crypto.emrtd import files, keys
from crypto.emrtd.files import FileReader
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from crypto.emrtd.messaging import SecureMessaging
from crypto.errors import CardError, CardLostError, MalformedError, ProofError, StatusError
from tests.unit.crypto.emrtd.cards import ProtectedCard, plain
from tests.unit.crypto.emrtd.file_system import DG1, DG2, FAR, SOD, Files, content


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
    asked_for_the_header = [0xB0] if refusal == 0x6B00 else []
    assert [command.ins for command in chip.seen] == [0xB0, *asked_for_the_header, 0xA4, 0xB0, 0xA4, 0xB0]


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
    assert channel.apdus <= 40


@pytest.mark.parametrize("short_ids", [True, False])
def test_a_chip_that_grants_only_what_is_left_is_asked_for_the_header_first(short_ids: bool) -> None:
    chip = Files({Ef.COM: content(Ef.COM, 22), Ef.DG1: DG1, Ef.DG2: DG2}, short_ids=short_ids)

    def strict(command: Command) -> Response:
        response = chip.answer(command)
        cut = command.ins == 0xB0 and len(response.data) < (command.le or 0)
        return Response(b"", 0x6B00) if cut else response

    reader = FileReader(plain(strict), 1000)
    assert reader.read(Ef.DG1) == DG1
    before = len(chip.seen)
    assert reader.read(Ef.COM) == chip.content[Ef.COM]
    assert reader.read(Ef.DG2) == DG2
    assert len(chip.seen) - before == (2 if short_ids else 3) + (18 if short_ids else 19)


def test_an_exact_length_offered_for_one_block_is_no_rule_for_the_next() -> None:
    chip = Files({Ef.DG1: DG1, Ef.DG2: DG2})

    def offers(command: Command) -> Response:
        response = chip.answer(command)
        short = response.sw == 0x6282 and command.le != len(response.data)
        return Response(b"", 0x6C00 | len(response.data)) if short and len(response.data) < 256 else response

    reader = FileReader(plain(offers), 1000)
    assert reader.read(Ef.DG1) == DG1
    assert reader.read(Ef.DG2) == DG2
    assert reader.block == 1000


@pytest.mark.parametrize("status", [0x6F00, 0x6A80, 0x6D00])
def test_any_refusal_of_the_first_long_command_may_mean_its_length(status: int) -> None:
    chip = Files({Ef.SOD: SOD, Ef.DG1: DG1})

    def answer(command: Command) -> Response:
        return Response(b"", status) if (command.le or 0) > 223 else chip.answer(command)

    reader = FileReader(plain(answer), 65_000)
    assert reader.read(Ef.SOD) == SOD
    assert reader.block == 223


def test_a_refusal_after_a_long_answer_is_not_taken_for_one_of_length() -> None:
    chip = Files({Ef.SOD: SOD})
    reader = chip.reader(65_000)
    reader.read(Ef.SOD)
    broken = FileReader(plain(lambda command: Response(b"", 0x6F00)), 65_000)
    broken.granted = reader.granted
    with pytest.raises(StatusError) as caught:
        broken.read(Ef.DG1)
    assert caught.value.sw == 0x6F00


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


class Protected:
    """A channel whose session leaves 6Cxx to the reader, as secure messaging does."""

    def __init__(self, chip: Files, *, most: int = 0) -> None:
        self._chip = chip
        self._most = most

    def send(self, command: Command) -> Response:
        response = self._chip.answer(command)
        if self._most:
            return Response(b"", 0x6C00 | self._most) if (command.le or 0) > self._most else response
        cut = response.sw == 0x6282 and 0 < len(response.data) < 256
        return Response(b"", 0x6C00 | len(response.data)) if cut and command.le != len(response.data) else response


def test_under_a_session_an_exact_length_is_asked_for_once() -> None:
    chip = Files({Ef.DG1: DG1, Ef.DG2: DG2})
    reader = FileReader(Protected(chip), 1000)  # type: ignore[arg-type]
    assert reader.read(Ef.DG1) == DG1
    assert [command.le for command in chip.seen] == [1000, len(DG1)]
    assert reader.read(Ef.DG2) == DG2
    assert reader.block == 1000


def test_under_a_session_the_same_exact_length_twice_is_a_rule() -> None:
    chip = Files({Ef.DG2: DG2})
    reader = FileReader(Protected(chip, most=0x80), 1000)  # type: ignore[arg-type]
    assert reader.read(Ef.DG2) == DG2
    assert reader.block == 0x80
    assert len(chip.seen) <= 2 + len(DG2) // 0x80 + 3
