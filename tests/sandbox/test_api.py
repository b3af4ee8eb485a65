from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from sqlalchemy import create_engine
from sqlalchemy.exc import InternalError

from portal.adapters.stripe import WsgiTransport
from portal.sandbox.api import make_api
from portal.sandbox.deliver import register_endpoint
from portal.sandbox.keys import account_of, secret_key_for
from portal.sandbox.store import Store
from tests.sandbox.world import World, session_params

FORM = {"amount": "2000", "currency": "usd"}


@pytest.mark.parametrize(
    "key", ["sk_test_other", "sk_live_sandbox_x", "sk_test_sandbox_", "sk_test_sandbox_a-b", "x"]
)
def test_a_wrong_key_is_answered_401(world: World, key):
    client = stripe.StripeClient(key, http_client=world.transport)

    with pytest.raises(stripe.AuthenticationError) as refused:
        client.v1.payment_intents.list()

    assert refused.value.http_status == 401


def test_a_missing_key_is_answered_401(world: World):
    answer = world.raw("GET", "/v1/events", Authorization="")

    assert answer.status_code == 401


def test_a_key_names_its_account():
    assert account_of(f"Bearer {secret_key_for('acct_First_1')}") == "acct_First_1"
    with pytest.raises(ValueError):
        secret_key_for("First")


def test_an_unknown_parameter_is_answered_400(world: World):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.open_session(colour="red")

    assert (refused.value.http_status, refused.value.code) == (400, "parameter_unknown")
    assert refused.value.param == "colour"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/charges"), ("DELETE", "/v1/events"), ("GET", "/"), ("POST", "/v1/events/evt_1")],
)
def test_an_address_the_sandbox_lacks_is_answered_404(world: World, method, path):
    answer = world.raw(method, path)

    assert answer.status_code == 404
    assert "Unrecognized request URL" in answer.json["error"]["message"]


def test_a_body_over_the_limit_is_refused(world: World):
    assert world.raw("POST", "/v1/customers", {"name": "x" * 100_001}).status_code == 413


def test_acting_for_a_connected_account_is_refused_rather_than_ignored(world: World):
    client = stripe.StripeClient(world.key, http_client=world.transport, stripe_account="acct_x")

    with pytest.raises(stripe.InvalidRequestError, match="connected account"):
        client.v1.payment_intents.list()


def test_every_answer_names_its_request(world: World):
    ids = {world.raw("GET", path).headers["Request-Id"] for path in ("/v1/events", "/v1/nothing")}

    assert len(ids) == 2


def test_a_database_that_is_away_is_the_providers_failure_not_a_crash():
    nowhere = create_engine("postgresql+psycopg://nobody@/none?host=/nonexistent")
    client = stripe.StripeClient(
        secret_key_for("acct_a"),
        http_client=WsgiTransport(make_api(nowhere, base_url="http://localhost")),
    )

    with pytest.raises(stripe.APIError) as failed:
        client.v1.events.list()

    assert failed.value.http_status == 500


def test_the_same_key_gives_the_same_answer_and_does_the_work_once(world: World):
    first = world.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k")
    again = world.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k")

    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(world.client.v1.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/v1/payment_intents", FORM | {"amount": "2001"}),
        ("/v1/payment_intents", FORM | {"description": "more"}),
        ("/v1/customers", {}),
    ],
)
def test_the_same_key_for_something_else_is_an_idempotency_error(world: World, path, form):
    world.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k")

    answer = world.raw("POST", path, form, Idempotency_Key="k")

    assert answer.status_code == 400
    assert answer.json["error"]["type"] == "idempotency_error"
    assert len(world.client.v1.payment_intents.list().data) == 1


def test_the_same_key_for_another_verb_is_an_idempotency_error(world: World):
    intent_id = world.raw("POST", "/v1/payment_intents", FORM).json["id"]
    canceled = world.raw("POST", f"/v1/payment_intents/{intent_id}/cancel", Idempotency_Key="k")

    answer = world.raw("POST", f"/v1/payment_intents/{intent_id}/confirm", Idempotency_Key="k")

    assert canceled.status_code == 200
    assert answer.json["error"]["type"] == "idempotency_error"


def test_a_clash_of_keys_is_raised_by_the_library_as_such(world: World):
    world.open_session(idempotency_key="k")

    with pytest.raises(stripe.IdempotencyError):
        world.open_session(idempotency_key="k", locale="zh")


def test_a_key_belongs_to_its_account(world: World, engine):
    mine = world.open_session(idempotency_key="k")

    theirs = World(engine).open_session(idempotency_key="k", locale="zh")

    assert theirs.id != mine.id


def test_a_decline_is_kept_under_its_key_and_charged_once(world: World):
    form = FORM | {"payment_method": "pm_card_visa_chargeDeclined", "confirm": "true"}

    first = world.raw("POST", "/v1/payment_intents", form, Idempotency_Key="k")
    again = world.raw("POST", "/v1/payment_intents", form, Idempotency_Key="k")

    assert (first.status_code, again.data) == (402, first.data)
    assert world.kinds() == ["payment_intent.payment_failed"]


def test_a_request_that_was_never_understood_leaves_its_key_free(world: World):
    refused = world.raw("POST", "/v1/payment_intents", FORM | {"x": "1"}, Idempotency_Key="k")
    taken = world.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k")

    assert (refused.status_code, taken.status_code) == (400, 200)


def test_a_key_is_forgotten_after_a_day(world: World):
    first = world.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k").json["id"]
    world.clock.advance(hours=23, minutes=59)
    kept = world.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k").json["id"]
    world.clock.advance(minutes=1)
    anew = world.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k").json["id"]

    assert kept == first
    assert anew != first


def test_fifty_requests_at_once_with_one_key_open_one_page(world: World):
    with ThreadPoolExecutor(50) as pool:
        opened = list(pool.map(lambda _: world.open_session(idempotency_key="k").id, range(50)))

    assert len(set(opened)) == 1
    assert len(world.client.v1.checkout.sessions.list().data) == 1


def test_the_database_refuses_a_change_while_reading(world: World, engine):
    with Store(engine).read() as connection, pytest.raises(InternalError, match="read-only"):
        register_endpoint(connection, world.account, world.hook, "whsec_x")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_changes_nothing(world: World, method, engine):
    session = world.open_session()
    world.clock.advance(days=2)

    def everything():
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT id, body::text FROM sandbox.objects WHERE account = %s ORDER BY id",
                (world.account,),
            )
            return rows.all()

    before = everything()
    for path in ("/v1/events", "/v1/checkout/sessions", f"/v1/checkout/sessions/{session.id}"):
        assert world.raw(method, path).status_code == 200
    world.browser().open(f"/sandbox/pay/{session.id}", method=method)

    assert everything() == before


def test_errors_come_in_the_providers_shape(world: World):
    answer = world.raw("GET", "/v1/payment_intents/pi_none")

    assert answer.status_code == 404
    error = json.loads(answer.data)["error"]
    assert error["code"] == "resource_missing"
    assert error["type"] == "invalid_request_error"


def test_a_page_opened_with_every_simulated_parameter_is_taken(world: World):
    customer = world.client.v1.customers.create({"name": "A"})

    session = world.open_session(**session_params(customer=customer.id))

    assert session.customer == customer.id
