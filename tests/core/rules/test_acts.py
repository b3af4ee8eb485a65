from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from portal.core.rules import (
    AccountFacts,
    Act,
    Channel,
    ContactFacts,
    Form,
    Hold,
    HoldKind,
    Message,
    OptOut,
    Outcome,
    PastPayment,
    Purpose,
    judge,
    load_packs,
)
from portal.core.rules.steps import (
    Allocation,
    Assignment,
    Charge,
    Deposit,
    KeptData,
    Placement,
    PlanTerms,
    StoredRecord,
)
from tests.core.rules.people import (
    CHINA,
    GERMANY,
    US,
    against,
    contact,
    found,
    instant,
    past,
)

INDIA = load_packs(("in",), date(2026, 6, 1))
NOON = "2026-05-12T12:00"


def act(kind: Act, step: Any = None, *, on: str = NOON, **more: Any) -> ContactFacts:
    return contact(on, Channel.UNKNOWN, act=kind, step=step, **more)


def debt(**more: Any) -> tuple[AccountFacts, ...]:
    return (AccountFacts(**{"id": "D1", "kind": "credit_card", "status": "open", **more}),)


@pytest.mark.parametrize(
    ("accounts", "step", "code"),
    [
        (debt(), Placement(to="A2"), None),
        (debt(status=None), Placement(to="A2"), "status_unknown"),
        (debt(status="settled"), Placement(to="A2"), "debt_not_placeable"),
        (debt(status="settled"), Placement(to="B1", exception="owner"), None),
        (debt(status="discharged"), Placement(to="A2"), "debt_not_placeable"),
        (debt(status="discharged", secured=True), Placement(to="A2"), None),
        (
            debt(status="identity_theft"),
            Placement(to="B1", exception="owner"),
            "debt_not_placeable",
        ),
        (debt(), None, "placement_unknown"),
    ],
)
def test_a_finished_debt_goes_back_to_its_owner_and_nowhere_else(accounts, step, code):
    facts = act(Act.PLACE, step, accounts=accounts)

    assert against(facts, "US-REGF-30B-TRANSFER") == ([code] if code else [])


TWO = (AccountFacts(id="D1", disputed=True), AccountFacts(id="D2"))


@pytest.mark.parametrize(
    ("accounts", "step", "code"),
    [
        (TWO, Allocation(amounts={"D2": 300}), None),
        (TWO, Allocation(amounts={"D1": 1, "D2": 299}), "disputed_debt_credited"),
        (TWO, Allocation(amounts={"D2": 300}, directions={"D2": 300, "D1": 0}), None),
        (TWO, Allocation(amounts={"D2": 300}, directions={"D2": 200}), "directions_not_followed"),
        (TWO[:1], Allocation(amounts={"D1": 300}), None),
        (TWO, None, "allocation_unknown"),
    ],
)
def test_one_payment_leaves_disputed_debts_alone_and_goes_as_asked(accounts, step, code):
    facts = act(Act.ALLOCATE_PAYMENT, step, accounts=accounts, account_ids=())

    assert against(facts, "US-REGF-30C-ALLOC") == ([code] if code else [])


TAKEN = Deposit(instrument_on=date(2026, 6, 20), accepted_at=instant("2026-06-01T10:00"))
NOTICED = instant("2026-06-16T10:00")


@pytest.mark.parametrize(
    ("step", "on", "code"),
    [
        (replace(TAKEN, notices=((NOTICED, Form.WRITING),)), "2026-06-22T10:00", None),
        (
            replace(TAKEN, notices=((NOTICED, Form.ORAL),)),
            "2026-06-22T10:00",
            "deposit_notice_missing",
        ),
        (TAKEN, "2026-06-22T10:00", "deposit_notice_missing"),
        (TAKEN, "2026-06-19T10:00", "deposited_before_date"),
        (replace(TAKEN, accepted_at=None), "2026-06-22T10:00", "instrument_unknown"),
        (None, "2026-06-22T10:00", "instrument_unknown"),
    ],
)
def test_a_postdated_instrument_is_deposited_after_due_notice(step, on, code):
    assert against(act(Act.DEPOSIT, step, on=on), "US-REGF-22C-POSTDATED") == (
        [code] if code else []
    )


@pytest.mark.parametrize(
    ("ends_on", "purpose", "code"),
    [
        (date(2026, 5, 11), Purpose.FILE_SUIT, "limitation_expired"),
        (date(2026, 5, 12), Purpose.FILE_SUIT, None),
        (None, Purpose.FILE_SUIT, "limitation_unknown"),
        (date(2026, 5, 11), Purpose.BANKRUPTCY_PROOF_OF_CLAIM, None),
    ],
)
def test_no_suit_follows_the_last_day_of_limitation(ends_on, purpose, code):
    facts = act(Act.LEGAL_STEP, accounts=debt(limitation_ends_on=ends_on), purpose=purpose)

    assert against(facts, "US-REGF-26B-TIMEBARRED") == ([code] if code else [])


RECORD = StoredRecord(
    kind="call_recording",
    made_at=datetime.fromisoformat("2026-01-05T15:00+00:00"),
    last_activity_at=datetime.fromisoformat("2028-12-01T15:00+00:00"),
)


@pytest.mark.parametrize(
    ("record", "on", "code"),
    [
        (RECORD, "2029-01-06T10:00", None),
        (replace(RECORD, kind="call_log"), "2029-01-06T10:00", "purged_early"),
        (replace(RECORD, on_hold=True), "2035-01-06T10:00", "litigation_hold"),
        (replace(RECORD, made_at=None), "2029-01-06T10:00", "record_unknown"),
    ],
)
def test_recordings_and_logs_have_clocks_of_their_own(record, on, code):
    assert against(act(Act.PURGE, record, on=on), "US-REGF-100-RETAIN") == ([code] if code else [])


def test_a_record_made_on_leap_day_is_kept_to_the_first_of_march():
    record = replace(RECORD, made_at=instant("2028-02-29T12:00"))

    finding = found(judge(act(Act.RETAIN, record), US), "US-REGF-100-RETAIN", "recordings")

    assert finding.values["retain_until"] == date(2031, 3, 1)


@pytest.mark.parametrize(
    ("kind", "step", "rule", "packs", "code"),
    [
        (
            Act.CHARGE,
            Charge(kind="convenience_fee"),
            "US-REGF-22B-AMOUNTS",
            US,
            "charge_not_permitted",
        ),
        (
            Act.CHARGE,
            Charge(kind="court", permitted=frozenset({"court"})),
            "US-REGF-22B-AMOUNTS",
            US,
            None,
        ),
        (Act.CHARGE, None, "US-REGF-22B-AMOUNTS", US, "charge_unknown"),
        (Act.SHARE_DATA, Placement(to="X"), "CN-PIPL21-ENTRUST", CHINA, "consent_unknown"),
        (
            Act.SHARE_DATA,
            Placement(to="X", controller_consents=False),
            "CN-PIPL21-ENTRUST",
            CHINA,
            "shared_without_consent",
        ),
        (
            Act.SHARE_DATA,
            Placement(to="X", controller_consents=True),
            "CN-PIPL21-ENTRUST",
            CHINA,
            None,
        ),
        (Act.KEEP_DATA, KeptData(), "CN-PIPL21-ENTRUST", CHINA, None),
        (
            Act.KEEP_DATA,
            KeptData(mandate_ended_at=instant("2026-05-01T12:00")),
            "CN-PIPL21-ENTRUST",
            CHINA,
            "data_kept",
        ),
        (
            Act.KEEP_DATA,
            KeptData(mandate_ended_at=instant("2026-05-01T12:00"), returned_or_deleted=True),
            "CN-PIPL21-ENTRUST",
            CHINA,
            None,
        ),
        (Act.PLACE, Placement(to="A2"), "CN-PIPL56-PIA", CHINA, "impact_not_assessed"),
        (
            Act.PLACE,
            Placement(to="A2", impact_assessed_at=instant("2026-05-01T12:00")),
            "CN-PIPL56-PIA",
            CHINA,
            None,
        ),
        (Act.PLACE, Placement(to="A2"), "CN-CBA-AGENCY", CHINA, "list_unknown"),
        (
            Act.PLACE,
            Placement(to="A2", published_agencies=frozenset({"A1"})),
            "CN-CBA-AGENCY",
            CHINA,
            "agency_not_published",
        ),
        (
            Act.PLACE,
            Placement(to="A1", published_agencies=frozenset({"A1"})),
            "CN-CBA-AGENCY",
            CHINA,
            None,
        ),
        (Act.PLACE, Placement(to="A1"), "IN-RBI-NOTICE", INDIA, "debtor_told_unknown"),
        (
            Act.PLACE,
            Placement(to="A1", debtor_told=False),
            "IN-RBI-NOTICE",
            INDIA,
            "debtor_not_told",
        ),
        (Act.PLACE, Placement(to="A1", debtor_told=True), "IN-RBI-NOTICE", INDIA, None),
        (Act.ASSIGN_COLLECTOR, None, "IN-RBI-CERT", INDIA, "collector_unknown"),
        (
            Act.ASSIGN_COLLECTOR,
            Assignment(collector_id="C7"),
            "IN-RBI-CERT",
            INDIA,
            "not_certified",
        ),
        (
            Act.ASSIGN_COLLECTOR,
            Assignment(collector_id="C7", certificate="X"),
            "IN-RBI-CERT",
            INDIA,
            None,
        ),
        (
            Act.ASSIGN_COLLECTOR,
            Assignment(collector_id="C7", certificate="X", certificate_ends_on=date(2026, 5, 11)),
            "IN-RBI-CERT",
            INDIA,
            "certificate_lapsed",
        ),
        (Act.OFFER_PLAN, None, "CN-CC70-PLAN-TERMS", CHINA, "content_unknown"),
        (
            Act.OFFER_PLAN,
            PlanTerms(months=12, content={}, form=Form.WRITING),
            "CN-CC70-PLAN-TERMS",
            CHINA,
            "content_missing",
        ),
    ],
)
def test_other_acts_have_rules_too(kind, step, rule, packs, code):
    assert against(act(kind, step), rule, packs) == ([code] if code else [])


def test_a_complaint_keeps_a_case_from_being_placed_unless_shown_to_be_frivolous():
    complaint = (Hold(kind=HoldKind.COMPLAINT, received_at=instant("2026-05-04T12:00")),)
    facts = act(Act.PLACE, Placement(to="A1"), holds=complaint)

    assert against(facts, "IN-RBI-GRIEVANCE", INDIA) == ["on_hold"]
    frivolous = replace(facts, step=Placement(to="A1", frivolous_with_proof=True))
    assert against(frivolous, "IN-RBI-GRIEVANCE", INDIA) == []


MAILED = past("2026-05-01T10:00", Outcome.DELIVERED, Channel.LETTER)


@pytest.mark.parametrize(
    ("history", "on", "code"),
    [
        ((), "2026-05-20T10:00", "not_told_before_furnishing"),
        ((MAILED,), "2026-05-14T23:00", "waiting"),
        ((MAILED,), "2026-05-15T00:01", None),
        (
            (replace(MAILED, returned_at=instant("2026-05-14T10:00")),),
            "2026-05-20T10:00",
            "not_told_before_furnishing",
        ),
        (
            (replace(MAILED, returned_at=instant("2026-05-15T10:00")),),
            "2026-05-20T10:00",
            "bounce_on_last_day",
        ),
        ((replace(MAILED, returned_at=instant("2026-05-16T10:00")),), "2026-05-20T10:00", None),
        (
            (replace(MAILED, returned_at=instant("2026-05-14T10:00")),),
            "2026-05-13T10:00",
            "waiting",
        ),
        (
            (replace(MAILED, outcome=Outcome.UNDELIVERED),),
            "2026-05-20T10:00",
            "not_told_before_furnishing",
        ),
        ((replace(MAILED, agency_id="A2"),), "2026-05-20T10:00", "not_told_before_furnishing"),
        ((past("2026-05-19T10:00", Outcome.CONVERSATION),), "2026-05-20T10:00", None),
        (
            (past("2026-05-19T10:00", Outcome.CONVERSATION, no_debt_discussed=True),),
            "2026-05-20T10:00",
            "not_told_before_furnishing",
        ),
    ],
)
def test_the_consumer_hears_of_a_debt_before_the_bureau_does(history, on, code):
    facts = act(Act.FURNISH, on=on, history=history)

    assert against(facts, "US-REGF-30A-FURNISH") == ([code] if code else [])


TALKED = past("2026-06-01T10:00", Outcome.CONVERSATION)
LIMITED = past("2026-05-20T10:00", Outcome.LIMITED_CONTENT_MESSAGE)
NOTICE = past(
    "2026-06-03T10:00", Outcome.DELIVERED, Channel.LETTER, purpose=Purpose.VALIDATION_NOTICE
)


@pytest.mark.parametrize(
    ("history", "payments", "on", "code"),
    [
        ((TALKED,), (), "2026-06-06T10:00", None),
        ((TALKED,), (), "2026-06-07T10:00", "notice_late"),
        ((TALKED, NOTICE), (), "2026-06-07T10:00", None),
        ((TALKED, replace(NOTICE, returned_at=NOTICE.at)), (), "2026-06-07T10:00", "notice_late"),
        ((LIMITED, TALKED), (), "2026-06-06T10:00", None),
        (
            (TALKED,),
            (PastPayment(at=instant("2026-06-06T10:00"), in_full=True),),
            "2026-06-09T10:00",
            None,
        ),
        (
            (TALKED,),
            (PastPayment(at=instant("2026-06-07T10:00"), in_full=True),),
            "2026-06-09T10:00",
            "notice_late",
        ),
        (
            (TALKED,),
            (PastPayment(at=instant("2026-06-02T10:00")),),
            "2026-06-09T10:00",
            "notice_late",
        ),
    ],
)
def test_validation_information_follows_the_first_communication_in_five_days(
    history, payments, on, code
):
    missing = act(Act.OMIT_NOTICE, on=on, history=history, payments=payments)

    assert against(missing, "US-REGF-34A-TIMING") == ([code] if code else [])


def test_a_first_letter_may_itself_be_the_notice():
    notice = contact(NOON, Channel.LETTER, purpose=Purpose.VALIDATION_NOTICE)

    assert against(notice, "US-REGF-34A-TIMING") == []


@pytest.mark.parametrize(
    ("channel", "words", "more", "code"),
    [
        (Channel.LETTER, {}, {}, None),
        (Channel.EMAIL, {}, {}, "consent_to_electronic_unknown"),
        (Channel.EMAIL, {"esign_consent": True}, {}, None),
        (Channel.EMAIL, {"esign_consent": False}, {}, "no_consent_to_electronic"),
        (
            Channel.LETTER,
            {"treated_as_sent": True},
            {"outcome": Outcome.UNDELIVERED},
            "bounced_but_counted",
        ),
        (Channel.LETTER, {"treated_as_sent": False}, {"outcome": Outcome.UNDELIVERED}, None),
        (Channel.LETTER, {}, {"outcome": Outcome.UNDELIVERED}, "bounced"),
    ],
)
def test_a_required_disclosure_is_sent_so_that_it_arrives(channel, words, more, code):
    facts = contact(NOON, channel, purpose=Purpose.VERIFICATION, message=Message(**words), **more)

    assert against(facts, "US-REGF-42-DELIVERY") == ([code] if code else [])


def test_a_closed_address_carries_no_disclosure():
    closed = OptOut(
        received_at=instant("2026-05-01T12:00"),
        person_id="P1",
        channel=Channel.EMAIL,
        address="pat@example.com",
    )
    facts = contact(
        NOON,
        Channel.EMAIL,
        purpose=Purpose.VERIFICATION,
        message=Message(esign_consent=True),
        opt_outs=(closed,),
    )

    assert against(facts, "US-REGF-42-DELIVERY") == ["opted_out_address_unknown"]
    here = replace(facts, address="Pat@example.com")
    assert against(here, "US-REGF-42-DELIVERY") == ["opted_out"]


SOLD = (AccountFacts(id="D1", transferred=True),)
FULL = {
    "transfer_and_date": True,
    "purchaser_id_contact": True,
    "servicer_id_contact": True,
    "servicer_authorisation": True,
    "prominent_contact_point": True,
    "amounts_split": True,
    "law_continues_statement": True,
    "authority_for_complaints": True,
}


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        (Message(content=FULL, durable_medium=True), []),
        (Message(content=FULL, durable_medium=False), ["content_missing"]),
        (
            Message(content={**FULL, "amounts_split": False}, durable_medium=True),
            ["content_missing"],
        ),
        (None, ["content_missing"]),
    ],
)
def test_a_sold_debt_is_collected_after_a_full_and_lasting_notice(message, codes):
    notice = past(
        "2026-05-04T10:00",
        Outcome.DELIVERED,
        Channel.LETTER,
        purpose=Purpose.TRANSFER_NOTICE,
        message=message,
    )
    call = contact(NOON, accounts=SOLD, history=(notice,))

    assert against(call, "EU-CSD-A10-NOTICE", GERMANY) == codes
    assert against(replace(call, history=()), "EU-CSD-A10-NOTICE", GERMANY) == [
        "transfer_not_noticed"
    ]
    assert against(replace(call, history=(), accounts=debt()), "EU-CSD-A10-NOTICE", GERMANY) == []


def test_an_incomplete_transfer_notice_is_found_before_it_is_sent():
    facts = contact(
        NOON,
        Channel.LETTER,
        purpose=Purpose.TRANSFER_NOTICE,
        message=Message(content=FULL, durable_medium=None),
    )

    assert against(facts, "EU-CSD-A10-NOTICE", GERMANY) == ["not_durable"]
