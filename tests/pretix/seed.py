"""Fills an empty pretix with an invented organiser; run inside it: ``python -m pretix shell < seed.py``.

Every ticket is named for what becomes of it. TRAM_PRETIX_SEEDED names the JSON file that tells how all came out,
TRAM_PRETIX_TICKETS how many tickets without a story are made besides, for the benchmark.
"""

# pretix' own names are imported where pretix runs
import json
import logging
import os
from datetime import UTC, datetime

from django.db import transaction
from django.utils.crypto import get_random_string
from django_scopes import scopes_disabled
from pretix.base.models import (
    Checkin,
    Device,
    Event,
    Gate,
    Item,
    Order,
    OrderPosition,
    Organizer,
    Question,
    ReusableMedium,
    RevokedTicketSecret,
)

logging.disable(logging.WARNING)  # pretix misses its book-keeping for each order that is made by hand

BEGINS = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LONG_AGO, FAR_OFF = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
LANGUAGE = "en"  # of the server's own explanations


def make_event(organizer, slug, name):
    event = Event.objects.create(
        organizer=organizer, name=name, slug=slug, currency="VND", date_from=BEGINS, live=True, is_public=True
    )
    event.settings.timezone = "Asia/Ho_Chi_Minh"
    event.settings.locale = LANGUAGE
    event.settings.locales = [LANGUAGE]
    return event


def make_order(event, code, status="p", **more):
    channel = event.organizer.sales_channels.get(identifier="web")
    return Order.objects.create(
        event=event,
        code=code,
        status=status,
        email=f"{code.lower()}@example.org",
        datetime=BEGINS,
        expires=FAR_OFF,
        total=0,
        locale=LANGUAGE,
        sales_channel=channel,
        **more,
    )


def make_ticket(order, item, secret=None, number=1, **more):
    return OrderPosition.objects.create(
        order=order,
        item=item,
        price=0,
        positionid=number,
        secret=secret or get_random_string(32, "abcdefghjkmnpqrstuvwxyz23456789"),
        attendee_name_parts={"_scheme": "full", "full_name": "NGUYỄN VĂN THỬ NGHIỆM"},
        attendee_email="nguoi.thu@example.org",
        **more,
    )


def secret_of(word):
    """32 characters like those of pretix itself, the same in each seed."""
    return (word.replace("_", "").replace("1", "a") + "23456789abcdefghjkmnpqrstuvwxyz23456789")[:32]


def make_tickets(event, items):
    tickets = {}

    def sell(word, item="adult", status="p", order=None, **position):
        code = f"T{len(tickets):04}"
        tickets[word] = secret_of(word)
        return make_ticket(make_order(event, code, status, **(order or {})), items[item], tickets[word], **position)

    for count in range(40):
        sell(f"good{count}")
    sell("canceled", status="c")
    sell("canceled_position", canceled=True)
    sell("unpaid", status="n")
    sell("unpaid_valid", status="n", order={"valid_if_pending": True})
    sell("unapproved", status="n", order={"require_approval": True})
    sell("blocked", blocked=["admin"])
    sell("too_early", valid_from=FAR_OFF)
    sell("too_late", valid_until=LONG_AGO)
    sell("product", item="tour")
    sell("rules", item="ruled")
    sell("incomplete", item="asked")
    sell("answered", item="asked")
    sell("exchange", item="band")
    sell("attention", item="watched", order={"checkin_attention": True, "checkin_text": "Kiểm tra giấy tờ"})
    revoked = sell("replaced")
    tickets["revoked"] = secret_of("revoked")
    RevokedTicketSecret.objects.create(event=event, position=revoked, secret=tickets["revoked"])
    banded = sell("already_exchanged", item="band")
    medium = ReusableMedium.objects.create(organizer=event.organizer, type="barcode", identifier="VONGTAY0001")
    medium.linked_orderpositions.add(banded)
    with_extras = sell("ambiguous")
    for number in (2, 3):
        make_ticket(with_extras.order, items["extra"], number=number, addon_to=with_extras)
    sell("questioned", item="asked")
    return tickets


def make_items(event):
    words = {
        "adult": "Vé người lớn",
        "tour": "Vé đoàn",
        "ruled": "Vé buổi tối",
        "asked": "Vé có câu hỏi",
        "watched": "Vé ưu đãi",
        "band": "Vé đổi vòng tay",
        "extra": "Vé phụ",
    }
    items = {
        key: Item.objects.create(event=event, name=name, default_price=0, admission=True) for key, name in words.items()
    }
    items["watched"].checkin_text = "Xem thẻ học sinh"
    items["watched"].save()
    items["band"].media_policy, items["band"].media_type = "append", "barcode"
    items["band"].save()
    for number, text in enumerate(("Cỡ áo?", "Đã đọc nội quy?")):
        question = Question.objects.create(
            event=event,
            question=text,
            type=("S", "B")[number],
            required=True,
            ask_during_checkin=True,
            position=number,
            identifier=f"Q{number}",
        )
        question.items.add(items["asked"])
    return items


def make_lists(event, items):
    plain = [item for key, item in items.items() if key not in ("tour", "extra")]
    allowed = [["product", str(item.pk), str(item.name)] for item in plain if item != items["ruled"]]
    entry = event.checkin_lists.create(name="Cổng vào", all_products=False, allow_entry_after_exit=True)
    entry.limit_products.set(plain)
    lookups = [{"lookup": row} for row in allowed]
    entry.rules = {"and": [{"inList": [{"var": "product"}, {"objectList": lookups}]}]}
    entry.save()
    extras = event.checkin_lists.create(name="Vé phụ", all_products=False, addon_match=True)
    extras.limit_products.set([items["extra"]])
    return {"entry": entry, "extras": extras}


def make_device(organizer, name, gate, *, profile="full", events=None):
    device = Device.objects.create(
        organizer=organizer, name=name, gate=gate, all_events=events is None, security_profile=profile
    )
    device.limit_events.set(events or [])
    return device.initialization_token


def make_signed(organizer):
    """An event whose secrets are pretix' signature scheme 1, with tickets of every shape."""
    event = make_event(organizer, "ky-mau", "Sự kiện ký mẫu")
    event.settings.ticket_secret_generator = "pretix_sig1"
    event = Event.objects.get(pk=event.pk)
    item = Item.objects.create(event=event, name="Vé ký", default_price=0, admission=True)
    variation = item.variations.create(value="Ngày", default_price=0)
    shapes = {
        "plain": {},
        "variation": {"variation": variation},
        "from": {"valid_from": LONG_AGO},
        "until": {"valid_until": FAR_OFF},
        "window": {"valid_from": LONG_AGO, "valid_until": FAR_OFF},
        "over": {"valid_from": LONG_AGO, "valid_until": datetime(2021, 1, 1, tzinfo=UTC)},
        "to_come": {"valid_from": FAR_OFF},
        "revoked": {},
        "blocked": {},
    }
    generator = event.ticket_secret_generator
    secrets = {}
    for number, (word, shape) in enumerate(shapes.items()):
        position = make_ticket(
            make_order(event, f"K{number:04}"), item, generator.generate_secret(item=item, **shape), **shape
        )
        secrets[word] = position.secret
        if word == "revoked":
            RevokedTicketSecret.objects.create(event=event, position=position, secret=position.secret)
            position.secret = generator.generate_secret(item=item)
            position.save()
        if word == "blocked":
            position.blocked = ["admin"]
            position.save()
            position.blocked_secrets.create(event=event, secret=position.secret, blocked=True)
    entry = event.checkin_lists.create(name="Cổng ký", all_products=True)
    key = event.settings.ticket_secrets_pretix_sig1_pubkey
    return {"event": event.slug, "list": entry.pk, "item": item.pk, "variation": variation.pk,
            "tickets": secrets, "key": key}  # fmt: skip


def make_crowd(event, item, count):
    """Tickets without a story, in orders of a hundred."""
    secrets = []
    for first in range(0, count, 100):
        order = make_order(event, f"B{first // 100:04}")
        secrets += [make_ticket(order, item, number=number + 1).secret for number in range(min(100, count - first))]
    return secrets


with scopes_disabled(), transaction.atomic():
    organizer = Organizer.objects.create(name="Đơn vị mẫu", slug="don-vi-mau")
    organizer.settings.reusable_media_active = True
    organizer.settings.reusable_media_usage_enforced = True
    gates = [
        Gate.objects.create(organizer=organizer, name=f"Cổng {number}", identifier=f"cong-{number}")
        for number in (1, 2)
    ]
    event = make_event(organizer, "su-kien-mau", "Sự kiện mẫu")
    items = make_items(event)
    lists = make_lists(event, items)
    other = make_event(organizer, "su-kien-khac", "Sự kiện khác")
    seeded = {
        "organizer": organizer.slug,
        "event": event.slug,
        "lists": {key: made.pk for key, made in lists.items()},
        "codes": {
            "gate_1": make_device(organizer, "Máy cổng 1", gates[0], profile="pretixscan_online_noorders"),
            "gate_2": make_device(organizer, "Máy cổng 2", gates[1], profile="pretixscan_online_noorders"),
            "no_gate": make_device(organizer, "Máy không cổng", None),
            "elsewhere": make_device(organizer, "Máy nơi khác", None, events=[other]),
        },
        "tickets": make_tickets(event, items),
        "questions": [question.pk for question in event.questions.order_by("position")],
        "sig1": make_signed(organizer),
        "crowd": make_crowd(event, items["adult"], int(os.environ.get("TRAM_PRETIX_TICKETS", "0"))),
        "reasons": [reason for reason, _ in Checkin.REASONS],
    }

with open(os.environ["TRAM_PRETIX_SEEDED"], "w", encoding="utf-8") as file:
    json.dump(seeded, file, ensure_ascii=False, indent=1)
