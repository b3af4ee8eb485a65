"""Lists page by key, forwards and back, and keep what was chosen in their address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from flask import request, url_for
from sqlalchemy import literal, tuple_

T = TypeVar("T")
PAGE_ROWS = 50


@dataclass(frozen=True)
class Cursor:
    """The row a page starts after or, going back, ends before: its sort value and its id."""

    value: Any
    id: UUID
    backwards: bool = False


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of a list, and the cursors of the pages before and after, if there are any."""

    rows: Sequence[T]
    before: str | None = None
    after: str | None = None


def as_text(value: str) -> str:
    """Read a text's place in a list.

    Raises:
        ValueError: no text of the database can look like this.
    """
    if "\0" in value:
        raise ValueError("no text has a NUL")
    return value


def as_number(value: str) -> int:
    """Read a number's place in a list.

    Raises:
        ValueError: not a number, or none the database could hold.
    """
    number = int(value)
    if abs(number) >= 2**63:
        raise ValueError("larger than any column")
    return number


def read_cursor(parse: Callable[[str], Any] = as_text) -> Cursor | None:
    """Return where the address says the page starts; nonsense starts at the beginning."""
    for name in ("after", "before"):
        value, _, row_id = request.args.get(name, "").rpartition("~")
        try:
            return Cursor(parse(value), UUID(row_id), backwards=name == "before")
        except ValueError:
            continue
    return None


def write_cursor(value: object, row_id: UUID) -> str:
    """Return the text that `read_cursor` reads."""
    return f"{value}~{row_id}"


def sliced(
    statement: Any,
    key: Any,
    id_column: Any,
    *,
    descending: bool,
    cursor: Cursor | None,
) -> Any:
    """Return the statement ordered by key and id, from the cursor on, one row more than shown."""
    downwards = descending != (cursor is not None and cursor.backwards)
    if cursor is not None:
        here = tuple_(key, id_column)
        there = tuple_(literal(cursor.value, key.type), literal(cursor.id, id_column.type))
        statement = statement.where(here < there if downwards else here > there)
    order = (key.desc(), id_column.desc()) if downwards else (key, id_column)
    return statement.order_by(*order).limit(PAGE_ROWS + 1)


def paged(rows: Sequence[T], keys: Sequence[str], cursor: Cursor | None) -> Page[T]:
    """Return the page of rows read by `sliced`; `keys` are their cursors, in the same order."""
    more = len(rows) > PAGE_ROWS
    shown, marks = list(rows[:PAGE_ROWS]), list(keys[:PAGE_ROWS])
    backwards = cursor is not None and cursor.backwards
    if backwards:
        shown.reverse()
        marks.reverse()
    has_before = more if backwards else cursor is not None
    has_after = True if backwards else more
    return Page(
        shown,
        before=marks[0] if has_before and marks else None,
        after=marks[-1] if has_after and marks else None,
    )


def address(names: Iterable[str], *, endpoint: str | None = None, **changes: object) -> str:
    """Return this page's address with some choices changed; a changed list starts anew.

    Only the named choices are taken over from the present address. With an endpoint it is that
    page's address with the same choices.
    """
    kept: dict[str, Any] = {
        name: request.args[name] for name in names if request.args.get(name, "") != ""
    }
    kept.update(request.view_args or {})
    kept.update(changes)
    chosen = {name: value for name, value in kept.items() if value not in (None, "")}
    return url_for(endpoint or request.endpoint or "bank.home", **chosen)


def heading(
    names: Iterable[str], label: str, key: str, sorted_by: str, *, number: bool = False
) -> dict[str, Any]:
    """Return a column's head that sorts by it: upwards first, then downwards."""
    up, down = sorted_by == key, sorted_by == f"-{key}"
    return {
        "label": label,
        "num": number,
        "sort_url": address(names, sort=f"-{key}" if up else key),
        "sorted": "ascending" if up else "descending" if down else None,
    }
