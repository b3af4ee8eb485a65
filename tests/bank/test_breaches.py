"""Breaches: each in words with its citation, by rule, agency and day."""

from __future__ import annotations

from datetime import datetime

import pytest

from portal.bank import paging
from portal.core.actions.service import log_call
from portal.core.db import uuid7
from portal.core.rules import Outcome
from tests.bank.conftest import text_of
from tests.support.factories import NOON

#: Half past nine in the evening in New York, three days in a row after the placement.
LATE = [datetime.fromisoformat(f"2026-11-{day}T21:30-05:00") for day in (25, 26, 27)]


def _late(make, acting_as, made, at=LATE[0]):
    agent = make.agent(made.agency)
    with acting_as(agent) as session:
        log_call(session, agent, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=LATE[-1])


@pytest.fixture
def broken(make, acting_as, bank):
    """Return two accounts with different agencies, called too late twice and once."""
    accounts = [make.account(bank=bank, agency=make.agency()) for _ in range(2)]
    _late(make, acting_as, accounts[0], LATE[0])
    _late(make, acting_as, accounts[0], LATE[1])
    _late(make, acting_as, accounts[1], LATE[2])
    return accounts


def test_a_breach_is_told_in_words_with_its_citation_and_its_account(broken, browse):
    page = browse().get("/bank/breaches")

    text = text_of(page)
    assert (
        "9:30 PM in New York is outside the hours allowed there, 8:00 AM–9:00 PM."
        " 12 CFR 1006.6(b)(1)(i)"
    ) in text.replace("\u00a0", " ")
    assert "Not allowed" in text
    assert f"/bank/accounts/{broken[0].id}?tab=actions" in page.get_data(as_text=True)
    assert "3 of 3" in text


def test_rules_are_counted_by_agency(broken, browse):
    text = text_of(browse().get("/bank/breaches"))

    by_name = sorted(broken, key=lambda made: (made.agency.name, made.agency.id))
    counts = [{broken[0].id: 2, broken[1].id: 1}[made.id] for made in by_name]
    table = text.split("By rule and agency")[2]
    assert " ".join(str(count) for count in [*counts, 3]) in table


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("agency={agency}", [1]),
        ("rule=US-REGF-6B1-HOURS", [0, 1]),
        ("rule=nonsense", [0, 1]),
        ("from_on=2026-11-27", [1]),
        ("to_on=2026-11-26", [0]),
        ("from_on=2026-11-26&to_on=2026-11-26", [0]),
        ("from_on=&to_on=&rule=&agency=&kind=", [0, 1]),
        ("kind=review", []),
        ("agency=nonsense", [0, 1]),
        ("after=nonsense", [0, 1]),
    ],
)
def test_each_filter_finds_what_it_says(broken, browse, query, found):
    body = (
        browse()
        .get(f"/bank/breaches?{query.format(agency=broken[1].agency.id)}")
        .get_data(as_text=True)
    )

    shown = [index for index, made in enumerate(broken) if f"/{made.id}?" in body]
    assert shown == found


def test_a_day_that_is_none_is_answered_by_name(broken, browse):
    page = browse().get("/bank/breaches?from_on=yesterday")

    assert page.status_code == 422
    assert "Enter a day, like 2026-11-24." in text_of(page)


def test_pages_go_on_by_key(broken, browse, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_ROWS", 2)
    visitor = browse()

    first = visitor.get("/bank/breaches").get_data(as_text=True)
    link = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = visitor.get(link).get_data(as_text=True)

    assert first.count("?tab=actions") == 2
    assert second.count("?tab=actions") == 1
    assert 'rel="prev"' in second


def test_without_breaches_the_page_says_so(browse):
    assert "No breach matches" in text_of(browse().get("/bank/breaches"))


@pytest.mark.abuse("A1")
def test_another_banks_breaches_are_not_there(make, acting_as, browse):
    foreign = make.account(agency=make.agency())
    _late(make, acting_as, foreign)
    visitor = browse()

    for query in ("", f"?agency={foreign.agency.id}", f"?after={NOON.isoformat()}~{uuid7()}"):
        text = text_of(visitor.get(f"/bank/breaches{query}"))
        assert "No breach matches" in text
        assert foreign.account_ref not in text
        assert foreign.agency.name not in text
