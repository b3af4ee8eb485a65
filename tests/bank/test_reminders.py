"""The bank's reminders: the list, calls made and logged, the switch, a day to come, the file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.accounts.holds import open_hold
from portal.core.actions.ladder import DEFAULT_STEPS
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.audit import AuditRow
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules import HoldKind
from tests.bank.conftest import text_of
from tests.support import reminders as ladder
from tests.support.factories import NOON, TODAY

SMS, SMS_2, CALL, LETTER, ANNOUNCED = DEFAULT_STEPS
#: Half past seven in the morning in New York.
EARLY = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


@pytest.fixture
def ran(make, bank):
    """Let a ladder of some steps run at the bank, and return the account it reached."""

    def run(*steps, at=NOON, **options):
        made = make.account(bank=bank, **options)
        ladder.start(make, bank, steps=steps or DEFAULT_STEPS)
        ladder.run(bank, at)
        return made

    return run


def call_page(bank):
    (due,) = [each for each in ladder.reminders(bank) if each.state == "due"]
    return f"/bank/reminders/{due.id}/call"


def call_form(**changed):
    return {
        "outcome": "no_answer",
        "role": "consumer",
        "contact_point": "",
        "made_on": "2026-11-24",
        "made_at": "13:30",
        "note": "",
        **changed,
    }


def test_the_list_begins_with_the_calls_to_make_and_whether_now(ran, browse, stand_still):
    made = ran(CALL)

    text = text_of(browse().get("/bank/reminders"))
    assert f"{made.name} {made.account_ref} $2,467.37 Phone call on day 15 Collections" in text
    assert "May be called now Make the call" in text

    stand_still(EARLY)
    text = text_of(browse().get("/bank/reminders")).replace("\u00a0", " ")
    assert "Not now Allowed from 25 November 2026, 1:00 PM UTC" in text
    assert "7:30 AM in New York is outside the hours allowed there" in text


def test_what_was_sent_waits_or_was_not_sent_is_listed_with_why(make, ran, browse, bank, acting_as):
    ran(SMS)
    held = make.account(bank=bank)
    ladder.plan(bank, NOON)
    manager = make.vendor_manager(bank)
    with acting_as(manager) as session:
        open_hold(session, manager, held.debtor_id, kind=HoldKind.DISPUTE, at=NOON)
    ladder.take(bank, NOON)
    visitor = browse()

    waiting = text_of(visitor.get("/bank/reminders?state=waiting"))
    sent = text_of(visitor.get("/bank/reminders?state=sent"))
    every = text_of(visitor.get("/bank/reminders?state=all"))

    assert f"{held.name} {held.account_ref}" in waiting
    assert "The account or the person is on hold. Tried again from 25 November 2026" in waiting
    assert "24 November 2026, 5:00 PM UTC Show the action" in sent.replace("\u00a0", " ")
    assert "Waiting 1" in every
    assert "Done 1" in every


def test_words_that_were_not_sent_are_shown_with_what_is_wrong(admin, ran, browse, bank):
    ran(CALL)
    ladder.run(bank, NOON)
    admin.execute(
        "UPDATE reminders SET state = 'refused', reason = 'words', done_at = now(), judgement ="
        ' \'{"words": [{"code": "forbidden_words", "kind": "threat", "where": "text",'
        ' "words": "or else", "values": {}, "citation": "the bank\'\'s own"}]}\''
        " WHERE bank_id = %s",
        [bank.id],
    )

    text = text_of(browse().get("/bank/reminders?state=refused"))

    assert "“or else” is a threat. Leave these words out. the bank's own" in text


def test_a_question_for_a_person_leads_to_it(ran, browse, bank, acting_as):
    ran(SMS, zones=())

    answer = browse().get("/bank/reminders?state=waiting")

    with acting_as(Principal.system(bank.id)) as session:
        (permit,) = session.scalars(select(Permit.id).where(Permit.bank_id == bank.id))
    assert f"/bank/permits/{permit}" in answer.get_data(as_text=True)
    assert "The rules leave it to a person, who has been asked." in text_of(answer)


def test_the_filter_finds_a_step_and_its_days(ran, browse):
    ran(SMS)
    visitor = browse()

    assert "No reminder matches" in text_of(
        visitor.get("/bank/reminders?state=sent&from_on=2026-11-25")
    )
    found = visitor.get("/bank/reminders?state=sent&step=sms-1&to_on=2026-11-24")
    assert "Show the action" in text_of(found)
    assert visitor.get("/bank/reminders?from_on=soon").status_code == 422


def test_a_letter_that_was_sent_can_be_downloaded(ran, browse):
    ran(LETTER)

    body = browse().get("/bank/reminders?state=sent").get_data(as_text=True)

    assert "Download the PDF" in body
    assert ".pdf" in body


def test_the_list_leaves_as_a_file_and_who_took_it_is_written_down(ran, browse, acting_as, bank):
    made = ran(SMS)
    visitor = browse()

    answer = visitor.get("/bank/reminders.csv?state=sent")

    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[0][:4] == ["Reached on", "Account number", "Name", "Step"]
    assert rows[1][:7] == [
        "2026-11-24",
        made.account_ref,
        made.name,
        "Text message on day 1",
        "Text message",
        "Collections",
        "Done",
    ]
    with acting_as(Principal.system(bank.id)) as session:
        facts = session.scalars(
            select(AuditRow.facts).where(AuditRow.verb == "reminders.exported")
        ).one()
    assert (facts["count"], facts["filter"]["state"]) == (1, "sent")
    assert visitor.get("/bank/reminders.xlsx").mimetype.endswith("sheet")
    assert visitor.get("/bank/reminders.csv?from_on=soon").status_code == 422


def test_a_call_is_made_with_a_permit_logged_and_gone_from_the_list(ran, browse, bank, acting_as):
    made = ran(CALL)
    visitor, page = browse(), call_page(bank)

    assert "The rules allow a call now" in text_of(visitor.get(page))
    asked = visitor.post(page, {"do": "permit"})
    assert (asked.status_code, asked.location) == (303, page)
    assert "You may call now" in text_of(visitor.get(page))
    logged = visitor.post(page, call_form(made_at="14:00", note="Will call back."))

    assert (logged.status_code, logged.location) == (303, "/bank/reminders?state=due")
    assert "The call is logged." in text_of(visitor.get(logged.location))
    with acting_as(Principal.system(bank.id)) as session:
        (action,) = session.scalars(select(Action).where(Action.account_id == made.id))
        permit = session.get_one(Permit, (bank.id, action.permit_id))
        assert (action.made_by_agency_id, action.outcome) == (None, "no_answer")
        assert permit.state is PermitState.USED
    assert "No call to make" in text_of(visitor.get("/bank/reminders"))


def test_a_call_at_the_wrong_time_is_logged_with_the_rule_it_broke(ran, browse, bank, stand_still):
    ran(CALL)
    stand_still(EARLY)
    visitor, page = browse(), call_page(bank)

    before = text_of(visitor.get(page))
    denied = text_of(visitor.get(visitor.post(page, {"do": "permit"}).location))
    logged = visitor.post(page, call_form(made_on="2026-11-25", made_at="07:29"))

    assert "A call now would break a rule" in before
    assert "A rule forbids this call now." in denied
    assert "It broke a rule" in text_of(visitor.get(logged.location))


def test_a_call_the_rules_leave_to_a_person_is_asked_about(ran, browse, bank):
    ran(CALL, zones=())
    visitor, page = browse(), call_page(bank)

    visitor.post(page, {"do": "permit"})

    text = text_of(visitor.get(page))
    assert "A colleague has to decide" in text
    assert "Show the question" in text


def test_who_sees_a_number_in_the_clear_is_written_down(ran, browse, bank, acting_as):
    made = ran(CALL)
    visitor, page = browse(), call_page(bank)

    masked = visitor.get(page).get_data(as_text=True)
    shown = visitor.post(page, {"do": "reveal"}).get_data(as_text=True)

    assert made.phone not in masked
    assert made.phone in shown
    with acting_as(Principal.system(bank.id)) as session:
        rows = session.scalars(
            select(AuditRow.subject_id).where(AuditRow.verb == "contact.revealed")
        ).all()
    assert rows == [made.id]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"outcome": ""}, "Choose how the call ended."),
        ({"outcome": "delivered"}, ""),
        ({"made_at": ""}, "Enter the time of the call."),
        ({"made_at": "25:00"}, "Enter a time, like 14:30."),
        ({"made_on": "2026-11-30"}, "The action lies in the future."),
        ({"made_on": "2026-03-08", "made_at": "02:30"}, "never showed this time"),
        ({"note": "x" * 2_001}, "Shorten the note"),
        ({"contact_point": "0199a0e4-0000-7000-8000-000000000000"}, ""),
    ],
)
def test_a_call_that_cannot_be_true_is_refused_where_it_is_typed(ran, browse, bank, changed, said):
    ran(CALL)

    answer = browse().post(call_page(bank), call_form(**changed))

    assert answer.status_code == 422
    assert said in text_of(answer)


def test_a_call_logged_twice_is_one_call(ran, browse, bank, acting_as):
    made = ran(CALL)
    visitor, page = browse(), call_page(bank)
    visitor.post(page, call_form())

    again = visitor.post(page, call_form())

    assert again.status_code == 409
    assert "This call was logged already" in text_of(again)
    with acting_as(Principal.system(bank.id)) as session:
        assert len(session.scalars(select(Action).where(Action.account_id == made.id)).all()) == 1


def test_a_post_without_the_forms_token_does_nothing(ran, browse, bank):
    ran(CALL)
    visitor, page = browse(), call_page(bank)

    for deed in ("permit", "reveal", ""):
        answer = visitor.client.post(page, data={"do": deed, **call_form()})
        assert answer.status_code in (400, 422)
    assert ladder.reminders(bank)[0].state == "due"


def test_the_reminders_are_switched_on_and_off(make, browse, bank):
    make.account(bank=bank)
    visitor = browse()

    assert "Switched off" in text_of(visitor.get("/bank/reminders"))
    on = visitor.post("/bank/reminders/switch", {"running": "on"})
    assert (on.status_code, on.location) == (303, "/bank/reminders")
    assert "Switched on" in text_of(visitor.get("/bank/reminders"))
    again = visitor.post("/bank/reminders/switch", {"running": "on"})
    assert "running already" in text_of(visitor.get(again.location))
    visitor.post("/bank/reminders/switch", {"running": "off"})

    assert "Switched off" in text_of(visitor.get("/bank/reminders"))


def test_what_would_go_out_tomorrow_is_counted_by_step(make, ran, browse, bank):
    ran(CALL, SMS)
    make.account(bank=bank)
    make.account(bank=bank, verified_on=None)

    text = text_of(browse().get("/bank/reminders/tomorrow"))

    assert "25 November 2026" in text
    assert "Text message on day 1 First friendly note 1 0" in text
    assert "Phone call on day 15 Somebody at the bank calls. 0 0" in text


def test_a_bank_without_a_ladder_sees_what_would_be_if_it_were_on(make, browse, bank):
    visitor = browse()
    empty = text_of(visitor.get("/bank/reminders/tomorrow"))
    make.account(bank=bank)

    text = text_of(visitor.get("/bank/reminders/tomorrow"))

    assert "Nothing is due tomorrow" in empty
    assert "The reminders are off Nothing of this happens until somebody switches them on." in text
    assert "Text message on day 1 First friendly note 1 0" in text


def test_an_account_shows_the_banks_own_actions_as_the_banks(ran, browse):
    made = ran(LETTER)
    visitor = browse()

    timeline = text_of(visitor.get(f"/bank/accounts/{made.id}"))
    actions = text_of(visitor.get(f"/bank/accounts/{made.id}?tab=actions"))
    letters = text_of(visitor.get(f"/bank/accounts/{made.id}?tab=letters"))
    record = text_of(visitor.get(f"/bank/accounts/{made.id}?tab=audit"))

    assert "Formal demand for payment 24 November 2026, 5:00 PM UTC · The bank itself" in (
        timeline.replace("\u00a0", " ")
    )
    assert "Formal demand 2 times 24 November 2026" in timeline
    assert "The bank itself Letter Outcome unknown No rule broken" in actions
    assert "Formal demand for payment English" in letters
    assert "Reminder sent" in record


def test_each_role_sees_what_it_may(ran, browse, bank):
    ran(CALL)
    page = call_page(bank)
    analyst = browse(Role.BANK_ANALYST)

    shown = text_of(analyst.get("/bank/reminders"))
    assert "Make the call" not in shown
    assert "Switch the reminders" not in shown
    assert analyst.get(page).status_code == 403
    assert analyst.get("/bank/reminders.csv").status_code == 403
    assert analyst.post("/bank/reminders/switch", {"running": "off"}).status_code == 403
    assert analyst.get("/bank/reminders/tomorrow").status_code == 200


def test_another_banks_reminder_does_not_exist(make, ran, browse, bank):
    ran(CALL)
    stranger = browse(at=make.bank())

    assert stranger.get(call_page(bank)).status_code == 404
    assert stranger.post(call_page(bank), call_form()).status_code == 404
    assert "No call to make" in text_of(stranger.get("/bank/reminders"))


def test_days_are_those_of_the_bank(make, browse, stand_still):
    tokyo = make.bank(timezone="Asia/Tokyo")
    make.account(bank=tokyo)
    stand_still(datetime(2026, 11, 24, 20, 0, tzinfo=UTC))

    assert "26 November 2026" in text_of(browse(at=tokyo).get("/bank/reminders/tomorrow"))
    assert TODAY + timedelta(days=2) == datetime(2026, 11, 26, tzinfo=UTC).date()
