"""Data group 1: the machine-readable zone in the chip (ICAO Doc 9303-10 §4.7.1)."""

from __future__ import annotations

from crypto import tlv
from crypto.emrtd.lds import Ef
from crypto.emrtd.mrz import Mrz, read_mrz
from crypto.errors import MalformedError

_MRZ_TAG = 0x5F1F


def parse_dg1(raw: bytes) -> Mrz:
    """The zone that data group 1 holds; raises MalformedError.

    Wrong check digits are told in ``Mrz.wrong`` and refuse nothing. Line ends, small letters and padding after the
    zone are taken, as are spaces in the place of fillers.
    """
    outer, rest = tlv.parse_first(raw)
    if outer.tag != Ef.DG1.tag or rest.strip(b"\0"):
        raise MalformedError("DG1: not one object of tag 61")
    value = tlv.find(outer.children(), _MRZ_TAG)
    try:
        text = value.rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        raise MalformedError("DG1: not ASCII") from None
    return read_mrz("".join(text.splitlines()).replace(" ", "<").upper())


def encode_dg1(zone: str) -> bytes:
    """Data group 1 around a zone without line ends."""
    return tlv.encode(Ef.DG1.tag, tlv.encode(_MRZ_TAG, zone.encode("ascii")))
