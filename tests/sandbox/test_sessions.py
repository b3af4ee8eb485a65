from __future__ import annotations

from datetime import timedelta

import pytest
import stripe

from tests.sandbox.world import NOON, World, session_params


def test_a_new_page_is_open_and_unpaid_and_has_no_intent_yet(world: World):
    session = world.open_session()

    assert (session.status, session.payment_status, session.payment_intent) == (
        "open",
        "unpaid",
        None,
    )
    assert (session.amount_total, session.currency) == (15_000, "usd")
    assert session.url == f"http://localhost/sandbox/pay/{session.id}"
    assert session.livemode is False


def test_lines_are_added_up(world: World):
    line = session_params()["line_items"][0]

    session = world.open_session(line_items=[line, line | {"quantity": 3}])

    assert session.amount_total == 60_000


def _line(**price):
    known = session_params()["line_items"][0]
    return [known | {"price_data": known["price_data"] | price}]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": None}, None),
        ({"mode": "subscription"}, None),
        ({"success_url": None}, "success_url"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"cancel_url": "/relative"}, "cancel_url"),
        ({"client_reference_id": "x" * 201}, "client_reference_id"),
        ({"customer": "cus_unknown"}, "id"),
        ({"line_items": None}, "line_items"),
        ({"line_items": _line(unit_amount=0)}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": _line(unit_amount=49)}, "amount"),
        ({"line_items": _line(unit_amount=100_000_000)}, "amount"),
        ({"line_items": _line(currency="dollars")}, "currency"),
        ({"line_items": [*_line(), *_line(currency="cny")]}, "line_items"),
        ({"locale": "xx"}, "locale"),
    ],
)
def test_a_page_the_provider_would_refuse_is_refused(world: World, changes, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.open_session(**changes)

    assert refused.value.param == param
    assert world.client.v1.checkout.sessions.list().data == []


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [
        (30 * 60 - 1, False),
        (30 * 60, True),
        (24 * 3600, True),
        (24 * 3600 + 1, False),
        (-1, False),
    ],
)
def test_a_page_lives_between_half_an_hour_and_a_day(world: World, seconds, taken):
    expires_at = int(NOON.timestamp()) + seconds

    if taken:
        assert world.open_session(expires_at=expires_at).expires_at == expires_at
    else:
        with pytest.raises(stripe.InvalidRequestError, match="30 minutes and 24 hours"):
            world.open_session(expires_at=expires_at)


def test_without_a_closing_time_a_page_lives_a_day(world: World):
    assert world.open_session(expires_at=None).expires_at == NOON.timestamp() + 24 * 3600


def test_past_its_time_a_page_reads_expired_though_nobody_wrote_it_down(world: World):
    session = world.open_session()
    world.clock.at = NOON + timedelta(minutes=40)

    later = world.session(session.id)
    listed = world.client.v1.checkout.sessions.list().data

    assert (later.status, later.url) == ("expired", None)
    assert [one.status for one in listed] == ["expired"]
    assert world.kinds() == []


def test_a_closed_page_cannot_be_paid_and_tells_of_it(world: World):
    session = world.open_session()

    closed = world.client.v1.checkout.sessions.expire(session.id)
    answer = world.pay(session.id)

    assert closed.status == "expired"
    assert answer.status_code == 410
    assert world.session(session.id).payment_status == "unpaid"
    assert world.kinds() == ["checkout.session.expired"]


def test_only_an_open_page_can_be_closed(world: World):
    session = world.open_session()
    world.pay(session.id)

    with pytest.raises(stripe.InvalidRequestError, match="complete"):
        world.client.v1.checkout.sessions.expire(session.id)


def test_closing_a_page_gives_up_the_intent_of_a_declined_try(world: World):
    session = world.open_session()
    world.pay(session.id, "4000000000000002")

    world.client.v1.checkout.sessions.expire(session.id)

    intent = world.client.v1.payment_intents.list().data[0]
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")


def test_lists_come_newest_first_in_pages_that_fit_together(world: World):
    made = [world.open_session(client_reference_id=str(number)).id for number in range(5)]
    sessions = world.client.v1.checkout.sessions

    first = sessions.list({"limit": 2})
    second = sessions.list({"limit": 2, "starting_after": first.data[-1].id})
    back = sessions.list({"limit": 2, "ending_before": second.data[-1].id})
    whole = [one.id for one in sessions.list({"limit": 2}).auto_paging_iter()]

    assert whole == made[::-1]
    assert [one.id for one in (*first.data, *second.data)] == made[:0:-1]
    assert (first.has_more, second.has_more) == (True, True)
    assert [one.id for one in back.data] == made[3:1:-1]


def test_lists_can_be_bounded_by_time(world: World):
    early = world.open_session().id
    world.clock.advance(minutes=5)
    late = world.open_session().id
    at = int(world.clock.at.timestamp())
    sessions = world.client.v1.checkout.sessions

    assert [one.id for one in sessions.list({"created": {"gte": at}}).data] == [late]
    assert [one.id for one in sessions.list({"created": {"lt": at}}).data] == [early]
    assert [one.id for one in sessions.list({"created": at}).data] == [late]


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_a_list_has_between_one_and_a_hundred_entries(world: World, limit):
    with pytest.raises(stripe.InvalidRequestError):
        world.client.v1.checkout.sessions.list({"limit": limit})


def test_another_accounts_page_does_not_exist(world: World, engine):
    session = world.open_session()
    stranger = World(engine)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        stranger.session(session.id)

    assert refused.value.http_status == 404
    assert stranger.client.v1.checkout.sessions.list().data == []
