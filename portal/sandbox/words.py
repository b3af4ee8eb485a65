"""The hosted page's own words: it is the provider's page, so it has its own small table of them."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

ENGLISH = {
    "lang": "en",
    "title": "Pay",
    "test_mode": "TEST MODE",
    "no_money": "This is a practice page. No real card is charged and no money moves.",
    "to_pay": "To pay",
    "card_number": "Card number",
    "hint": "Use one of the test cards below. Never type the number of a real card here.",
    "pay": "Pay",
    "back": "Back without paying",
    "test_cards": "Test cards",
    "number": "Number",
    "outcome": "What happens",
    "card_declined": "Your card was declined. Nothing was paid. Try another card.",
    "insufficient_funds": "Your card has insufficient funds. Nothing was paid. Try another card.",
    "expired_card": "Your card has expired. Nothing was paid. Try another card.",
    "not_a_test_card": "That is not one of the test cards below. Nothing was paid.",
    "does_pay": "The payment goes through",
    "does_card_declined": "Declined, no reason given",
    "does_insufficient_funds": "Declined: not enough money",
    "does_expired_card": "Declined: card has expired",
    "complete": "This payment is complete. Nothing more will be taken.",
    "expired": "This page has expired. Nothing was paid on it.",
    "missing": "There is no such payment page.",
    "return": "Return",
}
CHINESE = {
    "lang": "zh-Hans",
    "title": "付款",
    "test_mode": "测试模式",
    "no_money": "这是练习页面，不会向任何真实银行卡扣款，也不会发生资金往来。",
    "to_pay": "应付金额",
    "card_number": "卡号",
    "hint": "请使用下方的测试卡号，切勿在此输入真实卡号。",
    "pay": "付款",
    "back": "不付款，返回",
    "test_cards": "测试卡",
    "number": "卡号",
    "outcome": "结果",
    "card_declined": "您的卡被拒绝，未付款。请换一张卡再试。",
    "insufficient_funds": "您的卡余额不足，未付款。请换一张卡再试。",
    "expired_card": "您的卡已过期，未付款。请换一张卡再试。",
    "not_a_test_card": "这不是下方列出的测试卡，未付款。",
    "does_pay": "付款成功",
    "does_card_declined": "被拒绝，未说明原因",
    "does_insufficient_funds": "被拒绝：余额不足",
    "does_expired_card": "被拒绝：卡已过期",
    "complete": "此笔付款已完成，不会再次扣款。",
    "expired": "此页面已过期，未付款。",
    "missing": "没有这个付款页面。",
    "return": "返回",
}
# Amounts on the wire: whole units for these, thousandths for those, hundredths for all others.
_WHOLE = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905 - shorter
)
_THOUSANDTHS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


def words_for(locale: str | None, accepted: str | None) -> dict[str, str]:
    """Return the page's words: in the page's own language, or else in the browser's."""
    language = accepted if locale in (None, "auto") else locale
    return CHINESE if (language or "").lower().startswith("zh") else ENGLISH


def amount_text(amount: int, currency: str, words: dict[str, str]) -> str:
    """Return an amount of the wire as people write it: `$150.00`, `¥1,200`."""
    digits = 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2
    locale = "zh_Hans_CN" if words is CHINESE else "en_US"
    figure = Decimal(amount).scaleb(-digits)
    return format_currency(figure, currency.upper(), locale=locale)
