"""Where a person may be, from every signal there is, as IANA zones. Never as offsets."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

_WITHOUT_PLACE = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.UAN,
    }
)
_MOST_ZONES = 4  # a number said to lie in more zones than that says nothing about a place


def candidate_zones(
    phone_numbers: Iterable[str],
    country: str | None = None,
    state: str | None = None,
    postcode: str | None = None,
) -> tuple[ZoneInfo, ...]:
    """Return every zone that any location signal points to; empty when none does.

    Area codes and the home address both count, and neither outweighs the other. A state that spans
    zones gives all of them unless the postcode lies in a part known to keep one. A country that
    spans zones says nothing by itself.

    Source: 12 CFR 1006.6(b)(1)(i), cmt. -2 for the United States; a cautious reading elsewhere.
    """
    code = (country or "").strip().upper()
    names = [*_of_address(code, (state or "").strip().upper(), (postcode or "").strip())]
    for number in phone_numbers:
        names.extend(_of_number(number, code))
    return tuple(ZoneInfo(name) for name in dict.fromkeys(names))


def _of_address(country: str, state: str, postcode: str) -> tuple[str, ...]:
    states = _table().get(country, {})
    zones = tuple(states.get(state) or states.get("*") or ())
    refined = _table().get(f"{country}-postcodes", {}).get(postcode[:3])
    return tuple(refined) if refined and set(refined) <= set(zones) else zones


def _of_number(text: str, country: str) -> tuple[str, ...]:
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ()
    if phonenumbers.number_type(number) in _WITHOUT_PLACE:
        return ()
    full = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if split := _table()["area-codes"].get(full[:5]):
        return tuple(split)
    aliases = _table()["aliases"]
    zones = [aliases.get(z, z) for z in time_zones_for_number(number) if z != "Etc/Unknown"]
    return tuple(zones) if len(zones) <= _MOST_ZONES else ()


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = (resources.files(__package__) / "zones.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
