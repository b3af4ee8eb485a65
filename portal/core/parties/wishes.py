"""How a person wants to be contacted: set by them, kept by everybody who collects from them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid
from portal.core.parties.guarding import lock_debtor
from portal.core.parties.locks import void_permits
from portal.core.parties.models import ContactWish, Debtor
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.core.rules import Channel

T = TypeVar("T")

#: The channels a person chooses from, in the order they are shown.
CHANNELS = (
    Channel.CALL,
    Channel.SMS,
    Channel.EMAIL,
    Channel.LETTER,
    Channel.VISIT,
    Channel.IN_APP,
)
_SPOKEN = frozenset({Channel.CALL, Channel.VISIT})
WEEK = frozenset(range(7))
DAY_MINUTES = 1440
MOST_A_WEEK = 50


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wishes; nothing set means no limit of that kind.

    `days` counts from Monday, 0. `opens_minute` and `closes_minute` are minutes after midnight
    where the person lives, the same for each day.
    """

    channels: frozenset[Channel] | None = None
    days: frozenset[int] | None = None
    opens_minute: int | None = None
    closes_minute: int | None = None
    weekly_maximum: int | None = None
    write_only: bool = False
    no_work: bool = False

    @property
    def reached_by(self) -> frozenset[Channel]:
        """Return the channels that are left."""
        chosen = frozenset(CHANNELS) if self.channels is None else self.channels
        return chosen - _SPOKEN if self.write_only else chosen

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is limited."""
        return self == Wish()

    def loosens(self, other: Wish) -> bool:
        """Tell whether this wish allows something that another one did not."""
        own_opens, own_closes = self._hours
        opens, closes = other._hours
        return (
            not self.reached_by <= other.reached_by
            or not (self.days or WEEK) <= (other.days or WEEK)
            or own_opens < opens
            or own_closes > closes
            or _most(self.weekly_maximum) > _most(other.weekly_maximum)
            or (other.no_work and not self.no_work)
        )

    @property
    def _hours(self) -> tuple[int, int]:
        if self.opens_minute is None or self.closes_minute is None:
            return 0, DAY_MINUTES
        return self.opens_minute, self.closes_minute


def _most(weekly_maximum: int | None) -> int:
    return MOST_A_WEEK + 1 if weekly_maximum is None else weekly_maximum


def wish_of(row: ContactWish) -> Wish:
    """Return what a stored row wishes."""
    return Wish(
        channels=None if row.channels is None else frozenset(Channel(c) for c in row.channels),
        days=None if row.days is None else frozenset(row.days),
        opens_minute=row.opens_minute,
        closes_minute=row.closes_minute,
        weekly_maximum=row.weekly_maximum,
        write_only=row.write_only,
        no_work=row.no_work,
    )


def find_wish(session: Session, bank_id: UUID, debtor_id: UUID) -> ContactWish | None:
    """Return what a person wishes now, if anything."""
    return session.scalars(
        select(ContactWish).where(
            ContactWish.bank_id == bank_id,
            ContactWish.debtor_id == debtor_id,
            ContactWish.ended_at.is_(None),
        )
    ).one_or_none()


def set_wishes(
    session: Session,
    actor: Principal,
    debtor_id: UUID,
    *,
    at: datetime,
    channels: Collection[Channel] | None = None,
    days: Collection[int] | None = None,
    opens_minute: int | None = None,
    closes_minute: int | None = None,
    weekly_maximum: int | None = None,
    write_only: bool = False,
    no_work: bool = False,
) -> ContactWish:
    """Limit how a person is contacted, by whoever holds their accounts, from now until changed.

    They replace what was wished before. The person sets them at any time; bank and agencies record
    what the person told them, and never loosen what the person set on their own page. Open permits
    are taken back. Saying the same again changes nothing.

    Raises:
        PermissionDenied: the actor's role sets no wishes.
        NotFound: no such person, or the actor's agency does not work for them.
        Invalid: no way is left, or the hours or numbers make no sense.
        Conflict: it would allow what the person has closed themselves.
    """
    actor.require(Permission.WISH_SET)
    whole_day = (opens_minute, closes_minute) == (0, DAY_MINUTES)
    wish = Wish(
        channels=_limit(channels, frozenset(CHANNELS)),
        days=_limit(days, WEEK),
        opens_minute=None if whole_day else opens_minute,
        closes_minute=None if whole_day else closes_minute,
        weekly_maximum=weekly_maximum,
        write_only=write_only,
        no_work=no_work,
    )
    _check(wish)
    debtor = lock_debtor(session, actor, debtor_id)
    before = find_wish(session, debtor.bank_id, debtor_id)
    if before is not None and wish_of(before) == wish:
        return before
    own = _own_limits(session, before)
    if actor.side is not Side.DEBTOR and own is not None and wish.loosens(own):
        raise Conflict("The person set this on their own page. Only they can allow more.")
    if before is not None:
        before.ended_at = at
        session.flush()
    row = _row(actor, debtor, wish, at)
    session.add(row)
    session.flush()
    void_permits(session, debtor.bank_id, debtor_id, at=at, why="wishes changed")
    audit.record(
        session, actor, "wish.set", debtor_id, chain_id=row.bank_id, facts=_told(wish, row.id)
    )
    return row


def end_wishes(session: Session, actor: Principal, debtor_id: UUID, *, at: datetime) -> bool:
    """Lift every limit a person wished for; return whether there was one.

    Raises:
        PermissionDenied, NotFound: as for `set_wishes`.
        Conflict: the person set them on their own page, and somebody else lifts them.
    """
    actor.require(Permission.WISH_SET)
    debtor = lock_debtor(session, actor, debtor_id)
    row = find_wish(session, debtor.bank_id, debtor_id)
    if row is None:
        return False
    if actor.side is not Side.DEBTOR and _own_limits(session, row) is not None:
        raise Conflict("The person set this on their own page. Only they can allow more.")
    row.ended_at = at
    session.flush()
    audit.record(
        session,
        actor,
        "wish.ended",
        debtor_id,
        chain_id=row.bank_id,
        facts={"wish_id": str(row.id)},
    )
    return True


def _limit(chosen: Collection[T] | None, everything: frozenset[T]) -> frozenset[T] | None:
    """Return what was chosen; everything there is, is no limit."""
    return None if chosen is None or everything == set(chosen) else frozenset(chosen)


def _check(wish: Wish) -> None:
    if not wish.reached_by:
        raise Invalid(
            "Choose at least one way to be contacted, or stop all contact.", field="channels"
        )
    if not wish.reached_by <= frozenset(CHANNELS):
        raise Invalid("Choose the ways from the list.", field="channels")
    if wish.days is not None and (not wish.days or not wish.days <= WEEK):
        raise Invalid("Choose at least one day, or stop all contact.", field="days")
    opens, closes = wish.opens_minute, wish.closes_minute
    if (opens is None) != (closes is None):
        raise Invalid("Choose both times, from and until.", field="opens")
    if opens is not None and closes is not None and not 0 <= opens < closes <= DAY_MINUTES:
        raise Invalid("The first time has to be earlier than the last.", field="opens")
    if wish.weekly_maximum is not None and not 1 <= wish.weekly_maximum <= MOST_A_WEEK:
        raise Invalid(
            "Choose a number of contacts between 1 and %(most)d.",
            most=MOST_A_WEEK,
            field="weekly_maximum",
        )


def _own_limits(session: Session, row: ContactWish | None) -> Wish | None:
    """Return the limits the person set on their own page, if they still stand behind the present.

    What others recorded since replaced them at the same instant; a gap means they were lifted.
    """
    seen: list[UUID] = []
    while row is not None and row.told_side is not Side.DEBTOR:
        seen.append(row.id)
        row = session.scalars(
            select(ContactWish)
            .where(
                ContactWish.bank_id == row.bank_id,
                ContactWish.debtor_id == row.debtor_id,
                ContactWish.ended_at == row.received_at,
                ContactWish.id.not_in(seen),
            )
            .order_by(ContactWish.id.desc())
            .limit(1)
        ).one_or_none()
    return None if row is None else wish_of(row)


def _row(actor: Principal, debtor: Debtor, wish: Wish, at: datetime) -> ContactWish:
    return ContactWish(
        bank_id=debtor.bank_id,
        id=uuid7(),
        debtor_id=debtor.id,
        agency_ids=list(debtor.agency_ids),
        channels=None if wish.channels is None else _names(wish.channels),
        days=None if wish.days is None else sorted(wish.days),
        opens_minute=wish.opens_minute,
        closes_minute=wish.closes_minute,
        weekly_maximum=wish.weekly_maximum,
        write_only=wish.write_only,
        no_work=wish.no_work,
        received_at=at,
        told_side=actor.side,
        told_by=actor.user_id,
    )


def _names(channels: Collection[Channel]) -> list[str]:
    return sorted(channel.value for channel in channels)


def _told(wish: Wish, row_id: UUID) -> dict[str, Any]:
    facts = {name: value for name, value in asdict(wish).items() if value not in (None, False)}
    for name in ("channels", "days"):
        if name in facts:
            facts[name] = sorted(facts[name])
    return {"wish_id": str(row_id), **facts}
