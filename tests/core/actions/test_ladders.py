"""Versions of a bank's ladder: what holds on a day, who may set it, which words it may speak."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core.actions.ladder import DEFAULT_STEPS, OwnText
from portal.core.actions.ladder_reading import LadderRefused
from portal.core.actions.ladders import (
    WordsOfLadderRefused,
    coming_versions,
    find_ladder,
    list_versions,
    set_ladder,
    switch_ladder,
)
from portal.core.errors import Conflict, Invalid, PermissionDenied
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.core.rules.wording import WordKind
from tests.support.factories import NOON, TODAY

KIND = "{bank}: your account needs a look. Call {phone} and we will find a way together."
THREAT = KIND + " Otherwise you will be arrested."
FEWER = DEFAULT_STEPS[:2]


@pytest.fixture
def bank(make):
    return make.bank()


@pytest.fixture
def put(acting_as, make, bank):
    """Set a version as the bank's manager."""

    def set_it(steps=DEFAULT_STEPS, *, running=True, day=TODAY, **more):
        manager = make.vendor_manager(bank)
        with acting_as(manager) as session:
            return set_ladder(
                session, manager, steps, running=running, effective_from=day, at=NOON, **more
            )

    return set_it


@pytest.fixture
def holds(acting_as, bank):
    """Tell what holds on a day: version, number of steps, running."""

    def on(day):
        with acting_as(Principal.system(bank.id)) as session:
            found = find_ladder(session, bank.id, day)
            return found.version, len(found.steps), found.is_running

    return on


def saying(text, *, language="en", **changed):
    """Return a ladder of one step with a text of its own."""
    own = OwnText(language=language, text=text)
    return (replace(DEFAULT_STEPS[0], texts=(own,), **changed),)


def test_a_bank_that_set_nothing_has_steps_to_start_from_and_sends_nothing(holds):
    assert holds(TODAY) == (0, 5, False)


def test_the_newest_version_that_has_begun_holds(put, holds):
    put()
    put(FEWER, day=TODAY + timedelta(days=3))

    assert holds(TODAY + timedelta(days=2)) == (1, 5, True)
    assert holds(TODAY + timedelta(days=3)) == (2, 2, True)


def test_a_version_set_later_for_an_earlier_day_outdoes_one_to_come(acting_as, put, holds, bank):
    put(FEWER, day=TODAY + timedelta(days=3))
    put()

    assert holds(TODAY + timedelta(days=9)) == (2, 5, True)
    with acting_as(Principal.system(bank.id)) as session:
        assert coming_versions(list_versions(session, bank.id), TODAY) == []


def test_switching_keeps_the_steps_of_today_and_of_days_to_come(acting_as, make, put, holds, bank):
    put()
    put(FEWER, day=TODAY + timedelta(days=3))
    put(FEWER[:1], day=TODAY + timedelta(days=6))
    manager = make.vendor_manager(bank)

    with acting_as(manager) as session:
        switch_ladder(session, manager, running=False, at=NOON)

    assert holds(TODAY) == (4, 5, False)
    assert holds(TODAY + timedelta(days=3)) == (5, 2, False)
    assert holds(TODAY + timedelta(days=6)) == (6, 1, False)
    with pytest.raises(Conflict, match="off already"), acting_as(manager) as session:
        switch_ladder(session, manager, running=False, at=NOON)


def test_a_bank_switches_on_the_steps_it_never_changed(acting_as, make, holds, bank):
    manager = make.vendor_manager(bank)

    with acting_as(manager) as session:
        switch_ladder(session, manager, running=True, at=NOON)

    assert holds(TODAY) == (1, 5, True)


def test_the_day_of_a_version_is_not_over_where_the_bank_is(put):
    with pytest.raises(Invalid) as refused:
        put(day=TODAY - timedelta(days=1))

    assert refused.value.values["field"] == "effective_from"


def test_two_who_change_the_same_version_do_not_overwrite_each_other(put):
    put(based_on=0)

    with pytest.raises(Conflict, match="meanwhile"):
        put(FEWER, based_on=0)
    assert put(FEWER, based_on=1).version == 2


def test_only_who_sets_policies_sets_or_switches_the_ladder(acting_as, make, bank):
    analyst = Principal.staff(
        Side.BANK, bank.id, make.vendor_manager(bank).user_id, Role.BANK_ANALYST
    )

    with pytest.raises(PermissionDenied), acting_as(analyst) as session:
        set_ladder(session, analyst, DEFAULT_STEPS, running=True, effective_from=TODAY, at=NOON)
    with pytest.raises(PermissionDenied), acting_as(analyst) as session:
        switch_ladder(session, analyst, running=True, at=NOON)


def test_steps_that_make_no_sense_are_not_set(put):
    twice = (DEFAULT_STEPS[0], replace(DEFAULT_STEPS[1], after_days=1))

    with pytest.raises(LadderRefused):
        put(twice)


def test_a_bank_nobody_can_call_sends_nothing(put, admin, bank):
    admin.execute("UPDATE banks SET phone = '' WHERE id = %s", [bank.id])

    put(running=False)
    with pytest.raises(Invalid, match="telephone number"):
        put(running=True)


def test_own_words_that_may_be_sent_are_set_and_those_that_may_not_are_shown(put):
    assert put(saying(KIND)).version == 1

    with pytest.raises(WordsOfLadderRefused) as refused:
        put(saying(THREAT))

    assert [fault.place for fault in refused.value.faults] == ["steps-0-texts-en"]
    (text,) = refused.value.texts
    (block,) = text.check.blocks
    assert block.kind is WordKind.FALSE_CONSEQUENCE
    assert "arrested" in text.text[block.start : block.end]


def test_a_consequence_is_named_only_where_somebody_answers_for_it(put):
    words = KIND + " If we hear nothing we will take legal action."

    with pytest.raises(WordsOfLadderRefused):
        put(saying(words))
    assert put(saying(words, confirmed=frozenset({WordKind.LEGAL_ACTION}))).version == 1


def test_own_words_are_checked_by_the_rules_of_every_place_the_banks_people_live_in(
    make, put, bank
):
    make.account(bank=bank, country="CN", state="", zones=("Asia/Shanghai",), language="zh")
    make.account(bank=bank, state="MA")

    with pytest.raises(WordsOfLadderRefused) as refused:
        put(saying(THREAT))

    assert [text.places for text in refused.value.texts] == [("us",), ("cn",), ("us", "us-ma")]
