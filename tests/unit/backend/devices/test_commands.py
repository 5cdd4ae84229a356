"""``tram backend device`` and ``tram backend certificate``."""

from __future__ import annotations

import argparse
import json
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from backend import serve
from tests.unit.backend.devices.conftest import Site


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    serve.configure(parser)
    return serve.run(parser.parse_args(arguments))


@pytest.fixture
def database(site: Site, tmp_path: Path) -> str:
    del site
    return f"sqlite:///{tmp_path / 'backend.sqlite'}"


def test_a_device_is_added_listed_and_revoked(site: Site, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    about = ["--event", "e", "--gate", "g", "--db", database]
    assert _run("device", "add", "gate-1", "--json", *about) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["device"], said["role"]) == ("gate-1", "terminal")
    assert site.enrol("gate-1", said["code"]).status_code in (200, 403)  # the command's clock is the real one
    assert _run("device", "list", "--db", database, "--json") == 0
    (listed,) = json.loads(capsys.readouterr().out)["devices"]
    assert (listed["event"], listed["gate"], listed["seen_at"]) == ("e", "g", None)
    assert _run("device", "revoke", "gate-1", "--db", database) == 0
    assert _run("device", "list", "--db", database) == 0
    assert "gate-1  terminal  revoked  never seen  event e  gate g" in capsys.readouterr().out


def test_an_enrolled_device_needs_again(site: Site, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    site.enrolled("gate-1")
    assert _run("device", "add", "gate-1", "--db", database) == 1
    assert "--again" in capsys.readouterr().err
    assert _run("device", "add", "gate-1", "--again", "--db", database) == 0


def test_nobody_can_be_revoked_who_is_not_there(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("device", "revoke", "gate-9", "--db", database) == 1
    assert "gate-9" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "é"])
def test_a_name_has_a_form(name: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        _run("device", "add", name)


def test_a_certificate_is_made_for_the_names_and_never_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stem = str(tmp_path / "etc" / "server")
    assert _run("certificate", "ve.lan", "192.0.2.7", "--out", stem, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    certificate = x509.load_pem_x509_certificate(Path(said["certificate"]).read_bytes())
    assert certificate.fingerprint(hashes.SHA256()).hex() == said["fingerprint"].replace(" ", "")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["ve.lan"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert stat.S_IMODE(Path(said["key"]).stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(said["certificate"], said["key"])
    assert _run("certificate", "--out", stem) == 1
    assert "already" in capsys.readouterr().err


def test_a_server_is_not_opened_to_others_without_tls(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("serve", "--db", database, "--host", "192.0.2.1") == 2
    assert "--tls-cert" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["--upstream", "http://192.0.2.1"], ["--upstream", "https://u:p@h"], ["--upstream", "https://h"]]
)
def test_a_hub_says_what_it_needs(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = ["--token-file", str(tmp_path / "backend.token")]
    assert _run("serve", "--hub", *arguments, *token) == 2
    assert "tram enrol" in capsys.readouterr().err
