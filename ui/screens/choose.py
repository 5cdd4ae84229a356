"""Which page shows a view."""

from __future__ import annotations

from terminal.view import Desk, Screen
from ui.screens.ask_number import AskNumber
from ui.screens.idle import IdleGate, IdleStaff
from ui.screens.out_of_service import OutOfService
from ui.screens.page import Page
from ui.screens.place_card import PlaceCard
from ui.screens.reading import Checking, Reading
from ui.screens.result_gate import ResultGate
from ui.screens.result_police import ResultPolice
from ui.screens.result_reception import ResultReception
from ui.screens.retry import Retry
from ui.screens.starting import Starting


def page_for(screen: Screen, desk: Desk) -> Page:
    """A fresh page."""
    if screen is Screen.IDLE:
        return IdleGate() if desk is Desk.GATE else IdleStaff()
    if screen is Screen.RESULT:
        return {Desk.RECEPTION: ResultReception, Desk.GATE: ResultGate, Desk.POLICE: ResultPolice}[desk]()
    pages: dict[Screen, type[Page]] = {
        Screen.STARTING: Starting,
        Screen.ASK_NUMBER: AskNumber,
        Screen.PLACE_CARD: PlaceCard,
        Screen.READING: Reading,
        Screen.RETRY: Retry,
        Screen.CHECKING: Checking,
        Screen.OUT_OF_SERVICE: OutOfService,
    }
    return pages[screen]()
