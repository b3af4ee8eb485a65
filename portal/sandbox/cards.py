"""Test cards and what becomes of a payment with each. A number is mapped and then forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """Why a card's bank said no, in the provider's words."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True)
class Card:
    """One of the provider's published test cards; `token` is its name in the API."""

    number: str
    token: str
    brand: str
    decline: Decline | None = None

    @property
    def last4(self) -> str:
        """The digits that are shown and kept."""
        return self.number[-4:]


_DECLINED = "Your card was declined."
CARDS = (
    Card("4242424242424242", "pm_card_visa", "visa"),
    Card(
        "4000000000000002",
        "pm_card_visa_chargeDeclined",
        "visa",
        Decline("card_declined", "generic_decline", _DECLINED),
    ),
    Card(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "visa",
        Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ),
    Card(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        "visa",
        Decline("expired_card", None, "Your card has expired."),
    ),
)
_BY_NUMBER = {card.number: card for card in CARDS}
_BY_TOKEN = {card.token: card for card in CARDS}


def find_by_number(typed: str) -> Card | None:
    """Return the test card somebody typed, with or without spaces; any other number is None."""
    return _BY_NUMBER.get(re.sub(r"[ -]", "", typed.strip()))


def find_by_token(token: str) -> Card | None:
    """Return the test card behind one of the API's names."""
    return _BY_TOKEN.get(token)
