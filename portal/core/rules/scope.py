"""Which past contacts belong to one count: same collector, person, debt, creditor or number."""

from __future__ import annotations

from enum import StrEnum

from portal.core.rules.facts import PastContact
from portal.core.rules.known import Known, counted_to
from portal.core.rules.objects import Id

_MARKS = dict.fromkeys(map(ord, "().-"))


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


def own_debts(known: Known, merged_kinds: frozenset[str]) -> list[object]:
    """Return the debts an act counts to, each once: those it names, or all when it names none."""
    facts = known.facts
    ids = (*facts.account_ids, *facts.discussed_ids) or tuple(a.id for a in facts.accounts)
    if len(ids) == 1:
        return [debt_of(known, ids[0], merged_kinds)]
    return sorted({debt_of(known, i, merged_kinds) for i in ids}, key=str)


def is_among(known: Known, debt: object, ids: tuple[Id, ...], merged_kinds: frozenset[str]) -> bool:
    """Tell whether a debt is among those some accounts belong to; none named may be any."""
    if not ids or debt in ids:
        return True
    return bool(merged_kinds) and any(debt_of(known, i, merged_kinds) == debt for i in ids)


def same_address(one: str | None, other: str | None) -> bool | None:
    """Tell whether two numbers or addresses are one; None when either is unknown."""
    if one is None or other is None:
        return None
    return one == other or _bare(one) == _bare(other)


def _bare(address: str) -> str:
    return "".join(address.split()).translate(_MARKS).casefold()


def in_scope(
    known: Known, contacts: list[PastContact], scope: frozenset[Scope]
) -> list[PastContact]:
    """Return the past contacts that share every dimension asked for, but the debt.

    What is not recorded of a past contact is taken to be the same: a gap never hides a contact.
    """
    facts = known.facts
    if Scope.PERSON in scope:
        person = facts.person_id
        contacts = [past for past in contacts if past.person_id in (None, person)]
    if Scope.AGENCY in scope:
        agency = facts.agency_id
        contacts = [past for past in contacts if past.agency_id in (None, agency)]
    if Scope.ADDRESS in scope and facts.address is not None:
        mine = facts.address
        contacts = [past for past in contacts if same_address(past.address, mine) is not False]
    return _of_same_creditor(known, contacts) if Scope.CREDITOR in scope else contacts


def _of_same_creditor(known: Known, contacts: list[PastContact]) -> list[PastContact]:
    mine = {account.creditor_id for account in known.accounts()}
    if not mine or None in mine:
        return contacts
    return [past for past in contacts if not _creditors(known, past).isdisjoint((*mine, None))]


def _creditors(known: Known, past: PastContact) -> set[Id | None]:
    """Return whose debts a contact counted to; None stands for a creditor nobody knows."""
    if past.creditor_id is not None:
        return {past.creditor_id}
    accounts = [known.account(i) for i in counted_to(past)]
    return {account.creditor_id for account in accounts if account is not None} or {None}
