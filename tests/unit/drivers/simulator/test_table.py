from __future__ import annotations

import io
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image

from crypto.apdu import Channel
from crypto.emrtd import pace
from crypto.emrtd.files import FileReader, read_card_access, select_application
from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.emrtd.security_infos import parse_security_infos
from crypto.emrtd.vietnam import parse_dg13
from crypto.errors import CardLostError
from crypto.trust.certificate import Certificate
from drivers.simulator.people import PEOPLE
from drivers.simulator.table import DemoTable, build
from terminal.events import CardPlaced, CardRemoved
from terminal.faults import FaultError
from terminal.ports import CardLink
from terminal.table import TableOptions
from tests.contract.test_card_reader import run
from tests.inbox import RecordingInbox

CODES = [
    *("insured", "expired", "uninsured", "cloned", "altered"),
    *("unknown-issuer", "swapped", "lifted", "ticket", "offline"),
]
SELECT = bytes.fromhex("00A4020C02011C")


@pytest.fixture
def backend() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5.0)
        yield listener


def options(folder: Path, backend: socket.socket, vpcd: tuple[str, int] | None = None) -> TableOptions:
    upstream = f"http://127.0.0.1:{backend.getsockname()[1]}/api"
    return TableOptions(folder, upstream, vpcd, tickets=(("ticket", "TICKET TEXT"),))


@pytest.fixture
def table(tmp_path: Path, backend: socket.socket) -> Iterator[DemoTable]:
    table = build(options(tmp_path, backend))
    yield table
    table.close()


def seen(folder: Path) -> bytes:
    (picture,) = folder.glob("*.png")
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.read_bytes())))
    return bytes(code.bytes)


def test_ten_exhibits_lie_there_in_the_order_of_the_demo(table: DemoTable) -> None:
    assert [exhibit.code for exhibit in table.exhibits()] == CODES
    assert all(exhibit.who and exhibit.what for exhibit in table.exhibits())


def test_shown_code_is_the_person_s_own(table: DemoTable, tmp_path: Path) -> None:
    table.show_code("expired")
    assert seen(tmp_path) == PEOPLE["expired"].card_qr()


def test_swapped_shows_the_code_of_the_first_person(table: DemoTable, tmp_path: Path) -> None:
    table.show_code("swapped")
    assert seen(tmp_path) == PEOPLE["insured"].card_qr()


def test_ticket_shows_what_the_table_was_given(table: DemoTable, tmp_path: Path) -> None:
    table.show_code("ticket")
    assert seen(tmp_path) == b"TICKET TEXT"


def test_ticket_is_no_card_and_unknown_codes_are_nothing(table: DemoTable) -> None:
    for act in (lambda: table.place("ticket"), lambda: table.place("nobody"), lambda: table.show_code("nobody")):
        with pytest.raises(KeyError):
            act()


def test_placed_card_is_the_person_s_and_signed_by_the_table_s_issuer(table: DemoTable) -> None:
    reader, inbox = table.reader, RecordingInbox()
    assert reader is not None
    reader.start(inbox)

    def read(link: CardLink) -> tuple[bytes, bytes]:
        channel = Channel(link.transceive)
        info = pace.usable(parse_security_infos(read_card_access(channel)[0]).pace)[0]
        can = pace.Password.can(PEOPLE["swapped"].id_number.can)
        channel.secure(pace.establish(channel, info, can, secrets.token_bytes).messaging)
        select_application(channel)
        files = FileReader(channel, 65_000)
        return files.read(Ef.SOD), files.read(Ef.DG13)

    try:
        table.place("swapped")
        result = run(reader, inbox.wait_for(CardPlaced).card, read).result
    finally:
        reader.stop()
    assert isinstance(result, tuple)
    sod, dg13 = result
    assert parse_dg13(dg13).id_number == PEOPLE["swapped"].id_number
    SecurityObject.parse(sod).signer.verify_signed_by(Certificate.parse(table.issuer))


def test_card_lifted_after_some_apdus_can_be_put_back(table: DemoTable) -> None:
    reader, inbox = table.reader, RecordingInbox()
    assert reader is not None
    reader.start(inbox)
    try:
        table.lift()
        table.place("lifted")
        table.lift(after_apdus=2)
        first = run(reader, inbox.wait_for(CardPlaced).card, lambda link: [link.transceive(SELECT) for _ in range(3)])
        assert isinstance(first.error, CardLostError)
        inbox.wait_for(CardRemoved)
        table.place("lifted")
        again = run(reader, inbox.wait_for(CardPlaced).card, lambda link: [link.transceive(SELECT) for _ in range(3)])
        assert again.error is None
    finally:
        reader.stop()


def test_network_can_be_cut_and_mended(table: DemoTable, backend: socket.socket) -> None:
    url = urlsplit(table.network_url)
    assert (url.scheme, url.path) == ("http", "/api")
    address = (url.hostname or "", url.port or 0)
    table.cut_network(True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, 5.0)
    table.cut_network(False)
    with socket.create_connection(address, 5.0) as end, backend.accept()[0] as other:
        end.sendall(b"hello")
        other.settimeout(5.0)
        assert other.recv(5) == b"hello"


def test_upstream_must_be_a_web_address(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="URL"):
        build(TableOptions(tmp_path, "nowhere"))


def test_table_with_a_virtual_reader_lays_the_card_there(tmp_path: Path, backend: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as vpcd:
        vpcd.settimeout(5.0)
        table = build(options(tmp_path, backend, vpcd.getsockname()))
        try:
            assert table.reader is None
            table.place("insured")
            with vpcd.accept()[0] as line:
                line.settimeout(5.0)
                line.sendall(b"\x00\x01\x04")
                assert line.recv(1) == b"\x00"
                table.lift()
                while line.recv(64):
                    continue
        finally:
            table.close()


def test_missing_virtual_reader_is_a_fault_with_a_remedy(tmp_path: Path, backend: socket.socket) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        table = build(options(tmp_path, backend, taken.getsockname()))
        with pytest.raises(FaultError) as refusal:
            table.place("expired")
        assert refusal.value.fault.code == "reader.service"
        table.close()


def test_every_table_has_an_issuer_of_its_own(table: DemoTable, tmp_path: Path, backend: socket.socket) -> None:
    other = build(options(tmp_path, backend))
    assert other.issuer != table.issuer
    other.close()
