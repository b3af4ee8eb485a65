"""One cell's text becomes one value: a pattern first, then the conversion, then its bounds.

The patterns come first because Python's own conversions take more than a bank may send: `int`
takes 1_000 and digits of any script.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from babel.localedata import exists
from phonenumbers import SUPPORTED_REGIONS, NumberParseException, PhoneNumberFormat

from portal.core.money import is_currency

FIRST_YEAR, LAST_YEAR = 1900, 2100
_COUNT = re.compile(r"[0-9]{1,6}")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]*")
_REFERENCE_LENGTH = 64
_ROUNDED_NUMBER = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+?[0-9]+")
_LAST4 = re.compile(r"[0-9]{3}[0-9Xx]")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,63}"
)
_CLOCK = r"(?:[ T]00?:00(?::00(?:\.0+)?)?)?"  # a day exported as an instant at midnight
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _CLOCK)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_CHINESE_DAY = re.compile(r"([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?日")
_NAMED_MONTH = re.compile(r"([0-9]{1,2})[- ]([A-Za-z]{3})[- ]([0-9]{4}|[0-9]{2})")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NANP = re.compile(r"(?:\+?1[ .-]?)?\(?([2-9][0-9]{2})\)?[ .-]?([2-9][0-9]{2})[ .-]?([0-9]{4})")
_CN_MOBILE = re.compile(r"(?:(?:\+|00)86[ -]?)?(1[3-9][0-9])[ -]?([0-9]{4})[ -]?([0-9]{4})")
_POSTCODES = {"US": re.compile(r"[0-9]{5}(-[0-9]{4})?"), "CN": re.compile(r"[0-9]{6}")}
_COUNTRY_NAMES = {
    "usa": "US",
    "u.s.a.": "US",
    "u.s.": "US",
    "united states": "US",
    "united states of america": "US",
    "美国": "US",
    "chn": "CN",
    "china": "CN",
    "prc": "CN",
    "中国": "CN",
    "中华人民共和国": "CN",
}
_LANGUAGE_NAMES = {
    "english": "en",
    "spanish": "es",
    "chinese": "zh",
    "eng": "en",
    "spa": "es",
    "chi": "zh",
    "zho": "zh",
    "英语": "en",
    "英文": "en",
    "中文": "zh",
    "汉语": "zh",
    "普通话": "zh",
}


class CellError(Exception):
    """A cell's text cannot be used; `code` is the key of a row reason."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class DateOrder(StrEnum):
    """In which order a column writes day, month and year when the year does not come first."""

    YMD = "ymd"
    MDY = "mdy"
    DMY = "dmy"


@lru_cache(maxsize=1024)
def parse_currency(text: str) -> str:
    """Return the ISO 4217 code."""
    code = {"RMB": "CNY", "人民币": "CNY"}.get(text.upper(), text.upper())
    if not is_currency(code):
        raise CellError("unknown_currency")
    return code


@lru_cache(maxsize=1024)
def parse_country(text: str) -> str:
    """Return the ISO 3166 code of a code or of a common name."""
    code = _COUNTRY_NAMES.get(text.casefold(), text.upper())
    if code not in SUPPORTED_REGIONS:
        raise CellError("unknown_country")
    return code


@lru_cache(maxsize=1024)
def parse_language(text: str) -> str:
    """Return the two- or three-letter language code of `en`, `zh-CN` or `English`."""
    code = _LANGUAGE_NAMES.get(text.casefold(), re.split("[-_]", text)[0].lower())
    if not code.isascii() or not code.isalpha() or not exists(code):
        raise CellError("unknown_language")
    return code


def parse_count(text: str, limit: int) -> int:
    """Return a whole number from 0 to `limit`."""
    if not _COUNT.fullmatch(text):
        raise CellError("not_count")
    count = int(text)
    if count > limit:
        raise CellError("count_too_large", limit=limit)
    return count


def parse_reference(text: str) -> str:
    """Return an account or customer number as the bank writes it."""
    if _ROUNDED_NUMBER.fullmatch(text):
        raise CellError("lost_digits")
    if len(text) > _REFERENCE_LENGTH:
        raise CellError("too_long", limit=_REFERENCE_LENGTH)
    if not _REFERENCE.fullmatch(text):
        raise CellError("not_reference")
    return text


def parse_text(text: str) -> str:
    """Return text as it is, unless an earlier conversion lost a character of it."""
    if "\ufffd" in text:
        raise CellError("damaged_text")
    return text


def parse_last4(text: str) -> str:
    """Return the last four characters of a national id; a Chinese one may end in X."""
    if not _LAST4.fullmatch(text):
        raise CellError("not_last4")
    return text.upper()


def parse_email(text: str) -> str:
    """Return an e-mail address of ordinary shape."""
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise CellError("not_email")
    return text


def parse_postcode(text: str, country: str) -> str:
    """Return a postcode, its shape checked where lost zeros would go unseen."""
    shape = _POSTCODES.get(country)
    if len(text) > 16 or (shape is not None and not shape.fullmatch(text)):
        raise CellError("not_postcode", country=country)
    return text


def parse_phone(text: str, country: str) -> str:
    """Return a telephone number as E.164: `+12125550100`.

    Ordinary numbers of the two countries at home are read by pattern, the rest by the library,
    which takes fifty times as long.
    """
    if country == "US" and (us := _NANP.fullmatch(text)):
        return f"+1{us[1]}{us[2]}{us[3]}"
    if (country == "CN" or text.startswith("+86")) and (cn := _CN_MOBILE.fullmatch(text)):
        return f"+86{cn[1]}{cn[2]}{cn[3]}"
    return _parse_foreign_phone(text, country)


def _parse_foreign_phone(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text, country) if text.isascii() else None
    except NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_possible_number(number):
        raise CellError("not_phone", country=country)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def past_date_parser(order: DateOrder | None, today: date) -> Callable[[str], date]:
    """Return a reader of one column of days gone by, which remembers what it has read."""

    @lru_cache(maxsize=65_536)
    def parse(text: str) -> date:
        day = parse_date(text, order)
        if day > today:
            raise CellError("date_in_future")
        return day

    return parse


def parse_date(text: str, order: DateOrder | None) -> date:
    """Return the day written in one of the usual ways, from 1900 to 2100.

    A year that comes first, a month in letters and 年月日 need no order; the rest does.
    """
    year, month, day = _date_parts(text, order)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError("date_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    try:
        return date(year, month, day)
    except ValueError:
        read_as = order or DateOrder.YMD
        raise CellError("no_such_day", order=read_as.value) from None


def _date_parts(text: str, order: DateOrder | None) -> tuple[int, int, int]:
    if found := _YEAR_LAST.fullmatch(text):
        return _year_last_parts(found, order)
    if found := _YEAR_FIRST.fullmatch(text):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _COMPACT.fullmatch(text) or _CHINESE_DAY.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    found = _NAMED_MONTH.fullmatch(text)
    if found is None or found[2].lower() not in _MONTHS:
        raise CellError("not_date")
    if len(found[3]) == 2:
        raise CellError("two_digit_year")
    return int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1])


def _year_last_parts(found: re.Match[str], order: DateOrder | None) -> tuple[int, int, int]:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if len(found[4]) == 2:
        raise CellError("two_digit_year")
    if order is DateOrder.MDY:
        return year, first, second
    if order is DateOrder.DMY:
        return year, second, first
    if first <= 12 and second <= 12 and first != second:
        raise CellError("date_order_unknown")
    return (year, first, second) if second > 12 else (year, second, first)


def year_last_numbers(text: str) -> tuple[int, int] | None:
    """Return the two numbers before the year, or None when the date needs no order.

    What follows the date, such as a time of day, is no matter.
    """
    found = _YEAR_LAST.fullmatch(text.split(" ", 1)[0])
    return (int(found[1]), int(found[3])) if found else None


def looks_rounded(text: str) -> bool:
    """Tell whether a spreadsheet has turned a long number into one like 1.23E+15."""
    return _ROUNDED_NUMBER.fullmatch(text) is not None
