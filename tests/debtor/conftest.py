"""A person with a placed account at a bank that takes payments and has a plan policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.core.principal import Principal
from tests.support.factories import Factory, MadeAccount
from tests.support.payments import take_payments
from tests.support.sign_in import Visitor


@pytest.fixture
def made(app: Flask, make: Factory) -> MadeAccount:
    """Return an account of 2,467.37 placed with an agency."""
    account = make.account(agency=make.agency())
    make.plan_policy(account.bank)
    take_payments(account.bank)
    return account


@pytest.fixture
def person(made: MadeAccount, visit: Callable[[Principal | None], Visitor]) -> Visitor:
    """Return the person's browser, signed in."""
    return visit(made.debtor)
