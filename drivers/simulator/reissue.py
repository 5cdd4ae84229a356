"""The same chip with other files: signed anew by its issuer, or left as they are for a reader to notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from crypto import tlv
from crypto.emrtd.lds import Com, Ef, encode_com, parse_com
from drivers.simulator.card.contents import Contents
from drivers.simulator.issuer.authority import DocumentSigner
from drivers.simulator.issuer.sod import USUAL, SodForm


def unsigned(contents: Contents, changed: Mapping[Ef, bytes]) -> Contents:
    """The chip with these files in the place of its own; EF.SOD stays as it is."""
    return replace(contents, files=MappingProxyType({**contents.files, **changed}))


def signed(
    contents: Contents, changed: Mapping[Ef, bytes], signer: DocumentSigner, *, form: SodForm = USUAL
) -> Contents:
    """The chip with these files, EF.SOD over all its data groups by ``signer``, and EF.COM that names them."""
    files = {**contents.files, **changed}
    groups = {ef: raw for ef, raw in files.items() if ef.number is not None}
    com = parse_com(contents.files[Ef.COM])
    files[Ef.COM] = encode_com(Com(com.lds_version, com.unicode_version, tuple(sorted(groups, key=_number))))
    files[Ef.SOD] = signer.sign(groups, form=form)
    return replace(contents, files=MappingProxyType(files))


def nested(tag: int, depth: int) -> bytes:
    """Data objects of ``tag`` one in another, ``depth`` times."""
    value = b""
    for _ in range(depth):
        value = tlv.encode(tag, value)
    return value


def _number(ef: Ef) -> int:
    return ef.number or 0
