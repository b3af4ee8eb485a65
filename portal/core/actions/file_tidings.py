"""What rows of a file tell besides: disputes, hardship and wrong numbers, taken at their word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.holds import open_hold
from portal.core.accounts.models import Hold
from portal.core.accounts.said import Said
from portal.core.accounts.statements import record_statement
from portal.core.actions.file_judging import JudgedRow
from portal.core.actions.file_words import Tidings
from portal.core.actions.models import Action
from portal.core.errors import Conflict
from portal.core.parties.models import StatementKind
from portal.core.principal import Principal
from portal.core.rules import Form, HoldKind

#: A hold received this long before a row at most is about the same thing.
_SAME_MATTER = timedelta(days=1)
_HOLDS = {Tidings.DISPUTE: HoldKind.DISPUTE, Tidings.HARDSHIP: HoldKind.HARDSHIP}


def act_on_tidings(
    session: Session, actor: Principal, rows: Iterable[JudgedRow], *, now: datetime
) -> Counter[str]:
    """Open the holds that rows tell of, and close numbers that are not the person's; count them.

    Each counts from when it was said, so that the machine judges later contacts again. What has
    been dealt with since is left alone; so is a wrong number the bank never delivered.
    """
    done: Counter[str] = Counter()
    for row in sorted(rows, key=lambda row: row.action.made_at):
        tells = row.planned.row.tells
        if tells is not None and _act(session, actor, row.action, tells, now):
            done[tells.value] += 1
    return done


def _act(session: Session, actor: Principal, action: Action, tells: Tidings, now: datetime) -> bool:
    if tells is Tidings.WRONG_NUMBER:
        return _close_number(session, actor, action, now)
    if _is_known(session, action, _HOLDS[tells]):
        return False
    try:
        if tells is Tidings.DISPUTE:
            said = Said(
                kind=StatementKind.DISPUTE,
                received_at=action.made_at,
                account_id=action.account_id,
                form=Form.ORAL,
                action_id=action.id,
            )
            record_statement(session, actor, action.debtor_id, said, at=now)
        else:
            open_hold(
                session,
                actor,
                action.debtor_id,
                kind=HoldKind.HARDSHIP,
                at=now,
                account_id=action.account_id,
                received_at=action.made_at,
                action_id=action.id,
            )
    except Conflict:
        return False  # one of the kind ended today and is still being closed
    return True


def _is_known(session: Session, action: Action, kind: HoldKind) -> bool:
    """Tell whether a hold of the kind, open or released, was received since the row says so."""
    found = session.scalar(
        select(Hold.id)
        .where(
            Hold.bank_id == action.bank_id,
            Hold.debtor_id == action.debtor_id,
            Hold.kind == kind,
            or_(Hold.account_id.is_(None), Hold.account_id == action.account_id),
            Hold.received_at >= action.made_at - _SAME_MATTER,
        )
        .limit(1)
    )
    return found is not None


def _close_number(session: Session, actor: Principal, action: Action, now: datetime) -> bool:
    if action.contact_point_id is None:
        return False
    said = Said(
        kind=StatementKind.WRONG_NUMBER,
        received_at=action.made_at,
        contact_point_id=action.contact_point_id,
        action_id=action.id,
    )
    record_statement(session, actor, action.debtor_id, said, at=now)
    return True
