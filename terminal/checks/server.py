"""Checks of the backend and, with its help, of the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from config.errors import ConfigError, Problem
from config.schema import Settings
from terminal import parts, registry
from terminal.faults import FaultError
from terminal.health import Finding, Subject, faulty, fine, unused


def check_backend(settings: Settings, told_time: Callable[[datetime], None], seconds: float | None = None) -> Finding:
    """The backend answers within ``seconds`` (None: within the configured total); what it says of its clock goes to
    ``told_time``."""
    backend = settings.backend
    if backend.driver == "none":
        return unused(Subject.BACKEND)
    if not backend.url:
        raise ConfigError(None, "backend.url", Problem.NEEDED)
    options = parts.backend_options(settings)
    try:
        health = registry.backend(backend.driver)(options).health(seconds or backend.total)
    except FaultError as error:
        # Without the network people are still served, by hand; a refusal stays until somebody acts.
        return faulty(Subject.BACKEND, error.fault.code, error.detail, needed=not error.fault.retriable)
    told_time(health.time)
    return fine(Subject.BACKEND, "backend", version=health.version)
