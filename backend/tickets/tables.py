"""The tables of the tickets. Keys begin with the event, so that all of one event can live on one server."""

from __future__ import annotations

import sqlalchemy as sa

from backend.schema import METADATA, Instant
from crypto.tickets.rules import Standing

_NAME = sa.String


def _event() -> sa.Column[str]:
    return sa.Column("event", _NAME, primary_key=True)


PRODUCT = sa.Table(
    "product",
    METADATA,
    _event(),
    sa.Column("product", _NAME, primary_key=True),
    sa.Column("audience", sa.String, nullable=False),
    # Names of gates with spaces between; "": every gate.
    sa.Column("gates", sa.String, nullable=False, default="", server_default=""),
    sa.Column("per_day", sa.Integer),
    sa.Column("reentry", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("splits", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("attention", sa.String),
)

TICKET = sa.Table(
    "ticket",
    METADATA,
    _event(),
    sa.Column("ticket", _NAME, primary_key=True),
    sa.Column("product", _NAME, nullable=False),
    sa.Column("admits", sa.Integer, nullable=False),
    sa.Column("valid_from", Instant, nullable=False),
    sa.Column("valid_to", Instant, nullable=False),
    sa.Column("gate", _NAME),
    sa.Column("max_uses", sa.Integer, nullable=False),
    sa.Column("paid", sa.Boolean, nullable=False),
    sa.Column(
        "standing",
        sa.Enum(Standing, native_enum=False, length=9, values_callable=lambda names: [name.value for name in names]),
        nullable=False,
    ),
    # Since when it stands as it does; who went in before is no conflict.
    sa.Column("standing_at", Instant),
    sa.Column("uses", sa.Integer, nullable=False, default=0),
    sa.Column("day", sa.Date),
    sa.Column("day_uses", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("inside", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("outside", sa.Integer, nullable=False, default=0, server_default="0"),
    # Every change adds one: the one condition of the one update that decides who is first.
    sa.Column("version", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.CheckConstraint("uses BETWEEN 0 AND max_uses", name="never_used_too_often"),
)

HOLDER = sa.Table(
    "holder",
    METADATA,
    _event(),
    # crypto.tickets.record.holder_mark of an ID number; the number itself is nowhere.
    sa.Column("mark", sa.LargeBinary(16), primary_key=True),
    sa.Column("ticket", _NAME, primary_key=True),
    # How lines of terminals call it that know nothing but the mark.
    sa.Column("ticket_mark", sa.LargeBinary(16), nullable=False),
    sa.Index("holder_of_mark", "ticket_mark"),
)

SCAN = sa.Table(
    "scan",
    METADATA,
    sa.Column("device", _NAME, primary_key=True),
    sa.Column("scan_id", _NAME, primary_key=True),
    sa.Column("reference", sa.String, nullable=False, unique=True),
    sa.Column("event", _NAME, nullable=False),
    # "": a card for which no ticket was found.
    sa.Column("ticket", _NAME, nullable=False),
    sa.Column("holder", sa.LargeBinary(16)),
    sa.Column("gate", _NAME, nullable=False),
    sa.Column("direction", sa.String, nullable=False, default="entry", server_default="entry"),
    sa.Column("asked_people", sa.Integer),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("admits", sa.String),
    sa.Column("used_at", Instant),
    sa.Column("used_place", _NAME),
    sa.Column("people", sa.Integer),
    sa.Column("remaining", sa.Integer),
    sa.Column("attention", sa.String),
)

# Every passage that stands, in the order in which the ticket had it: who holds which uses, who came back, who left.
REDEMPTION = sa.Table(
    "redemption",
    METADATA,
    _event(),
    sa.Column("ticket", _NAME, primary_key=True),
    sa.Column("use_no", sa.Integer, primary_key=True),
    sa.Column("reference", sa.ForeignKey("scan.reference"), nullable=False),
    sa.Column("device", _NAME, nullable=False, default="", server_default=""),
    # Its line in the device's ledger; null: the server decided it.
    sa.Column("seq", sa.BigInteger),
    sa.Column("gate", _NAME, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("direction", sa.String, nullable=False, default="entry", server_default="entry"),
    sa.Column("people", sa.Integer, nullable=False, default=1, server_default="1"),
    sa.Column("uses", sa.Integer, nullable=False, default=1, server_default="1"),
    sa.Column("moved", sa.Integer, nullable=False, default=0, server_default="0"),
)

ANNULMENT = sa.Table(
    "annulment",
    METADATA,
    sa.Column("device", _NAME, primary_key=True),
    sa.Column("scan_id", _NAME, primary_key=True),
    sa.Column("reference", sa.String, nullable=False, unique=True),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
    sa.Column("result", sa.String, nullable=False),
    sa.ForeignKeyConstraint(["device", "scan_id"], ["scan.device", "scan.scan_id"]),
)

# How far each device's ledger is here.
LEDGER = sa.Table(
    "ledger",
    METADATA,
    sa.Column("device", _NAME, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("seal", sa.LargeBinary(32), nullable=False),
)

LINE = sa.Table(
    "line",
    METADATA,
    sa.Column("device", _NAME, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("prev", sa.LargeBinary(32), nullable=False),
    sa.Column("seal", sa.LargeBinary(32), nullable=False),
    # As bytes: a text column would not hold every character.
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    # The device's word for it and for all before, where an upload ended with it.
    sa.Column("signature", sa.LargeBinary(64)),
    # Why it counts for nothing (null: it is sound); what follows is null then.
    sa.Column("refused", sa.String),
    # Whose scan it was: a hub's line names the device that asked it, any other line's is the device's own.
    sa.Column("asker", _NAME),
    sa.Column("scan_id", _NAME),
    sa.Column("kind", sa.String),
    sa.Column("event", _NAME),
    sa.Column("ticket", _NAME),
    sa.Column("gate", _NAME),
    sa.Column("asked_people", sa.Integer),
    # By the server's clock, as far as the device knew it, within error_ms (null: it did not know).
    sa.Column("at", Instant),
    sa.Column("error_ms", sa.BigInteger),
    sa.Column("skewed", sa.Boolean, nullable=False, default=False),
    # Whether it stands: not annulled, and not of a scan that is known otherwise.
    sa.Column("stands", sa.Boolean, nullable=False, default=False),
    sa.Column("people", sa.Integer, nullable=False, default=0),
    sa.Index("line_of_ticket", "event", "ticket"),
    sa.Index("line_of_scan", "asker", "scan_id"),
)

CONFLICT = sa.Table(
    "conflict",
    METADATA,
    sa.Column("conflict", sa.String, primary_key=True),
    sa.Column("event", _NAME, nullable=False),
    sa.Column("ticket", _NAME),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("device", _NAME, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("gate", _NAME, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("ambiguous", sa.Boolean, nullable=False),
    # Who holds the use instead.
    sa.Column("held_by", _NAME),
    sa.Column("held_gate", _NAME),
    sa.Column("held_at", Instant),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("noted_by", sa.String),
    sa.Column("noted_at", Instant),
    sa.UniqueConstraint("device", "seq"),
    sa.Index("conflict_of_event", "event", "state"),
    sa.Index("conflict_of_ticket", "event", "ticket"),
)

ZONE = sa.Table(
    "zone",
    METADATA,
    _event(),
    sa.Column("zone", _NAME, primary_key=True),
    sa.Column("capacity", sa.Integer, nullable=False),
)

GATE = sa.Table(
    "gate",
    METADATA,
    _event(),
    sa.Column("gate", _NAME, primary_key=True),
    sa.Column("zone", _NAME, nullable=False),
)

# A row a day (Vietnam), gate and device: devices never wait for each other to count. Each day begins with nobody in.
COUNTER = sa.Table(
    "counter",
    METADATA,
    _event(),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("gate", _NAME, primary_key=True),
    sa.Column("device", _NAME, primary_key=True),
    sa.Column("entered", sa.BigInteger, nullable=False),
    sa.Column("exited", sa.BigInteger, nullable=False),
)

# What terminals are told of; the number is the cursor.
CHANGE = sa.Table(
    "change",
    METADATA,
    sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("event", _NAME, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("name", _NAME, nullable=False),
    sa.Column("holder", sa.LargeBinary(16)),
    sa.Index("change_of_event", "event", "no"),
    sqlite_autoincrement=True,
)
