"""What happened on an account, as sentences: one writer for each kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.bank import words
from portal.bank.queries_account_work import BreachNote
from portal.bank.queries_breaches import maker
from portal.core.payments.models import PaymentState
from portal.core.placements.models import LetterKind, PlacementState
from portal.core.plans.models import Frequency, PlanState, PromiseState
from portal.core.recoveries.models import Recipient, RecoveryState
from portal.core.rules import Channel, Direction, Outcome
from portal.web.filters import day, money


@dataclass(frozen=True)
class Event:
    """One thing that happened: its sentence, what there is to say beside it, and how it looks."""

    at: datetime
    title: str
    who: str
    icon: str
    tone: str = "neutral"
    detail: str = ""
    breaches: list[BreachNote] = field(default_factory=list)


def _agency(row: Any) -> str:
    return words.organisation(row.name, row.name_zh)


def _amount(facts: Mapping[str, Any]) -> str:
    return money(facts["minor"], facts["currency"])


def _day(facts: Mapping[str, Any], name: str) -> str:
    return day(date.fromisoformat(facts[name]))


def _say_imported(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    title = _("Imported with the file %(file)s", file=facts["file"])
    return Event(row.at, title, words.by_whom(facts["who"]), "file-import")


def _say_verified(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    title = _(
        "Balance of %(amount)s confirmed as of %(day)s",
        amount=_amount(facts),
        day=_day(facts, "as_of"),
    )
    return Event(row.at, title, words.by_whom(facts["who"]), "shield-check", "good")


def _say_offered(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    title = _("Offered to %(agency)s", agency=_agency(row))
    return Event(row.at, title, facts["ref"], "send", "info")


def _say_placed(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    title = _("Accepted by %(agency)s", agency=_agency(row))
    return Event(row.at, title, facts["ref"], "circle-check", "accent")


def _say_ended(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    state = PlacementState(facts["state"])
    reason = words.DECLINE_REASONS.get(facts["reason"])
    return Event(
        row.at,
        _("Placement with %(agency)s ended", agency=_agency(row)),
        facts["ref"],
        "arrow-back-up",
        detail=f"{words.label(state)} · {reason}" if reason else words.label(state),
    )


def _say_letter(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    kind = LetterKind(facts["kind"])
    by_bank = kind is LetterKind.DEMAND
    return Event(
        row.at,
        words.label(kind),
        maker(None, None) if by_bank else _agency(row) or words.by_whom(None),
        "mail",
        detail=words.language(facts["language"]),
    )


def _say_action(row: Any, facts: Mapping[str, Any], notes: list[BreachNote]) -> Event:
    channel = Channel(facts["channel"])
    incoming = Direction(facts["direction"]) is Direction.INBOUND
    title = f"{words.label(channel)} · {words.label(Outcome(facts['outcome']))}"
    return Event(
        row.at,
        _("%(what)s · they got in touch", what=title) if incoming else title,
        maker(row.name, row.name_zh),
        _CHANNEL_ICONS.get(channel, "message"),
        words.worst(note.verdict for note in notes),
        _("Came with the file %(file)s", file=facts["file"]) if facts["file"] else "",
        breaches=notes,
    )


_CHANNEL_ICONS = {Channel.CALL: "phone", Channel.LETTER: "mail", Channel.EMAIL: "mail"}


def _say_promise(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    state = PromiseState(facts["state"])
    title = _("Promised %(amount)s by %(day)s", amount=_amount(facts), day=_day(facts, "due_on"))
    return Event(
        row.at, title, _agency(row), "heart-handshake", words.tone(state), words.label(state)
    )


def _say_plan(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    state = PlanState(facts["state"])
    title = ngettext(
        "Plan of %(num)d instalment of %(amount)s",
        "Plan of %(num)d instalments of %(amount)s",
        facts["count"],
        amount=_amount(facts),
    )
    detail = f"{words.label(Frequency(facts['frequency']))} · {words.label(state)}"
    return Event(row.at, title, _("The person"), "calendar", words.tone(state), detail)


def _say_payment(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    state = PaymentState(facts["state"])
    title = _("Payment of %(amount)s", amount=_amount(facts))
    return Event(
        row.at,
        title,
        _("The person"),
        "credit-card",
        words.tone(state),
        f"{words.label(state)} · {facts['ref']}",
    )


def _say_reported(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    recipient = words.label(Recipient(facts["recipient"]))
    title = _("Recovery of %(amount)s reported", amount=_amount(facts))
    return Event(row.at, title, _agency(row), "coin", "info", f"{recipient} · {facts['ref']}")


def _say_decided(row: Any, facts: Mapping[str, Any], _notes: list[BreachNote]) -> Event:
    state = RecoveryState(facts["state"])
    title = (
        _("Recovery of %(amount)s verified", amount=_amount(facts))
        if state is RecoveryState.VERIFIED
        else _("Recovery of %(amount)s rejected", amount=_amount(facts))
    )
    return Event(row.at, title, _agency(row), "coin", words.tone(state), facts["reason"])


_WRITERS: dict[str, Callable[[Any, Mapping[str, Any], list[BreachNote]], Event]] = {
    "imported": _say_imported,
    "verified": _say_verified,
    "offered": _say_offered,
    "placed": _say_placed,
    "ended": _say_ended,
    "letter": _say_letter,
    "action": _say_action,
    "promise": _say_promise,
    "plan": _say_plan,
    "payment": _say_payment,
    "reported": _say_reported,
    "decided": _say_decided,
}


def tell(kind: str, row: Any, notes: list[BreachNote]) -> Event:
    """Return an event's sentence; `row` carries its instant, its agency's names and its facts."""
    return _WRITERS[kind](row, row.facts, notes)
