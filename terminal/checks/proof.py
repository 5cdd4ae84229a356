"""Checks of what a proof rests on: accepted issuers, their revocation lists, the keys of ticket issuers."""

from __future__ import annotations

from datetime import datetime

from config.schema import Settings
from crypto.errors import ProofError
from terminal.faults import FaultError
from terminal.health import Finding, Subject, judge_tickets, judge_trust, unused
from terminal.model import CheckName


def check_trust(settings: Settings, now: datetime) -> Finding:
    """The accepted issuers, and their revocation lists where this site demands young ones; no matter without reader."""
    if settings.reader.driver == "none":
        return unused(Subject.TRUST)
    from terminal.proof.trusted import open_trust

    store = open_trust(settings.trust)
    valid = [anchor for anchor in store.anchors if anchor.certificate.valid_at(now)]
    lists = (store.crl_of(anchor.certificate.subject_key) for anchor in valid)
    youngest = now - store.crl_max_age if store.crl_max_age else None
    unlisted = sum(crl is None or crl.this_update < youngest for crl in lists) if youngest else 0
    needed = CheckName.ISSUER.value in settings.demands
    return judge_trust(len(store.anchors), len(valid), needed=needed, unlisted=unlisted)


def check_tickets(settings: Settings) -> Finding:
    """The keys of accepted ticket issuers."""
    from crypto.trust.ticket_keys import load_ticket_keys

    try:
        keys = load_ticket_keys(settings.trust.tickets)
    except (ProofError, OSError) as error:
        raise FaultError("trust.unreadable", str(error)) from error
    # Where the server is asked about any code, keys only spare it some questions.
    signed = settings.backend.tickets == "signed"
    return judge_tickets(len(keys), needed=signed and CheckName.TICKET.value in settings.demands)
