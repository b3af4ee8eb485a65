"""Referring: a filter and shares become a proposal, and a confirmed proposal becomes offers."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import String, case, cast, func, insert, literal, select, update
from sqlalchemy.orm import Session

from portal.core import audit, faults, outbox
from portal.core.accounts.models import Account, AccountState
from portal.core.accounts.selection import AccountFilter, hindrances, joined, matching
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Debtor, PanelMember, Staff
from portal.core.permissions import Permission, Role
from portal.core.placements.models import Offer, OfferState, Placement, PlacementState, Referral
from portal.core.principal import Principal
from portal.core.rules.allocation import Person, Seat, split

_INSERTED_AT_ONCE = 5_000


@dataclass(frozen=True)
class Candidate:
    """An account that may be referred."""

    id: UUID
    debtor_id: UUID
    total_minor: int
    place: str
    language: str


@dataclass(frozen=True)
class AgencyPart:
    """What one agency would be offered."""

    agency_id: UUID
    share: int
    accounts: int
    people: int
    total: Money
    fee_bps: int
    term_days: int
    room: int


@dataclass(frozen=True)
class Proposal:
    """What a referral would do, before anybody confirms it.

    `fingerprint` stands for exactly these accounts with exactly these agencies.
    """

    chosen: AccountFilter
    shares: dict[UUID, int]
    seed: str
    parts: tuple[AgencyPart, ...]
    left_out: dict[str, int]
    refused: dict[str, int]
    agency_of: dict[UUID, UUID] = field(repr=False)
    candidates: tuple[Candidate, ...] = field(repr=False)

    @property
    def accounts(self) -> int:
        """Return how many accounts would be offered."""
        return len(self.agency_of)

    @property
    def total(self) -> Money:
        """Return what is owed on them."""
        return Money(sum(part.total.minor for part in self.parts), self.chosen.currency)

    @property
    def fingerprint(self) -> str:
        """Return a digest of which account would go where, at which balance."""
        rows = [
            f"{candidate.id}|{self.agency_of[candidate.id]}|{candidate.total_minor}"
            for candidate in sorted(self.candidates, key=lambda each: each.id)
            if candidate.id in self.agency_of
        ]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def propose_referral(
    session: Session,
    actor: Principal,
    chosen: AccountFilter,
    shares: Mapping[UUID, int],
    *,
    seed: str,
    today: date,
) -> Proposal:
    """Work out who would get what, and who cannot be referred and why. Changes nothing.

    The same accounts, shares and seed give the same proposal. Accounts of one person stay
    together, with the agency that works another of them already if there is one.

    Raises:
        PermissionDenied: the actor makes no referrals.
        Invalid: no share is above zero, or an agency is not on the bank's panel.
    """
    actor.require(Permission.REFERRAL_MAKE)
    bank_id = _bank_of(actor)
    members = _panel(session, bank_id)
    unknown = [agency for agency in shares if agency not in members]
    if unknown or not any(share > 0 for share in shares.values()):
        raise Invalid("Give at least one agency of your panel a share above zero.")
    candidates, left_out = _candidates(session, bank_id, chosen, today)
    people = _people(session, bank_id, candidates)
    seats = [
        Seat(
            agency=str(agency_id),
            share=share,
            capacity=max(members[agency_id].capacity - members[agency_id].placed, 0),
            places=frozenset(members[agency_id].places),
            languages=frozenset(members[agency_id].languages),
        )
        for agency_id, share in sorted(shares.items())
    ]
    result = split(people, seats, seed)
    agency_of = {
        candidate.id: UUID(result.agency_of[str(candidate.debtor_id)])
        for candidate in candidates
        if str(candidate.debtor_id) in result.agency_of
    }
    refused: Counter[str] = Counter()
    for candidate in candidates:
        reason = result.refused.get(str(candidate.debtor_id))
        if reason is not None:
            refused[reason] += 1
    return Proposal(
        chosen=chosen,
        shares=dict(shares),
        seed=seed,
        parts=_parts(candidates, agency_of, shares, members, chosen.currency),
        left_out=left_out,
        refused=dict(refused),
        agency_of=agency_of,
        candidates=tuple(candidates),
    )


def _panel(session: Session, bank_id: UUID) -> dict[UUID, PanelMember]:
    rows = session.scalars(
        select(PanelMember).where(PanelMember.bank_id == bank_id, PanelMember.status == "active")
    )
    return {member.agency_id: member for member in rows}


def _candidates(
    session: Session, bank_id: UUID, chosen: AccountFilter, today: date
) -> tuple[list[Candidate], dict[str, int]]:
    reasons = hindrances(today)
    reason = case(
        *((condition, literal(name)) for name, condition in reasons.items()), else_=literal("")
    ).label("reason")
    counts = session.execute(
        joined(reason, func.count()).where(matching(bank_id, chosen)).group_by(reason)
    ).all()
    rows = session.execute(
        joined(Account.id, Account.debtor_id, Balance.total_minor, Debtor.country, Debtor.language)
        .where(matching(bank_id, chosen), reason == "")
        .order_by(Account.id)
    )
    candidates = [Candidate(*row) for row in rows]
    return candidates, {name: count for name, count in counts if name}


def _people(session: Session, bank_id: UUID, candidates: list[Candidate]) -> list[Person]:
    counts = Counter(candidate.debtor_id for candidate in candidates)
    kept = dict(
        session.execute(
            select(Placement.debtor_id, func.min(cast(Placement.agency_id, String)))
            .where(
                Placement.bank_id == bank_id,
                Placement.state.in_(
                    (PlacementState.OFFERED, PlacementState.ACCEPTED, PlacementState.WORKING)
                ),
            )
            .group_by(Placement.debtor_id)
        ).all()
    )
    first = {candidate.debtor_id: candidate for candidate in candidates}
    return [
        Person(
            id=str(debtor_id),
            accounts=count,
            place=first[debtor_id].place,
            language=first[debtor_id].language,
            kept_with=kept.get(debtor_id),
        )
        for debtor_id, count in counts.items()
    ]


def _parts(
    candidates: list[Candidate],
    agency_of: dict[UUID, UUID],
    shares: Mapping[UUID, int],
    members: dict[UUID, PanelMember],
    currency: str,
) -> tuple[AgencyPart, ...]:
    accounts: Counter[UUID] = Counter()
    minor: Counter[UUID] = Counter()
    people: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for candidate in candidates:
        agency_id = agency_of.get(candidate.id)
        if agency_id is not None:
            accounts[agency_id] += 1
            minor[agency_id] += candidate.total_minor
            people[agency_id].add(candidate.debtor_id)
    return tuple(
        AgencyPart(
            agency_id=agency_id,
            share=share,
            accounts=accounts[agency_id],
            people=len(people[agency_id]),
            total=Money(minor[agency_id], currency),
            fee_bps=members[agency_id].fee_bps,
            term_days=members[agency_id].term_days,
            room=max(members[agency_id].capacity - members[agency_id].placed, 0),
        )
        for agency_id, share in sorted(shares.items())
    )


def make_referral(
    session: Session,
    actor: Principal,
    chosen: AccountFilter,
    shares: Mapping[UUID, int],
    *,
    seed: str,
    expected: str,
    at: datetime,
    today: date,
) -> Referral:
    """Carry out a confirmed proposal: a referral, an offer per agency, a placement per account.

    Each agency's managers are told by e-mail, without a name or a balance in it.

    Raises:
        PermissionDenied: the actor makes no referrals.
        Conflict: the accounts changed since the proposal `expected` stands for, or none is left.
    """
    actor.require(Permission.REFERRAL_MAKE)
    bank_id = _bank_of(actor)
    # Panel rows are locked first, so that two referrals cannot fill the same room twice.
    session.execute(
        select(PanelMember.agency_id)
        .where(PanelMember.bank_id == bank_id)
        .order_by(PanelMember.agency_id)
        .with_for_update()
    )
    proposal = propose_referral(session, actor, chosen, shares, seed=seed, today=today)
    if not proposal.accounts:
        raise Conflict("No account is left to refer.")
    if proposal.fingerprint != expected:
        raise Conflict("The accounts changed since you looked. Look at the new proposal.")
    referral = _add_referral(session, actor, proposal, at)
    offers = _add_offers(session, referral, proposal, at)
    _add_placements(session, referral, proposal, offers, at)
    faults.point("referral.placed")
    audit.record(session, actor, "referral.made", referral.id, facts={"count": proposal.accounts})
    for offer in offers.values():
        outbox.enqueue(
            session, "tell_agency_of_offer", bank_id=str(bank_id), offer_id=str(offer.id)
        )
    return referral


def _add_referral(session: Session, actor: Principal, proposal: Proposal, at: datetime) -> Referral:
    bank_id = _bank_of(actor)
    number = session.scalar(select(func.count()).where(Referral.bank_id == bank_id)) or 0
    referral = Referral(
        bank_id=bank_id,
        id=uuid7(),
        ref=f"R-{at:%Y%m}-{number + 1:04d}",
        filter=proposal.chosen.to_dict(),
        shares={str(agency): share for agency, share in proposal.shares.items()},
        seed=proposal.seed,
        account_count=proposal.accounts,
        total_minor=proposal.total.minor,
        currency=proposal.chosen.currency,
        made_by=actor.user_id,
        made_at=at,
    )
    session.add(referral)
    session.flush()
    return referral


def _add_offers(
    session: Session, referral: Referral, proposal: Proposal, at: datetime
) -> dict[UUID, Offer]:
    members = _panel(session, referral.bank_id)
    offers = {}
    for part in proposal.parts:
        if part.accounts:
            member = members[part.agency_id]
            member.placed += part.accounts
            offers[part.agency_id] = Offer(
                bank_id=referral.bank_id,
                id=uuid7(),
                referral_id=referral.id,
                referral_ref=referral.ref,
                agency_id=part.agency_id,
                state=OfferState.OFFERED,
                account_count=part.accounts,
                total_minor=part.total.minor,
                currency=referral.currency,
                fee_bps=member.fee_bps,
                term_days=member.term_days,
                tail_days=member.tail_days,
                offered_at=at,
                answer_by=at + timedelta(hours=member.answer_hours),
            )
    session.add_all(offers.values())
    session.flush()
    return offers


def _add_placements(
    session: Session,
    referral: Referral,
    proposal: Proposal,
    offers: dict[UUID, Offer],
    at: datetime,
) -> None:
    numbers = dict(
        session.execute(
            select(Placement.account_id, func.count())
            .where(Placement.bank_id == referral.bank_id)
            .group_by(Placement.account_id)
        ).all()
    )
    rows = [
        {
            "bank_id": referral.bank_id,
            "id": uuid7(),
            "ref": f"{referral.ref}-{index:06d}",
            "account_id": candidate.id,
            "debtor_id": candidate.debtor_id,
            "referral_id": referral.id,
            "offer_id": offers[proposal.agency_of[candidate.id]].id,
            "agency_id": proposal.agency_of[candidate.id],
            "state": PlacementState.OFFERED,
            "number": numbers.get(candidate.id, 0) + 1,
            "placed_minor": candidate.total_minor,
            "currency": referral.currency,
            "fee_bps": offers[proposal.agency_of[candidate.id]].fee_bps,
            "tail_days": offers[proposal.agency_of[candidate.id]].tail_days,
            "offered_at": at,
        }
        for index, candidate in enumerate(proposal.candidates, start=1)
        if candidate.id in proposal.agency_of
    ]
    for start in range(0, len(rows), _INSERTED_AT_ONCE):
        part = rows[start : start + _INSERTED_AT_ONCE]
        session.execute(insert(Placement), part)
        session.execute(
            update(Account)
            .where(
                Account.bank_id == referral.bank_id,
                Account.id.in_([row["account_id"] for row in part]),
            )
            .values(state=AccountState.OFFERED),
            execution_options={"synchronize_session": False},
        )


def managers_to_tell(session: Session, agency_id: UUID) -> list[str]:
    """Return the e-mail addresses of an agency's people who answer offers."""
    return list(
        session.scalars(
            select(Staff.email)
            .where(
                Staff.org_id == agency_id,
                Staff.status == "active",
                Staff.role.in_((Role.AGENCY_MANAGER, Role.AGENCY_ADMIN)),
            )
            .order_by(Staff.email)
        )
    )


def _bank_of(actor: Principal) -> UUID:
    if actor.bank_id is None:
        raise NotFound
    return actor.bank_id
