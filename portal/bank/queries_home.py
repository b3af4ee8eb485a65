"""Read model of the first page: what needs somebody, figures, and how far setting up has come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.core.accounts.models import Account, AccountState, ImportFile, ImportState
from portal.core.actions.models import Breach, BreachState, Permit, PermitState
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Agency, Bank, PanelMember
from portal.core.placements.models import Offer, OfferState, Referral
from portal.core.plans.models import Plan, PlanPolicy, PlanState
from portal.core.recoveries.models import Recovery, RecoveryState
from portal.core.rules import Verdict

RECENT = timedelta(days=30)


@dataclass(frozen=True)
class WaitingOffer:
    """An offer no agency has answered yet."""

    referral_id: UUID
    referral_ref: str
    agency: str
    accounts: int
    answer_by: datetime


@dataclass(frozen=True)
class Setup:
    """Which steps up to the first referral are done."""

    imported: bool
    confirmed: bool
    panel: bool
    policy: bool
    referred: bool


@dataclass(frozen=True)
class StateFigure:
    """How many accounts are in a state, and what is owed on them in one currency."""

    state: AccountState
    accounts: int
    owed: Money


@dataclass(frozen=True)
class Conduct:
    """What waits about contacts: broken rules, what a person judges, questions beforehand."""

    breaches: int
    reviews: int
    explained: int
    questions: int


@dataclass(frozen=True)
class HomePage:
    """What the first page shows."""

    states: list[StateFigure]
    owed: list[Money]
    unconfirmed: int
    to_verify: int
    to_verify_sums: list[Money]
    recovered: list[Money]
    offers: list[WaitingOffer]
    conduct: Conduct
    asked_plans: list[tuple[UUID, str, date | None]]
    setup: Setup


def get_home(session: Session, bank_id: UUID, *, at: datetime) -> HomePage:
    """Return what needs the bank now, with its figures, in six queries."""
    states, unconfirmed = _states(session, bank_id)
    zone, setup = _setup(session, bank_id, confirmed=bool(states) and unconfirmed == 0)
    today = at.astimezone(ZoneInfo(zone)).date()
    waiting, recovered = _recoveries(session, bank_id, today - RECENT)
    owed: defaultdict[str, int] = defaultdict(int)
    for figure in states:
        owed[figure.owed.currency] += figure.owed.minor
    return HomePage(
        states=states,
        owed=[Money(minor, code) for code, minor in sorted(owed.items())],
        unconfirmed=unconfirmed,
        to_verify=sum(count for count, _ in waiting),
        to_verify_sums=[total for _, total in waiting],
        recovered=recovered,
        offers=_offers(session, bank_id),
        conduct=_conduct(session, bank_id),
        asked_plans=_asked(session, bank_id),
        setup=setup,
    )


def _states(session: Session, bank_id: UUID) -> tuple[list[StateFigure], int]:
    rows = session.execute(
        select(
            Account.state,
            Account.currency,
            func.count().label("accounts"),
            func.sum(Balance.total_minor).label("owed"),
            func.count().filter(Balance.verified_as_of.is_(None)).label("unconfirmed"),
        )
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(Account.bank_id == bank_id)
        .group_by(Account.state, Account.currency)
        .order_by(Account.currency)
    ).all()
    figures = [StateFigure(r.state, r.accounts, Money(int(r.owed), r.currency)) for r in rows]
    order = list(AccountState)
    figures.sort(key=lambda figure: (figure.owed.currency, order.index(figure.state)))
    return figures, sum(row.unconfirmed for row in rows)


def _recoveries(
    session: Session, bank_id: UUID, since: date
) -> tuple[list[tuple[int, Money]], list[Money]]:
    waiting = Recovery.state == RecoveryState.REPORTED
    verified = and_(Recovery.state == RecoveryState.VERIFIED, Recovery.received_on > since)
    rows = session.execute(
        select(
            Recovery.currency,
            func.count().filter(waiting),
            func.coalesce(func.sum(Recovery.amount_minor).filter(waiting), 0),
            func.coalesce(func.sum(Recovery.amount_minor).filter(verified), 0),
        )
        .where(Recovery.bank_id == bank_id)
        .group_by(Recovery.currency)
        .order_by(Recovery.currency)
    ).all()
    return (
        [(count, Money(int(total), code)) for code, count, total, _ in rows if count],
        [Money(int(total), code) for code, _, _, total in rows],
    )


def _conduct(session: Session, bank_id: UUID) -> Conduct:
    is_open, review = Breach.state == BreachState.OPEN, Breach.verdict == Verdict.REVIEW
    questions = (
        select(func.count())
        .select_from(Permit)
        .where(Permit.bank_id == bank_id, Permit.state == PermitState.ASKED)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            func.count().filter(is_open, ~review),
            func.count().filter(is_open, review),
            func.count().filter(Breach.state == BreachState.EXPLAINED),
            questions,
        ).where(
            Breach.bank_id == bank_id,
            Breach.state.in_((BreachState.OPEN, BreachState.EXPLAINED)),
        )
    ).one()
    return Conduct(*row)


def _offers(session: Session, bank_id: UUID) -> list[WaitingOffer]:
    rows = session.execute(
        select(
            Offer.referral_id,
            Offer.referral_ref,
            Agency.name,
            Agency.name_zh,
            Offer.account_count,
            Offer.answer_by,
        )
        .join(Agency, Agency.id == Offer.agency_id)
        .where(Offer.bank_id == bank_id, Offer.state == OfferState.OFFERED)
        .order_by(Offer.answer_by, Offer.id)
        .limit(20)
    )
    return [_waiting(row) for row in rows]


def _waiting(row: Any) -> WaitingOffer:
    return WaitingOffer(
        referral_id=row.referral_id,
        referral_ref=row.referral_ref,
        agency=words.organisation(row.name, row.name_zh),
        accounts=row.account_count,
        answer_by=row.answer_by,
    )


def _asked(session: Session, bank_id: UUID) -> list[tuple[UUID, str, date | None]]:
    rows = session.execute(
        select(Account.id, Account.account_ref, Plan.answer_by)
        .join(Account, and_(Account.bank_id == Plan.bank_id, Account.id == Plan.account_id))
        .where(Plan.bank_id == bank_id, Plan.state == PlanState.ASKED)
        .order_by(Plan.answer_by, Plan.id)
        .limit(20)
    )
    return [(row.id, row.account_ref, row.answer_by) for row in rows]


def _setup(session: Session, bank_id: UUID, *, confirmed: bool) -> tuple[str, Setup]:
    """Return where the bank is, and which steps are done."""
    zone, imported, panel, policy, referred = session.execute(
        select(
            Bank.timezone,
            exists().where(
                ImportFile.bank_id == bank_id, ImportFile.state == ImportState.COMMITTED
            ),
            exists().where(PanelMember.bank_id == bank_id),
            exists().where(PlanPolicy.bank_id == bank_id),
            exists().where(Referral.bank_id == bank_id),
        ).where(Bank.id == bank_id)
    ).one()
    return zone, Setup(imported, confirmed, panel, policy, referred)
