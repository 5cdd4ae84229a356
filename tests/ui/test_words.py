"""Both languages say everything, in the same keys, shortly and in composed letters."""

from __future__ import annotations

import re
import string
import unicodedata
from pathlib import Path

import pytest

from crypto.trust.findings import Finding
from terminal.events import REASONS, Button, Step
from terminal.faults import CATALOGUE
from terminal.messages import LANGUAGES, words
from terminal.model import CheckName, IssuerTrust, Outcome, Word
from terminal.view import Desk

ROOT = Path(__file__).parents[2]
_TABLES = "title|remedy|note|why|check|step|word|field|button|reason|outcome|issuer|slip"
_KEY = re.compile(rf"""["']((?:{_TABLES})(?:\.[a-z_]+)+)["']""")
_SAID_KEY = re.compile(r"""\bsay\(\s*["']([a-z_.]+)["']""")


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _titles(language: str) -> dict[str, str]:
    return {key: text for key, text in words(language).items() if key.startswith("title.") or key.endswith(".title")}


def _remedies(language: str) -> dict[str, str]:
    found = words(language).items()
    return {key: text for key, text in found if key.startswith("remedy.") or key.endswith(".remedy")}


def test_both_languages_hold_the_same_keys() -> None:
    assert sorted(words("vi")) == sorted(words("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_unfinished(language: str) -> None:
    for key, text in words(language).items():
        assert text.strip() == text != "", key
        assert not re.search(r"TODO|FIXME|XXX|\?\?\?", text), key
        assert unicodedata.is_normalized("NFC", text), key


def test_both_languages_take_the_same_parameters() -> None:
    for key, text in words("vi").items():
        assert _placeholders(text) == _placeholders(words("en")[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_title_cause_and_remedy(language: str) -> None:
    for code in CATALOGUE:
        for part in ("title", "cause", "remedy"):
            assert f"fault.{code}.{part}" in words(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_fault_is_described_that_the_catalogue_does_not_have(language: str) -> None:
    described = {key[6:].rsplit(".", 1)[0] for key in words(language) if key.startswith("fault.")}
    assert described == set(CATALOGUE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_closed_set_has_its_words(language: str) -> None:
    wanted = [f"step.{one.value}" for one in Step]
    wanted += [f"word.{one.value.replace(' ', '_')}" for one in Word]
    wanted += [f"check.{one.value}" for one in CheckName]
    wanted += [f"issuer.{one.value}" for one in IssuerTrust]
    wanted += [f"button.{one.value}" for one in Button]
    wanted += [f"outcome.{one.value}" for one in Outcome]
    wanted += [f"ui.mark.{one.value}" for one in Outcome]
    wanted += [f"ui.desk.{one.value}" for one in Desk]
    wanted += [f"reason.{one}" for one in REASONS]
    wanted += [f"finding.{one.value}" for one in Finding]
    assert [key for key in wanted if key not in words(language)] == []


def test_titles_are_short() -> None:
    for key, text in _titles("en").items():
        assert len(text.split()) <= 5, key
    for key, text in _titles("vi").items():  # a Vietnamese word is written as one or two syllables
        assert len(text.split()) <= 9, key


def test_remedies_are_short() -> None:
    for key, text in _remedies("en").items():
        assert len(text.split()) <= 12, key
    for key, text in _remedies("vi").items():
        assert len(text.split()) <= 14, key


def test_every_verdict_title_has_its_remedy() -> None:
    # terminal.proof.verdict makes both from one key, except where the answer is yes.
    for key in words("vi"):
        group = key.split(".")[1] if key.startswith("title.") else ""
        if group in ("stop", "warn", "na", "retry", "qr", "card"):
            assert "remedy." + key.removeprefix("title.") in words("vi"), key


@pytest.mark.parametrize("package", ["terminal", "ui"])
def test_every_key_that_the_source_names_has_words(package: str) -> None:
    missing = []
    for path in sorted((ROOT / package).rglob("*.py")):
        source = path.read_text("utf-8")
        named = set(_KEY.findall(source)) | {key for key in _SAID_KEY.findall(source) if "." in key}
        missing += [f"{path.name}: {key}" for key in sorted(named) if key not in words("vi")]
    assert missing == []


def test_nobody_is_accused_in_public() -> None:
    for language, accusing in (("vi", ("giả mạo", "thẻ giả", "lừa")), ("en", ("fake", "forged", "fraud"))):
        for key, text in words(language).items():
            assert not any(word in text.lower() for word in accusing), key
