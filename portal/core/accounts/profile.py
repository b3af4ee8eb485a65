"""What a column holds, for the person who maps it: how full it is, samples, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.core.accounts.mapping import Kind, Mapping
from portal.core.accounts.reasons import COLUMN_WARNINGS, Reason
from portal.core.accounts.suggest import possible_orders
from portal.core.accounts.text import clean, clip
from portal.core.accounts.values import looks_rounded

_SAMPLES = 3
_SHORTEST_REFERENCE = 6
_CARD_LENGTHS = (15, 16)


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the file: of `rows` rows looked at, `filled` have something in it.

    `field` is what the mapping takes from it, or None; `warnings` are codes of column warnings.
    """

    heading: str
    field: str | None
    rows: int
    filled: int
    samples: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return each warning's words and its cure."""
        return tuple(COLUMN_WARNINGS[code] for code in self.warnings)


def profile(
    headings: Sequence[str], rows: Iterable[Sequence[str]], mapping: Mapping
) -> list[ColumnProfile]:
    """Describe every column of a sample of rows, in the light of what it is mapped to."""
    fields = {heading: name for name, heading in mapping.columns.items()}
    columns = zip(*rows, strict=True)
    described = []
    for heading, column in zip(headings, columns, strict=False):
        texts = [clean(text) for text in column]
        name = fields.get(heading)
        filled = [text for text in texts if text]
        samples = tuple(clip(text) for text in list(dict.fromkeys(filled))[:_SAMPLES])
        warnings = tuple(_warnings(name, filled, mapping))
        described.append(ColumnProfile(heading, name, len(texts), len(filled), samples, warnings))
    return described or [ColumnProfile(heading, None, 0, 0, (), ()) for heading in headings]


def _warnings(name: str | None, texts: list[str], mapping: Mapping) -> Iterable[str]:
    if not texts:
        return
    if all(map(_is_card_number, texts)):
        yield "card_numbers"
    target = None if name is None else mapping.target(name)
    if name is None or target is None:
        return
    kind = target.kind
    if kind is Kind.REFERENCE:
        if any(map(looks_rounded, texts)):
            yield "rounded_numbers"
        if _may_have_lost_zeros(texts):
            yield "lost_zeros"
    if kind in (Kind.LAST4, Kind.POSTCODE) and _may_have_lost_zeros(texts, shortest=4):
        yield "lost_zeros"
    if kind is Kind.DATE and name not in mapping.dates:
        orders = possible_orders(texts)
        if len(orders) != 1:
            yield "ambiguous_date" if orders else "mixed_dates"


def _may_have_lost_zeros(texts: list[str], shortest: int = _SHORTEST_REFERENCE) -> bool:
    lengths = {len(text) for text in texts}
    numbers = all(text.isascii() and text.isdigit() for text in texts)
    return numbers and len(lengths) > 1 and max(lengths) >= shortest


def _is_card_number(text: str) -> bool:
    """Tell a payment card's number by its length, first digit and check digit."""
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) not in _CARD_LENGTHS or not (digits.isascii() and digits.isdigit()):
        return False
    doubled = (int(mark) * 2 for mark in digits[-2::-2])
    others = (int(mark) for mark in digits[-1::-2])
    total = sum(number - 9 if number > 9 else number for number in doubled) + sum(others)
    return digits[0] in "3456" and total % 10 == 0
