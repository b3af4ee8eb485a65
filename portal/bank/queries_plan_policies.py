"""Read model of the plan policy page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.money import Money
from portal.core.plans.models import PlanPolicy
from portal.core.plans.policies import list_policies

#: What a bank without accounts may set a policy for.
_USUAL = ("USD", "CNY", "EUR", "GBP")


@dataclass(frozen=True)
class PolicyView:
    """One policy and when it holds."""

    policy: PlanPolicy
    current: bool
    coming: bool

    def money(self, minor: int | None) -> Money | None:
        """Return an amount of the policy; none stays none."""
        return None if minor is None else Money(minor, self.policy.currency)


@dataclass(frozen=True)
class PoliciesPage:
    """The policies of a bank, by currency, and the currencies it may set one for."""

    policies: list[PolicyView]
    currencies: list[str]
    without: list[str]

    def in_force(self, currency: str) -> PlanPolicy | None:
        """Return the policy that holds now for a currency."""
        return next(
            (
                view.policy
                for view in self.policies
                if view.current and view.policy.currency == currency
            ),
            None,
        )

    def begins(self, currency: str, day: date) -> bool:
        """Tell whether a policy of a currency begins on a day."""
        return any(
            view.policy.currency == currency and view.policy.effective_from == day
            for view in self.policies
        )


def get_policies(session: Session, bank_id: UUID, today: date) -> PoliciesPage:
    """Return the bank's policies: coming, in force, and past."""
    policies = list_policies(session, bank_id)
    used = list(
        session.scalars(select(Account.currency).where(Account.bank_id == bank_id).distinct())
    )
    views, seen = [], set()
    for policy in policies:
        coming = policy.effective_from > today
        current = not coming and policy.currency not in seen
        if current:
            seen.add(policy.currency)
        views.append(PolicyView(policy, current=current, coming=coming))
    known = {policy.currency for policy in policies}
    return PoliciesPage(
        policies=views,
        currencies=sorted({*used, *known}) or list(_USUAL),
        without=sorted(set(used) - seen),
    )
