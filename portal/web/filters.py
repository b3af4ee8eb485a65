"""Money, days, instants and rates in the reader's language, and addresses of static files."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask, current_app, url_for
from flask_babel import get_locale, get_timezone, gettext, ngettext

from portal.core.money import Money, precision

_DAY_PATTERNS = {"en": "d MMMM y"}
_hashes: dict[tuple[Path, int, int], str] = {}


def register(app: Flask) -> None:
    """Give every template the filters, `static_url`, and a content hash on static addresses."""
    app.jinja_env.filters.update(
        count=count, day=day, instant=instant, minutes=minutes, money=money, percent=percent
    )
    app.jinja_env.globals["static_url"] = static_url
    app.url_defaults(_add_content_hash)


def money(value: Money | int | None, currency: str | None = None) -> str:
    """Write an amount exactly, the currency always clear: `$2,467.37`, `US$2,467.37`, `¥2,467.37`.

    Takes Money, or minor units with their currency. Nothing stays an empty text.
    """
    if value is None:
        return ""
    if not isinstance(value, Money):
        if currency is None:
            raise TypeError("minor units need their currency")
        value = Money(value, currency)
    figure = Decimal(value.minor).scaleb(-precision(value.currency))
    return format_currency(figure, value.currency, locale=_locale())


def day(value: date | None) -> str:
    """Write a day in long form: `24 November 2026`, `2026年11月24日`, `24 de noviembre de 2026`."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        raise TypeError("a day is a date; an instant has its own filter")
    return _day(value)


def instant(value: datetime | None, zone: str | tzinfo | None = None) -> str:
    """Write an instant as the clock shows it in a zone, with the zone's name.

    Without `zone` it is the reader's own.
    """
    if value is None:
        return ""
    if value.tzinfo is None:
        raise TypeError("an instant is aware")
    place = ZoneInfo(zone) if isinstance(zone, str) else zone or get_timezone()
    local = value.astimezone(place)
    text: str = gettext(
        "%(day)s, %(time)s %(zone)s",
        day=_day(local.date()),
        time=format_time(local, "short", tzinfo=place, locale=_locale()).replace(
            "\u202f", "\u00a0"
        ),
        zone=_zone_name(local),
    )
    return text


def percent(bps: int | None) -> str:
    """Write whole basis points as a percentage: 1234 is `12.34%`, 500 is `5%`."""
    if bps is None:
        return ""
    return format_percent(Decimal(bps).scaleb(-4), "#,##0.##%", locale=_locale())


def minutes(value: int | None) -> str:
    """Write a length of time given in whole minutes: `45 minutes`, `1 h 30 min`."""
    if value is None:
        return ""
    hours, rest = divmod(value, 60)
    text: str
    if hours and rest:
        text = gettext("%(hours)s h %(minutes)s min", hours=count(hours), minutes=rest)
    elif hours:
        text = ngettext("%(num)d hour", "%(num)d hours", hours)
    else:
        text = ngettext("%(num)d minute", "%(num)d minutes", rest)
    return text


def count(value: int | None) -> str:
    """Write a whole number with the reader's grouping: `3,130`."""
    return "" if value is None else format_decimal(value, locale=_locale())


def static_url(filename: str) -> str:
    """Return the address of a file under static/, with its content hash."""
    return url_for("static", filename=filename)


def _locale() -> Locale:
    return get_locale() or Locale("en")


def _day(value: date) -> str:
    locale = _locale()
    return format_date(value, _DAY_PATTERNS.get(locale.language, "long"), locale=locale)


def _zone_name(local: datetime) -> str:
    """Return `CST` where the language has such a name, else the long name: `中国标准时间`."""
    short = get_timezone_name(local, "short", locale=_locale())
    return short if short.isalpha() else get_timezone_name(local, "long", locale=_locale())


def _add_content_hash(endpoint: str, values: dict[str, object]) -> None:
    filename = values.get("filename")
    if endpoint != "static" or not isinstance(filename, str) or "v" in values:
        return
    digest = content_hash(Path(current_app.static_folder or "") / filename)
    if digest is not None:
        values["v"] = digest


def content_hash(path: Path) -> str | None:
    """Return a short hash of the file's content, read again only after the file changed."""
    try:
        stat = path.stat()
    except OSError:
        return None
    key = (path, stat.st_mtime_ns, stat.st_size)
    if key not in _hashes:
        _hashes[key] = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return _hashes[key]
