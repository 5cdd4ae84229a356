"""Layers around a simulated chip: what real and hostile chips do in ways of their own, one class for each.

A layer stands on three places of an answer's way: around the whole APDU as it is on the air, around the plain command
once secure messaging was taken off it, and over the data objects and the counter that the MAC is made over.
"""

from __future__ import annotations

import functools
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from crypto import tlv
from crypto.apdu import Command, Response
from crypto.curves import Random
from drivers.simulator.card.contents import Contents, Limits
from drivers.simulator.card.messaging import CardMessaging
from drivers.simulator.chip import Chip
from drivers.simulator.issuer.authority import Authority

MAC_OBJECT = 10
"""Bytes of the data object that ends a protected answer."""

OnAir = Callable[[bytes], bytes]
"""The rest of the chip, as bytes."""

Inside = Callable[[Command], Response]
"""The rest of the chip, as plain command and answer."""


class Layer:
    """Passes everything on as it is; a subclass overrides the place where its chip differs. One object for one chip."""

    def reset(self) -> None:
        """Power-on: whatever the layer remembers of a session is forgotten."""

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        """The answer's bytes to the command's bytes."""
        return send(raw)

    def inside(self, command: Command, send: Inside) -> Response:
        """The plain answer to the plain command."""
        return send(command)

    def sealed(self, objects: bytes) -> bytes:
        """The data objects that the MAC is made over, from those of a sound answer."""
        return objects

    def counted(self, counter: int) -> int:
        """The send sequence counter that the MAC is made over, from the right one."""
        return counter


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that a chip does in its own way: a word for the command line, where it is from, and what it is.

    ``layer`` makes the layer for one chip. ``alter`` makes the chip's contents from those of a sound one; its second
    argument is the issuer, who may sign them anew. ``limits`` are its buffers.
    """

    name: str
    source: str
    what: str
    layer: Callable[[], Layer] = Layer
    alter: Callable[[Contents, Authority], Contents] = lambda contents, _issuer: contents
    limits: Limits | None = None

    def chip(self, contents: Contents, issuer: Authority, *, random: Random = secrets.token_bytes) -> LayeredChip:
        """A chip with this flaw, otherwise as ``contents`` say."""
        return LayeredChip(self.alter(contents, issuer), [self.layer()], random=random, limits=self.limits)


def catalogue(*flaws: Flaw) -> MappingProxyType[str, Flaw]:
    """The flaws by name; ValueError when a name stands twice."""
    table = {flaw.name: flaw for flaw in flaws}
    if len(table) != len(flaws):
        raise ValueError("a flaw stands twice in its catalogue")
    return MappingProxyType(table)


class LayeredChip(Chip):
    """A chip with layers around it; the first of them is the outermost."""

    def __init__(
        self,
        contents: Contents,
        layers: Sequence[Layer],
        *,
        random: Random = secrets.token_bytes,
        limits: Limits | None = None,
    ) -> None:
        self._layers = tuple(layers)
        super().__init__(contents, random=random, limits=limits)

    def reset(self) -> None:
        """Power-on, for the layers too."""
        super().reset()
        for layer in self._layers:
            layer.reset()

    def transmit(self, raw: bytes) -> bytes:
        """The answer on the air, through all layers; it need not even be a status word."""
        send: OnAir = super().transmit
        for layer in reversed(self._layers):
            send = functools.partial(layer.on_air, send=send)
        return send(raw)

    def _execute(self, command: Command, room: int) -> Response:
        send: Inside = functools.partial(super()._execute, room=room)
        for layer in reversed(self._layers):
            send = functools.partial(layer.inside, send=send)
        response = send(command)
        if self._session is not None and not isinstance(self._session, _LayeredMessaging):
            self._session = _LayeredMessaging(self._session, self._layers)
        return response


class _LayeredMessaging(CardMessaging):
    """A session taken over from a sound chip, with which layers may say what they want under a right MAC."""

    def __init__(self, sound: CardMessaging, layers: Sequence[Layer]) -> None:
        super().__init__(sound._keys, sound._counter)
        self._layers = layers

    def close(self, response: Response, *, odd: bool) -> bytes:
        objects, counter = super().close(response, odd=odd)[:-MAC_OBJECT], self._counter
        for layer in reversed(self._layers):
            objects, counter = layer.sealed(objects), layer.counted(counter)
        return objects + tlv.encode(0x8E, self._mac(counter.to_bytes(self._keys.suite.block, "big") + objects))


class FromNowOn(Layer, ABC):
    """A layer that lets ``sound`` APDUs pass as they are, and then overrides ``misbehave``.

    With ``once_open`` only protected commands count and are misbehaved to: a chip that can be opened and not read.
    """

    def __init__(self, sound: int = 0, *, once_open: bool = False) -> None:
        self._sound = sound
        self._once_open = once_open
        self._seen = 0

    def reset(self) -> None:
        """The count begins anew."""
        self._seen = 0

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        """The sound answer, or what ``misbehave`` makes of it."""
        if self._once_open and not is_protected(raw):
            return send(raw)
        self._seen += 1
        return send(raw) if self._seen <= self._sound else self.misbehave(raw, send)

    @abstractmethod
    def misbehave(self, raw: bytes, send: OnAir) -> bytes:
        """The answer on the air once the sound ones are used up."""


def is_protected(raw: bytes) -> bool:
    """Whether a command on the air bears secure messaging."""
    return bool(raw) and raw[0] & 0x0C == 0x0C
