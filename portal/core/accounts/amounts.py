"""An amount as a bank writes it becomes whole minor units: a pattern first, then the number.

The patterns come first because Decimal takes more than a bank may send: NaN, Infinity, 1e9, 1_000
and digits of any script.
"""

from __future__ import annotations

import re
from functools import lru_cache

from portal.core.accounts.values import CellError
from portal.core.errors import Invalid
from portal.core.money import MAX_MINOR, parse_money, precision

_AMOUNT = re.compile(r"([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.([0-9]{1,4}))?")
# What nearly every amount looks like, so that nearly every amount takes the short way.
_WITH_CENTS = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12})\.[0-9]{2}")
_SIGNS = str.maketrans("", "", "$¥￥£€")
_NEGATIVE = re.compile(r"[-−(] ?[0-9].*|[0-9].*-")
_MANY_DIGITS = re.compile(r"[0-9,]{16,}(\.[0-9]+)?")
_FIGURE = re.compile(r"([-−(]?) ?([0-9][0-9,' ]{0,20})(?:\.([0-9]{1,4}))?(-?)\)?")
_GROUPING = re.compile(r"[,' ]")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ "


def parse_plain_amount(text: str, currency: str) -> int | None:
    """Return whole cents of what nearly every amount looks like, or None: take the long way."""
    if _WITH_CENTS.fullmatch(text) and _precision(currency) == 2:
        return int(text.replace(",", "").replace(".", ""))
    return None


def parse_amount(text: str, currency: str) -> int:
    """Return whole minor units of `1234.5`, `1,234.50`, `¥1,234` or `1 234.50 USD`."""
    found = _AMOUNT.fullmatch(text) or _AMOUNT.fullmatch(_bare_amount(text, currency))
    if found is None:
        return _parse_unusual_amount(text, currency)
    digits = _precision(currency)
    cents = found[2] or ""
    if len(cents) > digits:
        if cents[digits:].strip("0"):
            raise CellError("too_many_decimals", currency=currency)
        cents = cents[:digits]
    minor = int(found[1].replace(",", "") + cents.ljust(digits, "0"))
    if minor > MAX_MINOR:
        raise CellError("amount_too_large")
    return minor


def _bare_amount(text: str, currency: str) -> str:
    bare = text.translate(_SIGNS).strip()
    return bare.removeprefix(currency).removesuffix(currency).strip()


def _parse_unusual_amount(text: str, currency: str) -> int:
    bare = _bare_amount(text, currency)
    if _NEGATIVE.fullmatch(bare):
        raise CellError("negative_amount")
    if _MANY_DIGITS.fullmatch(bare):
        raise CellError("amount_too_large")
    try:
        return parse_money(text, currency).minor
    except Invalid:
        raise CellError("not_amount") from None


def read_figure(text: str) -> int | None:
    """Return the bare figure of a balance in ten-thousandths, whatever its sign and currency.

    It is only for adding up what a trailer adds up; nothing is booked from it. None: no figure.
    """
    if _WITH_CENTS.fullmatch(text):
        return int(text.replace(",", "").replace(".", "")) * 100
    found = _FIGURE.fullmatch(text) or _FIGURE.fullmatch(text.translate(_SIGNS).strip(_LETTERS))
    if found is None:
        return None
    figure = int(_GROUPING.sub("", found[2]) + (found[3] or "").ljust(4, "0"))
    return -figure if found[1] or found[4] else figure


@lru_cache(maxsize=64)
def _precision(currency: str) -> int:
    return precision(currency)
