"""A bank's own rules: its versions, when each takes effect, and the one in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.actions.models import BankRules
from portal.core.actions.own_pack import draft_pack, to_document
from portal.core.actions.own_settings import BankSettings, to_plain
from portal.core.actions.own_settings_reading import SettingsRefused, read_settings
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.permissions import Permission
from portal.core.principal import Principal
from portal.core.rules.pack import content_hash

__all__ = [
    "BankSettings",
    "Schedule",
    "SettingsRefused",
    "draft_pack",
    "first_day",
    "list_versions",
    "read_settings",
    "schedule_of",
    "set_rules",
    "settings_of",
    "to_document",
    "to_plain",
    "withdraw",
]

NOTE_LIMIT = 500


@dataclass(frozen=True)
class Schedule:
    """A bank's versions as of a day: the one in force, those to come soonest first, those over."""

    in_force: BankRules | None
    coming: tuple[BankRules, ...]
    over: tuple[BankRules, ...]

    @property
    def newest(self) -> int:
        """The number of the newest version; 0 when there is none."""
        every = (*self.coming, *self.over, *([self.in_force] if self.in_force else []))
        return max((each.version for each in every), default=0)


def list_versions(session: Session, bank_id: UUID) -> list[BankRules]:
    """Return every version of a bank's own rules, the newest first."""
    return list(
        session.scalars(
            select(BankRules)
            .where(BankRules.bank_id == bank_id)
            .order_by(BankRules.version.desc(), BankRules.id)
        )
    )


def schedule_of(versions: Sequence[BankRules], on: date) -> Schedule:
    """Arrange a bank's versions as of a day.

    The version in force is the one with the latest day not yet to come, the newer of two on one
    day: a version planned for a day that a newer one took is over before it began.
    """
    ordered = sorted(versions, key=lambda each: (each.effective_from, each.version))
    last_of_day = {each.effective_from: each for each in ordered}
    begun = [each for each in last_of_day.values() if each.effective_from <= on]
    in_force = begun[-1] if begun else None
    coming = tuple(each for each in last_of_day.values() if each.effective_from > on)
    standing = {each.version for each in coming} | ({in_force.version} if in_force else set())
    over = tuple(each for each in reversed(ordered) if each.version not in standing)
    return Schedule(in_force, coming, over)


def settings_of(version: BankRules | None) -> BankSettings:
    """Return what a version asks for; none asks for nothing."""
    return BankSettings() if version is None else read_settings(version.settings)


def first_day(versions: Sequence[BankRules], *, at: datetime, today: date) -> date:
    """Return the first day a new version may take effect: tomorrow, today for a bank's first.

    Rules change at midnight UTC. A day that has begun there, or at the bank, is not opened again:
    what was judged by one version is not judged by another later.
    """
    begun = max(today, at.astimezone(UTC).date())
    return begun + timedelta(days=1) if versions else begun


def set_rules(
    session: Session,
    actor: Principal,
    settings: BankSettings,
    *,
    effective_from: date,
    note: str,
    at: datetime,
    today: date,
    based_on: int | None = None,
) -> BankRules:
    """Put a new version of a bank's own rules in force from a day on; earlier ones stay on record.

    `based_on` is the newest version its author knew of: when another has been set since, neither
    is overwritten.

    Raises:
        PermissionDenied: the actor sets no policies.
        NotFound: the actor is not a bank's.
        Invalid: the day has begun, nothing would change, or the note is too long.
        Conflict: somebody set another version meanwhile.
    """
    actor.require(Permission.POLICY_SET)
    if actor.bank_id is None:
        raise NotFound
    read_settings(to_plain(settings))
    if len(note) > NOTE_LIMIT:
        raise Invalid("Shorten the note to %(limit)d characters.", limit=NOTE_LIMIT, field="note")
    versions = list_versions(session, actor.bank_id)
    _check_base(versions, based_on)
    _check_day(versions, settings, effective_from, first_day(versions, at=at, today=today))
    number = versions[0].version + 1 if versions else 1
    document = to_document(settings, number, effective_from=effective_from)
    digest = content_hash(document)
    made = BankRules(
        bank_id=actor.bank_id,
        id=uuid7(),
        version=number,
        hash=digest,
        document=document,
        settings=to_plain(settings),
        effective_from=effective_from,
        note=note.strip(),
        made_by=actor.user_id,
        made_at=at,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        raise _set_meanwhile() from None
    facts = {"version": number, "effective_from": effective_from.isoformat(), "hash": digest}
    audit.record(session, actor, "rules.set", made.id, facts=facts)
    return made


def _set_meanwhile() -> Conflict:
    return Conflict("Somebody set another version meanwhile. Look at it, then decide anew.")


def _check_base(versions: Sequence[BankRules], based_on: int | None) -> None:
    newest = versions[0].version if versions else 0
    if based_on is not None and based_on != newest:
        raise _set_meanwhile()


def _check_day(
    versions: Sequence[BankRules], settings: BankSettings, effective_from: date, first: date
) -> None:
    if effective_from < first:
        raise Invalid(
            "New rules take effect on %(first)s at the earliest. Choose that day or a later one.",
            first=first.isoformat(),
            field="effective_from",
        )
    before = schedule_of(versions, effective_from).in_force
    if settings_of(before) == settings:
        raise Invalid("Nothing changes: these rules hold on that day already.")


def withdraw(
    session: Session,
    actor: Principal,
    *,
    effective_from: date,
    note: str,
    at: datetime,
    today: date,
    based_on: int | None = None,
) -> BankRules:
    """End a bank's own rules from a day on, by a version that asks for nothing; as `set_rules`."""
    return set_rules(
        session,
        actor,
        BankSettings(),
        effective_from=effective_from,
        note=note,
        at=at,
        today=today,
        based_on=based_on,
    )
