"""What is to become of each row of a file: every bad one named with its cure, nothing lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from portal.core.accounts.mapping import MappingIncomplete
from portal.core.actions import files
from portal.core.actions.file_mapping import ActionMapping
from portal.core.actions.file_reasons import ACTION_ROW_REASONS, ActionFileRefused
from portal.core.actions.file_words import Tidings
from portal.core.parties.models import Agency, Bank
from portal.core.placements.models import Placement, PlacementState
from portal.core.principal import Principal
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role
from tests.support.action_files import (
    CALLED,
    HEADINGS,
    NOW,
    codes_of,
    day_file,
    plan,
    plan_of,
    receive,
    ref_of,
)
from tests.support.factories import NOON, MadeAccount
from tests.support.workbooks import sheet_xml, workbook_of

MINUTE = timedelta(minutes=1)

#: What is wrong with a row, and the code with which it is rejected.
BAD_ROWS: dict[str, tuple[dict[str, str], str]] = {
    "no placement and no account": ({"placement_ref": ""}, "no_account"),
    "a placement nobody has": ({"placement_ref": "P-nobody"}, "unknown_placement"),
    "a placement that is a formula": ({"placement_ref": "=1+1"}, "not_reference"),
    "a placement a spreadsheet rounded": ({"placement_ref": "1.23E+15"}, "lost_digits"),
    "an endless placement": ({"placement_ref": "P" * 65}, "too_long"),
    "an account nobody has": ({"placement_ref": "", "account_ref": "A-0"}, "unknown_account"),
    "another bank's code": ({"bank_code": "ELSEWHERE"}, "other_bank"),
    "no time": ({"at": ""}, "missing"),
    "no time at all": ({"at": "yesterday"}, "not_time"),
    "a day without a time": ({"at": "2026-11-25"}, "no_clock_time"),
    "a time without a zone": ({"at": "2026-11-25 12:00"}, "no_zone"),
    "a zone of letters": ({"at": "2026-11-25 12:00 EST"}, "unknown_zone"),
    "a zone far away": ({"at": "2026-11-25T12:00:00+25:00"}, "unknown_zone"),
    "a time in the gap": ({"at": "2026-03-08 02:30 America/New_York"}, "never_shown"),
    "a time shown twice": ({"at": "2026-11-01 01:30 America/New_York"}, "shown_twice"),
    "no such day": ({"at": "2026-02-31T12:00:00Z"}, "no_such_day"),
    "no such hour": ({"at": "2026-11-25T25:00:00Z"}, "not_time"),
    "no such year": ({"at": "9999-12-31T12:00:00Z"}, "date_out_of_range"),
    "a year of two digits": ({"at": "11/25/26 12:00 UTC"}, "two_digit_year"),
    "no number a clock shows": ({"at": "NaN"}, "not_time"),
    "a time to come": ({"at": (NOW + 3 * MINUTE).isoformat()}, "in_future"),
    "a time before the placement": ({"at": (NOON - MINUTE).isoformat()}, "before_placement"),
    "no channel": ({"channel": ""}, "missing"),
    "an unknown channel": ({"channel": "telepathy"}, "unknown_channel"),
    "a channel that is not kept": ({"channel": "wechat"}, "unknown_channel"),
    "an unknown direction": ({"direction": "sideways"}, "unknown_direction"),
    "an unknown person": ({"target": "the cat"}, "unknown_target"),
    "no outcome": ({"outcome_code": ""}, "missing"),
    "an unknown outcome": ({"outcome_code": "so-so"}, "unknown_outcome"),
    "an outcome of another channel": (
        {"channel": "sms", "outcome_code": "busy"},
        "outcome_differs",
    ),
    "an outcome that says who was reached": (
        {"outcome_code": "third party", "target": "debtor"},
        "target_differs",
    ),
    "an unknown purpose": ({"purpose": "fun"}, "unknown_purpose"),
    "a permit that is no permit": ({"permit_ref": "P-1"}, "not_permit"),
    "an over-long note": ({"note": "x" * 2_001}, "too_long"),
    "a note an earlier conversion damaged": ({"note": "caf\ufffd"}, "damaged_text"),
    "a collector that is a formula": ({"collector_ref": "=cmd|' /C calc'!A0"}, "formula"),
    "an id that is a formula": ({"external_id": "+1"}, "not_reference"),
    "a number that is none": ({"contact": "12"}, "not_phone"),
    "an e-mail address that is none": (
        {"channel": "email", "outcome_code": "delivered", "contact": "nobody"},
        "not_email",
    ),
}


@dataclass
class Desk:
    """An agency with one account of a bank, and somebody who logs what is done on it."""

    bank: Bank
    agency: Agency
    agent: Principal
    account: MadeAccount
    ref: str

    def plan(self, *rows, **options):
        named = [{"placement_ref": self.ref, **row} for row in rows]
        return plan_of(self.agent, self.bank.id, day_file(named, **options))


@pytest.fixture
def desk(make):
    agency, bank = make.agency(), make.bank()
    account = make.account(bank=bank, agency=agency)
    return Desk(bank, agency, make.agent(agency), account, ref_of(account))


@pytest.mark.abuse("F7")
def test_every_bad_row_is_rejected_with_its_own_code_and_the_good_ones_are_taken(desk):
    good = [{"external_id": f"ok-{number}"} for number in range(2)]
    rows = [good[0], *(cells for cells, _code in BAD_ROWS.values()), good[1]]

    found = desk.plan(*rows)

    expected = {number: {code} for number, (_, code) in enumerate(BAD_ROWS.values(), start=3)}
    assert codes_of(found) == expected
    assert [each.key for part in found.parts for each in part] == ["ok-0", "ok-1"]
    assert found.rows == len(rows)


def test_every_rejection_says_what_would_cure_it(desk):
    found = desk.plan(*(cells for cells, _code in BAD_ROWS.values()))

    for row in found.rejected:
        for error in row.errors:
            assert str(error).count(".") >= 2, error.code
            assert "%(" not in str(error)


def test_a_row_is_told_everything_that_is_wrong_with_it_at_once(desk):
    found = desk.plan({"channel": "telepathy", "at": "yesterday", "outcome_code": "so-so"})

    assert codes_of(found) == {2: {"unknown_channel", "not_time", "unknown_outcome"}}


@pytest.mark.abuse("A1")
def test_another_agencys_placement_is_unknown(make, desk):
    theirs = make.account(bank=desk.bank, agency=make.agency())
    never = "P-never-was"

    found = desk.plan(
        {"placement_ref": ref_of(theirs)},
        {"placement_ref": never},
        {"placement_ref": "", "account_ref": theirs.account_ref},
    )

    assert codes_of(found) == {
        2: {"unknown_placement"},
        3: {"unknown_placement"},
        4: {"unknown_account"},
    }


def test_a_placement_that_is_not_accepted_or_over_takes_no_action(make, desk, acting_as):
    waiting, over = (make.account(bank=desk.bank, agency=desk.agency) for _ in range(2))
    with acting_as(Principal.system(desk.bank.id)) as session:
        offered = session.get_one(Placement, (desk.bank.id, waiting.placement_id))
        offered.state, offered.accepted_at = PlacementState.OFFERED, None
        ended = session.get_one(Placement, (desk.bank.id, over.placement_id))
        ended.state, ended.ended_at = PlacementState.RETURNED, CALLED - MINUTE

    found = desk.plan({"placement_ref": ref_of(waiting)}, {"placement_ref": ref_of(over)})

    assert codes_of(found) == {2: {"not_accepted"}, 3: {"after_placement"}}


def test_an_account_that_has_moved_on_is_rejected_by_name(make, desk, acting_as):
    moved = make.account(bank=desk.bank, agency=desk.agency)
    ref = ref_of(moved)
    with acting_as(Principal.system(desk.bank.id)) as session:
        ended = session.get_one(Placement, (desk.bank.id, moved.placement_id))
        ended.state, ended.ended_at = PlacementState.RETURNED, CALLED + MINUTE
    make.place(moved, make.agency())

    found = desk.plan(
        {"placement_ref": ref}, {"placement_ref": ref, "account_ref": moved.account_ref}
    )

    assert codes_of(found) == {2: {"placement_over"}, 3: {"placement_over"}}


def test_an_account_that_came_back_takes_no_row_of_its_former_placement(make, desk, acting_as):
    again = make.account(bank=desk.bank, agency=desk.agency)
    former = ref_of(again)
    with acting_as(Principal.system(desk.bank.id)) as session:
        ended = session.get_one(Placement, (desk.bank.id, again.placement_id))
        ended.state, ended.ended_at = PlacementState.RETURNED, CALLED + MINUTE
    make.place(again, desk.agency)

    found = desk.plan({"placement_ref": former}, {"placement_ref": ref_of(again)})

    assert codes_of(found) == {2: {"placement_over"}}


def test_placement_and_account_have_to_agree(make, desk):
    other = make.account(bank=desk.bank, agency=desk.agency)

    found = desk.plan(
        {"account_ref": other.account_ref},
        {"account_ref": desk.account.account_ref},
        {"placement_ref": "", "account_ref": desk.account.account_ref, "channel": "visit"},
    )

    assert codes_of(found) == {2: {"account_differs"}}
    assert found.good == 2


def test_the_same_row_twice_is_one_action_and_the_second_names_the_first(desk):
    found = desk.plan({}, {"note": "said the same"}, {"collector_ref": "C-2"})

    assert codes_of(found) == {3: {"same_row"}}
    assert found.rejected[0].errors[0].values["other"] == 2
    assert found.good == 2


def test_the_same_id_twice_with_other_content_takes_neither(desk):
    found = desk.plan(
        {"external_id": "X-1"},
        {"external_id": "X-1", "outcome_code": "busy"},
        {"external_id": "X-2"},
        {"external_id": "X-2"},
    )

    assert codes_of(found) == {2: {"same_id"}, 3: {"same_id"}, 5: {"same_row"}}
    assert found.rejected[0].errors[0].values["other"] == 3


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"outcome_code": "RPC–refused"}, (Outcome.CONVERSATION, Role.CONSUMER, None)),
        ({"outcome_code": "RPC-promise"}, (Outcome.CONVERSATION, Role.CONSUMER, None)),
        ({"outcome_code": "RPC–callback"}, (Outcome.CONVERSATION, Role.CONSUMER, None)),
        (
            {"outcome_code": "RPC–dispute"},
            (Outcome.CONVERSATION, Role.CONSUMER, Tidings.DISPUTE),
        ),
        (
            {"outcome_code": "RPC–hardship"},
            (Outcome.CONVERSATION, Role.CONSUMER, Tidings.HARDSHIP),
        ),
        ({"outcome_code": "engaged"}, (Outcome.BUSY, Role.CONSUMER, None)),
        (
            {"outcome_code": "left limited message"},
            (Outcome.LIMITED_CONTENT_MESSAGE, Role.CONSUMER, None),
        ),
        (
            {"outcome_code": "third party", "target": ""},
            (Outcome.CONVERSATION, Role.THIRD_PARTY, None),
        ),
        (
            {"outcome_code": "third party", "target": "spouse"},
            (Outcome.CONVERSATION, Role.SPOUSE, None),
        ),
        (
            {"outcome_code": "wrong number", "target": ""},
            (Outcome.ANSWERED_TERMINATED, Role.THIRD_PARTY, Tidings.WRONG_NUMBER),
        ),
        (
            {"channel": "SMS", "outcome_code": "wrong number", "target": ""},
            (Outcome.DELIVERED, Role.THIRD_PARTY, Tidings.WRONG_NUMBER),
        ),
        (
            {"channel": "e-mail", "outcome_code": "bounced"},
            (Outcome.UNDELIVERED, Role.CONSUMER, None),
        ),
        (
            {"channel": "e-mail", "outcome_code": "read"},
            (Outcome.DELIVERED, Role.CONSUMER, None),
        ),
        (
            {"channel": "visit", "outcome_code": "visit–met"},
            (Outcome.CONVERSATION, Role.CONSUMER, None),
        ),
        (
            {"channel": "visit", "outcome_code": "visit-absent"},
            (Outcome.NO_ANSWER, Role.CONSUMER, None),
        ),
        (
            {"channel": "电话", "target": "本人", "outcome_code": "无人接听"},
            (Outcome.NO_ANSWER, Role.CONSUMER, None),
        ),
        (
            {"channel": "短信", "target": "本人", "outcome_code": "已送达"},
            (Outcome.DELIVERED, Role.CONSUMER, None),
        ),
        (
            {"channel": "上门", "target": "", "outcome_code": "上门未遇"},
            (Outcome.NO_ANSWER, Role.CONSUMER, None),
        ),
        (
            {"channel": "外呼", "target": "", "outcome_code": "第三人接听"},
            (Outcome.CONVERSATION, Role.THIRD_PARTY, None),
        ),
    ],
    ids=lambda value: value.get("outcome_code") if isinstance(value, dict) else "",
)
def test_words_of_agencies_become_the_words_of_the_rules(desk, cells, expected):
    found = desk.plan(cells)

    assert codes_of(found) == {}
    row = found.parts[0][0].row
    assert (row.outcome, row.role, row.tells) == expected


def test_a_row_carries_all_it_says(desk):
    found = desk.plan(
        {
            "collector_ref": "张三",
            "direction": "inbound",
            "purpose": "at debtor request",
            "note": "=asked for more time",
            "external_id": "call/7",
            "contact": desk.account.phone,
        }
    )

    told = found.parts[0][0].told
    assert (told.channel, told.direction) == (Channel.CALL, Direction.INBOUND)
    assert (told.collector_ref, told.external_id) == ("张三", "call/7")
    assert told.purpose is Purpose.AT_DEBTOR_REQUEST
    assert told.note == "=asked for more time"
    assert told.contact_point_id is not None
    assert told.made_at == CALLED


def test_a_number_the_bank_does_not_have_is_kept_with_the_note(desk):
    found = desk.plan({"contact": "+1 (646) 555-0199", "note": "his sister"})

    told = found.parts[0][0].told
    assert told.contact_point_id is None
    assert told.note == "his sister [+16465550199]"


def test_times_without_a_zone_are_read_in_the_zone_given_for_the_file(desk, acting_as):
    data = day_file([{"placement_ref": desk.ref, "at": "11/25/2026 12:00"}])
    file_id = receive(desk.agent, desk.bank.id, data)
    with acting_as(desk.agent) as session:
        kept = files.get_file(session, desk.agent, file_id)
        delivery = files.open_delivery(session, kept)
        chosen = files.mapping_of(session, kept, delivery)
        zoned = ActionMapping(chosen.columns, {"zone": "America/New_York"}, {"at": "mdy"})
        files.keep_mapping(kept, delivery, zoned)
        found = plan(session, desk.agent, file_id)

    assert codes_of(found) == {}
    assert found.parts[0][0].told.made_at == CALLED


def test_a_day_that_reads_two_ways_needs_an_order(desk):
    found = desk.plan({"at": "11/12/2026 12:00 UTC"})

    assert codes_of(found) == {2: {"date_order_unknown"}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_is_read_in_each_encoding_and_with_each_delimiter(desk, encoding, delimiter):
    note = "本人接听，表示本周五发工资后还款，请周五下午再联系确认。"

    found = desk.plan({"note": note}, encoding=encoding, delimiter=delimiter)

    assert codes_of(found) == {}
    assert found.parts[0][0].told.note == note


def test_a_workbook_is_read_like_the_csv_it_could_be(desk):
    headings = ["Placement No", "Time", "Method", "Result", "Remarks"]
    rows = [headings, [desk.ref, CALLED.isoformat(), "phone", "no answer", "rang out"]]

    found = plan_of(desk.agent, desk.bank.id, workbook_of(sheet_xml(rows)))

    assert codes_of(found) == {}
    assert found.parts[0][0].told.note == "rang out"


def test_chinese_headings_are_understood(desk):
    headings = ("委托编号", "联系时间", "坐席工号", "渠道", "结果", "催记", "流水号")
    cells = {
        "委托编号": desk.ref,
        "联系时间": "2026年11月25日 下午5:00 UTC",
        "坐席工号": "8001",
        "渠道": "电话",
        "结果": "占线",
        "催记": "占线，下午再拨",
        "流水号": "T-1",
    }

    found = plan_of(desk.agent, desk.bank.id, day_file([cells], headings=headings))

    told = found.parts[0][0].told
    assert (told.made_at, told.outcome, told.external_id) == (CALLED, Outcome.BUSY, "T-1")


@pytest.mark.abuse("F5")
@pytest.mark.parametrize(
    ("trailer", "code"),
    [("TRAILER,2,0", "trailer_count"), ("TRAILER,1,5.00", "trailer_sum")],
)
def test_a_trailer_that_is_off_refuses_the_whole_file(desk, trailer, code):
    with pytest.raises(ActionFileRefused) as refused:
        desk.plan({}, trailer=trailer)

    assert refused.value.code == code


def test_a_trailer_that_counts_the_rows_is_proved(desk):
    found = desk.plan({}, {"channel": "telepathy"}, trailer="TRAILER,2,0")

    assert found.trailer is not None
    assert (found.good, len(found.rejected)) == (1, 1)


def test_a_file_without_the_columns_needed_says_which_are_missing(desk, acting_as):
    data = day_file([{"note": "x"}], headings=("note", "collector_ref"))
    file_id = receive(desk.agent, desk.bank.id, data)

    with acting_as(desk.agent) as session, pytest.raises(MappingIncomplete) as refused:
        plan(session, desk.agent, file_id)

    missing = {fault.field for fault in refused.value.faults}
    assert missing == {"at", "channel", "outcome_code", "placement_ref"}


def test_a_persons_rows_stay_together_however_the_file_is_cut(make, desk, monkeypatch):
    monkeypatch.setattr("portal.core.actions.file_plan.PART_ROWS", 3)
    other = make.account(bank=desk.bank, agency=desk.agency)
    refs = [desk.ref, ref_of(other)]
    rows = [
        {"placement_ref": refs[number % 2], "at": (CALLED + number * MINUTE).isoformat()}
        for number in range(8)
    ]

    found = desk.plan(*rows)

    people = [{each.subject.debtor_id for each in part} for part in found.parts]
    assert [len(part) for part in found.parts] == [4, 4]
    assert people[0].isdisjoint(people[1])


def test_of_one_person_no_more_rows_are_taken_than_can_be_judged(desk, monkeypatch):
    monkeypatch.setattr("portal.core.actions.file_plan.PERSON_ROWS", 2)
    rows = [{"at": (CALLED + number * MINUTE).isoformat()} for number in (2, 1, 0)]

    found = desk.plan(*rows)

    assert [each.row.number for each in found.parts[0]] == [4, 3]
    assert codes_of(found) == {2: {"too_many"}}


def test_every_code_a_row_is_rejected_with_has_words():
    codes = {code for _cells, code in BAD_ROWS.values()}

    assert codes <= set(ACTION_ROW_REASONS)
    assert len(BAD_ROWS) >= 30
    assert len(HEADINGS) == len(set(HEADINGS))
