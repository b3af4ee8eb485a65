"""A bank's own rules in force: versions and their days, who they bind, who may read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.bank_rules import balance_days, find_pack
from portal.core.actions.contact import may_contact_by_channel
from portal.core.actions.models import BankRules, Breach, PermitState
from portal.core.actions.own_rules import (
    first_day,
    list_versions,
    schedule_of,
    set_rules,
    settings_of,
    withdraw,
)
from portal.core.actions.own_settings import BankSettings
from portal.core.actions.own_settings_reading import read_settings
from portal.core.actions.permits import ask_permit
from portal.core.actions.rejudging import replay
from portal.core.actions.service import Told, log_action
from portal.core.audit import AuditRow
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome, Verdict
from portal.core.rules.pack import content_hash
from portal.web.uow import transaction
from tests.support.factories import NOON, TODAY
from tests.support.own_rules import own_rules, second_account
from tests.support.parallel import at_once

THREE = read_settings({"caps": [{"channels": ["call"], "most": 3, "days": 7}]})
TWO = read_settings({"caps": [{"channels": ["call"], "most": 2, "days": 7}]})


def _set(acting_as, actor, settings, effective_from, **more):
    values = {"note": "", "at": NOON, "today": TODAY, **more}
    with acting_as(actor) as session:
        return set_rules(session, actor, settings, effective_from=effective_from, **values)


def _call(acting_as, agent, made, at):
    told = Told(channel=Channel.CALL, outcome=Outcome.NO_ANSWER, made_at=at)
    with acting_as(agent) as session:
        return log_action(session, agent, made.id, told, now=at + timedelta(minutes=5))


def test_the_first_rules_may_hold_today_and_later_ones_from_tomorrow(make, acting_as):
    manager = make.vendor_manager(make.bank())

    first = _set(acting_as, manager, THREE, TODAY)

    assert (first.version, first.effective_from) == (1, TODAY)
    assert first.hash == content_hash(first.document)
    with pytest.raises(Invalid, match="2026-11-25 at the earliest"):
        _set(acting_as, manager, TWO, TODAY)
    second = _set(acting_as, manager, TWO, TODAY + timedelta(days=1))
    assert second.version == 2
    with acting_as(manager) as session:
        facts = session.scalars(
            select(AuditRow.facts).where(AuditRow.verb == "rules.set").order_by(AuditRow.id)
        ).all()
    assert [each["version"] for each in facts] == [1, 2]
    assert facts[1]["hash"] == second.hash


def test_the_past_is_not_opened_again(make, acting_as):
    manager = make.vendor_manager(make.bank())

    with pytest.raises(Invalid, match="2026-11-24 at the earliest"):
        _set(acting_as, manager, THREE, TODAY - timedelta(days=1))


def test_a_day_that_has_begun_in_utc_counts_as_begun_at_the_bank():
    seven_in_the_evening_in_new_york = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
    one_in_the_morning_in_shanghai = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)

    west = first_day([BankRules()], at=seven_in_the_evening_in_new_york, today=TODAY)
    east = first_day([BankRules()], at=one_in_the_morning_in_shanghai, today=TODAY)

    assert west == date(2026, 11, 26)
    assert east == date(2026, 11, 25)


def test_each_version_holds_from_its_day_until_the_next_ones(make, acting_as):
    manager = make.vendor_manager(make.bank())
    _set(acting_as, manager, THREE, TODAY)
    _set(acting_as, manager, TWO, date(2027, 1, 1))
    _set(acting_as, manager, read_settings({"rest_days": 2}), date(2026, 12, 1))

    with acting_as(manager) as session:
        found = {
            day: find_pack(session, manager.bank_id, day)
            for day in (
                *(TODAY - timedelta(days=1), TODAY, date(2026, 11, 30), date(2026, 12, 1)),
                *(date(2026, 12, 31), date(2027, 1, 1)),
            )
        }
        versions = list_versions(session, manager.bank_id)

    assert [pack.version if pack else None for pack in found.values()] == [
        *(None, "1", "1", "3"),
        *("3", "2"),
    ]
    schedule = schedule_of(versions, date(2026, 12, 5))
    assert schedule.in_force.version == 3
    assert [each.version for each in schedule.coming] == [2]
    assert [each.version for each in schedule.over] == [1]
    assert schedule.newest == 3


def test_the_newer_of_two_versions_for_one_day_holds(make, acting_as):
    manager = make.vendor_manager(make.bank())
    _set(acting_as, manager, THREE, date(2026, 12, 1))
    _set(acting_as, manager, TWO, date(2026, 12, 1))

    with acting_as(manager) as session:
        pack = find_pack(session, manager.bank_id, date(2026, 12, 1))
        schedule = schedule_of(list_versions(session, manager.bank_id), TODAY)

    assert pack.version == "2"
    assert schedule.in_force is None
    assert [each.version for each in schedule.coming] == [2]
    assert [each.version for each in schedule.over] == [1]
    assert settings_of(schedule.coming[0]) == TWO


def test_withdrawing_is_a_version_without_rules(make, acting_as):
    manager = make.vendor_manager(make.bank())
    _set(acting_as, manager, THREE, TODAY)

    with acting_as(manager) as session:
        withdraw(
            session,
            manager,
            effective_from=date(2026, 12, 1),
            note="A trial is over.",
            at=NOON,
            today=TODAY,
        )

    with acting_as(manager) as session:
        before = find_pack(session, manager.bank_id, date(2026, 11, 30))
        after = find_pack(session, manager.bank_id, date(2026, 12, 1))
        note = list_versions(session, manager.bank_id)[0].note
    assert len(before.rules) == 1
    assert after.rules == ()
    assert note == "A trial is over."


def test_a_version_that_changes_nothing_is_refused(make, acting_as):
    manager = make.vendor_manager(make.bank())
    with pytest.raises(Invalid, match="Nothing changes"):
        _set(acting_as, manager, BankSettings(), TODAY)
    _set(acting_as, manager, THREE, TODAY)

    with pytest.raises(Invalid, match="Nothing changes"):
        _set(acting_as, manager, THREE, date(2026, 12, 1))
    with pytest.raises(Invalid, match="Shorten the note"):
        _set(acting_as, manager, TWO, date(2026, 12, 1), note="x" * 501)


def test_of_two_authors_the_second_is_told_of_the_first(make, acting_as):
    manager = make.vendor_manager(make.bank())
    _set(acting_as, manager, THREE, TODAY, based_on=0)

    with pytest.raises(Conflict, match="meanwhile"):
        _set(acting_as, manager, TWO, date(2026, 12, 1), based_on=0)
    _set(acting_as, manager, TWO, date(2026, 12, 1), based_on=1)

    with acting_as(manager) as session:
        assert len(list_versions(session, manager.bank_id)) == 2


def test_two_authors_at_once_leave_one_version_of_each_number(make, app):
    manager = make.vendor_manager(make.bank())
    drafts = [THREE, TWO]

    def set_one(number):
        with transaction(manager) as session:
            return set_rules(
                session,
                manager,
                drafts[number],
                effective_from=TODAY,
                note="",
                at=NOON,
                today=TODAY,
                based_on=0,
            ).version

    answers = at_once(app, 2, set_one)

    assert [answer for answer in answers if answer == 1] == [1]
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1


@pytest.mark.parametrize("role", [Role.BANK_ANALYST, Role.BANK_ADMIN])
def test_only_who_sets_policies_sets_rules(make, acting_as, role):
    bank = make.bank()
    reader = Principal.staff(Side.BANK, bank.id, make.staff(bank, role).id, role)
    agent = make.agent(make.agency())

    for actor in (reader, agent):
        with pytest.raises(PermissionDenied):
            _set(acting_as, actor, THREE, TODAY)
    with pytest.raises(NotFound):
        _set(acting_as, Principal(Side.SYSTEM, bank.id, Role.SYSTEM), THREE, TODAY)


@pytest.mark.abuse("A2")
def test_versions_are_never_changed_or_deleted(make, acting_as, admin):
    manager = make.vendor_manager(make.bank())
    _set(acting_as, manager, THREE, TODAY)

    granted = admin.execute(
        "SELECT privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'portal_app' AND table_name = 'bank_rules'"
    ).fetchall()

    assert {row[0] for row in granted} == {"SELECT", "INSERT"}


def test_a_pooled_limit_counts_the_calls_of_every_agency_on_every_account(make, acting_as):
    one, other = make.agency(), make.agency()
    made = make.account(agency=one)
    sibling = second_account(make, made, other)
    own_rules(make, made.bank, caps=[{"channels": ["call"], "most": 2, "days": 7}])
    agent, stranger = make.agent(one), make.agent(other)
    _call(acting_as, agent, made, NOON + timedelta(hours=1))
    _call(acting_as, stranger, sibling, NOON + timedelta(hours=2))

    with acting_as(agent) as session:
        answers = may_contact_by_channel(session, made.id, at=NOON + timedelta(hours=3))
        permit = ask_permit(session, agent, made.id, Channel.CALL, at=NOON + timedelta(hours=3))
    third = _call(acting_as, agent, made, NOON + timedelta(hours=4))

    call = answers[Channel.CALL]
    assert call.verdict is Verdict.GUIDANCE_BREACH
    [finding] = call.breaches
    assert (finding.rule_id, finding.values["count"], finding.values["limit"]) == (
        *("BANK-CAP-1", 3),
        2,
    )
    assert len(finding.events) == 2
    assert answers[Channel.SMS].verdict is not Verdict.GUIDANCE_BREACH
    assert permit.state is PermitState.DENIED
    assert "bank" in {pack["id"] for pack in permit.packs}
    with acting_as(make.vendor_manager(made.bank)) as session:
        breach = session.scalars(select(Breach).where(Breach.action_id == third.id)).one()
    assert (breach.rule_id, breach.pack, breach.citation) == (
        *("BANK-CAP-1", "bank"),
        "The bank's own rule",
    )


def test_a_limit_for_each_agency_leaves_the_other_agency_its_own(make, acting_as):
    one, other = make.agency(), make.agency()
    made = make.account(agency=one)
    sibling = second_account(make, made, other)
    cap = {"channels": ["call"], "most": 1, "days": 7, "over": "each_agency"}
    own_rules(make, made.bank, caps=[cap])
    agent = make.agent(one)
    _call(acting_as, make.agent(other), sibling, NOON + timedelta(hours=1))

    with acting_as(agent) as session:
        before = may_contact_by_channel(session, made.id, at=NOON + timedelta(hours=2))
    _call(acting_as, agent, made, NOON + timedelta(hours=3))
    with acting_as(agent) as session:
        after = may_contact_by_channel(session, made.id, at=NOON + timedelta(hours=4))

    assert before[Channel.CALL].is_allowed
    assert not after[Channel.CALL].is_allowed


def test_rules_bind_from_their_day_on(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    own_rules(make, made.bank, effective_from=TODAY + timedelta(days=2), channels_off=["call"])

    with acting_as(agent) as session:
        answers = [
            may_contact_by_channel(session, made.id, at=NOON + timedelta(days=days))[Channel.CALL]
            for days in (1, 2)
        ]

    assert [answer.is_allowed for answer in answers] == [True, False]
    assert [finding.code for finding in answers[1].breaches] == ["channel_not_used"]


def test_a_balance_counts_for_as_long_as_the_bank_says(make, acting_as):
    agency = make.agency()
    made = make.account(agency=agency, verified_on=TODAY - timedelta(days=40))
    agent = make.agent(agency)
    with acting_as(agent) as session:
        before = may_contact_by_channel(session, made.id, at=NOON)[Channel.CALL]

    own_rules(make, made.bank, balance_days=30)

    with acting_as(agent) as session:
        after = may_contact_by_channel(session, made.id, at=NOON)[Channel.CALL]
        assert balance_days(find_pack(session, made.bank_id, TODAY)) == 30
    assert before.is_allowed
    assert [finding.code for finding in after.breaches] == ["on_hold"]


def test_decisions_by_a_banks_own_rules_can_be_made_again(make, acting_as):
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    own_rules(
        make,
        made.bank,
        channels_off=["visit"],
        days_off=[{"on": "2026-11-26", "name": "Thanksgiving"}],
        caps=[{"channels": ["call"], "most": 1, "days": 1}],
    )
    for hours in (1, 2, 48):
        _call(acting_as, agent, made, NOON + timedelta(hours=hours))
    own_rules(make, made.bank, effective_from=TODAY + timedelta(days=3), rest_days=1)

    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        made_again = replay(session, system, limit=10)

    assert [each.is_same for each in made_again] == [True, True, True]
    assert {rule for each in made_again for rule in each.rules_now} == {"BANK-CAP-1", "BANK-DAYS"}


@pytest.mark.abuse("A2")
def test_an_agency_reads_the_rules_of_banks_whose_panel_it_is_on_and_of_no_other(make, acting_as):
    bank, agency, stranger = make.bank(), make.agency(), make.agency()
    make.panel(bank, agency)
    own_rules(make, bank, rest_days=3)

    def seen_by(principal):
        with acting_as(principal) as session:
            rows = session.scalars(select(BankRules)).all()
            return find_pack(session, bank.id, TODAY), rows

    pack, rows = seen_by(make.agent(agency))
    assert pack.version == "1"
    assert rows == []  # the notes, and who made them, stay at the bank
    assert seen_by(make.agent(stranger)) == (None, [])
    assert seen_by(make.vendor_manager(make.bank())) == (None, [])
