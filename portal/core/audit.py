"""The append-only record of who did what to which row.

Rows are written unchained, in the transaction of the deed, so that no request waits for another's
chain; a sealer numbers and hashes them later. Facts carry ids and codes only; personal data goes
into the sealed payload, so that erasing a person keeps the chain whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.db import Base, text_enum, uuid7
from portal.core.permissions import Side
from portal.core.principal import Principal


class AuditRow(Base):
    """One deed. `chain_id` is the bank whose data it touched, or else the actor's organisation."""

    __tablename__ = "audit_rows"

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    side: Mapped[Side] = mapped_column(text_enum(Side))
    org_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    payload_sealed: Mapped[bytes | None]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def record(
    session: Session,
    actor: Principal,
    verb: str,
    subject_id: UUID,
    *,
    chain_id: UUID | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Write down a deed; `verb` is `<noun>.<done>`, such as `action.logged`.

    `chain_id` is the bank whose row was touched; left out, the actor's own organisation.
    """
    chain = chain_id or actor.bank_id or actor.home_bank_id or actor.org_id
    if chain is None:
        raise ValueError("an audit row needs an owner")
    session.execute(
        # No RETURNING: whoever acts may write the row without being allowed to read it.
        insert(AuditRow).inline(),
        {
            "chain_id": chain,
            "id": uuid7(),
            "side": actor.side,
            "org_id": actor.org_id,
            "actor_id": actor.user_id,
            "verb": verb,
            "subject_kind": verb.split(".")[0],
            "subject_id": subject_id,
            "facts": facts or {},
            "at": clock.now(),
        },
    )
