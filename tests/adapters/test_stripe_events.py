from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.stripe import StripeGateway
from portal.config import Settings
from portal.core.ports import EventRefused, GatewayEvent, Merchant
from portal.sandbox.deliver import sign
from tests.sandbox.world import NOON, World

SECRET = "whsec_current"
MERCHANT = Merchant(uuid4(), "acct_firstbank", "sk_test_sandbox_firstbank", (SECRET,))
GATEWAY = StripeGateway(Settings(_env_file=None, stripe_secret_key=None))
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "created": 1_772_452_800,
    "livemode": False,
    "type": "checkout.session.completed",
    "data": {"object": {"id": "cs_test_1", "object": "checkout.session", "名": "付款 ✓"}},
}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


def _verify(body: bytes, signature: str, merchant: Merchant = MERCHANT) -> GatewayEvent:
    return GATEWAY.verify_event(merchant, body, signature, NOON)


def _signed(body: bytes) -> tuple[bytes, str]:
    return body, sign(body, SECRET, NOON)


def test_a_signed_event_is_read():
    event = _verify(*_signed(BODY))

    assert event.id == "evt_1"
    assert event.kind == "checkout.session.completed"
    assert event.object_id == "cs_test_1"
    assert event.account == MERCHANT.account
    assert event.livemode is False
    assert event.created_at == NOON
    assert event.body == BODY


def test_an_event_the_sandbox_sent_is_read(engine):
    world = World(engine)
    world.listen()
    world.pay(world.open_session().id)
    merchant = Merchant(uuid4(), world.account, world.key, (world.webhook_secret,))

    events = [
        GATEWAY.verify_event(merchant, body, headers["Stripe-Signature"], world.clock())
        for _, body, headers in world.deliver()
    ]
    world.stop_listening()

    assert [event.kind for event in events] == [
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.abuse("M4")
def test_while_secrets_rotate_either_one_will_do_and_no_third():
    merchant = Merchant(uuid4(), "acct_a", "sk_test_sandbox_a", ("whsec_new", "whsec_old"))

    for secret in merchant.webhook_secrets:
        assert _verify(BODY, sign(BODY, secret, NOON), merchant).id == "evt_1"
    with pytest.raises(EventRefused):
        _verify(BODY, sign(BODY, "whsec_older", NOON), merchant)


@pytest.mark.abuse("M4")
@pytest.mark.parametrize("secrets", [(), ("",), (" ",)])
def test_without_a_secret_nothing_is_taken(secrets):
    merchant = Merchant(uuid4(), "acct_a", "sk_test_sandbox_a", secrets)

    with pytest.raises(EventRefused):
        _verify(BODY, sign(BODY, secrets[0] if secrets else "", NOON), merchant)


@pytest.mark.abuse("M5")
@pytest.mark.parametrize(
    ("seconds", "taken"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)]
)
def test_an_event_signed_too_long_ago_or_ahead_is_refused(seconds, taken):
    signature = sign(BODY, SECRET, NOON + timedelta(seconds=seconds))

    if taken:
        assert _verify(BODY, signature).id == "evt_1"
    else:
        with pytest.raises(EventRefused):
            _verify(BODY, signature)


@pytest.mark.abuse("M5")
@pytest.mark.parametrize("fresh", ["{now}", "0{now}", " {now}"])
@pytest.mark.parametrize(
    "order", ["{t},t={fresh},{v1}", "t={fresh},{t},{v1}", "{t},{v1},t={fresh}"]
)
def test_an_old_event_gains_nothing_by_a_second_time(fresh, order):
    t, v1 = sign(BODY, SECRET, NOON - timedelta(days=1)).split(",")
    fresh = fresh.format(now=int(NOON.timestamp()))

    with pytest.raises(EventRefused):
        _verify(BODY, order.format(t=t, v1=v1, fresh=fresh))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"event"',
        b"42",
        b"{",
        b"\xff\xfe{}",
        b'\xef\xbb\xbf{"object": "event"}',
        b"NaN",
        b'{"object": "event", "created": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5_000,
        b'{"created": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: body[:20].decode(errors="replace") or "empty",
)
def test_signed_bytes_that_are_no_event_are_refused(body):
    with pytest.raises(EventRefused):
        _verify(*_signed(body))


@pytest.mark.parametrize(
    "change",
    [
        {"object": "v2.core.event"},
        {"object": None},
        {"id": None},
        {"id": ""},
        {"id": "evt\0"},
        {"id": "evt_" + "x" * 255},
        {"id": 5},
        {"type": "CHECKOUT"},
        {"type": ["a"]},
        {"account": "acct_1\n"},
        {"account": {"id": "acct_1"}},
        {"livemode": "false"},
        {"livemode": None},
        {"created": True},
        {"created": 1.5},
        {"created": -1},
        {"created": 10**30},
        {"created": "1772452800"},
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": {"object": []}},
        {"data": {"object": {"id": None}}},
        {"data": {"object": {"id": "x\ud800"}}},
    ],
    ids=str,
)
def test_a_signed_event_of_the_wrong_shape_is_refused(change):
    with pytest.raises(EventRefused):
        _verify(*_signed(json.dumps(EVENT | change).encode()))


def test_an_object_without_an_id_is_an_event_about_nothing_of_ours():
    body = json.dumps(EVENT | {"data": {"object": {"object": "balance"}}}).encode()

    assert _verify(*_signed(body)).object_id == ""


@pytest.mark.abuse("M7")
def test_another_accounts_event_says_so():
    body = json.dumps(EVENT | {"account": "acct_other"}).encode()

    assert _verify(*_signed(body)).account == "acct_other"


Mutation = Callable[[random.Random, bytes], bytes]


def _flip(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, 9) :]


def _insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randrange(1, 9)) + data[at:]


def _swap(chance: random.Random, data: bytes) -> bytes:
    one, two = sorted(chance.sample(range(len(data)), 2))
    return (
        data[:one]
        + data[two : two + 1]
        + data[one + 1 : two]
        + data[one : one + 1]
        + data[two + 1 :]
    )


def _noise(chance: random.Random, data: bytes) -> bytes:
    return chance.randbytes(chance.randrange(len(data)))


MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _insert, _swap, _noise)


@pytest.mark.abuse("M4")
def test_two_thousand_mutated_bodies_and_signatures_are_all_refused():
    chance = random.Random(4)
    body, signature = _signed(BODY)
    tried = 0

    while tried < 2_000:
        mutate = chance.choice(MUTATIONS)
        if tried % 2:
            candidate = mutate(chance, body), signature
        else:
            # What a web server hands on: any byte, as one character.
            candidate = body, mutate(chance, signature.encode()).decode("latin-1")
        if candidate == (body, signature):
            continue
        tried += 1
        with pytest.raises(EventRefused):
            _verify(*candidate)

    assert _verify(body, signature).id == "evt_1"


def _hmac(signed: bytes) -> str:
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


NOW = int(NOON.timestamp())
V1 = _hmac(f"{NOW}.".encode() + BODY)


@pytest.mark.abuse("M4")
@pytest.mark.parametrize(
    "signature",
    [
        "",
        ",",
        "t",
        "v1",
        f"t={NOW}",
        f"v1={V1}",
        f"t=,v1={V1}",
        f"t=１７７２４５２８００,v1={V1}",
        f"t=+{NOW},v1={V1}",
        f"t={NOW}.0,v1={V1}",
        f"t=1{'0' * 5_000},v1={V1}",
        f"t={NOW},v0={V1}",
        f"t={NOW},v2={V1}",
        f"t={NOW},v1={V1.upper()}",
        f"t={NOW},v1={V1[:-1]}",
        f"t={NOW},v1={V1}é",
        f"t={NOW},v1={_hmac(BODY)}",
        f"t={NOW};v1={V1}",
        f"t={NOW},v1={hashlib.sha256(BODY).hexdigest()}",
    ],
    ids=lambda signature: signature[:24] or "empty",
)
def test_a_signature_that_is_not_one_is_refused(signature):
    with pytest.raises(EventRefused):
        _verify(BODY, signature)


@pytest.mark.abuse("M4")
@given(body=st.binary(max_size=200), signature=st.text(max_size=100))
def test_whatever_arrives_unsigned_is_refused_and_nothing_else_is_raised(body, signature):
    with pytest.raises(EventRefused):
        _verify(body, signature)


@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_arrives_signed_is_an_event_or_refused_and_nothing_else_is_raised(body):
    with pytest.raises(EventRefused):
        _verify(*_signed(body))
