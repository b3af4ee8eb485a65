"""Read models of permits: one in full, those one holds on an account, and a manager's queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.agency.permits import LocalTime, Reason, local_times, reasons_kept
from portal.agency.queries_head import AccountHead, account_head
from portal.agency.queries_points import PointLine, list_points
from portal.core.accounts.models import Account
from portal.core.actions.models import Permit, PermitState
from portal.core.actions.permits import get_permit, is_lapsed
from portal.core.parties.models import Bank, Debtor, Staff
from portal.core.permissions import Role as StaffRole
from portal.core.permissions import Side
from portal.core.principal import Principal
from portal.core.rules import Channel, Role

LATELY = timedelta(days=7)
_SHOWN = 50
_TONES = {
    PermitState.GRANTED: "good",
    PermitState.ASKED: "warn",
    PermitState.DENIED: "bad",
    PermitState.REFUSED: "bad",
}


@dataclass(frozen=True)
class PermitLine:
    """One permit in a list; `until` is the instant an open one runs out."""

    id: UUID
    account_id: UUID
    account_ref: str
    person: str
    bank: str
    channel: Channel
    contact_point_id: UUID | None
    state: PermitState
    tone: str
    asked_at: datetime
    asked_by: str
    is_own: bool
    until: datetime | None
    reasons: tuple[Reason, ...]
    decision: str

    @property
    def is_granted(self) -> bool:
        """Tell whether it was granted and not used yet."""
        return self.state is PermitState.GRANTED


@dataclass(frozen=True)
class PermitLists:
    """A queue: what waits for a decision, what is open, and what was denied or refused lately."""

    waiting: list[PermitLine]
    open: list[PermitLine]
    denied: list[PermitLine]


@dataclass(frozen=True)
class PermitPage:
    """One permit with all that was decided, by rules and by whom."""

    id: UUID
    head: AccountHead
    channel: Channel
    role: Role
    point: PointLine | None
    state: PermitState
    tone: str
    is_open: bool
    is_lapsed: bool
    is_own: bool
    asked_at: datetime
    asked_by: str
    expires_at: datetime | None
    seconds_left: int
    ends: tuple[LocalTime, ...]
    opens: tuple[LocalTime, ...]
    reasons: tuple[Reason, ...]
    decided_by: str
    decided_at: datetime | None
    decision: str
    deciders: tuple[str, ...]
    ended_why: str

    @property
    def is_waiting(self) -> bool:
        """Tell whether somebody still has to decide."""
        return self.state is PermitState.ASKED


def permit_page(
    session: Session, actor: Principal, permit_id: UUID, *, at: datetime, viewer_zone: ZoneInfo
) -> PermitPage:
    """Return one permit on an account that is still with the acting agency.

    Raises:
        NotFound: there is none, or the account is with another agency or with none.
    """
    permit = get_permit(session, permit_id)
    head = account_head(session, permit.account_id)
    points = {point.id: point for point in list_points(session, head)}
    names = _staff_names(session, [permit.asked_by, permit.decided_by])
    is_open = permit.state is PermitState.GRANTED and not is_lapsed(permit, at)
    expires = permit.expires_at if is_open else None
    return PermitPage(
        id=permit.id,
        head=head,
        channel=permit.channel,
        role=Role(permit.target),
        point=points.get(permit.contact_point_id) if permit.contact_point_id else None,
        state=permit.state,
        tone="neutral" if is_lapsed(permit, at) else _TONES.get(permit.state, "neutral"),
        is_open=is_open,
        is_lapsed=is_lapsed(permit, at),
        is_own=permit.asked_by == actor.user_id,
        asked_at=permit.asked_at,
        asked_by=names.get(permit.asked_by, ""),
        expires_at=permit.expires_at,
        seconds_left=int((expires - at).total_seconds()) if expires else 0,
        ends=local_times(expires, head.zones, viewer_zone),
        opens=local_times(permit.next_allowed_at, head.zones, viewer_zone)
        if permit.state is PermitState.DENIED
        else (),
        reasons=reasons_kept(permit.judgement),
        decided_by=names.get(permit.decided_by, "") if permit.decided_by else "",
        decided_at=permit.decided_at,
        decision=permit.decision_reason,
        deciders=_deciders(session, permit) if permit.state is PermitState.ASKED else (),
        ended_why=permit.void_reason,
    )


def own_permits(
    session: Session, actor: Principal, head: AccountHead, *, at: datetime
) -> list[PermitLine]:
    """Return what the actor holds or has asked for on an account and may still use."""
    return _lines(
        session,
        _statement().where(
            Permit.bank_id == head.bank_id,
            Permit.account_id == head.id,
            Permit.asked_by == actor.user_id,
            or_(_is_open(at), Permit.state == PermitState.ASKED),
        ),
        actor,
    )


def list_permits(session: Session, actor: Principal, *, at: datetime) -> PermitLists:
    """Return the permits of the actor's agency that somebody may have to do something about."""
    own = _statement().where(Permit.agency_id == actor.agency_id)
    denied = Permit.state.in_((PermitState.DENIED, PermitState.REFUSED))
    newest = (Permit.asked_at.desc(), Permit.id.desc())
    waiting = own.where(Permit.state == PermitState.ASKED).order_by(Permit.asked_at, Permit.id)
    return PermitLists(
        waiting=_lines(session, waiting, actor),
        open=_lines(session, own.where(_is_open(at)).order_by(*newest), actor),
        denied=_lines(
            session, own.where(denied, Permit.asked_at > at - LATELY).order_by(*newest), actor
        ),
    )


def count_waiting(session: Session, actor: Principal) -> int:
    """Return how many questions of the agency wait for a decision the actor may give."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Permit)
            .join(Account, _on(Account, Permit.account_id))
            .where(
                Permit.agency_id == actor.agency_id,
                Permit.state == PermitState.ASKED,
                Permit.asked_by != actor.user_id,
            )
        )
        or 0
    )


def _is_open(at: datetime) -> ColumnElement[bool]:
    return and_(Permit.state == PermitState.GRANTED, Permit.expires_at > at)


def _on(table: Any, key: Any) -> ColumnElement[bool]:
    return and_(table.bank_id == Permit.bank_id, table.id == key)


def _statement() -> Select[Any]:
    """Select permits with their account; one that left the agency takes them along."""
    return (
        select(
            Permit.id,
            Permit.account_id,
            Permit.channel,
            Permit.contact_point_id,
            Permit.state,
            Permit.asked_at,
            Permit.asked_by,
            Permit.expires_at,
            Permit.judgement,
            Permit.decision_reason,
            Account.account_ref,
            Debtor.name.label("person"),
            Bank.name,
            Bank.name_zh,
        )
        .join(Account, _on(Account, Permit.account_id))
        .join(Debtor, _on(Debtor, Permit.debtor_id))
        .join(Bank, Bank.id == Permit.bank_id)
        .limit(_SHOWN)
    )


def _lines(session: Session, statement: Select[Any], actor: Principal) -> list[PermitLine]:
    rows = session.execute(statement).all()
    names = _staff_names(session, [row.asked_by for row in rows])
    return [
        PermitLine(
            id=row.id,
            account_id=row.account_id,
            account_ref=row.account_ref,
            person=row.person,
            bank=name_in(row),
            channel=row.channel,
            contact_point_id=row.contact_point_id,
            state=row.state,
            tone=_TONES.get(row.state, "neutral"),
            asked_at=row.asked_at,
            asked_by=names.get(row.asked_by, ""),
            is_own=row.asked_by == actor.user_id,
            until=row.expires_at,
            reasons=reasons_kept(row.judgement),
            decision=row.decision_reason,
        )
        for row in rows
    ]


def _staff_names(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of those who work here; the bank's people have none on these pages."""
    known = [each for each in ids if each is not None]
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(known)))
    return {row.id: row.name for row in rows}


def _deciders(session: Session, permit: Permit) -> tuple[str, ...]:
    """Return who here may answer a question; at the bank its vendor managers may, too."""
    rows = session.scalars(
        select(Staff.name)
        .where(
            Staff.org_id == permit.agency_id,
            Staff.side == Side.AGENCY,
            Staff.role == StaffRole.AGENCY_MANAGER,
            Staff.status == "active",
            Staff.id != permit.asked_by,
        )
        .order_by(Staff.name, Staff.id)
        .limit(10)
    )
    return tuple(rows)
