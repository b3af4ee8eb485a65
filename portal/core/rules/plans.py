"""Plan rules: what a bank's policy answers to "this much, this often, from then", and the parts.

Pure: amounts, days and the policy go in, an answer comes out. A person says what they can manage;
the answer is a yes, the nearest plan that would be a yes, or a person's answer by a day.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.core.errors import Invalid
from portal.core.money import Money

#: How many instalments of each rhythm fall due in a year: what makes amounts comparable.
PER_YEAR = {"weekly": 52, "fortnightly": 26, "monthly": 12}
LONGEST_MONTHS = 120
#: How long a person at the bank has to answer where the bank has set no policy.
ANSWER_DAYS = 3
_DAYS = {"weekly": 7, "fortnightly": 14}
_MOST_DAYS_AHEAD = 366


class Hurdle(StrEnum):
    """Why a plan as asked for is not a yes at once."""

    AMOUNT_TOO_SMALL = "amount_too_small"
    TOO_LONG = "too_long"
    STARTS_TOO_LATE = "starts_too_late"


@dataclass(frozen=True)
class Band:
    """What a balance up to an amount needs: so much a month, within so many months."""

    up_to_minor: int | None
    minimum_minor: int
    most_months: int


@dataclass(frozen=True)
class Policy:
    """What a bank accepts without asking a person; `bands` rise, and the last one has no end."""

    bands: tuple[Band, ...]
    start_within_days: int
    minimum_payment_minor: int
    answer_days: int = ANSWER_DAYS

    def band_for(self, balance: Money) -> Band:
        """Return the band a balance falls in."""
        for band in self.bands:
            if band.up_to_minor is None or balance.minor <= band.up_to_minor:
                return band
        return self.bands[-1]


@dataclass(frozen=True)
class Ask:
    """What a person says they can manage."""

    amount: Money
    frequency: str
    starts_on: date


@dataclass(frozen=True)
class Part:
    """One instalment: its number, its day, its amount, and what is left of the plan after it."""

    number: int
    due_on: date
    amount: Money
    left: Money


@dataclass(frozen=True)
class Accepted:
    """A yes: the plan as asked for, with all its parts."""

    ask: Ask
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Nearest:
    """Not as asked for; the nearest plan that is a yes, and what stood in the way."""

    ask: Ask
    parts: tuple[Part, ...]
    hurdles: tuple[Hurdle, ...]


@dataclass(frozen=True)
class Person:
    """No rule decides this: a person at the bank answers by a day."""

    answer_by: date


Answer = Accepted | Nearest | Person


def answer(balance: Money, ask: Ask, policy: Policy | None, today: date) -> Answer:
    """Answer what a person asks for on a balance, by the bank's policy.

    More than is owed is taken as all of it. The nearest plan keeps the rhythm asked for, and
    changes the amount and the first day by no more than makes it a yes.

    Raises:
        Invalid: no amount, a first day in the past or beyond a year, an unknown rhythm, or nothing
            owed.
    """
    refuse_nonsense(balance, ask, today)
    if policy is None:
        return Person(answer_by=today + timedelta(days=ANSWER_DAYS))
    fitted, hurdles = _fit(balance, ask, policy, today)
    parts = schedule(balance, fitted, policy.minimum_payment_minor)
    return Nearest(fitted, parts, hurdles) if hurdles else Accepted(fitted, parts)


def refuse_nonsense(balance: Money, ask: Ask, today: date) -> None:
    """Refuse what no policy and no person could say yes to.

    Raises:
        Invalid: each refusal by its own name.
    """
    if balance.minor <= 0:
        raise Invalid("Nothing is owed on this account.")
    if ask.amount.currency != balance.currency:
        raise Invalid("The account is in another currency.")
    if ask.amount.minor <= 0:
        raise Invalid("Enter an amount above zero, like 150.00.")
    if ask.frequency not in PER_YEAR:
        raise Invalid("Choose how often you want to pay.")
    if ask.starts_on < today:
        raise Invalid("The first payment cannot be in the past. Choose today or a later day.")
    if ask.starts_on > today + timedelta(days=_MOST_DAYS_AHEAD):
        raise Invalid("The first payment is more than a year away. Choose an earlier day.")


def schedule(balance: Money, ask: Ask, minimum_payment_minor: int = 1) -> tuple[Part, ...]:
    """Cut a balance into equal instalments with the remainder on the last one.

    A remainder too small to be paid by itself is paid with the instalment before it. The parts
    always add up to the balance.
    """
    amount = min(ask.amount.minor, balance.minor)
    count = count_parts(balance, ask, minimum_payment_minor)
    parts, left = [], balance.minor
    for number in range(1, count + 1):
        share = amount if number < count else left
        left -= share
        due_on = due_day(ask, number)
        parts.append(
            Part(number, due_on, Money(share, balance.currency), Money(left, balance.currency))
        )
    return tuple(parts)


def count_parts(balance: Money, ask: Ask, minimum_payment_minor: int = 1) -> int:
    """Return how many instalments a plan has, without laying them out."""
    whole, rest = divmod(balance.minor, min(ask.amount.minor, balance.minor))
    return whole + (1 if rest >= minimum_payment_minor and rest > 0 else 0)


def due_day(ask: Ask, number: int) -> date:
    """Return the day an instalment is due; the 31st becomes the last day of a shorter month."""
    if ask.frequency == "monthly":
        return add_months(ask.starts_on, number - 1)
    return ask.starts_on + timedelta(days=_DAYS[ask.frequency] * (number - 1))


def add_months(day: date, months: int) -> date:
    """Return the same day some months on, or the last day of that month when it is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def most_parts(ask: Ask, months: int) -> int:
    """Return how many instalments fall due within so many months of the first day."""
    if ask.frequency == "monthly":
        return months
    days = (add_months(ask.starts_on, months) - ask.starts_on).days
    return -(-days // _DAYS[ask.frequency])


def is_too_long(balance: Money, ask: Ask) -> bool:
    """Tell whether a plan would run for more than ten years, which nobody can agree to."""
    return count_parts(balance, ask) > most_parts(ask, LONGEST_MONTHS)


def _fit(balance: Money, ask: Ask, policy: Policy, today: date) -> tuple[Ask, tuple[Hurdle, ...]]:
    """Return the plan nearest to what was asked for, and what stood in its way."""
    band = policy.band_for(balance)
    hurdles = []
    latest = today + timedelta(days=policy.start_within_days)
    starts_on = ask.starts_on
    if starts_on > latest:
        hurdles.append(Hurdle.STARTS_TOO_LATE)
        starts_on = latest
    moved = Ask(ask.amount, ask.frequency, starts_on)
    least = max(
        -(-band.minimum_minor * 12 // PER_YEAR[ask.frequency]), policy.minimum_payment_minor
    )
    amount = min(ask.amount.minor, balance.minor)
    if amount < min(least, balance.minor):
        hurdles.append(Hurdle.AMOUNT_TOO_SMALL)
        amount = min(least, balance.minor)
    limit = most_parts(moved, band.most_months)
    raised = Ask(Money(amount, balance.currency), ask.frequency, starts_on)
    if count_parts(balance, raised, policy.minimum_payment_minor) > limit:
        hurdles.append(Hurdle.TOO_LONG)
        amount = -(-balance.minor // limit)
    return Ask(Money(amount, balance.currency), ask.frequency, starts_on), tuple(hurdles)
