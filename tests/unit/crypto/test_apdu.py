from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.apdu import EXTENDED_MAX, Channel, Command, Response, Send, collect_response, correct_length
from crypto.errors import CardLostError, MalformedError, StatusError

byte = st.integers(0, 255)
commands = st.builds(
    Command,
    byte,
    byte,
    byte,
    byte,
    st.binary(max_size=600),
    st.none() | st.integers(1, EXTENDED_MAX),
)


@given(commands)
def test_a_command_comes_back_as_it_went(command: Command) -> None:
    raw = command.encode()
    assert Command.decode(raw) == command
    assert raw[:4] == command.header
    assert (len(raw) > 4 + 1 + 255 + 1) is (len(command.data) > 255) or command.needs_extended


@pytest.mark.parametrize(
    ("command", "raw"),
    [
        (Command(0, 0x84, 1, 2), "00840102"),
        (Command(0, 0x84, 0, 0, le=8), "0084000008"),
        (Command(0, 0xB0, 0, 0, le=256), "00b0000000"),
        (Command(0, 0xB0, 0, 0, le=257), "00b00000000101"),
        (Command(0, 0xB0, 0, 0, le=65_536), "00b00000000000"),
        (Command(0, 0xA4, 2, 0x0C, b"\x01\x1c"), "00a4020c02011c"),
        (Command(0, 0xA4, 4, 0, b"\x01", 256), "00a40400010100"),
        (Command(0, 0x88, 0, 0, b"\x01", 300), "0088000000000101012c"),
        (Command(0x10, 0x86, 0, 0, bytes(256)), "10860000000100" + "00" * 256),
        (Command(0x10, 0x86, 0, 0, bytes(256), 65_536), "10860000000100" + "00" * 256 + "0000"),
        (Command(0x10, 0x86, 0, 0, bytes(256), 256), "10860000000100" + "00" * 256 + "0100"),
    ],
)
def test_the_cases_of_iso_7816(command: Command, raw: str) -> None:
    assert command.encode().hex() == raw
    assert Command.decode(bytes.fromhex(raw)) == command


@pytest.mark.parametrize(
    "command", [Command(0, 0, 0, 0, bytes(65_536)), Command(0, 0, 0, 0, le=65_537), Command(0, 0, 0, 0, le=-1)]
)
def test_lengths_that_cannot_be_expressed_are_malformed(command: Command) -> None:
    with pytest.raises(MalformedError):
        command.encode()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "00a404",
        "00a404000201",
        "00a4040001020304",
        "00a404000000",
        "00a4040000000001",
        "00a40400000002010203040506",
    ],
)
def test_other_lengths_are_malformed(raw: str) -> None:
    with pytest.raises(MalformedError):
        Command.decode(bytes.fromhex(raw))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_malformed(raw: bytes) -> None:
    try:
        command = Command.decode(raw)
    except MalformedError:
        return
    assert Command.decode(command.encode()) == command


def test_the_expected_size_of_an_answer_is_never_sent() -> None:
    assert Command(0, 0x88, 0, 0, b"\x01", 256, answer=10).encode() == Command(0, 0x88, 0, 0, b"\x01", 256).encode()


def test_commands_and_responses_hide_their_data() -> None:
    assert "secret" not in repr(Command(0, 0, 0, 0, b"secret")) + repr(Response(b"secret", 0x9000))


@given(st.binary(max_size=50), st.integers(0, 0xFFFF))
def test_a_response_comes_back_as_it_went(data: bytes, sw: int) -> None:
    assert Response.decode(Response(data, sw).encode()) == Response(data, sw)


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_an_answer_without_status_is_a_lost_card(raw: bytes) -> None:
    with pytest.raises(CardLostError):
        Response.decode(raw)


def test_requiring_success_names_the_step_and_keeps_the_status() -> None:
    assert Response(b"data", 0x9000).require("step") == b"data"
    assert Response(b"data", 0x6282).require("step", 0x6282) == b"data"
    with pytest.raises(StatusError, match="step: status 6A82") as caught:
        Response(b"data", 0x6A82).require("step", 0x6282)
    assert (caught.value.step, caught.value.sw) == ("step", 0x6A82)


READ = Command(0, 0xB0, 0, 0, le=256)


def card(*answers: str) -> tuple[Send, list[Command]]:
    seen: list[Command] = []
    rest = [Response.decode(bytes.fromhex(answer)) for answer in answers]

    def send(command: Command) -> Response:
        seen.append(command)
        return rest.pop(0)

    return send, seen


@pytest.mark.parametrize(("status", "le"), [("6c04", 4), ("6c00", 256)])
def test_a_wrong_length_is_asked_again_with_the_right_one(status: str, le: int) -> None:
    send, seen = card(status, "010203049000")
    assert correct_length(READ, send) == Response(b"\x01\x02\x03\x04", 0x9000)
    assert [command.le for command in seen] == [256, le]


def test_the_rest_of_an_answer_is_fetched() -> None:
    send, seen = card("01026102", "036c01", "036101", "049000")
    answer = collect_response(Command(0x0C, 0x88, 0, 0, b"\x01", 256), send)
    assert answer == Response(b"\x01\x02\x03\x04", 0x9000)
    assert [(command.cla, command.ins, command.le) for command in seen[1:]] == [
        (0, 0xC0, 2),
        (0, 0xC0, 1),
        (0, 0xC0, 1),
    ]


def test_an_answer_without_end_is_given_up() -> None:
    with pytest.raises(StatusError):
        collect_response(READ, lambda command: Response(b"\x00", 0x6100))


def test_a_channel_counts_what_it_costs() -> None:
    channel = Channel(lambda raw: b"\x01\x90\x00")
    assert channel.send(READ) == Response(b"\x01", 0x9000)
    assert (channel.apdus, channel.bytes) == (1, 8)


def test_a_plain_channel_corrects_lengths_and_collects() -> None:
    answers = ["6c02", "01026101", "039000"]
    channel = Channel(lambda raw: bytes.fromhex(answers.pop(0)))
    assert channel.send(READ) == Response(b"\x01\x02\x03", 0x9000)
    assert channel.apdus == 3


def test_a_secured_channel_leaves_lengths_to_its_session_and_collects_below_it() -> None:
    answers = ["01026101", "039000", "6c02"]
    channel = Channel(lambda raw: bytes.fromhex(answers.pop(0)))
    channel.secure(lambda command, send: send(command))
    assert channel.send(READ) == Response(b"\x01\x02\x03", 0x9000)
    assert channel.send(READ).sw == 0x6C02


def test_a_channel_that_dropped_its_session_goes_on_in_plain() -> None:
    channel = Channel(lambda raw: b"\x90\x00")
    channel.secure(lambda command, send: Response(b"protected", 0x9000))
    assert channel.send(READ).data == b"protected"
    channel.drop_session()
    assert channel.send(READ) == Response(b"", 0x9000)


def test_a_later_session_takes_the_place_of_an_earlier_one() -> None:
    channel = Channel(lambda raw: b"\x90\x00")
    channel.secure(lambda command, send: Response(b"old", 0x9000))
    channel.secure(lambda command, send: Response(b"new", 0x9000))
    assert channel.send(READ).data == b"new"


@pytest.mark.parametrize(
    "answer",
    [Response(bytes(65_000), 0x61FF), Response(b"", 0x61FF), Response(b"\x00", 0x6101)],
    ids=lambda a: hex(a.sw),
)
def test_an_answer_without_end_costs_little(answer: Response) -> None:
    sent = []

    def send(command: Command) -> Response:
        sent.append(command)
        return answer

    with pytest.raises(StatusError):
        collect_response(READ, send)
    assert len(sent) * len(answer.data) <= 130_000
    assert len(sent) <= 302
