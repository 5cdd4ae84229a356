from __future__ import annotations

import pytest

from crypto.apdu import Command, Response
from crypto.emrtd import bac, ciphers
from crypto.emrtd.keys import Suite
from crypto.errors import AccessRefusedError, CardLostError, MalformedError, MessagingBrokenError, StatusError
from tests.unit.crypto.emrtd.cards import constants, numbers, plain, scripted

# ICAO 9303-11 appendix D.3 and D.4, document L898902C.
MRZ = "L898902C<369080619406236"
VALUES = constants("BACTest")
CHALLENGE = ("0084000008", "4608f919887022129000")
AUTHENTICATE = ("0082000028" + VALUES[18].hex() + "28", VALUES[10].hex() + "9000")


def establish(*exchanges: tuple[str, str]) -> None:
    channel = scripted(*exchanges)
    channel.secure(bac.establish(channel, MRZ, numbers(VALUES[13], VALUES[14])))
    assert channel.send(Command(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1e")).sw == 0x9000


def test_worked_example_of_icao_byte_by_byte() -> None:
    messages = constants("SMTest")
    establish(CHALLENGE, AUTHENTICATE, (messages[6].hex(), messages[7].hex()))


@pytest.mark.parametrize("sw", ["6300", "63c2", "6982", "6985", "6988", "6a80"])
def test_a_refused_mrz_is_said_so(sw: str) -> None:
    with pytest.raises(AccessRefusedError):
        establish(CHALLENGE, (AUTHENTICATE[0], sw))


@pytest.mark.parametrize("sw", ["6700", "6d00", "6f00"])
def test_other_refusals_keep_their_status(sw: str) -> None:
    with pytest.raises(StatusError) as caught:
        establish(CHALLENGE, (AUTHENTICATE[0], sw))
    assert caught.value.sw == int(sw, 16)


def test_a_chip_without_bac_gives_its_status() -> None:
    with pytest.raises(StatusError):
        establish((CHALLENGE[0], "6d00"))


@pytest.mark.parametrize("answer", ["9000", "4608f9198870229000", "4608f91988702212009000"])
def test_a_challenge_of_another_size_is_malformed(answer: str) -> None:
    with pytest.raises(MalformedError):
        establish((CHALLENGE[0], answer))


def test_an_answer_of_another_size_is_malformed() -> None:
    with pytest.raises(MalformedError):
        establish(CHALLENGE, (AUTHENTICATE[0], VALUES[10][:-1].hex() + "9000"))


def test_an_answer_with_a_wrong_mac_is_no_session() -> None:
    wrong = VALUES[10][:-1] + bytes([VALUES[10][-1] ^ 1])
    with pytest.raises(MessagingBrokenError):
        establish(CHALLENGE, (AUTHENTICATE[0], wrong.hex() + "9000"))


def test_an_answer_to_another_challenge_is_no_session() -> None:
    plain_answer = bytes(8) + VALUES[13] + bytes(16)
    cryptogram = ciphers.encrypt(Suite.TRIPLE_DES, VALUES[1], plain_answer)
    checksum = ciphers.mac(Suite.TRIPLE_DES, VALUES[2], ciphers.pad(cryptogram, 8))
    with pytest.raises(MessagingBrokenError):
        establish(CHALLENGE, (AUTHENTICATE[0], (cryptogram + checksum).hex() + "9000"))


def test_a_card_lifted_half_way_is_lost_not_refused() -> None:
    with pytest.raises(CardLostError):
        establish(CHALLENGE, (AUTHENTICATE[0], ""))


def test_no_error_text_holds_the_mrz() -> None:
    channel = plain(lambda command: Response(bytes(8), 0x9000) if command.ins == 0x84 else Response(b"", 0x6300))
    with pytest.raises(AccessRefusedError) as caught:
        bac.establish(channel, MRZ, numbers(VALUES[13], VALUES[14]))
    assert "L898902C" not in str(caught.value)
