import pytest

from portal.core.rules import (
    AddressKind,
    BarredPlace,
    Channel,
    Consent,
    ConsentScope,
    Direction,
    Message,
    OptOut,
    Outcome,
    Place,
    Purpose,
    Representation,
    Role,
)
from tests.core.rules.people import (
    CHINA,
    SHANGHAI,
    UNITED_KINGDOM,
    against,
    contact,
    instant,
    past,
)

NOON = "2026-05-12T12:00"


@pytest.mark.parametrize(
    ("barred", "act", "code"),
    [
        (Place.HOME, {"address_kind": AddressKind.HOME_LANDLINE}, "barred_place"),
        (Place.HOME, {"address_kind": AddressKind.MOBILE}, None),
        (Place.HOME, {"address_kind": AddressKind.WORKPLACE}, None),
        (
            Place.HOME,
            {"address_kind": AddressKind.MOBILE, "known_at_place": Place.HOME},
            "barred_place",
        ),
        (Place.HOME, {}, "place_unknown"),
        (Place.HOME, {"channel": Channel.EMAIL}, None),
        (Place.HOME, {"channel": Channel.LETTER}, "place_unknown"),
    ],
)
def test_numbers_and_addresses_reach_the_place_they_are_tied_to(barred, act, code):
    facts = contact(NOON, barred_places=(BarredPlace(place=barred),), **act)

    assert against(facts, "US-REGF-6B1-PLACE") == ([code] if code else [])


def test_an_employer_s_ban_has_a_rule_of_its_own():
    ban = BarredPlace(place=Place.WORKPLACE, by_employer=True)
    facts = contact(NOON, barred_places=(ban,), address_kind=AddressKind.WORKPLACE)

    assert against(facts, "US-REGF-6B3-WORK") == ["barred_place"]
    assert against(facts, "US-REGF-6B1-PLACE") == []


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ({"role": Role.SPOUSE}, None),
        ({"role": Role.THIRD_PARTY}, "recipient_needs_reason"),
        ({"role": Role.THIRD_PARTY, "purpose": Purpose.PAYMENT_REQUEST}, "recipient_not_permitted"),
        (
            {"role": Role.THIRD_PARTY, "message": Message(conveys_debt=True)},
            "recipient_not_permitted",
        ),
        ({"role": Role.THIRD_PARTY, "message": Message(conveys_debt=False)}, None),
        (
            {
                "role": Role.THIRD_PARTY,
                "message": Message(conveys_debt=False),
                "outcome": Outcome.LIMITED_CONTENT_MESSAGE,
            },
            "message_left_with_third_party",
        ),
        ({"role": Role.THIRD_PARTY, "purpose": Purpose.LOCATION_INFORMATION}, None),
        (
            {
                "role": Role.THIRD_PARTY,
                "purpose": Purpose.LOCATION_INFORMATION,
                "message": Message(conveys_debt=True),
            },
            "recipient_not_permitted",
        ),
        ({"role": Role.EMPLOYER, "court_permission": True}, None),
        (
            {
                "role": Role.RELATIVE,
                "consents": (
                    Consent(
                        received_at=instant("2026-05-01T12:00"),
                        person_id="P1",
                        scope=ConsentScope.THIRD_PARTY,
                        given_to="A1",
                    ),
                ),
            },
            None,
        ),
    ],
)
def test_only_those_who_may_hear_of_a_debt_hear_of_it(act, code):
    assert against(contact(NOON, **act), "US-REGF-6D1-THIRD") == ([code] if code else [])


LOCATING = {"role": Role.THIRD_PARTY, "person_id": "P9", "purpose": Purpose.LOCATION_INFORMATION}
PROPER = {"conveys_debt": False, "names_self": True}
ASKED = past(
    "2026-05-04T10:00",
    Outcome.CONVERSATION,
    person_id="P9",
    role=Role.THIRD_PARTY,
    purpose=Purpose.LOCATION_INFORMATION,
)


@pytest.mark.parametrize(
    ("words", "more", "code"),
    [
        (PROPER, {}, None),
        ({**PROPER, "conveys_debt": True}, {}, "debt_mentioned"),
        ({**PROPER, "names_self": False}, {}, "own_name_withheld"),
        ({**PROPER, "names_employer": True}, {}, "employer_named_unasked"),
        ({**PROPER, "names_employer": True, "employer_requested": True}, {}, None),
        ({**PROPER, "postcard": True}, {}, "envelope_gives_away"),
        ({}, {}, "words_unknown"),
        (PROPER, {"history": (ASKED,)}, "asked_before"),
        ({**PROPER, "requested_by_person": True}, {"history": (ASKED,)}, None),
        ({**PROPER, "earlier_answer_wrong": True}, {"history": (ASKED,)}, None),
        (PROPER, {"representations": (Representation(),)}, "ask_the_attorney"),
    ],
)
def test_others_are_asked_where_somebody_is_once_and_told_nothing(words, more, code):
    facts = contact(NOON, **LOCATING, **more, message=Message(**words))

    assert against(facts, "US-REGF-10-LOCATION") == ([code] if code else [])


FAILED = tuple(past(f"2026-05-0{day}T10:00", Outcome.NO_ANSWER, zone=SHANGHAI) for day in (7, 8, 9))
CALLED_BACK = past(
    "2026-05-10T10:00", Outcome.CONVERSATION, zone=SHANGHAI, direction=Direction.INBOUND
)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ({}, None),
        ({"history": FAILED[:2]}, "debtor_not_lost"),
        ({"history": FAILED[:2], "debtor_unreachable": True}, None),
        ({"history": (*FAILED, CALLED_BACK)}, "debtor_not_lost"),
        ({"purpose": Purpose.PAYMENT_REQUEST}, "recipient_not_permitted"),
        ({"purpose": None}, "recipient_needs_reason"),
        ({"message": Message(conveys_debt=True)}, "debt_mentioned"),
        ({"role": Role.SPOUSE}, "spouse_may_be_liable"),
        ({"role": Role.SPOUSE, "person_jointly_liable": True}, None),
        (
            {"opt_outs": (OptOut(received_at=instant("2026-05-01T12:00"), person_id="P9"),)},
            "person_refused",
        ),
    ],
)
def test_contact_persons_are_for_a_lost_debtor_only(act, code):
    facts = contact(
        "2026-05-11T10:00",
        **{
            "zones": (SHANGHAI,),
            "role": Role.THIRD_PARTY,
            "person_id": "P9",
            "purpose": Purpose.LOCATE_OR_RELAY,
            "history": FAILED,
            **act,
        },
    )

    assert against(facts, "CN-CBA-THIRD-LOST", CHINA) == ([code] if code else [])


@pytest.mark.parametrize(
    ("act", "words", "code"),
    [
        ({}, {"conveys_debt": True, "identity_verified": True}, None),
        ({}, {"conveys_debt": True, "identity_verified": False}, "identity_not_verified"),
        ({}, {"conveys_debt": True}, "identity_unknown"),
        ({}, {}, "identity_unknown"),
        ({}, {"conveys_debt": False}, None),
        ({"outcome": Outcome.NO_ANSWER}, {}, None),
        ({"channel": Channel.LETTER}, {"conveys_debt": True}, None),
        ({"role": Role.COLLEAGUE}, {"conveys_debt": True}, "recipient_not_permitted"),
    ],
)
def test_details_wait_for_proof_of_identity(act, words, code):
    facts = contact(NOON, message=Message(**words), **{"outcome": Outcome.CONVERSATION, **act})

    assert against(facts, "UK-CONC-7.9-IDV", UNITED_KINGDOM) == ([code] if code else [])


def test_a_vulnerable_person_is_not_visited_and_anybody_only_as_a_last_resort():
    visit = contact(NOON, Channel.VISIT)

    assert against(visit, "UK-CONC-7.9-VISIT", UNITED_KINGDOM) == ["visit_is_last_resort"]
    assert against(
        contact(NOON, Channel.VISIT, person_vulnerable=True), "UK-CONC-7.9-VISIT", UNITED_KINGDOM
    ) == ["person_vulnerable"]
