"""The card's side of a conversation, as small as the tests need it and written apart from the code under test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crypto import der, tlv
from crypto.apdu import Channel, Command, Response
from crypto.curves import Curve
from crypto.dh import DhGroup
from crypto.emrtd import ciphers, keys, pace, pace_mapping
from crypto.emrtd.keys import Purpose, SessionKeys, Suite
from crypto.emrtd.pace import Password
from crypto.emrtd.security_infos import PaceInfo

Handler = Callable[[Command], Response]

CAN = Password.can("123450")
ZERO_LED = {0: 48, 13: 856}
"""A private key of each group whose public key begins with a zero byte, found by search."""

VECTORS = Path(__file__).parents[3] / "vectors"


def constants(name: str) -> list[bytes]:
    """The numbers of a worked example of ICAO 9303-11, in their order."""
    (example,) = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return [bytes.fromhex(constant["hex"]) for constant in example["constants"]]


def scripted(*exchanges: tuple[str, str]) -> Channel:
    """A channel to a card that expects exactly these commands and knows exactly these answers."""
    rest = list(exchanges)

    def transceive(command: bytes) -> bytes:
        assert rest, f"one command too many: {command.hex()}"
        expected, answer = rest.pop(0)
        assert command.hex() == expected.lower().replace(" ", "")
        return bytes.fromhex(answer)

    return Channel(transceive)


def plain(handler: Handler) -> Channel:
    """A channel to a card that answers without secure messaging."""
    return Channel(lambda raw: handler(Command.decode(raw)).encode())


def numbers(*values: bytes) -> Callable[[int], bytes]:
    """Randomness that was agreed before."""
    rest = iter(values)

    def random(size: int) -> bytes:
        value = next(rest)
        assert len(value) == size
        return value

    return random


class ProtectedCard:
    """Takes off secure messaging, asks ``handler``, and puts it on again. Wrong protection ends the session."""

    def __init__(self, session: SessionKeys, handler: Handler, counter: int = 0) -> None:
        self.session: SessionKeys | None = session
        self.handler = handler
        self.counter = counter
        self.seen: list[Command] = []
        self.raw: list[bytes] = []
        self.bare: dict[int, int] = {}
        self.next_session: SessionKeys | None = None

    def channel(self) -> Channel:
        return Channel(self.transceive)

    def transceive(self, raw: bytes) -> bytes:
        outer = Command.decode(raw)
        self.raw.append(raw)
        if len(self.raw) in self.bare:
            return self.bare[len(self.raw)].to_bytes(2, "big")
        if self.session is None:
            return b"\x69\x88"
        command = self._open(self.session, outer)
        if command is None:
            self.session = None
            return b"\x69\x88"
        self.seen.append(command)
        answer = self._protect(self.session, self.handler(command), odd=bool(command.ins & 1))
        assert len(answer) - 2 <= (outer.le or 0)
        if self.next_session is not None:
            self.session, self.next_session, self.counter = self.next_session, None, 0
        return answer

    def _count(self) -> bytes:
        assert self.session is not None
        self.counter += 1
        return self.counter.to_bytes(self.session.suite.block, "big")

    def _mac(self, session: SessionKeys, counter: bytes, content: bytes) -> bytes:
        return ciphers.mac(session.suite, session.mac, ciphers.pad(counter + content, session.suite.block))

    def _open(self, session: SessionKeys, outer: Command) -> Command | None:
        counter = self._count()
        assert outer.cla & 0x0C == 0x0C
        items = tlv.parse_all(outer.data)
        header = ciphers.pad(outer.header, session.suite.block)
        if items[-1].tag != 0x8E or items[-1].value != self._mac(session, counter, header + outer.data[:-10]):
            return None
        data, le = b"", None
        for item in items[:-1]:
            if item.tag == 0x97:
                le = int.from_bytes(item.value, "big") or 1 << 8 * len(item.value)
            else:
                encrypted = item.value if outer.ins & 1 else item.value[1:]
                iv = ciphers.message_iv(session, counter)
                data = ciphers.unpad(ciphers.decrypt(session.suite, session.encryption, encrypted, iv))
                assert item.tag == (0x85 if outer.ins & 1 else 0x87)
        return Command(outer.cla & ~0x0C, outer.ins, outer.p1, outer.p2, data, le)

    def _protect(self, session: SessionKeys, response: Response, *, odd: bool) -> bytes:
        counter = self._count()
        objects = b""
        if response.data:
            padded = ciphers.pad(response.data, session.suite.block)
            iv = ciphers.message_iv(session, counter)
            encrypted = ciphers.encrypt(session.suite, session.encryption, padded, iv)
            objects = tlv.encode(0x85, encrypted) if odd else tlv.encode(0x87, b"\x01" + encrypted)
        objects += tlv.encode(0x99, response.sw.to_bytes(2, "big"))
        return objects + tlv.encode(0x8E, self._mac(session, counter, objects)) + response.sw.to_bytes(2, "big")


class PaceCard:
    """The chip's half of PACE in any mapping. ``tamper`` may change any answer's value by its tag."""

    def __init__(self, oid: str, group: Curve | DhGroup, suite: Suite, secret: bytes) -> None:
        self.oid, self.suite, self.secret = oid, suite, secret
        self.group: Any = group
        self.mapping = int(oid.split(".")[-2])
        self.nonce = bytes(range(16 if suite.key_size == 16 else 32))
        self.private = [0x1111, 0x2222]
        self.static_private = 0x3333
        self.wants_parameters: bool | None = None
        self.sw_template = 0x9000
        self.sw_token = 0x6300
        self.tamper: Callable[[int, bytes], bytes] = lambda tag, value: value
        self.seen: list[Command] = []
        self.session: SessionKeys | None = None
        self.choose_second: Callable[[Any], int] | None = None
        self._generator: Any = None
        self._own = self._other = b""

    def channel(self) -> Channel:
        return plain(self.answer)

    def answer(self, command: Command) -> Response:
        self.seen.append(command)
        if command.ins == 0x22:
            has = any(item.tag == 0x84 for item in tlv.parse_all(command.data))
            wrong = self.wants_parameters is not None and has is not self.wants_parameters
            return Response(b"", 0x6A80 if wrong else self.sw_template)
        items = tlv.parse_one(command.data, 0x7C).children()
        if not items:
            key = keys.derive(self.suite, self.secret, Purpose.PASSWORD)
            return self._reply(self._object(0x80, ciphers.encrypt(self.suite, key, self.nonce)))
        (item,) = items
        return {0x81: self._map, 0x83: self._agree, 0x85: self._token}[item.tag](item.value)

    def _object(self, tag: int, value: bytes) -> bytes:
        return tlv.encode(tag, self.tamper(tag, value))

    def _reply(self, objects: bytes) -> Response:
        return Response(tlv.encode(0x7C, objects), 0x9000)

    def _map(self, raw: bytes) -> Response:
        if self.mapping in (3, 4):
            assert len(raw) == self.suite.key_size
            self._generator = pace_mapping.integrated(self.group, self.suite, self.nonce, raw)
            return self._reply(self._object(0x82, b""))
        shared = self.group.multiply(self.private[0], self.group.decode(raw))
        nonce = int.from_bytes(self.nonce, "big")
        if nonce:
            shared = self.group.combine(self.group.multiply(nonce, self.group.generator), shared)
        self._generator = shared
        return self._reply(self._object(0x82, self.group.encode(self.group.public(self.private[0]))))

    def _agree(self, raw: bytes) -> Response:
        other = self.group.decode(raw)
        private = self.choose_second(other) if self.choose_second else self.private[1]
        self._own = self.group.encode(self.group.multiply(private, self._generator))
        self._other = raw
        self.session = keys.derive_session(self.suite, secret_of(self.group, self.group.multiply(private, other)))
        return self._reply(self._object(0x84, self._own))

    def _mac(self, public: bytes) -> bytes:
        assert self.session is not None
        tag = 0x86 if isinstance(self.group, Curve) else 0x84
        content = tlv.encode(6, der.encode_identifier(self.oid)) + tlv.encode(tag, public)
        message = tlv.encode(0x7F49, content)
        if self.suite is Suite.TRIPLE_DES:
            message = ciphers.pad(message, 8)
        return ciphers.mac(self.suite, self.session.mac, message)

    def _token(self, token: bytes) -> Response:
        if token != self._mac(self._own):
            return Response(b"", self.sw_token)
        objects = self._object(0x86, self._mac(self._other))
        if self.mapping == 6:
            objects += self._object(0x8A, self._proof())
        return self._reply(objects)

    def _proof(self) -> bytes:
        assert self.session is not None
        order = self.group.order
        factor = pow(self.static_private, -1, order) * self.private[0] % order
        iv = ciphers.encrypt(self.suite, self.session.encryption, b"\xff" * 16)
        data = ciphers.pad(factor.to_bytes(self.group.order_size, "big"), 16)
        return ciphers.encrypt(self.suite, self.session.encryption, data, iv)


def secret_of(group: Curve | DhGroup, element: Any) -> bytes:
    """The shared secret at fixed length, written out apart from the code under test."""
    if isinstance(group, Curve):
        return int(element.x).to_bytes(group.field_size, "big")
    return int(element.y).to_bytes((group.p.bit_length() + 7) // 8, "big")


def pace_card(
    group: Curve | DhGroup, suite: Suite, password: Password = CAN, mapping: int = 2
) -> tuple[PaceCard, PaceInfo]:
    """A chip that knows ``password``, and what its EF.CardAccess says."""
    oid = f"0.4.0.127.0.7.2.2.4.{mapping}.{suite.value}"
    return PaceCard(oid, group, suite, password.secret), PaceInfo(oid, 2, group.parameter_id)


def counted(size: int) -> bytes:
    """Randomness that is always the same and never the chip's."""
    return (0x0123456789ABCDEF).to_bytes(size, "big") if size > 8 else b"\x17" * size


def pace_opens(card: PaceCard, info: PaceInfo, password: Password = CAN) -> bool:
    """Whether both sides can talk after PACE."""
    result = pace.establish(card.channel(), info, password, counted)
    assert card.session is not None
    after = ProtectedCard(card.session, lambda command: Response(b"yes", 0x9000)).channel()
    after.secure(result.messaging)
    return after.send(Command(0x00, 0xB0, 0, 0, le=3)).data == b"yes"
