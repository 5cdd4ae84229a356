"""Every documented operation does what the document says, whatever it is asked and whoever asks (schemathesis)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

import backend
from backend.app import create_app
from backend.devices import book
from backend.devices.access import OPEN, row_of
from backend.devices.identity import Role
from backend.engine.opening import open_store
from backend.keys import new_server_keys
from backend.sample import seed
from tests.unit.backend.calls import NOW, headers, signing_key

_DOCUMENT = json.loads(Path(backend.__file__).with_name("openapi.json").read_text("utf-8"))
_OPERATIONS = [(path, method) for path, methods in _DOCUMENT["paths"].items() for method in methods]
_CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.missing_required_header,
    openapi_checks.unsupported_method,
    openapi_checks.allow_header_conformance,
]
"""Left out: those about resources that are made and deleted, which there are none of here; `ignored_auth`, because the
guard's own tests ask every path without a token; and the acceptance of all valid data, because a code must be right."""


class Asked:
    """The application, and a token for each role."""

    def __init__(self, app: FastAPI, tokens: Mapping[Role, str]) -> None:
        self.schema = schemathesis.openapi.from_dict(_DOCUMENT)
        self.schema.app = app
        self._tokens = tokens

    def roles(self, path: str, method: str) -> list[Role | None]:
        """Who may, and one who may not."""
        if path in OPEN:
            return [None]
        row = row_of(path.replace("{conflict}", "C-1"))
        assert row is not None
        allowed = row.methods[method.upper()]
        return [sorted(allowed)[0], next(role for role in Role if role not in allowed)]

    def headers(self, role: Role | None) -> dict[str, str]:
        return {} if role is None else headers(role.value, self._tokens[role])


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("openapi")
    store = open_store(f"sqlite:///{folder / 'backend.sqlite'}")
    seed(store, signing_key(), NOW)
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    tokens = {}
    with store.transaction() as db:
        for role in Role:
            code = book.add(db, role.value, role, NOW, event=None, gate=None)
            found = book.enrol(db, role.value, code, public, NOW)
            assert found is not None
            tokens[role] = found.token
    yield Asked(create_app(store, None, lambda: NOW, new_server_keys()), tokens)
    store.close()
    shutil.rmtree(folder)


def _can_be_wrong(path: str, method: str) -> bool:
    """Whether there is more to get wrong than headers, which the guard's own tests have."""
    operation = _DOCUMENT["paths"][path][method]
    return "requestBody" in operation or any(each["in"] != "header" for each in operation.get("parameters", ()))


_WAYS = [
    pytest.param(path, method, mode, id=f"{method} {path} {mode.value}")
    for path, method in _OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or _can_be_wrong(path, method)
]


@pytest.mark.parametrize(("path", "method", "mode"), _WAYS)
def test_an_operation_does_what_the_document_says(asked: Asked, path: str, method: str, mode: GenerationMode) -> None:
    operation = asked.schema[path][method.upper()]

    @settings(
        max_examples=8,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        for role in asked.roles(path, method):
            shown = asked.headers(role)
            case.headers.update(shown)
            response = case.call(headers=shown)
            refused = response.status_code == 403 and role is not None
            if role is not None and asked.roles(path, method).index(role) == 1:
                assert refused or response.status_code == 404  # a path that is none is nobody's
            case.validate_response(response, checks=[] if refused else _CHECKS)

    ask()
