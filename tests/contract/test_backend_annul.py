"""What every `terminal.ports.Backend` promises about an admission that is taken back."""

from __future__ import annotations

import json

import pytest

from terminal.ports import AnnulQuestion
from tests.contract.backend_rigs import ASKED, RIGS, TICKET, Rig, Said
from tests.contract.test_backend import DEADLINE, Make, fault, make
from tests.scripted_server import Heard, Script, answers, message, says

__all__ = ["make"]

UNDO = AnnulQuestion("s-01", ASKED, "trang-an-mau", "T7Q2M9XK4B", "cong-1")


@pytest.fixture(params=sorted(name for name, rig in RIGS.items() if rig.annulled))
def rig(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param]


def scan_of(heard: Heard) -> str:
    """The id under which the server knows the admission."""
    body = json.loads(heard.body)
    return str(body["scan_id"] if "scan_id" in body else body["nonce"])


def said(answer: Said | None) -> Script:
    assert answer is not None
    return answer.script()


def test_an_admission_is_taken_back_by_the_scan_that_was_admitted(rig: Rig, make: Make) -> None:
    server, backend = make(said(rig.admitted))
    backend.redeem(TICKET, DEADLINE)
    server.script = said(rig.annulled)
    backend.annul(UNDO, DEADLINE)
    asked, undone = server.heard
    assert asked.path != undone.path
    assert scan_of(asked) == scan_of(undone)
    assert "T7Q2M9XK4B" not in undone.path


def test_an_annulment_that_comes_too_late_is_told(rig: Rig, make: Make) -> None:
    _, backend = make(said(rig.too_late))
    assert fault(lambda: backend.annul(UNDO, DEADLINE)) == "gate.not_annulled"


def test_an_annulment_that_comes_too_late_is_no_failure_of_the_server(rig: Rig, make: Make) -> None:
    server, backend = make(said(rig.too_late))
    for _ in range(5):
        fault(lambda: backend.annul(UNDO, DEADLINE))
    server.script = said(rig.annulled)
    backend.annul(UNDO, DEADLINE)


@pytest.mark.parametrize(
    ("status", "code"), [("401 Unauthorized", "net.denied"), ("422 No", "net.garbage"), ("503 Busy", "net.server")]
)
def test_a_status_that_is_no_answer_is_its_fault(make: Make, status: str, code: str) -> None:
    _, backend = make(answers({"error": "x", "fields": []}, status))
    assert fault(lambda: backend.annul(UNDO, DEADLINE)) == code


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{}", b"[" * 100_000, b'{"result": "annulled"}'],
    ids=["empty", "null", "object", "deep", "half"],
)
def test_a_body_that_is_no_answer_is_garbage(make: Make, body: bytes) -> None:
    _, backend = make(says(message(body)))
    assert fault(lambda: backend.annul(UNDO, DEADLINE)) == "net.garbage"
