"""A bank's plan policy: what it accepts without asking a person, in force from a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.money import is_currency
from portal.core.permissions import Permission
from portal.core.plans.models import PlanPolicy
from portal.core.principal import Principal
from portal.core.rules.plans import LONGEST_MONTHS, Band


@dataclass(frozen=True)
class PolicyTerms:
    """What a policy says. Amounts are minor units; `bands` rise, and the last has no end."""

    currency: str
    bands: tuple[Band, ...]
    start_within_days: int
    minimum_payment_minor: int
    grace_days: int = 5
    answer_days: int = 3
    misses_that_end: int = 2
    charges_paused: bool = False


def set_plan_policy(
    session: Session,
    actor: Principal,
    terms: PolicyTerms,
    *,
    effective_from: date,
    today: date,
) -> PlanPolicy:
    """Put a plan policy of the acting bank in force from a day on; earlier ones stay on record.

    Plans that run keep the policy they were accepted under.

    Raises:
        PermissionDenied: the actor sets no policies.
        NotFound: the actor is not a bank's.
        Invalid: the bands do not rise to one without an end, an amount or a length makes no
            sense, or the day is past.
        Conflict: a policy in this currency begins on that day already.
    """
    actor.require(Permission.POLICY_SET)
    if actor.bank_id is None:
        raise NotFound
    _check_terms(terms)
    if effective_from < today:
        raise Invalid("A policy cannot begin in the past. Choose today or a later day.")
    taken = session.scalar(
        select(PlanPolicy.id).where(
            PlanPolicy.bank_id == actor.bank_id,
            PlanPolicy.currency == terms.currency,
            PlanPolicy.effective_from == effective_from,
        )
    )
    if taken is not None:
        raise Conflict("A policy begins on that day already. Choose a later day.")
    policy = PlanPolicy(
        bank_id=actor.bank_id,
        id=uuid7(),
        effective_from=effective_from,
        made_by=actor.user_id,
        **{**vars(terms), "bands": [asdict(band) for band in terms.bands]},
    )
    session.add(policy)
    session.flush()
    audit.record(session, actor, "policy.set", policy.id)
    return policy


def _check_terms(terms: PolicyTerms) -> None:
    if not is_currency(terms.currency):
        raise Invalid("Choose the currency the policy is for.")
    if terms.minimum_payment_minor <= 0:
        raise Invalid("The smallest payment has to be above zero.")
    _check_bands(terms.bands)


def _check_bands(bands: Sequence[Band]) -> None:
    if not bands or bands[-1].up_to_minor is not None:
        raise Invalid("The last band has to be without an end: leave its upper balance empty.")
    ends = [band.up_to_minor for band in bands[:-1]]
    if any(end is None for end in ends) or ends != sorted(set(ends), key=lambda end: end or 0):
        raise Invalid("The upper balances of the bands have to rise.")
    for band in bands:
        if band.minimum_minor <= 0 or not 1 <= band.most_months <= LONGEST_MONTHS:
            raise Invalid(
                "Each band needs an amount above zero and from 1 to %(most)d months.",
                most=LONGEST_MONTHS,
            )


def list_policies(session: Session, bank_id: UUID) -> list[PlanPolicy]:
    """Return a bank's policies by currency, the newest of each first."""
    return list(
        session.scalars(
            select(PlanPolicy)
            .where(PlanPolicy.bank_id == bank_id)
            .order_by(PlanPolicy.currency, PlanPolicy.effective_from.desc(), PlanPolicy.id)
        )
    )
