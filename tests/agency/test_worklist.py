"""The worklist: what is on it, in which order, how it is searched, and as a file."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from portal.core.actions.service import log_call
from portal.core.actions.turns import refresh_turns
from portal.core.money import Money
from portal.core.permissions import Role
from portal.core.plans.promises import record_promise
from portal.core.principal import Principal
from portal.core.rules import Outcome
from portal.extensions import db
from tests.support.factories import NOON, TODAY

LATE_EVENING = NOON + timedelta(hours=11)


def names_on(page: str, accounts) -> list[str]:
    """Return which of the accounts are on a page, in its order."""
    return sorted((made.name for made in accounts if made.name in page), key=page.index)


def log(acting_as, agent, made, *, at):
    with acting_as(agent) as session:
        log_call(session, agent, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=at)


def test_a_row_says_who_what_and_whether_a_call_is_allowed(make, agency, browse, acting_as):
    made, agent = make.account(agency=agency), make.agent(agency)
    log(acting_as, agent, made, at=NOON + timedelta(hours=1))
    with acting_as(agent) as session:
        record_promise(
            session,
            agent,
            made.id,
            Money(50_000, "USD"),
            due_on=TODAY + timedelta(days=3),
            at=NOON,
            today=TODAY,
        )

    page = browse().get("/agency/accounts").get_data(as_text=True)

    assert f'<a href="/agency/accounts/{made.id}">{made.name}</a>' in page
    for text in (made.account_ref, made.bank.name, "$2,467.37", "24 November 2026", "No answer"):
        assert text in page
    assert "Yes, now" in page
    assert "promised for 27 November 2026" in page
    assert "1 account · " in page


@pytest.mark.parametrize(
    ("hours", "word"),
    [(2, "Yes, now"), (11, "Not today"), (14, "From 7:00\u00a0AM"), (0 - 5, "From 7:00\u00a0AM")],
)
def test_the_call_column_says_when_calls_open(make, agency, browse, stand_still, hours, word):
    make.account(agency=agency)
    stand_still(NOON + timedelta(hours=hours))

    page = browse().get("/agency/accounts").get_data(as_text=True)

    assert word in page


def test_a_person_decides_where_no_zone_is_on_file(make, agency, browse):
    make.account(agency=agency, zones=())

    assert "A person decides" in browse().get("/agency/accounts").get_data(as_text=True)


def test_accounts_nobody_worked_on_come_first_then_the_longest_ago(make, agency, browse, acting_as):
    recent, never, old = (make.account(agency=agency) for _ in range(3))
    agent = make.agent(agency)
    log(acting_as, agent, old, at=NOON + timedelta(minutes=10))
    log(acting_as, agent, recent, at=NOON + timedelta(minutes=50))

    page = browse().get("/agency/accounts?sort=last").get_data(as_text=True)

    accounts = [recent, never, old]
    assert names_on(page, accounts) == [never.name, old.name, recent.name]


def test_the_largest_balance_can_come_first(make, agency, browse):
    small = make.account(agency=agency, principal=1_000, interest=0, fees=0)
    large = make.account(agency=agency, principal=900_000)

    page = browse().get("/agency/accounts?sort=balance").get_data(as_text=True)

    assert names_on(page, [small, large]) == [large.name, small.name]


@pytest.mark.parametrize("sort", ["last", "balance"])
def test_pages_follow_each_other_without_gap_or_repeat_and_lead_back(
    make, agency, browse, acting_as, sort
):
    bank = make.bank()
    # Ties lie across the edges of pages in either order.
    accounts = [
        make.account(bank=bank, agency=agency, principal=100_000 + n // 3) for n in range(53)
    ]
    agent = make.agent(agency)
    for number, made in enumerate(accounts[:30]):
        log(acting_as, agent, made, at=NOON + timedelta(minutes=number // 2))
    visitor = browse()

    pages = [visitor.get(f"/agency/accounts?sort={sort}").get_data(as_text=True)]
    while (onward := link(pages[-1], "next")) is not None:
        pages.append(visitor.get(onward).get_data(as_text=True))
    seen = [name for page in pages for name in names_on(page, accounts)]
    back = visitor.get(link(pages[-1], "prev")).get_data(as_text=True)

    assert sorted(seen) == sorted(made.name for made in accounts)
    assert [len(names_on(page, accounts)) for page in pages] == [25, 25, 3]
    assert names_on(back, accounts) == names_on(pages[1], accounts)
    first = visitor.get(link(back, "prev")).get_data(as_text=True)
    assert names_on(first, accounts) == names_on(pages[0], accounts)
    assert link(first, "prev") is None


def link(page: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found.group(1).replace("&amp;", "&") if found else None


def test_only_accounts_that_may_be_called_now_are_kept(make, agency, browse, stand_still):
    awake = make.account(agency=agency, zones=("America/Los_Angeles",), state="CA")
    asleep = make.account(agency=agency, zones=("America/New_York",))
    stand_still(LATE_EVENING)

    page = browse().get("/agency/accounts?now=1").get_data(as_text=True)

    assert names_on(page, [awake, asleep]) == [awake.name]
    assert "The rules were asked about 2 accounts." in page


def test_when_nobody_may_be_called_the_list_says_so(make, agency, browse, stand_still):
    make.account(agency=agency)
    stand_still(LATE_EVENING)

    page = browse().get("/agency/accounts?now=1").get_data(as_text=True)

    assert "No account matches" in page


@pytest.mark.parametrize("part", ["name", "account_ref"])
def test_a_search_finds_part_of_a_name_or_number(make, agency, browse, part):
    wanted, other = make.account(agency=agency), make.account(agency=agency)
    asked = getattr(wanted, part)[3:].upper()

    page = browse().get("/agency/accounts", query_string={"q": asked}).get_data(as_text=True)

    assert names_on(page, [wanted, other]) == [wanted.name]
    assert "1 account · " in page


@pytest.mark.parametrize("q", ["%", "_", "/", "' OR 1=1 --", "\\"])
def test_signs_of_patterns_are_only_signs(make, agency, browse, q):
    make.account(agency=agency)

    page = browse().get("/agency/accounts", query_string={"q": q})

    assert page.status_code == 200
    assert "No account matches" in page.get_data(as_text=True)


def test_one_banks_accounts_can_be_asked_for(make, agency, browse):
    wanted, other = make.account(agency=agency), make.account(agency=agency)

    page = browse().get(f"/agency/accounts?bank={wanted.bank_id}").get_data(as_text=True)

    assert names_on(page, [wanted, other]) == [wanted.name]
    assert f'<option value="{wanted.bank_id}" selected>' in page
    assert other.bank.name in page


@pytest.mark.parametrize(
    "query", ["sort=x", "bank=x", "now=x", "after=x", "before=~", "after=never~x", "q="]
)
def test_what_an_address_cannot_mean_is_left_out(make, agency, browse, query):
    made = make.account(agency=agency)

    answer = browse().get(f"/agency/accounts?{query}")

    assert answer.status_code == 200
    assert made.name in answer.get_data(as_text=True)


def test_an_empty_worklist_says_where_accounts_come_from(browse):
    page = browse().get("/agency/accounts").get_data(as_text=True)

    assert "No accounts are placed with you yet" in page
    assert 'href="/agency/offers"' in page


def test_a_full_page_takes_four_queries(make, agency, browse):
    bank = make.bank()
    for _ in range(26):
        make.account(bank=bank, agency=agency)
    visitor = browse()
    statements: list[str] = []

    def note(_conn, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert visitor.get("/agency/accounts").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    asked = [each for each in statements if "doors." not in each and "SET LOCAL" not in each]
    assert len(asked) == 4


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_the_file_holds_the_same_cents_as_the_page(make, agency, browse, kind):
    made = make.account(agency=agency)
    visitor = browse()
    page = visitor.get("/agency/accounts").get_data(as_text=True)

    answer = visitor.get(f"/agency/accounts/export.{kind}")

    if kind == "csv":
        (row,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")))
    else:
        (row,) = answer.get_json()
    assert row["account_ref"] == made.account_ref
    assert row["balance"] == "2467.37"
    assert row["currency"] == "USD"
    assert "$2,467.37" in page
    assert answer.headers["Content-Disposition"] == f"attachment; filename=worklist.{kind}"


def test_a_file_that_leaves_is_on_the_banks_record(make, agency, browse, admin):
    made = make.account(agency=agency)

    browse().get("/agency/accounts/export.csv")

    row = admin.execute(
        "SELECT chain_id, facts FROM audit_rows WHERE verb = 'account.exported' AND org_id = %s",
        [agency.id],
    ).fetchone()
    assert row == (made.bank_id, {"count": 1})


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AGENCY_ADMIN])
def test_only_managers_take_the_worklist_away(make, agency, browse, role):
    make.account(agency=agency)
    visitor = browse(role)

    assert visitor.get("/agency/accounts/export.csv").status_code == 403
    assert "export.csv" not in visitor.get("/agency/accounts").get_data(as_text=True)


def test_a_name_that_could_be_a_formula_is_text_in_the_file(make, agency, browse, admin):
    made = make.account(agency=agency)
    admin.execute("UPDATE debtors SET name = '=1+1' WHERE id = %s", [made.debtor_id])

    body = browse().get("/agency/accounts/export.csv").get_data(as_text=True)

    assert '"\'=1+1"' in body


def test_who_may_be_called_comes_first_then_who_may_be_called_soonest(
    make, agency, browse, acting_as
):
    bank = make.bank()
    system = Principal.system(bank.id)
    nobody_knows = make.account(bank=bank, agency=agency, zones=())
    west = make.account(bank=bank, agency=agency, zones=("Pacific/Honolulu",))
    east = make.account(bank=bank, agency=agency, zones=("America/New_York",))
    with acting_as(system) as session:
        at = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
        assert refresh_turns(session, system, at=at) == 3

    page = browse().get(f"/agency/accounts?bank={bank.id}").get_data(as_text=True)

    assert names_on(page, [nobody_knows, west, east]) == [
        east.name,
        west.name,
        nobody_knows.name,
    ]
