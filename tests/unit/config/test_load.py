"""Layers, strictness and the sentences of refusals."""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError, Problem
from config.keys import allowed, known_keys, sections
from config.load import load, site_file
from config.schema import Demand, DeskName, Need

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str) -> Path:
        file = tmp_path / "terminal.toml"
        file.write_text(text, "utf-8")
        return file

    return put


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer on which nobody has configured anything yet."""
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "user")
    monkeypatch.setattr("platformdirs.site_config_path", lambda *_, **__: tmp_path / "computer")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "data")
    return tmp_path


def refusal(file: Path, desk: DeskName | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(file, desk, {})
    return caught.value


def test_a_computer_without_configuration_is_a_reception_desk(nowhere: Path) -> None:
    settings = load(environ={})
    assert settings.desk == "reception"
    assert settings.trust.directory == nowhere / "data" / "trust"
    assert settings.journal.key_file.parent == settings.journal.path.parent
    assert settings.device
    assert settings.backend.token_file is None


def test_the_site_s_key_lies_beside_its_journal(nowhere: Path, write: Write) -> None:
    assert load(environ={}).journal.key_file == nowhere / "data" / "site.key"
    settings = load(write('[journal]\npath = "own/journal.sqlite"\n'), environ={})
    assert settings.journal.key_file == nowhere / "own" / "site.key"
    settings = load(write('[journal]\npath = "own/journal.sqlite"\nkey_file = "keys/k"\n'), environ={})
    assert settings.journal.key_file == nowhere / "keys" / "k"


# The table of ux §4: slow hint, reading, retry, allow, attention, stop, cannot, warn, removal, connect, total.
TABLE: dict[DeskName, tuple[object, ...]] = {
    "reception": (4, 15, 8, 60, 60, 60, 60, 10, "never", 1.5, 4),
    "gate": (3, 8, 5, 1.5, 8, 5, 5, 0, 0, 1, 2),
    "police": (4, 20, 15, 30, 30, 30, 30, 10, "never", 2, 6),
}


@pytest.mark.parametrize("desk", typing.get_args(DeskName))
def test_every_desk_has_the_times_of_its_table(nowhere: Path, desk: DeskName) -> None:
    settings = load(desk=desk, environ={})
    t = settings.times
    results = (t.result_allow, t.result_attention, t.result_stop, t.result_cannot)
    found = (t.slow, t.reading, t.retry, *results, t.warn, t.removal, settings.backend.connect, settings.backend.total)
    assert found == TABLE[desk]
    assert settings.codes.repeat_after == 5
    assert settings.desk == desk


def test_the_site_speaks_last_and_the_profile_before_it(write: Write) -> None:
    settings = load(write('desk = "gate"\n[times]\nreading = 9.5\n'), environ={})
    assert (settings.desk, settings.times.reading, settings.times.retry) == ("gate", 9.5, 5)


def test_the_desk_asked_for_beats_the_one_in_the_file(write: Write) -> None:
    settings = load(write('desk = "gate"\nplace = "Cổng A1"\n'), "police", {})
    assert (settings.desk, settings.place, settings.times.reading) == ("police", "Cổng A1", 20)


def test_relative_paths_start_at_the_file_that_names_them(write: Write, tmp_path: Path) -> None:
    text = '[trust]\ndirectory = "csca"\n[backend]\ntoken_file = "secret/token"\n[journal]\nkey_file = "~/k"\n'
    settings = load(write(text), environ={})
    assert settings.trust.directory == tmp_path / "csca"
    assert settings.backend.token_file == tmp_path / "secret" / "token"
    assert settings.journal.key_file == Path.home() / "k"


def test_the_environment_names_the_file(write: Write) -> None:
    file = write('place = "Quầy 3"\n')
    assert load(environ={"TRAM_CONFIG": str(file)}).place == "Quầy 3"


def test_the_users_file_goes_before_the_computers(nowhere: Path) -> None:
    for folder in ("computer", "user"):
        (nowhere / folder).mkdir()
        (nowhere / folder / "terminal.toml").write_text(f'place = "{folder}"\n', "utf-8")
        assert site_file(None, {}) == nowhere / folder / "terminal.toml"
        assert load(environ={}).place == folder


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    file.write_bytes(b'\xef\xbb\xbfplace = "x"\r\n[times]\r\nreading = 10.0\r\n')
    assert load(file, environ={}).times.reading == 10


def test_a_named_file_that_is_gone_is_said_so(tmp_path: Path) -> None:
    error = refusal(tmp_path / "gone.toml")
    assert (error.problem, error.file) == (Problem.MISSING_FILE, tmp_path / "gone.toml")


WRONG = [
    ("colour = 1", "colour", Problem.UNKNOWN_KEY, "place"),
    ("[times]\nred = 1", "times.red", Problem.UNKNOWN_KEY, "times.reading"),
    ("[nonsense]\na = 1", "nonsense", Problem.UNKNOWN_KEY, "times"),
    ('"a\\u0007b" = 1', "a?b", Problem.UNKNOWN_KEY, "place"),
    ("times = 3", "times", Problem.NOT_ALLOWED, "[times]"),
    ("[times]\nreading = 300", "times.reading", Problem.NOT_ALLOWED, "3 … 60"),
    ("[times]\nreading = 2.9", "times.reading", Problem.NOT_ALLOWED, "3 … 60"),
    ("[times]\nreading = nan", "times.reading", Problem.NOT_ALLOWED, "3 … 60"),
    ("[times]\nreading = inf", "times.reading", Problem.NOT_ALLOWED, "3 … 60"),
    ("[times]\nreading = true", "times.reading", Problem.NOT_ALLOWED, "3 … 60"),
    ('[times]\nreading = "15"', "times.reading", Problem.NOT_ALLOWED, "3 … 60"),
    ("[times]\nreading = {a = 1}", "times.reading", Problem.NOT_ALLOWED, "3 … 60"),
    ('[times]\nremoval = "soon"', "times.removal", Problem.NOT_ALLOWED, '"never" | 0 … 30'),
    ("[reader]\nblock = 300", "reader.block", Problem.NOT_ALLOWED, '"extended" | 64 … 256'),
    ("[reader]\nphoto = 1", "reader.photo", Problem.NOT_ALLOWED, "true | false"),
    ('desk = "bank"', "desk", Problem.NOT_ALLOWED, '"reception" | "gate" | "police"'),
    ("desk = []", "desk", Problem.NOT_ALLOWED, '"reception"'),
    ('language = "fr"', "language", Problem.NOT_ALLOWED, '"vi" | "en"'),
    ('device = "a b"', "device", Problem.NOT_ALLOWED, "A-Za-z0-9"),
    ('demands = ["luck"]', "demands", Problem.NOT_ALLOWED, '"signature"'),
    ("[trust]\ndirectory = 3", "trust.directory", Problem.NOT_ALLOWED, "…"),
    ('[trust]\ndirectory = "a\\u0000b"', "trust.directory", Problem.NOT_ALLOWED, "…"),
    ('[trust]\ndirectory = "~nobody-of-that-name/x"', "trust.directory", Problem.NOT_ALLOWED, "~/…"),
    ('[backend]\ndriver = "http"', "backend.driver", Problem.NOT_ALLOWED, '"reference" | "bhyt" | "pretix"'),
    ('[reader]\ndriver = "simulator"', "reader.driver", Problem.DOUBLE, ""),
    ('[reader]\ndriver = "in-process-simulation"', "reader.driver", Problem.DOUBLE, ""),
    ('[codes]\ndriver = "Scripted"', "codes.driver", Problem.DOUBLE, ""),
    ('[backend]\ndriver = "mock"', "backend.driver", Problem.DOUBLE, ""),
    ("[times]\nslow = 8.0\nreading = 7", "times.slow", Problem.CONTRADICTION, "times.reading"),
    ("[times]\nwarn = 30\nresult_stop = 20", "times.warn", Problem.CONTRADICTION, "times.result_"),
    ("[backend]\nconnect = 5", "backend.connect", Problem.CONTRADICTION, "backend.total"),
    ('needs = ["reader"]\n[reader]\ndriver = "none"', "needs", Problem.CONTRADICTION, "reader.driver"),
    ('needs = ["camera"]\n[codes]\ndriver = "none"', "needs", Problem.CONTRADICTION, "codes.driver"),
    ('[reader]\ndriver = "none"\n[codes]\ndriver = "none"', "reader.driver", Problem.CONTRADICTION, "codes"),
    ('[backend]\ndriver = "none"', "demands", Problem.CONTRADICTION, "backend.driver"),
    ('demands = ["signature"]', "demands", Problem.CONTRADICTION, '"eligibility"'),
    ("place = ", "line 1, column 9", Problem.NOT_TOML, ""),
    ("place = 1\nplace = 2", "line 2, column 10", Problem.NOT_TOML, ""),
    ("a = " + "[" * 5000, "", Problem.NOT_TOML, ""),
]


@pytest.mark.parametrize(("text", "path", "problem", "allowed_part"), WRONG)
def test_a_mistake_is_named_with_file_key_and_what_is_allowed(
    write: Write, text: str, path: str, problem: Problem, allowed_part: str
) -> None:
    file = write(text + "\n")
    error = refusal(file)
    assert (error.file, error.path, error.problem) == (file, path, problem)
    assert allowed_part in error.allowed
    assert str(file) in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "ftp://127.0.0.1",
        "https://user:word@example.org",
        "https://example.org/?token=x",
        "https://example.org:99999",
        "https:///path",
        "https://[::1",
        "//example.org",
        "http://127.evil.example",
        "https://example.org/#a",
    ],
)
def test_an_address_that_would_leak_the_token_is_refused(write: Write, url: str) -> None:
    error = refusal(write(f'[backend]\nurl = "{url}"\n'))
    assert (error.path, error.problem) == ("backend.url", Problem.NOT_ALLOWED)
    assert url not in str(error)


@pytest.mark.parametrize(
    "url", ["https://example.org/api", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:9"]
)
def test_tls_or_this_computer_itself_is_accepted(write: Write, url: str) -> None:
    assert load(write(f'[backend]\nurl = "{url}"\n'), environ={}).backend.url == url


def test_a_file_that_cannot_be_read_or_is_far_too_big_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "terminal.toml"
    file.write_bytes(b"#" * (1 << 20) + b"#")
    assert refusal(file).problem is Problem.UNREADABLE

    real_open = Path.open

    def guarded(path: Path, *args: typing.Any, **named: typing.Any) -> typing.Any:
        if path == file:
            raise PermissionError
        return real_open(path, *args, **named)

    monkeypatch.setattr(Path, "open", guarded)
    assert refusal(file).problem is Problem.UNREADABLE


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    file.write_bytes(b'place = "\xff"')
    assert (refusal(file).problem, refusal(file).allowed) == (Problem.NOT_TOML, "UTF-8")


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"[times]\n{text}".encode()))
def test_any_bytes_give_settings_or_one_refusal(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "terminal.toml"
    file.write_bytes(raw)
    try:
        settings = load(file, environ={})
    except ConfigError as error:
        assert error.file == file
    else:
        assert settings.times.reading <= 60


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(key=st.sampled_from(sorted(known_keys())), value=values)
def test_any_value_under_any_key_gives_settings_or_names_a_key(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object
) -> None:
    file = tmp_path_factory.mktemp("value") / "terminal.toml"
    file.write_text("", "utf-8")
    section, dot, name = key.rpartition(".")
    tree = {section: {name: value}} if dot else {key: value}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("config.load._parse", lambda *_: tree)
        try:
            load(file, environ={})
        except ConfigError as error:
            assert error.path in known_keys()


def test_the_shipped_defaults_name_every_key() -> None:
    text = (Path(__file__).parents[3] / "config" / "defaults.toml").read_text("utf-8")
    tree = tomllib.loads(text)
    flat = {f"{name}.{key}" for name in sections() for key in tree[name]} | (tree.keys() - set(sections()))
    assert flat == known_keys().keys()


def test_demands_and_needs_are_words_of_the_terminal() -> None:
    from terminal.events import Device
    from terminal.model import CheckName
    from terminal.view import Desk

    assert set(typing.get_args(Demand)) == {check.value for check in CheckName}
    assert set(typing.get_args(Need)) <= {device.value for device in Device}
    assert set(typing.get_args(DeskName)) == {desk.value for desk in Desk}


def test_what_is_allowed_is_written_in_signs() -> None:
    keys = known_keys()
    assert allowed(keys["times.removal"]) == '"never" | 0 … 30'
    assert allowed(keys["backend.ca_file"]) == '"…"'
    assert allowed(keys["needs"]) == '["reader" | "camera" | "scanner" | "gate" | "printer", …]'
    assert allowed(keys["place"]) == '"…" (0 … 200)'
