from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest

from tests.sandbox.world import DECLINED, EXPIRED, GOOD, POOR, World, session_params

NOWHERE = "/sandbox/pay/cs_test_none"


def _show(world: World, session_id: str, **headers: str) -> str:
    return world.browser().get(f"/sandbox/pay/{session_id}", headers=headers).text


def test_the_page_says_that_it_is_a_test_and_what_is_to_be_paid(world: World):
    session = world.open_session()

    page = _show(world, session.id)

    assert "TEST MODE" in page
    assert "$150.00" in page
    assert "Account 7731" in page
    assert GOOD in page


def test_a_good_card_pays_and_sends_the_payer_back(world: World):
    session = world.open_session()

    answer = world.pay(session.id)

    assert answer.status_code == 303
    assert answer.location == f"http://localhost/done?page={session.id}"
    paid = world.session(session.id)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    intent = world.client.v1.payment_intents.retrieve(paid.payment_intent)
    assert (intent.status, intent.amount_received) == ("succeeded", 15_000)
    assert intent.metadata["payment_id"] == "payment-1"
    assert intent.description == "Account 7731"
    assert world.kinds() == ["payment_intent.succeeded", "checkout.session.completed"]


@pytest.mark.parametrize(
    ("number", "code", "decline_code", "said"),
    [
        (DECLINED, "card_declined", "generic_decline", "Your card was declined."),
        (POOR, "card_declined", "insufficient_funds", "Your card has insufficient funds."),
        (EXPIRED, "expired_card", None, "Your card has expired."),
    ],
)
def test_a_declined_card_is_told_why_and_another_one_may_pay(
    world: World, number, code, decline_code, said
):
    session = world.open_session()

    declined = world.pay(session.id, number)
    between = world.session(session.id)
    error = world.client.v1.payment_intents.retrieve(between.payment_intent).last_payment_error
    paid = world.pay(session.id, GOOD)

    assert declined.status_code == 402
    assert said in declined.text
    assert number.replace(" ", "") not in declined.text
    assert (between.status, between.payment_status) == ("open", "unpaid")
    assert (error.type, error.code) == ("card_error", code)
    assert error.to_dict().get("decline_code") == decline_code
    assert paid.status_code == 303
    assert len(world.client.v1.payment_intents.list().data) == 1
    assert world.kinds() == [
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(
    "number", ["", "4111 1111 1111 1111", "4242", "４２４２４２４２４２４２４２４２"]
)
def test_a_number_that_is_no_test_card_is_refused_untried_and_not_repeated(world: World, number):
    session = world.open_session()

    answer = world.pay(session.id, number)

    assert answer.status_code == 422
    assert "not one of the test cards" in answer.text
    assert not number or f'value="{number}"' not in answer.text
    assert world.client.v1.payment_intents.list().data == []


@pytest.mark.parametrize("number", ["4242424242424242", " 4242-4242-4242-4242 "])
def test_a_number_may_be_typed_with_or_without_spaces(world: World, number):
    assert world.pay(world.open_session().id, number).status_code == 303


def test_back_pays_nothing_and_leaves_the_page_open(world: World):
    session = world.open_session()

    answer = world.pay(session.id, GOOD, action="back")

    assert (answer.status_code, answer.location) == (303, "http://localhost/back")
    assert world.session(session.id).status == "open"
    assert world.kinds() == []


@pytest.mark.abuse("M1")
def test_fifty_presses_at_once_charge_once(world: World):
    session = world.open_session()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: world.pay(session.id), range(50)))

    assert {answer.status_code for answer in answers} == {303}
    assert {answer.location for answer in answers} == {f"http://localhost/done?page={session.id}"}
    assert len(world.client.v1.payment_intents.list().data) == 1
    assert world.kinds() == ["payment_intent.succeeded", "checkout.session.completed"]


@pytest.mark.parametrize("action", ["pay", "back"])
def test_a_paid_page_sends_the_payer_on_whatever_is_pressed(world: World, action):
    session = world.open_session()
    world.pay(session.id)

    again = world.pay(session.id, DECLINED, action=action)

    assert (again.status_code, again.location) == (303, f"http://localhost/done?page={session.id}")
    assert len(world.kinds()) == 2


def test_a_paid_page_says_so_and_links_on(world: World):
    session = world.open_session()
    world.pay(session.id)

    page = _show(world, session.id)

    assert "This payment is complete" in page
    assert f'href="http://localhost/done?page={session.id}"' in page
    assert "<form" not in page


def test_a_page_left_open_too_long_takes_no_payment(world: World):
    session = world.open_session()
    world.clock.advance(minutes=40)

    seen = world.browser().get(f"/sandbox/pay/{session.id}")
    answer = world.pay(session.id)

    assert (seen.status_code, answer.status_code) == (410, 410)
    assert "This page has expired" in answer.text
    assert 'href="http://localhost/back"' in answer.text
    assert world.client.v1.payment_intents.list().data == []
    assert world.kinds() == ["checkout.session.expired"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_page_is_not_found(world: World, method):
    answer = world.browser().open(NOWHERE, method=method, data={"card_number": GOOD})

    assert answer.status_code == 404
    assert "There is no such payment page" in answer.text


def test_events_are_announced_only_after_they_are_there(world: World):
    session = world.open_session()
    world.browser().get(f"/sandbox/pay/{session.id}")
    before = world.told

    world.pay(session.id)

    assert (before, world.told) == (0, 1)


@pytest.mark.parametrize(
    ("locale", "accepted", "lang"),
    [
        ("en", "zh-CN", "en"),
        ("zh", "en", "zh-Hans"),
        ("zh-TW", "en", "zh-Hans"),
        ("auto", "zh-CN,zh;q=0.9", "zh-Hans"),
        ("auto", "en-GB", "en"),
        (None, "fr", "en"),
        ("ko", "zh-CN", "en"),
    ],
)
def test_the_page_speaks_its_own_language_or_else_the_browsers(
    world: World, locale, accepted, lang
):
    session = world.open_session(locale=locale)

    page = _show(world, session.id, **{"Accept-Language": accepted})

    assert f'<html lang="{lang}">' in page
    assert ("测试模式" in page) == (lang == "zh-Hans")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(15_000, "usd", "$150.00"), (1_200, "jpy", "¥1,200"), (123_456, "cny", "CN¥1,234.56")],
)
def test_amounts_are_shown_in_the_currencys_own_units(world: World, amount, currency, shown):
    item = session_params()["line_items"][0]
    price = item["price_data"] | {"currency": currency, "unit_amount": amount}

    session = world.open_session(line_items=[item | {"price_data": price}])

    assert shown in _show(world, session.id)


def test_what_a_portal_wrote_is_shown_as_text(world: World):
    item = session_params()["line_items"][0]
    price = item["price_data"] | {"product_data": {"name": "<script>alert(1)</script>"}}

    session = world.open_session(line_items=[item | {"price_data": price}])

    assert "<script" not in _show(world, session.id)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("number", [None, DECLINED, GOOD])
def test_the_page_has_no_script_no_inline_style_and_a_label_for_its_field(world: World, number):
    session = world.open_session()
    if number:
        world.pay(session.id, number)
    parser = _Tags()

    parser.feed(_show(world, session.id))

    tags = {tag for tag, _ in parser.seen}
    names = {name for _, attrs in parser.seen for name in attrs}
    assert not tags & {"script", "style", "iframe"}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    inputs = [attrs["id"] for tag, attrs in parser.seen if tag == "input"]
    labels = [attrs["for"] for tag, attrs in parser.seen if tag == "label"]
    assert inputs == labels


def test_the_stylesheet_is_served(world: World):
    answer = world.browser().get("/static/css/sandbox.css")

    assert answer.status_code == 200
    answer.close()
