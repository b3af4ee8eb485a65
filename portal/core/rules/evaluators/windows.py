"""Times of day: windows a contact must fall in, in every candidate zone, and days off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.core.rules.calendars import is_holiday
from portal.core.rules.clocktime import clock_of, instant_of, show_clock
from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import AddressKind, Channel, ConsentScope, Purpose
from portal.core.rules.known import Known
from portal.core.rules.localweek import HORIZON_DAYS, is_in_any, stands
from portal.core.rules.objects import ContactWindow
from portal.core.rules.registry import evaluator

CLOCK = {"clock": True}


class Agreement(StrEnum):
    """Whose word about a convenient time widens a window."""

    NONE = "none"
    TOLD_TO_COLLECTOR = "told_to_collector"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWindow:
    """Times of some local weekdays, for some channels and kinds of address; empty means every."""

    opens: int = field(metadata=CLOCK)
    closes: int = field(metadata=CLOCK)
    days: frozenset[int] = frozenset(range(7))
    channels: frozenset[Channel] = frozenset()
    address_kinds: frozenset[AddressKind] = frozenset()
    not_address_kinds: frozenset[AddressKind] = frozenset()

    def suits(self, channel: Channel, kind: AddressKind | None) -> bool:
        """Tell whether the window is the one for this way of reaching somebody."""
        return (
            (not self.channels or channel in self.channels)
            and (not self.address_kinds or kind in self.address_kinds)
            and kind not in self.not_address_kinds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowParams:
    """Windows, whether the closing instant is inside, a fixed zone if the rule names one."""

    windows: tuple[LocalWindow, ...]
    closing_instant_inside: bool = True
    zone: ZoneInfo | None = None
    agreed_times: Agreement = Agreement.NONE
    consent_lifts: bool = False
    use_benchmark: bool = False
    session_lifts: bool = False
    differ: bool = field(init=False)

    def __post_init__(self) -> None:
        """Work out whether other windows hold for other ways of reaching somebody."""
        narrow = any(w.channels or w.address_kinds or w.not_address_kinds for w in self.windows)
        object.__setattr__(self, "differ", narrow)


@evaluator(WindowParams, timed=True)
def within_window(known: Known, check: Check[WindowParams]) -> Finding | None:
    """Decide whether a contact falls inside a local window in every zone the person may be in.

    With a phone number in one zone and an address in another, both must be awake. No zone on file
    is for a person to decide: nobody could show that the contact was lawful. What the person
    called convenient widens the window; a consent to more calls does not.

    Source: the rule in the pack, for example 12 CFR 1006.6(b)(1)(i).
    """
    facts, params = known.facts, check.params
    windows = _windows(known, params)
    if not windows:
        return None
    if params.session_lifts and facts.session_active and facts.channel is Channel.IN_APP:
        return check.allow()
    zones = (params.zone,) if params.zone is not None else facts.zones
    if not zones:
        return check.doubt("no_zone_on_file")
    inside = params.closing_instant_inside
    closed = [zone for zone in zones if not _is_open(known.local(zone), windows, inside)]
    if not closed:
        return check.allow()
    agreed = agreed_windows(known, params.agreed_times)
    closed = [zone for zone in closed if not is_in_any(known.local(zone), agreed)]
    if not closed or (params.consent_lifts and _has_lifted(known)):
        return check.allow()
    zone = closed[0]
    local = known.local(zone)
    values: dict[str, object] = {
        "local": local.strftime("%H:%M:%S"),
        "zone": zone.key,
        "zones": tuple(other.key for other in zones),
        "windows": tuple(
            (show_clock(window.opens), show_clock(window.closes))
            for window in windows
            if local.weekday() in window.days
        ),
    }
    until = _next_open(known, zones, windows, agreed, params)
    if params.agreed_times is Agreement.TOLD_TO_COLLECTOR and _was_told_nobody_knows(known, closed):
        return check.doubt("convenient_time_told_to_unknown", values, until=until)
    return check.breach("outside_window", values, until=until)


def _windows(known: Known, params: WindowParams) -> tuple[LocalWindow, ...]:
    facts = known.facts
    if params.use_benchmark and facts.benchmark is not None:
        return (LocalWindow(opens=facts.benchmark[0], closes=facts.benchmark[1]),)
    if not params.differ:
        return params.windows
    return tuple(w for w in params.windows if w.suits(facts.channel, facts.address_kind))


def _is_open(local: datetime, windows: Iterable[LocalWindow], closing_inside: bool) -> bool:
    clock, weekday = clock_of(local), local.weekday()
    for window in windows:
        if (
            window.opens <= clock <= window.closes
            and weekday in window.days
            and (closing_inside or clock < window.closes)
        ):
            return True
    return False


def agreed_windows(known: Known, agreement: Agreement) -> tuple[ContactWindow, ...]:
    """Return the times the person called convenient, as far as this collector may rely on them."""
    if agreement is Agreement.NONE:
        return ()
    return tuple(
        window
        for window in known.facts.windows
        if window.wanted
        and stands(known, window)
        and (agreement is Agreement.ANY or _told_to_us(known, window))
    )


def _told_to_us(known: Known, window: ContactWindow) -> bool:
    return window.told_to is not None and window.told_to == known.facts.agency_id


def _was_told_nobody_knows(known: Known, zones: Iterable[ZoneInfo]) -> bool:
    loose = [
        window
        for window in known.facts.windows
        if window.wanted and window.told_to is None and stands(known, window)
    ]
    return all(is_in_any(known.local(zone), loose) for zone in zones)


def _has_lifted(known: Known) -> bool:
    facts = known.facts
    return facts.court_permission or any(
        consent.scope is ConsentScope.TIME
        and consent.person_id == facts.person_id
        and consent.given_to == facts.agency_id
        and known.is_received(consent.received_at)
        and not known.is_over(consent.revoked_at)
        for consent in facts.consents
    )


def _next_open(
    known: Known,
    zones: tuple[ZoneInfo, ...],
    windows: tuple[LocalWindow, ...],
    agreed: tuple[ContactWindow, ...],
    params: WindowParams,
) -> datetime | None:
    """Return the first later instant open in every zone: it is the opening of some window."""
    if not known.seeks_next:
        return None
    at, inside = known.at, params.closing_instant_inside
    openings = {window.opens for window in windows} | {window.opens for window in agreed}

    def first(days: int) -> datetime | None:
        candidates = sorted(
            instant
            for zone in zones
            for ahead in range(days)
            for opens in openings
            if (instant := instant_of(known.local(zone).date() + timedelta(ahead), opens, zone))
            > at
        )
        for instant in candidates:
            locals_ = [instant.astimezone(zone) for zone in zones]
            if all(_is_open(x, windows, inside) or is_in_any(x, agreed) for x in locals_):
                return instant
        return None

    soon = first(3)  # an opening a day ahead comes before every one of a fourth day, in any zone
    if soon is not None and soon - at <= timedelta(days=1):
        return soon
    return first(HORIZON_DAYS + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOffParams:
    """The calendar of days without contact."""

    calendar: str | None = None
    dates: tuple[date, ...] = ()
    zone: ZoneInfo | None = None
    exempt_purposes: frozenset[Purpose] = frozenset()


@evaluator(DaysOffParams, timed=True)
def not_on_days_off(known: Known, check: Check[DaysOffParams]) -> Finding | None:
    """Decide whether a contact falls on a day off in any zone the person may be in.

    A list of holidays given with the facts is used instead of the calendar.

    Source: the rule in the pack, for example RG 96 s 4.
    """
    facts, params = known.facts, check.params
    if facts.serves(params.exempt_purposes):
        return check.allow()
    zones = (params.zone,) if params.zone is not None else facts.zones
    if not zones:
        return check.doubt("no_zone_on_file")

    def is_off(day: date) -> bool:
        if day in params.dates:
            return True
        if facts.holidays is not None:
            return day in facts.holidays
        return params.calendar is not None and is_holiday(params.calendar, day)

    for zone in zones:
        day = known.local(zone).date()
        if is_off(day):
            free = next((n for n in range(1, 61) if not is_off(day + timedelta(n))), None)
            until = None if free is None else instant_of(day + timedelta(free), 0, zone)
            return check.breach("day_off", {"day": day, "zone": zone.key}, until=until)
    return check.allow()
