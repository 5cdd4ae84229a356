from __future__ import annotations

import pytest

from crypto import curves, tlv
from crypto.apdu import Channel, Command, Response
from crypto.curves import Curve
from crypto.emrtd import chip_auth, keys
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.security_infos import ChipAuthInfo, ChipAuthKey, SecurityInfos
from crypto.errors import CloneSuspectedError, MessagingBrokenError, NotSupportedError, StatusError
from tests.unit.crypto.emrtd.cards import ProtectedCard

OLD = keys.derive_session(Suite.AES_128, b"the session that PACE left")
PRIVATE = 0xABCDEF
OID = "0.4.0.127.0.7.2.2.3.2."


class Chip:
    """A chip with a static key; a clone has another one than it shows."""

    def __init__(self, curve: Curve, suite: Suite, private: int = PRIVATE) -> None:
        self.curve, self.suite, self.private = curve, suite, private
        self.references: list[bytes | None] = []
        self.refuse: dict[int, int] = {}
        self.card = ProtectedCard(OLD, self.answer)
        self.channel = self.card.channel()
        self.channel.secure(SecureMessaging(OLD))

    def answer(self, command: Command) -> Response:
        if command.ins in self.refuse:
            return Response(b"", self.refuse[command.ins])
        if command.ins == 0x22:
            items = tlv.parse_all(command.data)
            self.references.append(tlv.find_optional(items, 0x84))
            if command.p2 == 0xA6:
                self.agree(tlv.find(items, 0x91))
            return Response(b"", 0x9000)
        if command.ins == 0x86:
            self.agree(tlv.find(tlv.parse_one(command.data, 0x7C).children(), 0x80))
            return Response(b"\x7c\x00", 0x9000)
        return Response(b"", 0x9000)

    def agree(self, raw: bytes) -> None:
        secret = self.curve.multiply(self.private, self.curve.decode(raw))
        self.card.next_session = keys.derive_session(self.suite, secret.x.to_bytes(self.curve.field_size, "big"))


def infos_for(curve: Curve, suite: Suite, key_id: int | None = None) -> SecurityInfos:
    key = ChipAuthKey(curve, curve.public(PRIVATE), key_id)
    return SecurityInfos(chip_auth=(ChipAuthInfo(OID + str(suite.value), 1, key_id),), chip_auth_keys=(key,))


def fixed(size: int) -> bytes:
    return (0x1357_9BDF_2468).to_bytes(size, "big")


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("parameter_id", [12, 13, 14, 18])
def test_a_genuine_chip_goes_on_under_new_keys(suite: Suite, parameter_id: int) -> None:
    chip = Chip(curves.by_parameter_id(parameter_id), suite)
    chip_auth.authenticate(chip.channel, infos_for(chip.curve, suite), fixed)
    assert chip.card.session is not None
    assert chip.card.session.suite is suite
    assert chip.channel.send(Command(0x00, 0xB0, 0, 0, le=1)).sw == 0x9000
    assert chip.channel.apdus == (3 if suite is Suite.TRIPLE_DES else 4)


@pytest.mark.parametrize("suite", Suite)
def test_a_chip_with_another_private_key_is_a_suspected_clone(suite: Suite) -> None:
    chip = Chip(curves.by_parameter_id(13), suite, private=PRIVATE + 1)
    with pytest.raises(CloneSuspectedError):
        chip_auth.authenticate(chip.channel, infos_for(chip.curve, suite), fixed)


def answering_after_agreement(answer: str) -> Channel:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)

    def transceive(raw: bytes) -> bytes:
        return chip.card.transceive(raw) if len(chip.card.raw) < 2 else bytes.fromhex(answer)

    channel = Channel(transceive)
    channel.secure(SecureMessaging(OLD))
    return channel


@pytest.mark.parametrize("answer", ["6988", "6987", "6982", "6985", "9000", "990290008e0811223344556677889000"])
def test_a_first_answer_without_the_new_keys_is_a_suspected_clone(answer: str) -> None:
    with pytest.raises(CloneSuspectedError):
        chip_auth.authenticate(
            answering_after_agreement(answer), infos_for(curves.by_parameter_id(13), Suite.AES_128), fixed
        )


def test_a_bare_error_that_says_nothing_about_keys_accuses_nobody() -> None:
    with pytest.raises(StatusError):
        chip_auth.authenticate(
            answering_after_agreement("6f00"), infos_for(curves.by_parameter_id(13), Suite.AES_128), fixed
        )


def test_any_authenticated_status_proves_the_keys() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    chip.refuse[0xA4] = 0x6A82
    chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)


@pytest.mark.parametrize("ins", [0x22, 0x86])
def test_a_chip_that_refuses_the_protocol_gives_its_status(ins: int) -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    chip.refuse[ins] = 0x6A80
    with pytest.raises(StatusError) as caught:
        chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)
    assert caught.value.sw == 0x6A80


@pytest.mark.parametrize(
    ("key_id", "sent"), [(None, None), (0, b"\x00"), (1, b"\x01"), (195, b"\xc3"), (0x1234, b"\x12\x34")]
)
@pytest.mark.parametrize("suite", [Suite.TRIPLE_DES, Suite.AES_256])
def test_the_key_number_is_sent_where_there_is_one(suite: Suite, key_id: int | None, sent: bytes | None) -> None:
    chip = Chip(curves.by_parameter_id(13), suite)
    chip_auth.authenticate(chip.channel, infos_for(chip.curve, suite, key_id), fixed)
    assert chip.references == [sent]


def test_the_key_is_the_one_that_the_info_numbers() -> None:
    chip = Chip(curves.by_parameter_id(12), Suite.AES_128)
    right = infos_for(chip.curve, Suite.AES_128, 2)
    other = ChipAuthKey(curves.by_parameter_id(13), curves.by_parameter_id(13).generator, 1)
    dh = ChipAuthInfo("0.4.0.127.0.7.2.2.3.1.2", 1, 2)
    both = SecurityInfos(chip_auth=(dh, *right.chip_auth), chip_auth_keys=(other, *right.chip_auth_keys))
    chip_auth.authenticate(chip.channel, both, fixed)
    assert chip.references == [b"\x02"]


def test_a_key_without_info_means_3des() -> None:
    chip = Chip(curves.by_parameter_id(12), Suite.TRIPLE_DES)
    key = ChipAuthKey(chip.curve, chip.curve.public(PRIVATE), None)
    chip_auth.authenticate(chip.channel, SecurityInfos(chip_auth_keys=(key,)), fixed)
    assert chip.card.session is not None
    assert chip.card.session.suite is Suite.TRIPLE_DES


@pytest.mark.parametrize(
    "infos",
    [
        SecurityInfos(),
        SecurityInfos(chip_auth=(ChipAuthInfo(OID + "2", 1, None),)),
        SecurityInfos(
            chip_auth=(ChipAuthInfo(OID + "2", 1, 7),),
            chip_auth_keys=(ChipAuthKey(curves.by_parameter_id(13), curves.by_parameter_id(13).generator, 8),),
        ),
    ],
)
def test_nothing_usable_in_dg14_is_not_supported(infos: SecurityInfos) -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    with pytest.raises(NotSupportedError):
        chip_auth.authenticate(chip.channel, infos, fixed)
    assert chip.channel.apdus == 0


def test_a_session_that_breaks_before_the_agreement_accuses_nobody() -> None:
    chip = Chip(curves.by_parameter_id(13), Suite.AES_128)
    other = SessionKeys(OLD.suite, OLD.mac, OLD.encryption)
    chip.channel.secure(SecureMessaging(other))
    with pytest.raises(MessagingBrokenError):
        chip_auth.authenticate(chip.channel, infos_for(chip.curve, Suite.AES_128), fixed)
