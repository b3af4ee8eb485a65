"""Counting what a draft of a bank's own rules says of contacts that were made."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions.knowledge import HISTORY, Knowledge, gather, person_of
from portal.core.actions.models import Action, KeptJudgement, Permit
from portal.core.actions.own_pack import PACK_ID
from portal.core.parties.models import Debtor
from portal.core.rules import (
    Channel,
    ContactFacts,
    Direction,
    Finding,
    Judgement,
    Pack,
    PastContact,
    Purpose,
    Role,
    Verdict,
    judge_done,
)
from portal.core.rules.batch import Log, facts_of, judge_all

_SAMPLES_OF_A_RULE = 5
_OPEN = (Verdict.ALLOW, Verdict.REVIEW)


@dataclass(frozen=True)
class Sample:
    """One contact that would have been forbidden, and by what."""

    action_id: UUID
    account_id: UUID
    account_ref: str
    at: datetime
    channel: Channel
    agency_id: UUID | None
    finding: Finding


@dataclass(frozen=True)
class Preview:
    """What a month would have been like under other rules of the bank's own.

    Figures are of the contacts looked at: all there were, or those of people drawn by lot when
    there were too many. `forbidden_anew` leaves out what a rule in force had forbidden already;
    the tallies count these. An agency of None is the bank itself.
    """

    since: datetime
    until: datetime
    contacts: int
    looked_at: int
    people: int
    is_drawn: bool
    forbidden: int
    forbidden_anew: int
    for_a_person: int
    permits: int
    permits_denied: int
    by_rule: Mapping[str, int]
    by_agency: Mapping[UUID | None, int]
    by_channel: Mapping[Channel, int]
    by_day: Mapping[date, int]
    samples: tuple[Sample, ...]


def contacts_within(bank_id: UUID, since: datetime, until: datetime) -> tuple[Any, ...]:
    """Return which actions are contacts a bank or its agencies made in `[since, until)`."""
    return (
        Action.bank_id == bank_id,
        Action.made_at >= since,
        Action.made_at < until,
        Action.direction == Direction.OUTBOUND.value,
    )


@dataclass
class Tally:
    """Counts what a draft says of some people's contacts, one portion of people at a time."""

    session: Session
    bank_id: UUID
    zone: ZoneInfo
    pack: Pack
    since: datetime
    until: datetime
    looked_at: int = 0
    people: int = 0
    forbidden: int = 0
    for_a_person: int = 0
    permits: int = 0
    permits_denied: int = 0
    anew: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    by_agency: Counter[UUID | None] = field(default_factory=Counter)
    by_channel: Counter[Channel] = field(default_factory=Counter)
    by_day: Counter[date] = field(default_factory=Counter)
    found: dict[str, list[tuple[PastContact, Finding]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, people: Sequence[UUID]) -> None:
        """Judge and count the contacts of some people."""
        known = gather(
            self.session, self.bank_id, people, since=self.since - HISTORY, until=self.until
        )
        zones = self._zones(people)
        before = self._judged_before(people)
        permits = self._permits(people)
        self.people += len(people)
        for debtor_id in people:
            person = self._person(debtor_id, zones.get(debtor_id, ()))
            for contact, judgement in self._judge(person, known[debtor_id], before):
                self._count(contact, judgement, before)
            for permit in permits[debtor_id]:
                self._count_permit(permit, person, known[debtor_id])

    def _zones(self, people: Sequence[UUID]) -> dict[UUID, tuple[ZoneInfo, ...]]:
        rows = self.session.execute(
            select(Debtor.id, Debtor.zones).where(
                Debtor.bank_id == self.bank_id, Debtor.id.in_(people)
            )
        )
        return {row.id: tuple(ZoneInfo(name) for name in row.zones) for row in rows}

    def _judged_before(self, people: Sequence[UUID]) -> dict[str, Any]:
        """Return what each contact was judged last, and where the person was taken to be."""
        rows = self.session.execute(
            select(
                KeptJudgement.action_id,
                KeptJudgement.verdict,
                KeptJudgement.facts["zones"].astext.label("zones"),
            )
            .join(
                Action,
                and_(Action.bank_id == KeptJudgement.bank_id, Action.id == KeptJudgement.action_id),
            )
            .where(
                *contacts_within(self.bank_id, self.since, self.until), Action.debtor_id.in_(people)
            )
            .order_by(KeptJudgement.action_id, KeptJudgement.number)
        )
        return {str(row.action_id): row for row in rows}

    def _permits(self, people: Sequence[UUID]) -> dict[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = defaultdict(list)
        rows = self.session.execute(
            select(
                Permit.debtor_id,
                Permit.account_id,
                Permit.agency_id,
                Permit.channel,
                Permit.target,
                Permit.purpose,
                Permit.contact_point_id,
                Permit.asked_at,
                Permit.verdict,
                Permit.facts["zones"].astext.label("zones"),
            ).where(
                Permit.bank_id == self.bank_id,
                Permit.debtor_id.in_(people),
                Permit.asked_at >= self.since,
                Permit.asked_at < self.until,
            )
        )
        for row in rows:
            found[row.debtor_id].append(row)
        return found

    def _person(self, debtor_id: UUID, zones: tuple[ZoneInfo, ...]) -> ContactFacts:
        return ContactFacts(
            at=self.until, channel=Channel.UNKNOWN, person_id=str(debtor_id), zones=zones
        )

    def _judge(
        self, person: ContactFacts, known: Knowledge, before: Mapping[str, Any]
    ) -> Iterator[tuple[PastContact, Judgement]]:
        """Judge a person's contacts by the draft, each where the person was taken to be then."""
        details = {
            past.id: replace(person, zones=then)
            for past in known.history
            if (row := before.get(str(past.id))) is not None
            and (then := _zones_in(row.zones)) != person.zones
        }
        if known.wrong_numbers:
            yield from self._judge_one_by_one(person, known, details)
            return
        log = Log(person=person, contacts=tuple(known.history), details=details)
        for judged in judge_all(log, lambda _day: (self.pack,), since=self.since):
            yield judged.contact, judged.judgement

    def _judge_one_by_one(
        self, person: ContactFacts, known: Knowledge, details: Mapping[Any, ContactFacts]
    ) -> Iterator[tuple[PastContact, Judgement]]:
        """Judge where a number turned out wrong: what counts then differs from one to the next."""
        for past in known.history:
            if past.at >= self.since:
                facts = facts_of(
                    details.get(past.id, person), past, known.history_at(past.at, str(past.id))
                )
                yield past, judge_done(facts, [self.pack])

    def _count(self, contact: PastContact, judgement: Judgement, before: Mapping[str, Any]) -> None:
        if contact.direction is not Direction.OUTBOUND or contact.at >= self.until:
            return
        self.looked_at += 1
        breaches = _own(judgement)
        if not breaches:
            return
        grave = [finding for finding in breaches if finding.verdict is not Verdict.REVIEW]
        if not grave:
            self.for_a_person += 1
            return
        self.forbidden += 1
        row = before.get(str(contact.id))
        if row is not None and row.verdict not in _OPEN:
            return
        self.anew += 1
        self.by_agency[self._agency(contact)] += 1
        self.by_channel[contact.channel] += 1
        self.by_day[contact.at.astimezone(self.zone).date()] += 1
        for finding in grave:
            self.by_rule[finding.rule_id] += 1
            if len(self.found[finding.rule_id]) < _SAMPLES_OF_A_RULE:
                self.found[finding.rule_id].append((contact, finding))

    def _agency(self, contact: PastContact) -> UUID | None:
        agency_id = UUID(str(contact.agency_id))
        return None if agency_id == self.bank_id else agency_id

    def _count_permit(self, permit: Any, person: ContactFacts, known: Knowledge) -> None:
        self.permits += 1
        if permit.verdict not in _OPEN:
            return
        facts = replace(
            person,
            at=permit.asked_at,
            channel=Channel(permit.channel),
            agency_id=str(permit.agency_id or self.bank_id),
            person_id=person_of(permit.debtor_id, Role(permit.target)),
            role=Role(permit.target),
            purpose=Purpose(permit.purpose) if permit.purpose else None,
            address=str(permit.contact_point_id) if permit.contact_point_id else None,
            account_ids=(str(permit.account_id),),
            zones=_zones_in(permit.zones),
            history=known.history_at(permit.asked_at),
        )
        breaches = _own(judge_done(facts, [self.pack]))
        self.permits_denied += any(each.verdict is not Verdict.REVIEW for each in breaches)

    def result(self, contacts: int, *, is_drawn: bool) -> Preview:
        """Return the figures, and some of the contacts behind them."""
        return Preview(
            since=self.since,
            until=self.until,
            contacts=contacts,
            looked_at=self.looked_at,
            people=self.people,
            is_drawn=is_drawn,
            forbidden=self.forbidden,
            forbidden_anew=self.anew,
            for_a_person=self.for_a_person,
            permits=self.permits,
            permits_denied=self.permits_denied,
            by_rule=dict(self.by_rule.most_common()),
            by_agency=dict(self.by_agency.most_common()),
            by_channel=dict(self.by_channel.most_common()),
            by_day=dict(sorted(self.by_day.items())),
            samples=self._samples(),
        )

    def _samples(self) -> tuple[Sample, ...]:
        found = sorted(
            (pair for pairs in self.found.values() for pair in pairs), key=lambda pair: pair[0].at
        )
        refs = self._account_refs(UUID(str(past.placed_ids[0])) for past, _finding in found)
        return tuple(
            Sample(
                action_id=UUID(str(past.id)),
                account_id=UUID(str(past.placed_ids[0])),
                account_ref=refs[UUID(str(past.placed_ids[0]))],
                at=past.at,
                channel=past.channel,
                agency_id=self._agency(past),
                finding=finding,
            )
            for past, finding in found
        )

    def _account_refs(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        rows = self.session.execute(
            select(Account.id, Account.account_ref).where(
                Account.bank_id == self.bank_id, Account.id.in_(set(ids))
            )
        )
        return {row.id: row.account_ref for row in rows}


@lru_cache(maxsize=4096)
def _zones_in(kept: str | None) -> tuple[ZoneInfo, ...]:
    """Return the zones a record of facts keeps, as JSON; the same few come again and again."""
    return tuple(ZoneInfo(name) for name in json.loads(kept or "[]"))


def _own(judgement: Judgement) -> list[Finding]:
    """Return what the draft itself says: it is asked without the law, whose gap is no answer."""
    return [finding for finding in judgement.breaches if finding.rule.pack_id == PACK_ID]
