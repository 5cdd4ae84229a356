"""SQL that every engine understands: SQLite, PostgreSQL, and those that speak PostgreSQL's language."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

# SQLAlchemy has an insert for each dialect. SQLite took ON CONFLICT and RETURNING from PostgreSQL, so the one form
# compiles for both, as long as conflicts are named by columns and not by constraints.
from sqlalchemy.dialects.postgresql import insert

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["insert", "row_of"]


def row_of(item: DataclassInstance) -> dict[str, Any]:
    """The columns of a record, whose names are those of its fields."""
    return {each.name: getattr(item, each.name) for each in fields(item)}
