from __future__ import annotations

import pytest

from crypto.apdu import Command, Response
from crypto.emrtd import files
from crypto.emrtd.lds import Ef
from crypto.errors import StatusError
from tests.unit.crypto.emrtd.cards import plain
from tests.unit.crypto.emrtd.file_system import Files, content


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
