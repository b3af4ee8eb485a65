"""What the sandbox answers, held against the classes the provider's library ships."""

from __future__ import annotations

import json
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import stripe
from sqlalchemy import text
from stripe import ListObject
from stripe.checkout import Session

from portal.sandbox.api import ENDPOINTS
from tests.sandbox.world import DECLINED, World, session_params

CLASSES = {
    "checkout.session": Session,
    "payment_intent": stripe.PaymentIntent,
    "customer": stripe.Customer,
    "event": stripe.Event,
    "list": ListObject,
}


def dishonest(body: dict[str, Any], cls: type | None = None, path: str = "") -> list[str]:
    """Name every key the library does not know, and every key it promises that is not there."""
    cls = cls or CLASSES[body["object"]]
    known = (
        cls.__annotations__ | {"object": str}
        if hasattr(cls, "OBJECT_NAME")
        else cls.__annotations__
    )
    wrong = [f"{path}{key} is unknown to {cls.__name__}" for key in body if key not in known]
    for key, hint in known.items():
        if key == "OBJECT_NAME":
            continue
        if key not in body and not _may_be_absent(hint):
            wrong.append(f"{path}{key} is missing")
        for item, inner in _inner(body.get(key), hint):
            wrong += dishonest(item, inner, f"{path}{key}.")
    return wrong


def _options(hint: Any) -> list[Any]:
    if get_origin(hint) in (Union, UnionType):
        return [part for option in get_args(hint) for part in _options(option)]
    return [hint]


def _may_be_absent(hint: Any) -> bool:
    return type(None) in _options(hint)


def _inner(value: Any, hint: Any) -> list[tuple[dict[str, Any], type]]:
    kind = value.get("object") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind in CLASSES:
        return [(value, CLASSES[kind])]
    for option in _options(hint):
        if get_origin(option) is list and isinstance(value, list):
            return [pair for item in value for pair in _inner(item, get_args(option)[0])]
        if (
            isinstance(value, dict)
            and isinstance(option, type)
            and issubclass(option, stripe.StripeObject)
            and getattr(option, "__annotations__", None)
        ):
            return [(value, option)]
    return []


def test_the_check_itself_finds_what_is_wrong():
    event = {"object": "event", "colour": 1, "data": {"object": {}, "shape": 2}}

    found = dishonest(event)

    assert "colour is unknown to Event" in found
    assert "data.shape is unknown to Data" in found
    assert "created is missing" in found


def _answers(world: World) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Call every endpoint, with a declined card on the way, and keep what each one answered."""
    answers: dict[tuple[str, str], list[dict[str, Any]]] = {name: [] for name in ENDPOINTS}

    def call(method: str, path: str, form: Any = None, object_id: str = "") -> dict[str, Any]:
        real = path.replace("<object_id>", object_id)
        answer = world.raw(method, real, form)
        answers[method, path].append(answer.json)
        return answer.json

    sessions, intents = "/v1/checkout/sessions", "/v1/payment_intents"
    call("POST", "/v1/customers", {"email": "a@example.test", "metadata[a]": "b"})
    opened = call("POST", sessions, _flat(session_params(customer_email="a@example.test")))
    world.pay(opened["id"], DECLINED)
    call("GET", f"{sessions}/<object_id>", object_id=opened["id"])
    world.pay(opened["id"])
    call("GET", f"{sessions}/<object_id>", object_id=opened["id"])
    other = call("POST", sessions, _flat(session_params()))
    call("POST", f"{sessions}/<object_id>/expire", object_id=other["id"])
    call("GET", sessions)
    plain = {"amount": "900", "currency": "usd"}
    declined = "pm_card_visa_chargeDeclinedInsufficientFunds"
    first = call("POST", intents, plain)
    world.raw("POST", f"{intents}/{first['id']}/confirm", {"payment_method": declined})
    call("GET", f"{intents}/<object_id>", object_id=first["id"])
    call("POST", f"{intents}/<object_id>/cancel", object_id=first["id"])
    second = call("POST", intents, plain)
    call(
        "POST",
        f"{intents}/<object_id>/confirm",
        {"payment_method": "pm_card_visa"},
        object_id=second["id"],
    )
    call("GET", intents)
    events = call("GET", "/v1/events", None)
    call("GET", "/v1/events/<object_id>", object_id=events["data"][0]["id"])
    return answers


def _flat(params: Any, path: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    items = params.items() if isinstance(params, dict) else enumerate(params)
    for name, value in items:
        inner = f"{path}[{name}]" if path else str(name)
        if isinstance(value, dict | list):
            flat |= _flat(value, inner)
        else:
            flat[inner] = str(value)
    return flat


def test_every_endpoint_answers_with_keys_the_library_knows(world: World):
    world.listen()

    answers = _answers(world)

    assert {name for name, bodies in answers.items() if not bodies} == set()
    wrong = {
        f"{' '.join(name)}: {fault}"
        for name, bodies in answers.items()
        for body in bodies
        for fault in dishonest(body)
    }
    assert wrong == set()


def test_what_is_sent_to_the_webhook_has_keys_the_library_knows(world: World):
    world.listen()
    session = world.open_session()
    world.pay(session.id, DECLINED)
    world.pay(session.id)

    sent = [json.loads(body) for _, body, _ in world.deliver()]

    assert [event["type"] for event in sent].count("checkout.session.completed") == 1
    assert [fault for event in sent for fault in dishonest(event)] == []


def test_a_declined_cards_error_has_keys_the_library_knows(world: World):
    form = {"amount": "900", "currency": "usd", "confirm": "true"}
    form |= {"payment_method": "pm_card_chargeDeclinedExpiredCard"}

    answer = world.raw("POST", "/v1/payment_intents", form)

    assert set(answer.json["error"]) <= set(stripe.ErrorObject.__annotations__)


@pytest.mark.parametrize("number", ["4242424242424242", DECLINED, "4111 1111 1111 1111"])
def test_no_card_number_is_kept_anywhere(world: World, engine, number):
    session = world.open_session()

    world.pay(session.id, number)

    digits = number.replace(" ", "")
    with engine.connect() as connection:
        for table in ("objects", "idempotency_keys", "deliveries", "endpoints"):
            found = connection.execute(
                text(f"SELECT count(*) FROM sandbox.{table} t WHERE t::text LIKE :number"),
                {"number": f"%{digits}%"},
            )
            assert found.scalar_one() == 0
