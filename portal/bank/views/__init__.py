"""The routes of this side, one module per noun."""

from portal.bank.blueprint import bp
from portal.bank.views import (
    account,
    accounts,
    agencies,
    breaches,
    compliance,
    contacts,
    holds,
    home,
    imports,
    organisation,
    own_rules,
    packs,
    permits,
    plan_policies,
    recoveries,
    referrals,
)

__all__ = [
    "account",
    "accounts",
    "agencies",
    "bp",
    "breaches",
    "compliance",
    "contacts",
    "holds",
    "home",
    "imports",
    "organisation",
    "own_rules",
    "packs",
    "permits",
    "plan_policies",
    "recoveries",
    "referrals",
]
