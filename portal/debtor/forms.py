"""What a person types about paying and planning. What was typed is never cleared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core.errors import Invalid
from portal.core.money import Money, parse_money
from portal.core.rules.plans import PER_YEAR, Ask
from portal.web.errors import message_of

_SHORT = Length(max=40, message=lazy_gettext("This is too long."))


class AmountForm(FlaskForm):  # type: ignore[misc]
    """An amount as people write it: `150`, `150.00`, `1,500`."""

    amount = StringField(
        lazy_gettext("How much do you want to pay?"),
        validators=[InputRequired(lazy_gettext("Enter an amount, like 150.00.")), _SHORT],
    )

    def __init__(self, *arguments: Any, currency: str, **values: Any) -> None:
        """Take the account's currency, in which the amount is read."""
        super().__init__(*arguments, **values)
        self.currency = currency
        self.money = Money.zero(currency)

    def validate_amount(self, field: StringField) -> None:
        """Read the amount in the account's currency."""
        self.money = _money(field.data, self.currency)


class PayForm(AmountForm):
    """Paying an amount that was checked; the key makes a second press the same payment."""

    key = HiddenField()


class AskForm(FlaskForm):  # type: ignore[misc]
    """What a person can manage: how much, how often, from when."""

    amount = StringField(
        lazy_gettext("How much can you manage each time?"),
        validators=[InputRequired(lazy_gettext("Enter an amount, like 150.00.")), _SHORT],
    )
    frequency = RadioField(
        lazy_gettext("How often?"),
        choices=[
            SelectChoice("monthly", lazy_gettext("Every month")),
            SelectChoice("fortnightly", lazy_gettext("Every two weeks")),
            SelectChoice("weekly", lazy_gettext("Every week")),
        ],
        validators=[InputRequired(lazy_gettext("Choose how often you want to pay."))],
    )
    day = StringField(lazy_gettext("Day"), validators=[_SHORT])
    month = StringField(lazy_gettext("Month"), validators=[_SHORT])
    year = StringField(lazy_gettext("Year"), validators=[_SHORT])

    def __init__(self, *arguments: Any, currency: str, **values: Any) -> None:
        """Take the account's currency, in which the amount is read."""
        super().__init__(*arguments, **values)
        self.currency = currency
        self.money = Money.zero(currency)
        self.starts_on = date.min

    def validate_amount(self, field: StringField) -> None:
        """Read the amount in the account's currency."""
        self.money = _money(field.data, self.currency)

    def validate_day(self, field: StringField) -> None:
        """Put the three boxes together; the fault is told at the first of them."""
        del field
        try:
            self.starts_on = date(
                _number(self.year.data), _number(self.month.data), _number(self.day.data)
            )
        except ValueError:
            raise ValidationError(
                lazy_gettext("Enter the day of your first payment, like 15 12 2026.")
            ) from None

    @property
    def ask(self) -> Ask:
        """Return what was asked for, once the form is valid."""
        return Ask(self.money, self.frequency.data, self.starts_on)


class PlanForm(FlaskForm):  # type: ignore[misc]
    """Accepting or asking for a plan that was shown: what it was, and its version."""

    amount = HiddenField()
    frequency = HiddenField()
    starts_on = HiddenField()
    version = HiddenField()
    key = HiddenField()


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A deed without anything to type."""


def read_ask(values: Mapping[str, Any], currency: str) -> Ask:
    """Return the plan that an address or a hidden field names.

    Raises:
        Invalid: it names none.
    """
    try:
        starts_on = date.fromisoformat(values.get("starts_on") or "")
    except ValueError:
        raise Invalid("Enter the day of your first payment, like 15 12 2026.") from None
    frequency = values.get("frequency") or ""
    if frequency not in PER_YEAR:
        raise Invalid("Choose how often you want to pay.")
    return Ask(parse_money(values.get("amount") or "", currency), frequency, starts_on)


def values_of(ask: Ask) -> dict[str, Any]:
    """Return a plan as an address or hidden fields carry it."""
    return {
        "amount": ask.amount.decimal_text(),
        "frequency": ask.frequency,
        "starts_on": ask.starts_on.isoformat(),
    }


def first_day_to_offer(today: date) -> date:
    """Return the day the form begins with: two weeks on, to be changed as one likes."""
    return today + timedelta(days=14)


def _money(typed: str | None, currency: str) -> Money:
    try:
        return parse_money(unicodedata.normalize("NFKC", typed or ""), currency)
    except Invalid as error:
        raise ValidationError(message_of(error)) from None


def _number(typed: str | None) -> int:
    plain = "".join(
        mark for mark in unicodedata.normalize("NFKC", typed or "") if not mark.isspace()
    )
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 4):
        raise ValueError(plain)
    return int(plain)
