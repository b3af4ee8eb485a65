"""Base, constraint names, shared column types."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import uuid_utils
from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Session

from portal.core import clock
from portal.core.errors import Unavailable

_TELL = text("SELECT clock_timestamp()")


def uuid7() -> UUID:
    """Return a time-ordered id, so that new rows lie side by side in the index."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def text_enum(kind: type[StrEnum]) -> Enum:
    """Store a StrEnum as its text; the migration holds the check on allowed values."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def refuse_drift(session: Session) -> None:
    """Refuse when this clock and the database's differ: neither can then be trusted with a limit.

    Raises:
        Unavailable: they are more than two seconds apart.
    """
    asked_at = clock.ticks()
    told: datetime = session.execute(_TELL).scalar_one()
    refuse_if_apart(told, asked_at)


def refuse_if_apart(told: datetime, asked_at: float) -> None:
    """As `refuse_drift`, for a time the database told with another answer.

    Raises:
        Unavailable: the clocks are more than two seconds apart.
    """
    if clock.is_apart(told, asked_at=asked_at):
        raise Unavailable(
            "The clocks of this system differ, so that nothing bound to time is decided now."
            " Try again in some minutes."
        )


class Base(DeclarativeBase):
    """All tables of the domain; free of Flask, so that core can be used without it."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        date: Date(),
        UUID: Uuid(),
        int: BigInteger(),
        str: String(),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
        list[str]: ARRAY(String()),
        list[UUID]: ARRAY(Uuid()),
        list[int]: ARRAY(Integer()),
    }
