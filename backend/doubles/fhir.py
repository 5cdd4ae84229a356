"""A double of a FHIR R4 payer: ``CoverageEligibilityRequest/$submit`` and ``metadata``, with the invented members.

Requests are validated with the R4B models of ``fhir.resources``, as a real server's would be; what it does besides
answering plainly is chosen by whom it is asked about (docs/fhir.md).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fhir.resources.R4B.coverageeligibilityrequest import CoverageEligibilityRequest
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from backend.doubles.label import Clock, Labelled
from backend.insured.rules import Member
from crypto.tickets.rules import VIETNAM

ID_SYSTEM = "urn:mau:so-dinh-danh"
MEMBER_SYSTEM = "urn:mau:ma-so-bhxh"
INSURER = "Organization/bhxh-mau"

_KIND = "application/fhir+json"
_IN_A_BUNDLE, _QUEUED, _FAILING = "003301000061", "003084000078", "003195000086"
_BENEFITS = {"BHYT-1": "100 %", "BHYT-3": "95 %", "BHYT-4": "80 %"}


def create_app(members: Sequence[Member], token: str, clock: Clock) -> ASGIApp:
    """The double as an ASGI application; every answer is labelled as a double's."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    router = APIRouter()

    @router.get("/metadata")
    async def metadata() -> Response:
        capability = {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": clock().date().isoformat(),
            "kind": "instance",
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "implementation": {"description": "Trạm double: invented members"},
        }
        return _answer(capability)

    @router.post("/CoverageEligibilityRequest/$submit")
    async def submit(request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            return _refused(401, "login")
        try:
            asked = CoverageEligibilityRequest.model_validate_json(await request.body())
        except ValidationError:
            return _refused(422, "invalid")
        return _answer(_told(asked, members, clock()))

    app.include_router(router)
    return Labelled(app, clock)


def _told(asked: CoverageEligibilityRequest, members: Sequence[Member], now: datetime) -> dict[str, Any]:
    keys = _keys(asked)
    member = next(
        (one for one in members if keys & {(ID_SYSTEM, one.id_number), (MEMBER_SYSTEM, one.insurance_code)}), None
    )
    scan_id = asked.identifier[0].value if asked.identifier else None
    response: dict[str, Any] = {
        "resourceType": "CoverageEligibilityResponse",
        "id": secrets.token_hex(8),
        "status": "active",
        "purpose": list(asked.purpose or []),
        "patient": {"identifier": {"system": ID_SYSTEM, "value": member.id_number}} if member else {"display": "?"},
        "created": now.astimezone(VIETNAM).isoformat(timespec="seconds"),
        "request": {"identifier": {"value": scan_id}},
        "insurer": {"reference": INSURER},
        "outcome": "complete",
    }
    if member is None:
        return response | {"outcome": "error", "disposition": "Không tìm thấy (số liệu mẫu)",
                           "error": [{"code": {"coding": [{"code": "not-found"}]}}]}  # fmt: skip
    if member.id_number == _QUEUED:
        return response | {"outcome": "queued"}
    if member.id_number == _FAILING:
        return response | {"outcome": "error", "error": [{"code": {"text": "không xử lý được (số liệu mẫu)"}}]}
    response["insurance"] = [_insurance(member, now.astimezone(VIETNAM).date())]
    if member.id_number == _IN_A_BUNDLE:
        return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": response}]}
    return response


def _insurance(member: Member, today: date) -> dict[str, Any]:
    ends = member.valid_to or today
    return {
        "coverage": {"identifier": {"system": MEMBER_SYSTEM, "value": member.insurance_code}},
        "inforce": member.valid_from <= today <= ends,
        "benefitPeriod": {"start": member.valid_from.isoformat(), "end": ends.isoformat()},
        "item": [{"name": _BENEFITS[member.plan]}],
    }


def _keys(asked: CoverageEligibilityRequest) -> set[tuple[str, str]]:
    """The identifiers of the contained Patient and Coverage."""
    found = [one for part in asked.contained or [] for one in getattr(part, "identifier", None) or []]
    return {(str(one.system), str(one.value)) for one in found if one.value}


def _refused(status: int, code: str) -> Response:
    issue = {"severity": "error", "code": code}
    return JSONResponse({"resourceType": "OperationOutcome", "issue": [issue]}, status, media_type=_KIND)


def _answer(resource: dict[str, Any]) -> Response:
    return JSONResponse(resource, media_type=_KIND)
