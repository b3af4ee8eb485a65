"""A bank that takes payments through a provider in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.factories import Factory, MadeAccount
from tests.support.gateway import FakeGateway, paying_through
from tests.support.payments import take_payments


@pytest.fixture
def gateway(app: Flask) -> Iterator[FakeGateway]:
    """Return the provider that the application pays through in this test."""
    with paying_through(app, FakeGateway()) as fake:
        yield fake


@pytest.fixture
def made(make: Factory, gateway: FakeGateway) -> MadeAccount:
    """Return an account of 2,467.37 placed with an agency, at a bank that takes payments."""
    account = make.account(agency=make.agency())
    take_payments(account.bank)
    return account
