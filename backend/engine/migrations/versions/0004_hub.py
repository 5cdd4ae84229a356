"""What a hub keeps, and each upload's signature, which a hub hands on and a server can show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column, and make the tables."""
    op.add_column("line", sa.Column("signature", sa.LargeBinary(64)))
    op.create_table(
        "hub_scan",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("scan_id", sa.String, primary_key=True),
        sa.Column("what", sa.String(16), primary_key=True),
        sa.Column("seq", sa.BigInteger),
    )
    op.create_table(
        "hub_line",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("prev", sa.LargeBinary(32), nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
        sa.Column("body", sa.String, nullable=False),
    )
    op.create_table(
        "hub_relay",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hub_cursor",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("cursor", sa.BigInteger, nullable=False),
    )
