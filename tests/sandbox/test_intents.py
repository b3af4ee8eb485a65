from __future__ import annotations

import pytest
import stripe

from tests.sandbox.world import World

PLAIN = {"amount": 2_000, "currency": "usd"}
DECLINES = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
]


def test_an_intent_is_opened_then_confirmed(world: World):
    intents = world.client.v1.payment_intents
    intent = intents.create(PLAIN | {"metadata": {"payment_id": "1"}})

    done = intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert intent.status == "requires_payment_method"
    assert (done.status, done.amount_received) == ("succeeded", 2_000)
    assert done.metadata["payment_id"] == "1"
    assert world.kinds() == ["payment_intent.succeeded"]


def test_a_card_attached_when_opening_is_used_when_confirming(world: World):
    intents = world.client.v1.payment_intents
    intent = intents.create(PLAIN | {"payment_method": "pm_card_visa"})

    done = intents.confirm(intent.id)

    assert intent.status == "requires_confirmation"
    assert done.status == "succeeded"


@pytest.mark.parametrize(("card", "code", "decline_code"), DECLINES)
def test_a_decline_is_raised_and_stays_on_the_intent(world: World, card, code, decline_code):
    intents = world.client.v1.payment_intents

    with pytest.raises(stripe.CardError) as declined:
        intents.create(PLAIN | {"payment_method": card, "confirm": True})

    assert declined.value.code == code
    assert declined.value.http_status == 402
    assert declined.value.error.to_dict().get("decline_code") == decline_code
    intent = intents.retrieve(declined.value.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == code
    assert intent.amount_received == 0
    assert world.kinds() == ["payment_intent.payment_failed"]


def test_after_a_decline_another_card_may_pay(world: World):
    intents = world.client.v1.payment_intents
    intent = intents.create(PLAIN)
    with pytest.raises(stripe.CardError):
        intents.confirm(intent.id, {"payment_method": DECLINES[0][0]})

    done = intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert (done.status, done.last_payment_error) == ("succeeded", None)


def test_a_declined_card_is_not_tried_again_by_itself(world: World):
    intents = world.client.v1.payment_intents
    intent = intents.create(PLAIN | {"payment_method": DECLINES[0][0]})
    with pytest.raises(stripe.CardError):
        intents.confirm(intent.id)

    with pytest.raises(stripe.InvalidRequestError, match="no payment method"):
        intents.confirm(intent.id)


def test_a_finished_intent_is_neither_confirmed_nor_canceled(world: World):
    intents = world.client.v1.payment_intents
    intent = intents.create(PLAIN | {"payment_method": "pm_card_visa", "confirm": True})

    for verb in (intents.confirm, intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            verb(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"


def test_a_canceled_intent_takes_nothing_any_more(world: World):
    intents = world.client.v1.payment_intents
    intent = intents.create(PLAIN)

    canceled = intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError):
        intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert world.kinds() == ["payment_intent.canceled"]


def test_confirming_without_a_card_opens_nothing(world: World):
    intents = world.client.v1.payment_intents

    with pytest.raises(stripe.InvalidRequestError):
        intents.create(PLAIN | {"confirm": True})

    assert intents.list().data == []


@pytest.mark.parametrize("name", ["4242424242424242", "pm_unknown"])
def test_a_card_number_is_not_a_payment_method(world: World, name):
    with pytest.raises(stripe.InvalidRequestError, match="does not simulate") as refused:
        world.client.v1.payment_intents.create(PLAIN | {"payment_method": name})

    assert name not in str(refused.value)


def test_an_intent_of_a_hosted_page_is_the_pages_alone(world: World):
    session = world.open_session()
    world.pay(session.id, "4000000000000002")
    intent_id = world.session(session.id).payment_intent

    for verb in (world.client.v1.payment_intents.confirm, world.client.v1.payment_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError, match="Checkout Session"):
            verb(intent_id)


def test_intents_are_listed_by_customer(world: World):
    customer = world.client.v1.customers.create({"email": "a@example.test", "name": "A"})
    mine = world.client.v1.payment_intents.create(PLAIN | {"customer": customer.id})
    world.client.v1.payment_intents.create(PLAIN)

    listed = world.client.v1.payment_intents.list({"customer": customer.id}).data

    assert [intent.id for intent in listed] == [mine.id]
