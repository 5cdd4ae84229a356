"""What every `terminal.ports.Backend` promises about an admission that is taken back."""

from __future__ import annotations

import pytest

from terminal.ports import AnnulQuestion
from tests.contract.backend_rigs import Rig
from tests.contract.test_backend import ASKED, DEADLINE, TICKET, Make, fault, make, rig
from tests.scripted_server import answers, message, says

__all__ = ["make", "rig"]

UNDO = AnnulQuestion("s-01", ASKED, "trang-an-mau", "T7Q2M9XK4B", "cong-1")


def test_an_admission_is_taken_back_with_what_it_was_asked_with(rig: Rig, make: Make) -> None:
    server, backend = make(answers(rig.admitted))
    backend.redeem(TICKET, DEADLINE)
    server.script = answers(rig.annulled)
    backend.annul(UNDO, DEADLINE)
    asked, undone = server.heard
    assert asked.path != undone.path
    assert asked.body == undone.body
    assert "T7Q2M9XK4B" not in undone.path


def test_an_annulment_that_comes_too_late_is_told(rig: Rig, make: Make) -> None:
    _, backend = make(answers(rig.too_late))
    assert fault(lambda: backend.annul(UNDO, DEADLINE)) == "gate.not_annulled"


def test_an_annulment_that_comes_too_late_is_no_failure_of_the_server(rig: Rig, make: Make) -> None:
    server, backend = make(answers(rig.too_late))
    for _ in range(5):
        fault(lambda: backend.annul(UNDO, DEADLINE))
    server.script = answers(rig.annulled)
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
