"""May I contact now? The facts of a contact, gathered from what is on record, and the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions.models import Action
from portal.core.parties.models import Debtor
from portal.core.rules import (
    AccountFacts,
    Channel,
    ContactFacts,
    Direction,
    Judgement,
    Outcome,
    Pack,
    PastContact,
    Role,
    judge,
    jurisdictions_for,
    load_packs,
)

#: How far back contacts are read; the longest counting window of any pack is shorter.
HISTORY = timedelta(days=35)
CHANNELS = (Channel.CALL, Channel.SMS, Channel.EMAIL, Channel.LETTER, Channel.VISIT)


@dataclass(frozen=True)
class Subject:
    """An account and its person, as far as contact rules need them."""

    bank_id: UUID
    account_id: UUID
    debtor_id: UUID
    agency_id: UUID | None
    country: str
    state: str
    zones: tuple[str, ...]


def list_subjects(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, Subject]:
    """Return the subjects of the accounts this principal may see."""
    rows = session.execute(
        select(
            Account.bank_id,
            Account.id,
            Account.debtor_id,
            Account.agency_id,
            Debtor.country,
            Debtor.state,
            Debtor.zones,
        )
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .where(Account.id.in_(list(account_ids)))
    )
    return {
        row.id: Subject(
            row.bank_id,
            row.id,
            row.debtor_id,
            row.agency_id,
            row.country,
            row.state,
            tuple(row.zones),
        )
        for row in rows
    }


def list_history(
    session: Session, debtor_ids: Iterable[UUID], *, until: datetime
) -> dict[UUID, tuple[PastContact, ...]]:
    """Return the contacts on record with these people before an instant, oldest first."""
    rows = session.scalars(
        select(Action)
        .where(
            Action.debtor_id.in_(list(set(debtor_ids))),
            Action.made_at > until - HISTORY,
            Action.made_at <= until,
        )
        .order_by(Action.made_at, Action.id)
    )
    history: defaultdict[UUID, list[PastContact]] = defaultdict(list)
    for action in rows:
        history[action.debtor_id].append(past_contact(action))
    return {debtor_id: tuple(contacts) for debtor_id, contacts in history.items()}


def past_contact(action: Action) -> PastContact:
    """Return an action as the rules count it."""
    outcome = Outcome(action.outcome)
    about = (str(action.account_id),)
    return PastContact(
        id=str(action.id),
        at=action.made_at,
        channel=Channel(action.channel),
        outcome=outcome,
        direction=Direction(action.direction),
        agency_id=str(action.made_by_agency_id) if action.made_by_agency_id else None,
        person_id=str(action.debtor_id),
        role=Role(action.target),
        placed_ids=about,
        discussed_ids=about if outcome is Outcome.CONVERSATION else (),
    )


def contact_facts(
    subject: Subject,
    channel: Channel,
    *,
    at: datetime,
    history: tuple[PastContact, ...],
    outcome: Outcome | None = None,
    direction: Direction = Direction.OUTBOUND,
    role: Role = Role.CONSUMER,
) -> ContactFacts:
    """Return what the rules may read about one contact with a subject."""
    account_id = str(subject.account_id)
    return ContactFacts(
        at=at,
        channel=channel,
        direction=direction,
        agency_id=str(subject.agency_id) if subject.agency_id else None,
        person_id=str(subject.debtor_id),
        role=role,
        outcome=outcome,
        zones=tuple(ZoneInfo(name) for name in subject.zones),
        jurisdictions=jurisdictions_for(subject.country, subject.state),
        account_ids=(account_id,),
        discussed_ids=(account_id,) if outcome is Outcome.CONVERSATION else (),
        accounts=(AccountFacts(id=account_id),),
        history=history,
    )


def packs_for(subject: Subject, on: date) -> tuple[Pack, ...]:
    """Return the rule packs that bind contacts with a subject on a day."""
    return load_packs(jurisdictions_for(subject.country, subject.state), on)


def judge_contact(facts: ContactFacts, subject: Subject) -> Judgement:
    """Ask every pack that binds contacts with a subject."""
    return judge(facts, packs_for(subject, facts.at.astimezone(UTC).date()))


def may_contact(
    session: Session, account_ids: Sequence[UUID], channel: Channel, *, at: datetime
) -> dict[UUID, Judgement]:
    """Answer for many accounts at once, as a worklist needs it: two queries, whatever their number.

    An account this principal may not see has no answer.
    """
    subjects = list_subjects(session, account_ids)
    history = list_history(session, (each.debtor_id for each in subjects.values()), until=at)
    return {
        account_id: judge_contact(
            contact_facts(subject, channel, at=at, history=history.get(subject.debtor_id, ())),
            subject,
        )
        for account_id, subject in subjects.items()
    }


def may_contact_by_channel(
    session: Session, account_id: UUID, *, at: datetime
) -> dict[Channel, Judgement]:
    """Answer for one account, channel by channel; empty when the principal may not see it."""
    subject = list_subjects(session, [account_id]).get(account_id)
    if subject is None:
        return {}
    history = list_history(session, [subject.debtor_id], until=at).get(subject.debtor_id, ())
    return {
        channel: judge_contact(contact_facts(subject, channel, at=at, history=history), subject)
        for channel in CHANNELS
    }
