"""Whole logs judged in one pass: every contact with a person, each by what was known when made."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from multiprocessing.context import BaseContext
from operator import attrgetter
from types import FunctionType, MappingProxyType
from typing import Any, NamedTuple, TypeVar

from portal.core.rules.engine import Questions, given, judge_done, judge_known, questions_of
from portal.core.rules.facts import ContactFacts, PastContact
from portal.core.rules.findings import Judgement
from portal.core.rules.kinds import Act
from portal.core.rules.known import Known, Timeline, in_order, repeats, without
from portal.core.rules.objects import Id
from portal.core.rules.pack import Pack

Part = TypeVar("Part")
Result = TypeVar("Result")

PacksOn = Callable[[date], Sequence[Pack]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Every contact on record with one person, in any order, and what else is known of them.

    `person` holds the facts that are the same for all contacts: zones, accounts, holds, consents.
    What the contact itself says (when, how, who, about what) is read from each row instead. Where
    other facts are to be used for some contact, `details` has them by its id; one object for all
    contacts it is right for is quickest. `wrong_addresses` are those found not to be the person's,
    each with the moment it was found out: from then on contacts there count as misdirected.
    """

    person: ContactFacts
    contacts: tuple[PastContact, ...]
    details: Mapping[Id | None, ContactFacts] = field(default_factory=lambda: MappingProxyType({}))
    wrong_addresses: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))


class Judged(NamedTuple):
    """A contact on record, and what the rules say of it."""

    contact: PastContact
    judgement: Judgement


#: What a contact on record says of itself, as the field of the facts it becomes.
_FIELD_OF = {
    "at": "at",
    "channel": "channel",
    "direction": "direction",
    "id": "id",
    "external_id": "external_id",
    "agency_id": "agency_id",
    "person_id": "person_id",
    "role": "role",
    "purpose": "purpose",
    "outcome": "outcome",
    "placed_ids": "account_ids",
    "discussed_ids": "discussed_ids",
    "address": "address",
    "address_kind": "address_kind",
    "in_reply_to": "in_reply_to",
    "automated": "automated",
    "message": "message",
}


_OWN = tuple(_FIELD_OF.values())
_take = attrgetter(*_FIELD_OF)


def judge_all(log: Log, packs_on: PacksOn, *, since: datetime | None = None) -> Iterator[Judged]:
    """Judge the contacts of a log in order, each as `judge_done` does with those that came before.

    Before a contact are those of an earlier instant, and those of the same instant with a smaller
    id, so that the order of arrival changes nothing. Contacts before `since` are counted and not
    judged: a row that arrives late can change its own answer and later ones alone. `packs_on`
    returns the packs for a day, in UTC.
    """
    past = _Past(log)
    templates: dict[int, _Template] = {}
    for number, (row, end, is_again) in enumerate(past.places()):
        if since is not None and row.at < since:
            continue
        packs = tuple(packs_on(row.at.astimezone(UTC).date()))
        person = log.details.get(row.id, log.person)
        timeline = past.timeline_at(row.at)
        if is_again:
            facts = facts_of(person, row, past.before(number))
            yield Judged(row, judge_done(facts, packs))
            continue
        template = templates.get(id(person))
        if template is None:
            template = templates[id(person)] = _Template(person)
        known = Known(template.facts_of(row), seeks_next=False, timeline=timeline, end=end)
        yield Judged(row, judge_known(known, template.questions(row, packs)))


class _Past:
    """A log in order, as it was known at a moment that only moves forward."""

    def __init__(self, log: Log) -> None:
        self.rows = list(log.contacts)
        in_order(self.rows)
        self._repeated = repeats(self.rows)
        self._timeline = Timeline(without(self.rows, self._repeated))
        self._known = self.rows
        self._learned = deque(sorted(log.wrong_addresses.items(), key=lambda item: item[1]))

    def timeline_at(self, moment: datetime) -> Timeline:
        """Return the contacts with what had been learned of them; made anew when there is news."""
        wrong = set()
        while self._learned and self._learned[0][1] <= moment:
            wrong.add(self._learned.popleft()[0])
        if wrong:
            self._known = [
                replace(row, misdirected=True) if row.address in wrong else row
                for row in self._known
            ]
            self._timeline = Timeline(without(self._known, self._repeated))
        return self._timeline

    def places(self) -> Iterator[tuple[PastContact, int, bool]]:
        """Yield contacts in order, each with how many count before it, and whether it came before.

        What was sent before is no earlier contact of itself: its history is one of its own.
        """
        ids: set[Id] = set()
        sent: set[tuple[Id | None, str]] = set()
        end = 0
        for number, row in enumerate(self.rows):
            key = None if row.external_id is None else (row.agency_id, row.external_id)
            yield row, end, row.id in ids or key in sent
            end += number not in self._repeated
            if row.id is not None:
                ids.add(row.id)
            if key is not None:
                sent.add(key)

    def before(self, number: int) -> tuple[PastContact, ...]:
        """Return the first so many contacts as last known, also those sent twice."""
        return tuple(self._known[:number])


class _Filled:
    """The facts of one contact under the names they have in `ContactFacts`.

    There are as many of them as contacts, and they have more fields than anything else here: these
    are filled in three times as fast as the dataclass. No rule can tell the difference.
    """


for _name, _asked in vars(ContactFacts).items():  # what facts answer themselves, these do too
    if isinstance(_asked, property | FunctionType) and not _name.startswith("_"):
        setattr(_Filled, _name, _asked)


class _Template:
    """The facts of a person, to be filled in with one contact after the other."""

    __slots__ = ("_creditors", "_has", "_shared")

    def __init__(self, person: ContactFacts) -> None:
        bare = replace(person, act=Act.CONTACT, known_at=None, history=())
        self._has = given(bare)
        self._creditors = {each.creditor_id for each in bare.accounts} - {None}
        self._shared = {each.name: getattr(bare, each.name) for each in fields(bare)}

    def facts_of(self, contact: PastContact) -> ContactFacts:
        """Return the facts of a contact, as `facts_of` does, but for the history."""
        filled: Any = _Filled()
        facts = filled.__dict__
        facts.update(self._shared)
        facts.update(zip(_OWN, _take(contact), strict=True))
        found: ContactFacts = filled
        return found

    def questions(self, contact: PastContact, packs: tuple[Pack, ...]) -> Questions:
        """Return what is asked about such a contact with the person."""
        if contact.agency_id in self._creditors:
            packs = tuple(pack.for_creditor() for pack in packs)
        return questions_of(
            packs,
            Act.CONTACT,
            contact.channel,
            contact.direction,
            contact.role,
            contact.purpose,
            self._has,
        )


def facts_of(
    person: ContactFacts, contact: PastContact, history: tuple[PastContact, ...]
) -> ContactFacts:
    """Return the facts by which a contact on record is judged, with some history before it."""
    own = {to: getattr(contact, name) for name, to in _FIELD_OF.items()}
    return replace(person, **own, act=Act.CONTACT, known_at=None, history=history)


def judge_in_parallel(
    parts: Iterable[Part],
    judge_part: Callable[[Part], Result],
    *,
    processes: int,
    context: BaseContext | None = None,
) -> Iterator[Result]:
    """Judge a batch in several processes; yield what came of each of its parts, in their order.

    A part names some people, for example by their ids. `judge_part` reads their logs, calls
    `judge_all` on each and keeps what is wanted; it runs in another process, so it is a function
    of a module, and what it returns should be small. Parts are taken from the iterable as
    processes come free, two for each of them at a time: memory does not grow with the batch.
    Processes start from nothing unless another context is given: forked ones would share the
    connections, threads and locks of this one.
    """
    context = context or multiprocessing.get_context("spawn")
    waiting: deque[Future[Result]] = deque()
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for part in parts:
            waiting.append(pool.submit(judge_part, part))
            if len(waiting) >= 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
