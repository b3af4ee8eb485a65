"""Holidays and working days, from the calendars rules name."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays

from portal.core.errors import Invalid

_SATURDAY = 5


@cache
def _calendar(name: str) -> holidays.HolidayBase:
    """Return a calendar by its name in the packs.

    5 USC 6103(a) names the holidays themselves; days observed instead are in 6103(b) and are not
    part of it.
    """
    if name == "us-6103a":
        return holidays.country_holidays("US", observed=False)
    if name == "au-national":
        return holidays.country_holidays("AU", observed=False)
    raise Invalid("There is no calendar %(name)s.", name=name)


def is_holiday(calendar: str, day: date) -> bool:
    """Tell whether a day is a holiday of a calendar."""
    return day in _calendar(calendar)


def is_working_day(calendar: str, day: date) -> bool:
    """Tell whether a day is neither Saturday, Sunday nor a holiday."""
    return day.weekday() < _SATURDAY and not is_holiday(calendar, day)


def add_working_days(calendar: str, day: date, count: int) -> date:
    """Return the day that is `count` working days after a day, which itself is not counted."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(calendar, day)
    return day


def working_days_between(calendar: str, after: date, until: date) -> int:
    """Count the working days d with after < d <= until."""
    return sum(
        is_working_day(calendar, after + timedelta(days=n))
        for n in range(1, (until - after).days + 1)
    )


def add_years(day: date, years: int) -> date:
    """Return the same date some years on; 29 February becomes 1 March, the later reading."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
