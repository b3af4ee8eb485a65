from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.core.rules import (
    AccountFacts,
    Cease,
    Channel,
    Consent,
    ConsentScope,
    Direction,
    Dispute,
    Form,
    Hold,
    HoldKind,
    Message,
    OptOut,
    Outcome,
    PlanState,
    Purpose,
    Representation,
    Role,
    Verdict,
    judge,
)
from tests.core.rules.people import (
    AUSTRALIA,
    CHINA,
    GERMANY,
    UNITED_KINGDOM,
    US,
    against,
    codes,
    contact,
    found,
    instant,
    past,
)

NOON = "2026-05-12T12:00"
EARLIER = instant("2026-05-04T12:00")
LATER = instant("2026-05-20T12:00")


def optout(**more) -> OptOut:
    return OptOut(**{"received_at": EARLIER, "person_id": "P1", "channel": Channel.CALL, **more})


@pytest.mark.parametrize(
    ("difference", "code"),
    [
        ({}, "opted_out"),
        ({"channel": None}, "opted_out"),
        ({"channel": Channel.SMS}, None),
        ({"person_id": "P2"}, None),
        ({"received_at": LATER}, None),
        ({"withdrawn_at": instant("2026-05-11T12:00")}, None),
        ({"address": "(212) 555-0100"}, "opted_out"),
        ({"address": "212-555-0199"}, None),
    ],
)
def test_an_opt_out_holds_for_its_person_medium_and_address(difference, code):
    call = contact(NOON, address="212 555 0100", opt_outs=(optout(**difference),))

    assert against(call, "US-REGF-14H-MEDIA") == ([code] if code else [])


def test_a_number_not_on_file_may_be_the_one_opted_out():
    judgement = judge(contact(NOON, opt_outs=(optout(address="212 555 0100"),)), US)

    assert judgement.breaches[0].code == "opted_out_address_unknown"
    assert judgement.verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    "difference",
    [
        {"purpose": Purpose.LEGALLY_REQUIRED},
        {"required_by": "12 CFR 1024.39"},
    ],
)
def test_what_other_law_requires_goes_through_an_opt_out(difference):
    assert codes(contact(NOON, opt_outs=(optout(),), **difference)) == []


@pytest.mark.parametrize(
    ("scope", "channel", "reopens"),
    [
        (ConsentScope.MEDIUM, Channel.CALL, True),
        (ConsentScope.MEDIUM, Channel.SMS, False),
        (ConsentScope.CALLBACK_CALLS, Channel.CALL, False),
    ],
)
def test_a_later_consent_to_the_medium_takes_an_opt_out_back(scope, channel, reopens):
    consent = Consent(
        received_at=EARLIER + timedelta(days=1),
        person_id="P1",
        scope=scope,
        given_to="A1",
        channel=channel,
    )

    assert (codes(contact(NOON, opt_outs=(optout(),), consents=(consent,))) == []) is reopens


@pytest.mark.parametrize(
    ("message", "earlier", "channel", "allowed"),
    [
        (Message(extra_content=False), (), Channel.EMAIL, True),
        (Message(extra_content=True), (), Channel.EMAIL, False),
        (Message(), (), Channel.EMAIL, False),
        (Message(extra_content=False), ("sent",), Channel.EMAIL, False),
        (Message(extra_content=False), (), Channel.CALL, False),
    ],
)
def test_one_bare_electronic_confirmation_is_let_through(message, earlier, channel, allowed):
    history = tuple(
        past("2026-05-05T12:00", Outcome.DELIVERED, channel, purpose=Purpose.OPTOUT_CONFIRMATION)
        for _ in earlier
    )
    reply = contact(
        NOON,
        channel,
        opt_outs=(optout(channel=channel),),
        purpose=Purpose.OPTOUT_CONFIRMATION,
        message=message,
        history=history,
    )

    assert (against(reply, "US-REGF-14H-MEDIA") == []) is allowed


def test_opt_outs_hold_in_countries_whose_packs_do_not_name_them():
    assert codes(contact(NOON, opt_outs=(optout(),)), GERMANY) == ["opted_out"]


def cease(**more) -> Cease:
    return Cease(**{"received_at": EARLIER, "form": Form.WRITING, **more})


@pytest.mark.parametrize(
    ("difference", "act", "code"),
    [
        ({}, {}, "ceased"),
        ({"form": Form.ACCEPTED_ELECTRONIC}, {}, "ceased"),
        ({"form": Form.ORAL}, {}, None),
        ({"form": Form.UNKNOWN}, {}, "cease_form_unknown"),
        ({"account_ids": ("D2",)}, {}, None),
        ({"received_at": LATER}, {}, None),
        ({"withdrawn_at": instant("2026-05-11T12:00")}, {}, None),
        ({}, {"role": Role.SPOUSE}, "ceased"),
        ({}, {"role": Role.CONSUMER_ATTORNEY}, None),
        ({}, {"purpose": Purpose.NOTIFY_POSSIBLE_REMEDY}, None),
        ({}, {"purpose": Purpose.PAYMENT_REQUEST}, "ceased"),
    ],
)
def test_a_written_request_to_stop_holds_from_its_receipt(difference, act, code):
    facts = contact(NOON, ceases=(cease(**difference),), **act)

    assert against(facts, "US-REGF-6C-CEASE") == ([code] if code else [])


def attorney(**more) -> Representation:
    return Representation(**{"received_at": EARLIER, **more})


@pytest.mark.parametrize(
    ("difference", "act", "is_barred"),
    [
        ({}, {}, True),
        ({"account_ids": ("D2",)}, {}, False),
        ({"contact_known": False}, {}, False),
        ({"failed_to_respond": True}, {}, False),
        ({"consents": True}, {}, False),
        ({"ended_at": instant("2026-05-11T12:00")}, {}, False),
        ({"received_at": LATER}, {}, False),
        ({"attorney": False}, {}, False),
        ({}, {"role": Role.CONSUMER_ATTORNEY}, False),
        ({}, {"court_permission": True}, False),
    ],
)
def test_a_represented_consumer_is_reached_through_the_attorney(difference, act, is_barred):
    facts = contact(NOON, representations=(attorney(**difference),), **act)

    assert (codes(facts) == ["represented"]) is is_barred


def test_a_represented_consumer_who_writes_is_answered_once():
    wrote = past(
        "2026-05-11T10:00", Outcome.DELIVERED, Channel.EMAIL, id="M1", direction=Direction.INBOUND
    )
    answer = contact(NOON, in_reply_to="M1", history=(wrote,), representations=(attorney(),))

    assert codes(answer) == []
    answered = past("2026-05-11T11:00", Outcome.DELIVERED, Channel.EMAIL, in_reply_to="M1")
    assert codes(replace(answer, history=(wrote, answered))) == ["represented"]


def test_any_representative_counts_in_australia_but_for_the_listed_exceptions():
    counsellor = attorney(attorney=False)

    assert codes(contact(NOON, representations=(counsellor,)), AUSTRALIA) == ["represented"]
    excepted = replace(counsellor, exception="does_not_reply")
    assert codes(contact(NOON, representations=(excepted,)), AUSTRALIA) == []


def dispute(**more) -> Dispute:
    return Dispute(**{"received_at": EARLIER, "form": Form.WRITING, **more})


def owing(**more) -> tuple[AccountFacts, ...]:
    account = {"id": "D1", "amount": 100_000, "validation_ends_on": date(2026, 5, 10), **more}
    return (AccountFacts(**account),)


@pytest.mark.parametrize(
    ("difference", "accounts", "act", "code"),
    [
        ({}, owing(), {}, "disputed"),
        ({}, owing(validation_ends_on=None), {}, "disputed"),
        ({}, owing(validation_ends_on=date(2026, 5, 3)), {}, None),
        ({"form": Form.ORAL}, owing(), {}, None),
        ({"form": Form.UNKNOWN}, owing(), {}, "disputed"),
        ({"asks_original_creditor": True}, owing(), {}, "disputed"),
        ({"answered_at": instant("2026-05-12T11:00")}, owing(), {}, None),
        ({"answered_at": LATER}, owing(), {}, "disputed"),
        ({"repeats_earlier": True}, owing(), {}, "disputed"),
        ({"repeats_earlier": True, "noticed_at": EARLIER}, owing(), {}, None),
        (
            {"repeats_earlier": True, "noticed_at": EARLIER, "new_information": True},
            owing(),
            {},
            "disputed",
        ),
        ({}, owing(), {"purpose": Purpose.VERIFICATION}, None),
        ({}, owing(), {"purpose": Purpose.AT_DEBTOR_REQUEST}, "disputed_but_asked_for"),
        ({"upheld": True, "answered_at": EARLIER}, owing(), {}, "dispute_upheld"),
        ({"disputed_amount": 40_000}, owing(), {}, "disputed_in_part"),
    ],
)
def test_a_timely_written_dispute_stops_collection(difference, accounts, act, code):
    facts = contact(NOON, disputes=(dispute(**difference),), accounts=accounts, **act)

    found_codes = [f.code for f in judge(facts, US).breaches if f.rule_id == "US-REGF-38D-DISPUTE"]

    assert found_codes == ([code] if code else [])


@pytest.mark.parametrize(("asked", "allowed"), [(60_000, True), (60_001, False)])
def test_the_undisputed_part_may_be_asked_for(asked, allowed):
    facts = contact(
        NOON,
        disputes=(dispute(disputed_amount=40_000),),
        accounts=owing(),
        message=Message(amount_requested=asked),
    )

    finding = found(judge(facts, US), "US-REGF-38D-DISPUTE")

    assert (finding.code == "ok") is allowed


@pytest.mark.parametrize(
    ("difference", "act", "is_barred"),
    [
        ({"form": Form.ORAL}, {}, True),
        ({"grounds": "cannot_pay"}, {}, False),
        ({"answered_at": instant("2026-05-11T12:00"), "upheld": False}, {}, False),
        ({}, {"role": Role.DEBT_ADVISER}, False),
    ],
)
def test_any_possibly_valid_dispute_suspends_recovery_in_britain(difference, act, is_barred):
    facts = contact(NOON, disputes=(dispute(**difference),), **act)

    assert ("disputed" in codes(facts, UNITED_KINGDOM)) is is_barred


def hold(kind: HoldKind, **more) -> Hold:
    return Hold(**{"kind": kind, "received_at": EARLIER, **more})


@pytest.mark.parametrize(
    "kind", [k for k in HoldKind if k not in ("plan", "plan_preparation", "statute_barred_refusal")]
)
def test_a_hold_stops_contacts_everywhere_until_it_is_released(kind):
    call = contact(NOON, holds=(hold(kind),))

    assert "on_hold" in codes(call, GERMANY)
    released = hold(kind, released_at=instant("2026-05-12T11:59"))
    assert codes(replace(call, holds=(released,)), GERMANY) == []
    assert judge(call, GERMANY).next_allowed_at is None


def test_a_hold_on_another_account_or_known_of_later_stops_nothing():
    other = hold(HoldKind.HARDSHIP, account_ids=("D2",))
    later = hold(HoldKind.HARDSHIP, received_at=LATER)

    assert codes(contact(NOON, holds=(other, later)), GERMANY) == []


def test_a_breathing_space_runs_from_its_first_to_its_last_day():
    space = Hold(
        kind=HoldKind.BREATHING_SPACE, starts_on=date(2026, 5, 12), ends_on=date(2026, 7, 10)
    )

    assert codes(contact("2026-05-11T20:00", holds=(space,)), UNITED_KINGDOM) == []
    assert "on_hold" in codes(contact(NOON, holds=(space,)), UNITED_KINGDOM)
    assert "on_hold" in codes(contact("2026-07-10T20:00", holds=(space,)), UNITED_KINGDOM)
    assert codes(contact("2026-07-11T08:00", holds=(space,)), UNITED_KINGDOM) == []
    judgement = judge(contact(NOON, holds=(space,)), UNITED_KINGDOM)
    assert judgement.next_allowed_at == instant("2026-07-11T08:00")


def test_a_hold_is_kept_even_when_nobody_knows_the_zone():
    call = contact(NOON, zones=(), holds=(hold(HoldKind.BANKRUPTCY),))

    assert "on_hold" in codes(call)


def test_two_holds_end_with_the_later():
    holds = tuple(
        Hold(kind=kind, ends_on=date(2026, 5, day), received_at=EARLIER)
        for kind, day in ((HoldKind.HARDSHIP, 14), (HoldKind.LITIGATION, 20))
    )

    judgement = judge(contact(NOON, holds=holds), US)

    assert judgement.next_allowed_at == instant("2026-05-21T08:00")


@pytest.mark.parametrize(
    ("plan", "purpose", "packs", "code"),
    [
        (PlanState.PERFORMING, None, AUSTRALIA, "plan_is_kept"),
        (PlanState.PERFORMING, Purpose.BETTER_ALTERNATIVE, AUSTRALIA, None),
        (PlanState.PERFORMING, Purpose.DISCOUNT_OFFER, AUSTRALIA, "plan_is_kept"),
        (PlanState.BROKEN, None, AUSTRALIA, None),
        (None, None, AUSTRALIA, None),
        (PlanState.PERFORMING, None, CHINA, "plan_is_kept"),
        (PlanState.PERFORMING, Purpose.AT_DEBTOR_REQUEST, CHINA, None),
    ],
)
def test_somebody_who_keeps_to_a_plan_is_left_alone(plan, purpose, packs, code):
    accounts = (AccountFacts(id="D1", kind="credit_card", plan=plan),)
    at = instant("2026-05-12T12:00") - timedelta(hours=8)  # daytime in New York and in Shanghai

    facts = contact(at if packs is CHINA else NOON, accounts=accounts, purpose=purpose)

    assert codes(facts, packs) == ([code] if code else [])


@pytest.mark.parametrize(
    ("account", "act", "code"),
    [
        ({"statute_barred": True}, {}, None),
        ({"statute_barred": True, "nation": "Scotland"}, {}, "debt_extinguished"),
        (
            {"statute_barred": True},
            {"purpose": Purpose.THREATEN_SUIT},
            "court_threatened_on_barred_debt",
        ),
        (
            {"statute_barred": True},
            {"holds": (hold(HoldKind.STATUTE_BARRED_REFUSAL),)},
            "barred_debt_refused",
        ),
        ({"statute_barred": False}, {"holds": (hold(HoldKind.STATUTE_BARRED_REFUSAL),)}, None),
    ],
)
def test_a_barred_debt_is_not_pressed(account, act, code):
    facts = contact(NOON, accounts=(AccountFacts(id="D1", **account),), **act)

    assert codes(facts, UNITED_KINGDOM) == ([code] if code else [])
