"""Hours and days on and about every change of clocks, against sums done by hand on offsets."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from portal.core.rules import judge, judge_done
from portal.core.rules.pack import read_pack
from tests.core.rules.people import contact, past

pytestmark = pytest.mark.abuse("T2")

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
OURS = ["New_York", "Chicago", "Denver", "Los_Angeles", "Anchorage", "Adak", "Boise", "Detroit"]

US_HOURS = (read_pack("us").only("US-REGF-6B1-HOURS"),)
IN_HOURS = (read_pack("in").only("IN-RBI-HOURS"),)
AU_HOURS = (read_pack("au").only("AU-RG96-HOURS"),)
US_FREQUENCY = (read_pack("us").only("US-REGF-14B-FREQ"),)


class Offsets:
    """What to add to UTC in a zone, from one change to the next; nothing else of it is used."""

    def __init__(self, name: str) -> None:
        self.zone = ZoneInfo(name)
        self.changes: list[datetime] = []
        self._offsets = [self._ask(FIRST - 30 * DAY)]
        moment = FIRST - 30 * DAY
        while moment < LAST:
            if self._ask(moment + DAY) != self._offsets[-1]:
                self.changes.append(self._find(moment, moment + DAY))
                self._offsets.append(self._ask(moment + DAY))
            moment += DAY

    def _ask(self, moment: datetime) -> timedelta:
        offset = moment.astimezone(self.zone).utcoffset()
        assert offset is not None
        return offset

    def _find(self, before: datetime, after: datetime) -> datetime:
        old = self._ask(before)
        while after - before > SECOND:
            middle = before + (after - before) // 2
            middle = middle.replace(microsecond=0)
            if self._ask(middle) == old:
                before = middle
            else:
                after = middle
        return after

    def at(self, moment: datetime) -> timedelta:
        return self._offsets[bisect_right(self.changes, moment)]

    def wall(self, moment: datetime) -> datetime:
        return (moment + self.at(moment)).replace(tzinfo=None)

    def showings(self, wall: datetime) -> list[datetime]:
        """Return the instants at which a clock there shows a time: one, two, or none."""
        instants = {wall.replace(tzinfo=UTC) - offset for offset in self._offsets}
        return sorted(instant for instant in instants if self.wall(instant) == wall)


@cache
def fifty() -> tuple[Offsets, ...]:
    """Return fifty zones whose clocks change, spread over the alphabet, with ours among them."""
    ours = [f"America/{name}" for name in OURS]
    others = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix", "right", "US/"))
    )
    spread = (Offsets(name) for name in others[::4] if name not in ours)
    changing = [offsets for offsets in spread if offsets.changes]
    return (*map(Offsets, ours), *changing)[:50]


def about(offsets: Offsets, change: datetime, clocks: list[str]) -> list[datetime]:
    """Return instants beside a change, and beside times of day on the dates it touches."""
    days = sorted({offsets.wall(change + aside).date() for aside in (-SECOND, SECOND, -DAY, DAY)})
    edges = [change]
    for day in days:
        for clock in clocks:
            edges += offsets.showings(datetime.fromisoformat(f"{day}T{clock}"))
    return [edge + aside for edge in edges for aside in (-SECOND, timedelta(0), SECOND)]


def clock(wall: datetime) -> str:
    return wall.strftime("%H:%M:%S")


def us_is_open(wall: datetime) -> bool:
    return "08:00:00" <= clock(wall) <= "21:00:00"


def in_is_open(wall: datetime) -> bool:
    return "08:00:00" <= clock(wall) <= "19:00:00"


def au_is_open(wall: datetime) -> bool:
    opens = "07:30:00" if wall.weekday() < 5 else "09:00:00"
    return opens <= clock(wall) <= "21:00:00"


def test_there_are_fifty_zones_and_every_change_of_sixteen_years():
    assert len(fifty()) == 50
    assert sum(len(offsets.changes) for offsets in fifty()) > 1000
    assert all(len(offsets.changes) == 32 for offsets in fifty()[: len(OURS)])  # twice in each year


@pytest.mark.parametrize(
    ("packs", "is_open", "clocks"),
    [
        (US_HOURS, us_is_open, ["08:00", "21:00"]),
        (IN_HOURS, in_is_open, ["08:00", "19:00"]),
        (AU_HOURS, au_is_open, ["07:30", "09:00", "21:00"]),
    ],
    ids=["us", "in", "au"],
)
def test_hours_hold_to_the_second_about_every_change_of_clocks(packs, is_open, clocks):
    wrong = [
        (offsets.zone.key, at)
        for offsets in fifty()
        for change in offsets.changes
        for at in about(offsets, change, clocks)
        if judge_done(contact(at, zones=(offsets.zone,)), packs).is_allowed
        is not is_open(offsets.wall(at))
    ]

    assert wrong == []


def test_two_zones_must_both_be_open_about_every_change_of_either():
    ours = fifty()[: len(OURS)]
    west = next(offsets for offsets in ours if offsets.zone.key == "America/Los_Angeles")
    wrong = [
        (offsets.zone.key, at)
        for offsets in ours
        for change in [*offsets.changes, *west.changes]
        for at in about(offsets, change, ["08:00", "21:00"])
        if judge_done(contact(at, zones=(offsets.zone, west.zone)), US_HOURS).is_allowed
        is not (us_is_open(offsets.wall(at)) and us_is_open(west.wall(at)))
    ]

    assert wrong == []


def test_a_refusal_about_a_change_of_clocks_ends_at_the_first_open_second():
    def first_open(offsets: Offsets, at: datetime) -> datetime:
        days = (offsets.wall(at).date() + timedelta(ahead) for ahead in range(3))
        openings = [
            opening
            for day in days
            for opening in offsets.showings(datetime.fromisoformat(f"{day}T08:00"))
        ]
        return min(opening for opening in openings if opening > at)

    wrong = []
    for offsets in fifty():
        for change in offsets.changes:
            for at in (change - SECOND, change, change + SECOND):
                judgement = judge(contact(at, zones=(offsets.zone,)), US_HOURS)
                expected = at if us_is_open(offsets.wall(at)) else first_open(offsets, at)
                if judgement.next_allowed_at != expected:
                    wrong.append((offsets.zone.key, at, judgement.next_allowed_at, expected))

    assert wrong == []


def test_seven_days_are_seven_dates_whatever_the_clocks_did_in_between():
    """Seven calls and then one more: the first of them counts until its date is seven days old."""

    def starts(offsets: Offsets, day: date) -> datetime:
        noon = offsets.showings(datetime(day.year, day.month, day.day, 12))[0]
        low, high = noon - timedelta(hours=15), noon
        while high - low > SECOND:
            middle = (low + (high - low) // 2).replace(microsecond=0)
            if offsets.wall(middle).date() < day:
                low = middle
            else:
                high = middle
        return high

    wrong = []
    for offsets in fifty():
        for change in offsets.changes:
            for day in {offsets.wall(change + aside).date() for aside in (-DAY, SECOND, DAY)}:
                begin = starts(offsets, day)
                at = offsets.showings(datetime(day.year, day.month, day.day, 12) + 6 * DAY)[0]
                rest = [past(at - n * SECOND, id=f"E{n}") for n in range(1, 7)]
                for first in (begin - SECOND, begin, begin + SECOND):
                    history = (past(first, id="E0"), *rest)
                    act = contact(at, zones=(offsets.zone,), history=history)
                    codes = {each.code for each in judge_done(act, US_FREQUENCY).breaches}
                    if ("too_many_calls" in codes) is not (first >= begin):
                        wrong.append((offsets.zone.key, day, first))

    assert wrong == []
