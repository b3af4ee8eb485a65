"""Read models of the rules that bind the agency: packs of law, and each bank's own."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from flask_babel import get_locale
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Account
from portal.core.actions.bank_rules import find_pack
from portal.core.parties.models import Bank, Debtor, PanelMember
from portal.core.rules import Pack, jurisdictions_for
from portal.core.rules.pack import ANYWHERE, PACK_IDS, read_pack
from portal.web.own_rule_words import sentences, settings_in
from portal.web.rule_titles import pack_title


@dataclass(frozen=True)
class OwnVersion:
    """A version of a bank's own rules, and when it takes effect."""

    effective_at: datetime
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class BankRow:
    """A bank on whose panel the agency is, and its own rules."""

    id: UUID
    name: str
    in_force: OwnVersion | None
    coming: tuple[OwnVersion, ...]


@dataclass(frozen=True)
class BoundPack:
    """A pack of law, and how many of the agency's accounts it binds."""

    id: str
    title: str
    jurisdiction: str
    version: str
    rules: int
    accounts: int


@dataclass(frozen=True)
class RulesPage:
    """Everything the agency's contacts are judged by."""

    banks: tuple[BankRow, ...]
    packs: tuple[BoundPack, ...]


def rules_page(session: Session, agency_id: UUID, on: date) -> RulesPage:
    """Return the packs that bind the agency's accounts on a day, and each bank's own rules."""
    banks = tuple(_bank(session, bank_id, name, on) for bank_id, name in list_banks(session))
    bound, everyone = _count_bound(session, agency_id)
    packs = [read_pack(pack_id).in_force_on(on) for pack_id in PACK_IDS]
    rows = [_pack(pack, bound[pack.id]) for pack in packs if pack.jurisdiction != ANYWHERE]
    everywhere = [_pack(pack, everyone) for pack in packs if pack.jurisdiction == ANYWHERE]
    return RulesPage(banks, (*everywhere, *sorted(rows, key=lambda row: -row.accounts)))


def list_banks(session: Session) -> list[tuple[UUID, str]]:
    """Return the banks on whose panel the agency is, by name in the reader's language."""
    rows = session.execute(
        select(Bank.id, Bank.name, Bank.name_zh)
        .join(PanelMember, PanelMember.bank_id == Bank.id)
        .order_by(Bank.name, Bank.id)
    )
    locale = get_locale()
    is_chinese = bool(locale and locale.language == "zh")
    return [(row.id, row.name_zh if is_chinese and row.name_zh else row.name) for row in rows]


def _pack(pack: Pack, accounts: int) -> BoundPack:
    return BoundPack(
        pack.id,
        pack_title(pack.id),
        pack.jurisdiction,
        pack.version,
        len(pack.rules),
        accounts,
    )


def _count_bound(session: Session, agency_id: UUID) -> tuple[Counter[str], int]:
    rows = session.execute(
        select(Debtor.country, Debtor.state, func.count())
        .select_from(Account)
        .join(Debtor, and_(Debtor.bank_id == Account.bank_id, Debtor.id == Account.debtor_id))
        .where(Account.agency_id == agency_id)
        .group_by(Debtor.country, Debtor.state)
    )
    bound: Counter[str] = Counter()
    everyone = 0
    for country, state, count in rows:
        everyone += count
        bound.update(dict.fromkeys(jurisdictions_for(country, state), count))
    return bound, everyone


def _bank(session: Session, bank_id: UUID, name: str, on: date) -> BankRow:
    in_force = find_pack(session, bank_id, on)
    return BankRow(
        id=bank_id,
        name=name,
        in_force=_version(in_force) if in_force is not None else None,
        coming=tuple(_version(pack) for pack in _coming(session, bank_id, in_force)),
    )


def _coming(session: Session, bank_id: UUID, in_force: Pack | None) -> list[Pack]:
    """Return the versions that will take effect, soonest first.

    An agency may ask what holds on a day, and of each version when it began: so it is asked from
    the last day there is backwards.
    """
    found: list[Pack] = []
    day = date.max
    while True:
        pack = find_pack(session, bank_id, day)
        if pack is None or (in_force is not None and pack.hash == in_force.hash):
            return found[::-1]
        found.append(pack)
        day = _begins(pack) - timedelta(days=1)


def _begins(pack: Pack) -> date:
    return date.fromisoformat(json.loads(pack.document)["effective_from"])


def _version(pack: Pack) -> OwnVersion:
    return OwnVersion(
        effective_at=datetime.combine(_begins(pack), time(), UTC),
        sentences=tuple(sentences(settings_in(pack))),
    )
