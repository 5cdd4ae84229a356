"""Tickets that come in parts, by the day, in and out again; bound to cards; ledgers of devices, conflicts, counters."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Give the old tables their new columns, and make the new ones."""
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    _ledgers()
    _conflicts()
    _places()
    op.create_table(
        "change",
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("holder", sa.LargeBinary(16)),
        sqlite_autoincrement=True,
    )
    op.create_index("change_of_event", "change", ["event", "no"])


def _new_columns() -> dict[str, list[sa.Column[Any]]]:
    no = sa.false()
    return {
        "product": [
            sa.Column("gates", sa.String, nullable=False, server_default=""),
            sa.Column("per_day", sa.Integer),
            sa.Column("reentry", sa.Boolean, nullable=False, server_default=no),
            sa.Column("splits", sa.Boolean, nullable=False, server_default=no),
            sa.Column("attention", sa.String),
        ],
        "ticket": [
            sa.Column("standing_at", sa.BigInteger),
            sa.Column("day", sa.Date),
            *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in _COUNTS),
        ],
        "scan": [
            sa.Column("holder", sa.LargeBinary(16)),
            sa.Column("direction", sa.String, nullable=False, server_default="entry"),
            sa.Column("asked_people", sa.Integer),
            sa.Column("people", sa.Integer),
            sa.Column("remaining", sa.Integer),
            sa.Column("attention", sa.String),
        ],
        "redemption": [
            sa.Column("device", sa.String, nullable=False, server_default=""),
            sa.Column("seq", sa.BigInteger),
            sa.Column("direction", sa.String, nullable=False, server_default="entry"),
            sa.Column("people", sa.Integer, nullable=False, server_default="1"),
            sa.Column("uses", sa.Integer, nullable=False, server_default="1"),
            sa.Column("moved", sa.Integer, nullable=False, server_default="0"),
        ],
    }


_COUNTS = ("day_uses", "inside", "outside", "version")


def _ledgers() -> None:
    op.create_table(
        "ledger",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "line",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("prev", sa.LargeBinary(32), nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.String),
        sa.Column("asker", sa.String),
        sa.Column("scan_id", sa.String),
        sa.Column("kind", sa.String),
        sa.Column("event", sa.String),
        sa.Column("ticket", sa.String),
        sa.Column("gate", sa.String),
        sa.Column("asked_people", sa.Integer),
        sa.Column("at", sa.BigInteger),
        sa.Column("error_ms", sa.BigInteger),
        sa.Column("skewed", sa.Boolean, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
    )
    op.create_index("line_of_ticket", "line", ["event", "ticket"])
    op.create_index("line_of_scan", "line", ["asker", "scan_id"])


def _conflicts() -> None:
    op.create_table(
        "conflict",
        sa.Column("conflict", sa.String, primary_key=True),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("ticket", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("gate", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("ambiguous", sa.Boolean, nullable=False),
        sa.Column("held_by", sa.String),
        sa.Column("held_gate", sa.String),
        sa.Column("held_at", sa.BigInteger),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("noted_by", sa.String),
        sa.Column("noted_at", sa.BigInteger),
        sa.UniqueConstraint("device", "seq"),
    )
    op.create_index("conflict_of_event", "conflict", ["event", "state"])
    op.create_index("conflict_of_ticket", "conflict", ["event", "ticket"])


def _places() -> None:
    op.create_table(
        "holder",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("mark", sa.LargeBinary(16), primary_key=True),
        sa.Column("ticket", sa.String, primary_key=True),
        sa.Column("ticket_mark", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("holder_of_mark", "holder", ["ticket_mark"])
    op.create_table(
        "zone",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("zone", sa.String, primary_key=True),
        sa.Column("capacity", sa.Integer, nullable=False),
    )
    op.create_table(
        "gate",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("gate", sa.String, primary_key=True),
        sa.Column("zone", sa.String, nullable=False),
    )
    op.create_table(
        "counter",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("gate", sa.String, primary_key=True),
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("exited", sa.BigInteger, nullable=False),
    )
