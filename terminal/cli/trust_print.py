"""How accepted issuers and revocation lists are shown, for people and as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from crypto.trust.anchor import Anchor, Provenance
    from crypto.trust.certificate import Certificate
    from crypto.trust.revocation import Crl

_GROUP = 8


def words(key: str, language: str, **params: str) -> str:
    """The text ``cli.trust.KEY``."""
    return say(Message.of(f"cli.trust.{key}", **params), language)


def print_row(label: str, text: str, language: str) -> None:
    """An indented line with its label."""
    print(f"  {words(label, language)}: {text}")


def groups(fingerprint: str) -> tuple[str, ...]:
    """A fingerprint in groups of eight signs, as people compare it."""
    return tuple(fingerprint.upper()[at : at + _GROUP] for at in range(0, len(fingerprint), _GROUP))


def certificate_json(certificate: Certificate) -> dict[str, object]:
    """The certificate itself."""
    from crypto.trust.states import country_of

    return {
        "fingerprint": certificate.fingerprint,
        "subject": certificate.subject,
        "country": country_of(certificate),
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "private_key_from": _iso(certificate.private_key_from),
        "private_key_until": _iso(certificate.private_key_until),
    }


def anchor_json(anchor: Anchor) -> dict[str, object]:
    """The certificate, and how it came to be accepted."""
    return {**certificate_json(anchor.certificate), "link": anchor.link, **_provenance_json(anchor.provenance)}


def crl_json(crl: Crl, now: datetime) -> dict[str, object]:
    """A revocation list; ``age_days`` at ``now``."""
    return {
        "fingerprint": crl.fingerprint,
        "issuer": crl.issuer,
        "number": crl.number,
        "this_update": crl.this_update.isoformat(),
        "next_update": _iso(crl.next_update),
        "age_days": (now - crl.this_update).days,
        "entries": len(crl.entries),
    }


def _provenance_json(provenance: Provenance) -> dict[str, object]:
    return {
        "source": provenance.source,
        "added_at": _iso(provenance.at),
        "way": provenance.way.value,
        "file": provenance.file or None,
        "voucher": provenance.voucher or None,
        "words": provenance.words or None,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def print_certificate(certificate: Certificate, language: str) -> None:
    """Subject, fingerprint in groups, validity and the period of its key."""
    print(certificate.subject)
    print_row("sha256", " ".join(groups(certificate.fingerprint)), language)
    print_row("valid", f"{certificate.not_before:%d/%m/%Y} – {certificate.not_after:%d/%m/%Y}", language)
    until = certificate.private_key_until
    if until is not None:
        print_row("key_until", f"{until:%d/%m/%Y}", language)


def print_anchor(anchor: Anchor, language: str) -> None:
    """The certificate, and how it came to be accepted."""
    print_certificate(anchor.certificate, language)
    since = f", {anchor.added_at:%d/%m/%Y}" if anchor.added_at else ""
    way = words(f"way_{anchor.provenance.way.value}", language)
    print_row("source", f"{anchor.source}{since} ({way})", language)
    if anchor.provenance.words:
        print_row("words", anchor.provenance.words, language)


def print_crl(crl: Crl, now: datetime, language: str) -> None:
    """Whose list it is, of when, until when and how long."""
    print(crl.issuer)
    days = str((now - crl.this_update).days)
    print(f"  {words('crl_of', language, date=f'{crl.this_update:%d/%m/%Y}', days=days, count=str(len(crl.entries)))}")
    if crl.next_update is not None:
        late = f" ({words('crl_late', language)})" if now > crl.next_update else ""
        print_row("crl_next", f"{crl.next_update:%d/%m/%Y}{late}", language)
