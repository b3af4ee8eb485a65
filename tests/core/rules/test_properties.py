from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.rules import (
    AccountFacts,
    Channel,
    Consent,
    ConsentScope,
    ContactFacts,
    ContactWindow,
    Direction,
    Outcome,
    PastContact,
    Verdict,
    Wishes,
    judge,
)
from portal.core.rules.clocktime import HOUR
from portal.core.rules.kinds import STRICTNESS
from tests.core.rules.people import (
    AUSTRALIA,
    CHICAGO,
    CHINA,
    LOS_ANGELES,
    MASSACHUSETTS,
    NEW_YORK,
    SHANGHAI,
    US,
    contact,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
ZONES = [NEW_YORK, CHICAGO, LOS_ANGELES, ZoneInfo("Pacific/Honolulu"), SHANGHAI]
PACKS = [US, MASSACHUSETTS, CHINA, AUSTRALIA]
COUNTING = {
    *("at_most", "waits_after", "within_window", "not_in_rapid_succession"),
    *("wished_frequency", "within_thresholds"),
}


def within(days: float) -> st.SearchStrategy[datetime]:
    """Return instants of some days, minutes apart; the clocks change in the second week."""
    return st.integers(0, int(days * 24 * 60)).map(lambda n: START + timedelta(minutes=n))


moments = within(9)
zones = st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(tuple)
contacts = st.builds(
    PastContact,
    at=moments,
    channel=st.sampled_from([*[Channel.CALL] * 6, Channel.SMS, Channel.EMAIL, Channel.VISIT]),
    outcome=st.sampled_from(Outcome),
    direction=st.sampled_from(Direction),
    id=st.uuids(version=4).map(str),
    external_id=st.sampled_from([None, None, None, "X1", "X2"]),
    agency_id=st.sampled_from(["A1", "A1", "A1", "A2"]),
    person_id=st.sampled_from(["P1", "P1", "P1", "P2"]),
    placed_ids=st.sampled_from([("D1",), ("D2",), ("D1", "D2"), ()]),
    discussed_ids=st.sampled_from([(), ("D1",), ("D2",)]),
    in_reply_to=st.none(),
)
consents = st.builds(
    Consent,
    received_at=moments,
    person_id=st.just("P1"),
    scope=st.sampled_from([ConsentScope.CALLBACK_CALLS, ConsentScope.TIME]),
    given_to=st.sampled_from(["A1", "A2"]),
)
windows = st.builds(
    ContactWindow,
    wanted=st.booleans(),
    opens=st.integers(0, 23).map(lambda hour: hour * HOUR),
    closes=st.integers(0, 24).map(lambda hour: hour * HOUR),
    days=st.frozensets(st.integers(0, 6), max_size=4),
    told_to=st.sampled_from(["A1", None]),
)
ACCOUNTS = (
    AccountFacts(id="D1", kind="student_loan", servicing_key="S", creditor_id="B1"),
    AccountFacts(id="D2", kind="student_loan", servicing_key="S", creditor_id="B1"),
)
acts = st.builds(
    contact,
    at=within(3).map(lambda moment: moment + timedelta(days=6)),
    channel=st.sampled_from([Channel.CALL, Channel.CALL, Channel.CALL, Channel.SMS]),
    zones=zones,
    accounts=st.sampled_from([ACCOUNTS, ACCOUNTS[:1], ()]),
    history=st.lists(contacts, max_size=18).map(tuple),
    consents=st.lists(consents, max_size=2).map(tuple),
    windows=st.lists(windows, max_size=2).map(tuple),
    wishes=st.sampled_from([None, None, None, Wishes(weekly_maximum=2)]),
)


@settings(max_examples=150, deadline=None)
@given(act=acts, packs=st.sampled_from(PACKS), data=st.data())
def test_the_order_in_which_rows_arrive_changes_nothing(act, packs, data):
    shuffled = replace(
        act,
        history=tuple(data.draw(st.permutations(act.history))),
        consents=tuple(data.draw(st.permutations(act.consents))),
    )

    assert judge(shuffled, packs) == judge(act, packs)


@settings(max_examples=200, deadline=None)
@given(act=acts, packs=st.sampled_from(PACKS), extra=contacts)
def test_one_more_outbound_contact_never_makes_a_window_or_a_count_milder(act, packs, extra):
    more = replace(extra, direction=Direction.OUTBOUND, external_id=None)
    names = {check.rule.id + check.prong: check.name for pack in packs for check in pack.checks}

    before = judge(act, packs)
    after = judge(replace(act, history=(*act.history, more)), packs)

    later = {finding.rule_id + finding.prong: finding.verdict for finding in after.findings}
    milder = [
        finding
        for finding in before.findings
        if names[finding.rule_id + finding.prong] in COUNTING
        and STRICTNESS[later[finding.rule_id + finding.prong]] < STRICTNESS[finding.verdict]
    ]
    assert milder == []


def only_known(act: ContactFacts) -> ContactFacts:
    """Leave out what lies ahead of an act, which nobody can count on."""
    return replace(
        act,
        history=tuple(past for past in act.history if past.at <= act.at),
        consents=tuple(given for given in act.consents if given.received_at <= act.at),
    )


@settings(max_examples=100, deadline=None)
@given(
    act=acts.map(only_known),
    packs=st.sampled_from(PACKS),
    share=st.floats(0, 1, exclude_max=True, width=32),
)
def test_the_next_allowed_instant_is_allowed_and_none_before_it_is(act, packs, share):
    judgement = judge(act, packs)
    turns = judgement.next_allowed_at
    if judgement.verdict is Verdict.ALLOW:
        assert turns == act.at
        return
    if turns is None:
        return

    def verdict(at):
        return judge(replace(act, at=at), packs).verdict

    between = act.at + (turns - act.at) * share

    assert verdict(turns) is Verdict.ALLOW
    assert verdict(turns - timedelta(seconds=1)) is not Verdict.ALLOW
    assert verdict(between) is not Verdict.ALLOW


@settings(max_examples=100, deadline=None)
@given(act=acts.map(only_known), packs=st.sampled_from(PACKS))
def test_without_a_next_allowed_instant_no_hour_of_a_later_week_is_allowed(act, packs):
    if judge(act, packs).next_allowed_at is not None:
        return

    later = [act.at + timedelta(days=40, hours=hour) for hour in range(7 * 24)]

    allowed = [at for at in later if judge(replace(act, at=at), packs).is_allowed]
    assert allowed == []


@settings(max_examples=100, deadline=None)
@given(act=acts, packs=st.sampled_from(PACKS))
def test_a_person_without_a_zone_is_never_simply_called(act, packs):
    unknown = replace(act, zones=(), channel=Channel.CALL)

    if packs is not CHINA:  # Chinese hours follow Beijing wherever the debtor is
        assert judge(unknown, packs).verdict is not Verdict.ALLOW
