"""What may be shown of a person, the same way on every staff screen (ux §5, §8)."""

from __future__ import annotations

from crypto.civil import Sex
from terminal.model import Outcome, Person, RedeemAnswer, Redeemed
from terminal.view import View
from ui.stage import Stage, day
from ui.widgets.banner import Banner


def admits(view: View) -> str:
    """For whom a ticket that was let in is good; empty for everything else."""
    answer = view.result.answer if view.result else None
    if not isinstance(answer, RedeemAnswer) or answer.result is not Redeemed.ADMITTED:
        return ""
    return answer.admits or ""


def result_banner(view: View, stage: Stage, *, tall: bool) -> Banner:
    """The banner of a result."""
    verdict = view.result.verdict if view.result else None
    outcome = verdict.outcome if verdict else Outcome.CANNOT_CHECK
    hint = admits(view) or stage.tell(view.hint)
    look = verdict.needs_look if verdict else False
    return Banner(stage, outcome, stage.tell(view.title), hint, tall=tall, look=look)


def masked_number(person: Person) -> str | None:
    """The ID number without its last six digits, the chip's password."""
    return person.id_number.masked if person.id_number else None


def person_facts(person: Person, stage: Stage) -> list[tuple[str, str]]:
    """Birth, sex, masked number, expiry; what is not known is left out."""
    facts = []
    if person.born is not None:
        facts.append((stage.say("field.born"), person.born.text()))
    if person.sex is not None:
        facts.append((stage.say("field.sex"), stage.say(f"ui.sex.{'male' if person.sex is Sex.MALE else 'female'}")))
    number = masked_number(person)
    if number is not None:
        facts.append((stage.say("field.id_number"), number))
    if person.no_expiry:
        facts.append((stage.say("field.expires"), stage.say("field.no_expiry")))
    elif person.expires is not None:
        facts.append((stage.say("field.expires"), day(person.expires)))
    return facts


def fault_text(code: str, stage: Stage) -> str:
    """A fault's title and its code, for whoever calls for help."""
    return f"{stage.say(f'fault.{code}.title')} · {code}"
