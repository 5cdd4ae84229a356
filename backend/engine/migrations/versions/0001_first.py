"""The tables before issue 5. Files made then know no revision: they get the tables that they lack."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is not there."""
    _register()
    _tickets()
    _answers()


def _register() -> None:
    op.create_table(
        "plan",
        sa.Column("plan", sa.String, primary_key=True),
        sa.Column("benefit", sa.String, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "member",
        sa.Column("insurance_code", sa.String, primary_key=True),
        sa.Column("id_number", sa.String, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("born", sa.String, nullable=False),
        sa.Column("plan", sa.String, sa.ForeignKey("plan.plan"), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("facility", sa.String),
        sa.Column("facility_name", sa.String),
        sa.Column("standing", sa.String(9), nullable=False),
        sa.Column("note", sa.String),
        if_not_exists=True,
    )
    op.create_table(
        "inquiry",
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("scan_id", sa.String, nullable=False),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("insurance_code", sa.String),
        if_not_exists=True,
    )


def _tickets() -> None:
    op.create_table(
        "product",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("product", sa.String, primary_key=True),
        sa.Column("audience", sa.String, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "ticket",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("ticket", sa.String, primary_key=True),
        sa.Column("product", sa.String, nullable=False),
        sa.Column("admits", sa.Integer, nullable=False),
        sa.Column("valid_from", sa.BigInteger, nullable=False),
        sa.Column("valid_to", sa.BigInteger, nullable=False),
        sa.Column("gate", sa.String),
        sa.Column("max_uses", sa.Integer, nullable=False),
        sa.Column("paid", sa.Boolean, nullable=False),
        sa.Column("standing", sa.String(9), nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.CheckConstraint("uses BETWEEN 0 AND max_uses", name="never_used_too_often"),
        if_not_exists=True,
    )


def _answers() -> None:
    op.create_table(
        "scan",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("scan_id", sa.String, primary_key=True),
        sa.Column("reference", sa.String, nullable=False, unique=True),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("ticket", sa.String, nullable=False),
        sa.Column("gate", sa.String, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("admits", sa.String),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("used_place", sa.String),
        if_not_exists=True,
    )
    op.create_table(
        "redemption",
        sa.Column("event", sa.String, primary_key=True),
        sa.Column("ticket", sa.String, primary_key=True),
        sa.Column("use_no", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String, sa.ForeignKey("scan.reference"), nullable=False),
        sa.Column("gate", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "annulment",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("scan_id", sa.String, primary_key=True),
        sa.Column("reference", sa.String, nullable=False, unique=True),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
        sa.Column("result", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["device", "scan_id"], ["scan.device", "scan.scan_id"]),
        if_not_exists=True,
    )
