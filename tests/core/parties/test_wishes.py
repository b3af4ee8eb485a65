"""Wishes: set by the person at any time, kept by every agency, never loosened by others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.actions.contact import may_contact, may_contact_by_channel
from portal.core.actions.models import Permit, PermitState
from portal.core.actions.permits import ask_permit
from portal.core.actions.service import log_call
from portal.core.audit import AuditRow
from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.parties.models import ContactWish
from portal.core.parties.wishes import Wish, end_wishes, find_wish, set_wishes, wish_of
from portal.core.permissions import Role
from portal.core.rules import Channel, Outcome
from tests.support.factories import NOON

AT = NOON + timedelta(hours=1)  # one in the afternoon of a Tuesday, where the person lives
WRITTEN = {"channels": {Channel.EMAIL, Channel.LETTER}}


@pytest.fixture
def agency(make):
    return make.agency()


@pytest.fixture
def made(make, agency):
    return make.account(agency=agency)


def _set(acting_as, actor, made, *, at=AT, **wish):
    with acting_as(actor) as session:
        return set_wishes(session, actor, made.debtor_id, at=at, **wish)


def _now(acting_as, actor, made):
    with acting_as(actor) as session:
        row = find_wish(session, made.bank_id, made.debtor_id)
        return None if row is None else wish_of(row)


def _codes(acting_as, actor, made, channel, at=AT):
    with acting_as(actor) as session:
        judgement = may_contact(session, [made.id], channel, at=at)[made.id]
        return {finding.code for finding in judgement.breaches}


@pytest.mark.parametrize(
    ("wish", "channel", "at", "code"),
    [
        (WRITTEN, Channel.CALL, AT, "channel_not_wished"),
        ({"write_only": True}, Channel.CALL, AT, "write_only"),
        ({"write_only": True}, Channel.VISIT, AT, "write_only"),
        ({"days": {5, 6}}, Channel.CALL, AT, "barred_time"),
        ({"opens_minute": 840, "closes_minute": 1080}, Channel.CALL, AT, "barred_time"),
        ({"opens_minute": 480, "closes_minute": 780}, Channel.CALL, AT + timedelta(minutes=1),
         "barred_time"),
    ],
)  # fmt: skip
def test_each_wish_denies_what_it_leaves_out(
    make, acting_as, made, agency, wish, channel, at, code
):
    agent = make.agent(agency)
    before = _codes(acting_as, agent, made, channel, at)

    _set(acting_as, made.debtor, made, **wish)

    assert code not in before
    assert code in _codes(acting_as, agent, made, channel, at)


@pytest.mark.parametrize(
    ("wish", "channel"),
    [
        (WRITTEN, Channel.EMAIL),
        ({"write_only": True}, Channel.LETTER),
        ({"days": {1}}, Channel.CALL),
        ({"opens_minute": 780, "closes_minute": 1080}, Channel.CALL),
        ({"weekly_maximum": 1}, Channel.CALL),
    ],
)
def test_what_a_wish_leaves_open_stays_allowed(make, acting_as, made, agency, wish, channel):
    agent = make.agent(agency)
    before = _codes(acting_as, agent, made, channel)

    _set(acting_as, made.debtor, made, **wish)

    assert _codes(acting_as, agent, made, channel) == before


def test_the_weekly_most_counts_what_every_agency_did(make, acting_as, made, agency):
    first = make.agent(agency)
    _set(acting_as, made.debtor, made, weekly_maximum=1)
    with acting_as(first) as session:
        log_call(session, first, made.id, outcome=Outcome.NO_ANSWER, made_at=AT, now=AT)
    make.take_back(made)
    second = make.agency()
    make.place(made, second)

    codes = _codes(acting_as, make.agent(second), made, Channel.SMS, AT + timedelta(days=2))

    assert "more_than_wished" in codes


def test_a_new_agencys_permit_is_denied_by_the_old_wish(make, acting_as, made):
    _set(acting_as, made.debtor, made, write_only=True)
    make.take_back(made)
    second = make.agency()
    make.place(made, second)
    agent = make.agent(second)

    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.CALL, at=AT)

    assert permit.state is PermitState.DENIED
    assert "write_only" in {each["code"] for each in permit.judgement["findings"]}


def test_wishes_take_back_a_permit_that_was_given_before(make, acting_as, made, agency):
    agent = make.agent(agency)
    with acting_as(agent) as session:
        assert ask_permit(session, agent, made.id, Channel.CALL, at=AT).state == "granted"

    _set(acting_as, made.debtor, made, write_only=True)

    with acting_as(agent) as session:
        permit = session.scalars(select(Permit).where(Permit.account_id == made.id)).one()
        assert (permit.state, permit.void_reason) == (PermitState.VOID, "wishes changed")


def test_new_wishes_replace_the_ones_before_and_the_same_again_changes_nothing(acting_as, made):
    first = _set(acting_as, made.debtor, made, write_only=True, no_work=True)
    second = _set(acting_as, made.debtor, made, weekly_maximum=2, at=AT + timedelta(minutes=1))
    again = _set(acting_as, made.debtor, made, weekly_maximum=2, at=AT + timedelta(minutes=2))

    assert again.id == second.id
    with acting_as(made.debtor) as session:
        rows = session.scalars(select(ContactWish).order_by(ContactWish.id)).all()
        assert [(row.id, row.ended_at) for row in rows] == [
            (first.id, second.received_at),
            (second.id, None),
        ]


def test_everything_chosen_is_no_limit(acting_as, made):
    row = _set(
        acting_as,
        made.debtor,
        made,
        channels=set(Channel) - {Channel.SOCIAL, Channel.UNKNOWN},
        days=range(7),
        opens_minute=0,
        closes_minute=1440,
    )

    assert wish_of(row).is_empty


OWN = {
    "channels": {Channel.SMS, Channel.EMAIL},
    "days": {0, 1, 2},
    "opens_minute": 600,
    "closes_minute": 720,
    "weekly_maximum": 2,
    "no_work": True,
}


@pytest.mark.parametrize(
    "looser",
    [
        {"channels": {Channel.SMS, Channel.EMAIL, Channel.CALL}},
        {"channels": None},
        {"days": {0, 1, 2, 3}},
        {"days": None},
        {"opens_minute": 599},
        {"closes_minute": 721},
        {"opens_minute": None, "closes_minute": None},
        {"weekly_maximum": 3},
        {"weekly_maximum": None},
        {"no_work": False},
    ],
)
@pytest.mark.parametrize("side", ["agency", "bank"])
def test_nobody_loosens_what_the_person_set_themselves(make, acting_as, made, agency, looser, side):
    _set(acting_as, made.debtor, made, **OWN)
    actor = make.agent(agency) if side == "agency" else make.vendor_manager(made.bank)

    with pytest.raises(Conflict, match="own page"):
        _set(acting_as, actor, made, at=AT + timedelta(hours=1), **{**OWN, **looser})
    with pytest.raises(Conflict, match="own page"), acting_as(actor) as session:
        end_wishes(session, actor, made.debtor_id, at=AT + timedelta(hours=1))


def test_others_record_tighter_wishes_and_still_cannot_go_back_behind_the_persons(
    make, acting_as, made, agency
):
    agent = make.agent(agency)
    _set(acting_as, made.debtor, made, weekly_maximum=3)
    for hours, most in ((1, 1), (2, 2)):
        _set(acting_as, agent, made, at=AT + timedelta(hours=hours), weekly_maximum=most)

    with pytest.raises(Conflict):
        _set(acting_as, agent, made, at=AT + timedelta(hours=3), weekly_maximum=4)
    back = _set(acting_as, agent, made, at=AT + timedelta(hours=3), weekly_maximum=3)
    free = _set(acting_as, made.debtor, made, at=AT + timedelta(hours=4), weekly_maximum=9)

    assert (back.told_side, free.weekly_maximum) == ("agency", 9)


def test_after_the_person_lifted_everything_others_start_afresh(make, acting_as, made, agency):
    agent = make.agent(agency)
    _set(acting_as, made.debtor, made, write_only=True)
    with acting_as(made.debtor) as session:
        assert end_wishes(session, made.debtor, made.debtor_id, at=AT + timedelta(hours=1))
    with acting_as(made.debtor) as session:
        assert not end_wishes(session, made.debtor, made.debtor_id, at=AT + timedelta(hours=1))

    _set(acting_as, agent, made, at=AT + timedelta(hours=2), weekly_maximum=2)
    _set(acting_as, agent, made, at=AT + timedelta(hours=3), weekly_maximum=5)

    assert _now(acting_as, agent, made) == Wish(weekly_maximum=5)


def test_an_agency_ends_what_an_agency_was_told(make, acting_as, made, agency):
    agent = make.agent(agency)
    _set(acting_as, agent, made, days={0})

    with acting_as(agent) as session:
        assert end_wishes(session, agent, made.debtor_id, at=AT + timedelta(hours=1))

    assert _now(acting_as, made.debtor, made) is None
    with acting_as(agent) as session:
        answers = may_contact_by_channel(session, made.id, at=AT + timedelta(hours=2))
    assert "barred_time" not in {each.code for each in answers[Channel.CALL].breaches}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"channels": set()}, "channels"),
        ({"channels": {Channel.CALL}, "write_only": True}, "channels"),
        ({"channels": {Channel.SOCIAL}}, "channels"),
        ({"days": set()}, "days"),
        ({"days": {7}}, "days"),
        ({"opens_minute": 600}, "opens"),
        ({"closes_minute": 600}, "opens"),
        ({"opens_minute": 600, "closes_minute": 600}, "opens"),
        ({"opens_minute": 601, "closes_minute": 600}, "opens"),
        ({"opens_minute": 0, "closes_minute": 1441}, "opens"),
        ({"weekly_maximum": 0}, "weekly_maximum"),
        ({"weekly_maximum": 51}, "weekly_maximum"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_by_its_field(acting_as, made, wish, field):
    with pytest.raises(Invalid) as refused:
        _set(acting_as, made.debtor, made, **wish)

    assert refused.value.values["field"] == field


def test_strangers_neither_set_nor_see_a_wish(make, acting_as, made):
    _set(acting_as, made.debtor, made, write_only=True)
    strangers = [
        make.agent(make.agency()),
        make.vendor_manager(make.bank()),
        make.account(bank=made.bank).debtor,
    ]

    for stranger in strangers:
        with pytest.raises(NotFound):
            _set(acting_as, stranger, made, weekly_maximum=1)
        assert _now(acting_as, stranger, made) is None


def test_who_only_reads_sets_no_wish(make, acting_as, made, agency):
    with pytest.raises(PermissionDenied):
        _set(acting_as, make.agent(agency, Role.AGENCY_ADMIN), made, weekly_maximum=1)


def test_what_was_wished_and_lifted_is_in_the_banks_record(make, acting_as, made):
    row = _set(acting_as, made.debtor, made, days={1, 0}, write_only=True)
    with acting_as(made.debtor) as session:
        end_wishes(session, made.debtor, made.debtor_id, at=AT + timedelta(hours=1))

    with acting_as(make.vendor_manager(made.bank)) as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.subject_id == made.debtor_id).order_by(AuditRow.id)
        ).all()
        told = [(each.verb, each.facts) for each in rows]
    assert told == [
        ("wish.set", {"wish_id": str(row.id), "days": [0, 1], "write_only": True}),
        ("wish.ended", {"wish_id": str(row.id)}),
    ]
