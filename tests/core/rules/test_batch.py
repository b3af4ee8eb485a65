import multiprocessing
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.rules import (
    Channel,
    ContactFacts,
    Form,
    Hold,
    HoldKind,
    Message,
    OptOut,
    Outcome,
    PastContact,
    Verdict,
    Wishes,
    judge_done,
    load_packs,
)
from portal.core.rules.batch import Judged, Log, facts_of, judge_all, judge_in_parallel
from portal.core.rules.engine import NEEDS
from portal.core.rules.known import Known
from portal.core.rules.objects import BarredPlace, Cease, Dispute, OpenPermit, Representation
from portal.core.rules.pack import PACK_IDS, read_pack
from portal.core.rules.registry import EVALUATORS
from tests.core.rules.people import NEW_YORK, US, contact, instant, past
from tests.core.rules.test_properties import (
    ACCOUNTS,
    PACKS,
    acts,
    consents,
    contacts,
    moments,
    windows,
    zones,
)

FORK = multiprocessing.get_context("fork")
PHONES = ["+1 212 555 0101", "+12125550102", None]


def few(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(strategy, max_size=2).map(tuple)


messages = st.builds(
    Message,
    form=st.sampled_from([Form.WRITING, None]),
    disclosures=st.sampled_from([(), (("initial", "en"),)]),
    conveys_debt=st.sampled_from([True, False, None]),
)
rows = st.builds(
    lambda row, number, address, message: replace(row, id=number, address=address, message=message),
    contacts,
    st.integers(1, 30).map(lambda n: f"E{n:02}"),  # now and then a row comes twice
    st.sampled_from(PHONES),
    st.none() | messages,
)
people = st.builds(
    contact,
    at=st.just(instant("2026-03-01T12:00")),
    zones=zones,
    accounts=st.sampled_from([ACCOUNTS, ACCOUNTS[:1], ()]),
    consents=few(consents),
    windows=few(windows),
    holds=few(st.builds(Hold, kind=st.sampled_from(HoldKind), received_at=moments)),
    opt_outs=few(
        st.builds(
            OptOut,
            received_at=moments,
            person_id=st.just("P1"),
            channel=st.sampled_from([Channel.CALL, Channel.SMS]),
            withdrawn_at=st.none() | moments,
        )
    ),
    disputes=few(st.builds(Dispute, received_at=moments, form=st.just(Form.WRITING))),
    wishes=st.none() | st.builds(Wishes, weekly_maximum=st.integers(0, 4)),
)
logs = st.builds(
    Log,
    person=people,
    contacts=st.lists(rows, max_size=25).map(tuple),
    details=st.dictionaries(st.integers(1, 30).map(lambda n: f"E{n:02}"), people, max_size=2),
    wrong_addresses=st.dictionaries(st.sampled_from(PHONES[:2]), moments, max_size=2),
)


def one_by_one(log: Log, packs) -> list[Judged]:
    """Judge each contact of a log alone, with everything that came before it."""
    ordered = sorted(log.contacts, key=lambda row: (row.at, row.id, repr(row)))
    found = []
    for number, row in enumerate(ordered):
        history = tuple(
            replace(earlier, misdirected=True)
            if earlier.address in log.wrong_addresses
            and log.wrong_addresses[earlier.address] <= row.at
            else earlier
            for earlier in ordered[:number]
        )
        facts = facts_of(log.details.get(row.id, log.person), row, history)
        found.append(Judged(row, judge_done(facts, packs)))
    return found


@settings(max_examples=300, deadline=None)
@given(log=logs, packs=st.sampled_from(PACKS))
def test_a_log_is_judged_in_one_pass_as_each_contact_is_alone(log, packs):
    assert list(judge_all(log, lambda _: packs)) == one_by_one(log, packs)


@settings(max_examples=150, deadline=None)
@given(log=logs, packs=st.sampled_from(PACKS), data=st.data())
def test_the_order_in_which_a_log_arrives_changes_no_judgement(log, packs, data):
    shuffled = replace(log, contacts=tuple(data.draw(st.permutations(log.contacts))))

    assert list(judge_all(shuffled, lambda _: packs)) == list(judge_all(log, lambda _: packs))


@settings(max_examples=60, deadline=None)
@given(log=logs, late=rows, packs=st.sampled_from(PACKS))
def test_a_row_that_arrives_late_changes_nothing_before_its_own_instant(log, late, packs):
    late = replace(late, id="E99", external_id=None)
    more = replace(log, contacts=(*log.contacts, late))

    before = list(judge_all(log, lambda _: packs))
    after = list(judge_all(more, lambda _: packs, since=late.at))

    earlier = [judged for judged in before if judged.contact.at < late.at]
    assert [*earlier, *after] == list(judge_all(more, lambda _: packs))


def test_every_contact_is_judged_by_the_packs_of_its_own_day():
    log = Log(
        person=contact("2026-01-01T12:00"),
        contacts=(past("2021-11-29T06:00", id="E1"), past("2021-11-30T06:00", id="E2")),
    )

    judged = list(judge_all(log, partial(load_packs, ("us",))))

    assert [each.judgement.verdict for each in judged] == [Verdict.ALLOW, Verdict.VIOLATION]


def test_days_of_packs_are_those_of_utc():
    asked = []
    log = Log(person=contact("2026-05-12T12:00"), contacts=(past("2026-05-12T22:00"),))

    list(judge_all(log, lambda day: asked.append(day) or US))

    assert asked == [date(2026, 5, 13)]


def test_of_two_contacts_at_one_instant_the_one_with_the_smaller_id_came_first():
    calls = tuple(past(f"2026-05-1{day}T12:00", id=f"E{day}") for day in range(6))
    pair = (past("2026-05-16T12:00", id="E7"), past("2026-05-16T12:00", id="E6"))
    log = Log(person=contact("2026-05-16T12:00"), contacts=(*pair, *calls))

    judged = {each.contact.id: each.judgement for each in judge_all(log, lambda _: US)}

    assert "too_many_calls" not in {finding.code for finding in judged["E6"].breaches}
    assert "too_many_calls" in {finding.code for finding in judged["E7"].breaches}


@settings(max_examples=100, deadline=None)
@given(log=logs)
def test_the_facts_of_a_contact_are_the_same_by_either_way(log):
    from portal.core.rules.batch import _Template

    for row in log.contacts:
        slow, quick = facts_of(log.person, row, ()), _Template(log.person).facts_of(row)

        names = [name for name in dir(slow) if not name.startswith("_") and name != "serves"]
        assert {name: getattr(quick, name) for name in names} == {
            name: getattr(slow, name) for name in names
        }
        assert quick.serves(frozenset()) == slow.serves(frozenset())


def test_whatever_a_contact_on_record_says_reaches_its_facts():
    named = {each.name for each in fields(PastContact)} & {
        each.name for each in fields(ContactFacts)
    }
    row = PastContact(
        at=instant("2026-05-12T12:00"),
        channel=Channel.SMS,
        external_id="X",
        placed_ids=("D9",),
        automated=True,
        address="+1",
        message=Message(),
    )

    facts = facts_of(contact("2026-01-01T12:00"), row, ())

    assert {name: getattr(facts, name) for name in named} == {
        name: getattr(row, name) for name in named
    }
    assert facts.account_ids == ("D9",)


GIVEN = {
    "barred_places": (BarredPlace(place="home"),),
    "ceases": (Cease(received_at=datetime(2026, 3, 1, tzinfo=UTC), form=Form.WRITING),),
    "disputes": (Dispute(received_at=datetime(2026, 3, 1, tzinfo=UTC), form=Form.WRITING),),
    "holds": (Hold(kind=HoldKind.OTHER),),
    "open_permits": (OpenPermit(until=datetime(2027, 3, 1, tzinfo=UTC)),),
    "opt_outs": (OptOut(received_at=datetime(2026, 3, 1, tzinfo=UTC), person_id="P1"),),
    "representations": (Representation(),),
    "windows": (),
    "wishes": Wishes(write_only=True),
}


def test_every_fact_that_some_check_needs_is_among_those_tried_here():
    assert set(NEEDS) <= GIVEN.keys()


@settings(max_examples=100, deadline=None)
@given(act=acts, absent=st.sampled_from(NEEDS))
def test_a_check_finds_nothing_without_the_facts_it_needs(act, absent):
    """It is then not even asked, so what it would say must be nothing."""
    names = {name for name, each in EVALUATORS.items() if each.needs == absent}
    others = {name: value for name, value in GIVEN.items() if name != absent}
    known = Known(replace(act, **others, **{absent: None if absent == "wishes" else ()}))

    said = [
        check.evaluate(known, check)
        for pack_id in PACK_IDS
        for check in read_pack(pack_id).checks
        if check.name in names
    ]

    assert said
    assert set(said) == {None}


def calls_of(number: int) -> Log:
    first = instant("2026-05-11T12:00") + timedelta(days=number % 3)
    return Log(
        person=contact("2026-05-01T12:00", zones=(NEW_YORK,)),
        contacts=tuple(
            past(first + timedelta(hours=9 * n), Outcome.NO_ANSWER, id=f"P{number}-{n}")
            for n in range(12)
        ),
    )


def verdicts_of(part: range) -> list[list[str]]:
    return [
        [judged.judgement.verdict.value for judged in judge_all(calls_of(number), lambda _: US)]
        for number in part
    ]


@pytest.mark.parametrize("how", [None, FORK], ids=["started anew", "forked"])
def test_a_batch_in_several_processes_is_judged_as_in_one_and_stays_in_order(how):
    parts = [range(first, first + 3) for first in range(0, 30, 3)]

    apart = list(judge_in_parallel(parts, verdicts_of, processes=2, context=how))

    assert apart == [verdicts_of(part) for part in parts]


def test_a_batch_is_read_no_further_than_its_processes_can_judge():
    taken = []

    def parts():
        for number in range(20):
            taken.append(number)
            yield range(number, number + 1)

    results = judge_in_parallel(parts(), verdicts_of, processes=2, context=FORK)
    next(results)

    assert len(taken) == 4
    assert len(list(results)) == 19


def test_what_fails_in_another_process_fails_here():
    with pytest.raises(TypeError):
        list(judge_in_parallel([None], verdicts_of, processes=1, context=FORK))


def test_an_empty_log_has_nothing_to_judge():
    assert list(judge_all(Log(person=contact("2026-05-12T12:00"), contacts=()), lambda _: US)) == []
