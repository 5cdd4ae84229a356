"""What the files of a chip hold, without anything about their owner: kinds, counts, algorithms, what is unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from crypto.emrtd.lds import Ef
from terminal.cli.output import Json

if TYPE_CHECKING:
    from terminal.proof.contents import Contents


def to_json(files: Mapping[Ef, bytes]) -> dict[str, Json]:
    """An object for each file that has a parser; ``unreadable`` names the structure that was wrong."""
    from terminal.proof.contents import Part, contents_of

    contents = contents_of(files)
    details = _details(contents)
    found: dict[str, Json] = {}
    for one in fields(contents):
        part = getattr(contents, one.name)
        if isinstance(part, Part):
            name = one.name.upper()
            found[name] = {"unreadable": part.detail} if part.value is None else details[name]
    return found


def _details(contents: Contents) -> dict[str, dict[str, object]]:
    """By file; only of those that could be read."""
    return {
        **_listing(contents),
        **_holder(contents),
        **_pictures(contents),
        **_keys(contents),
    }


def _listing(contents: Contents) -> dict[str, dict[str, object]]:
    if contents.com is None or contents.com.value is None:
        return {}
    com = contents.com.value
    return {
        "COM": {"lds": com.lds_version, "unicode": com.unicode_version, "groups": [ef.name for ef in com.groups]},
    }


def _holder(contents: Contents) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    if contents.dg1 and contents.dg1.value:
        mrz = contents.dg1.value
        found["DG1"] = {
            "form": mrz.form.name,
            "document_code": mrz.document_code,
            "state": mrz.state,
            "nationality": mrz.nationality,
            "wrong_check_digits": [digit.value for digit in mrz.wrong],
        }
    if contents.dg13 and contents.dg13.value:
        dg13 = contents.dg13.value
        found["DG13"] = {"fields": [one.number for one in dg13.fields], "others": len(dg13.others)}
    for name, part in (("DG11", contents.dg11), ("DG12", contents.dg12)):
        if part and part.value:
            found[name] = {"elements": [f"{item.tag:X}" for item in part.value.elements.objects]}
    if contents.dg16 and contents.dg16.value is not None:
        found["DG16"] = {"people": len(contents.dg16.value)}
    return found


def _pictures(contents: Contents) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    if contents.dg2 and contents.dg2.value:
        face = contents.dg2.value
        found["DG2"] = {"record": face.record.value, "image": face.kind.value, "bytes": len(face.data)}
    if contents.dg7 and contents.dg7.value is not None:
        found["DG7"] = {"images": [image.kind.value for image in contents.dg7.value]}
    return found


def _keys(contents: Contents) -> dict[str, dict[str, object]]:
    from crypto.emrtd.public_keys import DhKey, RsaKey

    found: dict[str, dict[str, object]] = {}
    if contents.dg14 and contents.dg14.value:
        infos = contents.dg14.value
        found["DG14"] = {
            "pace": [info.oid for info in infos.pace],
            "chip_authentication": [info.oid for info in infos.chip_auth],
            "chip_authentication_keys": len(infos.chip_auth_keys),
            "active_authentication": infos.active_auth.signature_oid if infos.active_auth else None,
            "unknown": list(infos.unknown),
        }
    if contents.dg15 and contents.dg15.value:
        key = contents.dg15.value
        if isinstance(key, RsaKey):
            found["DG15"] = {"key": f"RSA {key.modulus.bit_length()}"}
        else:
            found["DG15"] = {"key": f"DH {key.group.name}" if isinstance(key, DhKey) else f"EC {key.curve.name}"}
    return found
