"""Providers for the tests of single sign-on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.core.permissions import Role
from tests.support.identity import StrictProvider, set_up
from tests.support.people import address, invite


@pytest.fixture
def provider() -> Iterator[StrictProvider]:
    """Return a strict provider, running."""
    with StrictProvider() as running:
        yield running


@pytest.fixture
def other_provider() -> Iterator[StrictProvider]:
    """Return another strict provider, running."""
    with StrictProvider() as running:
        yield running


@pytest.fixture
def bank(make, provider):
    """Return a bank whose people sign in through the provider."""
    bank = make.bank()
    set_up(bank.id, provider)
    return bank


@pytest.fixture
def invited(bank, provider):
    """Return the address of somebody invited, whom the provider vouches for."""
    email = address()
    invite(bank, Role.VENDOR_MANAGER, email=email)
    provider.person = {"sub": "person-1", "email": email, "email_verified": True}
    return email
