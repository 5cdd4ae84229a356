"""``tram ticket``: the sell side on the database itself."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from backend import issue
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.tickets import journal
from backend.tickets.lines import Writer
from crypto.tickets.record import Marks
from tests.unit.backend.calls import NOW
from tests.unit.backend.tickets.ledgers import Device, do

HEAD = "ticket,product,valid_from,valid_to,admits,paid,id_number"
ROWS = "\n".join([HEAD, "t,ve,2026-11-01,2026-12-01,1,yes,", "u,doan,2026-11-01,2026-12-01,30,no,003090123450"])


class Tool:
    """The command line over one database."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.url = f"sqlite:///{folder / 'b.sqlite'}"

    def __call__(self, *words: str, typed: str | None = None) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        issue.configure(parser)
        args = parser.parse_args([*words, "--event", "hoi", "--db", self.url])
        before, sys.stdin = sys.stdin, io.StringIO(typed or "")
        try:
            code = issue.run(args)
        finally:
            sys.stdin = before
        out, err = self._capsys.readouterr()
        return code, out, err

    def json(self, *words: str) -> Any:
        code, out, _ = self(*words, "--json")
        assert code == 0
        return json.loads(out)

    def load(self, text: str = ROWS, *more: str) -> tuple[int, str, str]:
        file = self.folder / "t.csv"
        file.write_text(text, "utf-8")
        return self("import", str(file), *more)

    def store(self) -> Store:
        return open_store(self.url)


@pytest.fixture
def tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(tmp_path, capsys)


def test_a_file_is_imported_whole_and_again_changes_nothing(tool: Tool) -> None:
    assert tool("product", "doan", "--audience", "học sinh", "--splits")[0] == 0
    assert [tool.load() for _ in range(2)] == [(0, "2 tickets imported\n", "")] * 2
    shown = tool.json("show", "u")
    assert [shown[name] for name in ("max_uses", "admits", "paid", "audience", "cards")] == [
        30,
        1,
        False,
        "học sinh",
        1,
    ]
    assert "003090123450" not in json.dumps(shown)
    exported = tool("export")[1]
    assert exported.splitlines()[1:] == [
        "t,ve,2026-11-01T00:00:00+07:00,2026-12-02T00:00:00+07:00,1,1,,yes",
        "u,doan,2026-11-01T00:00:00+07:00,2026-12-02T00:00:00+07:00,1,30,,no",
    ]


def test_one_wrong_row_and_nothing_is_imported(tool: Tool) -> None:
    code, out, err = tool.load(ROWS + "\nSECRET ROW,ve,2026-11-01,2026-12-01,1,yes,")
    assert (code, out) == (1, "")
    assert err == "line 4, ticket: 1 to 64 of A-Z a-z 0-9 . _ -\ntram ticket: nothing was imported\n"
    assert tool("show", "t")[0] == 1


def test_a_dry_run_only_looks(tool: Tool) -> None:
    assert tool.load(ROWS, "--dry-run") == (0, "2 tickets would be imported\n", "")
    assert tool("show", "t") == (1, "", "tram ticket: no such ticket\n")
    assert not (tool.folder / "snapshot.key").exists()


@pytest.mark.parametrize(
    ("action", "standing"), [("revoke", "revoked"), ("block", "blocked"), ("cancel", "cancelled"), ("unblock", "valid")]
)
def test_a_ticket_is_stopped_and_let_in_again(tool: Tool, action: str, standing: str) -> None:
    tool.load()
    assert tool(action, "t") == (0, "done\n", "")
    shown = tool.json("show", "t")
    assert (shown["standing"], shown["standing_at"] is not None) == (standing, True)


def test_a_ticket_is_paid(tool: Tool) -> None:
    tool.load()
    assert tool.json("pay", "u") == {"event": "hoi", "ticket": "u"}
    assert tool.json("show", "u")["paid"] is True


@pytest.mark.parametrize("action", ["revoke", "block", "unblock", "cancel", "pay", "show"])
def test_a_ticket_that_is_none_is_said_to_be_none(tool: Tool, action: str) -> None:
    assert tool(action, "nobody") == (1, "", "tram ticket: no such ticket\n")


def test_a_card_is_bound_by_a_number_that_is_typed_and_kept_nowhere(tool: Tool) -> None:
    tool.load()
    assert tool("bind", "t", typed="003188000047\n") == (0, "done\n", "")
    assert tool("bind", "nobody", typed="003188000047\n")[0] == 1
    assert tool("bind", "t", typed="00318800004\n")[0] == 2
    assert tool.json("show", "t")["cards"] == 1
    assert b"003188000047" not in b"".join(file.read_bytes() for file in tool.folder.iterdir() if file.suffix != ".csv")
    assert tool.json("unbind", "t") == {"event": "hoi", "ticket": "t", "cards": 1}
    assert tool.json("show", "t")["cards"] == 0


def test_the_marks_are_those_of_the_server_beside_the_database(tool: Tool) -> None:
    tool.load()
    marks = Marks((tool.folder / "snapshot.key").read_bytes())
    store = tool.store()
    with store.transaction() as db:
        (mark,) = db.exec_driver_sql("SELECT mark FROM holder").scalars()
    store.close()
    assert mark == marks.holder("003090123450")


def test_conflicts_are_listed_and_resolved(tool: Tool) -> None:
    tool.load()
    store = tool.store()
    for name in "ab":
        device = Device(name)
        device.write("t", "s-1")
        do(store, lambda db, device=device: journal.upload(db, Writer(device.name), device.lines, NOW))
    store.close()
    (row,) = tool.json("conflicts")["conflicts"]
    assert (row["kind"], row["entered"]["gate"], row["holder"]["gate"]) == ("duplicate_entry", "gate-b", "gate-a")
    code, out, _ = tool("conflicts")
    assert (code, row["conflict"] in out, "held gate-a 2026-11-22 15:30:00" in out) == (0, True, True)
    assert tool("conflicts", "--resolve", row["conflict"])[0] == 2
    assert tool("conflicts", "--resolve", "C-AAAAAAAAAAAAAAAA", "--as", "fraud", "--by", "Lan")[0] == 1
    assert "fraud by Lan" in tool("conflicts", "--resolve", row["conflict"], "--as", "fraud", "--by", "Lan")[1]
    assert tool("conflicts")[1] == "no conflicts\n"
    assert tool.json("conflicts", "--all")["conflicts"][0]["state"] == "fraud"
    assert tool("show", "t")[1].count("conflicts: ") == 1


def test_a_zone_is_described(tool: Tool) -> None:
    assert tool("zone", "san", "--capacity", "50", "--gates", "c-1,c-2") == (0, "done\n", "")
    assert tool("zone", "san", "--capacity", "60", "--gates", "c-1") == (0, "done\n", "")
    store = tool.store()
    with store.transaction() as db:
        assert db.exec_driver_sql("SELECT gate, capacity FROM gate JOIN zone USING (event, zone)").all() == [
            ("c-1", 60)
        ]
    store.close()


@pytest.mark.parametrize(
    "words",
    [
        ("show", "a b"),
        ("zone", "san", "--capacity", "0", "--gates", "c"),
        ("product", "ve", "--audience", "x", "--gates", "c,,d"),
        ("product", "ve", "--audience", "x", "--per-day", "-1"),
        ("conflicts", "--resolve", "x"),
    ],
    ids=range(5),
)
def test_wrong_words_are_usage(tool: Tool, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as raised:
        tool(*words)
    assert raised.value.code == 2
