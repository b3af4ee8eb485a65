"""The facts of a decision in words: each kind once, nothing invented, what is missing said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from portal.core.rules import (
    AccountFacts,
    BarredPlace,
    Cease,
    Channel,
    Consent,
    ConsentScope,
    ContactFacts,
    ContactWindow,
    Dispute,
    Form,
    Hold,
    HoldKind,
    OpenPermit,
    OptOut,
    Outcome,
    Place,
    PlanState,
    Purpose,
    Representation,
    Role,
    Wishes,
)
from portal.web.compliance.facts import tell_facts
from tests.web.pages import make_app

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
MINUTE = 60_000_000
BEFORE = AT - timedelta(days=3)
PERSON = "p"


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


def told(app: Flask, language: str = "en", known: int = 0, **facts: object) -> dict[str, list[str]]:
    values: dict[str, object] = {"at": AT, "channel": Channel.CALL, **facts}
    with app.test_request_context("/", headers={"Cookie": f"language={language}"}):
        lines = tell_facts(ContactFacts(**values), known_contacts=known)  # type: ignore[arg-type]
    return {
        each.label: [line.replace("\u202f", " ").replace("\u00a0", " ") for line in each.lines]
        for each in lines
    }


def test_a_bare_contact_says_when_what_and_that_no_zone_is_known(app: Flask) -> None:
    assert told(app, known=4) == {
        "When": ["24 November 2026, 11:00 AM CST"],
        "What": ["Phone call · We contacted them"],
        "Who was to be reached": ["The person who owes"],
        "Time zones on file": ["none: a person decides"],
        "Contacts on record before it": ["4"],
    }


def test_with_zones_the_time_is_told_in_each_of_them(app: Flask) -> None:
    zones = (ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai"))

    found = told(app, zones=zones, jurisdictions=("us", "us-ma"))

    assert found["When"] == [
        "24 November 2026, 12:00 PM EST",
        "25 November 2026, 1:00 AM China Standard Time",
    ]
    assert found["Time zones on file"] == ["New York", "Shanghai"]
    assert found["Rules of these places"] == ["US, US-MA"]


def test_how_it_ended_whom_it_reached_and_why_it_was_made(app: Flask) -> None:
    found = told(
        app,
        outcome=Outcome.VOICEMAIL_LEFT,
        automated=True,
        role=Role.SPOUSE,
        purpose=Purpose.VERIFICATION,
    )

    assert found["What"] == ["Phone call · We contacted them · Left a voicemail · by a machine"]
    assert found["Who was to be reached"] == ["Spouse"]
    assert found["Purpose"] == ["Proof of the debt"]


def test_an_account_says_what_speaks_against_collecting(app: Flask) -> None:
    account = AccountFacts(id="a", kind="Credit card", disputed=True, plan=PlanState.PERFORMING)

    assert told(app, accounts=(account,))["Account"] == [
        "Credit card",
        "disputed",
        "on a plan that is kept",
    ]


def test_holds_carry_their_days_and_those_that_begin_later_are_left_out(app: Flask) -> None:
    holds = (
        Hold(
            kind=HoldKind.HARDSHIP,
            received_at=BEFORE,
            starts_on=date(2026, 11, 20),
            ends_on=date(2026, 12, 20),
            released_at=AT,
        ),
        Hold(kind=HoldKind.BALANCE_UNVERIFIED, starts_on=date(2027, 2, 23)),
        Hold(kind=HoldKind.CEASE),
    )

    assert told(app, holds=holds)["Holds"] == [
        "hardship · received 21 November 2026, 11:00 AM CST · from 20 November 2026"
        " · until 20 December 2026 · released 24 November 2026, 11:00 AM CST",
        "request to stop",
    ]


def test_wishes_and_times_of_the_week_are_told_as_they_were_set(app: Flask) -> None:
    wishes = Wishes(
        channels=frozenset({Channel.SMS, Channel.EMAIL}), weekly_maximum=1, write_only=True
    )
    windows = (
        ContactWindow(wanted=False, opens=0, closes=540 * MINUTE, days=frozenset({0, 1})),
        ContactWindow(wanted=True, opens=540 * MINUTE, closes=600 * MINUTE, days=frozenset({5})),
        ContactWindow(wanted=False, days=frozenset({6})),
    )

    found = told(app, wishes=wishes, windows=windows)

    assert found["The person’s wishes"] == [
        "only by E-mail, Text message",
        "at most 1 contact a week",
        "in writing only",
    ]
    assert found["Times of the week"] == [
        "to be left alone: Mon, Tue, 00:00–09:00",
        "convenient: Sat, 09:00–10:00",
        "to be left alone: Sun",
    ]


def test_what_the_person_said_is_dated(app: Flask) -> None:
    found = told(
        app,
        opt_outs=(
            OptOut(received_at=BEFORE, person_id=PERSON, channel=Channel.SMS),
            OptOut(received_at=BEFORE, person_id=PERSON, withdrawn_at=AT),
        ),
        consents=(
            Consent(received_at=BEFORE, person_id=PERSON, scope=ConsentScope.MEDIUM, given_to=None),
        ),
        ceases=(Cease(received_at=BEFORE, form=Form.WRITING),),
        disputes=(Dispute(received_at=BEFORE, form=Form.ORAL, answered_at=AT),),
        representations=(Representation(), Representation(received_at=BEFORE, attorney=False)),
        barred_places=(BarredPlace(place=Place.WORKPLACE), BarredPlace(place="school")),
        open_permits=(OpenPermit(until=AT),),
    )

    since = "21 November 2026, 11:00 AM CST"
    until = "24 November 2026, 11:00 AM CST"
    assert found["Opted out"] == [
        f"Text message · {since}",
        f"every channel · {since} – {until}",
    ]
    assert found["Consents"] == [since]
    assert found["Requests to stop"] == [since]
    assert found["Disputes"] == [f"{since} – {until}"]
    assert found["Represented by"] == ["an attorney · (not on file)", f"somebody else · {since}"]
    assert found["Places to be left alone at"] == ["at work", "school"]
    assert found["Permits of others"] == [until]


def test_in_chinese_labels_and_words_are_chinese(app: Flask) -> None:
    found = told(
        app,
        "zh",
        zones=(ZoneInfo("Asia/Shanghai"),),
        wishes=Wishes(weekly_maximum=3),
        windows=(ContactWindow(wanted=False, days=frozenset({5, 6})),),
    )

    assert found["已知时区"] == ["上海"]
    assert found["此人的意愿"] == ["每周最多联系3次"]
    assert found["每周时段"] == ["不愿被联系：周六、周日"]
