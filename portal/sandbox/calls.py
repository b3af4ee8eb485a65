"""What every endpoint is given, and what lists have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection

from portal.sandbox.errors import ApiFault
from portal.sandbox.store import Json, list_page
from portal.sandbox.tables import objects

LIST_FIELDS = frozenset({"limit", "starting_after", "ending_before", "created"})
LONGEST_PAGE = 100


@dataclass(frozen=True)
class Call:
    """One request: whose it is, when it came, and the transaction it runs on."""

    connection: Connection
    account: str
    now: datetime
    page_base: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None

    @property
    def timestamp(self) -> int:
        """The moment of the request, in the wire's whole seconds."""
        return int(self.now.timestamp())


def answer_list(
    call: Call, kind: str, url: str, fields: Json, *conditions: ColumnElement[bool]
) -> Json:
    """Return one page of a list, newest first.

    Raises:
        ApiFault: a limit out of bounds, or a position that names nothing.
    """
    limit = fields.get("limit", 10)
    if not 1 <= limit <= LONGEST_PAGE:
        raise ApiFault(
            f"Invalid limit: must be between 1 and {LONGEST_PAGE}",
            code="parameter_invalid_integer",
            param="limit",
        )
    page = list_page(
        call.connection,
        call.account,
        kind,
        limit=limit,
        after=fields.get("starting_after"),
        before=fields.get("ending_before"),
        conditions=(*conditions, *_created(fields.get("created"))),
    )
    data = [document.body for document in page.documents]
    return {"object": "list", "data": data, "has_more": page.has_more, "url": url}


def _created(bounds: Any) -> list[ColumnElement[bool]]:
    column = objects.c.created_at
    compare = {
        "gt": column.__gt__,
        "gte": column.__ge__,
        "lt": column.__lt__,
        "lte": column.__le__,
    }
    if isinstance(bounds, int):
        bounds = {"gte": bounds, "lt": bounds + 1}
    return [compare[name](_instant(value)) for name, value in (bounds or {}).items()]


def _instant(timestamp: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        raise ApiFault("Invalid timestamp", param="created") from None
