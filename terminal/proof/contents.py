"""What the files of a chip say, one by one: each parsed, or the reason why it could not be. For listings, not verdicts.

Whether any of it is true is told by passive authentication, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from crypto import tlv
from crypto.emrtd import public_keys
from crypto.emrtd.dg1 import parse_dg1
from crypto.emrtd.dg7 import parse_dg7
from crypto.emrtd.dg11 import Dg11, parse_dg11
from crypto.emrtd.dg12 import Dg12, parse_dg12
from crypto.emrtd.dg16 import PersonToNotify, parse_dg16
from crypto.emrtd.face import FaceImage, parse_dg2
from crypto.emrtd.image import EncodedImage
from crypto.emrtd.lds import Com, Ef, parse_com
from crypto.emrtd.mrz import Mrz
from crypto.emrtd.public_keys import DhKey, EcKey, RsaKey
from crypto.emrtd.security_infos import SecurityInfos, parse_dg14
from crypto.emrtd.vietnam import Dg13, parse_dg13
from crypto.errors import ProofError
from terminal.model import Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One file of the chip. ``value`` is None exactly when ``why`` says what stood in the way.

    ``detail`` names the structure that was wrong, never its content.
    """

    size: int
    value: T | None = field(repr=False)
    why: Message | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """Every file that was read; None for one that was not. ``other`` holds sizes of files that nothing here parses."""

    com: Part[Com] | None
    dg1: Part[Mrz] | None
    dg2: Part[FaceImage] | None
    dg7: Part[tuple[EncodedImage, ...]] | None
    dg11: Part[Dg11] | None
    dg12: Part[Dg12] | None
    dg13: Part[Dg13] | None
    dg14: Part[SecurityInfos] | None
    dg15: Part[RsaKey | EcKey | DhKey] | None
    dg16: Part[tuple[PersonToNotify, ...]] | None
    other: tuple[tuple[Ef, int], ...]


_PARSED = frozenset({Ef.COM, Ef.DG1, Ef.DG2, Ef.DG7, Ef.DG11, Ef.DG12, Ef.DG13, Ef.DG14, Ef.DG15, Ef.DG16})


def contents_of(files: Mapping[Ef, bytes]) -> Contents:
    """The contents of ``files``. Never raises for what the bytes say."""
    return Contents(
        com=_part(files, Ef.COM, parse_com),
        dg1=_part(files, Ef.DG1, parse_dg1),
        dg2=_part(files, Ef.DG2, parse_dg2),
        dg7=_part(files, Ef.DG7, parse_dg7),
        dg11=_part(files, Ef.DG11, parse_dg11),
        dg12=_part(files, Ef.DG12, parse_dg12),
        dg13=_part(files, Ef.DG13, parse_dg13),
        dg14=_part(files, Ef.DG14, parse_dg14),
        dg15=_part(files, Ef.DG15, _parse_dg15),
        dg16=_part(files, Ef.DG16, parse_dg16),
        other=tuple((ef, len(raw)) for ef, raw in files.items() if ef not in _PARSED),
    )


def _parse_dg15(raw: bytes) -> RsaKey | EcKey | DhKey:
    return public_keys.parse(tlv.parse_one(tlv.parse_one(raw, Ef.DG15.tag).value))


def _part(files: Mapping[Ef, bytes], ef: Ef, parse: Callable[[bytes], T]) -> Part[T] | None:
    if ef not in files:
        return None
    raw = files[ef]
    try:
        return Part(len(raw), parse(raw))
    except ProofError as error:
        return Part(len(raw), None, Message("why.unreadable"), str(error))
