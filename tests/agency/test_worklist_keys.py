"""Keys in addresses: written and read alike; anything else begins at the first page."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from portal.agency.worklist_keys import Key, KeyKind, SortBy, read_key, write_key

ACCOUNT = UUID("01a20fb2-5bf0-7458-b75a-b1ccf73f0001")


@pytest.mark.parametrize(
    ("sort", "value", "kind"),
    [
        (SortBy.LAST_ACTION, None, KeyKind.NEVER),
        (SortBy.LAST_ACTION, datetime(2026, 11, 24, 17, 0, 0, 123456, tzinfo=UTC), KeyKind.VALUE),
        (SortBy.BALANCE, 246_737, KeyKind.VALUE),
        (SortBy.BALANCE, 0, KeyKind.VALUE),
    ],
)
def test_a_key_is_read_as_it_was_written(sort: SortBy, value: object, kind: KeyKind) -> None:
    key = Key(value, ACCOUNT)  # type: ignore[arg-type]

    assert read_key(sort, write_key(key)) == key
    assert key.kind is kind


@pytest.mark.parametrize(
    "text",
    ["", "never", "never~", f"~{ACCOUNT}", "never~1", f"2026-11-24T17:00:00~{ACCOUNT}", "x~y~z"],
)
def test_what_is_no_key_begins_at_the_first_page(text: str) -> None:
    assert read_key(SortBy.LAST_ACTION, text) is None
    assert read_key(SortBy.BALANCE, text) is None
