from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import stripe

from portal.sandbox.deliver import (
    GIVEN_UP_AFTER,
    LONGEST_PAUSE,
    deliver_due,
    pause_after,
    post_http,
    register_endpoint,
)
from tests.sandbox.world import World


def _kinds(sent) -> list[str]:
    return [json.loads(body)["type"] for _, body, _ in sent]


def test_what_happened_is_sent_signed_to_the_accounts_address(world: World):
    world.listen()
    session = world.open_session()
    world.pay(session.id)

    sent = world.deliver()

    assert _kinds(sent) == ["payment_intent.succeeded", "checkout.session.completed"]
    for url, body, headers in sent:
        assert url == world.hook
        # The library compares with the system's clock, so its tolerance is off here.
        event = stripe.Webhook.construct_event(
            body, headers["Stripe-Signature"], world.webhook_secret, tolerance=0
        )
        assert event.livemode is False
    assert json.loads(sent[-1][1])["data"]["object"]["payment_status"] == "paid"


def test_another_secret_does_not_verify(world: World):
    world.listen()
    world.pay(world.open_session().id)
    _, body, headers = world.deliver()[0]

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_x", tolerance=0)


def test_what_was_taken_is_not_sent_again(world: World):
    world.listen()
    world.pay(world.open_session().id)
    event_id = world.client.v1.events.list().data[0].id

    first = world.deliver(204)
    world.clock.advance(days=1)

    assert (len(first), world.deliver()) == (2, [])
    assert world.client.v1.events.retrieve(event_id).pending_webhooks == 0


@pytest.mark.parametrize("failure", [500, 404, 302, OSError("nobody answers")])
def test_what_was_not_taken_is_sent_again_after_a_growing_pause(world: World, failure):
    world.listen()
    world.cause_one_event()

    def fail() -> int:
        if isinstance(failure, OSError):
            raise failure
        return failure

    assert len(world.deliver(fail)) == 1
    assert world.deliver(fail) == []
    for attempt in range(1, 5):
        world.clock.at += pause_after(attempt) - timedelta(seconds=1)
        assert world.deliver(fail) == []
        world.clock.advance(seconds=1)
        assert len(world.deliver(fail)) == 1
    world.clock.at += pause_after(5)

    assert len(world.deliver(200)) == 1
    assert len({body for _, body, _ in world.sent}) == 1


def test_each_sending_is_signed_anew_so_that_a_late_one_is_not_too_old(world: World):
    world.listen()
    world.cause_one_event()
    world.deliver(500)
    world.clock.advance(hours=1)
    world.deliver(200)

    first, second = (headers["Stripe-Signature"] for _, _, headers in world.sent)

    assert first.split(",")[0] != second.split(",")[0]


def test_pauses_grow_to_an_hour():
    pauses = [pause_after(attempts) for attempts in range(1, 30)]

    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[1] < pauses[2]
    assert pauses[-1] == LONGEST_PAUSE


def test_an_address_that_never_answers_is_given_up_after_days(world: World):
    world.listen()
    world.cause_one_event()
    world.clock.at += GIVEN_UP_AFTER + timedelta(seconds=1)

    last = world.deliver(500)
    world.clock.advance(days=30)

    assert len(last) == 1
    assert world.deliver(500) == []


def test_a_sending_cut_short_is_made_again(world: World):
    world.listen()
    world.cause_one_event()

    def crash() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.deliver(crash)
    world.clock.at += pause_after(1)

    assert len(world.deliver()) == 1


def test_several_senders_share_the_work(world: World):
    world.listen()
    for _ in range(10):
        world.pay(world.open_session().id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: world.deliver(), range(4)))

    sent = [json.loads(body)["id"] for _, body, _ in world.sent]
    assert (len(sent), len(set(sent))) == (20, 20)


def test_an_account_without_an_address_is_owed_nothing(world: World):
    world.pay(world.open_session().id)

    world.listen()

    assert world.deliver() == []
    assert len(world.kinds()) == 2


def test_a_new_address_and_secret_replace_the_old_ones(world: World):
    world.listen()
    world.pay(world.open_session().id)
    world.hook, world.webhook_secret = f"{world.hook}/new", "whsec_new"
    world.listen()

    url, body, headers = world.deliver()[0]

    assert url == world.hook
    assert stripe.Webhook.construct_event(
        body, headers["Stripe-Signature"], "whsec_new", tolerance=0
    )


def test_a_badly_named_account_gets_no_address(world: World):
    with world.engine.begin() as connection, pytest.raises(ValueError):
        register_endpoint(connection, "bank-1", "https://portal.example", "whsec_x")


def test_pages_past_their_time_are_closed_and_told_of(world: World):
    world.listen()
    session = world.open_session()
    world.clock.advance(minutes=40)

    sent = world.deliver()

    assert _kinds(sent) == ["checkout.session.expired"]
    assert json.loads(sent[0][1])["data"]["object"]["id"] == session.id
    assert world.deliver() == []


def test_no_more_is_sent_at_once_than_asked_for(world: World):
    world.listen()
    for _ in range(3):
        world.pay(world.open_session().id)

    sent = deliver_due(world.engine, lambda *_: 200, now=world.clock, limit=2)

    assert sent == 2


def test_events_travel_over_http_and_redirects_are_failures():
    seen: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        taken = post_http(f"{base}/hook", b"{}", {"X": "1"})
        moved = post_http(f"{base}/moved", b"{}", {})
        server.shutdown()

    assert (taken, moved, seen) == (200, 302, [b"{}", b"{}"])
