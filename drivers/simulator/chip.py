"""A simulated eMRTD chip: a command APDU in, a response APDU out, as bytes. Not a real card, and it never says so
itself: whoever carries it (reader double or virtual reader) must label it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from crypto.apdu import (
    SHORT_MAX,
    SW_OK,
    SW_SECURITY_STATUS,
    SW_WRONG_LENGTH,
    Command,
    Response,
)
from crypto.curves import Random
from crypto.errors import MalformedError, NotSupportedError
from drivers.simulator.card.active_authentication import CHALLENGE, sign_challenge
from drivers.simulator.card.bac import CardBac
from drivers.simulator.card.chip_authentication import CardChipAuthentication
from drivers.simulator.card.contents import (
    SW_CONDITIONS,
    SW_UNKNOWN_CLASS,
    SW_UNKNOWN_INSTRUCTION,
    SW_WRONG_DATA,
    SW_WRONG_PARAMETERS,
    Contents,
    Limits,
    RefusedError,
)
from drivers.simulator.card.files import FileSystem
from drivers.simulator.card.messaging import SECURE, CardMessaging
from drivers.simulator.card.pace import CardPace
from drivers.simulator.card.passwords import Passwords

ATR = bytes.fromhex("3B8880014D52544453494D551A")
"""What PC/SC makes of a contactless card (part 3 §3.1.3.2.3.2), historical bytes ``MRTDSIMU``."""

_General = Callable[[Command], tuple[bytes, CardMessaging | None]]

_CHAINED = 0x10
_SET_PACE = 0xC1A4
_SET_CHIP = 0x41A4
_SET_KEY = 0x41A6
_GET_RESPONSE = 0xC0
_MORE_DATA = 0x6100


class Chip:
    """One chip in the field. ``random`` gives its nonces and ephemeral keys. ``limits`` None: those of its contents.

    Not for several threads at once.
    """

    def __init__(
        self, contents: Contents, *, random: Random = secrets.token_bytes, limits: Limits | None = None
    ) -> None:
        self._contents = contents
        self._random = random
        self._limits = limits or contents.limits
        self._passwords = Passwords(contents)
        self.reset()

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return ATR

    def reset(self) -> None:
        """Forget every selection, session and right, as after power-on; the tries of a PIN stay used."""
        contents = self._contents
        self._files = FileSystem(contents.files, contents.locked, contents.traits)
        self._passwords.power_on()
        self._session: CardMessaging | None = None
        self._pending: Response | None = None
        self._bac = CardBac(contents.mrz_information, self._random)
        self._pace = CardPace(contents.pace, self._passwords, self._random)
        self._chip = CardChipAuthentication(contents.chip)
        self._general: _General | None = None

    def transmit(self, raw: bytes) -> bytes:
        """The response to ``raw``, always at least a status word; never raises."""
        try:
            return self._answer(self._decoded(raw))
        except RefusedError as refused:
            return Response(b"", refused.sw).encode()

    def _decoded(self, raw: bytes) -> Command:
        try:
            command = Command.decode(raw)
        except MalformedError:
            raise RefusedError(SW_WRONG_LENGTH) from None
        if len(raw) > self._limits.command or (not self._limits.extended and _is_extended(raw)):
            raise RefusedError(SW_WRONG_LENGTH)
        return command

    def _answer(self, command: Command) -> bytes:
        room = min(command.le or SHORT_MAX, self._limits.response)
        if command.ins == _GET_RESPONSE:
            return self._rest(room)
        self._pending = None
        if command.cla & SECURE != SECURE:
            # Doc 9303-11 §9.8.3: an unprotected command ends the session.
            self._session = None
            return self._chain(self._execute(command, room), room)
        if self._session is None:
            raise RefusedError(SW_SECURITY_STATUS)
        # The answer is still closed by this session when the command opens another.
        session = self._session
        response = self._execute(self._opened(session, command), session.room(room))
        return self._chain(Response(session.close(response, odd=bool(command.ins & 1)), response.sw), room)

    def _opened(self, session: CardMessaging, command: Command) -> Command:
        try:
            return session.open(command)
        except RefusedError:
            self._session = None
            raise

    def _execute(self, command: Command, room: int) -> Response:
        try:
            return self._route(command, room)
        except RefusedError as refused:
            return Response(b"", refused.sw)
        except (MalformedError, NotSupportedError):
            return Response(b"", SW_WRONG_DATA)

    def _route(self, command: Command, room: int) -> Response:
        if command.cla & ~_CHAINED:
            raise RefusedError(SW_UNKNOWN_CLASS)
        authorised = self._session is not None
        match command.ins:
            case 0xA4:
                return self._files.select(command, authorised=authorised)
            case 0xB0 | 0xB1:
                return self._files.read(command, authorised=authorised, room=room)
            case 0x84:
                return Response(self._bac_side().challenge(command), SW_OK)
            case 0x82:
                return self._opening(self._bac_side().authenticate(command))
            case 0x22:
                return self._manage(command, authorised=authorised)
            case 0x86 if self._general is not None:
                return self._opening(self._general(command))
            case 0x86:
                raise RefusedError(SW_CONDITIONS)
            case 0x88:
                return self._internal_authenticate(command, authorised=authorised)
        raise RefusedError(SW_UNKNOWN_INSTRUCTION)

    def _bac_side(self) -> CardBac:
        if not self._contents.bac:
            raise RefusedError(SW_UNKNOWN_INSTRUCTION)
        if not self._files.in_application or self._session is not None:
            raise RefusedError(SW_CONDITIONS)
        return self._bac

    def _opening(self, result: tuple[bytes, CardMessaging | None]) -> Response:
        answer, session = result
        if session is not None:
            self._session = session
        return Response(answer, SW_OK)

    def _manage(self, command: Command, *, authorised: bool) -> Response:
        kind = command.p1 << 8 | command.p2
        self._general = None
        if kind == _SET_PACE:
            sw = self._pace.begin(command)
            self._general = self._pace.step
            return Response(b"", sw)
        if kind not in (_SET_CHIP, _SET_KEY):
            raise RefusedError(SW_WRONG_PARAMETERS)
        if not authorised:
            raise RefusedError(SW_SECURITY_STATUS)
        if kind == _SET_KEY:
            self._session = self._chip.set_key(command)
        else:
            self._chip.choose(command)
            self._general = self._chip.authenticate
        return Response(b"", SW_OK)

    def _internal_authenticate(self, command: Command, *, authorised: bool) -> Response:
        key = self._contents.active_key
        if not authorised or key is None:
            raise RefusedError(SW_SECURITY_STATUS)
        if len(command.data) != CHALLENGE or command.le is None:
            raise RefusedError(SW_WRONG_LENGTH)
        return Response(sign_challenge(key, command.data, self._random, self._contents.active_form), SW_OK)

    def _chain(self, response: Response, room: int) -> bytes:
        """The response, or its first part and 61xx when the terminal's Le cannot take it whole (§5.6)."""
        left = len(response.data) - room
        if left <= 0:
            return response.encode()
        self._pending = Response(response.data[room:], response.sw)
        return Response(response.data[:room], _MORE_DATA | min(left, 0x100) & 0xFF).encode()

    def _rest(self, room: int) -> bytes:
        if self._pending is None:
            raise RefusedError(SW_CONDITIONS)
        response, self._pending = self._pending, None
        return self._chain(response, room)


def _is_extended(raw: bytes) -> bool:
    return len(raw) > 5 and raw[4] == 0
