"""Read model of a person's contacts month by month: by all agencies, on all accounts."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.queries_breaches import maker
from portal.core.accounts.exports import Cell
from portal.core.accounts.models import Account
from portal.core.actions.contact import Subject, list_subjects, packs_for
from portal.core.actions.contact_days import CountedRule, DayCount, count_days
from portal.core.actions.knowledge import HISTORY, gather
from portal.core.actions.models import Action
from portal.core.errors import NotFound
from portal.core.parties.models import Agency, Bank, Debtor
from portal.core.rules import Channel, Direction, Outcome, Role, Verdict
from portal.core.rules.clocktime import start_of_day


@dataclass(frozen=True)
class ContactLine:
    """One contact, whoever made it and on whichever of the person's accounts."""

    id: UUID
    at: datetime
    channel: Channel
    direction: Direction
    outcome: Outcome
    role: Role
    agency: str
    account_id: UUID
    account_ref: str
    has_permit: bool
    breaches: int


@dataclass(frozen=True)
class Day:
    """One day: the attempts to reach the person, and how much of each limit they used up."""

    day: date
    attempts: int
    inbound: int
    by_channel: Counter[Channel]
    counts: Sequence[DayCount]

    @property
    def binding(self) -> list[DayCount]:
        """Return the counts that a rule limits, those that only make a person look left out."""
        return [each for each in self.counts if each.rule.verdict is not Verdict.REVIEW]

    @property
    def tightest(self) -> DayCount | None:
        """Return the limit that is used up most, if any is used at all."""
        used = [each for each in self.binding if each.used]
        return max(used, key=lambda each: (each.used / max(each.limit, 1), each.used), default=None)

    @property
    def is_full(self) -> bool:
        """Tell whether a limit left no room for another contact."""
        return any(each.is_full for each in self.binding)

    @property
    def is_over(self) -> bool:
        """Tell whether a contact of that day was one too many."""
        return any(each.is_over for each in self.binding)


@dataclass(frozen=True)
class ContactsPage:
    """What the calendar of one person shows."""

    account_id: UUID
    account_ref: str
    debtor_id: UUID
    name: str
    accounts: int
    first: date
    zone: str
    zones: tuple[str, ...]
    days: list[Day]
    rules: list[CountedRule]
    contacts: list[ContactLine]

    @property
    def attempts(self) -> int:
        """Return how often somebody tried to reach the person that month."""
        return sum(day.attempts for day in self.days)


def get_contacts(
    session: Session, bank_id: UUID, account_id: UUID, month: date | None, *, now: datetime
) -> ContactsPage:
    """Return a month of the person who owes an account; the present one when none is asked for.

    Days are those where the person is; with several zones on file, of the first one.

    Raises:
        NotFound: the bank has no such account.
    """
    row = session.execute(
        select(Account.account_ref, Account.debtor_id, Debtor.name, Debtor.zones, Bank.timezone)
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .join(Bank, Bank.id == Account.bank_id)
        .where(Account.bank_id == bank_id, Account.id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    zone = ZoneInfo(row.zones[0] if row.zones else row.timezone)
    first = (month or now.astimezone(zone).date()).replace(day=1)
    days = [first + timedelta(days=n) for n in range(monthrange(first.year, first.month)[1])]
    subjects = _subjects(session, bank_id, row.debtor_id)
    counts = _counts(session, subjects[account_id], subjects, days, zone, now)
    contacts = _contacts(session, bank_id, row.debtor_id, days, zone)
    return ContactsPage(
        account_id=account_id,
        account_ref=row.account_ref,
        debtor_id=row.debtor_id,
        name=row.name,
        accounts=len(subjects),
        first=first,
        zone=zone.key,
        zones=tuple(row.zones),
        days=_days(days, contacts, counts, zone),
        rules=[each.rule for each in next(iter(counts.values()), [])],
        contacts=contacts,
    )


def _subjects(session: Session, bank_id: UUID, debtor_id: UUID) -> dict[UUID, Subject]:
    ids = session.scalars(
        select(Account.id).where(Account.bank_id == bank_id, Account.debtor_id == debtor_id)
    ).all()
    return list_subjects(session, ids)


def _counts(
    session: Session,
    subject: Subject,
    subjects: Mapping[UUID, Subject],
    days: Sequence[date],
    zone: ZoneInfo,
    now: datetime,
) -> dict[date, list[DayCount]]:
    starts = start_of_day(days[0], zone)
    ends = min(start_of_day(days[-1] + timedelta(days=1), zone), now)
    if starts > now:
        return {}
    known = gather(
        session, subject.bank_id, [subject.debtor_id], since=starts - HISTORY, until=ends
    )[subject.debtor_id]
    packs = packs_for(session, subject, ends.date())
    return count_days(subjects, known, packs, days, zone=zone, now=now)


def _contacts(
    session: Session, bank_id: UUID, debtor_id: UUID, days: Sequence[date], zone: ZoneInfo
) -> list[ContactLine]:
    rows = session.execute(
        select(Action, Account.account_ref, Agency.name, Agency.name_zh)
        .join(Account, and_(Account.bank_id == Action.bank_id, Account.id == Action.account_id))
        .outerjoin(Agency, Agency.id == Action.made_by_agency_id)
        .where(
            Action.bank_id == bank_id,
            Action.debtor_id == debtor_id,
            Action.made_at >= start_of_day(days[0], zone),
            Action.made_at < start_of_day(days[-1] + timedelta(days=1), zone),
        )
        .order_by(Action.made_at.desc(), Action.id.desc())
    )
    return [_line(row) for row in rows]


def _line(row: Any) -> ContactLine:
    action = row.Action
    return ContactLine(
        id=action.id,
        at=action.made_at,
        channel=Channel(action.channel),
        direction=Direction(action.direction),
        outcome=Outcome(action.outcome),
        role=Role(action.target),
        agency=maker(row.name, row.name_zh),
        account_id=action.account_id,
        account_ref=row.account_ref,
        has_permit=action.permit_id is not None,
        breaches=action.breach_count,
    )


def _days(
    days: Sequence[date],
    contacts: Sequence[ContactLine],
    counts: Mapping[date, list[DayCount]],
    zone: ZoneInfo,
) -> list[Day]:
    attempts: defaultdict[date, Counter[Channel]] = defaultdict(Counter)
    inbound: Counter[date] = Counter()
    for each in contacts:
        on = each.at.astimezone(zone).date()
        if each.direction is Direction.INBOUND:
            inbound[on] += 1
        else:
            attempts[on][each.channel] += 1
    return [
        Day(
            day=on,
            attempts=attempts[on].total(),
            inbound=inbound[on],
            by_channel=attempts[on],
            counts=counts.get(on, []),
        )
        for on in days
    ]


EXPORTED = (
    *(_l("When"), _l("Channel"), _l("Direction"), _l("How it ended"), _l("Who was reached")),
    *(_l("Agency"), _l("Account number"), _l("Permit"), _l("Breaches"), _l("Number")),
)


def exported_rows(page: ContactsPage) -> Iterator[list[Cell]]:
    """Yield every contact of the month, newest first, as cells under `EXPORTED`."""
    for each in page.contacts:
        yield [
            *(each.at, words.label(each.channel), words.label(each.direction)),
            *(words.label(each.outcome), words.label(each.role), each.agency, each.account_ref),
            *(words.yes_or_no(each.has_permit), each.breaches, each.id),
        ]
