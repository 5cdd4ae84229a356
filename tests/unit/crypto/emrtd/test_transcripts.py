"""Published transcripts that are parts of a read, played against the functions for that part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crypto.apdu import Channel, Command
from crypto.emrtd import bac, chip_auth
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.security_infos import parse_dg14
from crypto.errors import CloneSuspectedError
from drivers.simulator.replay import ScriptedCard
from terminal.cli.rehearsal import GivenRandom
from terminal.transcript import Exchange, Transcript, parse
from tests.transcripts import FOLDER

MRZ = "L898902C<369080619406236"
BAC_RANDOM = bytes.fromhex("781723860C06C2260B795240CB7049B01C19B33E32804F0B")
EF_COM = bytes.fromhex("60145F0104303130365F36063034303030305C026175")

# gmrtd, chipauth/chip_auth_test.go, TestChipAuthAT: DG14, the session before, the terminal's private key.
DG14 = bytes.fromhex(
    "6E82017E3182017A300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F000702020402020201"
    "0202010D30820142060904007F000702020102308201333081EC06072A8648CE3D02013081E0020101302C06072A8648CE3D0101022100A9"
    "FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377304404207D5A0975FC2C3057EEF67530417AFFE7FB8055C126"
    "DC5C6CE94A4B44F330B5D9042026DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B60441048BD2AEB9CB7E57CB"
    "2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997"
    "022100A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7020101034200041983917269AC877C0B61544C2C02"
    "2000D2A5ABA723E2D80141E648B40911DC3459761F27480E4B57181A53D8FE1190EA86C939AC14363178CAFFC621F0F905C3"
)
SESSION = SessionKeys(
    Suite.AES_128,
    bytes.fromhex("524170DE3419B7AF2F23E45AD6EF9595"),
    bytes.fromhex("97893F5FDC29A5C13A924FE7D8ED44FD"),
)
PRIVATE = bytes.fromhex("80EBAFC8A51BECD4D90BB640EE38C9FD5C12748D28AAA37096B98C4533C4F5F5")


def card(name: str, change: Callable[[list[Exchange]], None] = lambda _exchanges: None) -> ScriptedCard:
    exchanges = list(parse((FOLDER / name).read_bytes()).exchanges)
    change(exchanges)
    return ScriptedCard(Transcript(tuple(exchanges)))


def test_access_and_reading_of_icao_9303_11_appendix_d() -> None:
    chip, random = card("icao-9303-11-d.txt"), GivenRandom(BAC_RANDOM)
    channel = Channel(chip.transmit)
    channel.secure(bac.establish(channel, MRZ, random))
    channel.send(Command(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1e")).require("select EF.COM")
    head = channel.send(Command(0x00, 0xB0, 0, 0, le=4)).require("read")
    rest = channel.send(Command(0x00, 0xB0, 0, 4, le=18)).require("read")
    assert head + rest == EF_COM
    assert (chip.answered, random.left, channel.apdus) == (5, 0, 5)


def test_chip_authentication_of_an_austrian_chip() -> None:
    chip, random = card("gmrtd-at-chip-authentication.txt"), GivenRandom(PRIVATE)
    channel = Channel(chip.transmit)
    channel.secure(SecureMessaging(SESSION, 0xF0))
    chip_auth.authenticate(channel, parse_dg14(DG14), random)
    assert (chip.answered, random.left) == (3, 0)


def test_a_chip_that_cannot_use_the_new_keys_is_found_out() -> None:
    def clone(exchanges: list[Exchange]) -> None:
        exchanges[2] = Exchange(exchanges[2].command, exchanges[1].response)

    channel = Channel(card("gmrtd-at-chip-authentication.txt", clone).transmit)
    channel.secure(SecureMessaging(SESSION, 0xF0))
    with pytest.raises(CloneSuspectedError):
        chip_auth.authenticate(channel, parse_dg14(DG14), GivenRandom(PRIVATE))
