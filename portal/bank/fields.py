"""Form fields this side needs beside those of the library."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms import DateField


class DayField(DateField):  # type: ignore[misc]
    """A day as a browser sends it; left empty it is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read an ISO day.

        Raises:
            ValueError: anything else.
        """
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            self.data = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("Enter a day, like 2026-11-24.")) from None
