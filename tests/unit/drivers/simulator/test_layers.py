from __future__ import annotations

import pytest

from crypto.apdu import Command, Response
from crypto.emrtd.lds import Ef, parse_com
from crypto.emrtd.passive_auth import SecurityObject
from drivers.simulator.chip import Chip
from drivers.simulator.flaws import FLAWS
from drivers.simulator.hostile.answers import Always
from drivers.simulator.layers import Flaw, Inside, Layer, LayeredChip, OnAir, catalogue
from drivers.simulator.reissue import nested, signed
from tests import chips

SELECT = bytes.fromhex("00A4040C07A0000002471001")
CHALLENGE = bytes.fromhex("0084000008")


class Marked(Layer):
    def __init__(self, mark: str, kept: list[str]) -> None:
        self._mark, self._kept = mark, kept

    def reset(self) -> None:
        self._kept.append(f"{self._mark} reset")

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        self._kept.append(f"{self._mark} on air")
        return send(raw)

    def inside(self, command: Command, send: Inside) -> Response:
        self._kept.append(f"{self._mark} inside")
        return send(command)


def test_without_a_layer_the_chip_is_the_chip() -> None:
    contents, random = chips.contents_of("cccd-2021"), lambda size: bytes(size)
    plain, layered = Chip(contents, random=random), LayeredChip(contents, [], random=random)
    for command in (SELECT, CHALLENGE, b"\x00"):
        assert plain.transmit(command) == layered.transmit(command)


def test_first_layer_is_the_outermost_and_all_are_reset() -> None:
    kept: list[str] = []
    chip = LayeredChip(chips.contents_of("cccd-2021"), [Marked("a", kept), Marked("b", kept)])
    assert kept == ["a reset", "b reset"]
    kept.clear()
    chip.transmit(SELECT)
    assert kept == ["a on air", "b on air", "a inside", "b inside"]


def test_a_layer_may_count_and_a_reset_begins_anew() -> None:
    chip = LayeredChip(chips.contents_of("bac-only"), [Always(b"\x6f\x00")])
    assert chip.transmit(SELECT) == b"\x6f\x00"
    opened = LayeredChip(chips.contents_of("bac-only"), [Always(b"\x6f\x00", once_open=True)])
    assert opened.transmit(SELECT) == b"\x90\x00"
    assert opened.transmit(b"\x0c" + SELECT[1:]) == b"\x6f\x00"


def test_names_are_given_once_and_say_what_they_are() -> None:
    with pytest.raises(ValueError, match="twice"):
        catalogue(Flaw("one", "", ""), Flaw("one", "", ""))
    assert all(flaw.source and flaw.what and flaw.name == name for name, flaw in FLAWS.items())


def test_a_chip_signed_anew_is_whole() -> None:
    made = signed(chips.contents_of("cccd-2021"), {Ef.DG12: b"\x6c\x00"}, chips.AUTHORITY.signer())
    found = SecurityObject.parse(made.files[Ef.SOD])
    found.verify_signature()
    found.verify_file(12, b"\x6c\x00")
    assert Ef.DG12 in parse_com(made.files[Ef.COM]).groups


def test_data_objects_are_nested_as_deep_as_asked() -> None:
    assert nested(0x30, 3) == b"\x30\x04\x30\x02\x30\x00"


def test_every_flaw_makes_a_chip_that_can_be_powered() -> None:
    for flaw in FLAWS.values():
        chip = flaw.chip(chips.contents_of("cccd-2021"), chips.AUTHORITY)
        chip.reset()
        assert chip.atr
