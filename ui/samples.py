"""Every screen with invented people: what the gallery draws and the tests compare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from crypto.civil import PartialDate, Sex
from crypto.id_number import IdNumber
from terminal.events import Button, Step
from terminal.model import (
    Check,
    CheckName,
    Cover,
    DataSource,
    Eligibility,
    EligibilityAnswer,
    Message,
    Outcome,
    Person,
    Photo,
    RedeemAnswer,
    Redeemed,
    Source,
    Verdict,
    Word,
)
from terminal.view import CodesBy, Desk, Result, Screen, View

WHEN = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)
STEPS = (Step.CONNECT, Step.UNLOCK, Step.READ, Step.VERIFY)

INSURED = Person(
    DataSource.CHIP,
    IdNumber("003090123450"),
    "NGUYỄN VĂN THỬ NGHIỆM",
    PartialDate(1990, 11, 20),
    Sex.MALE,
    expires=date(2030, 11, 20),
)
EXPIRED = replace(INSURED, id_number=IdNumber("003185000029"), name="Trần Thị Đo Lường", born=PartialDate(1985, 3, 5),
                  sex=Sex.FEMALE)  # fmt: skip
CLONED = replace(EXPIRED, id_number=IdNumber("003188000047"), name="Phạm Thị Sao Mẫu", born=PartialDate(1988, 2, 14))
ALTERED = replace(INSURED, id_number=IdNumber("003079000053"), name="Lê Văn Sửa Mẫu", born=PartialDate(1979, 8, 9))
LONG_NAME = replace(
    INSURED,
    id_number=IdNumber("003060000031"),
    name="CÔNG TẰNG TÔN NỮ HUYỀN THƯỢNG NGUYỄN THỊ THỬ NGHIỆM",
    born=PartialDate(1960),
    no_expiry=True,
    expires=None,
)
PEOPLE = (INSURED, EXPIRED, CLONED, ALTERED, LONG_NAME)

COVER = Cover(
    "0030000001",
    "80% (mức 4)",
    date(2026, 1, 1),
    date(2026, 12, 31),
    "01C54",
    "Trạm Y tế Phường Giả Định, Quận Mẫu, Hà Nội",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture: its name, the desk, and the view."""

    name: str
    desk: Desk
    view: View


def _checks(
    *failed: CheckName, chip: Word = Word.SUCCESSFUL, asked: Word | None = Word.SUCCESSFUL
) -> tuple[Check, ...]:
    rows = [
        Check(CheckName.SIGNATURE, Word.SUCCESSFUL),
        Check(CheckName.HASHES, Word.SUCCESSFUL),
        Check(CheckName.ISSUER, Word.SUCCESSFUL),
        Check(CheckName.CHIP, chip, Message("why.aa" if chip is not Word.NOT_SUPPORTED else "why.no_key")),
        Check(CheckName.QR_MATCH, Word.SUCCESSFUL),
        Check(CheckName.VALIDITY, Word.SUCCESSFUL),
    ]
    if asked is not None:
        rows.append(Check(CheckName.ELIGIBILITY, asked))
    return tuple(replace(row, word=Word.FAILED) if row.name in failed else row for row in rows)


def _answer(state: Eligibility, reason: str, cover: Cover | None) -> EligibilityAnswer:
    return EligibilityAnswer(state, reason, WHEN, "a1b2c3", cover)


def _result(session: int, result: Result, actions: tuple[Button, ...]) -> View:
    verdict = result.verdict
    return View(Screen.RESULT, session, verdict.title, verdict.remedy, result=result, actions=actions, life=60.0,
                warn=10.0, simulated=True, online=True)  # fmt: skip


def _verdict(outcome: Outcome, key: str, **rest: object) -> Verdict:
    made = Verdict(outcome, Message.of(f"title.{key}", **_params(rest)))
    if outcome is not Outcome.ALLOW:
        made = replace(made, remedy=Message.of(f"remedy.{key}", **_params(rest)))
    checks, notes, fault = rest.get("checks", ()), rest.get("notes", ()), rest.get("fault")
    return replace(made, checks=checks, notes=notes, fault=fault)  # type: ignore[arg-type]


def _params(rest: dict[str, object]) -> dict[str, str]:
    return {name: value for name, value in rest.items() if name in ("date", "time", "place") and isinstance(value, str)}


_LONG_NOTE = "Thẻ cấp đổi nơi đăng ký ban đầu từ ngày 01/07/2026; đối chiếu giấy tờ trước khi tiếp nhận"
_STAFF = (Button.DONE, Button.AGAIN, Button.ADMIT, Button.MORE_TIME)
_ALLOWED = (Button.DONE, Button.AGAIN, Button.PRINT, Button.MORE_TIME)
_WORKS = {
    Desk.RECEPTION: tuple(Message(f"works.{name}") for name in ("card", "typed", "ask", "print", "hand")),
    Desk.GATE: (Message("works.hand"),),
    Desk.POLICE: tuple(Message(f"works.{name}") for name in ("card", "typed")),
}


def _common(desk: Desk) -> list[Sample]:
    asks = desk is not Desk.POLICE
    idle = {Desk.RECEPTION: "title.idle.card", Desk.GATE: "title.idle.gate", Desk.POLICE: "title.idle.police"}[desk]
    typed = () if desk is Desk.GATE else (Button.TYPE_NUMBER,)
    online = True if asks else None
    state = {"simulated": False, "online": online}
    views = [
        ("starting", View(Screen.STARTING, 0, Message("title.starting"))),
        ("idle", View(Screen.IDLE, 0, Message(idle), actions=typed, **state)),  # type: ignore[arg-type]
        ("idle-notice", View(Screen.IDLE, 0, Message(idle), Message("fault.code.foreign.title"), actions=typed,
                             faults=("camera.absent", "net.down"), life=8.0, warn=10.0, simulated=True,
                             online=False if asks else None)),
        ("idle-limited", View(Screen.IDLE, 0, Message(idle), actions=typed, faults=("camera.absent",),
                              works=_WORKS[desk], online=online)),
        ("idle-closer", View(Screen.IDLE, 0, Message(idle), actions=typed, camera_hint=Message("hint.camera.closer"),
                             online=online)),
        ("idle-scanner", View(Screen.IDLE, 0, Message(idle), actions=typed, codes_by=CodesBy.SCANNER, online=online)),
        ("place-card", View(Screen.PLACE_CARD, 1, Message("title.qr.then_card"), Message("remedy.qr.then_card"),
                            actions=(Button.WITHOUT_CHIP, Button.DONE) if asks else (Button.DONE,), life=60, warn=10,
                            online=online)),
        ("reading", View(Screen.READING, 1, Message("title.sensed"), step=Step.READ, done=STEPS[:2],
                         actions=(Button.DONE,), life=15, online=online)),
        ("reading-slow", View(Screen.READING, 1, Message("title.sensed"), Message("title.reading.slow"),
                              step=Step.VERIFY, done=STEPS[:3], slow=True, actions=(Button.DONE,), life=11,
                              simulated=True, online=online)),
        ("retry", View(Screen.RETRY, 1, Message("title.retry.removed"), Message("remedy.retry.removed"),
                       done=STEPS[:2], actions=(Button.DONE,), life=8, warn=10, online=online)),
        ("retry-other", View(Screen.RETRY, 1, Message("title.retry.other"), Message("remedy.retry.other"),
                             done=STEPS[:2], actions=(Button.DONE,), life=8, online=online)),
        ("out-of-service", View(Screen.OUT_OF_SERVICE, 0, Message("title.oos"), Message("fault.reader.absent.remedy"),
                                faults=("reader.absent",), online=online)),
    ]  # fmt: skip
    if asks:
        checking = View(Screen.CHECKING, 1, Message("step.ask"), step=Step.ASK, done=STEPS, actions=(Button.DONE,),
                        life=4, online=True)  # fmt: skip
        views.append(("checking", checking))
    if desk is not Desk.GATE:
        views += [
            ("ask-number", View(Screen.ASK_NUMBER, 1, Message("title.ask.number"), Message("remedy.ask.number"),
                                actions=(Button.DONE,), life=60, warn=10, online=online)),
            ("ask-number-refused", View(Screen.ASK_NUMBER, 1, Message("title.ask.number"),
                                        Message("remedy.card.locked"), actions=(Button.DONE,), online=online)),
            ("ask-mrz", View(Screen.ASK_NUMBER, 1, Message("title.ask.mrz"), Message("remedy.ask.mrz"),
                             actions=(Button.DONE,), life=60, warn=10, online=online)),
        ]  # fmt: skip
    return [Sample(f"{desk.value}-{name}", desk, view) for name, view in views]


def _reception(photo: Photo | None) -> list[Sample]:
    good = _answer(Eligibility.ELIGIBLE, "ok", COVER)
    over = _answer(
        Eligibility.NOT_ELIGIBLE, "expired", replace(COVER, valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31))
    )
    near = Message.of("note.near_expiry", date="30/11/2026")
    cases = {
        "allow": (Result(_verdict(Outcome.ALLOW, "ok.bhyt", checks=_checks()), INSURED, photo, good), _ALLOWED),
        "allow-note": (
            Result(_verdict(Outcome.ALLOW, "ok.bhyt", checks=_checks(), notes=(near,)), LONG_NAME, None, good),
            _ALLOWED,
        ),
        "stop-expired": (
            Result(
                _verdict(Outcome.STOP, "stop.expired", date="31/12/2025", checks=_checks(CheckName.ELIGIBILITY)),
                EXPIRED,
                photo,
                over,
            ),
            _STAFF,
        ),
        "stop-no-cover": (
            Result(
                _verdict(Outcome.STOP, "stop.no_cover", checks=_checks(CheckName.ELIGIBILITY)),
                LONG_NAME,
                photo,
                _answer(Eligibility.NOT_ELIGIBLE, "not_found", None),
            ),
            _STAFF,
        ),
        "stop-cloned": (
            Result(_verdict(Outcome.STOP, "stop.cloned", checks=_checks(CheckName.CHIP, asked=None)), CLONED, photo),
            _STAFF,
        ),
        "attention-offline": (
            Result(
                _verdict(Outcome.ATTENTION, "warn.offline", checks=_checks(asked=Word.ABORTED), fault="net.down"),
                INSURED,
                photo,
            ),
            _STAFF,
        ),
        "cannot-issuer": (
            Result(_verdict(Outcome.CANNOT_CHECK, "na.issuer", checks=_checks(asked=Word.UNDETERMINED)), ALTERED, None),
            _STAFF,
        ),
        "attention-name": (
            Result(
                _verdict(Outcome.ATTENTION, "warn.mismatch", checks=_checks(), notes=(near,)),
                LONG_NAME,
                photo,
                replace(good, registered_name="Công Tằng Tôn Nữ Huyền Thương", note=_LONG_NOTE),
            ),
            _STAFF,
        ),
        "attention-degraded": (
            Result(
                _verdict(
                    Outcome.ATTENTION,
                    "warn.degraded",
                    checks=_checks(asked=Word.UNDETERMINED),
                    notes=(Message.of("note.as_of.days", n="3"),),
                ),
                INSURED,
                photo,
                replace(good, source=Source.CACHE, as_of=WHEN - timedelta(days=3)),
            ),
            (Button.HAND_OVER, *_STAFF),
        ),
        "attention-pending": (
            Result(
                _verdict(Outcome.ATTENTION, "warn.pending", checks=_checks(asked=Word.UNDETERMINED)),
                INSURED,
                photo,
                _answer(Eligibility.PENDING, "pending", None),
            ),
            _STAFF,
        ),
        "cannot-fault": (Result(_fault("card.silent")), _STAFF),
        "allow-ticket": (
            Result(
                _verdict(Outcome.ALLOW, "ok.ticket"),
                None,
                None,
                RedeemAnswer(Redeemed.ADMITTED, "ok", WHEN, "t1", "2 người lớn"),
            ),
            _ALLOWED,
        ),
        "cannot-note": (Result(replace(_fault("card.malformed"), notes=(Message("note.damaged"),))), _STAFF),
    }
    return [
        Sample(f"reception-{name}", Desk.RECEPTION, _result(2, result, actions))
        for name, (result, actions) in cases.items()
    ]


def _fault(code: str) -> Verdict:
    title, remedy = Message(f"fault.{code}.title"), Message(f"fault.{code}.remedy")
    return Verdict(Outcome.CANNOT_CHECK, title, remedy, fault=code)


def _gate(photo: Photo | None) -> list[Sample]:
    admitted = RedeemAnswer(Redeemed.ADMITTED, "ok", WHEN, "t1", "2 người lớn + 1 trẻ em")
    used = RedeemAnswer(Redeemed.REFUSED, "used", WHEN, "t2", used_at=WHEN, used_place="Cổng A1")
    alone = (Message("note.offline_ticket"), Message.of("note.as_of.minutes", n="12"))
    part = Message.of("note.group", people="3", left="27")
    cases = {
        "allow": Result(_verdict(Outcome.ALLOW, "ok.ticket"), None, None, admitted),
        "allow-offline": Result(
            _verdict(Outcome.ALLOW, "ok.ticket", notes=alone), None, None, replace(admitted, source=Source.LOCAL)
        ),
        "allow-group": Result(
            _verdict(Outcome.ALLOW, "ok.ticket", notes=(part,)),
            None,
            None,
            replace(admitted, admits="3 khách đoàn", people=3, left=27),
        ),
        "allow-exit": Result(_verdict(Outcome.ALLOW, "ok.exit"), None, None, admitted),
        "stop": Result(_verdict(Outcome.STOP, "stop.used", time="14:05", place="Cổng A1"), None, None, used),
        "stop-forged": Result(_verdict(Outcome.STOP, "stop.forged"), ALTERED, photo),
        "attention": Result(_verdict(Outcome.ATTENTION, "warn.offline"), INSURED, photo),
        "cannot": Result(_fault("net.timeout")),
    }
    actions = (Button.DONE, Button.ADMIT, Button.EMERGENCY)
    views = {name: replace(_result(2, result, actions), life=5.0) for name, result in cases.items()}
    views["cannot"] = replace(views["cannot"], actions=(Button.DONE, Button.AGAIN, Button.ADMIT, Button.EMERGENCY))
    idle = View(Screen.IDLE, 0, Message("title.idle.gate"), actions=(Button.EMERGENCY,), online=True)
    views |= {
        "held-open": replace(idle, title=Message("title.gate_held"), hint=Message("remedy.gate_held"), held=True),
        "held-faults": replace(idle, title=Message("title.gate_held"), hint=Message("fault.gate.absent.remedy"),
                               held=True, faults=("gate.absent", "scanner.absent"), simulated=True, online=False),
        "idle-queued": replace(idle, online=False, queued=128),
        "not-turned": replace(idle, hint=Message("fault.gate.not_turned.remedy"), life=8.0),
    }  # fmt: skip
    return [Sample(f"gate-{name}", Desk.GATE, view) for name, view in views.items()]


def _police(photo: Photo | None) -> list[Sample]:
    proven = _checks(asked=None)
    cases = {
        "allow": Result(_verdict(Outcome.ALLOW, "ok.chip", checks=proven), INSURED, photo),
        "attention": Result(
            _verdict(Outcome.ATTENTION, "warn.data_only", checks=_checks(chip=Word.NOT_SUPPORTED, asked=None)),
            LONG_NAME,
            photo,
        ),
        "stop": Result(
            _verdict(Outcome.STOP, "stop.forged", checks=_checks(CheckName.HASHES, asked=None)), ALTERED, photo
        ),
        "cannot": Result(_verdict(Outcome.CANNOT_CHECK, "na.issuer", checks=proven, fault="trust.unreadable"), CLONED),
        "cannot-fault": Result(_fault("card.timeout")),
        "allow-photo-pending": Result(_verdict(Outcome.ALLOW, "ok.chip", checks=proven), INSURED),
        "allow-photo-lost": Result(_verdict(Outcome.ALLOW, "ok.chip", checks=proven), INSURED, photo_lost=True),
    }
    actions = (Button.DONE, Button.MORE_TIME)
    views = {name: _result(2, result, actions) for name, result in cases.items()}
    views["allow-photo-pending"] = replace(views["allow-photo-pending"], step=Step.PHOTO)
    return [Sample(f"police-{name}", Desk.POLICE, replace(view, online=None)) for name, view in views.items()]


def samples(photo: Photo | None) -> tuple[Sample, ...]:
    """All pictures, with ``photo`` on every chip that has one."""
    common = [sample for desk in Desk for sample in _common(desk)]
    found = (*common, *_reception(photo), *_gate(photo), *_police(photo))
    return tuple(replace(one, view=replace(one.view, entered=number)) for number, one in enumerate(found, 1))
