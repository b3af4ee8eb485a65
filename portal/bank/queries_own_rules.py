"""Read models of the bank's own rules: what holds, is to come and was, and a look back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from flask_babel import get_locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bank import words
from portal.bank.queries_packs import count_places
from portal.core.actions.models import BankRules
from portal.core.actions.own_beside import find_stricter
from portal.core.actions.own_preview import Preview, preview
from portal.core.actions.own_rules import (
    BankSettings,
    draft_pack,
    first_day,
    list_versions,
    schedule_of,
    settings_of,
)
from portal.core.parties.models import Agency, Bank, PanelMember, Staff
from portal.core.principal import Principal
from portal.core.rules.pack import read_pack
from portal.web.findings import say_finding
from portal.web.own_rule_words import Change, beside_notes, change, sentences
from portal.web.rule_titles import title_of

_MONTHS = 6


@dataclass(frozen=True)
class VersionView:
    """One version: when it holds, who set it and why, what it asks for and what that changed."""

    version: int
    effective_from: date
    effective_at: datetime
    made_at: datetime
    made_by: str
    note: str
    hash: str
    sentences: tuple[str, ...]
    change: Change


@dataclass(frozen=True)
class OwnRulesPage:
    """The bank's own rules as of today."""

    in_force: VersionView | None
    coming: tuple[VersionView, ...]
    history: tuple[VersionView, ...]
    beside: tuple[str, ...]
    newest: int
    agencies: int


def own_rules_page(session: Session, bank_id: UUID, on: date) -> OwnRulesPage:
    """Return every version of the bank's own rules, each with what it changed."""
    versions = list_versions(session, bank_id)
    schedule = schedule_of(versions, on)
    names = _names(session, versions)
    before = {
        each.version: settings_of(versions[n + 1]) if n + 1 < len(versions) else BankSettings()
        for n, each in enumerate(versions)
    }
    views = {each.version: _view(each, before[each.version], names) for each in versions}
    in_force = schedule.in_force
    return OwnRulesPage(
        in_force=views[in_force.version] if in_force else None,
        coming=tuple(views[each.version] for each in schedule.coming),
        history=tuple(views.values()),
        beside=tuple(beside(session, bank_id, settings_of(in_force), on)),
        newest=schedule.newest,
        agencies=_count_agencies(session, bank_id),
    )


def _view(version: BankRules, before: BankSettings, names: dict[UUID, str]) -> VersionView:
    settings = settings_of(version)
    return VersionView(
        version=version.version,
        effective_from=version.effective_from,
        effective_at=datetime.combine(version.effective_from, time(), UTC),
        made_at=version.made_at,
        made_by=words.by_whom(names.get(version.made_by)),
        note=version.note,
        hash=version.hash,
        sentences=tuple(sentences(settings)),
        change=change(before, settings),
    )


def _names(session: Session, versions: Sequence[BankRules]) -> dict[UUID, str]:
    ids = {version.made_by for version in versions}
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _count_agencies(session: Session, bank_id: UUID) -> int:
    counted = select(func.count()).select_from(PanelMember).where(PanelMember.bank_id == bank_id)
    return session.scalar(counted) or 0


def beside(session: Session, bank_id: UUID, settings: BankSettings, on: date) -> list[str]:
    """Say where the law of the places the bank's people live in is as strict or stricter."""
    if settings.asks_nothing:
        return []
    names = dict.fromkeys(
        pack_id for place in count_places(session, bank_id) for pack_id, _title in place.packs
    )
    shipped = [read_pack(name).in_force_on(on) for name in names]
    return beside_notes(find_stricter(draft_pack(settings, effective_from=on), shipped))


@dataclass(frozen=True)
class Start:
    """What an author starts from: what holds, the newest version, the first day a new one may."""

    settings: BankSettings
    sentences: tuple[str, ...]
    newest: int
    first_day: date
    latest: VersionView | None


def start_from(session: Session, bank_id: UUID, *, at: datetime, today: date) -> Start:
    """Return what a new version starts from."""
    versions = list_versions(session, bank_id)
    schedule = schedule_of(versions, at.astimezone(UTC).date())
    latest = None
    if versions:
        old = settings_of(versions[1]) if len(versions) > 1 else BankSettings()
        latest = _view(versions[0], old, _names(session, versions[:1]))
    settings = settings_of(schedule.in_force)
    return Start(
        settings=settings,
        sentences=tuple(sentences(settings)),
        newest=schedule.newest,
        first_day=first_day(versions, at=at, today=today),
        latest=latest,
    )


@dataclass(frozen=True)
class Month:
    """A month to look back at, as `2026-10`, in the bank's own zone."""

    key: str
    name: str
    since: datetime
    until: datetime


def months(today: date, zone: ZoneInfo) -> list[Month]:
    """Return the months that are over, the last first."""
    found = []
    first = today.replace(day=1)
    for _n in range(_MONTHS):
        until, first = first, (first - timedelta(days=1)).replace(day=1)
        found.append(
            Month(
                first.strftime("%Y-%m"),
                format_skeleton("yMMMM", first, locale=get_locale() or "en"),
                datetime.combine(first, time(), zone).astimezone(UTC),
                datetime.combine(until, time(), zone).astimezone(UTC),
            )
        )
    return found


@dataclass(frozen=True)
class SampleView:
    """One contact a draft would have forbidden."""

    account_id: UUID
    account_ref: str
    at: datetime
    channel: object
    agency: str
    rule_id: str
    sentence: str


@dataclass(frozen=True)
class PreviewPage:
    """What a draft would have done to a month, by rule, agency, channel and day."""

    figures: Preview
    by_rule: tuple[tuple[str, str, int], ...]
    by_agency: tuple[tuple[str, int], ...]
    samples: tuple[SampleView, ...]
    zone: str


def preview_page(
    session: Session, actor: Principal, settings: BankSettings, month: Month
) -> PreviewPage:
    """Judge a month by a draft, and name what came of it."""
    found = preview(session, actor, settings, since=month.since, until=month.until)
    names = _agency_names(session)
    bank = session.get_one(Bank, actor.bank_id)
    own = words.organisation(bank.name, bank.name_zh)

    def name(agency_id: UUID | None) -> str:
        return own if agency_id is None else names.get(agency_id, "")

    return PreviewPage(
        figures=found,
        by_rule=tuple((rule, title_of(rule), count) for rule, count in found.by_rule.items()),
        by_agency=tuple((name(key), count) for key, count in found.by_agency.items()),
        samples=tuple(
            SampleView(
                account_id=each.account_id,
                account_ref=each.account_ref,
                at=each.at,
                channel=each.channel,
                agency=name(each.agency_id),
                rule_id=each.finding.rule_id,
                sentence=say_finding(each.finding),
            )
            for each in found.samples
        ),
        zone=bank.timezone,
    )


def _agency_names(session: Session) -> dict[UUID, str]:
    rows = session.execute(select(Agency.id, Agency.name, Agency.name_zh))
    return {row.id: words.organisation(row.name, row.name_zh) for row in rows}
