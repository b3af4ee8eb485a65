"""Read models of a new referral: what it can be made of, and what a proposal comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, literal, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.queries_referrals import filter_in_words
from portal.core.accounts.models import Account, ImportFile, ImportState
from portal.core.accounts.selection import hindrances
from portal.core.ledger.models import Balance
from portal.core.money import Money
from portal.core.parties.models import Agency, PanelMember
from portal.core.placements.refer import AgencyPart, Proposal

_FILES = 50
#: Beyond this many accounts only the proposal itself counts them.
SUMMED = 200_000


@dataclass(frozen=True)
class Member:
    """An agency of the panel, with its terms and the room it has."""

    agency_id: UUID
    agency: str
    fee_bps: int
    term_days: int
    answer_hours: int
    room: int
    placed: int


@dataclass(frozen=True)
class Ready:
    """How many accounts of one currency can be referred now, and what is in the way of others."""

    currency: str
    accounts: int
    total: Money
    hindered: list[tuple[str, str, int]]


@dataclass(frozen=True)
class Grounds:
    """What a new referral can be made of."""

    currencies: list[str]
    ready: list[Ready]
    panel: list[Member]
    files: list[tuple[UUID, str]]


def get_grounds(session: Session, bank_id: UUID, today: date) -> Grounds:
    """Return what can be referred now, and to whom."""
    files = session.execute(
        select(ImportFile.id, ImportFile.file_name)
        .where(ImportFile.bank_id == bank_id, ImportFile.state == ImportState.COMMITTED)
        .order_by(ImportFile.committed_at.desc(), ImportFile.id)
        .limit(_FILES)
    )
    accounts = session.execute(
        select(Account.currency, func.count())
        .where(Account.bank_id == bank_id)
        .group_by(Account.currency)
        .order_by(func.count().desc(), Account.currency)
    ).all()
    summed = sum(count for _, count in accounts) <= SUMMED
    return Grounds(
        currencies=[currency for currency, _ in accounts],
        ready=_ready(session, bank_id, today) if summed else [],
        panel=list_panel(session, bank_id),
        files=[(row.id, row.file_name) for row in files],
    )


def _ready(session: Session, bank_id: UUID, today: date) -> list[Ready]:
    reason = case(
        *((condition, literal(name)) for name, condition in hindrances(today).items()),
        else_=literal(""),
    ).label("reason")
    rows = session.execute(
        select(Account.currency, reason, func.count(), func.sum(Balance.total_minor))
        .join(Balance, and_(Balance.bank_id == Account.bank_id, Balance.account_id == Account.id))
        .where(Account.bank_id == bank_id)
        .group_by(Account.currency, reason)
    ).all()
    by_currency: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for currency, name, count, total in rows:
        by_currency[currency][name] = (count, int(total))
    found = [
        Ready(
            currency=currency,
            accounts=counts.get("", (0, 0))[0],
            total=Money(counts.get("", (0, 0))[1], currency),
            hindered=told(
                {name: count for name, (count, _total) in counts.items() if name},
                words.HINDRANCES,
            ),
        )
        for currency, counts in by_currency.items()
    ]
    return sorted(found, key=lambda each: (-each.accounts, each.currency))


def told(
    counts: Mapping[str, int], said: Mapping[str, tuple[Any, Any]]
) -> list[tuple[str, str, int]]:
    """Return reasons in words with their cure and count, most frequent first."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(str(said[name][0]), str(said[name][1]), count) for name, count in ranked]


def list_panel(session: Session, bank_id: UUID) -> list[Member]:
    """Return the agencies that may be offered accounts, by name."""
    rows = session.execute(
        select(
            PanelMember.agency_id,
            Agency.name,
            Agency.name_zh,
            PanelMember.fee_bps,
            PanelMember.term_days,
            PanelMember.answer_hours,
            PanelMember.capacity,
            PanelMember.placed,
        )
        .join(Agency, Agency.id == PanelMember.agency_id)
        .where(PanelMember.bank_id == bank_id, PanelMember.status == "active")
        .order_by(Agency.name, Agency.id)
    )
    return [
        Member(
            agency_id=row.agency_id,
            agency=words.organisation(row.name, row.name_zh),
            fee_bps=row.fee_bps,
            term_days=row.term_days,
            answer_hours=row.answer_hours,
            room=max(row.capacity - row.placed, 0),
            placed=row.placed,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class ProposedPart:
    """What one agency would be offered, with its name."""

    agency: str
    part: AgencyPart


@dataclass(frozen=True)
class ProposalPage:
    """What the proposal page shows."""

    proposal: Proposal
    parts: list[ProposedPart]
    left_out: list[tuple[str, str, int]]
    refused: list[tuple[str, str, int]]
    chosen: list[tuple[str, str]]

    @property
    def people(self) -> int:
        """Return how many people the accounts belong to; each is with one agency only."""
        return sum(each.part.people for each in self.parts)


def proposal_page(proposal: Proposal, grounds: Grounds) -> ProposalPage:
    """Lay out a proposal: who would get what, and what stays behind and why."""
    names = {member.agency_id: member.agency for member in grounds.panel}
    parts = [ProposedPart(names[part.agency_id], part) for part in proposal.parts]
    return ProposalPage(
        proposal=proposal,
        parts=sorted(parts, key=lambda each: (-each.part.share, each.agency)),
        left_out=told(proposal.left_out, words.HINDRANCES),
        refused=told(proposal.refused, words.REFUSALS),
        chosen=filter_in_words(proposal.chosen.to_dict(), dict(grounds.files)),
    )
