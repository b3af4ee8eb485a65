"""Holds: opened by whoever learns of a reason, binding at once, released by the bank alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from portal.core.accounts.hold_ends import end_holds
from portal.core.accounts.hold_kinds import HoldEffect, kind_of_hold, kinds_of_hold
from portal.core.accounts.hold_reading import list_holds, open_note
from portal.core.accounts.holds import confirm_hold, extend_hold, open_hold, release_hold
from portal.core.accounts.models import Hold, HoldOwner, HoldState
from portal.core.accounts.selection import AccountFilter
from portal.core.actions.contact import may_contact
from portal.core.actions.models import Permit, PermitState
from portal.core.actions.permits import ask_permit
from portal.core.audit import AuditRow
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.parties.guarding import share_with_agencies
from portal.core.permissions import Role
from portal.core.placements.refer import propose_referral
from portal.core.principal import Principal
from portal.core.rules import Channel, HoldKind
from tests.support.factories import NOON, TODAY

AT = NOON + timedelta(hours=1)
LATER = AT + timedelta(days=1)


@pytest.fixture
def agency(make):
    return make.agency()


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


def _open(acting_as, actor, made, kind=HoldKind.DISPUTE, **more):
    with acting_as(actor) as session:
        return open_hold(session, actor, made.debtor_id, kind=kind, **{"at": AT, **more})


def _call(acting_as, actor, made, at=AT):
    with acting_as(actor) as session:
        return may_contact(session, [made.id], Channel.CALL, at=at)[made.id]


def _codes(judgement):
    return {finding.code for finding in judgement.breaches}


def test_every_kind_of_hold_that_can_be_stored_says_what_it_stops(admin):
    check = admin.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'holds_kind_check'"
    ).fetchone()[0]

    assert {kind.value for kind in kinds_of_hold()} == {
        kind.value for kind in HoldKind if f"'{kind.value}'" in check
    }
    assert all(each.effects for each in kinds_of_hold().values())
    assert HoldEffect.NO_CONTACT in kind_of_hold(HoldKind.DISPUTE).effects


def test_a_hold_denies_contact_within_the_transaction_that_opens_it(make, acting_as, made, agency):
    agent = make.agent(agency, Role.COLLECTOR)

    with acting_as(agent) as session:
        before = may_contact(session, [made.id], Channel.CALL, at=AT)[made.id]
        open_hold(session, agent, made.debtor_id, kind=HoldKind.HARDSHIP, at=AT)
        after = may_contact(session, [made.id], Channel.CALL, at=AT)[made.id]

    assert before.is_allowed
    assert "on_hold" in _codes(after)


def test_a_hold_takes_away_the_permit_another_agency_holds_on_the_person(
    make, acting_as, made, agency
):
    agent, manager = make.agent(agency), make.vendor_manager(made.bank)
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.CALL, at=AT)
        assert permit.state is PermitState.GRANTED

    _open(acting_as, manager, made, HoldKind.BANKRUPTCY)

    with acting_as(agent) as session:
        kept = session.scalars(select(Permit).where(Permit.account_id == made.id)).one()
        assert (kept.state, kept.voided_at, kept.void_reason) == (
            PermitState.VOID,
            AT,
            "hold opened",
        )


def test_a_hold_outlives_the_agency_that_opened_it(make, acting_as, made, agency):
    _open(acting_as, make.agent(agency), made, HoldKind.ATTORNEY)
    make.take_back(made)
    second = make.agency()
    make.place(made, second)
    agent = make.agent(second)

    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.CALL, at=LATER)

    assert permit.state is PermitState.DENIED
    assert "on_hold" in {each["code"] for each in permit.judgement["findings"]}


def test_a_hold_on_one_account_leaves_the_persons_other_account_alone(
    make, acting_as, admin, made, agency
):
    other = make.account(bank=made.bank, agency=agency)
    for table in ("ledger_lines", "postings", "balances", "verifications", "placements"):
        admin.execute(
            f"UPDATE {table} SET debtor_id = %s WHERE debtor_id = %s",
            [made.debtor_id, other.debtor_id],
        )
    admin.execute("UPDATE accounts SET debtor_id = %s WHERE id = %s", [made.debtor_id, other.id])
    agent = make.agent(agency)

    _open(acting_as, agent, made, account_id=made.id)

    assert "on_hold" in _codes(_call(acting_as, agent, made))
    assert _call(acting_as, agent, other).is_allowed


def test_the_same_reason_told_twice_is_one_hold(make, acting_as, made, agency):
    agent = make.agent(agency)

    first = _open(acting_as, agent, made)
    again = _open(acting_as, made.debtor, made, at=LATER)
    narrower = _open(acting_as, agent, made, account_id=made.id)

    assert again.id == first.id
    assert narrower.id != first.id


def test_whoever_is_not_the_bank_waits_for_the_bank_to_look_and_then_to_answer(
    make, acting_as, made, agency
):
    manager = make.vendor_manager(made.bank)

    opened = _open(acting_as, make.agent(agency), made)
    with acting_as(manager) as session:
        confirmed = confirm_hold(session, manager, opened.id, at=LATER)

    assert (opened.state, opened.owner, opened.due_on) == (
        HoldState.OPENED,
        HoldOwner.BANK,
        TODAY + timedelta(days=2),
    )
    assert (confirmed.state, confirmed.due_on) == (HoldState.ACTIVE, TODAY + timedelta(days=30))
    with pytest.raises(Conflict, match="confirmed before"), acting_as(manager) as session:
        confirm_hold(session, manager, opened.id, at=LATER)


def test_what_the_bank_opens_is_active_at_once(make, acting_as, made):
    hold = _open(acting_as, make.vendor_manager(made.bank), made, HoldKind.BEREAVEMENT)

    assert (hold.state, hold.confirmed_at) == (HoldState.ACTIVE, AT)
    assert hold.due_on == TODAY + timedelta(days=60)


def test_a_released_hold_no_longer_denies_and_says_why(make, acting_as, made, agency):
    agent, manager = make.agent(agency), make.vendor_manager(made.bank)
    hold = _open(acting_as, agent, made)

    with acting_as(manager) as session:
        released = release_hold(session, manager, hold.id, reason=" Proof was sent. ", at=LATER)

    assert (released.state, released.release_reason) == (HoldState.RELEASED, "Proof was sent.")
    assert "on_hold" in _codes(_call(acting_as, agent, made, at=LATER - timedelta(minutes=1)))
    assert _call(acting_as, agent, made, at=LATER + timedelta(minutes=1)).is_allowed
    with pytest.raises(Conflict, match="released before"), acting_as(manager) as session:
        release_hold(session, manager, hold.id, reason="Again", at=LATER)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_nothing_is_released_without_a_reason(make, acting_as, made, reason):
    manager = make.vendor_manager(made.bank)
    hold = _open(acting_as, manager, made)

    with pytest.raises(Invalid, match="Give a reason"), acting_as(manager) as session:
        release_hold(session, manager, hold.id, reason=reason, at=LATER)


@pytest.mark.parametrize("role", [Role.AGENCY_MANAGER, Role.COLLECTOR, Role.AGENCY_ADMIN])
@pytest.mark.parametrize("deed", [confirm_hold, extend_hold, release_hold])
def test_no_agency_confirms_extends_or_releases_a_hold(make, acting_as, made, agency, role, deed):
    hold = _open(acting_as, make.agent(agency), made)
    agent = make.agent(agency, role)
    more = {"reason": "Enough"} if deed is release_hold else {}

    with pytest.raises(PermissionDenied), acting_as(agent) as session:
        deed(session, agent, hold.id, at=LATER, **more)


def test_the_database_itself_lets_no_agency_and_no_person_change_a_hold(
    make, acting_as, made, agency
):
    hold = _open(acting_as, make.agent(agency), made)

    for actor in (make.agent(agency), made.debtor):
        with acting_as(actor) as session:
            changed = session.execute(
                text(
                    "UPDATE holds SET state = 'released', released_at = now(),"
                    " release_reason = 'x' WHERE id = :id"
                ),
                {"id": hold.id},
            )
            assert changed.rowcount == 0


def test_a_persons_own_stop_is_lifted_by_nobody_at_the_bank(make, acting_as, made):
    manager = make.vendor_manager(made.bank)
    hold = _open(acting_as, made.debtor, made, HoldKind.CEASE)

    with pytest.raises(Conflict, match="own page"), acting_as(manager) as session:
        release_hold(session, manager, hold.id, reason="They called", at=LATER)


def test_strangers_neither_open_nor_see_a_hold(make, acting_as, made, agency):
    _open(acting_as, make.agent(agency), made)
    strangers = [
        make.agent(make.agency()),
        make.vendor_manager(make.bank()),
        make.account(bank=made.bank).debtor,
    ]

    for stranger in strangers:
        with pytest.raises(NotFound), acting_as(stranger) as session:
            open_hold(session, stranger, made.debtor_id, kind=HoldKind.DISPUTE, at=AT)
        with acting_as(stranger) as session:
            assert list_holds(session, debtor_id=made.debtor_id) == []


def test_an_account_of_somebody_else_is_not_found(make, acting_as, made, agency):
    other, agent = make.account(bank=made.bank, agency=agency), make.agent(agency)

    with pytest.raises(NotFound), acting_as(agent) as session:
        open_hold(session, agent, made.debtor_id, kind=HoldKind.DISPUTE, account_id=other.id, at=AT)


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ("agency", HoldKind.BALANCE_UNVERIFIED),
        ("agency", HoldKind.CREDENTIAL_LAPSED),
        ("debtor", HoldKind.LITIGATION),
        ("debtor", HoldKind.OTHER),
    ],
)
def test_each_side_opens_the_kinds_it_can_know_of(make, acting_as, made, agency, who, kind):
    actor = make.agent(agency) if who == "agency" else made.debtor

    with pytest.raises(PermissionDenied):
        _open(acting_as, actor, made, kind)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"received_at": AT + timedelta(minutes=3)}, "received_on"),
        ({"kind": HoldKind.BREATHING_SPACE}, "starts_on"),
        ({"starts_on": TODAY, "ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"ends_on": TODAY - timedelta(days=9)}, "ends_on"),
        ({"ref": "x" * 101}, "ref"),
        ({"note": "x" * 2001}, "note"),
        ({"kind": HoldKind.PLAN}, "kind"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(make, acting_as, made, more, field):
    with pytest.raises(Invalid) as refused:
        _open(acting_as, make.vendor_manager(made.bank), made, **more)

    assert refused.value.values["field"] == field


def test_a_breathing_space_binds_on_its_days_and_on_no_others(make, acting_as, made):
    manager = make.vendor_manager(made.bank)
    first, last = TODAY + timedelta(days=1), TODAY + timedelta(days=60)

    hold = _open(
        acting_as, manager, made, HoldKind.BREATHING_SPACE, starts_on=first, ends_on=last, ref="7"
    )

    assert hold.due_on == last
    assert _call(acting_as, manager, made).is_allowed
    assert "on_hold" in _codes(_call(acting_as, manager, made, at=AT + timedelta(days=1)))
    with acting_as(manager) as session:
        after = may_contact(session, [made.id], Channel.CALL, at=AT + timedelta(days=61))
        assert "on_hold" not in {
            finding.code
            for finding in after[made.id].breaches
            if finding.values.get("kind") == HoldKind.BREATHING_SPACE
        }


def test_a_hold_is_closed_once_its_last_day_is_over_wherever_the_person_may_be(make, acting_as):
    made = make.account(zones=("America/New_York", "America/Los_Angeles"))
    system = Principal.system(made.bank_id)
    hold = _open(acting_as, system, made, HoldKind.BREATHING_SPACE, starts_on=TODAY, ends_on=TODAY)
    half_past_eleven_in_california = NOON + timedelta(hours=14, minutes=30)

    with acting_as(system) as session:
        too_early = end_holds(session, system, at=half_past_eleven_in_california)
    with acting_as(system) as session:
        ended = end_holds(session, system, at=half_past_eleven_in_california + timedelta(hours=1))

    assert (too_early, ended) == (0, 1)
    with acting_as(system) as session:
        kept = session.get_one(Hold, (made.bank_id, hold.id))
        assert (kept.state, kept.release_reason) == (HoldState.RELEASED, "ended on its day")


def test_an_ended_hold_makes_room_for_another_of_its_kind(make, acting_as, made, agency):
    manager = make.vendor_manager(made.bank)
    old = {"starts_on": TODAY, "ends_on": TODAY}
    first = _open(acting_as, manager, made, HoldKind.BREATHING_SPACE, **old)
    days = {"starts_on": TODAY + timedelta(days=3), "ends_on": TODAY + timedelta(days=9)}
    three_days_on = AT + timedelta(days=3)

    with pytest.raises(Conflict, match="few minutes"):
        _open(
            acting_as,
            make.agent(agency),
            made,
            HoldKind.BREATHING_SPACE,
            at=three_days_on,
            **days,
        )
    second = _open(acting_as, manager, made, HoldKind.BREATHING_SPACE, at=three_days_on, **days)

    assert second.id != first.id
    with acting_as(manager) as session:
        assert session.get_one(Hold, (made.bank_id, first.id)).state is HoldState.RELEASED


def test_a_hold_is_made_longer_and_never_shorter(make, acting_as, made):
    manager = make.vendor_manager(made.bank)
    hold = _open(
        acting_as,
        manager,
        made,
        HoldKind.BREATHING_SPACE,
        starts_on=TODAY,
        ends_on=date(2027, 1, 1),
    )

    with acting_as(manager) as session:
        longer = extend_hold(
            session, manager, hold.id, ends_on=date(2027, 2, 1), due_on=date(2027, 1, 31), at=LATER
        )

    assert (longer.ends_on, longer.due_on) == (date(2027, 2, 1), date(2027, 1, 31))
    for wrong in ({}, {"ends_on": date(2027, 1, 31)}, {"due_on": TODAY}, {"extension_days": 999}):
        with pytest.raises(Invalid), acting_as(manager) as session:
            extend_hold(session, manager, hold.id, at=LATER, **wrong)


def test_each_deed_leaves_a_row_in_the_banks_record(make, acting_as, made, agency):
    manager = make.vendor_manager(made.bank)
    hold = _open(acting_as, make.agent(agency), made)
    with acting_as(manager) as session:
        confirm_hold(session, manager, hold.id, at=LATER)
        extend_hold(session, manager, hold.id, due_on=date(2027, 1, 31), at=LATER)
        release_hold(session, manager, hold.id, reason="Proof was sent.", at=LATER)

    with acting_as(manager) as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.subject_id == hold.id).order_by(AuditRow.id)
        ).all()
        verbs = [row.verb for row in rows]
    assert verbs == ["hold.opened", "hold.confirmed", "hold.extended", "hold.released"]
    assert {row.facts["kind"] for row in rows} == {"dispute"}


def test_a_hold_heard_of_late_has_what_came_after_judged_again(make, acting_as, admin, made):
    manager = make.vendor_manager(made.bank)

    _open(acting_as, manager, made, received_at=AT - timedelta(hours=3))
    _open(acting_as, manager, made, HoldKind.HARDSHIP)

    jobs = admin.execute(
        "SELECT args FROM jobs.procrastinate_jobs WHERE task_name = 'judge_again'"
        " AND args->>'debtor_id' = %s",
        [str(made.debtor_id)],
    ).fetchall()
    assert [row[0]["since"] for row in jobs] == [(AT - timedelta(hours=3)).isoformat()]


def test_a_note_is_sealed_in_the_table_and_opens_for_who_may_see_it(make, acting_as, admin, made):
    manager = make.vendor_manager(made.bank)

    hold = _open(acting_as, manager, made, note="her husband died in May")

    stored = admin.execute("SELECT note_sealed FROM holds WHERE id = %s", [hold.id]).fetchone()
    assert b"husband" not in bytes(stored[0])
    with acting_as(manager) as session:
        kept = session.get_one(Hold, (made.bank_id, hold.id))
        assert open_note(session, kept) == "her husband died in May"


def test_holds_are_listed_by_what_is_due_first(make, acting_as, made):
    manager = make.vendor_manager(made.bank)
    for kind in (HoldKind.BANKRUPTCY, HoldKind.COMPLAINT, HoldKind.LITIGATION):
        _open(acting_as, manager, made, kind)

    with acting_as(manager) as session:
        everything = [hold.kind for hold in list_holds(session, account_id=made.id)]
        soon = [hold.kind for hold in list_holds(session, due_before=TODAY + timedelta(days=11))]
        one = list_holds(session, kind=HoldKind.LITIGATION)

    assert everything == [HoldKind.COMPLAINT, HoldKind.BANKRUPTCY, HoldKind.LITIGATION]
    assert soon == [HoldKind.COMPLAINT]
    assert len(one) == 1


def test_an_agency_that_came_meanwhile_is_shown_the_hold_and_loses_its_permit(
    make, acting_as, admin, made, agency
):
    hold = _open(acting_as, make.agent(agency), made)
    make.take_back(made)
    second = make.agency()
    make.place(made, second)
    # As if the second agency had accepted while the hold was being written.
    admin.execute("UPDATE holds SET agency_ids = %s WHERE id = %s", [[agency.id], hold.id])
    agent, system = make.agent(second), Principal.system(made.bank_id)
    with acting_as(agent) as session:
        assert ask_permit(session, agent, made.id, Channel.CALL, at=AT).state == "granted"

    with acting_as(system) as session:
        shared = share_with_agencies(session, system, made.debtor_id, at=AT)

    assert shared == 1
    assert "on_hold" in _codes(_call(acting_as, agent, made))
    with acting_as(agent) as session:
        assert session.scalars(select(Permit.state)).all() == [PermitState.VOID]


@pytest.mark.parametrize(
    ("hold", "left_out"),
    [
        ({}, {"on_hold": 1}),
        ({"scope": "account"}, {"on_hold": 1}),
        ({"starts_on": TODAY + timedelta(days=5)}, {"on_hold": 1}),
        ({"ends_on": TODAY}, {"on_hold": 1}),
        ({"ends_on": TODAY, "days_on": 1}, {}),
        ({"released": True}, {}),
    ],
)
def test_an_account_on_hold_is_not_referred_and_the_reason_is_told(make, acting_as, hold, left_out):
    bank, agency = make.bank(), make.agency()
    make.panel(bank, agency)
    held, free = make.account(bank=bank), make.account(bank=bank)
    manager, more = make.vendor_manager(bank), dict(hold)
    scope, released = more.pop("scope", "person"), more.pop("released", False)
    today = TODAY + timedelta(days=more.pop("days_on", 0))
    account_id = held.id if scope == "account" else None
    opened = _open(acting_as, manager, held, HoldKind.COMPLAINT, account_id=account_id, **more)
    if released:
        with acting_as(manager) as session:
            release_hold(session, manager, opened.id, reason="Answered", at=LATER)

    with acting_as(manager) as session:
        proposal = propose_referral(
            session, manager, AccountFilter("USD"), {agency.id: 1}, seed="1", today=today
        )

    assert proposal.left_out == left_out
    assert free.id in proposal.agency_of
