"""What an examination of the verdicts found wrong, each kept right by its own test."""

from datetime import date

import pytest

from portal.core.rules import (
    AccountFacts,
    AddressKind,
    BarredPlace,
    Cease,
    Channel,
    ContactWindow,
    Direction,
    Form,
    Hold,
    HoldKind,
    Message,
    OptOut,
    Outcome,
    Place,
    Purpose,
    Role,
    TextBasis,
    judge,
)
from portal.core.rules.known import counted_to
from tests.core.rules.people import (
    GERMANY,
    UNITED_KINGDOM,
    US,
    against,
    contact,
    found,
    instant,
    past,
)

NOON = "2026-05-12T12:00"
EARLIER = instant("2026-05-04T12:00")
FREQUENCY = "US-REGF-14B-FREQ"


@pytest.mark.parametrize(("known_at", "is_barred"), [("school", True), ("gym", False)])
def test_any_place_can_be_barred_by_its_own_word(known_at, is_barred):
    facts = contact(
        NOON, Channel.SMS, barred_places=(BarredPlace(place="school"),), known_at_place=known_at
    )

    assert bool(against(facts, "US-REGF-6B1-PLACE")) is is_barred


def from_home(**more):
    return past(
        "2026-05-12T11:00",
        Outcome.VOICEMAIL_LEFT,
        id="IN",
        direction=Direction.INBOUND,
        address_kind=AddressKind.HOME_LANDLINE,
        **more,
    )


@pytest.mark.parametrize(
    ("history", "act", "is_barred"),
    [
        ((from_home(),), {"in_reply_to": "IN"}, False),
        ((from_home(),), {}, True),
        ((from_home(), past("2026-05-12T11:30", in_reply_to="IN")), {"in_reply_to": "IN"}, False),
        (
            (
                from_home(),
                past("2026-05-12T11:30", in_reply_to="IN", address_kind=AddressKind.HOME_LANDLINE),
            ),
            {"in_reply_to": "IN"},
            True,
        ),
        (
            (from_home(),),
            {
                "in_reply_to": "IN",
                "channel": Channel.LETTER,
                "address_kind": AddressKind.HOME_ADDRESS,
            },
            True,
        ),
    ],
)
def test_who_calls_from_a_barred_place_is_answered_there_once_by_telephone(history, act, is_barred):
    facts = contact(
        NOON,
        barred_places=(BarredPlace(place=Place.HOME),),
        history=history,
        **{"address_kind": AddressKind.HOME_LANDLINE, **act},
    )

    assert bool(against(facts, "US-REGF-6B1-PLACE")) is is_barred


@pytest.mark.parametrize(("channel", "is_barred"), [(Channel.IN_APP, False), (Channel.SMS, True)])
def test_using_the_portal_opens_the_portal_and_no_other_medium(channel, is_barred):
    facts = contact(NOON, channel, windows=(ContactWindow(wanted=False),), session_active=True)

    assert bool(against(facts, "US-REGF-6B1-PREF")) is is_barred


@pytest.mark.parametrize(
    ("act", "is_held"), [({}, True), ({"required_by": "Consumer Credit Act 1974"}, False)]
)
def test_a_contact_that_the_law_requires_passes_a_breathing_space_without_saying_so_twice(
    act, is_held
):
    hold = Hold(
        kind=HoldKind.BREATHING_SPACE, starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 29)
    )
    facts = contact(NOON, Channel.LETTER, holds=(hold,), **act)

    assert bool(against(facts, "UK-BS-CONTACT", UNITED_KINGDOM)) is is_held


EXACT = {"neutral_business_name", "reply_request", "contact_person", "phone_number"}


@pytest.mark.parametrize(
    ("elements", "conveys", "codes"),
    [
        (EXACT | {"says_debt_collector"}, None, ["recipient_not_permitted"]),
        (EXACT, None, []),
        (EXACT | {"says_debt_collector"}, False, []),
        (None, None, ["recipient_needs_reason"]),
    ],
)
def test_a_message_that_says_more_than_a_limited_one_tells_a_third_party(elements, conveys, codes):
    facts = contact(
        NOON,
        role=Role.THIRD_PARTY,
        person_id="P9",
        outcome=Outcome.VOICEMAIL_LEFT,
        message=Message(
            elements=None if elements is None else frozenset(elements), conveys_debt=conveys
        ),
    )

    assert against(facts, "US-REGF-6D1-THIRD") == codes


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.CONVERSATION, "violation"),
        (Outcome.VOICEMAIL_LEFT, "review"),
        (Outcome.NO_ANSWER, "allow"),
        (Outcome.LIMITED_CONTENT_MESSAGE, "allow"),
    ],
)
def test_whether_a_voicemail_asked_a_third_party_is_for_a_person(outcome, verdict):
    asked = {
        "person_id": "P9",
        "role": Role.THIRD_PARTY,
        "purpose": Purpose.LOCATION_INFORMATION,
    }
    before = past("2026-05-11T12:00", outcome, **asked)

    judgement = judge(contact(NOON, history=(before,), **asked), US)

    assert found(judgement, "US-REGF-10-LOCATION", "once").verdict == verdict


@pytest.mark.parametrize(
    ("basis", "is_fresh"),
    [
        ({"route": "consent", "last_text_on": date(2026, 5, 1)}, True),
        ({"route": "consent"}, False),
        ({"route": "consumer_texted", "last_text_on": date(2026, 5, 1)}, True),
        ({"route": "consumer_texted"}, False),
    ],
)
def test_a_text_from_the_number_renews_an_old_consent(basis, is_fresh):
    known = TextBasis(consented_on=date(2025, 1, 1), opted_out=False, **basis)

    refused = against(contact(NOON, Channel.SMS, text_basis=known), "US-REGF-6D5-TEXT-PROC")

    assert (not refused) is is_fresh


@pytest.mark.parametrize(
    ("channel", "message", "codes"),
    [
        (Channel.LETTER, Message(postcard=True, conveys_debt=True), ["postcard"]),
        (Channel.LETTER, Message(envelope_reveals=True), ["envelope_gives_away"]),
        (Channel.LETTER, Message(conveys_debt=True), []),
        (Channel.SOCIAL, Message(visible_to_others=True), ["visible_to_others"]),
        (Channel.SOCIAL, Message(), []),
    ],
)
def test_british_post_and_posts_show_the_debt_to_nobody_else(channel, message, codes):
    facts = contact(NOON, channel, message=message)

    assert against(facts, "UK-CONC-7.9-IDV", UNITED_KINGDOM) == codes


def oral(**more) -> Cease:
    return Cease(received_at=EARLIER, form=Form.ORAL, account_ids=("D1",), **more)


def no_calls(**more) -> OptOut:
    return OptOut(**{"received_at": EARLIER, "person_id": "P1", "channel": Channel.CALL, **more})


@pytest.mark.parametrize(
    ("asked", "act", "verdict"),
    [
        ({"ceases": (oral(),)}, {}, "review"),
        ({"opt_outs": (no_calls(),)}, {}, "review"),
        ({"opt_outs": (no_calls(channel=None),)}, {}, "review"),
        ({"opt_outs": (no_calls(channel=Channel.SMS),)}, {}, "allow"),
        ({"opt_outs": (no_calls(address="+1 555 0100"),)}, {}, "allow"),
        ({"opt_outs": (no_calls(person_id="P2"),)}, {}, "allow"),
        ({"opt_outs": (no_calls(withdrawn_at=EARLIER),)}, {}, "allow"),
        ({"ceases": (oral(),)}, {"account_ids": ("D2",)}, "allow"),
        ({"ceases": (oral(),)}, {"role": Role.CONSUMER_ATTORNEY}, "allow"),
        ({"ceases": (oral(),)}, {"at": instant("2026-05-03T12:00")}, "allow"),
    ],
)
def test_a_call_within_the_numbers_after_a_request_to_stop_is_for_a_person(asked, act, verdict):
    accounts = (AccountFacts(id="D1"), AccountFacts(id="D2"))
    facts = contact(**{"at": NOON, "accounts": accounts, **asked, **act})

    finding = found(judge(facts, US), FREQUENCY, "requests")

    assert finding.verdict == verdict
    assert finding.factor == ("earlier_request" if verdict == "review" else None)


def test_nobody_asked_for_anything_and_nothing_is_said():
    judgement = judge(contact(NOON), US)

    assert "requests" not in {finding.prong for finding in judgement.findings}


@pytest.mark.parametrize("outcome", [Outcome.VOICEMAIL_LEFT, Outcome.LIMITED_CONTENT_MESSAGE])
def test_two_voicemails_within_minutes_are_rapid_succession(outcome):
    facts = contact(NOON, history=(past("2026-05-12T11:56", outcome),))

    assert against(facts, FREQUENCY) == ["calls_in_succession"]


@pytest.mark.parametrize(("told_to", "binds"), [("A1", True), (None, True), ("A2", False)])
def test_a_request_binds_the_collector_it_was_put_to(told_to, binds):
    written = Cease(received_at=EARLIER, form=Form.WRITING, told_to=told_to)
    facts = contact(NOON, opt_outs=(no_calls(told_to=told_to),), ceases=(written,))

    assert bool(against(facts, "US-REGF-14H-MEDIA")) is binds
    assert bool(against(facts, "US-REGF-6C-CEASE")) is binds


@pytest.mark.parametrize(("returned_at", "is_told"), [(None, True), (EARLIER, False)])
def test_a_notice_of_transfer_that_came_back_told_nobody(returned_at, is_told):
    complete = {
        "transfer_and_date": True,
        "purchaser_id_contact": True,
        "servicer_id_contact": True,
        "servicer_authorisation": True,
        "prominent_contact_point": True,
        "amounts_split": True,
        "law_continues_statement": True,
        "authority_for_complaints": True,
    }
    notice = past(
        "2026-05-01T12:00",
        Outcome.UNKNOWN,
        Channel.LETTER,
        purpose=Purpose.TRANSFER_NOTICE,
        returned_at=returned_at,
        message=Message(content=complete, durable_medium=True),
    )
    sold = AccountFacts(id="D1", transferred=True)

    refused = against(
        contact(NOON, accounts=(sold,), history=(notice,)), "EU-CSD-A10-NOTICE", GERMANY
    )

    assert (not refused) is is_told


@pytest.mark.parametrize(
    ("placed", "discussed", "debt", "codes"),
    [
        ("D1", "D2", "D1", ["too_soon_after_conversation"]),
        ("D1", "D2", "D2", ["too_soon_after_conversation"]),
        ("D1", "D1", "D2", []),
    ],
)
def test_who_turns_the_talk_to_another_debt_talked_about_both(placed, discussed, debt, codes):
    talk = past(
        "2026-05-11T12:00",
        Outcome.CONVERSATION,
        placed_ids=(placed,),
        discussed_ids=(discussed,),
    )
    accounts = (AccountFacts(id="D1"), AccountFacts(id="D2"))

    facts = contact(NOON, history=(talk,), accounts=accounts, account_ids=(debt,))

    assert against(facts, FREQUENCY) == codes


def test_the_debt_the_talk_was_turned_to_was_not_called_about():
    turned = past(
        "2026-05-11T12:00", Outcome.CONVERSATION, placed_ids=("D1",), discussed_ids=("D2",)
    )

    assert counted_to(turned) == ("D1",)
