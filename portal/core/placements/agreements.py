"""The agreement on a plan, written from what was accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core.accounts.locks import get_account
from portal.core.errors import Conflict
from portal.core.ledger.models import OWED_BOOKS, Book
from portal.core.money import Money
from portal.core.permissions import Permission
from portal.core.placements.letters import (
    Document,
    LetterFacts,
    find_letter,
    gather_facts,
    store_letter,
)
from portal.core.placements.models import Letter, LetterKind
from portal.core.plans.models import Plan, PlanPolicy
from portal.core.plans.proposals import get_plan
from portal.core.principal import Principal


@dataclass(frozen=True)
class AgreedPart:
    """One instalment as it was accepted, and what was left of the plan after it."""

    due_on: date
    amount: Money
    left: Money


@dataclass(frozen=True)
class AgreementFacts(LetterFacts):
    """What an agreement states beside: the plan, its parts, and the balance it was made on."""

    plan: Plan
    policy: PlanPolicy | None
    balance: dict[Book, Money]
    parts: tuple[AgreedPart, ...]
    language: str


ComposeAgreement = Callable[[AgreementFacts], Document]


def issue_agreement(
    session: Session,
    actor: Principal,
    plan_id: UUID,
    *,
    language: str,
    compose: ComposeAgreement,
    at: datetime,
) -> Letter:
    """Write the agreement on an accepted plan; a repeat returns the one that was written.

    It states what was shown and accepted, whatever was paid since.

    Raises:
        PermissionDenied: the actor issues no letters.
        NotFound: no such plan for this actor.
        Conflict: nobody accepted this plan.
    """
    actor.require(Permission.LETTER_ISSUE)
    plan = get_plan(session, plan_id)
    written = find_letter(session, plan.bank_id, LetterKind.AGREEMENT, plan.id)
    if written is not None:
        return written
    if plan.accepted_at is None:
        raise Conflict("Nobody accepted this plan.")
    facts = _facts(session, plan, language, at)
    return store_letter(
        session,
        facts,
        compose(facts),
        kind=LetterKind.AGREEMENT,
        subject_id=plan.id,
        issued_by=plan.debtor_id,
    )


def _facts(session: Session, plan: Plan, language: str, at: datetime) -> AgreementFacts:
    common = gather_facts(session, get_account(session, plan.account_id), at=at)
    shown = plan.evidence["shown"]
    return AgreementFacts(
        **vars(common),
        plan=plan,
        policy=session.get(PlanPolicy, (plan.bank_id, plan.policy_id)) if plan.policy_id else None,
        balance={
            book: Money(int(shown["balance"][book.value]), plan.currency) for book in OWED_BOOKS
        },
        parts=_parts(plan),
        language=language,
    )


def _parts(plan: Plan) -> tuple[AgreedPart, ...]:
    left = Money(plan.total_minor, plan.currency)
    parts = []
    for due_on, minor in plan.evidence["shown"]["parts"]:
        amount = Money(int(minor), plan.currency)
        left -= amount
        parts.append(AgreedPart(date.fromisoformat(due_on), amount, left))
    return tuple(parts)
