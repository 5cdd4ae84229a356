from __future__ import annotations

from crypto.emrtd.lds import Ef
from terminal.proof.unfinished import Shelf, Unfinished

READ = Unfinished(b"sod", {Ef.DG1: b"a name"}, Ef.DG2, b"part of a face")


def test_a_person_s_read_is_kept_for_that_person_only() -> None:
    shelf = Shelf()
    assert shelf.open(1) is None
    shelf.put(1, READ)
    assert shelf.open(1) is READ
    assert shelf.open(2) is None
    assert shelf.open(1) is None


def test_what_comes_after_its_session_is_thrown_away() -> None:
    shelf = Shelf()
    shelf.open(1)
    shelf.clear()
    shelf.put(1, READ)
    assert shelf.open(1) is None
    shelf.open(2)
    shelf.put(1, READ)
    assert shelf.open(2) is None


def test_nothing_of_it_shows() -> None:
    assert "name" not in repr(READ)
    assert "face" not in repr(READ)
