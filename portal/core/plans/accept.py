"""Accepting a plan as it was shown."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core import audit, faults, idempotency, outbox
from portal.core.accounts.locks import lock_account
from portal.core.db import uuid7
from portal.core.errors import Conflict
from portal.core.ledger.models import OWED_BOOKS
from portal.core.permissions import Permission
from portal.core.plans.models import (
    Frequency,
    Instalment,
    Plan,
    PlanState,
)
from portal.core.plans.proposals import (
    Proposal,
    get_plan,
    lock_live_plan,
    propose_plan,
)
from portal.core.principal import Principal
from portal.core.rules import plans as rules


@dataclass(frozen=True)
class Evidence:
    """How a plan was accepted, for whoever asks later: from where, on which text, in what words."""

    network_hash: bytes
    text_version: str
    language: str


def accept_plan(
    session: Session,
    actor: Principal,
    account_id: UUID,
    ask: rules.Ask,
    *,
    version: str,
    key: str,
    evidence: Evidence,
    at: datetime,
    today: date,
) -> Plan:
    """Accept a plan as it was shown, for the person who owes.

    The account is locked, the ledger added up anew, and the answer worked out again: only if it
    is the one whose `version` was shown does it become a plan. A plan that was waiting for a
    person gives way. The same key again returns the same plan. The agreement follows by a job.

    Raises:
        PermissionDenied: the actor accepts no plans.
        NotFound: no such account for this actor.
        Conflict: there is a plan already, or the offer is not the one that was shown.
    """
    actor.require(Permission.PLAN_ACCEPT)
    before = idempotency.claim(
        session,
        actor,
        endpoint="plan.accept",
        key=key,
        request=request_of(account_id, ask, version),
    )
    if before is not None:
        return get_plan(session, UUID(before["plan_id"]))
    account = lock_account(session, account_id)
    live = lock_live_plan(session, account.bank_id, account.id)
    if live is not None and live.state is not PlanState.ASKED:
        raise Conflict("There is a plan on this account already.")
    proposal = propose_plan(session, actor, account_id, ask, today=today)
    if proposal.version != version or not isinstance(proposal.answer, rules.Accepted):
        raise Conflict("Something changed since this page was shown. Please look at it again.")
    if live is not None:
        live.state = PlanState.CANCELLED
        session.flush()
    plan = _add_plan(session, actor, proposal, proposal.answer, evidence, at)
    faults.point("plans.accept.planned")
    idempotency.remember(
        session, actor, endpoint="plan.accept", key=key, answer={"plan_id": str(plan.id)}
    )
    audit.record(session, actor, "plan.accepted", plan.id, chain_id=account.bank_id)
    outbox.enqueue(
        session,
        "issue_agreement",
        bank_id=str(plan.bank_id),
        plan_id=str(plan.id),
        language=evidence.language,
    )
    return plan


def request_of(account_id: UUID, ask: rules.Ask, version: str) -> dict[str, object]:
    """Return what makes two requests for a plan the same request."""
    return {
        "account": str(account_id),
        "amount": ask.amount.minor,
        "frequency": ask.frequency,
        "starts_on": ask.starts_on.isoformat(),
        "version": version,
    }


def _add_plan(
    session: Session,
    actor: Principal,
    proposal: Proposal,
    answer: rules.Accepted,
    evidence: Evidence,
    at: datetime,
) -> Plan:
    account = proposal.account
    plan = Plan(
        bank_id=account.bank_id,
        id=uuid7(),
        account_id=account.id,
        debtor_id=account.debtor_id,
        agency_id=account.agency_id,
        policy_id=proposal.policy.id if proposal.policy else None,
        state=PlanState.ACTIVE,
        amount_minor=answer.ask.amount.minor,
        total_minor=proposal.balance.minor,
        currency=account.currency,
        frequency=Frequency(answer.ask.frequency),
        instalment_count=len(answer.parts),
        starts_on=answer.ask.starts_on,
        balance_verified_on=proposal.verified_on,
        accepted_at=at,
        evidence=_evidence(actor, proposal, answer, evidence, at),
        created_at=at,
    )
    session.add(plan)
    session.flush()
    session.add_all(_instalment(plan, part) for part in answer.parts)
    session.flush()
    return plan


def _instalment(plan: Plan, part: rules.Part) -> Instalment:
    return Instalment(
        bank_id=plan.bank_id,
        id=uuid7(),
        plan_id=plan.id,
        account_id=plan.account_id,
        debtor_id=plan.debtor_id,
        agency_id=plan.agency_id,
        number=part.number,
        due_on=part.due_on,
        amount_minor=part.amount.minor,
        currency=part.amount.currency,
    )


def _evidence(
    actor: Principal,
    proposal: Proposal,
    answer: rules.Accepted,
    evidence: Evidence,
    at: datetime,
) -> dict[str, Any]:
    shown = {
        "balance": {book.value: proposal.itemisation.owed_in(book).minor for book in OWED_BOOKS},
        "currency": proposal.account.currency,
        "verified_on": str(proposal.verified_on),
        "parts": [[part.due_on.isoformat(), part.amount.minor] for part in answer.parts],
    }
    canonical = json.dumps(shown, sort_keys=True)
    return {
        "by": str(actor.user_id),
        "at": at.isoformat(),
        "network": evidence.network_hash.hex(),
        "text": evidence.text_version,
        "language": evidence.language,
        "shown": shown,
        "sha256": hashlib.sha256(canonical.encode()).hexdigest(),
    }
