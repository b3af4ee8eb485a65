"""What was known at the moment of an act, with history put in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from operator import attrgetter, eq
from typing import Protocol
from zoneinfo import ZoneInfo

from portal.core.rules.facts import AccountFacts, ContactFacts, PastContact
from portal.core.rules.kinds import Channel, Direction, Outcome, Role
from portal.core.rules.objects import Id

MESSAGES = frozenset({Channel.SMS, Channel.EMAIL, Channel.LETTER, Channel.IN_APP, Channel.SOCIAL})
ELECTRONIC = frozenset({Channel.SMS, Channel.EMAIL, Channel.IN_APP, Channel.SOCIAL})

CONSUMER_ROLES = frozenset(
    {
        Role.CONSUMER,
        Role.SPOUSE,
        Role.PARENT,
        Role.GUARDIAN,
        Role.EXECUTOR,
        Role.SUCCESSOR,
        Role.GUARANTOR,
    }
)


class AboutAccounts(Protocol):
    """Anything limited to some accounts; an empty list means all of them."""

    @property
    def account_ids(self) -> tuple[Id, ...]:
        """The accounts it is about."""


class Timeline:
    """Contacts in order, each once, with what was worked out about them.

    One is shared by everything asked about a person: each act sees as much of it as came before.
    """

    __slots__ = ("contacts", "days", "times")

    def __init__(self, contacts: tuple[PastContact, ...]) -> None:
        self.contacts = contacts
        self.times = [past.at for past in contacts]
        self.days: dict[ZoneInfo, dict[int, date]] = {}


class Known:
    """The facts of one act, reduced to what was known when it was done.

    History is ordered by instant and id, stripped of later events, of the act itself and of rows
    sent twice under one external id: the order of arrival cannot change an answer. Whoever has it
    in order already gives the timeline, and how much of it came before the act. `at` and `outcome`
    are the act's own, unless the same contact is being thought of at a later moment; `seeks_next`
    tells whether anybody wants to know of one, or how much room a count has left.
    """

    __slots__ = (
        *("_accounts", "_end", "_history", "_locals", "_timeline", "as_of", "at"),
        *("facts", "outcome", "seeks_next"),
    )

    def __init__(
        self,
        facts: ContactFacts,
        *,
        seeks_next: bool = True,
        timeline: Timeline | None = None,
        end: int = 0,
    ) -> None:
        self.facts = facts
        self.seeks_next = seeks_next
        self.at = facts.at
        self.as_of = facts.known_at or facts.at
        self.outcome = facts.outcome
        self._history: tuple[PastContact, ...] | None = None
        if timeline is None:
            self._history = _tidy(facts)
            timeline, end = Timeline(self._history), len(self._history)
        self._timeline, self._end = timeline, end
        self._locals: dict[ZoneInfo, datetime] = {}
        self._accounts: dict[Id, AccountFacts] | None = None

    def later(self, at: datetime) -> Known:
        """Return what will be known at a later moment if nothing else happens until then."""
        moved = Known.__new__(Known)
        moved.seeks_next = True
        moved.facts, moved.at, moved.as_of, moved.outcome = self.facts, at, at, None
        moved._timeline, moved._end, moved._history = self._timeline, self._end, self._history
        moved._locals, moved._accounts = {}, self._accounts
        return moved

    @property
    def history(self) -> tuple[PastContact, ...]:
        """Every contact known of that came before the act, oldest first."""
        if self._history is None:
            self._history = self._timeline.contacts[: self._end]
        return self._history

    def local(self, zone: ZoneInfo) -> datetime:
        """Return the act's local time in a zone."""
        found = self._locals.get(zone)
        if found is None:
            found = self._locals[zone] = self.at.astimezone(zone)
        return found

    def day_of(self, past: PastContact, zone: ZoneInfo) -> date:
        """Return the local date of a past contact in a zone."""
        return self.days_of([past], zone)[0]

    def days_of(self, contacts: Iterable[PastContact], zone: ZoneInfo) -> list[date]:
        """Return the local dates of past contacts in a zone, in the same order."""
        days = self._timeline.days.get(zone)
        if days is None:
            days = self._timeline.days[zone] = {}
        found = []
        for past in contacts:
            day = days.get(id(past))
            if day is None:
                day = days[id(past)] = past.at.astimezone(zone).date()
            found.append(day)
        return found

    def recent(self, days: int) -> tuple[PastContact, ...]:
        """Return history that can lie on the act's local date or the days before it, and no less.

        A day more than asked is looked back: local days are up to a clock change longer than 24
        hours, and the caller compares dates.
        """
        end, timeline = self._end, self._timeline
        first = bisect_left(timeline.times, self.at - timedelta(days + 1), 0, end)
        return timeline.contacts[first:end] if first < end else ()

    def day_zones(self, fixed: ZoneInfo | None = None) -> tuple[ZoneInfo, ...]:
        """Return the zones whose calendar dates are counted; a rule may fix its own."""
        if fixed is not None:
            return (fixed,)
        if self.facts.day_zone is not None:
            return (self.facts.day_zone,)
        return self.facts.zones

    def today(self) -> tuple[date, ...]:
        """Return the act's local date in each zone that counts days."""
        return tuple(self.local(zone).date() for zone in self.day_zones())

    def account(self, account_id: Id) -> AccountFacts | None:
        """Return what is known of an account."""
        if self._accounts is None:
            self._accounts = {account.id: account for account in self.facts.accounts}
        return self._accounts.get(account_id)

    def accounts(self) -> Iterator[AccountFacts]:
        """Yield what is known of each account the act is about, or of all if it names none."""
        wanted = self.facts.account_ids
        for account in self.facts.accounts:
            if not wanted or account.id in wanted:
                yield account

    def outcome_of(self, past: PastContact) -> Outcome:
        """Return how a past contact ended as far as was known; a message unheard of arrived."""
        if past.channel not in MESSAGES:
            return past.outcome
        if past.returned_at is not None and past.returned_at <= self.as_of:
            return Outcome.UNDELIVERED
        return Outcome.DELIVERED if past.outcome is Outcome.UNKNOWN else past.outcome

    def is_received(self, moment: datetime | None) -> bool:
        """Tell whether something had been received; no moment means it always was."""
        return moment is None or moment <= self.as_of

    def is_over(self, moment: datetime | None) -> bool:
        """Tell whether something had been withdrawn, released or answered."""
        return moment is not None and moment <= self.as_of

    def concerns(self, thing: AboutAccounts) -> bool:
        """Tell whether an object limited to accounts is about one of this act's."""
        mine = self.facts.account_ids or tuple(account.id for account in self.facts.accounts)
        return not thing.account_ids or not mine or any(i in mine for i in thing.account_ids)


def _tidy(facts: ContactFacts) -> tuple[PastContact, ...]:
    at, own_id = facts.at, facts.id
    rows = [p for p in facts.history if p.at <= at and (own_id is None or p.id != own_id)]
    in_order(rows)
    return without(rows, repeats(rows, facts.agency_id, facts.external_id))


def in_order(rows: list[PastContact]) -> None:
    """Sort contacts by instant, and by id where there are several at one."""
    rows.sort(key=_moment)
    if _have_ties(rows, _moment):
        rows.sort(key=_place)
        if _have_ties(rows, _place):  # no id, or one row twice: any order that is always the same
            rows.sort(key=lambda past: (*_place(past), repr(past)))


_moment = attrgetter("at")


def _place(past: PastContact) -> tuple[datetime, str]:
    return past.at, str(past.id)


def _have_ties(rows: list[PastContact], key: Callable[[PastContact], object]) -> bool:
    keys = list(map(key, rows))
    return any(map(eq, keys, islice(keys, 1, None)))


def without(rows: list[PastContact], places: frozenset[int]) -> tuple[PastContact, ...]:
    """Return contacts but for those at some places."""
    if not places:
        return tuple(rows)
    return tuple(row for place, row in enumerate(rows) if place not in places)


def repeats(
    rows: list[PastContact], agency_id: Id | None = None, external_id: str | None = None
) -> frozenset[int]:
    """Return which contacts, by their place in order, say again what one before them said.

    That is what an agency sent twice under one external id, or sent as the act itself, and the
    same row at the same instant twice. Rows that differ in their instant are never taken for one:
    a contact is rather counted twice than not at all.
    """
    has_external_ids = bool([past for past in rows if past.external_id is not None])
    if not has_external_ids and not _have_ties(rows, _moment):
        return frozenset()
    seen: set[tuple[object, object]] = set()
    if external_id is not None:
        seen.add((agency_id, external_id))
    found: set[int] = set()
    for place, past in enumerate(rows):
        names: set[tuple[object, object]] = set()
        if past.id is not None:
            names.add((past.at, past.id))
        if past.external_id is not None:
            names.add((past.agency_id, past.external_id))
        if names & seen:
            found.add(place)
        seen |= names
    return frozenset(found)


def ids_of(events: Iterable[PastContact]) -> tuple[Id, ...]:
    """Return the ids of events that have one."""
    return tuple(past.id for past in events if past.id is not None)


def discussed_in(past: PastContact) -> tuple[Id, ...]:
    """Return the debts a conversation was about, whoever raised them.

    Who was called about one debt and turned the talk to another talked about both: the first was
    raised by the call.
    """
    if past.no_debt_discussed:
        return past.allocated_ids or past.discussed_ids or past.placed_ids
    if _was_turned(past):
        return (*past.placed_ids, *past.discussed_ids)
    return past.discussed_ids or past.placed_ids


def counted_to(past: PastContact) -> tuple[Id, ...]:
    """Return the debts a placed call is counted to; none recorded means it counts to every one.

    A debt that the person turned the talk to was not called about.

    Source: 12 CFR 1006.14(b)(4), cmt. -2.vi.
    """
    if past.no_debt_discussed:
        return discussed_in(past)
    if past.outcome is Outcome.CONVERSATION and past.discussed_ids and not _was_turned(past):
        return (*past.placed_ids, *past.discussed_ids)
    return past.allocated_ids or past.placed_ids


def _was_turned(past: PastContact) -> bool:
    return (
        past.direction is Direction.OUTBOUND
        and bool(past.placed_ids and past.discussed_ids)
        and not any(debt in past.placed_ids for debt in past.discussed_ids)
    )


def is_inbound(past: PastContact) -> bool:
    """Tell whether the other side started a past contact."""
    return past.direction is Direction.INBOUND
