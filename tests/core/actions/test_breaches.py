"""The life of a breach: who may move it from where, with whose words, and never in silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import select, update

from portal.core.actions.breach_selection import BreachFilter, Kind
from portal.core.actions.breaches import (
    MOVES,
    REASON_LIMIT,
    Deed,
    decide_breaches,
    deeds_open_to,
    explain_breach,
    remedy_breach,
    uphold_breach,
    waive_breach,
)
from portal.core.actions.models import Action, Breach, BreachEvent, BreachState
from portal.core.actions.service import Told, log_action
from portal.core.audit import AuditRow
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.core.rules import Channel, Outcome
from portal.web.uow import transaction
from tests.support.factories import NOON
from tests.support.parallel import at_once

#: Half past nine in the evening in New York.
LATE = datetime.fromisoformat("2026-11-24T21:30-05:00")
AT = NOON + timedelta(days=3)

OPEN, EXPLAINED, UPHELD = BreachState.OPEN, BreachState.EXPLAINED, BreachState.UPHELD
WAIVED, REMEDIED, CLEARED = BreachState.WAIVED, BreachState.REMEDIED, BreachState.CLEARED
#: From which state which side comes to which by doing what; everything else is refused.
ALLOWED = {
    (OPEN, Deed.EXPLAIN, Side.AGENCY): EXPLAINED,
    (OPEN, Deed.UPHOLD, Side.BANK): UPHELD,
    (OPEN, Deed.WAIVE, Side.BANK): WAIVED,
    (EXPLAINED, Deed.UPHOLD, Side.BANK): UPHELD,
    (EXPLAINED, Deed.WAIVE, Side.BANK): WAIVED,
    (UPHELD, Deed.REMEDY, Side.BANK): REMEDIED,
    (UPHELD, Deed.REMEDY, Side.AGENCY): REMEDIED,
}
NO_PART = {
    *((Deed.EXPLAIN, side) for side in (Side.BANK, Side.SYSTEM, Side.DEBTOR)),
    *((deed, side) for deed in (Deed.UPHOLD, Deed.WAIVE) for side in Side if side != Side.BANK),
    *((Deed.REMEDY, side) for side in (Side.SYSTEM, Side.DEBTOR)),
}


def _do(session, actor, breach_id, deed, words="Because.", at=AT):
    if deed is Deed.EXPLAIN:
        return explain_breach(session, actor, breach_id, text=words, at=at)
    if deed is Deed.UPHOLD:
        return uphold_breach(session, actor, breach_id, reason=words, at=at)
    if deed is Deed.WAIVE:
        return waive_breach(session, actor, breach_id, reason=words, at=at)
    return remedy_breach(session, actor, breach_id, what=words, at=at)


def _put(acting_as, breach, state):
    with acting_as(Principal.system(breach.bank_id)) as session:
        session.execute(update(Breach).where(Breach.id == breach.id).values(state=state))


def _read(acting_as, breach):
    with acting_as(Principal.system(breach.bank_id)) as session:
        found = session.get_one(Breach, (breach.bank_id, breach.id))
        events = session.scalars(
            select(BreachEvent).where(BreachEvent.breach_id == breach.id).order_by(BreachEvent.id)
        ).all()
        return found, events


@pytest.fixture
def break_rule(make, acting_as):
    """Call somebody too late and return the breach: `break_rule(made, agent)`."""

    def do(made, agent, *, at=LATE, outcome=Outcome.NO_ANSWER):
        told = Told(channel=Channel.CALL, outcome=outcome, made_at=at)
        with acting_as(agent) as session:
            action = log_action(session, agent, made.id, told, now=AT)
            return session.scalars(select(Breach).where(Breach.action_id == action.id)).one()

    return do


@pytest.fixture
def broken(make, break_rule):
    """Return an open breach with the people of both sides."""
    agency = make.agency()
    made, agent = make.account(agency=agency), make.agent(agency)
    sides = {
        Side.AGENCY: agent,
        Side.BANK: make.vendor_manager(made.bank),
        Side.SYSTEM: Principal.system(made.bank_id),
        Side.DEBTOR: made.debtor,
    }
    return break_rule(made, agent), sides


@pytest.mark.parametrize(
    ("state", "deed", "side"),
    list(product(BreachState, Deed, (Side.BANK, Side.AGENCY))),
    ids=lambda value: value.value,
)
def test_each_step_is_allowed_or_refused_and_a_refusal_names_the_state(
    acting_as, broken, state, deed, side
):
    breach, sides = broken
    _put(acting_as, breach, state)
    target = ALLOWED.get((state, deed, side))

    if target is None:
        expected = NotFound if (deed, side) in NO_PART else Conflict
        with acting_as(sides[side]) as session, pytest.raises(expected) as refused:
            _do(session, sides[side], breach.id, deed)
        if expected is Conflict:
            assert "breach" in str(refused.value)
    else:
        with acting_as(sides[side]) as session:
            _do(session, sides[side], breach.id, deed)

    after, events = _read(acting_as, breach)
    assert after.state is (target or state)
    moved = [(event.from_state, event.to_state, event.reason) for event in events]
    assert moved == ([(state, target, "Because.")] if target else [])


def test_the_table_of_steps_is_the_one_that_was_meant():
    found = {
        (source, deed, side): step.target
        for deed, step in MOVES.items()
        for source in step.sources
        for side in step.permissions
    }

    assert found == ALLOWED


@pytest.mark.parametrize("state", BreachState)
def test_a_page_offers_exactly_what_would_be_allowed(broken, state):
    breach, sides = broken
    maker = breach.made_by_agency_id

    for side in (Side.BANK, Side.AGENCY, Side.SYSTEM):
        expected = [deed for deed in Deed if (state, deed, side) in ALLOWED]
        assert deeds_open_to(sides[side], state, maker) == expected
    assert deeds_open_to(sides[Side.AGENCY], state, None) == []
    analyst = Principal.staff(
        Side.BANK, breach.bank_id, sides[Side.BANK].user_id, Role.BANK_ANALYST
    )
    assert deeds_open_to(analyst, state, maker) == []


@pytest.mark.parametrize(("deed", "side"), sorted(NO_PART), ids=str)
def test_a_side_without_a_part_in_it_finds_nothing(acting_as, broken, deed, side):
    breach, sides = broken
    if side not in sides:
        sides[side] = Principal.operator_machine()

    with acting_as(sides[side]) as session, pytest.raises(NotFound):
        _do(session, sides[side], breach.id, deed)


@pytest.mark.parametrize(
    ("deed", "role"),
    [
        (Deed.EXPLAIN, Role.COLLECTOR),
        (Deed.EXPLAIN, Role.AGENCY_ADMIN),
        (Deed.UPHOLD, Role.BANK_ANALYST),
        (Deed.WAIVE, Role.BANK_ADMIN),
        (Deed.REMEDY, Role.BANK_ANALYST),
        (Deed.REMEDY, Role.COLLECTOR),
    ],
)
def test_only_managers_answer_and_decide(make, acting_as, broken, deed, role):
    breach, sides = broken
    is_bank = role in (Role.BANK_ANALYST, Role.BANK_ADMIN)
    like = sides[Side.BANK if is_bank else Side.AGENCY]
    actor = Principal.staff(like.side, like.org_id, like.user_id, role)

    with acting_as(actor) as session, pytest.raises(PermissionDenied):
        _do(session, actor, breach.id, deed)


@pytest.mark.abuse("A1")
def test_another_agency_and_another_bank_find_no_breach(make, acting_as, broken):
    breach, _ = broken
    strangers = [
        (make.agent(make.agency()), Deed.EXPLAIN),
        (make.agent(make.agency()), Deed.REMEDY),
        (make.vendor_manager(make.bank()), Deed.WAIVE),
    ]

    for stranger, deed in strangers:
        with acting_as(stranger) as session, pytest.raises(NotFound):
            _do(session, stranger, breach.id, deed)


def test_an_agency_does_not_answer_for_what_the_bank_did_on_its_account(
    make, acting_as, break_rule
):
    agency = make.agency()
    made = make.account(agency=agency)
    breach = break_rule(made, make.vendor_manager(made.bank))
    agent = make.agent(agency)

    with acting_as(agent) as session, pytest.raises(NotFound):
        explain_breach(session, agent, breach.id, text="Not ours.", at=AT)


@pytest.mark.parametrize("words", ["", "  \n ", "x" * (REASON_LIMIT + 1)])
@pytest.mark.parametrize("deed", [Deed.EXPLAIN, Deed.WAIVE])
def test_nothing_moves_without_words(acting_as, broken, deed, words):
    breach, sides = broken
    actor = sides[Side.AGENCY if deed is Deed.EXPLAIN else Side.BANK]

    with acting_as(actor) as session, pytest.raises(Invalid):
        _do(session, actor, breach.id, deed, words)

    assert _read(acting_as, breach)[0].state is BreachState.OPEN


def test_each_step_keeps_who_took_it_when_and_why(make, acting_as, break_rule):
    bank, agency = make.bank(), make.agency()
    answerer = make.staff(agency, Role.AGENCY_MANAGER)
    decider = make.staff(bank, Role.VENDOR_MANAGER)
    made = make.account(bank=bank, agency=agency)
    breach = break_rule(made, make.agent(agency))
    steps = [
        (answerer, Deed.EXPLAIN, "  The phone’s clock was wrong. "),
        (decider, Deed.UPHOLD, "Clocks have to be set."),
        (answerer, Deed.REMEDY, "All clocks are set."),
    ]

    for hours, (person, deed, words) in enumerate(steps):
        actor = Principal.staff(person.side, person.org_id, person.id, person.role)
        with acting_as(actor) as session:
            _do(session, actor, breach.id, deed, words, AT + timedelta(hours=hours))

    after, events = _read(acting_as, breach)
    assert [(e.from_state, e.to_state, e.by_name, e.reason, e.at) for e in events] == [
        (OPEN, EXPLAINED, answerer.name, "The phone’s clock was wrong.", AT),
        (EXPLAINED, UPHELD, decider.name, "Clocks have to be set.", AT + timedelta(hours=1)),
        (UPHELD, REMEDIED, answerer.name, "All clocks are set.", AT + timedelta(hours=2)),
    ]
    assert after.changed_at == AT + timedelta(hours=2)
    with acting_as(Principal.system(bank.id)) as session:
        verbs = session.scalars(
            select(AuditRow.verb).where(AuditRow.subject_id == breach.id).order_by(AuditRow.id)
        ).all()
    assert verbs == ["breach.explained", "breach.upheld", "breach.remedied"]


def test_of_many_who_decide_at_once_one_does(app, acting_as, broken):
    breach, sides = broken

    def decide(number):
        with transaction(sides[Side.BANK]) as session:
            _do(session, sides[Side.BANK], breach.id, (Deed.UPHOLD, Deed.WAIVE)[number % 2])

    outcomes = at_once(app, 8, decide)

    refused = [each for each in outcomes if isinstance(each, Conflict)]
    assert len(refused) == 7
    assert len(_read(acting_as, breach)[1]) == 1


def test_an_event_can_be_neither_changed_nor_taken_away(acting_as, broken, admin):
    breach, sides = broken
    with acting_as(sides[Side.AGENCY]) as session:
        explain_breach(session, sides[Side.AGENCY], breach.id, text="So.", at=AT)

    privileges = admin.execute(
        "SELECT privilege_type FROM information_schema.column_privileges"
        " WHERE grantee = 'portal_app' AND table_name = 'breach_events'"
    ).fetchall()

    assert {row[0] for row in privileges} == {"SELECT", "INSERT"}


# Many at once


@pytest.fixture
def many(make, break_rule):
    """Return a bank with breaches of two agencies: three of one, two of the other."""
    bank = make.bank()
    found = []
    for count in (3, 2):
        agency = make.agency()
        made, agent = make.account(bank=bank, agency=agency), make.agent(agency)
        for day in range(count):
            found.append(break_rule(made, agent, at=LATE + timedelta(days=day)))
    return make.vendor_manager(bank), found


def _states(acting_as, breaches):
    return [_read(acting_as, breach)[0].state for breach in breaches]


def test_all_of_a_filter_are_waived_for_one_reason_and_found_again_by_the_instant(acting_as, many):
    manager, breaches = many
    chosen = BreachFilter(agency_id=breaches[0].made_by_agency_id)

    with acting_as(manager) as session:
        count = decide_breaches(
            session, manager, chosen, Deed.WAIVE, expected=3, reason="A test day.", at=AT
        )

    assert count == 3
    assert _states(acting_as, breaches) == [WAIVED, WAIVED, WAIVED, OPEN, OPEN]
    for breach in breaches[:3]:
        after, events = _read(acting_as, breach)
        assert after.changed_at == AT
        assert [(e.from_state, e.to_state, e.reason) for e in events] == [
            (OPEN, WAIVED, "A test day.")
        ]
    with acting_as(manager) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.verb == "breaches.waived")).one()
        assert row.facts["count"] == 3
        assert row.facts["filter"]["agency_id"] == str(breaches[0].made_by_agency_id)


def test_what_was_decided_already_is_left_out(acting_as, many):
    manager, breaches = many
    with acting_as(manager) as session:
        uphold_breach(session, manager, breaches[0].id, reason="Seen.", at=AT)

    with acting_as(manager) as session:
        count = decide_breaches(
            session, manager, BreachFilter(), Deed.WAIVE, expected=4, reason="Rest.", at=AT
        )

    assert count == 4
    assert _states(acting_as, breaches) == [UPHELD, WAIVED, WAIVED, WAIVED, WAIVED]


def test_a_list_that_changed_since_it_was_shown_is_not_decided(acting_as, many):
    manager, breaches = many

    with acting_as(manager) as session, pytest.raises(Conflict, match="5 match now instead of 4"):
        decide_breaches(
            session, manager, BreachFilter(), Deed.UPHOLD, expected=4, reason="All.", at=AT
        )

    assert set(_states(acting_as, breaches)) == {OPEN}


@pytest.mark.parametrize("deed", [Deed.EXPLAIN, Deed.REMEDY])
def test_nothing_else_is_done_to_many_at_once(acting_as, many, deed):
    manager, _ = many

    with acting_as(manager) as session, pytest.raises((Invalid, NotFound)):
        decide_breaches(session, manager, BreachFilter(), deed, expected=5, reason="No.", at=AT)


@pytest.mark.abuse("A1")
def test_a_filter_never_reaches_another_bank(make, acting_as, many):
    _, breaches = many
    stranger = make.vendor_manager(make.bank())

    with acting_as(stranger) as session:
        count = decide_breaches(
            session, stranger, BreachFilter(), Deed.WAIVE, expected=0, reason="Mine?", at=AT
        )

    assert count == 0
    assert set(_states(acting_as, breaches)) == {OPEN}


def test_an_analyst_decides_nothing(acting_as, many):
    manager, _ = many
    analyst = Principal.staff(Side.BANK, manager.org_id, manager.user_id, Role.BANK_ANALYST)

    with acting_as(analyst) as session, pytest.raises(PermissionDenied):
        decide_breaches(
            session, analyst, BreachFilter(), Deed.WAIVE, expected=5, reason="No.", at=AT
        )


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (BreachFilter(), 5),
        (BreachFilter(kind=Kind.REVIEW), 0),
        (BreachFilter(kind=None), 5),
        (BreachFilter(rule="US-REGF-6B1-HOURS"), 5),
        (BreachFilter(rule="US-REGF-14B-FREQ"), 0),
        (BreachFilter(by_bank=True), 0),
        (BreachFilter(from_on=LATE.date() + timedelta(days=2)), 1),
        (BreachFilter(to_on=LATE.date()), 2),
        (BreachFilter(state=BreachState.EXPLAINED), 0),
        (BreachFilter(found_before=AT - timedelta(seconds=1)), 0),
        (BreachFilter(found_before=AT), 5),
    ],
    ids=str,
)
def test_a_filter_binds_by_what_it_says(acting_as, many, chosen, expected):
    manager, _ = many

    with acting_as(manager) as session:
        assert expected == decide_breaches(
            session, manager, chosen, Deed.UPHOLD, expected=expected, reason="Count.", at=AT
        )


def test_an_action_with_its_breaches_stays_as_it_was_told(acting_as, broken):
    breach, sides = broken
    with acting_as(sides[Side.BANK]) as session:
        before = session.get_one(Action, (breach.bank_id, breach.action_id)).judgement
        waive_breach(session, sides[Side.BANK], breach.id, reason="Agreed.", at=AT)
        after = session.get_one(Action, (breach.bank_id, breach.action_id)).judgement

    assert after == before
