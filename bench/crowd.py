"""People in debt and what was done to reach them: made up, the same for the same number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from portal.core.rules import (
    AccountFacts,
    AddressKind,
    Channel,
    Consent,
    ConsentScope,
    ContactFacts,
    ContactWindow,
    Direction,
    Form,
    Hold,
    HoldKind,
    OptOut,
    Outcome,
    PastContact,
    Purpose,
    Role,
    Wishes,
)
from portal.core.rules.batch import Log
from portal.core.rules.clocktime import HOUR
from portal.core.rules.objects import Dispute

ACTS = 20  # of each person on average
BEGINS, DAYS = datetime(2026, 8, 1, tzinfo=UTC), 60


@dataclass(frozen=True)
class Place:
    """Where people live: packs, zones, when they are called, how many of a thousand live there."""

    jurisdictions: tuple[str, ...]
    zones: tuple[ZoneInfo, ...]
    hours: tuple[int, int]
    share: int


def _zones(*names: str) -> tuple[ZoneInfo, ...]:
    return tuple(ZoneInfo(name) for name in names)


PLACES = (
    Place(("us",), _zones("America/New_York", "America/Los_Angeles"), (11, 21), 320),
    Place(("us",), _zones("America/Chicago", "America/Denver"), (9, 20), 180),
    Place(("us", "us-ma"), _zones("America/New_York"), (8, 20), 80),
    Place(("cn",), _zones("Asia/Shanghai"), (8, 21), 180),
    Place(("in",), _zones("Asia/Kolkata"), (8, 19), 100),
    Place(("au",), _zones("Australia/Sydney", "Australia/Perth"), (11, 20), 60),
    Place(("uk",), _zones("Europe/London"), (8, 20), 80),
)
_SHARES = tuple(accumulate(place.share for place in PLACES))
_CHANNELS = (
    *[Channel.CALL] * 13,
    *[Channel.SMS] * 3,
    *[Channel.EMAIL] * 2,
    Channel.LETTER,
    Channel.VISIT,
)
_CALL_ENDS = (
    *[Outcome.NO_ANSWER] * 9,
    *[Outcome.VOICEMAIL_LEFT] * 4,
    *[Outcome.BUSY] * 2,
    *[Outcome.CONVERSATION] * 3,
    Outcome.ANSWERED_TERMINATED,
    Outcome.NOT_IN_SERVICE,
)
_KINDS = {
    Channel.CALL: AddressKind.MOBILE,
    Channel.SMS: AddressKind.MOBILE,
    Channel.EMAIL: AddressKind.EMAIL,
    Channel.LETTER: AddressKind.HOME_ADDRESS,
    Channel.VISIT: AddressKind.HOME_ADDRESS,
}


def people(first: int, last: int) -> Iterator[Log]:
    """Make the people with these numbers; any 21 in a row have 20 contacts each on average."""
    for number in range(first, last):
        yield person(number)


def person(number: int) -> Log:
    """Make one person: mostly left in peace, some with holds, opt-outs, consents or wishes."""
    random = Random(number)
    place = PLACES[bisect_right(_SHARES, number * 617 % 1000)]
    name = f"P{number}"
    debts = tuple(f"{name}-D{n}" for n in range(1 + number % 2))
    agencies = (
        (f"A{number % 50}", f"A{(number + 1) % 50}") if number % 10 == 0 else (f"A{number % 50}",)
    )
    most = ACTS // 2 + number * 8 % (ACTS + 1)
    days = DAYS // (1 + number % 3)  # some are called over two months, some over three weeks
    return Log(
        person=_facts(random, name, debts, agencies[0], place),
        contacts=tuple(_act(random, name, n, debts, agencies, place, days) for n in range(most)),
    )


def _facts(
    random: Random, name: str, debts: tuple[str, ...], agency: str, place: Place
) -> ContactFacts:
    def some(part: float) -> bool:
        return random.random() < part

    def moment() -> datetime:
        return BEGINS + timedelta(minutes=random.randrange(DAYS * 24 * 60))

    return ContactFacts(
        at=BEGINS,
        channel=Channel.CALL,
        person_id=name,
        agency_id=agency,
        zones=place.zones,
        jurisdictions=place.jurisdictions,
        account_ids=debts,
        accounts=tuple(
            AccountFacts(id=debt, kind="credit_card", creditor_id="B1") for debt in debts
        ),
        holds=(
            Hold(kind=random.choice(tuple(HoldKind)), received_at=moment(), released_at=moment()),
        )
        if some(0.1)
        else (),
        opt_outs=(OptOut(received_at=moment(), person_id=name, channel=Channel.SMS),)
        if some(0.08)
        else (),
        consents=(
            Consent(
                received_at=moment(),
                person_id=name,
                scope=ConsentScope.CALLBACK_CALLS,
                given_to=agency,
            ),
        )
        if some(0.06)
        else (),
        disputes=(Dispute(received_at=moment(), form=Form.WRITING, answered_at=moment()),)
        if some(0.04)
        else (),
        windows=(
            ContactWindow(wanted=some(0.5), opens=18 * HOUR, closes=22 * HOUR, told_to=agency),
        )
        if some(0.05)
        else (),
        wishes=Wishes(weekly_maximum=3) if some(0.03) else None,
    )


def _act(
    random: Random,
    name: str,
    number: int,
    debts: tuple[str, ...],
    agencies: tuple[str, ...],
    place: Place,
    days: int,
) -> PastContact:
    channel = random.choice(_CHANNELS)
    outcome = random.choice(_CALL_ENDS) if channel is Channel.CALL else Outcome.DELIVERED
    about = (random.choice(debts),)
    came_in = random.random() < 0.03
    third = random.random() < 0.02
    return PastContact(
        id=f"{name}-{number:04}",
        at=_moment(random, place, days),
        channel=channel,
        outcome=outcome,
        direction=Direction.INBOUND if came_in else Direction.OUTBOUND,
        agency_id=random.choice(agencies),
        person_id=f"{name}-T" if third else name,
        role=Role.THIRD_PARTY if third else Role.CONSUMER,
        purpose=Purpose.LOCATION_INFORMATION if third else Purpose.PAYMENT_REQUEST,
        placed_ids=about,
        discussed_ids=about if outcome is Outcome.CONVERSATION else (),
        address=f"+1555{number % 3:07}",
        address_kind=_KINDS[channel],
    )


def _moment(random: Random, place: Place, days: int) -> datetime:
    """Draw an instant in the hours people there are called, and now and then any other."""
    first, last = place.hours if random.random() < 0.97 else (0, 24)
    day = BEGINS.date() + timedelta(days=random.randrange(days))
    midnight = datetime(day.year, day.month, day.day, tzinfo=place.zones[0])
    clock = timedelta(seconds=random.randrange(first * 3600, last * 3600))
    return (midnight + clock).astimezone(UTC)


def last_day() -> date:
    """Return a day on which every rule that judges these people is in force."""
    return (BEGINS + timedelta(days=DAYS)).date()
