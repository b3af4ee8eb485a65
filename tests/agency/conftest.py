"""What tests of the agency's pages share: a clock that stands still, and a browser at an agency."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from portal.core import clock
from portal.core.parties.models import Agency
from portal.core.permissions import Role
from tests.support.factories import NOON
from tests.support.sign_in import Visitor

#: Two hours after the factory's placements: one in the afternoon in New York.
NOW = NOON + timedelta(hours=2)


@pytest.fixture(autouse=True)
def stand_still(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the clock that views read, and let a test set it."""

    def set_to(at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    set_to(NOW)
    return set_to


@pytest.fixture
def agency(make) -> Agency:
    """Return an agency of this test's own."""
    return make.agency()


@pytest.fixture
def browse(make, visit, agency) -> Callable[..., Visitor]:
    """Open a browser as somebody of the agency, a manager unless another role is named."""

    def open_browser(role: Role = Role.AGENCY_MANAGER, *, zone: str = "America/Chicago") -> Visitor:
        visitor = visit(make.agent(agency, role))
        with visitor.client.session_transaction() as session:
            session["viewer"] = {"name": "Test", "organisation": "Test", "zone": zone}
        return visitor

    return open_browser
