"""Read models of the rule packs: which there are, and which bind the bank's own accounts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.core.accounts.exports import Cell
from portal.core.accounts.models import Account, AccountState
from portal.core.actions.bank_rules import find_pack
from portal.core.errors import NotFound
from portal.core.parties.models import Debtor
from portal.core.rules import Pack, jurisdictions_for
from portal.core.rules.pack import ANYWHERE, PACK_IDS, read_pack
from portal.web.rule_titles import pack_title

HEADINGS = (
    *("pack", "version", "hash", "rule", "title", "citation", "severity", "confidence"),
    *("effective_from", "effective_to", "source", "source_checked_on", "evaluator", "parameters"),
)


@dataclass(frozen=True)
class Place:
    """Where some of the bank's people live: how many accounts, and the packs that bind there."""

    country: str
    state: str
    accounts: int
    packs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PackRow:
    """One pack in the list, and how many open accounts it binds."""

    id: str
    title: str
    jurisdiction: str
    version: str
    short_hash: str
    hash: str
    rules: int
    accounts: int


@dataclass(frozen=True)
class PacksPage:
    """Every pack there is for the bank on a day, and where its accounts are."""

    packs: tuple[PackRow, ...]
    places: tuple[Place, ...]


def list_packs(session: Session, bank_id: UUID, on: date) -> PacksPage:
    """Return the packs in force on a day and the places the bank's open accounts are in."""
    places = count_places(session, bank_id)
    bound: Counter[str] = Counter()
    for place in places:
        bound.update(dict.fromkeys((pack_id for pack_id, _title in place.packs), place.accounts))
    everyone = sum(place.accounts for place in places)
    rows = [
        _row(pack, everyone if pack.jurisdiction == ANYWHERE else bound[pack.id])
        for pack in packs_on(session, bank_id, on)
    ]
    return PacksPage(tuple(rows), places)


def packs_on(session: Session, bank_id: UUID, on: date) -> list[Pack]:
    """Return every pack as in force on a day, the bank's own last."""
    shipped = [read_pack(pack_id).in_force_on(on) for pack_id in PACK_IDS]
    own = find_pack(session, bank_id, on)
    return [*shipped, own] if own is not None and own.rules else shipped


def _row(pack: Pack, accounts: int) -> PackRow:
    return PackRow(
        id=pack.id,
        title=pack_title(pack.id),
        jurisdiction=pack.jurisdiction,
        version=pack.version,
        short_hash=pack.hash[:12],
        hash=pack.hash,
        rules=len(pack.rules),
        accounts=accounts,
    )


def count_places(session: Session, bank_id: UUID) -> tuple[Place, ...]:
    """Return where the people of the bank's open accounts live, the most accounts first.

    States are told apart only where one has rules of its own.
    """
    rows = session.execute(
        select(Debtor.country, Debtor.state, func.count())
        .select_from(Account)
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .where(Account.bank_id == bank_id, Account.state != AccountState.CLOSED)
        .group_by(Debtor.country, Debtor.state)
    )
    return places_of((row[0], row[1], row[2]) for row in rows)


def places_of(rows: Iterable[tuple[str, str, int]]) -> tuple[Place, ...]:
    """Put counts by country and state together where the same packs bind."""
    counts: Counter[tuple[str, str]] = Counter()
    for country, state, count in rows:
        has_own = jurisdictions_for(country, state) != jurisdictions_for(country)
        counts[country, state if has_own else ""] += count
    places = [
        Place(
            country,
            state,
            count,
            tuple((name, pack_title(name)) for name in jurisdictions_for(country, state)),
        )
        for (country, state), count in counts.items()
    ]
    return tuple(sorted(places, key=lambda place: (-place.accounts, place.country, place.state)))


def get_pack(session: Session, bank_id: UUID, pack_id: str, on: date) -> Pack:
    """Return one pack as in force on a day.

    Raises:
        NotFound: there is none by this id, or the bank has none of its own.
    """
    pack = next((each for each in packs_on(session, bank_id, on) if each.id == pack_id), None)
    if pack is None:
        raise NotFound
    return pack


def as_rows(packs: Iterable[Pack]) -> Iterable[tuple[Cell, ...]]:
    """Yield every check of some packs as the cells of a table, under `HEADINGS`."""
    for pack in packs:
        for check in pack.checks:
            rule = check.rule
            yield (
                *(pack.id, pack.version, pack.hash, rule.id, rule.title, rule.citation),
                *(rule.severity.value, rule.confidence.value),
                *(rule.effective_from, rule.effective_to, rule.source, rule.source_checked_on),
                *(check.name, json.dumps(check.parameters, ensure_ascii=False, default=str)),
            )
