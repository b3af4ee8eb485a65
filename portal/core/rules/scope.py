"""Which past contacts belong to one count: same collector, person, debt, creditor or number."""

from __future__ import annotations

import re
from enum import StrEnum

from portal.core.rules.facts import PastContact
from portal.core.rules.known import Known, counted_to
from portal.core.rules.objects import Id

_NOT_ADDRESS = re.compile(r"[\s().-]")


class Scope(StrEnum):
    """A dimension a count is kept apart by."""

    AGENCY = "agency"
    PERSON = "person"
    ACCOUNT = "account"
    CREDITOR = "creditor"
    ADDRESS = "address"


def debt_of(known: Known, account_id: Id, merged_kinds: frozenset[str]) -> object:
    """Return the particular debt an account belongs to.

    Student loans under one servicing account number are one debt; every other account is its own.
    """
    if merged_kinds:
        account = known.account(account_id)
        if account is not None and account.servicing_key and account.kind in merged_kinds:
            return ("servicing", account.servicing_key)
    return account_id


def own_debts(known: Known, merged_kinds: frozenset[str]) -> frozenset[object]:
    """Return the debts an act counts to: those it names, or every one when it names none."""
    facts = known.facts
    ids = (*facts.account_ids, *facts.discussed_ids) or tuple(a.id for a in facts.accounts)
    return frozenset(debt_of(known, i, merged_kinds) for i in ids)


def is_among(known: Known, debt: object, ids: tuple[Id, ...], merged_kinds: frozenset[str]) -> bool:
    """Tell whether a debt is among those some accounts belong to; none named may be any."""
    if not ids or debt in ids:
        return True
    return bool(merged_kinds) and any(debt_of(known, i, merged_kinds) == debt for i in ids)


def same_address(one: str | None, other: str | None) -> bool | None:
    """Tell whether two numbers or addresses are one; None when either is unknown."""
    if one is None or other is None:
        return None
    return _NOT_ADDRESS.sub("", one).casefold() == _NOT_ADDRESS.sub("", other).casefold()


def in_scope(known: Known, past: PastContact, scope: frozenset[Scope]) -> bool:
    """Tell whether a past contact shares every dimension asked for, but the debt.

    What is not recorded of the past contact is taken to be the same: a gap never hides a contact.
    """
    facts = known.facts
    if Scope.PERSON in scope and past.person_id not in (None, facts.person_id):
        return False
    if Scope.AGENCY in scope and past.agency_id not in (None, facts.agency_id):
        return False
    if Scope.ADDRESS in scope and same_address(past.address, facts.address) is False:
        return False
    return Scope.CREDITOR not in scope or _same_creditor(known, past)


def _same_creditor(known: Known, past: PastContact) -> bool:
    mine = {account.creditor_id for account in known.accounts()}
    theirs: set[Id | None] = {past.creditor_id} if past.creditor_id is not None else set()
    if not theirs:
        accounts = [known.account(i) for i in counted_to(past)]
        theirs = {account.creditor_id for account in accounts if account is not None}
    return not mine or not theirs or None in mine | theirs or bool(mine & theirs)
