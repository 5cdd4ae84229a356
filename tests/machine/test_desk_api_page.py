"""The sample page of docs/samples in a real Chromium: its form fills itself, and no other page learns anything."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from config.load import load
from drivers.handover.desk_api import DeskApi
from terminal.clock import SystemClock
from terminal.events import HandedOver, HandOverFailed
from terminal.outputs import HandOverOptions
from tests.desk_client import Client
from tests.handed_over import handed
from tests.house.rooms import ROOT
from tests.inbox import RecordingInbox

SAMPLE = (ROOT / "docs" / "samples" / "desk-api.html").read_text("utf-8")
REBOUND = "rebound.example"
"""A name of somebody's that leads to this computer."""

PATIENCE = 30.0

_TRY = """
const [desk, token, done] = arguments;
const asked = path => fetch(desk + path, {method: path == "/v1/session" ? "POST" : "GET",
                                          headers: {Authorization: "Bearer " + token}})
    .then(answer => "read " + answer.status, error => error.name);
const simple = fetch(desk + "/v1/results/last", {mode: "no-cors"}).then(answer => answer.type, error => error.name);
const listened = new Promise(told => {
  const source = new EventSource(desk + "/v1/results?ticket=guessed");
  source.onopen = () => told("open");
  source.onerror = () => { source.close(); told("closed"); };
});
Promise.all([asked("/v1/session"), asked("/v1/results/last"), asked("/v1/status"), simple, listened]).then(done);
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses to run for root
    for argument in [
        *sandbox,
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
    ]:
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_script_timeout(PATIENCE)
    yield driver
    driver.quit()


class Pages:
    """A hospital's web server: the sample page for a desk API at ``desk``, on a free port of this computer."""

    def __init__(self) -> None:
        self.desk = 0

        def page() -> bytes:
            return SAMPLE.replace(":8123", f":{self.desk}").encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = page() if self.path == "/" else b""
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def pages() -> Iterator[Callable[[], Pages]]:
    made: list[Pages] = []

    def make() -> Pages:
        made.append(Pages())
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def hospital(pages: Callable[[], Pages]) -> Pages:
    return pages()


@pytest.fixture
def api(tmp_path: Path, hospital: Pages, inbox: RecordingInbox, browser: webdriver.Chrome) -> Iterator[DeskApi]:
    options = HandOverOptions("quay-3", "reception", token_file=tmp_path / "token", origins=(hospital.origin,))
    made = DeskApi(options, SystemClock())
    made.start(inbox)
    hospital.desk = made.port
    yield made
    browser.get("about:blank")
    made.stop()


def _open(browser: webdriver.Chrome, origin: str, token: str) -> None:
    """The page at work, as a clerk opens it after the administrator entered the token."""
    browser.get(origin)
    browser.execute_script("localStorage.deskToken = arguments[0]", token)
    browser.refresh()


def _values(browser: webdriver.Chrome) -> dict[str, str]:
    script = "return Object.fromEntries([...document.querySelectorAll('input')].map(one => [one.name, one.value]))"
    values: dict[str, str] = browser.execute_script(script)
    return values


def _wait(browser: webdriver.Chrome, what: Callable[[], Any]) -> None:
    WebDriverWait(browser, PATIENCE, 0.05).until(lambda _: what())


def _subscribers(client: Client) -> int:
    return int(json.loads(client.ask("GET", "/v1/status").body)["subscribers"])


def _client(api: DeskApi, tmp_path: Path) -> Client:
    return Client(api.port, tmp_path / "token")


def test_the_form_of_the_sample_page_fills_itself(
    browser: webdriver.Chrome, api: DeskApi, hospital: Pages, inbox: RecordingInbox, tmp_path: Path
) -> None:
    settings, client = load(None, desk="reception", environ={}), _client(api, tmp_path)
    _open(browser, hospital.origin, (tmp_path / "token").read_text("ascii").strip())
    _wait(browser, lambda: _subscribers(client) == 1)
    assert set(_values(browser).values()) == {""}
    api.hand(handed(settings=settings))
    assert inbox.wait_for(HandedOver).session == 7
    _wait(browser, lambda: _values(browser)["outcome"])
    assert _values(browser) == {
        "name": "NGUYỄN VĂN THỬ NGHIỆM",
        "born": "1990-11-20",
        "id_number": "003090123450",
        "insurance_code": "GD4010030000001",
        "valid_to": "2026-12-31",
        "outcome": "allow",
    }
    # A field that the site does not choose any more does not keep the last patient's.
    api.hand(handed(settings=settings, fields=("name",), visit="v-2", session=8))
    assert inbox.wait_for(HandedOver).session == 8
    _wait(browser, lambda: not _values(browser)["outcome"])
    assert [name for name, value in _values(browser).items() if value] == ["name"]
    assert "003090123450" not in browser.current_url + browser.title


def test_the_page_comes_back_by_itself_and_gets_what_it_missed(
    browser: webdriver.Chrome, api: DeskApi, hospital: Pages, inbox: RecordingInbox, tmp_path: Path
) -> None:
    settings, client = load(None, desk="reception", environ={}), _client(api, tmp_path)
    _open(browser, hospital.origin, (tmp_path / "token").read_text("ascii").strip())
    _wait(browser, lambda: _subscribers(client) == 1)
    api.hand(handed(settings=settings))
    _wait(browser, lambda: _values(browser)["outcome"])
    browser.execute_script("const real = listen; listen = () => { window.again = real; }")
    running = api._running
    assert running is not None
    running.loop.call_soon_threadsafe(running.server.close)  # all lines are cut
    _wait(browser, lambda: _subscribers(client) == 0)
    api.hand(handed(settings=settings, visit="v-2", session=8, fields=("name",)))
    assert inbox.wait_for(HandOverFailed).fault == "handover.absent"
    _wait(browser, lambda: browser.execute_script("return Boolean(window.again)"))
    browser.execute_script("again()")
    _wait(browser, lambda: not _values(browser)["outcome"])
    assert _values(browser)["name"] == "NGUYỄN VĂN THỬ NGHIỆM"


def test_a_page_of_another_origin_gets_nothing_even_with_the_token(
    browser: webdriver.Chrome, api: DeskApi, pages: Callable[[], Pages], inbox: RecordingInbox, tmp_path: Path
) -> None:
    token = (tmp_path / "token").read_text("ascii").strip()
    api.hand(handed(settings=load(None, desk="reception", environ={})))
    inbox.wait_for(HandOverFailed)
    other = pages()
    other.desk = api.port
    port = other.origin.rpartition(":")[2]
    for origin in (other.origin, f"http://localhost:{port}", f"http://{REBOUND}:{port}"):
        _open(browser, origin, token)
        told = browser.execute_async_script(_TRY, f"http://127.0.0.1:{api.port}", token)
        blocked = ["TypeError", "TypeError", "TypeError"]
        # An opaque answer has neither status nor body for the page; the desk API refused it besides.
        assert (told[:3], told[4]) == (blocked, "closed")
        assert told[3] in ("opaque", "TypeError")
        assert set(_values(browser).values()) == {""}
    assert _subscribers(_client(api, tmp_path)) == 0
    assert not [event for event in inbox.all() if isinstance(event, HandedOver)]


def test_under_a_rebound_name_the_desk_api_does_not_answer(
    browser: webdriver.Chrome, inbox: RecordingInbox, tmp_path: Path
) -> None:
    """Page and desk API have one origin once the name leads here, so that only the Host header gives it away."""
    trap = Pages()
    here, port = trap.origin.replace("127.0.0.1", REBOUND), int(trap.origin.rpartition(":")[2])
    browser.get(here)
    trap.close()
    # That origin itself may be an allowed one, and its page know the token: it is refused all the same.
    options = HandOverOptions("quay-3", "reception", port=port, token_file=tmp_path / "token", origins=(here,))
    api = DeskApi(options, SystemClock())
    api.start(inbox)
    try:
        assert api.port == port
        api.hand(handed(settings=load(None, desk="reception", environ={})))
        inbox.wait_for(HandOverFailed)
        told = browser.execute_async_script(_TRY, here, (tmp_path / "token").read_text("ascii").strip())
        assert told[:3] == ["read 421", "read 421", "read 421"]
        assert told[4] == "closed"
        assert not [event for event in inbox.all() if isinstance(event, HandedOver)]
    finally:
        browser.get("about:blank")
        api.stop()
