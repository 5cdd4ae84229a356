"""The configured trust store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config.schema import TrustSettings
from terminal.faults import FaultError
from terminal.proof.trusted import open_trust


@pytest.mark.parametrize(("days", "demand"), [(0, None), (30, timedelta(days=30))])
def test_the_demand_on_revocation_lists_is_the_sites(tmp_path: Path, days: int, demand: timedelta | None) -> None:
    settings = TrustSettings(directory=tmp_path, tickets=tmp_path, crl_max_age_days=days)
    assert open_trust(settings).crl_max_age == demand


def test_a_damaged_store_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "accepted.trust").write_bytes(b"x")
    with pytest.raises(FaultError) as caught:
        open_trust(TrustSettings(directory=tmp_path, tickets=tmp_path, crl_max_age_days=0))
    assert caught.value.fault.code == "trust.unreadable"
