"""Banks with rules of their own, and people with more than one account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from portal.core.accounts.models import Account, AccountState
from portal.core.actions.models import BankRules
from portal.core.actions.own_rules import set_rules
from portal.core.actions.own_settings_reading import read_settings
from portal.core.db import uuid7
from portal.core.ledger.models import Balance, Book, PostingKind
from portal.core.ledger.service import Move, post
from portal.core.money import Money
from portal.core.parties.models import Agency, Bank
from portal.core.principal import Principal
from portal.web.uow import transaction
from tests.support.factories import NOON, TODAY, Factory, MadeAccount


def own_rules(
    make: Factory, bank: Bank, *, effective_from: date = TODAY, **raw: object
) -> BankRules:
    """Give a bank rules of its own from a day on: its first ones, or the next version."""
    manager = make.vendor_manager(bank)
    day_before = NOON - timedelta(days=max((TODAY - effective_from).days, 0) + 1)
    with transaction(manager) as session:
        return set_rules(
            session,
            manager,
            read_settings(raw),
            effective_from=effective_from,
            note="",
            at=day_before,
            today=day_before.date(),
        )


def second_account(make: Factory, first: MadeAccount, agency: Agency) -> MadeAccount:
    """Give the person of an account another one at the same bank, placed with an agency."""
    made = replace(first, id=uuid7(), account_ref=f"{first.account_ref}-2")
    system = Principal.system(first.bank_id)
    with transaction(system) as session:
        like = session.scalars(select(Account).where(Account.id == first.id)).one()
        session.add(
            Account(
                bank_id=first.bank_id,
                id=made.id,
                debtor_id=first.debtor_id,
                account_ref=made.account_ref,
                product=like.product,
                currency=like.currency,
                itemisation_on=like.itemisation_on,
                past_due_since=like.past_due_since,
                months_past_due=like.months_past_due,
                state=AccountState.READY,
            )
        )
        session.flush()
        balance = Balance(
            bank_id=first.bank_id,
            account_id=made.id,
            debtor_id=first.debtor_id,
            currency=like.currency,
            principal_minor=0,
            interest_minor=0,
            fees_minor=0,
            costs_minor=0,
            verified_as_of=TODAY,
        )
        session.add(balance)
        session.flush()
        post(
            session,
            system,
            balance,
            kind=PostingKind.OPENING,
            cause=f"opening:{made.account_ref}",
            effective_on=date(2026, 10, 31),
            moves=[Move(Book.ORIGIN, Book.PRINCIPAL, Money(50_000, like.currency))],
        )
    make.place(made, agency)
    return made
