"""Read models of an account's ledger, and of what was done on it with the rules it broke."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.bank.queries_account import AccountHead
from portal.bank.queries_breaches import maker
from portal.core.actions.models import Action, Breach, BreachState
from portal.core.ledger.models import OWED_BOOKS, Book, LedgerLine, Posting, PostingKind
from portal.core.money import Money
from portal.core.parties.models import Agency
from portal.core.parties.persons import person_key
from portal.core.rules import Channel, Direction, Outcome, Verdict
from portal.web import findings


@dataclass(frozen=True)
class LedgerRow:
    """One ledger line: what was booked, from where to where, and what was owed after it."""

    on: date
    recorded_at: datetime
    kind: PostingKind
    cause: str
    reason: str
    first: bool
    from_book: Book
    to_book: Book
    amount: Money
    owed_after: Money


def list_ledger(session: Session, head: AccountHead) -> list[LedgerRow]:
    """Return an account's ledger lines, oldest first, each with what was owed after it."""
    rows = session.execute(
        select(
            Posting.id,
            Posting.effective_on,
            Posting.recorded_at,
            Posting.kind,
            Posting.cause,
            Posting.reason,
            LedgerLine.from_book,
            LedgerLine.to_book,
            LedgerLine.amount_minor,
            LedgerLine.currency,
        )
        .join(
            LedgerLine,
            and_(LedgerLine.bank_id == Posting.bank_id, LedgerLine.posting_id == Posting.id),
        )
        .where(Posting.bank_id == head.debtor.bank_id, Posting.account_id == head.id)
        .order_by(Posting.recorded_at, Posting.id, LedgerLine.id)
    )
    found: list[LedgerRow] = []
    owed, previous = 0, None
    for row in rows:
        owed += row.amount_minor * ((row.to_book in OWED_BOOKS) - (row.from_book in OWED_BOOKS))
        found.append(
            LedgerRow(
                on=row.effective_on,
                recorded_at=row.recorded_at,
                kind=row.kind,
                cause=row.cause,
                reason=row.reason,
                first=row.id != previous,
                from_book=row.from_book,
                to_book=row.to_book,
                amount=Money(row.amount_minor, row.currency),
                owed_after=Money(owed, row.currency),
            )
        )
        previous = row.id
    return found


@dataclass(frozen=True)
class BreachNote:
    """A rule an action broke, in words."""

    id: UUID
    sentence: str
    citation: str
    verdict: Verdict
    state: BreachState


@dataclass(frozen=True)
class ActionRow:
    """Something an agency or the bank did, with its note and the rules it broke."""

    id: UUID
    made_at: datetime
    recorded_at: datetime
    agency: str
    channel: Channel
    direction: Direction
    outcome: Outcome
    note: str
    breaches: list[BreachNote]


def list_actions(session: Session, head: AccountHead, *, limit: int = 200) -> list[ActionRow]:
    """Return what was done on an account, newest first."""
    rows = session.execute(
        select(Action, Agency.name, Agency.name_zh)
        .outerjoin(Agency, Agency.id == Action.made_by_agency_id)
        .where(Action.bank_id == head.debtor.bank_id, Action.account_id == head.id)
        .order_by(Action.made_at.desc(), Action.id.desc())
        .limit(limit)
    ).all()
    breaches = breaches_by_action(session, head)
    noted = any(row.Action.note_sealed is not None for row in rows)
    key = person_key(session, head.debtor) if noted else None
    return [
        ActionRow(
            id=row.Action.id,
            made_at=row.Action.made_at,
            recorded_at=row.Action.recorded_at,
            agency=maker(row.name, row.name_zh),
            channel=Channel(row.Action.channel),
            direction=Direction(row.Action.direction),
            outcome=Outcome(row.Action.outcome),
            note=(
                key.open("actions.note", row.Action.id, row.Action.note_sealed)
                if key is not None and row.Action.note_sealed is not None
                else ""
            ),
            breaches=breaches.get(row.Action.id, []),
        )
        for row in rows
    ]


def breaches_by_action(session: Session, head: AccountHead) -> dict[UUID, list[BreachNote]]:
    """Return the rules broken on an account, in words, by the action that broke them."""
    rows = session.execute(
        select(
            Breach.id,
            Breach.action_id,
            Breach.code,
            Breach.facts,
            Breach.citation,
            Breach.verdict,
            Breach.state,
        )
        .where(Breach.bank_id == head.debtor.bank_id, Breach.account_id == head.id)
        .order_by(Breach.found_at, Breach.id)
    )
    found: defaultdict[UUID, list[BreachNote]] = defaultdict(list)
    for row in rows:
        found[row.action_id].append(
            BreachNote(
                id=row.id,
                sentence=findings.say(row.code, row.facts.get("values", {})),
                citation=row.citation,
                verdict=Verdict(row.verdict),
                state=row.state,
            )
        )
    return found
