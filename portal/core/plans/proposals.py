"""What a bank's policy answers to what a person can manage, and the version of that answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.accounts.models import Account
from portal.core.errors import Conflict, NotFound
from portal.core.ledger.itemisation import Itemisation, itemise
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.plans.models import LIVE_PLAN_STATES, Plan, PlanPolicy
from portal.core.principal import Principal
from portal.core.rules import plans as rules


@dataclass(frozen=True)
class Proposal:
    """An answer together with what it rests on; `version` changes when any of that changes."""

    account: Account
    itemisation: Itemisation
    verified_on: date | None
    policy: PlanPolicy | None
    answer: rules.Answer
    version: str

    @property
    def balance(self) -> Money:
        """Return what is owed, added up from the ledger."""
        return self.itemisation.now


def find_policy(session: Session, bank_id: UUID, currency: str, *, on: date) -> PlanPolicy | None:
    """Return the plan policy a bank has in force on a day for a currency."""
    return session.scalars(
        select(PlanPolicy)
        .where(
            PlanPolicy.bank_id == bank_id,
            PlanPolicy.currency == currency,
            PlanPolicy.effective_from <= on,
        )
        .order_by(PlanPolicy.effective_from.desc(), PlanPolicy.id.desc())
        .limit(1)
    ).one_or_none()


def get_plan(session: Session, plan_id: UUID) -> Plan:
    """Return a plan this principal may see.

    Raises:
        NotFound: there is none, or it is another party's.
    """
    plan = session.scalars(select(Plan).where(Plan.id == plan_id)).one_or_none()
    if plan is None:
        raise NotFound
    return plan


def find_live_plan(session: Session, bank_id: UUID, account_id: UUID) -> Plan | None:
    """Return the one plan of an account that runs or waits for an answer."""
    return session.scalars(_live(bank_id, account_id)).one_or_none()


def lock_live_plan(session: Session, bank_id: UUID, account_id: UUID) -> Plan | None:
    """Lock and return the one plan of an account that runs or waits; the account comes first."""
    return session.scalars(
        _live(bank_id, account_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def _live(bank_id: UUID, account_id: UUID) -> Select[Plan]:
    return select(Plan).where(
        Plan.bank_id == bank_id,
        Plan.account_id == account_id,
        Plan.state.in_(LIVE_PLAN_STATES),
    )


def propose_plan(
    session: Session, actor: Principal, account_id: UUID, ask: rules.Ask, *, today: date
) -> Proposal:
    """Answer what a person can manage, on the balance as the ledger has it now.

    Without a verified balance, or without a policy, a person at the bank answers.

    Raises:
        PermissionDenied: the actor reads no plans.
        NotFound: no such account for this actor.
        Conflict: the ledger and the balance differ; nobody is offered anything on it.
        Invalid: what was asked for makes no sense; see `rules.plans`.
    """
    actor.require(Permission.PLAN_READ)
    account = get_account(session, account_id)
    balance = session.get(Balance, (account.bank_id, account.id), populate_existing=True)
    if balance is None:
        raise NotFound
    found = itemise(
        session,
        account.bank_id,
        account.id,
        on=account.itemisation_on,
        currency=account.currency,
    )
    if found.now.minor != balance.total_minor:
        raise Conflict("This account's balance is being checked. Please try again later.")
    policy = find_policy(session, account.bank_id, account.currency, on=today)
    usable = policy if balance.verified_as_of is not None else None
    return Proposal(
        account=account,
        itemisation=found,
        verified_on=balance.verified_as_of,
        policy=policy,
        answer=rules.answer(found.now, ask, _rules_of(usable), today),
        version=_version(account, found.now, balance.verified_as_of, policy, ask),
    )


def _rules_of(policy: PlanPolicy | None) -> rules.Policy | None:
    if policy is None:
        return None
    return rules.Policy(
        bands=tuple(rules.Band(**band) for band in policy.bands),
        start_within_days=policy.start_within_days,
        minimum_payment_minor=policy.minimum_payment_minor,
        answer_days=policy.answer_days,
    )


def _version(
    account: Account,
    balance: Money,
    verified_on: date | None,
    policy: PlanPolicy | None,
    ask: rules.Ask,
) -> str:
    told = (
        account.id,
        balance.minor,
        balance.currency,
        verified_on,
        policy.id if policy else "",
        ask.amount.minor,
        ask.frequency,
        ask.starts_on,
    )
    return hashlib.sha256("|".join(str(part) for part in told).encode()).hexdigest()[:32]
