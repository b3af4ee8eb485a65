"""What a draft of a bank's own rules would have done to a month that is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from portal.core.actions.models import Action, BankRules, KeptJudgement
from portal.core.actions.own_preview import preview
from portal.core.actions.own_settings_reading import read_settings
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import Told, log_action
from portal.core.errors import NotFound, PermissionDenied
from portal.core.parties.models import ContactPoint, Debtor
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Outcome
from portal.web.uow import transaction
from tests.support.own_rules import own_rules, second_account

NEW_YORK = ZoneInfo("America/New_York")
SINCE = datetime(2026, 12, 1, tzinfo=NEW_YORK)
UNTIL = datetime(2027, 1, 1, tzinfo=NEW_YORK)
LATER = UNTIL + timedelta(days=1)


def at(day: int, hour: int = 12) -> datetime:
    """Return an hour of a day of December in New York; day 0 is the last of November."""
    start = datetime(2026, 11, 30, hour) + timedelta(days=day)
    return start.replace(tzinfo=NEW_YORK).astimezone(UTC)


def log(agent, made, moment, *, channel=Channel.CALL, outcome=Outcome.NO_ANSWER, **more):
    told = Told(channel=channel, outcome=outcome, made_at=moment, **more)
    with transaction(agent) as session:
        return log_action(session, agent, made.id, told, now=LATER)


def look(acting_as, bank, *, since=SINCE, until=UNTIL, limit=20_000, **raw):
    manager = Principal.system(bank.id)
    with acting_as(manager) as session:
        return preview(session, manager, read_settings(raw), since=since, until=until, limit=limit)


@pytest.fixture
def month(make):
    """Two agencies on two accounts of one person, and a third account: a December of calls.

    Calls to the person: on the 1st, 2nd and 3rd by the first agency, on the 4th by the second; on
    the 7th at ten at night, which the law forbids. To the other: on the 1st and the 20th. The last
    of November and the first of January are not of the month.
    """
    one, other = make.agency(), make.agency()
    made = make.account(agency=one)
    sibling = second_account(make, made, other)
    alone = make.account(bank=made.bank, agency=one)
    agent, stranger = make.agent(one), make.agent(other)
    log(agent, made, at(0), outcome=Outcome.BUSY)
    for day in (1, 2, 3):
        log(agent, made, at(day))
    log(stranger, sibling, at(4))
    log(agent, made, at(7, 22))
    log(agent, alone, at(1, 13))
    log(agent, alone, at(20, 13))
    log(agent, made, at(10), direction=Direction.INBOUND, outcome=Outcome.CONVERSATION)
    log(agent, made, at(32))
    return made, one, other, alone


def test_contacts_a_draft_would_have_forbidden_are_counted_by_rule_agency_channel_and_day(
    month, acting_as
):
    made, one, other, _ = month

    found = look(acting_as, made.bank, caps=[{"channels": ["call"], "most": 2, "days": 7}])

    assert (found.contacts, found.looked_at, found.people, found.is_drawn) == (7, 7, 2, False)
    assert found.forbidden == 4  # the 2nd, 3rd, 4th and 7th; 30 November counts too
    assert found.forbidden_anew == 3  # the law had forbidden the 7th
    assert found.by_rule == {"BANK-CAP-1": 3}
    assert found.by_agency == {one.id: 2, other.id: 1}
    assert found.by_channel == {Channel.CALL: 3}
    assert found.by_day == {date(2026, 12, day): 1 for day in (2, 3, 4)}
    assert [sample.at for sample in found.samples] == [at(2), at(3), at(4)]
    assert {sample.account_ref for sample in found.samples} == {
        *(made.account_ref, f"{made.account_ref}-2"),
    }
    assert found.samples[0].finding.values["count"] == 3


def test_nothing_is_written_by_looking(month, acting_as):
    made = month[0]

    def rows():
        with acting_as(Principal.system(made.bank_id)) as session:
            return [
                session.scalar(select(func.count()).select_from(model))
                for model in (Action, KeptJudgement, BankRules)
            ]

    before = rows()
    look(acting_as, made.bank, channels_off=["call"])

    assert rows() == before
    assert before[2] == 0


def test_a_draft_is_looked_at_over_the_days_asked_for_alone(month, acting_as):
    made = month[0]

    found = look(acting_as, made.bank, since=at(2, 0), until=at(4, 0), channels_off=["call"])

    assert (found.contacts, found.forbidden_anew) == (2, 2)


def test_settings_that_ask_nothing_forbid_nothing(month, acting_as):
    found = look(acting_as, month[0].bank)

    assert (found.looked_at, found.forbidden, found.samples) == (7, 0, ())


def test_what_own_rules_in_force_forbade_already_is_not_new(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    own_rules(make, made.bank, caps=[{"channels": ["call"], "most": 1, "days": 7}])
    for day in (1, 2, 3):
        log(agent, made, at(day))

    found = look(acting_as, made.bank, caps=[{"channels": ["call"], "most": 1, "days": 2}])

    assert (found.forbidden, found.forbidden_anew) == (2, 0)


def test_permits_a_draft_would_have_denied_are_counted(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    for moment in (at(1), at(2), at(2, 23)):
        with acting_as(agent) as session:
            ask_permit(session, agent, made.id, Channel.CALL, at=moment)

    found = look(
        acting_as,
        made.bank,
        hours=[{"channels": ["call"], "week": {"tue": ["08:00", "20:00"]}}],
    )

    assert (found.contacts, found.permits) == (0, 3)
    assert found.permits_denied == 1  # Tuesday was open; at night the law denies anyhow


def test_permits_are_counted_by_the_contacts_before_them(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    for day in (1, 2):
        with acting_as(agent) as session:
            ask_permit(session, agent, made.id, Channel.CALL, at=at(day))
        log(agent, made, at(day) + timedelta(minutes=2))

    found = look(acting_as, made.bank, caps=[{"channels": ["call"], "most": 1, "days": 7}])

    assert (found.permits, found.permits_denied, found.forbidden_anew) == (2, 1, 1)


def test_a_person_is_taken_to_be_where_they_were_then(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    log(agent, made, at(1, 9))
    with acting_as(Principal.system(made.bank_id)) as session:
        session.execute(
            update(Debtor).where(Debtor.id == made.debtor_id).values(zones=["America/Los_Angeles"])
        )

    week = {day: ["08:30", "20:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    found = look(acting_as, made.bank, hours=[{"channels": ["call"], "week": week}])

    assert found.forbidden == 0


def test_calls_to_a_number_that_turned_out_wrong_do_not_count_from_then_on(make, acting_as, admin):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    with acting_as(agent) as session:
        phone = session.scalars(
            select(ContactPoint.id).where(
                ContactPoint.debtor_id == made.debtor_id, ContactPoint.kind == "phone"
            )
        ).one()
    log(agent, made, at(1), contact_point_id=phone)
    log(agent, made, at(2))
    admin.execute(
        "INSERT INTO contact_statements (bank_id, debtor_id, agency_ids, kind, contact_point_id,"
        " received_at, told_side, told_by)"
        " VALUES (%s, %s, %s, 'wrong_number', %s, %s, 'agency', %s)",
        [made.bank_id, made.debtor_id, [agency.id], phone, at(3), agent.user_id],
    )
    log(agent, made, at(4))

    found = look(acting_as, made.bank, caps=[{"channels": ["call"], "most": 1, "days": 4}])

    assert found.by_day == {date(2026, 12, 2): 1, date(2026, 12, 4): 1}
    assert [sample.finding.values["count"] for sample in found.samples] == [2, 2]


def test_of_too_many_contacts_some_people_are_drawn_and_it_is_said(month, acting_as):
    made = month[0]

    found = look(acting_as, made.bank, limit=5, channels_off=["call"])
    again = look(acting_as, made.bank, limit=5, channels_off=["call"])

    assert found.is_drawn
    assert found.contacts == 7
    assert found.looked_at in (2, 5)
    assert (found.people, found.by_day) == (again.people, again.by_day)


@pytest.mark.abuse("A1")
def test_another_banks_month_is_not_looked_at(month, make, acting_as):
    found = look(acting_as, make.bank(), channels_off=["call"])

    assert found.contacts == 0


def test_only_a_bank_looks_back(month, make, acting_as):
    agent = make.agent(month[1])
    operator = Principal.operator_machine()

    for actor, refusal in ((agent, NotFound), (operator, PermissionDenied)):
        with acting_as(actor) as session, pytest.raises(refusal):
            preview(session, actor, read_settings({}), since=SINCE, until=UNTIL)
