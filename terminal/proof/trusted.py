"""The configured trust store, as every verb and every read opens it."""

from __future__ import annotations

from datetime import timedelta

from config.schema import TrustSettings
from crypto.errors import ProofError
from crypto.trust.store import TrustStore
from terminal.faults import FaultError


def open_trust(settings: TrustSettings) -> TrustStore:
    """The accepted issuers, with the demand on their revocation lists. Raises FaultError ``trust.unreadable``."""
    days = settings.crl_max_age_days
    try:
        return TrustStore.open(settings.directory, crl_max_age=timedelta(days=days) if days else None)
    except (ProofError, OSError) as error:
        raise FaultError("trust.unreadable", f"{settings.directory}: {error}") from error
