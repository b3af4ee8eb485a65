"""Asking a person at the bank for a plan that no rule says yes to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core import audit, idempotency, outbox
from portal.core.accounts.locks import lock_account
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid
from portal.core.permissions import Permission
from portal.core.plans.accept import request_of
from portal.core.plans.models import Frequency, Plan, PlanState
from portal.core.plans.proposals import Proposal, get_plan, lock_live_plan, propose_plan
from portal.core.principal import Principal
from portal.core.rules import plans as rules


def ask_person(
    session: Session,
    actor: Principal,
    account_id: UUID,
    ask: rules.Ask,
    *,
    key: str,
    at: datetime,
    today: date,
) -> Plan:
    """Ask a person at the bank for a plan that no rule says yes to; they answer by a day.

    The bank is told by e-mail, without a name or an amount in it.

    Raises:
        PermissionDenied, NotFound, Conflict: as when accepting.
        Invalid: what was asked for makes no sense, or would take more than ten years.
    """
    actor.require(Permission.PLAN_ACCEPT)
    before = idempotency.claim(
        session, actor, endpoint="plan.ask", key=key, request=request_of(account_id, ask, "")
    )
    if before is not None:
        return get_plan(session, UUID(before["plan_id"]))
    account = lock_account(session, account_id)
    if lock_live_plan(session, account.bank_id, account.id) is not None:
        raise Conflict("There is a plan on this account already.")
    proposal = propose_plan(session, actor, account_id, ask, today=today)
    if rules.is_too_long(proposal.balance, ask):
        raise Invalid("That plan would take more than ten years. Enter a larger amount.")
    plan = _add_asked(session, proposal, ask, at, today)
    idempotency.remember(
        session, actor, endpoint="plan.ask", key=key, answer={"plan_id": str(plan.id)}
    )
    audit.record(session, actor, "plan.asked", plan.id, chain_id=account.bank_id)
    outbox.enqueue(session, "tell_bank_of_ask", bank_id=str(plan.bank_id), plan_id=str(plan.id))
    return plan


def _add_asked(
    session: Session, proposal: Proposal, ask: rules.Ask, at: datetime, today: date
) -> Plan:
    account, policy = proposal.account, proposal.policy
    days = policy.answer_days if policy else rules.ANSWER_DAYS
    plan = Plan(
        bank_id=account.bank_id,
        id=uuid7(),
        account_id=account.id,
        debtor_id=account.debtor_id,
        agency_id=account.agency_id,
        policy_id=policy.id if policy else None,
        state=PlanState.ASKED,
        amount_minor=min(ask.amount.minor, proposal.balance.minor),
        total_minor=proposal.balance.minor,
        currency=account.currency,
        frequency=Frequency(ask.frequency),
        instalment_count=rules.count_parts(proposal.balance, ask),
        starts_on=ask.starts_on,
        balance_verified_on=proposal.verified_on,
        answer_by=today + timedelta(days=days),
        created_at=at,
    )
    session.add(plan)
    session.flush()
    return plan
