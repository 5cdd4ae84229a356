"""The tables: a register of members and plans, a ledger of tickets, and what was answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from backend.rules import Standing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware time, stored as whole microseconds since 1970, so that SQL can compare it."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        """Microseconds for the database."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """UTC for the program."""
        return None if value is None else _EPOCH + value * _MICROSECOND


def _standing() -> sa.Column[Standing]:
    kind = sa.Enum(Standing, native_enum=False, values_callable=lambda names: [name.value for name in names])
    return sa.Column("standing", kind, nullable=False)


METADATA = sa.MetaData()

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
    _standing(),
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

PRODUCT = sa.Table(
    "product",
    METADATA,
    sa.Column("event", sa.String, primary_key=True),
    sa.Column("product", sa.String, primary_key=True),
    sa.Column("audience", sa.String, nullable=False),
)

TICKET = sa.Table(
    "ticket",
    METADATA,
    sa.Column("event", sa.String, primary_key=True),
    sa.Column("ticket", sa.String, primary_key=True),
    sa.Column("product", sa.String, nullable=False),
    sa.Column("admits", sa.Integer, nullable=False),
    sa.Column("valid_from", Instant, nullable=False),
    sa.Column("valid_to", Instant, nullable=False),
    sa.Column("gate", sa.String),
    sa.Column("max_uses", sa.Integer, nullable=False),
    sa.Column("paid", sa.Boolean, nullable=False),
    _standing(),
    sa.Column("uses", sa.Integer, nullable=False),
    sa.CheckConstraint("uses BETWEEN 0 AND max_uses", name="never_used_too_often"),
)

REDEMPTION = sa.Table(
    "redemption",
    METADATA,
    sa.Column("event", sa.String, primary_key=True),
    sa.Column("ticket", sa.String, primary_key=True),
    sa.Column("use_no", sa.Integer, primary_key=True),
    sa.Column("reference", sa.ForeignKey("scan.reference"), nullable=False),
    sa.Column("gate", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

SCAN = sa.Table(
    "scan",
    METADATA,
    sa.Column("device", sa.String, primary_key=True),
    sa.Column("scan_id", sa.String, primary_key=True),
    sa.Column("reference", sa.String, nullable=False, unique=True),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("ticket", sa.String, nullable=False),
    sa.Column("gate", sa.String, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("admits", sa.String),
    sa.Column("used_at", Instant),
    sa.Column("used_place", sa.String),
)

# A table of its own, not columns of ``scan``: a database file from before annulments gets it at the next start.
ANNULMENT = sa.Table(
    "annulment",
    METADATA,
    sa.Column("device", sa.String, primary_key=True),
    sa.Column("scan_id", sa.String, primary_key=True),
    sa.Column("reference", sa.String, nullable=False, unique=True),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("answered_at", Instant, nullable=False),
    sa.Column("result", sa.String, nullable=False),
    sa.ForeignKeyConstraint(["device", "scan_id"], ["scan.device", "scan.scan_id"]),
)
