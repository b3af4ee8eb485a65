"""Wall-clock times told by people: one instant, two, or none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.agency.local_time import instant_of, within_minute
from portal.core.errors import Invalid
from portal.core.rules.clocktime import instants_of

NEW_YORK = ZoneInfo("America/New_York")
FORWARD, BACK = date(2026, 3, 8), date(2026, 11, 1)
NOW = datetime(2026, 11, 24, 19, 0, 30, tzinfo=UTC)
ZONES = (
    "America/New_York",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Asia/Shanghai",
)


def test_an_ordinary_time_is_one_instant() -> None:
    assert instant_of(date(2026, 11, 24), time(14, 30), NEW_YORK) == datetime(
        2026, 11, 24, 19, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("clock", [time(2, 0), time(2, 30), time(2, 59)])
def test_a_time_the_clocks_skipped_is_refused_by_name(clock: time) -> None:
    with pytest.raises(Invalid, match="went forward") as refused:
        instant_of(FORWARD, clock, NEW_YORK)

    assert refused.value.values["field"] == "made_at"


@pytest.mark.parametrize("clock", [time(1, 59), time(3, 0)])
def test_times_beside_the_gap_are_there(clock: time) -> None:
    assert len(instants_of(FORWARD, clock, NEW_YORK)) == 1


@pytest.mark.parametrize("which", ["", "both"])
def test_a_time_shown_twice_needs_to_be_told_apart(which: str) -> None:
    with pytest.raises(Invalid, match="went back") as refused:
        instant_of(BACK, time(1, 30), NEW_YORK, which=which)

    assert refused.value.values["field"] == "which"


def test_first_and_second_are_an_hour_apart() -> None:
    first = instant_of(BACK, time(1, 30), NEW_YORK, which="first")
    second = instant_of(BACK, time(1, 30), NEW_YORK, which="second")

    assert first == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert second - first == timedelta(hours=1)


@pytest.mark.abuse("T2")
@pytest.mark.parametrize("name", ZONES)
def test_every_instant_is_found_again_from_what_the_clock_showed(name: str) -> None:
    zone = ZoneInfo(name)
    at = datetime(2026, 1, 1, tzinfo=UTC)

    while at < datetime(2027, 1, 1, tzinfo=UTC):
        local = at.astimezone(zone)
        assert at in instants_of(local.date(), local.time(), zone)
        at += timedelta(minutes=30)


@pytest.mark.parametrize(
    ("minute", "earliest", "meant"),
    [
        (NOW.replace(second=0), None, NOW),
        (NOW.replace(second=0) - timedelta(minutes=1), None, NOW - timedelta(seconds=90)),
        (NOW.replace(second=0) + timedelta(minutes=1), None, NOW + timedelta(seconds=30)),
        (
            NOW - timedelta(hours=1, seconds=30),
            NOW - timedelta(hours=1),
            NOW - timedelta(hours=1),
        ),
        (NOW.replace(second=0), NOW - timedelta(seconds=10), NOW),
    ],
)
def test_a_minute_means_the_instant_in_it_that_can_be_meant(
    minute: datetime, earliest: datetime | None, meant: datetime
) -> None:
    assert within_minute(minute, now=NOW, earliest=earliest) == meant
