"""The tables of the insured."""

from __future__ import annotations

import sqlalchemy as sa

from backend.insured.rules import Standing
from backend.schema import METADATA, Instant

PLAN = sa.Table(
    "plan",
    METADATA,
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("benefit", sa.String, nullable=False),
)

MEMBER = sa.Table(
    "member",
    METADATA,
    sa.Column("insurance_code", sa.String, primary_key=True),
    sa.Column("id_number", sa.String, unique=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("born", sa.String, nullable=False),
    sa.Column("plan", sa.ForeignKey("plan.plan"), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("facility", sa.String),
    sa.Column("facility_name", sa.String),
    sa.Column(
        "standing",
        sa.Enum(Standing, native_enum=False, values_callable=lambda names: [name.value for name in names]),
        nullable=False,
    ),
    sa.Column("note", sa.String),
)

INQUIRY = sa.Table(
    "inquiry",
    METADATA,
    sa.Column("reference", sa.String, primary_key=True),
    sa.Column("device", sa.String, nullable=False),
    sa.Column("scan_id", sa.String, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("insurance_code", sa.String),
)
