"""The filter of the list of permits, as it stands in the address, and the form that decides."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from portal.bank.fields import DayField
from portal.bank.forms_accounts import read_id, read_one_of
from portal.bank.forms_breaches import BY_BANK
from portal.bank.permit_states import Shown
from portal.bank.queries_permits import Choices, PermitSearch
from portal.core.accounts.text import clean
from portal.core.actions.contact import CHANNELS
from portal.core.actions.permits import REASON_LIMIT
from portal.core.rules import Channel
from portal.web.labels import label

FILTER_NAMES = ("state", "channel", "agency", "rule", "from_on", "to_on")
ALL = "all"
_LONGEST = 80


class PermitFilterForm(FlaskForm):  # type: ignore[misc]
    """Which permits to list; every field may be left empty."""

    class Meta:
        """A filter changes nothing, so that it needs no token."""

        csrf = False

    channel = SelectField(_("Channel"), validate_choice=False)
    agency = SelectField(_("Agency"), validate_choice=False)
    rule = StringField(_("Rule"))
    from_on = DayField(_("From day"))
    to_on = DayField(_("To day"))
    state = HiddenField()

    def offer(self, choices: Choices) -> None:
        """Fill the lists to choose from."""
        anything = SelectChoice("", str(_("Any")))
        self.channel.choices = [
            anything,
            *(SelectChoice(each.value, label(each)) for each in CHANNELS),
        ]
        self.agency.choices = [
            anything,
            *(SelectChoice(str(key or BY_BANK), name) for key, name in choices.agencies),
        ]

    def chosen(self) -> PermitSearch:
        """Return the filter; the form has been validated. Without a state it is the denied ones."""
        return PermitSearch(
            state=None if self.state.data == ALL else self._state,
            channel=read_one_of(Channel, self.channel.data),
            agency_id=read_id(self.agency.data),
            by_bank=self.agency.data == BY_BANK,
            rule=clean(self.rule.data or "")[:_LONGEST],
            from_on=self.from_on.data,
            to_on=self.to_on.data,
        )

    @property
    def _state(self) -> Shown:
        return read_one_of(Shown, self.state.data) or Shown.DENIED


def read_filter() -> PermitFilterForm:
    """Return the form as the address has it."""
    return PermitFilterForm(formdata=request.args)


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """A person's answer to what the rules leave open."""

    answer = RadioField(
        _("May this contact be made?"),
        choices=[
            SelectChoice("grant", _("Yes, within the next ten minutes")),
            SelectChoice("refuse", _("No")),
        ],
        validators=[InputRequired(_("Choose yes or no."))],
    )
    reason = TextAreaField(
        _("Reason"),
        validators=[
            DataRequired(_("Say why. It stays on record with your name.")),
            Length(
                max=REASON_LIMIT,
                message=_("Shorten it to %(limit)d characters.", limit=REASON_LIMIT),
            ),
        ],
    )
