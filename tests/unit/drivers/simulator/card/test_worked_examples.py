"""The worked examples of ICAO Doc 9303-11 (appendices D and G) played from the card's side.

The card's nonces and private keys are the published ones, so its answers must be the published bytes.
"""

from __future__ import annotations

from crypto import curves
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from drivers.simulator.card.active_authentication import recoverable_message
from drivers.simulator.card.contents import Contents, PaceOffer
from drivers.simulator.chip import Chip
from tests.unit.drivers.simulator.card.scripted import published, scripted, send

EF_COM = bytes.fromhex("60145F0104303130365F36063034303030305C026175")


def constant(name: str, start: str) -> bytes:
    return bytes.fromhex(next(row for row in published(name) if row.startswith(start)))


def bac_chip() -> Chip:
    contents = Contents({Ef.COM: EF_COM}, "L898902C<369080619406236", can="")
    chip = Chip(contents, random=scripted("4608f91988702212", "0b4f80323eb3191cb04970cb4052790b"))
    assert send(chip, "00A4040C07A0000002471001") == "9000"
    return chip


def test_basic_access_control_answers_as_published() -> None:
    chip = bac_chip()
    assert send(chip, "0084000008") == "4608f919887022129000"
    asked = constant("BACTest", "72c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f25f")
    answer = constant("BACTest", "46b9342a41396cd7386bf5803104d7cedc122b9132139baf2eedc94ee178534f2f")
    assert send(chip, f"0082000028{asked.hex()}28") == answer.hex() + "9000"


def test_secure_messaging_answers_as_published() -> None:
    chip = bac_chip()
    send(chip, "0084000008")
    asked = constant("BACTest", "72c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f25f")
    send(chip, f"0082000028{asked.hex()}28")
    rows = published("SMTest")
    commands = [row for row in rows if row.startswith("0c") and row.endswith("00") and "8e08" in row]
    answers = [row for row in rows if row.endswith("9000")]
    assert len(commands) == len(answers) == 2
    assert [send(chip, command) for command in commands] == answers


def test_third_step_of_the_example_returns_the_rest_of_the_file() -> None:
    chip = bac_chip()
    send(chip, "0084000008")
    asked = constant("BACTest", "72c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f25f")
    send(chip, f"0082000028{asked.hex()}28")
    send(chip, "0ca4020c158709016375432908c044f68e08bf8b92d635ff24f800")
    send(chip, "0cb000000d9701048e08ed6705417e96ba5500")
    answer = send(chip, "0cb000040d9701128e082ea28a70f3c7b53500")
    assert answer == ("871901fb9235f4e4037f2327dcc8964f1f9b8c30f42c8e2fff224a990290008e08c8b2787eaea07d749000")


def test_pace_with_generic_mapping_answers_as_published() -> None:
    offer = PaceOffer(Suite.AES_128, curves.by_parameter_id(13), 13)
    chip = Chip(
        Contents({}, "T22000129364081251010318", can="", pace=(offer,)),
        random=scripted(
            "3f00c4d39d153f2b2a214a078d899b22",
            "498ff49756f2dc1587840041839a85982be7761d14715fb091efa7bce9058560",
            "107cf58696ef6155053340fd633392ba81909df7b9706f226f32086c7aff974a",
        ),
    )
    steps = [row for row in published("PACE_ECDH_GMTest") if row.startswith("7c")]
    nonce, map_asked, map_answer, agree_asked, agree_answer, token_asked, token_answer = steps
    assert send(chip, "0022C1A40F800A04007F00070202040202830101") == "9000"
    assert send(chip, "10860000027c0000") == nonce + "9000"
    assert send(chip, f"1086000045{map_asked}00") == map_answer + "9000"
    assert send(chip, f"1086000045{agree_asked}00") == agree_answer + "9000"
    assert send(chip, f"008600000c{token_asked}00") == token_answer + "9000"


def test_active_authentication_signs_the_published_message() -> None:
    rows = published("AATest")
    challenge, nonce, _, message = rows[0], rows[1], rows[2], rows[3]
    made = recoverable_message(128, "sha1", b"\xbc", bytes.fromhex(challenge), scripted(nonce))
    assert made.hex() == message
