"""Transcripts: the notations that are read, what is refused and with which line, and writing without loss."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import MalformedError
from terminal.transcript import MAX_EXCHANGES, MAX_TEXT, Exchange, Recorder, Transcript, parse, write

SELECT, CHALLENGE = bytes.fromhex("00A4040C07A0000002471001"), bytes.fromhex("0084000008")
PAIRS = (Exchange(SELECT, b"\x90\x00"), Exchange(CHALLENGE, bytes.fromhex("4608F919887022129000")))

NOTATIONS = {
    "arrows": "> 00A4040C07A0000002471001\n< 9000\n> 0084000008\n< 4608F919887022129000\n",
    "no space": ">00A4040C07A0000002471001\n<9000\n>0084000008\n<4608F919887022129000",
    "letters": "C: 00a4040c07a0000002471001\nR: 9000\nC: 0084000008\nR: 4608f919887022129000\n",
    "names": "CAPDU: 00A4040C07A0000002471001\nRAPDU: 9000\nC-APDU: 0084000008\nR-APDU: 4608F919887022129000\n",
    "double": ">> 00A4040C07A0000002471001\n<< 9000\n--> 0084000008\n<-- 4608F919887022129000\n",
    "spaces": "> 00 A4 04 0C 07 A0 00 00 02 47 10 01\n< 90 00\n> 00 84 00 00 08\n< 46 08 F9 19 88 70 22 12 90 00\n",
    "comments": "# 1\n\n  > 00A4040C07A0000002471001 # 2\n< 9000\n\n# 3\n> 0084000008\n\t< 4608F919887022129000\n",
    "wrapped": "> 00A4040C07\n  A0000002471001\n< 9000\n> 0084000008\n< 4608F919 # half\n# and\n\t88702212\n 9000\n",
    "windows": "\ufeff> 00A4040C07A0000002471001\r\n< 9000\r\n> 0084000008\r\n< 4608F919887022129000\r\n",
    "json list": json.dumps([{"command": e.command.hex(), "response": e.response.hex(" ")} for e in PAIRS]),
    "json object": json.dumps(
        {"exchanges": [{"command": e.command.hex(), "response": e.response.hex()} for e in PAIRS]}
    ),
}


@pytest.mark.parametrize("text", NOTATIONS.values(), ids=NOTATIONS.keys())
def test_every_notation_says_the_same(text: str) -> None:
    assert parse(text.encode()) == Transcript(PAIRS)


def test_the_atr_stands_before_the_commands() -> None:
    assert parse(b"ATR: 3B 80 80 01 01\n> 00840000\n< 9000\n").atr == bytes.fromhex("3B80800101")
    entry = {"command": "00840000", "response": "9000"}
    assert parse(json.dumps({"atr": "3B80", "exchanges": [entry]}).encode()).atr == b"\x3b\x80"


REFUSED = {
    "nothing": ("", "no command in it"),
    "comments alone": ("# nothing\n", "no command in it"),
    "odd digits": ("# c\n> 008400000\n", "line 2: pairs of hex digits"),
    "no hex": ("> 0084xx0008\n", "line 1: pairs of hex digits"),
    "short command": ("> 008400\n< 9000\n", "line 1: no length"),
    "long command": ("> " + "00" * 65545 + "\n< 9000\n", "line 1: no length"),
    "short response": ("> 00840000\n< 90\n", "line 2: a response ends"),
    "empty response": ("> 00840000\n<\n", "line 2: a response ends"),
    "long response": ("> 00840000\n< " + "00" * 65539 + "\n", "line 2: a response ends"),
    "two commands": ("> 00840000\n> 00840000\n", "line 2: a command before"),
    "two responses": ("> 00840000\n< 9000\n< 9000\n", "line 3: a response without"),
    "response first": ("< 9000\n", "line 1: a response without"),
    "no last response": ("> 00840000\n", "the last command has no response"),
    "hex alone": ("00840000\n", "line 1: neither"),
    "hex at the margin": ("> 0084\n0000\n< 9000\n", "line 2: neither"),
    "other word": ("> 00840000\nSW: 9000\n", "line 2: neither"),
    "late atr": ("> 00840000\nATR: 3B80\n< 9000\n", "line 2: one ATR"),
    "two atrs": ("ATR: 3B80\nATR: 3B80\n> 00840000\n< 9000\n", "line 2: one ATR"),
    "short atr": ("ATR: 3B\n", "line 1: an ATR has"),
    "long atr": ("ATR: " + "3B" * 34 + "\n", "line 1: an ATR has"),
    "broken json": ("[{", "neither lines nor JSON"),
    "deep json": ("[" * 100_000, "neither lines nor JSON"),
    "json number": ('{"exchanges": 1}', "a list of commands"),
    "json without": ('{"atr": "3B80"}', "a list of commands"),
    "json other key": ('{"exchanges": [], "random": ""}', "a key that is not used"),
    "json empty": ("[]", "no command in it"),
    "json entry": ("[[]]", "entry 1: exactly command and response"),
    "json entry key": ('[{"command": "00840000"}]', "entry 1: exactly command and response"),
    "json value": ('[{"command": 5, "response": "9000"}]', "entry 1: pairs of hex"),
    "json hex": ('[{"command": "00840000", "response": "90 0"}]', "entry 1: pairs of hex"),
    "json atr": ('{"atr": null, "exchanges": []}', "atr: pairs of hex"),
    "many": ("> 00840000\n< 9000\n" * (MAX_EXCHANGES + 1), f"more than {MAX_EXCHANGES}"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_transcript_is_refused_by_line(text: str, said: str) -> None:
    with pytest.raises(MalformedError, match=said):
        parse(text.encode())


def test_what_is_too_long_or_no_text_is_refused() -> None:
    with pytest.raises(MalformedError, match="longer than"):
        parse(b"#" * (MAX_TEXT + 1))
    with pytest.raises(MalformedError, match="UTF-8"):
        parse(b"> 00840000\n< 9000\xff\n")


def test_no_error_quotes_what_a_card_said() -> None:
    with pytest.raises(MalformedError) as caught:
        parse(b"> 00B0000000\n< 30303339303132333435309000x\n")
    assert "3030" not in str(caught.value)


@given(st.binary(max_size=200) | st.text(alphabet='><CR:# \n0A9[]{}",', max_size=200).map(str.encode))
def test_nothing_but_malformed_comes_out(raw: bytes) -> None:
    try:
        found = parse(raw)
    except MalformedError:
        return
    assert found.exchanges


apdus = st.tuples(st.binary(min_size=4, max_size=300), st.binary(min_size=2, max_size=300))


@given(st.lists(apdus, min_size=1, max_size=8), st.just(b"") | st.binary(min_size=2, max_size=33))
def test_what_is_written_is_read_again(pairs: list[tuple[bytes, bytes]], atr: bytes) -> None:
    transcript = Transcript(tuple(Exchange(*pair) for pair in pairs), atr)
    text = write(transcript, ("a heading", ""))
    assert parse(text.encode("ascii")) == transcript
    assert max(map(len, text.splitlines())) <= 120


def test_a_recorder_passes_on_and_writes_down() -> None:
    recorder = Recorder(lambda command: command[:2] + b"\x90\x00")
    assert recorder.transceive(SELECT) == bytes.fromhex("00A49000")
    assert recorder.transcript(b"\x3b\x80") == Transcript((Exchange(SELECT, bytes.fromhex("00A49000")),), b"\x3b\x80")


def test_a_recorder_leaves_out_what_got_no_answer() -> None:
    def torn(_command: bytes) -> bytes:
        raise TimeoutError

    recorder = Recorder(torn)
    with pytest.raises(TimeoutError):
        recorder.transceive(SELECT)
    assert recorder.transcript(b"").exchanges == ()
