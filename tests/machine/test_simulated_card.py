"""A simulated card on the real PC/SC daemon, read by the terminal's own half through PACE."""

from __future__ import annotations

import secrets
import threading

from crypto.apdu import Channel
from crypto.emrtd import pace
from crypto.emrtd.files import FileReader, read_card_access, select_application
from crypto.emrtd.lds import Ef
from crypto.emrtd.security_infos import parse_security_infos
from drivers.pcsc import build
from drivers.simulator.chip import ATR, Chip
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.make import Make
from drivers.simulator.people import PEOPLE
from drivers.simulator.personalise import personalise
from drivers.simulator.presented import PresentedCard
from drivers.simulator.vpcd import VpcdCard
from terminal.events import CardPlaced, CardRemoved
from terminal.ports import CardLink, ReaderOptions
from tests.contract.test_card_reader import Job
from tests.inbox import RecordingInbox
from tests.pcscd import PcscDaemon

CONTENTS = personalise(PEOPLE["insured"], Make(), Authority(b"tests"))


def test_real_daemon_reads_the_card_through_pace(pcscd: PcscDaemon) -> None:
    inbox = RecordingInbox()
    reader = build(ReaderOptions(names=pcscd.names[0]))
    reader.start(inbox)
    virtual = VpcdCard(PresentedCard(Chip(CONTENTS)), port=pcscd.port)
    virtual.place()
    try:
        job = Job(_read)
        reader.submit(inbox.wait_for(CardPlaced).card, job, threading.Event())
        assert job.wait().error is None
        assert job.result == {ef: CONTENTS.files[ef] for ef in (Ef.CARD_ACCESS, Ef.COM, Ef.DG2)}
        virtual.remove()
        inbox.wait_for(CardRemoved)
    finally:
        virtual.remove()
        reader.stop()
        pcscd.wait_until_empty()


def _read(link: CardLink) -> dict[Ef, bytes]:
    assert link.atr == ATR
    channel = Channel(link.transceive)
    access, _ = read_card_access(channel)
    info = pace.usable(parse_security_infos(access).pace)[0]
    can = pace.Password.can(PEOPLE["insured"].id_number.can)
    channel.secure(pace.establish(channel, info, can, secrets.token_bytes).messaging)
    select_application(channel)
    files = FileReader(channel, 65_000)
    return {Ef.CARD_ACCESS: access, Ef.COM: files.read(Ef.COM), Ef.DG2: files.read(Ef.DG2)}
