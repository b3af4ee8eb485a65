"""May I contact now? The facts of a contact, put together from what is known, and the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Uuid, and_, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions import bank_rules
from portal.core.actions.knowledge import (
    HISTORY,
    Knowledge,
    email_basis,
    gather,
    person_of,
    text_basis,
)
from portal.core.ledger.models import Balance
from portal.core.parties.models import Debtor
from portal.core.plans.models import Plan, PlanState
from portal.core.rules import (
    AccountFacts,
    Channel,
    ContactFacts,
    Direction,
    Hold,
    HoldKind,
    Judgement,
    Message,
    Outcome,
    Pack,
    Purpose,
    Role,
    judge,
    jurisdictions_for,
    load_packs,
)
from portal.core.rules import PlanState as KeptPlan

#: The channels an answer is given for, in the order they are shown.
CHANNELS = (
    Channel.CALL,
    Channel.SMS,
    Channel.EMAIL,
    Channel.LETTER,
    Channel.VISIT,
    Channel.IN_APP,
)
_KEPT_PLANS = {
    PlanState.ACTIVE: KeptPlan.PERFORMING,
    PlanState.IN_CURE: KeptPlan.PERFORMING,
    PlanState.PAUSED: KeptPlan.PERFORMING,
    PlanState.DEFAULTED: KeptPlan.BROKEN,
    PlanState.COMPLETED: KeptPlan.COMPLETED,
}


@dataclass(frozen=True)
class Subject:
    """An account and its person, as far as contact rules need them."""

    bank_id: UUID
    account_id: UUID
    debtor_id: UUID
    agency_id: UUID | None
    placement_id: UUID | None
    country: str
    state: str
    zones: tuple[str, ...]
    product: str
    total_minor: int
    verified_as_of: date | None
    plan: PlanState | None


def list_subjects(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, Subject]:
    """Return the subjects of the accounts this principal may see."""
    rows = session.execute(_subjects(), {"ids": list(account_ids)})
    return {row.id: _subject(row) for row in rows}


@cache
def _subjects() -> Select[*tuple[Any, ...]]:
    """Return the statement, made once: making it costs as much as running it."""
    plan = (
        select(Plan.state)
        .where(
            Plan.bank_id == Account.bank_id,
            Plan.account_id == Account.id,
            Plan.state.in_(_KEPT_PLANS),
        )
        .order_by(Plan.created_at.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    return (
        select(
            Account.bank_id,
            Account.id,
            Account.debtor_id,
            Account.agency_id,
            Account.placement_id,
            Account.product,
            Debtor.country,
            Debtor.state,
            Debtor.zones,
            Balance.total_minor,
            Balance.verified_as_of,
            plan.label("plan"),
        )
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(Account.id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
    )


def _subject(row: Any) -> Subject:
    return Subject(
        bank_id=row.bank_id,
        account_id=row.id,
        debtor_id=row.debtor_id,
        agency_id=row.agency_id,
        placement_id=row.placement_id,
        country=row.country,
        state=row.state,
        zones=tuple(row.zones),
        product=row.product,
        total_minor=row.total_minor,
        verified_as_of=row.verified_as_of,
        plan=row.plan,
    )


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One contact as it is meant, or as it was made. No outcome means it has not been made."""

    channel: Channel
    at: datetime
    direction: Direction = Direction.OUTBOUND
    role: Role = Role.CONSUMER
    outcome: Outcome | None = None
    purpose: Purpose | None = None
    contact_point_id: UUID | None = None
    id: UUID | None = None
    external_id: str | None = None
    in_reply_to: UUID | None = None
    automated: bool = False
    message: Message | None = None


def contact_facts(
    subject: Subject,
    known: Knowledge,
    deed: Deed,
    *,
    made_by: UUID | None,
    balance_days: int = bank_rules.BALANCE_DAYS,
) -> ContactFacts:
    """Return what the rules may read about one contact with a subject.

    `made_by` is the agency that contacts; None is the bank itself.
    """
    account_id, at = str(subject.account_id), deed.at
    point = known.points.get(deed.contact_point_id) if deed.contact_point_id else None
    return ContactFacts(
        at=at,
        channel=deed.channel,
        direction=deed.direction,
        id=str(deed.id) if deed.id else None,
        external_id=deed.external_id,
        agency_id=str(made_by or subject.bank_id),
        person_id=person_of(subject.debtor_id, deed.role),
        role=deed.role,
        purpose=deed.purpose,
        outcome=deed.outcome,
        zones=tuple(ZoneInfo(name) for name in subject.zones),
        jurisdictions=jurisdictions_for(subject.country, subject.state),
        account_ids=(account_id,),
        discussed_ids=(account_id,) if deed.outcome is Outcome.CONVERSATION else (),
        accounts=(_account_facts(subject, known, at),),
        address=str(deed.contact_point_id) if deed.contact_point_id else None,
        address_kind=point.address_kind if point else None,
        in_reply_to=str(deed.in_reply_to) if deed.in_reply_to else None,
        automated=deed.automated,
        history=known.history_at(at, str(deed.id) if deed.id else None),
        consents=tuple(known.consents),
        opt_outs=tuple(known.opt_outs),
        windows=tuple(known.windows),
        barred_places=known.barred_places_at(at),
        ceases=tuple(known.ceases),
        disputes=tuple(known.disputes),
        representations=tuple(known.representations),
        holds=(*known.holds, *_unverified(subject, balance_days)),
        wishes=known.wishes_at(at),
        open_permits=tuple(known.open_permits),
        email_basis=email_basis(point) or _only_basis(known, "email", email_basis, deed),
        text_basis=text_basis(point) or _only_basis(known, "phone", text_basis, deed),
        message=deed.message,
    )


def _account_facts(subject: Subject, known: Knowledge, at: datetime) -> AccountFacts:
    account_id = str(subject.account_id)
    return AccountFacts(
        id=account_id,
        kind=subject.product,
        creditor_id=str(subject.bank_id),
        amount=subject.total_minor,
        disputed=any(
            not dispute.account_ids or account_id in dispute.account_ids
            for dispute in known.disputes
            if dispute.received_at <= at
        ),
        plan=_KEPT_PLANS.get(subject.plan) if subject.plan else None,
    )


def _unverified(subject: Subject, balance_days: int) -> tuple[Hold, ...]:
    """Hold an account whose balance the bank has not confirmed in time.

    Nothing is demanded that nobody stands behind any more: the bank's attestation lifts the hold.
    """
    verified = subject.verified_as_of
    if verified is None:
        return (Hold(kind=HoldKind.BALANCE_UNVERIFIED),)
    starts = verified + timedelta(days=balance_days + 1)
    return (Hold(kind=HoldKind.BALANCE_UNVERIFIED, starts_on=starts),)


def _only_basis(known: Knowledge, kind: str, read: Any, deed: Deed) -> Any:
    """Return the basis of the person's only address of a kind, when none was named."""
    if deed.contact_point_id is not None:
        return None
    points = [point for point in known.points.values() if point.kind == kind]
    return read(points[0]) if len(points) == 1 else None


def packs_for(session: Session, subject: Subject, on: date) -> tuple[Pack, ...]:
    """Return the rule packs that bind contacts with a subject on a day, the bank's own among them.

    Raises:
        NotFound: a jurisdiction has no pack.
    """
    shipped = load_packs(jurisdictions_for(subject.country, subject.state), on)
    own = bank_rules.find_pack(session, subject.bank_id, on)
    return shipped if own is None else (*shipped, own)


def judge_contact(session: Session, facts: ContactFacts, subject: Subject) -> Judgement:
    """Ask every pack that binds contacts with a subject."""
    return judge(facts, packs_for(session, subject, facts.at.astimezone(UTC).date()))


def know_all(
    session: Session,
    subjects: Iterable[Subject],
    *,
    at: datetime,
    asked_by: UUID | None = None,
) -> dict[tuple[UUID, UUID], Knowledge]:
    """Return what is known now of the people of some accounts, by bank and person."""
    people: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for subject in subjects:
        people[subject.bank_id].add(subject.debtor_id)
    known: dict[tuple[UUID, UUID], Knowledge] = {}
    for bank_id, debtor_ids in people.items():
        found = gather(
            session,
            bank_id,
            debtor_ids,
            since=at - HISTORY,
            until=at,
            permits_at=at,
            asked_by=asked_by,
        )
        known.update({(bank_id, debtor_id): found[debtor_id] for debtor_id in debtor_ids})
    return known


def may_contact(
    session: Session,
    account_ids: Sequence[UUID],
    channel: Channel,
    *,
    at: datetime,
    asked_by: UUID | None = None,
) -> dict[UUID, Judgement]:
    """Answer for many accounts at once, as a worklist needs it: a few queries for each bank.

    An account this principal may not see has no answer. Permits of others than `asked_by` count.
    """
    subjects = list_subjects(session, account_ids)
    known = know_all(session, subjects.values(), at=at, asked_by=asked_by)
    asked = Questions(session, known)
    return {
        account_id: asked.judge(subject, Deed(channel=channel, at=at))
        for account_id, subject in subjects.items()
    }


def may_contact_by_channel(
    session: Session, account_id: UUID, *, at: datetime, asked_by: UUID | None = None
) -> dict[Channel, Judgement]:
    """Answer for one account, channel by channel; empty when the principal may not see it."""
    subject = list_subjects(session, [account_id]).get(account_id)
    if subject is None:
        return {}
    asked = Questions(session, know_all(session, [subject], at=at, asked_by=asked_by))
    return {channel: asked.judge(subject, Deed(channel=channel, at=at)) for channel in CHANNELS}


class Questions:
    """Many questions put at once: a bank's own rules are read once for each bank."""

    def __init__(self, session: Session, known: Mapping[tuple[UUID, UUID], Knowledge]) -> None:
        self._session = session
        self._known = known
        self._own: dict[tuple[UUID, date], Pack | None] = {}

    def judge(self, subject: Subject, deed: Deed) -> Judgement:
        """Answer one question."""
        facts, packs = self.asked(subject, deed)
        return judge(facts, packs)

    def asked(self, subject: Subject, deed: Deed) -> tuple[ContactFacts, tuple[Pack, ...]]:
        """Return the facts of one question, and the packs it is put to."""
        on = deed.at.astimezone(UTC).date()
        key = (subject.bank_id, on)
        if key not in self._own:
            self._own[key] = bank_rules.find_pack(self._session, subject.bank_id, on)
        own = self._own[key]
        packs = load_packs(jurisdictions_for(subject.country, subject.state), on)
        facts = contact_facts(
            subject,
            self._known[subject.bank_id, subject.debtor_id],
            deed,
            made_by=subject.agency_id,
            balance_days=bank_rules.balance_days(own),
        )
        return facts, packs if own is None else (*packs, own)
