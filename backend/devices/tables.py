"""The tables of devices and of the codes with which they are enrolled."""

from __future__ import annotations

import sqlalchemy as sa

from backend.schema import METADATA, Instant

DEVICE = sa.Table(
    "device",
    METADATA,
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("event", sa.String(64)),
    sa.Column("gate", sa.String(64)),
    # SHA-256 in hex: whoever reads the database learns no token.
    sa.Column("token_hash", sa.String(64), unique=True),
    sa.Column("public_key", sa.LargeBinary(32)),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("enrolled_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("seen_at", Instant),
    sa.Column("skew_ms", sa.BigInteger),
    sa.Column("waiting", sa.BigInteger),
)

ENROLMENT = sa.Table(
    "enrolment",
    METADATA,
    sa.Column("device", sa.ForeignKey("device.device"), primary_key=True),
    sa.Column("code_hash", sa.String(64), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
)
