"""Read model of an account's timeline: everything that happened on it, in one query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, and_, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.queries_account import AccountHead, BreachNote
from portal.core.accounts.models import Account, ImportFile
from portal.core.actions.models import Action
from portal.core.ledger.models import Verification
from portal.core.parties.models import Agency, Staff
from portal.core.payments.models import Payment, PaymentState
from portal.core.placements.models import Letter, LetterKind, Placement, PlacementState
from portal.core.plans.models import Frequency, Plan, PlanState, Promise, PromiseState
from portal.core.recoveries.models import Recipient, Recovery, RecoveryState
from portal.core.rules import Channel, Direction, Outcome
from portal.web.filters import day, money

SHOWN = 200


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


def list_events(
    session: Session, head: AccountHead, breaches: Mapping[UUID, list[BreachNote]]
) -> list[Event]:
    """Return what happened on an account, newest first, at most `SHOWN`."""
    happened = union_all(*_branches(head)).subquery()
    rows = session.execute(
        select(happened, Agency.name, Agency.name_zh)
        .outerjoin(Agency, Agency.id == happened.c.agency_id)
        .order_by(happened.c.at.desc(), happened.c.id.desc())
        .limit(SHOWN)
    )
    return [_WRITERS[row.kind](row, row.facts, breaches.get(row.id, [])) for row in rows]


def _branches(head: AccountHead) -> list[Select[Any]]:
    """Return one select per kind of event: instant, kind, id, agency, colleague, facts."""
    bank_id, account_id = head.debtor.bank_id, head.id

    def branch(kind: str, table: Any, at: Any, agency: Any, facts: dict[str, Any]) -> Select[Any]:
        pairs = [part for name, value in facts.items() for part in (literal(name), value)]
        return select(
            at.label("at"),
            literal(kind).label("kind"),
            table.id.label("id"),
            agency.label("agency_id"),
            cast(func.jsonb_build_object(*pairs), JSONB).label("facts"),
        ).where(table.bank_id == bank_id, table.account_id == account_id, at.is_not(None))

    nobody = literal(None, Placement.agency_id.type)
    placed = {"ref": Placement.ref, "state": Placement.state, "reason": Placement.reason}
    amount = {"minor": Payment.amount_minor, "currency": Payment.currency}
    recovered = {
        "minor": Recovery.amount_minor,
        "currency": Recovery.currency,
        "state": Recovery.state,
        "reason": Recovery.reason,
        "recipient": Recovery.recipient,
        "ref": Recovery.external_ref,
    }
    return [
        _imported(bank_id, account_id),
        branch(
            "verified",
            Verification,
            Verification.attested_at,
            nobody,
            {
                "as_of": Verification.as_of,
                "minor": Verification.principal_minor
                + Verification.interest_minor
                + Verification.fees_minor
                + Verification.costs_minor,
                "currency": Verification.currency,
                "who": select(Staff.name)
                .where(Staff.org_id == Verification.bank_id, Staff.id == Verification.attested_by)
                .scalar_subquery(),
            },
        ),
        branch("offered", Placement, Placement.offered_at, Placement.agency_id, placed),
        branch("placed", Placement, Placement.accepted_at, Placement.agency_id, placed),
        branch("ended", Placement, Placement.ended_at, Placement.agency_id, placed),
        branch(
            "letter",
            Letter,
            Letter.issued_at,
            Letter.agency_id,
            {"kind": Letter.kind, "language": Letter.language},
        ),
        branch(
            "action",
            Action,
            Action.made_at,
            Action.made_by_agency_id,
            {
                "channel": Action.channel,
                "outcome": Action.outcome,
                "direction": Action.direction,
            },
        ),
        branch(
            "promise",
            Promise,
            Promise.made_at,
            Promise.made_by_agency_id,
            {
                "minor": Promise.amount_minor,
                "currency": Promise.currency,
                "due_on": Promise.due_on,
                "state": Promise.state,
            },
        ),
        branch(
            "plan",
            Plan,
            func.coalesce(Plan.accepted_at, Plan.created_at),
            nobody,
            {
                "minor": Plan.amount_minor,
                "currency": Plan.currency,
                "count": Plan.instalment_count,
                "frequency": Plan.frequency,
                "state": Plan.state,
            },
        ),
        branch(
            "payment",
            Payment,
            func.coalesce(Payment.cleared_at, Payment.ended_at, Payment.initiated_at),
            nobody,
            {**amount, "state": Payment.state, "ref": Payment.ref},
        ),
        branch("reported", Recovery, Recovery.reported_at, Recovery.agency_id, recovered),
        branch("decided", Recovery, Recovery.decided_at, Recovery.agency_id, recovered),
    ]


def _imported(bank_id: UUID, account_id: UUID) -> Select[Any]:
    return (
        select(
            func.coalesce(ImportFile.committed_at, ImportFile.uploaded_at).label("at"),
            literal("imported").label("kind"),
            ImportFile.id.label("id"),
            literal(None, Placement.agency_id.type).label("agency_id"),
            cast(
                func.jsonb_build_object("file", ImportFile.file_name, "who", Staff.name), JSONB
            ).label("facts"),
        )
        .join(
            Account,
            and_(Account.bank_id == ImportFile.bank_id, Account.import_id == ImportFile.id),
        )
        .outerjoin(
            Staff, and_(Staff.org_id == ImportFile.bank_id, Staff.id == ImportFile.uploaded_by)
        )
        .where(Account.bank_id == bank_id, Account.id == account_id)
    )


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
    return Event(
        row.at,
        words.label(LetterKind(facts["kind"])),
        _agency(row) or words.by_whom(None),
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
        _agency(row),
        _CHANNEL_ICONS.get(channel, "message"),
        words.worst(note.verdict for note in notes),
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
