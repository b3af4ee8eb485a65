"""What a person said about being contacted: recorded with the hold it brings, and withdrawn."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.core import audit, outbox
from portal.core.accounts.holds import LATE_AFTER, ask_to_judge_again, open_hold, release_hold
from portal.core.accounts.locks import keep_account
from portal.core.accounts.models import Hold
from portal.core.accounts.said import HOLD_OF, Said, check_said
from portal.core.db import uuid7
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.parties.guarding import lock_debtor
from portal.core.parties.locks import void_permits
from portal.core.parties.models import ContactPoint, ContactStatement, Debtor, StatementKind
from portal.core.parties.persons import person_key
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.core.rules import ConsentScope

_BY_HOLD = {hold: statement for statement, hold in HOLD_OF.items()}


def record_statement(
    session: Session, actor: Principal, debtor_id: UUID, said: Said, *, at: datetime
) -> ContactStatement:
    """Record what a person said about being contacted; it is in force from when it was received.

    A request to stop, an attorney and a dispute also open the hold of that kind. A number that is
    not the person's is closed too. Open permits are taken back, and what was received before now
    has later contacts judged again. The same again, still in force, returns what was recorded.

    Raises:
        PermissionDenied: the actor's role records nothing of the kind.
        NotFound: no such person, or account of theirs, is the actor's to see.
        Invalid: something is missing, impossible, or lies in the future.
        Conflict: it would open what the person has closed on their own page.
    """
    actor.require(Permission.WISH_SET)
    if (
        said.account_id is not None
        and keep_account(session, said.account_id).debtor_id != debtor_id
    ):
        raise NotFound
    debtor = lock_debtor(session, actor, debtor_id)
    point = _point(session, debtor, said)
    check_said(said, point, at=at)
    _refuse_reopening(session, actor, debtor, said)
    rows = [_record(session, actor, debtor, each, at) for each in said.rows(point)]
    void_permits(session, debtor.bank_id, debtor_id, at=at, why="statement recorded")
    received = said.received_at or at
    if said.hold is not None:
        open_hold(
            session,
            actor,
            debtor_id,
            kind=said.hold,
            at=at,
            account_id=said.account_id,
            received_at=received,
            note=said.note,
            action_id=said.action_id,
        )
    elif at - received > LATE_AFTER:
        ask_to_judge_again(session, debtor.bank_id, debtor_id, since=received)
    session.refresh(rows[0])
    return rows[0]


def withdraw_statement(
    session: Session, actor: Principal, statement_id: UUID, *, at: datetime
) -> ContactStatement:
    """End something a person said, from now on; what was judged by it stays as it was.

    The person takes back whatever they said. Anybody ends a leave. A restriction is ended by others
    only if the person did not set it on their own page: by the bank, or by whoever recorded it. A
    stop the person takes back has its hold released by a job right after.

    Raises:
        PermissionDenied: the actor's role withdraws nothing.
        NotFound: no such statement is the actor's to see.
        Conflict: it was withdrawn before, or it is not the actor's to withdraw.
    """
    actor.require(Permission.WISH_SET)
    row = session.scalars(
        select(ContactStatement).where(ContactStatement.id == statement_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    lock_debtor(session, actor, row.debtor_id)
    session.refresh(row, with_for_update=True)
    if row.ended_at is not None:
        raise Conflict("This was withdrawn before.")
    _refuse_strangers(actor, row)
    for each in (row, *_closed_with(session, row)):
        each.ended_at = max(at, each.received_at)
        _audit(session, actor, "statement.ended", each)
    session.flush()
    void_permits(session, row.bank_id, row.debtor_id, at=at, why="statement withdrawn")
    if row.kind is StatementKind.CEASE and actor.side is Side.DEBTOR:
        outbox.enqueue(
            session, "lift_own_stop", bank_id=str(row.bank_id), debtor_id=str(row.debtor_id)
        )
    session.refresh(row)
    return row


def settle_hold(
    session: Session,
    actor: Principal,
    hold_id: UUID,
    *,
    reason: str,
    at: datetime,
    upheld: bool | None = None,
) -> Hold:
    """Release a hold, and end what was said that led to it: a stop, an attorney, a dispute.

    A dispute counts as answered now; `upheld` says whether the person was right.

    Raises:
        PermissionDenied, NotFound, Invalid, Conflict: as for `release_hold`.
    """
    hold = release_hold(session, actor, hold_id, reason=reason, at=at)
    kind = _BY_HOLD.get(hold.kind)
    if kind is None:
        return hold
    for row in list_statements(session, hold.debtor_id, kind=kind):
        if hold.account_id not in (None, row.account_id):
            continue
        if kind is StatementKind.DISPUTE:
            row.details = {**row.details, "answered_at": at.isoformat(), "upheld": upheld}
            _audit(session, actor, "statement.answered", row)
        else:
            row.ended_at = max(at, row.received_at)
            _audit(session, actor, "statement.ended", row)
    session.flush()
    return hold


def list_statements(
    session: Session, debtor_id: UUID, *, kind: StatementKind | None = None
) -> list[ContactStatement]:
    """Return what a person said and did not take back, the newest first."""
    bounds: list[ColumnElement[bool]] = [
        ContactStatement.debtor_id == debtor_id,
        ContactStatement.ended_at.is_(None),
    ]
    if kind is not None:
        bounds.append(ContactStatement.kind == kind)
    order = (ContactStatement.received_at.desc(), ContactStatement.id.desc())
    return list(session.scalars(select(ContactStatement).where(*bounds).order_by(*order)))


def open_statement_note(session: Session, row: ContactStatement) -> str:
    """Return what was noted with a statement in the clear, empty when nothing was."""
    if row.detail_sealed is None:
        return ""
    debtor = session.get_one(Debtor, (row.bank_id, row.debtor_id))
    return person_key(session, debtor).open("contact_statements.detail", row.id, row.detail_sealed)


def is_withdrawn_by(actor: Principal, row: ContactStatement) -> bool:
    """Tell whether a statement is the actor's to withdraw."""
    is_leave = row.kind is StatementKind.CONSENT or bool(row.details.get("wanted"))
    if actor.side in (Side.DEBTOR, Side.SYSTEM) or is_leave:
        return True
    if row.told_side is Side.DEBTOR:
        return False
    return actor.side is Side.BANK or row.told_by == actor.user_id


def _point(session: Session, debtor: Debtor, said: Said) -> ContactPoint | None:
    if said.contact_point_id is None:
        return None
    return session.scalars(
        select(ContactPoint).where(
            ContactPoint.bank_id == debtor.bank_id,
            ContactPoint.debtor_id == debtor.id,
            ContactPoint.id == said.contact_point_id,
        )
    ).one_or_none()


def _refuse_reopening(session: Session, actor: Principal, debtor: Debtor, said: Said) -> None:
    """Let nobody give leave to another, or in the place of a person who closed it themselves."""
    if not said.gives_leave or actor.side is Side.DEBTOR:
        return
    if actor.side is Side.AGENCY and said.given_to not in (None, actor.agency_id):
        raise Invalid("A person gives leave to you alone; others record their own.")
    if said.scope not in (ConsentScope.MEDIUM, ConsentScope.ADDRESS):
        return
    for row in list_statements(session, debtor.id, kind=StatementKind.OPT_OUT):
        is_same = row.channel in (None, said.channel) and row.contact_point_id in (
            None,
            said.contact_point_id,
        )
        if is_same and row.told_side is Side.DEBTOR:
            raise Conflict("The person set this on their own page. Only they can allow more.")


def _record(
    session: Session, actor: Principal, debtor: Debtor, said: Said, at: datetime
) -> ContactStatement:
    row = ContactStatement(
        bank_id=debtor.bank_id,
        id=uuid7(),
        debtor_id=debtor.id,
        account_id=said.account_id,
        agency_ids=list(debtor.agency_ids),
        kind=said.kind,
        channel=said.channel.value if said.channel else None,
        contact_point_id=said.contact_point_id,
        scope=said.scope.value if said.scope else None,
        form=said.form.value,
        place=said.place.value if said.place else None,
        given_to=said.given_to or (actor.org_id if said.gives_leave else None),
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        details=dict(said.details),
        received_at=said.received_at or at,
        told_side=actor.side,
        told_by=actor.user_id,
        action_id=said.action_id,
    )
    for before in list_statements(session, debtor.id, kind=said.kind):
        if _says(before) == _says(row):
            return before
    if said.note.strip():
        key = person_key(session, debtor)
        row.detail_sealed = key.seal("contact_statements.detail", row.id, said.note.strip())
    session.add(row)
    session.flush()
    _audit(session, actor, "statement.recorded", row)
    return row


def _says(row: ContactStatement) -> tuple[object, ...]:
    return (
        *(row.kind, row.account_id, row.channel, row.contact_point_id, row.scope, row.form),
        *(row.place, row.given_to, row.valid_from, row.valid_until, row.details),
    )


def _refuse_strangers(actor: Principal, row: ContactStatement) -> None:
    if is_withdrawn_by(actor, row):
        return
    if row.told_side is Side.DEBTOR:
        raise Conflict("The person set this on their own page. Only they can allow more.")
    raise Conflict("Somebody else recorded this. Ask the bank to withdraw it.")


def _closed_with(session: Session, row: ContactStatement) -> list[ContactStatement]:
    """Return what was closed because a number was not the person's."""
    if row.kind is not StatementKind.WRONG_NUMBER:
        return []
    return [
        each
        for each in list_statements(session, row.debtor_id, kind=StatementKind.OPT_OUT)
        if (each.contact_point_id, each.received_at, each.told_by)
        == (row.contact_point_id, row.received_at, row.told_by)
    ]


def _audit(session: Session, actor: Principal, verb: str, row: ContactStatement) -> None:
    facts = {"kind": row.kind.value, "debtor_id": str(row.debtor_id)}
    if row.account_id is not None:
        facts["account_id"] = str(row.account_id)
    audit.record(session, actor, verb, row.id, chain_id=row.bank_id, facts=facts)
