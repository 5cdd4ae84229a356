"""Devices that are enrolled, and the codes with which they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "device",
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("event", sa.String(64)),
        sa.Column("gate", sa.String(64)),
        sa.Column("token_hash", sa.String(64), unique=True),
        sa.Column("public_key", sa.LargeBinary(32)),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("enrolled_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("seen_at", sa.BigInteger),
        sa.Column("skew_ms", sa.BigInteger),
        sa.Column("waiting", sa.BigInteger),
    )
    op.create_table(
        "enrolment",
        sa.Column("device", sa.String(64), sa.ForeignKey("device.device"), primary_key=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
