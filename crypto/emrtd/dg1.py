"""Data group 1: the machine-readable zone in the chip (ICAO Doc 9303-10 §4.7.1)."""

from __future__ import annotations

from crypto import tlv
from crypto.emrtd.lds import Ef
from crypto.emrtd.mrz import Mrz, parse_mrz
from crypto.errors import MalformedError

_MRZ_TAG = 0x5F1F


def parse_dg1(raw: bytes) -> Mrz:
    """The zone that data group 1 holds; raises MalformedError."""
    value = tlv.find(tlv.parse_one(raw, Ef.DG1.tag).children(), _MRZ_TAG)
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedError("DG1: not ASCII") from None
    return parse_mrz(text)


def encode_dg1(zone: str) -> bytes:
    """Data group 1 around a zone without line ends."""
    return tlv.encode(Ef.DG1.tag, tlv.encode(_MRZ_TAG, zone.encode("ascii")))
