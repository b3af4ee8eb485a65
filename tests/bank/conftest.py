"""What tests of the bank's pages share: a clock that stands still, and a browser at a bank."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from portal.core import clock
from portal.core.parties.models import Bank
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from tests.support.factories import NOON
from tests.support.sign_in import Visitor

NOW = NOON + timedelta(hours=2)


@pytest.fixture(autouse=True)
def stand_still(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the clock that views read, and let a test set it."""

    def set_to(at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    set_to(NOW)
    return set_to


@pytest.fixture
def bank(make) -> Bank:
    """Return a bank of this test's own."""
    return make.bank()


@pytest.fixture
def browse(make, visit, bank) -> Callable[..., Visitor]:
    """Open a browser as somebody of the bank, a vendor manager unless another role is named."""

    def open_browser(
        role: Role = Role.VENDOR_MANAGER, *, at: Bank | None = None, language: str = "en"
    ) -> Visitor:
        person = make.staff(at or bank, role)
        visitor = visit(Principal.staff(Side.BANK, person.org_id, person.id, role))
        with visitor.client.session_transaction() as session:
            session["viewer"] = {"name": person.name, "organisation": "B", "zone": "UTC"}
            session["language"] = language
        visitor.client.set_cookie("language", language)
        return visitor

    return open_browser


def text_of(answer: TestResponse) -> str:
    """Return a page's text without its tags, one space between words."""
    body = answer.get_data(as_text=True)
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", body, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def bare(answer: TestResponse, *ids: object) -> str:
    """Return a page without what differs from one request to the next: tokens and the ids asked."""
    body = re.sub(r'value="[^"]{40,}"', "", answer.get_data(as_text=True))
    for one in ids:
        body = body.replace(str(one), "ID")
    return body
