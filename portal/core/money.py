"""Money: whole minor units of one currency. No floats anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import get_currency_precision, list_currencies

from portal.core.errors import Invalid

MAX_MINOR = 10**15
_PLAIN = re.compile(r"\d{1,15}(\.\d{1,4})?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}([,' ]\d{3})+(\.\d{1,4})?", re.ASCII)
_SIGNS = str.maketrans("", "", "$¥￥£€\u00a0\u202f")


def precision(currency: str) -> int:
    """Return how many decimals the currency has: 2 for USD, 0 for JPY, 3 for KWD."""
    return int(get_currency_precision(currency))


def is_currency(code: str) -> bool:
    """Tell whether `code` is an ISO 4217 code."""
    return len(code) == 3 and code.isascii() and code in list_currencies()


@dataclass(frozen=True, order=True)
class Money:
    """An amount in whole minor units of one currency, such as `Money(246737, "USD")`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("money is whole minor units")

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing, in the currency."""
        return cls(0, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.minor

    def split(self, parts: int) -> list[Money]:
        """Split into equal parts that add up to the whole; the remainder goes to the last ones.

        Raises:
            ValueError: fewer than one part.
        """
        if parts < 1:
            raise ValueError("at least one part")
        share, rest = divmod(self.minor, parts)
        return [
            Money(share + (1 if index >= parts - rest else 0), self.currency)
            for index in range(parts)
        ]

    def share_bps(self, bps: int) -> Money:
        """Return `bps` basis points of the amount, rounded half-even to a whole minor unit."""
        quotient, rest = divmod(self.minor * bps, 10_000)
        if rest * 2 > 10_000 or (rest * 2 == 10_000 and quotient % 2):
            quotient += 1
        return Money(quotient, self.currency)

    def decimal_text(self) -> str:
        """Return the plain figure for files and machines: `2467.37`, without sign or grouping."""
        digits = precision(self.currency)
        return f"{Decimal(self.minor).scaleb(-digits):.{digits}f}"


def parse_money(text: str, currency: str) -> Money:
    """Turn what a person or a bank's file writes into Money: `150`, `1,234.50`, `¥1,234`.

    Raises:
        Invalid: not an amount, negative, too many decimals for the currency, or out of bounds.
    """
    raw = text.strip().translate(_SIGNS).strip()
    raw = raw.removeprefix(currency).removesuffix(currency).strip()
    if raw.startswith(("-", "(")) or raw.endswith("-"):
        raise Invalid("%(text)s is negative. Amounts here are positive.", text=text.strip())
    if not (_PLAIN.fullmatch(raw) or _GROUPED.fullmatch(raw)):
        raise Invalid("%(text)s is not an amount. Write it like 1234.50.", text=text.strip()[:40])
    figure = Decimal(re.sub(r"[,' ]", "", raw))
    scaled = figure.scaleb(precision(currency))
    if scaled != scaled.to_integral_value():
        raise Invalid(
            "%(text)s has more decimals than %(currency)s has.",
            text=text.strip(),
            currency=currency,
        )
    if scaled > MAX_MINOR:
        raise Invalid("%(text)s is larger than any amount accepted here.", text=text.strip())
    return Money(int(scaled), currency)
