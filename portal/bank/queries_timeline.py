"""Read model of an account's timeline: everything that happened on it, in one query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portal.bank.queries_account import AccountHead
from portal.bank.queries_account_work import BreachNote
from portal.bank.timeline import Event, tell
from portal.core.accounts.models import Account, ImportFile
from portal.core.actions.models import Action
from portal.core.actions.models_files import ActionFile
from portal.core.ledger.models import Verification
from portal.core.parties.models import Agency, Staff
from portal.core.payments.models import Payment
from portal.core.placements.models import Letter, Placement
from portal.core.plans.models import Plan, Promise
from portal.core.recoveries.models import Recovery

SHOWN = 200


def list_events(
    session: Session, head: AccountHead, breaches: Mapping[UUID, list[BreachNote]]
) -> list[Event]:
    """Return what happened on an account, newest first, at most `SHOWN`."""
    happened = union_all(*_branches(head)).subquery()
    rows = session.execute(
        select(happened, Agency.name, Agency.name_zh)
        .outerjoin(Agency, Agency.id == happened.c.agency_id)
        .order_by(happened.c.at.desc(), happened.c.id.desc())
        .limit(SHOWN)
    )
    return [tell(row.kind, row, breaches.get(row.id, [])) for row in rows]


def _branches(head: AccountHead) -> list[Select[Any]]:
    """Return one select per kind of event: instant, kind, id, agency, colleague, facts."""
    bank_id, account_id = head.debtor.bank_id, head.id

    def branch(kind: str, table: Any, at: Any, agency: Any, facts: dict[str, Any]) -> Select[Any]:
        pairs = [part for name, value in facts.items() for part in (literal(name), value)]
        return select(
            at.label("at"),
            literal(kind).label("kind"),
            table.id.label("id"),
            agency.label("agency_id"),
            cast(func.jsonb_build_object(*pairs), JSONB).label("facts"),
        ).where(table.bank_id == bank_id, table.account_id == account_id, at.is_not(None))

    nobody = literal(None, Placement.agency_id.type)
    placed = {"ref": Placement.ref, "state": Placement.state, "reason": Placement.reason}
    amount = {"minor": Payment.amount_minor, "currency": Payment.currency}
    recovered = {
        "minor": Recovery.amount_minor,
        "currency": Recovery.currency,
        "state": Recovery.state,
        "reason": Recovery.reason,
        "recipient": Recovery.recipient,
        "ref": Recovery.external_ref,
    }
    return [
        _imported(bank_id, account_id),
        branch(
            "verified",
            Verification,
            Verification.attested_at,
            nobody,
            {
                "as_of": Verification.as_of,
                "minor": Verification.principal_minor
                + Verification.interest_minor
                + Verification.fees_minor
                + Verification.costs_minor,
                "currency": Verification.currency,
                "who": select(Staff.name)
                .where(Staff.org_id == Verification.bank_id, Staff.id == Verification.attested_by)
                .scalar_subquery(),
            },
        ),
        branch("offered", Placement, Placement.offered_at, Placement.agency_id, placed),
        branch("placed", Placement, Placement.accepted_at, Placement.agency_id, placed),
        branch("ended", Placement, Placement.ended_at, Placement.agency_id, placed),
        branch(
            "letter",
            Letter,
            Letter.issued_at,
            Letter.agency_id,
            {"kind": Letter.kind, "language": Letter.language},
        ),
        branch(
            "action",
            Action,
            Action.made_at,
            Action.made_by_agency_id,
            {
                "channel": Action.channel,
                "outcome": Action.outcome,
                "direction": Action.direction,
                "file": select(ActionFile.file_name)
                .where(ActionFile.bank_id == Action.bank_id, ActionFile.id == Action.file_id)
                .scalar_subquery(),
            },
        ),
        branch(
            "promise",
            Promise,
            Promise.made_at,
            Promise.made_by_agency_id,
            {
                "minor": Promise.amount_minor,
                "currency": Promise.currency,
                "due_on": Promise.due_on,
                "state": Promise.state,
            },
        ),
        branch(
            "plan",
            Plan,
            func.coalesce(Plan.accepted_at, Plan.created_at),
            nobody,
            {
                "minor": Plan.amount_minor,
                "currency": Plan.currency,
                "count": Plan.instalment_count,
                "frequency": Plan.frequency,
                "state": Plan.state,
            },
        ),
        branch(
            "payment",
            Payment,
            func.coalesce(Payment.cleared_at, Payment.ended_at, Payment.initiated_at),
            nobody,
            {**amount, "state": Payment.state, "ref": Payment.ref},
        ),
        branch("reported", Recovery, Recovery.reported_at, Recovery.agency_id, recovered),
        branch("decided", Recovery, Recovery.decided_at, Recovery.agency_id, recovered),
    ]


def _imported(bank_id: UUID, account_id: UUID) -> Select[Any]:
    return (
        select(
            func.coalesce(ImportFile.committed_at, ImportFile.uploaded_at).label("at"),
            literal("imported").label("kind"),
            ImportFile.id.label("id"),
            literal(None, Placement.agency_id.type).label("agency_id"),
            cast(
                func.jsonb_build_object("file", ImportFile.file_name, "who", Staff.name), JSONB
            ).label("facts"),
        )
        .join(
            Account,
            and_(Account.bank_id == ImportFile.bank_id, Account.import_id == ImportFile.id),
        )
        .outerjoin(
            Staff, and_(Staff.org_id == ImportFile.bank_id, Staff.id == ImportFile.uploaded_by)
        )
        .where(Account.bank_id == bank_id, Account.id == account_id)
    )
