"""What an agency types: answers to offers, promises, recoveries."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.core import idempotency
from portal.core.placements.offers import DECLINE_REASONS
from portal.core.recoveries.models import Recipient
from portal.web.fields import DayField

DECLINE_TEXTS = {
    "capacity": _("We have no capacity now"),
    "place": _("We do not work in these places"),
    "language": _("We do not speak these languages"),
    "terms": _("The terms do not suit us"),
    "conflict_of_interest": _("We have a conflict of interest"),
    "other": _("Another reason"),
}


class PlainForm(FlaskForm):  # type: ignore[misc]
    """A form that carries nothing but its token."""


class DeclineForm(FlaskForm):  # type: ignore[misc]
    """Why an offer is declined."""

    reason = RadioField(
        _("Why do you decline?"),
        choices=[SelectChoice(reason, DECLINE_TEXTS[reason]) for reason in DECLINE_REASONS],
        validators=[InputRequired(_("Choose a reason from the list."))],
    )


class KeyedForm(FlaskForm):  # type: ignore[misc]
    """A form that is carried out once, however often it is sent."""

    request_key = HiddenField(default=idempotency.new_key)


class PromiseForm(KeyedForm):
    """An amount and a day, and that an earlier promise ends with it."""

    amount = StringField(
        _("Amount"), validators=[InputRequired(_("Enter an amount, like 150.00."))]
    )
    due_on = DayField(
        _("To be paid by"), validators=[InputRequired(_("Enter the day it is to be paid by."))]
    )
    replace = BooleanField(_("Yes, the new promise takes its place"))


class RecoveryForm(KeyedForm):
    """Money collected: how much, when, by whom, and where it can be found."""

    amount = StringField(
        _("Amount received"), validators=[InputRequired(_("Enter an amount, like 150.00."))]
    )
    received_on = DayField(
        _("Received on"), validators=[InputRequired(_("Enter the day the money was received."))]
    )
    recipient = RadioField(
        _("Who received the money?"),
        choices=[
            SelectChoice(Recipient.AGENCY.value, _("We did; it is in our trust account")),
            SelectChoice(Recipient.BANK.value, _("The bank did")),
        ],
        validators=[InputRequired(_("Choose who received the money."))],
    )
    external_ref = StringField(
        _("Reference of the payment"),
        validators=[
            InputRequired(_("Enter the reference of the payment, at most 100 characters.")),
            Length(
                max=100, message=_("Enter the reference of the payment, at most 100 characters.")
            ),
        ],
    )
