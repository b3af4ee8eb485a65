"""What happens to a plan's instalments: money pays them, time misses them, an end cancels them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.accounts.locks import lock_account
from portal.core.accounts.models import Account
from portal.core.db import uuid7
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.plans.models import (
    Instalment,
    InstalmentState,
    Plan,
    PlanPolicy,
    PlanState,
)
from portal.core.plans.proposals import lock_live_plan
from portal.core.principal import Principal
from portal.core.rules import plans as rules

RUNNING = (PlanState.ACTIVE, PlanState.IN_CURE)
STILL_DUE = (InstalmentState.DUE, InstalmentState.PART_PAID)
_GRACE_DAYS, _MISSES_THAT_END = 5, 2


def pay_instalments(
    session: Session, account: Account, amount: Money, *, owed_after: Money
) -> Plan | None:
    """Close a running plan's instalments with money that came in, oldest first.

    The caller has locked the account. More than is due pays the next ones early. When nothing is
    owed any more the plan is completed and what was still due of it is cancelled. Returns the
    plan, if there is one.
    """
    plan = lock_live_plan(session, account.bank_id, account.id)
    if plan is None:
        return None
    rest = amount.minor
    for part in _still_due(session, plan):
        if rest <= 0:
            break
        paid = min(rest, part.amount_minor - part.paid_minor)
        part.paid_minor += paid
        rest -= paid
        whole = part.paid_minor == part.amount_minor
        part.state = InstalmentState.PAID if whole else InstalmentState.PART_PAID
    if not owed_after:
        _cancel_rest(session, plan)
        plan.state = PlanState.COMPLETED if plan.accepted_at else PlanState.CANCELLED
    elif plan.state is PlanState.IN_CURE:
        plan.state = PlanState.ACTIVE
    session.flush()
    return plan


def stop_plan(session: Session, actor: Principal, account_id: UUID) -> Plan:
    """Stop the running or waiting plan of an account for the person who owes; no reason is asked.

    What is left is owed as before the plan.

    Raises:
        PermissionDenied: the actor stops no plans.
        NotFound: no such account for this actor, or no plan on it.
    """
    actor.require(Permission.PLAN_ACCEPT)
    account = lock_account(session, account_id)
    plan = lock_live_plan(session, account.bank_id, account.id)
    if plan is None:
        raise NotFound
    plan.state = PlanState.CANCELLED
    _cancel_rest(session, plan)
    audit.record(session, actor, "plan.stopped", plan.id, chain_id=account.bank_id)
    return plan


def judge_instalments(session: Session, actor: Principal, *, today: date) -> int:
    """Mark what was missed on the acting bank's plans; the nightly monitor calls this.

    An instalment is missed when it is unpaid after its day and the days of grace. What is missing
    is added to the end of the plan; two misses in a row end it, one does not. Run again on the
    same day it finds nothing new. Returns how many were missed.
    """
    actor.require(Permission.PLAN_READ)
    late = session.execute(
        select(Instalment.account_id)
        .where(
            Instalment.bank_id == actor.bank_id,
            Instalment.state.in_(STILL_DUE),
            Instalment.due_on < today,
        )
        .distinct()
        .order_by(Instalment.account_id)
    ).scalars()
    return sum(_judge_plan(session, actor, account_id, today) for account_id in late.all())


def _judge_plan(session: Session, actor: Principal, account_id: UUID, today: date) -> int:
    account = lock_account(session, account_id)
    plan = lock_live_plan(session, account.bank_id, account.id)
    if plan is None or plan.state not in RUNNING:
        return 0
    policy = session.get(PlanPolicy, (plan.bank_id, plan.policy_id)) if plan.policy_id else None
    grace = policy.grace_days if policy else _GRACE_DAYS
    most = policy.misses_that_end if policy else _MISSES_THAT_END
    missed = [
        part for part in _still_due(session, plan) if part.due_on + timedelta(days=grace) < today
    ]
    for part in missed:
        part.state = InstalmentState.MISSED
        audit.record(session, actor, "instalment.missed", part.id, chain_id=plan.bank_id)
    if not missed:
        return 0
    session.flush()
    if _longest_run(_all_parts(session, plan)) >= most:
        plan.state = PlanState.DEFAULTED
        _cancel_rest(session, plan)
        audit.record(session, actor, "plan.defaulted", plan.id, chain_id=plan.bank_id)
    else:
        plan.state = PlanState.IN_CURE
        _append(session, plan, sum(part.amount_minor - part.paid_minor for part in missed))
    session.flush()
    return len(missed)


def _longest_run(parts: Sequence[Instalment]) -> int:
    longest = run = 0
    for part in parts:
        run = run + 1 if part.state is InstalmentState.MISSED else 0
        longest = max(longest, run)
    return longest


def _append(session: Session, plan: Plan, missing_minor: int) -> None:
    """Add what was missed as one more instalment at the end, in the plan's own rhythm."""
    number = plan.instalment_count + 1
    ask = rules.Ask(Money(plan.amount_minor, plan.currency), plan.frequency, plan.starts_on)
    plan.instalment_count = number
    session.add(
        Instalment(
            bank_id=plan.bank_id,
            id=uuid7(),
            plan_id=plan.id,
            account_id=plan.account_id,
            debtor_id=plan.debtor_id,
            agency_id=plan.agency_id,
            number=number,
            due_on=rules.due_day(ask, number),
            amount_minor=missing_minor,
            currency=plan.currency,
        )
    )


def _all_parts(session: Session, plan: Plan) -> Sequence[Instalment]:
    return session.scalars(
        select(Instalment)
        .where(Instalment.bank_id == plan.bank_id, Instalment.plan_id == plan.id)
        .order_by(Instalment.number)
        .execution_options(populate_existing=True)
    ).all()


def _still_due(session: Session, plan: Plan) -> list[Instalment]:
    return [part for part in _all_parts(session, plan) if part.state in STILL_DUE]


def _cancel_rest(session: Session, plan: Plan) -> None:
    session.flush()
    for part in _still_due(session, plan):
        part.state = InstalmentState.CANCELLED
    session.flush()
