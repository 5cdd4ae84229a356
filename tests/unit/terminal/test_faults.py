"""The catalogue of faults: one row a code, words in both languages, and an exit code that means something."""

from __future__ import annotations

import pytest

from terminal.faults import CATALOGUE, Fault, FaultError, Who, _catalogue
from terminal.messages import LANGUAGES, say


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_says_what_why_and_what_to_do(language: str) -> None:
    for fault in CATALOGUE.values():
        assert all(say(message, language) for message in (fault.title, fault.cause, fault.remedy))


def test_a_code_stands_once() -> None:
    row = Fault("card.lost", Who.HOLDER, retriable=True)
    assert _catalogue(row) == {"card.lost": row}
    with pytest.raises(ValueError, match="twice"):
        _catalogue(row, row)


def test_refusals_end_with_1_what_an_administrator_set_with_2_and_devices_with_3() -> None:
    refusals = {"card.locked", "enrol.refused", "script.differs", "trust.fingerprint", "trust.refused"}
    for code, fault in CATALOGUE.items():
        kind = code.split(".", maxsplit=1)[0]
        expected = 1 if code in refusals else 2 if kind in ("config", "enrol", "install", "usage", "trust") else 3
        assert (code, fault.exit_code) == (code, expected)


@pytest.mark.parametrize(("detail", "text"), [("", "net.down"), ("refused", "net.down: refused")])
def test_an_error_is_its_code_and_its_detail(detail: str, text: str) -> None:
    error = FaultError("net.down", detail)
    assert (str(error), error.fault, error.detail) == (text, CATALOGUE["net.down"], detail)


def test_a_code_that_is_not_in_the_catalogue_is_a_defect() -> None:
    with pytest.raises(KeyError):
        FaultError("net.unheard_of")
