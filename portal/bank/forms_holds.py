"""The filter of the holds list, and the forms that open, extend and release one."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from portal.bank.forms_accounts import read_one_of
from portal.bank.queries_holds import HoldFilter
from portal.core.accounts.hold_kinds import kinds_told_by
from portal.core.accounts.hold_reading import Standing
from portal.core.accounts.holds import NOTE_LIMIT, REASON_LIMIT, REF_LIMIT
from portal.core.permissions import Side
from portal.core.rules import HoldKind
from portal.web.fields import DayField
from portal.web.held import HOLD_NAMES, STANDINGS

FILTER_NAMES = ("kind", "standing", "overdue")
PERSON, ACCOUNT = "person", "account"


class HoldFilterForm(FlaskForm):  # type: ignore[misc]
    """Which holds to list; every field may be left empty."""

    class Meta:
        """A filter changes nothing, so that it needs no token."""

        csrf = False

    kind = SelectField(
        _("Kind"),
        choices=[
            SelectChoice("", _("Any")),
            *(SelectChoice(kind.value, name) for kind, name in HOLD_NAMES.items()),
        ],
        validate_choice=False,
    )
    standing = SelectField(
        _("State"),
        choices=[
            SelectChoice("", _("All that are open")),
            *(SelectChoice(each.value, word) for each, (word, _tone) in STANDINGS.items()),
        ],
        validate_choice=False,
    )
    overdue = BooleanField(_("Overdue only"))

    def chosen(self) -> HoldFilter:
        """Return the filter; what is unknown is left out."""
        return HoldFilter(
            kind=read_one_of(HoldKind, self.kind.data),
            standing=read_one_of(Standing, self.standing.data),
            overdue=bool(self.overdue.data),
        )


def read_filter() -> HoldFilterForm:
    """Return the form as the address has it."""
    return HoldFilterForm(formdata=request.args)


class OpenHoldForm(FlaskForm):  # type: ignore[misc]
    """A reason to stop, when it was received, and for how long."""

    kind = SelectField(
        _("Why?"),
        choices=[SelectChoice(kind.value, HOLD_NAMES[kind]) for kind in kinds_told_by(Side.BANK)],
        validators=[InputRequired(_("Choose a kind of hold from the list."))],
    )
    scope = RadioField(
        _("On what?"),
        choices=[
            SelectChoice(PERSON, _("The whole person: everything they owe this bank")),
            SelectChoice(ACCOUNT, _("This account alone")),
        ],
        default=PERSON,
    )
    received_on = DayField(
        _("Received on"), validators=[InputRequired(_("Enter the day it was received."))]
    )
    starts_on = DayField(_("First day"))
    ends_on = DayField(_("Last day"))
    due_on = DayField(_("To be looked at by"))
    ref = StringField(
        _("Reference"),
        validators=[Length(max=REF_LIMIT, message=_("Shorten the reference to 100 characters."))],
    )
    note = TextAreaField(
        _("Note"),
        validators=[
            Length(
                max=NOTE_LIMIT,
                message=_("Shorten the note to %(limit)d characters.", limit=NOTE_LIMIT),
            )
        ],
    )

    def received(self, now: datetime, zone: str) -> datetime:
        """Return from when the hold binds: the beginning of the day where the bank is, or now."""
        day, place = self.received_on.day, ZoneInfo(zone)
        return now if day == now.astimezone(place).date() else datetime.combine(day, time(), place)


class ExtendHoldForm(FlaskForm):  # type: ignore[misc]
    """Until when a hold lasts now, and when its owner is due."""

    ends_on = DayField(_("Last day"))
    extension_days = IntegerField(_("Days added"), validators=[Optional()])
    due_on = DayField(_("To be looked at by"))


class ReleaseHoldForm(FlaskForm):  # type: ignore[misc]
    """Why a hold ends; of a dispute, also who was right."""

    upheld = RadioField(
        _("How was it decided?"),
        choices=[
            SelectChoice("no", _("The debt stands as it was shown")),
            SelectChoice("yes", _("The person was right, in whole or in part")),
        ],
        validators=[Optional()],
        validate_choice=False,
    )
    reason = TextAreaField(
        _("Reason"),
        validators=[
            DataRequired(_("Say why the hold ends.")),
            Length(max=REASON_LIMIT, message=_("Shorten the reason to 500 characters.")),
        ],
    )

    @property
    def decided(self) -> bool | None:
        """Return whether the person was right, if that was asked."""
        return {"yes": True, "no": False}.get(self.upheld.data or "")
