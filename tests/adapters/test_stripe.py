from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import stripe
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict
from sqlalchemy import Engine

from portal.adapters.stripe import (
    EARLIEST,
    LATEST,
    MOST_PAGES,
    StripeGateway,
    WsgiTransport,
    from_wire,
    make_gateway,
    wire_amount,
)
from portal.config import Settings, SettingsError
from portal.core.errors import Conflict, Invalid, NotFound, Unavailable
from portal.core.money import Money
from portal.core.ports import CheckoutRequest, GatewayUnavailable, Merchant, PaymentGateway
from tests.sandbox.world import DECLINED, NOON, World, uuid7_at

PRACTICE = Settings(_env_file=None, stripe_secret_key=None)
REAL = Settings(
    _env_file=None,
    stripe_secret_key=SecretStr("sk_live_platform"),
    stripe_webhook_secret=SecretStr("whsec_x"),
)


@pytest.fixture
def world(engine: Engine) -> World:
    """Return a provider with an account of this test alone."""
    return World(engine)


@pytest.fixture
def merchant(world: World) -> Merchant:
    """Return the bank whose account that is."""
    return _merchant(world)


@pytest.fixture
def gateway(world: World) -> PaymentGateway:
    """Return the gateway as a portal without a key makes it."""
    return make_gateway(PRACTICE, world.api)


def _merchant(world: World) -> Merchant:
    return Merchant(
        bank_id=uuid4(),
        account=world.account,
        secret_key=world.key,
        webhook_secrets=(world.webhook_secret,),
    )


def _request(**changes: Any) -> CheckoutRequest:
    request = CheckoutRequest(
        payment_id=uuid7_at(NOON),
        amount=Money(15_000, "USD"),
        description="Account 7731",
        success_url="http://localhost/done?page={CHECKOUT_SESSION_ID}",
        cancel_url="http://localhost/back",
        expires_at=NOON + timedelta(minutes=40),
        locale="en",
    )
    return replace(request, **changes)


def test_a_page_is_opened_for_the_payment_and_its_amount(gateway, merchant, world):
    request = _request(customer_email="a@example.test", locale="zh_Hans_CN")

    checkout = gateway.open_checkout(merchant, request)

    assert checkout.payment_id == request.payment_id
    assert checkout.amount == Money(15_000, "USD")
    assert (checkout.status, checkout.paid, checkout.livemode) == ("open", False, False)
    assert checkout.account == merchant.account
    assert checkout.url.endswith(f"/sandbox/pay/{checkout.id}")
    session = world.session(checkout.id)
    assert session.metadata["payment_id"] == str(request.payment_id)
    assert (session.customer_email, session.locale) == ("a@example.test", "zh")
    assert session.expires_at == request.expires_at.timestamp()


def test_opening_again_gives_the_same_page(gateway, merchant, world):
    request = _request()

    first, second = (gateway.open_checkout(merchant, request) for _ in range(2))

    assert first == second
    assert len(world.client.v1.checkout.sessions.list().data) == 1


def test_opening_again_with_another_amount_is_a_conflict(gateway, merchant):
    request = _request()
    gateway.open_checkout(merchant, request)

    with pytest.raises(Conflict):
        gateway.open_checkout(merchant, replace(request, amount=Money(1, "USD")))


def test_a_paid_page_reads_paid_and_names_its_intent(gateway, merchant, world):
    opened = gateway.open_checkout(merchant, _request())
    world.pay(opened.id)

    paid = gateway.get_checkout(merchant, opened.id)

    assert (paid.status, paid.paid, paid.url) == ("complete", True, None)
    assert paid.intent_id.startswith("pi_")
    assert paid.amount == opened.amount


def test_a_declined_page_stays_open_and_unpaid(gateway, merchant, world):
    opened = gateway.open_checkout(merchant, _request())
    world.pay(opened.id, DECLINED)

    checkout = gateway.get_checkout(merchant, opened.id)

    assert (checkout.status, checkout.paid) == ("open", False)


def test_a_page_is_found_by_its_payment(gateway, merchant):
    opened = [
        gateway.open_checkout(merchant, _request(payment_id=uuid7_at(NOON))) for _ in range(3)
    ]

    assert gateway.find_checkout(merchant, opened[1].payment_id) == opened[1]
    assert gateway.find_checkout(merchant, uuid7_at(NOON)) is None


def test_a_page_is_found_behind_a_hundred_newer_ones(gateway, merchant, world):
    opened = gateway.open_checkout(merchant, _request())
    for _ in range(105):
        world.open_session()

    assert gateway.find_checkout(merchant, opened.payment_id) == opened


def test_of_two_pages_for_a_payment_the_paid_one_is_found(gateway, merchant, world):
    request = _request()
    first = gateway.open_checkout(merchant, request)
    world.pay(first.id)
    world.clock.advance(days=1)
    late = replace(request, expires_at=world.clock() + timedelta(minutes=40))
    gateway.open_checkout(merchant, late)

    assert gateway.find_checkout(merchant, request.payment_id).id == first.id


def test_another_banks_page_is_neither_found_nor_read_nor_closed(gateway, merchant, engine):
    opened = gateway.open_checkout(merchant, _request())
    other = _merchant(World(engine))

    assert gateway.find_checkout(other, opened.payment_id) is None
    with pytest.raises(NotFound):
        gateway.get_checkout(other, opened.id)
    with pytest.raises(NotFound):
        gateway.expire_checkout(other, opened.id)
    assert gateway.get_checkout(merchant, opened.id).status == "open"


def test_a_closed_page_takes_no_payment(gateway, merchant, world):
    opened = gateway.open_checkout(merchant, _request())

    gateway.expire_checkout(merchant, opened.id)
    world.pay(opened.id)

    assert gateway.get_checkout(merchant, opened.id).status == "expired"


@pytest.mark.parametrize("before", ["paid", "expired", "overdue"])
def test_closing_a_page_that_is_closed_already_does_nothing(gateway, merchant, world, before):
    opened = gateway.open_checkout(merchant, _request())
    if before == "paid":
        world.pay(opened.id)
    elif before == "expired":
        gateway.expire_checkout(merchant, opened.id)
    else:
        world.clock.advance(minutes=40)
    status = gateway.get_checkout(merchant, opened.id).status

    gateway.expire_checkout(merchant, opened.id)

    assert gateway.get_checkout(merchant, opened.id).status == status != "open"


def test_a_page_that_is_not_for_a_payment_of_the_portal_is_not_found(gateway, merchant, world):
    foreign = world.open_session(client_reference_id="somebody else's")

    with pytest.raises(NotFound):
        gateway.get_checkout(merchant, foreign.id)


@pytest.mark.parametrize("minutes", [29, 24 * 60 + 1])
def test_a_closing_time_the_provider_refuses_is_invalid(gateway, merchant, minutes):
    with pytest.raises(Invalid):
        gateway.open_checkout(merchant, _request(expires_at=NOON + timedelta(minutes=minutes)))


def test_an_amount_too_small_for_the_provider_is_invalid(gateway, merchant):
    with pytest.raises(Invalid):
        gateway.open_checkout(merchant, _request(amount=Money(49, "USD")))


def test_a_key_the_provider_refuses_is_unavailable_not_unknown(gateway, merchant):
    broken = replace(merchant, secret_key="sk_test_sandbox_")

    with pytest.raises(Unavailable) as refused:
        gateway.open_checkout(broken, _request())

    assert not isinstance(refused.value, GatewayUnavailable)


# What is known of the provider when it fails


class Answering(stripe.HTTPClient):
    """A transport that answers what it is told to, and keeps what it was asked."""

    name = "answering"

    def __init__(self, *answers: tuple[int, str] | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def request(self, method, url, headers, post_data=None, *, _usage=None):
        self.asked.append((method, url, dict(headers)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return body, status, CaseInsensitiveDict()

    def close(self):
        """Nothing is held open."""


ERROR = '{"error": {"type": "api_error", "message": "no"}}'
EMPTY = '{"object": "list", "data": [], "has_more": false, "url": "/v1/checkout/sessions"}'


@pytest.mark.abuse("M8")
@pytest.mark.parametrize(
    "answer",
    [
        stripe.APIConnectionError("timed out"),
        (500, ERROR),
        (503, "<html>busy</html>"),
        (409, ERROR),
        (429, ERROR),
        (200, "not JSON"),
    ],
)
@pytest.mark.parametrize("verb", ["open", "get", "find", "expire"])
def test_when_the_provider_fails_the_outcome_is_unknown_and_nothing_is_retried(answer, verb):
    transport = Answering(answer)
    gateway = StripeGateway(PRACTICE, transport)
    merchant = Merchant(uuid4(), "acct_a", "sk_test_sandbox_a", ())

    with pytest.raises(GatewayUnavailable):
        {
            "open": lambda: gateway.open_checkout(merchant, _request()),
            "get": lambda: gateway.get_checkout(merchant, "cs_1"),
            "find": lambda: gateway.find_checkout(merchant, uuid7_at(NOON)),
            "expire": lambda: gateway.expire_checkout(merchant, "cs_1"),
        }[verb]()

    assert len(transport.asked) == 1


class Losing(WsgiTransport):
    """Lets the provider do the work, then loses its answer."""

    def request(self, *args, **kwargs):
        super().request(*args, **kwargs)
        raise stripe.APIConnectionError("the answer was lost")


@pytest.mark.abuse("M8")
def test_a_page_whose_answer_was_lost_is_found_and_opened_only_once(world, merchant, gateway):
    request = _request()
    with pytest.raises(GatewayUnavailable):
        StripeGateway(PRACTICE, Losing(world.api)).open_checkout(merchant, request)

    found = gateway.find_checkout(merchant, request.payment_id)
    again = gateway.open_checkout(merchant, request)

    assert found == again
    assert len(world.client.v1.checkout.sessions.list().data) == 1


def test_a_page_that_stays_open_is_not_taken_for_closed():
    refusal = '{"error": {"type": "invalid_request_error", "message": "not now"}}'
    session = '{"object": "checkout.session", "id": "cs_1", "status": "open"}'
    gateway = StripeGateway(PRACTICE, Answering((400, refusal), (200, session)))

    with pytest.raises(Invalid):
        gateway.expire_checkout(Merchant(uuid4(), "acct_a", "sk_test_sandbox_a", ()), "cs_1")


def test_a_search_that_cannot_be_finished_is_not_taken_for_nothing_found():
    session = '{"object": "checkout.session", "id": "cs_1", "client_reference_id": "x"}'
    page = f'{{"object": "list", "data": [{session}], "has_more": true, "url": "/v1"}}'
    transport = Answering(*[(200, page)] * (MOST_PAGES + 1))
    merchant = Merchant(uuid4(), "acct_a", "sk_test_sandbox_a", ())

    with pytest.raises(GatewayUnavailable, match="too many"):
        StripeGateway(PRACTICE, transport).find_checkout(merchant, uuid7_at(NOON))

    assert len(transport.asked) == MOST_PAGES


def test_at_the_real_provider_the_search_stays_around_the_moment_of_the_payment():
    transport = Answering((200, EMPTY), (200, EMPTY))
    gateway = StripeGateway(REAL, transport)
    merchant = Merchant(uuid4(), "acct_a", "sk_live_bank", ())
    at = int(NOON.timestamp())

    gateway.find_checkout(merchant, uuid7_at(NOON))
    gateway.find_checkout(merchant, uuid4())

    timed, untimed = (url for _, url, _ in transport.asked)
    assert f"created[gte]={at - EARLIEST}&created[lte]={at + LATEST}" in timed
    assert "created" not in untimed


def test_each_bank_is_asked_for_with_its_own_key():
    transport = Answering((200, EMPTY), (200, EMPTY))
    gateway = StripeGateway(REAL, transport)

    for key in ("sk_live_first", "sk_live_second"):
        gateway.find_checkout(Merchant(uuid4(), "acct_a", key, ()), uuid4())

    keys = [headers["Authorization"] for _, _, headers in transport.asked]
    assert keys == ["Bearer sk_live_first", "Bearer sk_live_second"]


# Real and sandbox never meet


def test_with_a_key_the_gateway_is_the_real_one():
    gateway = make_gateway(REAL, None)

    assert isinstance(gateway._transport, stripe.RequestsClient)
    assert gateway._transport._timeout == 10


def test_a_key_and_a_sandbox_together_are_refused(world):
    with pytest.raises(SettingsError, match="STRIPE_SECRET_KEY"):
        make_gateway(REAL, world.api)


def test_neither_key_nor_sandbox_is_refused():
    with pytest.raises(SettingsError, match="PAYMENT_SANDBOX"):
        make_gateway(PRACTICE, None)


@pytest.mark.parametrize(
    ("settings", "key"), [(REAL, "sk_test_sandbox_a"), (PRACTICE, "sk_live_bank")]
)
def test_a_key_of_the_other_kind_is_never_sent(settings, key):
    transport = Answering()

    with pytest.raises(Unavailable):
        StripeGateway(settings, transport).get_checkout(Merchant(uuid4(), "a", key, ()), "cs_1")

    assert transport.asked == []


def test_secrets_are_not_in_the_text_of_a_merchant(merchant):
    assert merchant.secret_key not in repr(merchant)


# Amounts and languages


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(15_000, "USD"), 15_000),
        (Money(120_000, "CNY"), 120_000),
        (Money(1_200, "JPY"), 1_200),
        (Money(1_000, "KWD"), 1_000),
        (Money(5, "ISK"), 500),
    ],
)
def test_amounts_are_counted_as_the_provider_counts_them(money, units):
    assert wire_amount(money) == units
    assert from_wire(units, money.currency.lower()) == money


def test_an_amount_finer_than_the_provider_takes_is_invalid():
    with pytest.raises(Invalid):
        wire_amount(Money(1_001, "KWD"))
    with pytest.raises(Invalid):
        from_wire(501, "isk")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("en", "en"),
        ("en_US", "en"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh_Hans_CN", "zh"),
        ("zh_Hant_TW", "zh-TW"),
        ("zh-HK", "zh-HK"),
        ("es_MX", "es"),
        ("tlh", "auto"),
        ("", "auto"),
    ],
)
def test_the_page_is_asked_for_in_the_payers_language(gateway, merchant, world, ours, theirs):
    opened = gateway.open_checkout(merchant, _request(locale=ours))

    assert world.session(opened.id).locale == theirs


def test_a_payments_id_carries_the_moment_it_was_made():
    made = uuid7_at(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))

    assert isinstance(made, UUID)
    assert made.version == 7
    assert (made.int >> 80) // 1000 == datetime(2026, 11, 24, 9, 30, tzinfo=UTC).timestamp()
