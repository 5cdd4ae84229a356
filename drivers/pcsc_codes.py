"""What the numbers of PC/SC mean for a desk: one table for every place that calls the service."""

from __future__ import annotations

import ctypes
import os
import sys

from smartcard import scard

from terminal.faults import FaultError

WINDOWS = os.name == "nt"
_LINUX = sys.platform == "linux"
_LIBRARY = "libpcsclite.so.1"
_SOCKET = "/run/pcscd/pcscd.comm"

_NO_SERVICE = frozenset({scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED})
_DENIED = frozenset({scard.SCARD_W_SECURITY_VIOLATION, scard.SCARD_E_NO_ACCESS})
_MUTE = frozenset(
    {
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_E_PROTO_MISMATCH,
    }
)
_UNPLUGGED = frozenset({scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE})


def failed(code: int) -> bool:
    """Whether a PC/SC call did not do what it should."""
    return bool(code != scard.SCARD_S_SUCCESS)


def same(code: int, other: int) -> bool:
    """Whether two PC/SC codes are the same, however the binding signs them."""
    return (code ^ other) & 0xFFFFFFFF == 0


def mute(code: int) -> bool:
    """Whether a card lies there and does not answer its reset."""
    return _among(code, _MUTE)


def unplugged(code: int) -> bool:
    """Whether a reader that was listed a moment ago is not there any more."""
    return _among(code, _UNPLUGGED)


def text(code: int) -> str:
    """The number as everybody looks it up: 8010001D."""
    return f"{code & 0xFFFFFFFF:08X}"


def require(code: int, step: str) -> None:
    """Nothing where a call in a context did what it should; otherwise what ``service_fault`` says."""
    if failed(code):
        raise service_fault(code, step)


def service_fault(code: int, step: str) -> FaultError:
    """Why the service cannot be used: ``reader.absent``, ``reader.denied``, ``install.missing``, ``reader.service``."""
    return FaultError(_no_service() if _among(code, _NO_SERVICE) else "reader.service", f"{step}: {text(code)}")


def open_context() -> int:
    """A new PC/SC context. Raises FaultError as of ``service_fault``, and ``reader.denied`` for a user who is refused.

    Only here does a number say so: pcsc-lite gives 8010006A whenever the service hangs up with words unread. At the
    first word that is polkit's no; later it is a service that died.
    """
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if _among(code, _DENIED):
        raise FaultError("reader.denied", f"establish context: {text(code)}")
    require(code, "establish context")
    return int(context)


def card_denied(code: int) -> bool:
    """Whether a connect failed because this user may not use cards. pcscd then hangs up, and is there all the same."""
    if WINDOWS:
        return _among(code, _DENIED)
    if not _among(code, _DENIED | {scard.SCARD_F_COMM_ERROR}):
        return False
    try:
        scard.SCardReleaseContext(open_context())
    except FaultError:
        return False
    return True


def _among(code: int, codes: frozenset[int]) -> bool:
    return any(same(code, other) for other in codes)


def _no_service() -> str:
    if WINDOWS:
        # Windows ends its smart card service together with the last reader.
        return "reader.absent"
    if _LINUX and not _library_loads():
        # pyscard loads it when it is imported, and says the same of a library that is missing as of a sleeping service.
        return "install.missing"
    address = os.environ.get("PCSCLITE_CSOCK_NAME", _SOCKET)
    if os.path.exists(address) and not os.access(address, os.R_OK | os.W_OK):
        # pcsc-lite does not tell a socket that is closed to this user from one where nobody listens.
        return "reader.denied"
    return "reader.service"


def _library_loads() -> bool:
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return False
    return True
