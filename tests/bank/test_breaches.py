"""Breaches: each in words with its citation, what led to it, and what the bank decides."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime, timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from portal.bank import paging
from portal.core.actions.breaches import explain_breach, uphold_breach
from portal.core.actions.models import Breach, BreachEvent, BreachState
from portal.core.actions.rejudging import judge_again
from portal.core.actions.service import log_call
from portal.core.audit import AuditRow
from portal.core.db import uuid7
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import Outcome
from tests.bank.conftest import NOW, text_of
from tests.support.factories import NOON

#: Half past nine in the evening in New York, three days in a row after the placement.
LATE = [datetime.fromisoformat(f"2026-11-{day}T21:30-05:00") for day in (25, 26, 27)]
LATER = NOON + timedelta(days=5)


@pytest.fixture(autouse=True)
def days_later(stand_still):
    """Let the bank look some days after the last call."""
    stand_still(LATER)


def _late(make, acting_as, made, at=LATE[0], agent=None):
    agent = agent or make.agent(made.agency)
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
        ("state=open", [0, 1]),
        ("state=waived", []),
        ("state=nonsense", [0, 1]),
        ("severity=hard", [0, 1]),
        ("severity=presumption", []),
        ("agency=bank", []),
        ("kind=all", [0, 1]),
        ("waiting=0", [0, 1]),
        ("waiting=3", []),
        ("decided=2026-11-25T10:00:00%2B00:00", []),
        ("decided=nonsense", [0, 1]),
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


@pytest.mark.parametrize("days", ["soon", "-1", "1.5", "99999999999"])
def test_days_of_waiting_that_are_no_number_are_answered_by_name(broken, browse, days):
    page = browse().get(f"/bank/breaches?waiting={days}")

    assert page.status_code == 422


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


# One breach


@pytest.fixture
def breach(make, acting_as, bank):
    """Return one breach and its account: the eighth call in seven days."""
    made = make.account(
        bank=bank, agency=make.agency(), zones=("America/New_York", "America/Los_Angeles")
    )
    agent = make.agent(made.agency)
    for number in range(8):
        at = NOW + timedelta(days=number // 2, hours=3 * (number % 2))
        with acting_as(agent) as session:
            log_call(session, agent, made.id, outcome=Outcome.NO_ANSWER, made_at=at, now=LATER)
    with acting_as(agent) as session:
        found = session.scalars(select(Breach).where(Breach.code == "too_many_calls")).one()
    return found, made


def test_a_breach_shows_rule_facts_counted_contacts_and_the_pack_that_decided(breach, browse):
    found, made = breach

    page = browse().get(f"/bank/breaches/{found.id}")

    text = text_of(page).replace("\u00a0", " ")
    for shown in (
        "Call number 8 about this debt within 7 days. The limit is 7.",
        "12 CFR 1006.14(b)(2)-(4) and Supp. I",
        "legal presumption",
        "read in the official text",
        "Presumed unlawful",
        "made without a permit",
        found.pack_hash,
        "Most contacts 7",
        "Time zones on file New York Los Angeles",
        "Contacts on record before it 7",
        "when it was logged found this breach Presumed unlawful",
    ):
        assert shown in text, shown
    body = page.get_data(as_text=True)
    assert body.count(f"/bank/accounts/{made.id}?tab=actions#action-") == 8
    assert "Contacts that were counted" in text


def test_the_account_page_leads_to_the_breach_and_carries_the_action_it_names(breach, browse):
    found, made = breach

    body = browse().get(f"/bank/accounts/{made.id}?tab=actions").get_data(as_text=True)

    assert f"/bank/breaches/{found.id}" in body
    assert f'id="action-{found.action_id}"' in body


def test_a_rule_is_shown_as_the_kept_pack_has_it_and_without_it_the_page_still_stands(
    breach, browse, admin
):
    found, _ = breach
    admin.execute("UPDATE breaches SET pack_hash = 'gone' WHERE id = %s", (found.id,))

    text = text_of(browse().get(f"/bank/breaches/{found.id}"))

    assert "read in the official text" not in text
    assert "Call number 8 about this debt" in text


def test_the_whole_history_stands_with_names_and_reasons(breach, make, acting_as, browse, bank):
    found, made = breach
    answerer = make.staff(made.agency, Role.AGENCY_MANAGER)
    agent = Principal.staff(answerer.side, answerer.org_id, answerer.id, answerer.role)
    with acting_as(agent) as session:
        explain_breach(session, agent, found.id, text="A new dialler.", at=LATER)

    text = text_of(browse().get(f"/bank/breaches/{found.id}")).replace("\u00a0", " ")

    assert f"Explained by the agency 29 November 2026, 5:00 PM UTC · {answerer.name}" in text
    assert f"{answerer.name} · {made.agency.name} A new dialler." in text


def test_what_the_machine_cleared_says_so_in_words_and_lists_both_judgements(
    breach, acting_as, browse, admin
):
    found, made = breach
    admin.execute(
        "INSERT INTO contact_statements (bank_id, debtor_id, kind, scope, given_to, received_at,"
        " told_side, told_by) VALUES (%s, %s, 'consent', 'callback_calls', %s, %s, 'agency', %s)",
        (made.bank_id, made.debtor_id, made.agency.id, NOON, made.agency.id),
    )
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        judge_again(session, system, made.debtor_id, since=NOON, now=LATER, cause="late_row")

    text = text_of(browse().get(f"/bank/breaches/{found.id}"))

    assert "Cleared" in text
    assert "Judged again after a later entry: the rule was not broken." in text
    assert "after an entry that came late Allowed –" in text


@pytest.mark.abuse("A1")
@pytest.mark.parametrize("path", ["", "/uphold", "/waive", "/remedy"])
def test_another_banks_breach_does_not_exist(breach, make, browse, path):
    found, _ = breach
    visitor = browse(at=make.bank())

    assert visitor.get(f"/bank/breaches/{found.id}{path}").status_code == 404
    if path:
        answer = visitor.post(f"/bank/breaches/{found.id}{path}", {"reason": "Mine?"})
        assert answer.status_code == 404


# Deciding


def _state(acting_as, found):
    with acting_as(Principal.system(found.bank_id)) as session:
        return session.get_one(Breach, (found.bank_id, found.id)).state


def test_a_breach_is_upheld_then_put_right_each_with_its_reason(breach, acting_as, browse):
    found, _ = breach
    visitor = browse()

    first = visitor.post(f"/bank/breaches/{found.id}/uphold", {"reason": "Seven is the limit."})
    second = visitor.post(f"/bank/breaches/{found.id}/remedy", {"reason": "Dialler capped."})
    text = text_of(visitor.get(f"/bank/breaches/{found.id}"))

    assert (first.status_code, second.status_code) == (303, 303)
    assert _state(acting_as, found) is BreachState.REMEDIED
    assert "Seven is the limit." in text
    assert "Dialler capped." in text
    assert "It is recorded that the breach was put right." in text


def test_a_decision_without_a_reason_is_asked_for_again(breach, acting_as, browse):
    found, _ = breach

    page = browse().post(f"/bank/breaches/{found.id}/waive", {"reason": "  "})

    assert page.status_code == 422
    assert "Say why. The agency reads it." in text_of(page)
    assert _state(acting_as, found) is BreachState.OPEN


def test_a_breach_somebody_else_decided_first_is_not_decided_again(breach, acting_as, browse, make):
    found, made = breach
    manager = make.vendor_manager(made.bank)
    with acting_as(manager) as session:
        uphold_breach(session, manager, found.id, reason="First.", at=LATER)

    page = browse().post(f"/bank/breaches/{found.id}/waive", {"reason": "Second."})

    assert page.status_code == 409
    assert "This breach has been upheld." in text_of(page)
    assert "Second." in page.get_data(as_text=True)
    assert _state(acting_as, found) is BreachState.UPHELD


@pytest.mark.parametrize("role", [Role.BANK_ANALYST, Role.BANK_ADMIN])
def test_who_may_not_decide_sees_no_button_and_is_refused(breach, browse, role):
    found, _ = breach
    visitor = browse(role)

    page = visitor.get(f"/bank/breaches/{found.id}")

    assert page.status_code == 200
    assert "/uphold" not in page.get_data(as_text=True)
    assert visitor.get(f"/bank/breaches/{found.id}/uphold").status_code == 403
    assert visitor.get("/bank/breaches/decide/waive").status_code == 403
    assert "/decide/waive" not in visitor.get("/bank/breaches").get_data(as_text=True)


# Many at once


def _hidden(page, name):
    body = page.get_data(as_text=True)
    tag = body[body.rindex("<input", 0, body.index(f'name="{name}"')) :]
    return tag.split('value="')[1].split('"')[0]


def test_many_of_a_filter_are_waived_after_a_page_that_says_how_many(broken, acting_as, browse):
    visitor, agency = browse(), broken[0].agency
    filters = f"agency={agency.id}"

    page = visitor.get(f"/bank/breaches/decide/waive?{filters}")
    answer = visitor.post(
        f"/bank/breaches/decide/waive?{filters}",
        {"expected": _hidden(page, "expected"), "reason": "A test of the dialler."},
    )
    listed = text_of(visitor.get(answer.headers["Location"]))

    text = text_of(page)
    assert "2 breaches" in text
    assert agency.name in text
    assert answer.status_code == 303
    assert "2 breaches are waived. They are listed below." in listed
    assert "2 of 2" in listed
    assert "Only what one decision moved is listed." in listed
    with acting_as(Principal.system(broken[0].bank_id)) as session:
        events = session.scalars(select(BreachEvent)).all()
        assert {event.reason for event in events} == {"A test of the dialler."}
        assert len(events) == 2


def test_a_list_that_grew_since_asks_again_with_the_new_count(
    broken, make, acting_as, browse, monkeypatch
):
    visitor = browse()
    page = visitor.get("/bank/breaches/decide/uphold")
    expected = _hidden(page, "expected")
    _late(make, acting_as, broken[0], LATE[2])

    answer = visitor.post(
        "/bank/breaches/decide/uphold", {"expected": expected, "reason": "All late."}
    )

    assert expected == "3"
    assert answer.status_code == 409
    assert "The list has changed: 4 match now instead of 3. Look at it again." in text_of(answer)
    assert _hidden(answer, "expected") == "4"


@pytest.mark.parametrize("expected", ["", "three", "-3", "９", "1e3"])
def test_a_count_that_is_none_decides_nothing(broken, acting_as, browse, expected):
    answer = browse().post(
        "/bank/breaches/decide/waive", {"expected": expected, "reason": "All late."}
    )

    assert answer.status_code in (409, 422)
    with acting_as(Principal.system(broken[0].bank_id)) as session:
        assert session.scalars(select(BreachEvent)).all() == []


def test_a_filter_that_cannot_be_read_never_means_all_of_them(broken, browse):
    visitor = browse()
    visitor.get("/bank/breaches/decide/waive")

    page = visitor.get("/bank/breaches/decide/waive?from_on=yesterday")
    sent = visitor.post(
        "/bank/breaches/decide/waive?from_on=yesterday", {"expected": "3", "reason": "All."}
    )

    for answer in (page, sent):
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/bank/breaches?from_on=yesterday"


def test_where_nothing_waits_the_page_says_so_and_leads_back(broken, browse):
    page = browse().get("/bank/breaches/decide/waive?state=upheld")

    assert "Nothing waits for a decision" in text_of(page)
    assert 'name="reason"' not in page.get_data(as_text=True)


# Exports


def test_the_list_leaves_as_csv_with_an_audit_row_of_count_filter_and_hash(
    broken, acting_as, browse, bank
):
    answer = browse().get(f"/bank/breaches.csv?agency={broken[0].agency.id}")

    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert answer.mimetype == "text/csv"
    assert [row["Account number"] for row in rows] == [broken[0].account_ref] * 2
    assert rows[0]["Rule"] == "US-REGF-6B1-HOURS"
    assert rows[0]["State"] == "Open"
    with acting_as(Principal.system(bank.id)) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.verb == "breaches.exported")).one()
    assert row.facts["count"] == 2
    assert row.facts["filter"] == {"kind": "broken", "agency_id": str(broken[0].agency.id)}
    assert row.facts["sha256"] == hashlib.sha256(answer.get_data()).hexdigest()


def test_the_list_leaves_as_a_workbook(broken, browse):
    answer = browse().get("/bank/breaches.xlsx")

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data())).get_sheet_by_index(0)
    rows = sheet.to_python()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=breaches-")
    assert len(rows) == 4
    assert rows[1][1] == datetime(2026, 11, 28, 2, 30)


@pytest.mark.parametrize(("role", "status"), [(Role.BANK_ANALYST, 403), (Role.BANK_ADMIN, 200)])
def test_an_export_is_for_who_may_export(broken, browse, role, status):
    assert browse(role).get("/bank/breaches.csv").status_code == status


def test_an_export_of_a_filter_that_cannot_be_read_is_the_page_with_the_fault(broken, browse):
    answer = browse().get("/bank/breaches.csv?from_on=yesterday")

    assert answer.status_code == 422
    assert answer.mimetype == "text/html"
