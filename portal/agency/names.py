"""Names of organisations in the reader's language, from the columns a query selected."""

from __future__ import annotations

from typing import Protocol

from flask_babel import get_locale


class Named(Protocol):
    """A row with both names of an organisation."""

    name: str
    name_zh: str


def name_in(row: Named) -> str:
    """Return the name to show; where there is no Chinese one, the other."""
    locale = get_locale()
    if locale is not None and locale.language == "zh" and row.name_zh:
        return row.name_zh
    return row.name
