"""Read models of a plan: what would be accepted, what was agreed, what is paid of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.placements.letters import find_letter
from portal.core.placements.models import Letter, LetterKind
from portal.core.plans.models import Instalment, Plan, PlanPolicy
from portal.core.plans.proposals import Proposal, find_live_plan, find_policy, propose_plan
from portal.core.principal import Principal
from portal.core.rules.plans import Ask
from portal.debtor.queries import Frame, find_frame


@dataclass(frozen=True)
class BuilderPage:
    """What the plan builder has to know before anything is typed."""

    frame: Frame
    currency: str
    owed: Money
    least: Money | None
    start_within_days: int | None
    live_plan: Plan | None


@dataclass(frozen=True)
class ProposalPage:
    """What was answered to what was asked for, and what a missed payment means."""

    frame: Frame
    asked: Ask
    proposal: Proposal
    grace_days: int
    misses_that_end: int
    charges_paused: bool


@dataclass(frozen=True)
class PlanPage:
    """A plan as it stands, instalment by instalment."""

    frame: Frame
    plan: Plan
    amount: Money
    total: Money
    paid: Money
    left: Money
    parts: tuple[Instalment, ...]
    next_part: Instalment | None
    next_amount: Money | None
    agreement: Letter | None
    is_live: bool
    grace_days: int


def builder_page(
    session: Session, actor: Principal, account_id: UUID, language: str, *, today: date
) -> BuilderPage:
    """Return what the plan builder shows.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.PLAN_READ)
    account = get_account(session, account_id)
    balance = session.get_one(Balance, (account.bank_id, account.id))
    policy = find_policy(session, account.bank_id, account.currency, on=today)
    return BuilderPage(
        frame=find_frame(session, account_id, language),
        currency=account.currency,
        owed=Money(balance.total_minor, balance.currency),
        least=Money(policy.minimum_payment_minor, account.currency) if policy else None,
        start_within_days=policy.start_within_days if policy else None,
        live_plan=find_live_plan(session, account.bank_id, account.id),
    )


def proposal_page(
    session: Session,
    actor: Principal,
    account_id: UUID,
    ask: Ask,
    language: str,
    *,
    today: date,
) -> ProposalPage:
    """Return what the bank's policy answers to what a person can manage.

    Raises:
        NotFound: no such account for this person.
        Invalid: what was asked for makes no sense.
        Conflict: the balance is being checked.
    """
    proposal = propose_plan(session, actor, account_id, ask, today=today)
    policy = proposal.policy
    return ProposalPage(
        frame=find_frame(session, account_id, language),
        asked=ask,
        proposal=proposal,
        grace_days=policy.grace_days if policy else 0,
        misses_that_end=policy.misses_that_end if policy else 2,
        charges_paused=policy.charges_paused if policy else False,
    )


def plan_page(
    session: Session, actor: Principal, account_id: UUID, language: str
) -> PlanPage | None:
    """Return the account's running plan, else the last one that was accepted; None without one.

    Raises:
        NotFound: no such account for this person.
    """
    actor.require(Permission.PLAN_READ)
    account = get_account(session, account_id)
    live = find_live_plan(session, account.bank_id, account.id)
    plan = live or _last_accepted(session, account.bank_id, account.id)
    if plan is None:
        return None
    parts = session.scalars(
        select(Instalment)
        .where(Instalment.bank_id == plan.bank_id, Instalment.plan_id == plan.id)
        .order_by(Instalment.number)
    ).all()
    policy = session.get(PlanPolicy, (plan.bank_id, plan.policy_id)) if plan.policy_id else None
    next_part = next((part for part in parts if part.state in ("due", "part_paid")), None)
    paid = sum(part.paid_minor for part in parts)
    return PlanPage(
        frame=find_frame(session, account_id, language),
        plan=plan,
        amount=Money(plan.amount_minor, plan.currency),
        total=Money(plan.total_minor, plan.currency),
        paid=Money(paid, plan.currency),
        left=Money(plan.total_minor - paid, plan.currency),
        parts=tuple(parts),
        next_part=next_part,
        next_amount=(
            Money(next_part.amount_minor - next_part.paid_minor, plan.currency)
            if next_part
            else None
        ),
        agreement=find_letter(session, plan.bank_id, LetterKind.AGREEMENT, plan.id),
        is_live=live is not None,
        grace_days=policy.grace_days if policy else 0,
    )


def _last_accepted(session: Session, bank_id: UUID, account_id: UUID) -> Plan | None:
    return session.scalars(
        select(Plan)
        .where(
            Plan.bank_id == bank_id,
            Plan.account_id == account_id,
            Plan.accepted_at.is_not(None),
        )
        .order_by(Plan.created_at.desc(), Plan.id.desc())
        .limit(1)
    ).one_or_none()
