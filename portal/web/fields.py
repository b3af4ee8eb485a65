"""Form fields shared by the consoles, each with an error that says how to put it right."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import DateField, StringField, TimeField

from portal.core.errors import Invalid, PortalError
from portal.core.money import Money, parse_money
from portal.web.errors import message_of


class DayField(DateField):  # type: ignore[misc]
    """A day, as the browser's own picker or a keyboard gives it."""

    data: date | None

    @property
    def day(self) -> date:
        """Return the day of a field that was found valid."""
        assert self.data is not None
        return self.data

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day; nothing typed is left to the validators."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Enter a day, like 2026-11-24.")) from None


class ClockField(TimeField):  # type: ignore[misc]
    """A time of day to the minute."""

    data: time | None

    @property
    def clock(self) -> time:
        """Return the time of a field that was found valid."""
        assert self.data is not None
        return self.data

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the time; nothing typed is left to the validators."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Enter a time, like 14:30.")) from None


def read_amount(field: StringField, currency: str) -> Money:
    """Read the amount typed into a field.

    Raises:
        Invalid: it is none; the refusal names the field.
    """
    try:
        return parse_money(field.data or "", currency)
    except Invalid as refused:
        refused.values["field"] = field.name
        raise


def show_refusal(form: FlaskForm, refused: PortalError) -> None:
    """Show at a form why what was typed was refused: at the field the refusal names, if it does."""
    fields: dict[str, Any] = form._fields
    field = fields.get(str(refused.values.get("field")))
    if field is None:
        form.form_errors.append(message_of(refused))
    else:
        field.errors = [*field.errors, message_of(refused)]
