"""What a hub keeps besides the tickets: its own ledger lines, and how far it and its upstream server have told each
other."""

from __future__ import annotations

import sqlalchemy as sa

from backend.schema import METADATA

HUB_SCAN = sa.Table(
    "hub_scan",
    METADATA,
    sa.Column("device", sa.String, primary_key=True),
    sa.Column("scan_id", sa.String, primary_key=True),
    # "passage" or "annulment"; a scan that the upstream server decided stands here too, without a line.
    sa.Column("what", sa.String(16), primary_key=True),
    sa.Column("seq", sa.BigInteger),
)

HUB_LINE = sa.Table(
    "hub_line",
    METADATA,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("prev", sa.LargeBinary(32), nullable=False),
    sa.Column("seal", sa.LargeBinary(32), nullable=False),
    sa.Column("body", sa.String, nullable=False),
)

# How far the upstream server has each device's ledger, this hub's own too.
HUB_RELAY = sa.Table(
    "hub_relay",
    METADATA,
    sa.Column("device", sa.String, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

# How far this hub has the upstream server's changes.
HUB_CURSOR = sa.Table(
    "hub_cursor",
    METADATA,
    sa.Column("event", sa.String, primary_key=True),
    sa.Column("cursor", sa.BigInteger, nullable=False),
)
