"""The compliance overview: what waits, breaches by rule, agency and day, and use of permits."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from portal.bank import queries_compliance
from portal.core.actions.breaches import uphold_breach
from portal.core.actions.models import Breach, BreachState
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import Told, log_action
from portal.core.audit import AuditRow
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Outcome
from tests.bank.conftest import text_of
from tests.support.factories import NOON

#: Half past nine in the evening in New York, on the day of the placement.
LATE = datetime.fromisoformat("2026-11-24T21:30-05:00")
AT = NOON + timedelta(hours=1)
LATER = NOON + timedelta(days=5)


@pytest.fixture(autouse=True)
def days_later(stand_still):
    """Let the bank look some days after the last call."""
    stand_still(LATER)


@pytest.fixture
def call(acting_as):
    def do(agent, made, at, *, channel=Channel.CALL, outcome=Outcome.NO_ANSWER, **more):
        told = Told(channel=channel, outcome=outcome, made_at=at, **more)
        with acting_as(agent) as session:
            return log_action(session, agent, made.id, told, now=LATER)

    return do


@pytest.fixture
def two(make, bank, acting_as, call):
    """Return two agencies: one called late twice and once with a permit, the other late once."""
    one, other = make.agency(), make.agency()
    first, second = make.account(bank=bank, agency=one), make.account(bank=bank, agency=other)
    agent = make.agent(one)
    with acting_as(agent) as session:
        ask_permit(session, agent, first.id, Channel.CALL, at=AT)
    call(agent, first, AT + timedelta(minutes=2))
    call(agent, first, LATE)
    call(agent, first, LATE + timedelta(days=1))
    call(make.agent(other), second, LATE + timedelta(days=2))
    return first, second


def _table(page, caption):
    """Return the rows of a table as lists of texts."""
    body = page.get_data(as_text=True)
    start = body.index(f'<caption class="visually-hidden">{caption}</caption>')
    table = body[start : body.index("</table>", start)]
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.S)
    return [
        [
            " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in rows
    ]


def _figures(page):
    body = page.get_data(as_text=True)
    return {
        " ".join(re.sub(r"<[^>]+>", " ", label).split()): value
        for label, value in re.findall(r"<dt>(.*?)</dt><dd class=\"dp-num\">(.*?)</dd>", body, re.S)
    }


def test_breaches_are_counted_by_rule_and_agency_those_with_most_first(two, browse):
    page = browse().get("/bank/compliance")

    [row] = _table(page, "By rule")
    assert row[0] == "US-REGF-6B1-HOURS Inconvenient time"
    assert row[2:] == ["2", "1", "3"]
    heads = page.get_data(as_text=True).split("By rule</caption>")[1].split("</thead>")[0]
    assert heads.index(two[0].agency.name) < heads.index(two[1].agency.name)


def test_each_agencys_contacts_permits_and_breaches_stand_side_by_side(two, browse):
    rows = {row[0]: row[1:] for row in _table(browse().get("/bank/compliance"), "By agency")}

    # Contacts, without a permit, breaches, per 10,000, trend; asked, granted, denied, used, lapsed.
    assert rows[two[0].agency.name] == ["3", "2 66.67%", "2", "6,667", "", *"11010"]
    assert rows[two[1].agency.name] == ["1", "1 100%", "1", "10,000", "", *"00000"]


def test_the_chart_says_how_many_and_when_in_words_and_numbers(two, browse):
    page = browse().get("/bank/compliance")

    text = text_of(page)
    assert "3 breaches from 31 October 2026 to 29 November 2026, 3 of them against the law." in text
    assert "25 November 2026 1 0" in text
    assert page.get_data(as_text=True).count("<svg") > 2


def test_a_period_leaves_out_what_lies_beside_it_by_the_banks_days(two, browse):
    page = browse().get("/bank/compliance?from_on=2026-11-25&to_on=2026-11-25")

    # Half past nine in the evening in New York is the next day in UTC, and the same at the bank.
    assert [row[-1] for row in _table(page, "By rule")] == ["1"]
    assert _table(page, "By agency")[0][1] == "1"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from_on=yesterday", "Enter a day, like 2026-11-24."),
        ("from_on=2026-11-25&to_on=2026-11-24", "The last day lies before the first. Swap them."),
        ("days=soon", "Not a valid integer value."),
        ("days=-1", "Enter a number of days, like 14."),
    ],
)
def test_a_period_that_is_none_is_answered_by_name_with_the_usual_one(two, browse, query, words):
    page = browse().get(f"/bank/compliance?{query}")

    assert page.status_code == 422
    assert words in text_of(page) or query.startswith("days=soon")
    assert [row[-1] for row in _table(page, "By rule")] == ["3"]


def test_a_period_of_a_hundred_years_is_cut_to_one(two, browse):
    page = browse().get("/bank/compliance?from_on=1926-01-01&to_on=2026-11-29")

    assert "from 29 November 2025 to 29 November 2026" in text_of(page)


def test_what_waits_is_counted_now_whatever_the_period(two, acting_as, make, browse, bank):
    manager = make.vendor_manager(bank)
    with acting_as(manager) as session:
        ids = session.scalars(select(Breach.id).order_by(Breach.id)).all()
        uphold_breach(session, manager, ids[0], reason="Late.", at=LATER)
        session.execute(
            update(Breach)
            .where(Breach.id == ids[1])
            .values(state=BreachState.CLEARED, changed_at=LATER)
        )

    figures = _figures(browse().get("/bank/compliance?from_on=2026-11-01&to_on=2026-11-02&days=0"))

    assert figures == {
        "Open breaches": "1",
        "Open for 0 days or longer": "1",
        "Explained, to decide": "0",
        "Upheld, to put right": "1",
        "For a person to judge": "0",
        "Questions before a contact": "0",
    }


def test_what_was_cleared_was_no_breach(two, acting_as, browse, bank):
    with acting_as(Principal.system(bank.id)) as session:
        session.execute(update(Breach).values(state=BreachState.CLEARED))

    text = text_of(browse().get("/bank/compliance"))

    assert "No rule was broken in these days" in text
    assert "0 breaches from" in text


def test_a_question_for_a_person_is_counted_and_leads_to_the_list(make, bank, acting_as, browse):
    made = make.account(bank=bank, agency=make.agency(), zones=())
    agent = make.agent(made.agency)
    with acting_as(agent) as session:
        ask_permit(session, agent, made.id, Channel.CALL, at=LATER)

    page = browse().get("/bank/compliance")

    assert _figures(page)["Questions before a contact"] == "1"
    assert "/bank/permits?state=asked" in page.get_data(as_text=True)


def test_letters_and_contacts_the_person_made_need_no_permit(make, bank, call, browse):
    made = make.account(bank=bank, agency=make.agency())
    agent = make.agent(made.agency)
    call(agent, made, AT, channel=Channel.LETTER, outcome=Outcome.DELIVERED)
    call(agent, made, AT, direction=Direction.INBOUND, outcome=Outcome.CONVERSATION)

    assert "Nobody was contacted in these days" in text_of(browse().get("/bank/compliance"))


def test_what_the_bank_did_itself_is_counted_as_its_own(make, bank, call, browse):
    made = make.account(bank=bank)
    call(make.vendor_manager(bank), made, LATE)

    page = browse().get("/bank/compliance")

    assert _table(page, "By agency")[0][:4] == ["The bank itself", "1", "1 100%", "1"]
    assert "/bank/breaches?agency=bank" in page.get_data(as_text=True)


def test_of_many_agencies_some_stand_side_by_side_and_the_rest_together(
    make, bank, call, browse, monkeypatch
):
    monkeypatch.setattr(queries_compliance, "COMPARED", 1)
    for times in (2, 1, 1):
        made = make.account(bank=bank, agency=make.agency())
        for day in range(times):
            call(make.agent(made.agency), made, LATE + timedelta(days=day))

    page = browse().get("/bank/compliance")

    assert _table(page, "By rule")[0][2:] == ["2", "2", "4"]
    assert "Others" in text_of(page)


def test_an_empty_bank_is_told_that_nothing_is_there_yet(browse):
    text = text_of(browse().get("/bank/compliance"))

    assert "No rule was broken in these days" in text
    assert "Nobody was contacted in these days" in text


@pytest.mark.abuse("A1")
def test_nothing_of_another_bank_is_counted(make, call, browse, acting_as):
    foreign = make.account(agency=make.agency())
    call(make.agent(foreign.agency), foreign, LATE)

    page = browse().get("/bank/compliance")

    assert "No rule was broken in these days" in text_of(page)
    assert foreign.agency.name not in page.get_data(as_text=True)


def test_the_figures_leave_as_files_with_their_days_in_the_audit_row(two, acting_as, browse, bank):
    visitor = browse()

    by_day = visitor.get("/bank/compliance/breaches.csv")
    by_agency = visitor.get("/bank/compliance/agencies.xlsx")

    rows = list(csv.DictReader(io.StringIO(by_day.get_data(as_text=True).lstrip("\ufeff"))))
    assert [(row["Day"], row["Breaches"]) for row in rows] == [
        ("2026-11-24", "1"),
        ("2026-11-25", "1"),
        ("2026-11-26", "1"),
    ]
    book = CalamineWorkbook.from_filelike(io.BytesIO(by_agency.get_data()))
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[0][:4] == ["Agency", "Contacts", "Without a permit", "Breaches"]
    assert [row[1:4] for row in sheet[1:] if row[0] == two[0].agency.name] == [[3.0, 2.0, 2.0]]
    with acting_as(Principal.system(bank.id)) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.verb == "breaches.exported")).all()
    assert {row.facts["filter"]["from_on"] for row in rows} == {"2026-10-31"}
    assert browse(Role.BANK_ANALYST).get("/bank/compliance/breaches.csv").status_code == 403


def test_the_console_is_one_entry_of_the_navigation_whichever_page_one_is_on(two, browse):
    visitor = browse()

    for path in ("compliance", "breaches", "permits"):
        body = visitor.get(f"/bank/{path}").get_data(as_text=True)
        nav = body.split('<ul class="dp-nav">')[1].split("</ul>")[0]
        assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == ["/bank/compliance"]
        tabs = body.split('<ul class="nav nav-tabs">')[1].split("</ul>")[0]
        assert re.findall(r'href="([^"]+)" aria-current="page"', tabs) == [f"/bank/{path}"]
