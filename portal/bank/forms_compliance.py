"""The period of the compliance overview, as it stands in the address."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional, ValidationError

from portal.bank.fields import DayField

PERIOD_NAMES = ("from_on", "to_on", "days")


class PeriodForm(FlaskForm):  # type: ignore[misc]
    """Which days to look at, and after how many an open breach has waited too long."""

    class Meta:
        """A filter changes nothing, so that it needs no token."""

        csrf = False

    from_on = DayField(_("From day"))
    to_on = DayField(_("To day"))
    days = IntegerField(
        _("Days until too late"),
        validators=[
            Optional(),
            NumberRange(0, 36_500, message=_("Enter a number of days, like 14.")),
        ],
    )

    def validate_to_on(self, field: DayField) -> None:
        """Refuse a period that ends before it begins."""
        if self.from_on.data and field.data and field.data < self.from_on.data:
            raise ValidationError(_("The last day lies before the first. Swap them."))


def read_period_form() -> PeriodForm:
    """Return the form as the address has it."""
    return PeriodForm(formdata=request.args)
