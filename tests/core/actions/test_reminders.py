"""Taking the steps of the ladder: sent once, under words and rules, or kept with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import faults, seals
from portal.core.accounts.holds import open_hold, release_hold
from portal.core.accounts.models import Effort
from portal.core.actions.ladder import DEFAULT_STEPS, OwnText
from portal.core.actions.ladders import switch_ladder
from portal.core.actions.models import Action, Permit, PermitState
from portal.core.actions.permits import ask_permit, grant_asked, refuse_asked
from portal.core.actions.reminders import (
    claim_reminders,
    log_reminder_call,
    take_reminder,
)
from portal.core.actions.service import Told, open_text
from portal.core.errors import Conflict, NotFound, PermissionDenied
from portal.core.outbox import Message
from portal.core.parties.models import ContactPoint, ContactStatement, StatementKind
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.core.rules import Channel, HoldKind, Outcome
from tests.support import reminders as ladder
from tests.support.factories import NOON, TODAY
from tests.support.parallel import at_once

NIGHT = datetime.fromisoformat("2026-11-24T03:00-05:00")
MORNING = datetime.fromisoformat("2026-11-24T08:00-05:00")
TOMORROW = NOON + timedelta(days=1)
SMS, SMS_2, CALL, LETTER, ANNOUNCED = DEFAULT_STEPS


@pytest.fixture
def made(make):
    """An account its bank has not referred yet."""
    return make.account()


@pytest.fixture
def start(make, made):
    """Let a ladder of some steps run at the account's bank, and return its manager."""

    def start_it(*steps, **options):
        return ladder.start(make, made.bank, steps=steps or DEFAULT_STEPS, **options)

    return start_it


@pytest.fixture
def state(made):
    """Tell how the bank's reminders stand."""
    return lambda: [(each.step, each.state, each.reason) for each in ladder.reminders(made.bank)]


@pytest.fixture
def posted(acting_as, made):
    """Return what the bank posted to people, in the clear."""

    def read():
        with acting_as(Principal.machine_of(made.bank.id)) as session:
            key = seals.owner_key(session, made.bank.id)
            return [
                (
                    row.channel,
                    key.open("messages.to", row.id, row.to_sealed),
                    row.subject,
                    key.open("messages.body", row.id, row.body_sealed),
                )
                for row in session.scalars(select(Message).order_by(Message.id))
            ]

    return read


@pytest.fixture
def logged(acting_as, made):
    """Return the actions on the account."""

    def read():
        with acting_as(Principal.system(made.bank_id)) as session:
            found = list(session.scalars(select(Action).where(Action.account_id == made.id)))
            texts = [open_text(session, action) for action in found]
            session.expunge_all()
            return list(zip(found, texts, strict=True))

    return read


@pytest.fixture
def efforts(acting_as, made):
    """Return what the bank tried, by kind."""

    def read():
        with acting_as(Principal.system(made.bank_id)) as session:
            rows = session.execute(
                select(Effort.kind, Effort.times, Effort.last_on).where(
                    Effort.account_id == made.id
                )
            )
            return {row.kind: (row.times, row.last_on) for row in rows}

    return read


def test_a_text_is_checked_permitted_logged_counted_and_posted(
    acting_as, start, made, state, posted, logged, efforts
):
    start()

    ladder.run(made.bank, NOON)

    assert state() == [("sms-1", "sent", "")]
    ((channel, to, _, text),) = posted()
    assert (channel, to) == ("text", made.phone)
    assert text.startswith(f"{made.bank.name}: a friendly note about your account. $2,467.37 was")
    assert "3 August 2026" in text
    assert text.endswith("Reply STOP to opt out.")
    ((action, kept),) = logged()
    assert kept == text
    assert (action.made_by_agency_id, action.automated, action.breach_count) == (None, True, 0)
    assert (action.channel, action.purpose) == ("sms", "payment_request")
    assert efforts()["sms"] == (4, TODAY)
    with acting_as(Principal.system(made.bank_id)) as session:
        permit = session.get_one(Permit, (made.bank_id, action.permit_id))
        assert (permit.state, permit.agency_id) == (PermitState.USED, None)
        assert permit.facts["message"]["optout_present"] is True


def test_at_night_it_waits_and_leaves_in_the_morning(start, made, state, posted, acting_as):
    start(day=TODAY, at=NIGHT)

    ladder.run(made.bank, NIGHT)

    assert state() == [("sms-1", "waiting", "rules")]
    (waiting,) = ladder.reminders(made.bank)
    assert waiting.next_try_at == MORNING
    assert [each["code"] for each in waiting.judgement["findings"]] == ["outside_window"]
    assert posted() == []
    with acting_as(Principal.system(made.bank_id)) as session:
        assert list(session.scalars(select(Permit))) == []

    assert ladder.take(made.bank, MORNING - timedelta(seconds=1)) == 0
    assert ladder.take(made.bank, MORNING) == 1
    assert state() == [("sms-1", "sent", "")]
    assert len(posted()) == 1


def test_words_that_must_not_be_sent_are_refused_and_shown(
    admin, start, made, state, posted, logged
):
    start(SMS)
    admin.execute(
        "UPDATE reminder_ladders SET steps = jsonb_set(steps, '{0,texts}', %s) WHERE bank_id = %s",
        [
            '{"en": {"text": "{bank}: pay {amount} or you will be arrested. Call {phone}, we are'
            ' glad to help.", "subject": ""}}',
            made.bank_id,
        ],
    )

    ladder.run(made.bank, NOON)

    assert state() == [("sms-1", "refused", "words")]
    (refused,) = ladder.reminders(made.bank)
    (found,) = refused.judgement["words"]
    assert (found["kind"], "arrested" in found["words"]) == ("false_consequence", True)
    assert (posted(), logged()) == ([], [])


def test_own_words_are_sent_in_their_language_and_the_librarys_in_others(make, start, made, posted):
    own = OwnText(language="en", text="{bank} here. Call {phone}: we will find a way together.")
    make.account(bank=made.bank, language="es")
    start(replace(SMS, texts=(own,)))

    ladder.run(made.bank, NOON)

    texts = sorted(text for _, _, _, text in posted())
    assert texts[0].endswith("we will find a way together. Reply STOP to opt out.")
    assert "una nota amable" in texts[1]


def test_a_step_is_never_taken_twice(app, start, made, posted, logged):
    start()
    ladder.plan(made.bank, NOON)
    (waiting,) = ladder.reminders(made.bank)
    system = Principal.system(made.bank_id)

    def take(_):
        from portal.web.uow import transaction

        with transaction(system) as session:
            return take_reminder(
                session, system, waiting.id, at=NOON, compose=ladder.MAKER
            ).state.value

    assert at_once(app, 6, take) == ["sent"] * 6
    assert len(posted()) == len(logged()) == 1
    ladder.run(made.bank, NOON + timedelta(minutes=5))
    assert len(posted()) == 1


def test_of_several_who_claim_at_once_each_reminder_goes_to_one(make, app, start, made):
    for _ in range(5):
        make.account(bank=made.bank)
    start()
    ladder.plan(made.bank, NOON)
    system = Principal.system(made.bank_id)

    def claim(_):
        from portal.web.uow import transaction

        with transaction(system) as session:
            return claim_reminders(session, system, at=NOON, size=100)

    claimed = [each for found in at_once(app, 4, claim) for each in found]

    assert len(claimed) == len(set(claimed)) == 6


@pytest.mark.parametrize("point", ["reminder.taken", "action.logged", "permit.asked"])
def test_a_crash_loses_nothing_and_sends_nothing_twice(start, made, state, posted, logged, point):
    start()
    ladder.plan(made.bank, NOON)

    def crash():
        raise RuntimeError("the power went")

    faults.arm(point, crash)
    try:
        with pytest.raises(RuntimeError):
            ladder.take(made.bank, NOON)
    finally:
        faults.disarm_all()

    assert (posted(), logged()) == ([], [])
    assert state() == [("sms-1", "waiting", "")]
    assert ladder.take(made.bank, NOON + timedelta(minutes=9)) == 0
    ladder.take(made.bank, NOON + timedelta(minutes=10))
    assert state() == [("sms-1", "sent", "")]
    assert len(posted()) == len(logged()) == 1


def test_a_hold_opened_meanwhile_stops_it_until_it_is_released(
    acting_as, start, made, state, posted
):
    manager = start()
    ladder.plan(made.bank, NOON)
    with acting_as(manager) as session:
        hold = open_hold(session, manager, made.debtor_id, kind=HoldKind.DISPUTE, at=NOON)

    ladder.take(made.bank, NOON)
    assert state() == [("sms-1", "waiting", "on_hold")]
    ladder.run(made.bank, TOMORROW)
    assert (state(), posted()) == ([("sms-1", "waiting", "on_hold")], [])

    with acting_as(manager) as session:
        release_hold(session, manager, hold.id, reason="Settled", at=TOMORROW)
    ladder.run(made.bank, NOON + timedelta(days=2))
    assert state() == [("sms-1", "sent", "")]


def test_a_person_with_several_accounts_gets_one_message_a_day(make, start, made, state, posted):
    make.account(person=made)
    start()
    ladder.plan(made.bank, NOON)
    ladder.plan(made.bank, TOMORROW)

    ladder.take(made.bank, TOMORROW)

    assert len(posted()) == 1
    assert sorted(reason for _, _, reason in state()) == ["", "one_a_day"]
    ladder.take(made.bank, TOMORROW + timedelta(hours=5))
    assert len(posted()) == 1
    ladder.take(made.bank, TOMORROW + timedelta(days=1))
    assert len(posted()) == 2


def test_what_the_rules_leave_to_a_person_is_asked_once_and_sent_when_granted(
    acting_as, make, made, admin, start, state, posted
):
    admin.execute("UPDATE debtors SET zones = '{}' WHERE id = %s", [made.debtor_id])
    manager = start()

    ladder.run(made.bank, NOON)
    assert ladder.take(made.bank, NOON + timedelta(minutes=5)) == 0
    (waiting,) = ladder.reminders(made.bank)
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        take_reminder(session, system, waiting.id, at=NOON, compose=ladder.MAKER)

    assert state() == [("sms-1", "waiting", "asked")]
    with acting_as(manager) as session:
        (permit,) = session.scalars(select(Permit))
        assert permit.state is PermitState.ASKED
        grant_asked(session, manager, permit.id, reason="At home.", at=NOON + timedelta(minutes=7))
    ladder.run(made.bank, NOON + timedelta(minutes=10))

    assert state() == [("sms-1", "sent", "")]
    assert len(posted()) == 1


def test_what_a_person_decides_against_is_refused(acting_as, made, admin, start, state, posted):
    admin.execute("UPDATE debtors SET zones = '{}' WHERE id = %s", [made.debtor_id])
    manager = start()
    ladder.run(made.bank, NOON)
    with acting_as(manager) as session:
        (permit,) = session.scalars(select(Permit))
        refuse_asked(session, manager, permit.id, reason="They moved.", at=NOON)

    ladder.run(made.bank, NOON + timedelta(minutes=5))

    assert state() == [("sms-1", "refused", "person_refused")]
    assert posted() == []


def test_a_question_is_withdrawn_when_its_step_is_no_longer_to_be_taken(
    acting_as, make, made, admin, start, state
):
    admin.execute("UPDATE debtors SET zones = '{}' WHERE id = %s", [made.debtor_id])
    start(SMS, SMS_2)
    ladder.run(made.bank, NOON)

    ladder.plan(made.bank, NOON + timedelta(days=6))

    assert state()[0] == ("sms-1", "skipped", "overtaken")
    with acting_as(Principal.system(made.bank_id)) as session:
        (permit,) = session.scalars(select(Permit))
        assert permit.state is PermitState.RETURNED


def test_somebody_who_opted_out_is_not_texted(acting_as, made, start, state, posted):
    manager = start()
    with acting_as(manager) as session:
        session.add(
            ContactStatement(
                bank_id=made.bank_id,
                debtor_id=made.debtor_id,
                kind=StatementKind.OPT_OUT,
                channel="sms",
                received_at=NOON - timedelta(days=1),
                told_side=Side.DEBTOR,
                told_by=made.debtor_id,
            )
        )

    ladder.run(made.bank, NOON)

    assert state() == [("sms-1", "refused", "rules")]
    (refused,) = ladder.reminders(made.bank)
    assert [each["code"] for each in refused.judgement["findings"]] == ["opted_out"]
    assert posted() == []


def test_somebody_else_who_holds_a_permit_on_the_person_comes_first(
    acting_as, made, start, state, posted
):
    manager = start()
    with acting_as(manager) as session:
        ask_permit(session, manager, made.id, Channel.CALL, at=NOON)

    ladder.run(made.bank, NOON + timedelta(minutes=1))
    assert state() == [("sms-1", "waiting", "rules")]
    ladder.run(made.bank, NOON + timedelta(minutes=11))

    assert state() == [("sms-1", "sent", "")]


@pytest.mark.parametrize(
    ("change", "channel"),
    [
        ("DELETE FROM contact_points WHERE kind = 'phone' AND debtor_id = %s", "email"),
        (
            "UPDATE contact_points SET place = 'work' WHERE kind = 'phone' AND debtor_id = %s",
            "email",
        ),
        ("SELECT %s::uuid", "text"),
    ],
)
def test_without_a_number_the_same_words_go_by_email(
    admin, made, start, posted, efforts, change, channel
):
    admin.execute(change, [made.debtor_id])
    start()

    ladder.run(made.bank, NOON)

    ((way, to, subject, text),) = posted()
    assert (way, to) == (channel, made.email if channel == "email" else made.phone)
    if channel == "email":
        assert subject == f"A message about your account with {made.bank.name}"
        assert text.startswith(f"Dear {made.name}")
        assert efforts()["email"] == (1, TODAY)


def test_a_mobile_is_preferred_and_a_wrong_number_is_none(acting_as, admin, made, start, posted):
    manager = start()
    with acting_as(manager) as session:
        wrong = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == "phone"
            )
        ).one()
        session.add(
            ContactStatement(
                bank_id=made.bank_id,
                debtor_id=made.debtor_id,
                kind=StatementKind.WRONG_NUMBER,
                contact_point_id=wrong,
                received_at=NOON - timedelta(days=1),
                told_side=Side.BANK,
                told_by=manager.user_id,
            )
        )

    ladder.run(made.bank, NOON)

    ((way, to, _, _),) = posted()
    assert (way, to) == ("email", made.email)


def test_nobody_is_written_to_without_any_address(admin, made, start, state):
    admin.execute("DELETE FROM contact_points WHERE debtor_id = %s", [made.debtor_id])
    start()

    ladder.run(made.bank, NOON)

    assert state() == [("sms-1", "refused", "no_address")]


def test_nothing_leaves_while_the_ladder_is_switched_off(acting_as, made, start, state, posted):
    manager = start()
    ladder.plan(made.bank, NOON)
    (waiting,) = ladder.reminders(made.bank)
    with acting_as(manager) as session:
        switch_ladder(session, manager, running=False, at=NOON)
    system = Principal.system(made.bank_id)

    assert ladder.take(made.bank, NOON) == 0
    with acting_as(system) as session:
        take_reminder(session, system, waiting.id, at=NOON, compose=ladder.MAKER)

    assert (state(), posted()) == ([("sms-1", "waiting", "")], [])


def test_a_step_the_bank_took_out_is_passed_over(make, made, start, state):
    start()
    ladder.plan(made.bank, NOON)
    ladder.start(make, made.bank, steps=(SMS_2, CALL))

    ladder.take(made.bank, NOON)

    assert state() == [("sms-1", "skipped", "step_removed")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            "UPDATE balances SET principal_minor = 0, interest_minor = 0, fees_minor = 0"
            " WHERE account_id = %s",
            ("skipped", "nothing_owed"),
        ),
        ("UPDATE accounts SET state = 'offered' WHERE id = %s", ("skipped", "referred")),
        (
            "UPDATE balances SET verified_as_of = NULL WHERE account_id = %s",
            ("waiting", "balance_unverified"),
        ),
    ],
)
def test_what_changed_meanwhile_is_seen_before_anything_leaves(
    admin, made, start, state, posted, change, reason
):
    start()
    ladder.plan(made.bank, NOON)
    admin.execute(change, [made.id])

    ladder.take(made.bank, NOON)

    assert state() == [("sms-1", *reason)]
    assert posted() == []


def test_a_call_is_left_to_a_person_whose_word_ends_the_step(
    acting_as, made, start, state, logged, efforts
):
    manager = start(CALL)
    ladder.run(made.bank, NOON)
    assert state() == [("call-1", "due", "")]
    (due,) = ladder.reminders(made.bank)
    told = Told(channel=Channel.CALL, outcome=Outcome.NO_ANSWER, made_at=NOON)

    with acting_as(manager) as session:
        action = log_reminder_call(session, manager, due.id, told, now=NOON)
        assert action.made_by == manager.user_id

    assert state() == [("call-1", "sent", "")]
    assert efforts()["call"] == (3, TODAY)
    assert len(logged()) == 1
    with pytest.raises(Conflict), acting_as(manager) as session:
        log_reminder_call(session, manager, due.id, told, now=NOON)


def test_only_the_banks_own_who_send_reminders_log_its_calls(acting_as, make, made, start):
    start(CALL)
    ladder.run(made.bank, NOON)
    (due,) = ladder.reminders(made.bank)
    told = Told(channel=Channel.CALL, outcome=Outcome.NO_ANSWER, made_at=NOON)
    analyst = Principal.staff(Side.BANK, made.bank_id, made.id, Role.BANK_ANALYST)
    stranger = make.vendor_manager(make.bank())

    with pytest.raises(PermissionDenied), acting_as(analyst) as session:
        log_reminder_call(session, analyst, due.id, told, now=NOON)
    with pytest.raises(NotFound), acting_as(stranger) as session:
        log_reminder_call(session, stranger, due.id, told, now=NOON)
    with pytest.raises(NotFound), acting_as(stranger) as session:
        take_reminder(session, stranger, due.id, at=NOON, compose=ladder.MAKER)
    with pytest.raises(PermissionDenied), acting_as(analyst) as session:
        claim_reminders(session, analyst, at=NOON, size=1)
