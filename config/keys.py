"""The keys of a configuration file by their full names (``times.reading``), read off the schema's types."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from config.schema import Settings


@functools.cache
def known_keys() -> Mapping[str, object]:
    """The type of every key that a file may hold, by full name."""
    keys: dict[str, object] = {}
    for name, kind in typing.get_type_hints(Settings, include_extras=True).items():
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            inner = typing.get_type_hints(kind, include_extras=True)
            keys |= {f"{name}.{key}": inner_kind for key, inner_kind in inner.items()}
        else:
            keys[name] = kind
    return types.MappingProxyType(keys)


def sections() -> tuple[str, ...]:
    """The names of all tables."""
    return tuple(dict.fromkeys(key.partition(".")[0] for key in known_keys() if "." in key))


def allowed(kind: object) -> str:
    """What a key of this type may hold, in signs rather than words: ``3 … 60``, ``"vi" | "en"``."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _bounds(typing.get_args(kind)[1])
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in typing.get_args(kind))
    if origin is tuple:
        return f"[{allowed(typing.get_args(kind)[0])}, …]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(allowed(option) for option in typing.get_args(kind) if option is not type(None))
    return "true | false" if kind is bool else '"…"'


def _bounds(meta: Meta) -> str:
    if meta.ge is not None:
        return f"{meta.ge} … {meta.le}"
    return meta.pattern or f'"…" ({meta.min_length or 0} … {meta.max_length})'


def is_path(kind: object) -> bool:
    """Whether a key of this type names a file or folder."""
    return kind is Path or Path in typing.get_args(kind)
