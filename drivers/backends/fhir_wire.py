"""The FHIR R4 resources of the question and of its answer; nothing that a payer says is believed unchecked.

``fhir.resources`` has no R4 package; its R4B differs from R4 in none of the fields used here (facts: gate §3.1).
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.coverageeligibilityrequest import CoverageEligibilityRequest
from fhir.resources.R4B.coverageeligibilityresponse import (
    CoverageEligibilityResponse,
    CoverageEligibilityResponseInsurance,
)
from pydantic import ValidationError

from config.schema import FhirSettings
from crypto.civil import PartialDate
from terminal.clock import VIETNAM_TIME
from terminal.faults import FaultError
from terminal.model import Cover, Digests, Eligibility, EligibilityAnswer
from terminal.ports import EligibilityQuestion

_LONGEST_NOTE, _LONGEST_LINE, _LONGEST_WORD = 500, 200, 64
_MOST_ENTRIES = 20
_BENEFITS = 3
_OUTCOMES = ("queued", "complete", "error", "partial")


def written(question: EligibilityQuestion, site: FhirSettings) -> bytes:
    """The request, with the person as a contained Patient: a payer looks up identifiers, never a name alone.

    Raises FaultError ``net.question`` when there is nothing by which the person could be found.
    """
    identifiers = _identifiers(question, site)
    if not identifiers:
        raise FaultError("net.question", "nothing by which this payer knows people")
    today = question.asked_at.astimezone(VIETNAM_TIME).date()
    patient: dict[str, Any] = {"resourceType": "Patient", "id": "patient", "identifier": identifiers}
    if question.name:
        patient["name"] = [{"text": question.name}]
    if question.born:
        patient["birthDate"] = _partial(question.born)
    coverage = {
        "resourceType": "Coverage",
        "id": "coverage",
        "status": "active",
        "beneficiary": {"reference": "#patient"},
        "payor": [{"reference": site.insurer}],
    }
    if question.insurance_code and site.member_system:
        coverage["identifier"] = [{"system": site.member_system, "value": question.insurance_code}]
    request = CoverageEligibilityRequest.model_validate(
        {
            "resourceType": "CoverageEligibilityRequest",
            "identifier": [{"value": question.scan_id}],
            "status": "active",
            "purpose": ["validation", "benefits"],
            "patient": {"reference": "#patient"},
            "servicedDate": today.isoformat(),
            "created": question.asked_at.isoformat(timespec="seconds"),
            "provider": {"reference": site.provider},
            "insurer": {"reference": site.insurer},
            "insurance": [{"focal": True, "coverage": {"reference": "#coverage"}}],
            "contained": [patient, coverage],
        }
    )
    return request.model_dump_json().encode()


def answer_of(
    raw: bytes, question: EligibilityQuestion, site: FhirSettings, at: datetime, digests: Digests
) -> EligibilityAnswer:
    """What the payer said, from a CoverageEligibilityResponse or a Bundle that holds one. Raises ``net.garbage``."""
    told = _response(raw)
    _check_meant(told, question, site)
    state, reason, found = _judged(told, question.asked_at.astimezone(VIETNAM_TIME).date())
    return EligibilityAnswer(
        state=state,
        reason=reason,
        answered_at=at,
        reference=_reference(told),
        cover=_cover(told, found, question) if found is not None else None,
        note=_cut(told.disposition, _LONGEST_NOTE),
        digests=digests,
    )


def version_of(raw: bytes) -> str:
    """The server's FHIR version, from its CapabilityStatement; raises ``net.garbage`` for any but 4.0 and 4.3."""
    try:
        told = CapabilityStatement.model_validate(_object(raw))
    except ValidationError:
        raise FaultError("net.garbage", "not a CapabilityStatement") from None
    version = str(told.fhirVersion)
    if not version.startswith(("4.0", "4.3")):
        raise FaultError("net.garbage", "not FHIR R4")
    return version[:_LONGEST_WORD]


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise FaultError("net.garbage", "not JSON") from None
    if not isinstance(value, dict):
        raise FaultError("net.garbage", "not a resource")
    return value


def _response(raw: bytes) -> CoverageEligibilityResponse:
    value = _object(raw)
    # Without the library's words: they may quote what was sent.
    try:
        if value.get("resourceType") == "Bundle":
            value = _only(value)
        return CoverageEligibilityResponse.model_validate(value)
    except (ValidationError, RecursionError):
        raise FaultError("net.garbage", "not a CoverageEligibilityResponse") from None


def _only(bundle: dict[str, Any]) -> dict[str, Any]:
    """The one response of a Bundle."""
    Bundle.model_validate(bundle)
    entries = bundle.get("entry") or []
    found = [
        entry["resource"]
        for entry in entries[:_MOST_ENTRIES]
        if (entry.get("resource") or {}).get("resourceType") == "CoverageEligibilityResponse"
    ]
    if len(found) != 1:
        raise FaultError("net.garbage", "a Bundle without its one response")
    answer: dict[str, Any] = found[0]
    return answer


def _check_meant(told: CoverageEligibilityResponse, question: EligibilityQuestion, site: FhirSettings) -> None:
    """An answer to another question, or about somebody else, is none."""
    if told.status != "active" or told.outcome not in _OUTCOMES:
        raise FaultError("net.garbage", "a response that does not stand")
    request = getattr(told.request, "identifier", None)
    if request is not None and request.value is not None and request.value != question.scan_id:
        raise FaultError("net.garbage", "an answer to another request")
    patient = getattr(told.patient, "identifier", None)
    if patient is None or patient.value is None:
        return
    known = {(one["system"], one["value"]) for one in _identifiers(question, site)}
    if (str(patient.system), patient.value) not in known:
        raise FaultError("net.garbage", "an answer about somebody else")


_Insurance = CoverageEligibilityResponseInsurance


def _judged(told: CoverageEligibilityResponse, today: date) -> tuple[Eligibility, str, _Insurance | None]:
    if told.outcome == "queued":
        return Eligibility.PENDING, "pending", None
    if told.outcome == "error":
        return Eligibility.UNKNOWN, "payer_error", None
    parts = list(told.insurance or [])
    in_force = next((part for part in parts if part.inforce is True), None)
    if in_force is not None:
        begins, ends = _period(in_force)
        if (begins or today) > today or (ends or today) < today:
            raise FaultError("net.garbage", "in force, and not today")
        return Eligibility.ELIGIBLE, "in_force", in_force
    lapsed = next((part for part in parts if part.inforce is False), None)
    if lapsed is None:
        return Eligibility.UNKNOWN, "not_told", None
    begins, ends = _period(lapsed)
    if ends is not None and ends < today:
        return Eligibility.NOT_ELIGIBLE, "expired", lapsed
    if begins is not None and begins > today:
        return Eligibility.NOT_ELIGIBLE, "not_started", lapsed
    return Eligibility.NOT_ELIGIBLE, "cancelled", None


def _period(part: _Insurance) -> tuple[date | None, date | None]:
    """First and last day of the benefit period, as far as told."""
    period = part.benefitPeriod
    if period is None:
        return None, None
    try:
        return _day(period.start, last=False), _day(period.end, last=True)
    except (ValueError, OverflowError):
        raise FaultError("net.garbage", "a day that is none") from None


def _day(value: date | str | None, *, last: bool) -> date | None:
    """The day; of a year or a month alone (hl7.org/fhir/R4/datatypes.html#dateTime) its first or ``last``."""
    if isinstance(value, datetime):
        return value.date() if value.tzinfo is None else value.astimezone(VIETNAM_TIME).date()
    if value is None or isinstance(value, date):
        return value
    year, _, told = value.partition("-")
    month = int(told or (12 if last else 1))
    return date(int(year), month, monthrange(int(year), month)[1] if last else 1)


def _cover(told: CoverageEligibilityResponse, part: _Insurance, question: EligibilityQuestion) -> Cover:
    begins, ends = _period(part)
    if begins is not None and ends is not None and begins > ends:
        raise FaultError("net.garbage", "the cover ends before it begins")
    return Cover(_code(told, part, question), _benefit(part), begins, ends)


def _code(told: CoverageEligibilityResponse, part: _Insurance, question: EligibilityQuestion) -> str:
    """The insurance code: of the Coverage that is contained or named, else the one that was asked about."""
    reference = str(part.coverage.reference or "")
    for one in told.contained or []:
        if reference == f"#{one.id}":
            named = next((known.value for known in getattr(one, "identifier", None) or [] if known.value), None)
            if named:
                return str(named)[:_LONGEST_WORD]
    named = getattr(part.coverage, "identifier", None)
    if named is not None and named.value:
        return str(named.value)[:_LONGEST_WORD]
    return question.insurance_code or reference.rpartition("/")[2][:_LONGEST_WORD] or "–"


def _benefit(part: _Insurance) -> str:
    """The first benefits in the payer's own words."""
    words = [text for item in part.item or [] for text in _item(item)]
    return _cut("; ".join(words[:_BENEFITS]), _LONGEST_LINE) or "–"


def _item(item: Any) -> Iterator[str]:
    name = item.name or item.description or (item.category.text if item.category else None)
    allowed = [found for one in item.benefit or [] if (found := _allowed(one))]
    if name or allowed:
        yield " ".join(part for part in (name, *allowed[:1]) if part)


def _allowed(benefit: Any) -> str:
    if benefit.allowedString:
        return str(benefit.allowedString)
    if benefit.allowedUnsignedInt is not None:
        return str(benefit.allowedUnsignedInt)
    money = benefit.allowedMoney
    return f"{money.value} {money.currency or ''}".strip() if money is not None and money.value is not None else ""


def _reference(told: CoverageEligibilityResponse) -> str:
    named = next((one.value for one in told.identifier or [] if one.value), None)
    reference = named or told.id or told.preAuthRef
    if not reference:
        raise FaultError("net.garbage", "an answer without a number of its own")
    return str(reference)[:_LONGEST_WORD]


def _identifiers(question: EligibilityQuestion, site: FhirSettings) -> list[dict[str, str]]:
    found = []
    if question.id_number is not None:
        found.append({"system": site.id_system, "value": question.id_number.digits})
    if question.insurance_code and site.member_system:
        found.append({"system": site.member_system, "value": question.insurance_code})
    return found


def _partial(born: PartialDate) -> str:
    text = f"{born.year:04}"
    if born.month:
        text += f"-{born.month:02}" + (f"-{born.day:02}" if born.day else "")
    return text


def _cut(text: object, longest: int) -> str | None:
    """A text of at most so many characters, without marks that steer a screen."""
    if not isinstance(text, str):
        return None
    return "".join(sign for sign in text if sign.isprintable())[:longest] or None
