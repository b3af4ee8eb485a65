"""The bank's holds: listed by what is due, opened, confirmed, extended, released with a reason."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from portal.core.accounts.hold_reading import list_holds
from portal.core.accounts.holds import open_hold
from portal.core.accounts.models import HoldState
from portal.core.accounts.said import Said
from portal.core.accounts.statements import list_statements, record_statement
from portal.core.parties.models import StatementKind
from portal.core.parties.wishes import set_wishes
from portal.core.permissions import Role
from portal.core.rules import Form, HoldKind
from tests.bank.conftest import NOW, text_of
from tests.support.factories import TODAY


@pytest.fixture
def made(make, bank):
    return make.account(bank=bank, agency=make.agency())


def _open(acting_as, actor, made, kind=HoldKind.DISPUTE, **more):
    with acting_as(actor) as session:
        return open_hold(session, actor, made.debtor_id, kind=kind, **{"at": NOW, **more})


@pytest.fixture
def three(make, acting_as, bank, made):
    """Return a hold an agency opened long ago, one of the bank, and one that begins later."""
    agent, manager = make.agent(made.agency), make.vendor_manager(bank)
    old = NOW - timedelta(days=20)
    days = {"starts_on": TODAY + timedelta(days=3), "ends_on": TODAY + timedelta(days=60)}
    return [
        _open(acting_as, agent, made, received_at=old, note="paid in May", account_id=made.id),
        _open(acting_as, manager, made, HoldKind.HARDSHIP),
        _open(acting_as, manager, made, HoldKind.BREATHING_SPACE, **days),
    ]


def _hold(acting_as, make, made, hold):
    with acting_as(make.vendor_manager(made.bank)) as session:
        (found,) = [
            each
            for each in list_holds(session, debtor_id=made.debtor_id, states=tuple(HoldState))
            if each.id == hold.id
        ]
        return found


def test_holds_are_listed_by_what_is_due_with_their_owner_and_state(browse, three, made):
    page = browse().get("/bank/holds")

    text = text_of(page)
    order = [text.index(name) for name in ("Dispute no", "Hardship no", "Breathing space no")]
    assert order == sorted(order)
    assert "6 November 2026 Overdue To be confirmed" in text
    assert "Begins later" in text
    assert "3 of 3" in text
    assert made.name in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=hardship", [1]),
        ("overdue=y", [0]),
        ("standing=opened", [0]),
        ("standing=active", [1]),
        ("standing=to_come", [2]),
        ("standing=released", []),
        ("kind=nonsense&standing=nonsense", [0, 1, 2]),
        ("after=nonsense", [0, 1, 2]),
    ],
)
def test_each_filter_finds_what_it_says(browse, three, query, found):
    body = browse().get(f"/bank/holds?{query}").get_data(as_text=True)

    assert [i for i, hold in enumerate(three) if f"/bank/holds/{hold.id}" in body] == found


def test_a_list_that_finds_nothing_says_how_a_hold_comes_about(browse):
    assert "A hold is opened on an account’s page" in text_of(browse().get("/bank/holds"))


def test_the_list_leaves_as_a_file_and_that_is_on_record(browse, three, made, acting_as, make):
    answer = browse().get("/bank/holds.csv?kind=dispute")

    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert len(rows) == 2
    assert rows[1][1:4] == [made.account_ref, "Dispute", "To be confirmed"]
    assert "paid in May" not in answer.get_data(as_text=True)
    assert browse(Role.BANK_ANALYST).get("/bank/holds.csv").status_code == 403


def test_a_hold_shows_its_note_who_opened_it_and_where_it_is(browse, three, made):
    text = text_of(browse().get(f"/bank/holds/{three[0].id}"))

    assert "paid in May" in text
    assert f"Opened 24 November 2026, 7:00 PM UTC · {made.agency.name}".replace("\u00a0", " ") in (
        text.replace("\u00a0", " ")
    )
    assert f"{made.account_ref} {made.agency.name}" in text


def test_the_bank_confirms_a_hold_an_agency_opened(browse, acting_as, make, three, made):
    visitor, path = browse(), f"/bank/holds/{three[0].id}"
    visitor.get(path)

    answer = visitor.post(f"{path}/confirm")
    again = visitor.post(f"{path}/confirm")

    assert (answer.status_code, answer.location) == (303, path)
    kept = _hold(acting_as, make, made, three[0])
    assert (kept.state, kept.due_on) == (HoldState.ACTIVE, TODAY + timedelta(days=10))
    assert again.status_code == 303
    assert "confirmed before" in text_of(visitor.get(path))


def test_the_bank_puts_a_person_on_hold_from_the_accounts_page(browse, acting_as, make, made):
    visitor = browse()
    tab = visitor.get(f"/bank/accounts/{made.id}?tab=holds")

    answer = visitor.post(
        f"/bank/accounts/{made.id}/holds/new",
        {
            "kind": "bankruptcy",
            "scope": "person",
            "received_on": "2026-11-20",
            "ref": "26-10451",
            "note": "notice of the court",
        },
    )

    assert f"/bank/accounts/{made.id}/holds/new" in tab.get_data(as_text=True)
    assert answer.status_code == 303
    with acting_as(make.vendor_manager(made.bank)) as session:
        (hold,) = list_holds(session, debtor_id=made.debtor_id)
    assert answer.location == f"/bank/holds/{hold.id}"
    assert (hold.kind, hold.account_id, hold.state) == (
        HoldKind.BANKRUPTCY,
        None,
        HoldState.ACTIVE,
    )
    assert hold.received_at.isoformat() == "2026-11-20T05:00:00+00:00"
    page = text_of(visitor.get(f"/bank/accounts/{made.id}"))
    assert "On hold: Bankruptcy" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"kind": "nonsense"}, "Not a valid choice"),
        ({"received_on": ""}, "Enter the day it was received."),
        ({"received_on": "2026-11-25"}, "This lies in the future"),
        ({"kind": "breathing_space"}, "Enter the first and the last day."),
        ({"ref": "x" * 101}, "Shorten the reference"),
    ],
)
def test_a_hold_that_cannot_be_is_told_with_its_cure(browse, acting_as, make, made, typed, says):
    good = {"kind": "other", "scope": "person", "received_on": "2026-11-24"}

    answer = browse().post(f"/bank/accounts/{made.id}/holds/new", {**good, **typed})

    assert answer.status_code == 422
    assert says in text_of(answer)
    with acting_as(make.vendor_manager(made.bank)) as session:
        assert list_holds(session, debtor_id=made.debtor_id) == []


def test_a_hold_is_extended_and_never_shortened(browse, acting_as, make, three, made):
    path = f"/bank/holds/{three[2].id}/extend"
    visitor = browse()

    shorter = visitor.post(path, {"ends_on": "2026-12-01"})
    longer = visitor.post(path, {"ends_on": "2027-03-01", "due_on": "2027-02-26"})

    assert shorter.status_code == 422
    assert "later than before" in text_of(shorter)
    assert longer.status_code == 303
    kept = _hold(acting_as, make, made, three[2])
    assert (kept.ends_on.isoformat(), kept.due_on.isoformat()) == ("2027-03-01", "2027-02-26")


def test_a_hold_is_released_with_a_reason_that_stays(browse, acting_as, make, three, made):
    visitor, path = browse(), f"/bank/holds/{three[1].id}"

    silent = visitor.post(f"{path}/release", {"reason": " "})
    answer = visitor.post(f"{path}/release", {"reason": "A plan was agreed."})

    assert silent.status_code == 422
    assert "Say why the hold ends" in text_of(silent)
    assert (answer.status_code, answer.location) == (303, path)
    assert _hold(acting_as, make, made, three[1]).state is HoldState.RELEASED
    text = text_of(visitor.get(path))
    assert "A plan was agreed." in text
    assert f"/bank/holds/{three[1].id}/release" not in visitor.get(path).get_data(as_text=True)


def test_releasing_a_dispute_says_who_was_right(browse, acting_as, make, made):
    agent = make.agent(made.agency)
    said = Said(kind=StatementKind.DISPUTE, account_id=made.id, form=Form.WRITING)
    with acting_as(agent) as session:
        record_statement(session, agent, made.debtor_id, said, at=NOW)
        (hold,) = list_holds(session, debtor_id=made.debtor_id)

    browse().post(f"/bank/holds/{hold.id}/release", {"reason": "Paid in May.", "upheld": "yes"})

    with acting_as(agent) as session:
        (row,) = list_statements(session, made.debtor_id)
    assert (row.details["upheld"], row.details["answered_at"]) == (True, NOW.isoformat())


def test_a_persons_own_stop_offers_no_release_and_takes_none(browse, acting_as, made):
    with acting_as(made.debtor) as session:
        record_statement(
            session, made.debtor, made.debtor_id, Said(kind=StatementKind.CEASE), at=NOW
        )
        (hold,) = list_holds(session)
    visitor, path = browse(), f"/bank/holds/{hold.id}"

    page = visitor.get(path)
    answer = visitor.post(f"{path}/release", {"reason": "They called us."})

    assert "Only they can allow it again" in text_of(page)
    assert f"{path}/release" not in page.get_data(as_text=True)
    assert answer.status_code == 422
    assert "on their own page" in text_of(answer)


def test_who_only_reads_sees_holds_and_changes_none(browse, three, made):
    analyst, path = browse(Role.BANK_ANALYST), f"/bank/holds/{three[0].id}"

    page = analyst.get(path)

    assert page.status_code == 200
    assert f"{path}/release" not in page.get_data(as_text=True)
    for address in (f"{path}/extend", f"{path}/release", f"/bank/accounts/{made.id}/holds/new"):
        assert analyst.get(address).status_code == 403


def test_the_tab_shows_wishes_and_what_was_said(browse, acting_as, make, made):
    agent = make.agent(made.agency)
    with acting_as(made.debtor) as session:
        set_wishes(session, made.debtor, made.debtor_id, weekly_maximum=2, at=NOW)
    with acting_as(agent) as session:
        said = Said(kind=StatementKind.CEASE, form=Form.WRITING, note="a letter of three lines")
        record_statement(session, agent, made.debtor_id, said, at=NOW)

    text = text_of(browse().get(f"/bank/accounts/{made.id}?tab=holds"))

    for words in (
        "2 contacts a week",
        "the person, on their own page",
        "Stop contacting me",
        "In writing",
        "told to an agency",
        "a letter of three lines",
    ):
        assert words in text


def test_another_banks_hold_does_not_exist(make, browse, three):
    stranger = browse(at=make.bank())

    for rest in ("", "/extend", "/release"):
        assert stranger.get(f"/bank/holds/{three[0].id}{rest}").status_code == 404
    assert "Dispute" not in text_of(stranger.get("/bank/holds")).split("Reset")[1]


def test_the_accounts_record_names_each_deed_about_a_hold(browse, three, made):
    text = text_of(browse().get(f"/bank/accounts/{made.id}?tab=audit"))

    assert text.count("Hold opened") == 3
