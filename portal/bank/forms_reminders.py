"""The filter of the list of reminders, and the form a call of the ladder is logged with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.bank.fields import DayField as FilterDayField
from portal.bank.forms_accounts import read_id, read_one_of
from portal.bank.queries_reminders import ReminderSearch
from portal.core.actions.models_reminders import ReminderState
from portal.core.actions.service import NOTE_LIMIT, Told
from portal.core.errors import Invalid
from portal.core.rules import Channel, Outcome, Purpose, Role
from portal.core.rules.clocktime import instants_of
from portal.web.fields import ClockField, DayField
from portal.web.labels import label

FILTER_NAMES = ("state", "step", "from_on", "to_on")
ALL = "all"
OUTCOMES = (
    Outcome.CONVERSATION,
    Outcome.NO_ANSWER,
    Outcome.VOICEMAIL_LEFT,
    Outcome.VOICEMAIL_FULL,
    Outcome.BUSY,
    Outcome.ANSWERED_DROPPED,
    Outcome.ANSWERED_TERMINATED,
    Outcome.NOT_IN_SERVICE,
)
REACHED = (
    *(Role.CONSUMER, Role.SPOUSE, Role.GUARDIAN, Role.CONSUMER_ATTORNEY, Role.REPRESENTATIVE),
    *(Role.RELATIVE, Role.COLLEAGUE, Role.EMPLOYER, Role.THIRD_PARTY),
)


class ReminderFilterForm(FlaskForm):  # type: ignore[misc]
    """Which reminders to list; every field may be left empty."""

    class Meta:
        """A filter changes nothing, so that it needs no token."""

        csrf = False

    step = SelectField(_("Step"), validate_choice=False)
    from_on = FilterDayField(_("From day"))
    to_on = FilterDayField(_("To day"))
    state = HiddenField()

    def offer(self, names: Mapping[str, str]) -> None:
        """Fill the list to choose from."""
        anything = SelectChoice("", str(_("Any")))
        self.step.choices = [anything, *(SelectChoice(key, name) for key, name in names.items())]

    def chosen(self) -> ReminderSearch:
        """Return the filter; the form has been validated. Without a state: the calls to make."""
        state = read_one_of(ReminderState, self.state.data) or ReminderState.DUE
        return ReminderSearch(
            state=None if self.state.data == ALL else state,
            step=self.step.data or "",
            from_on=self.from_on.data,
            to_on=self.to_on.data,
        )


def read_filter() -> ReminderFilterForm:
    """Return the form as the address has it."""
    return ReminderFilterForm(formdata=request.args)


class SwitchForm(FlaskForm):  # type: ignore[misc]
    """Whether the machine takes the steps."""

    running = HiddenField(validators=[InputRequired()])


class CallForm(FlaskForm):  # type: ignore[misc]
    """A call somebody at the bank made: whom it reached, when, how it ended."""

    outcome = RadioField(
        _("How did it end?"), validators=[InputRequired(_("Choose how the call ended."))]
    )
    role = SelectField(_("Who was reached?"), default=Role.CONSUMER.value)
    contact_point = SelectField(_("Telephone"), default="")
    made_on = DayField(
        _("Day of the call"), validators=[InputRequired(_("Enter the day of the call."))]
    )
    made_at = ClockField(_("Time"), validators=[InputRequired(_("Enter the time of the call."))])
    note = TextAreaField(
        _("Note"),
        validators=[
            Length(
                max=NOTE_LIMIT,
                message=_("Shorten the note to %(limit)d characters.", limit=NOTE_LIMIT),
            )
        ],
    )

    def offer(self, numbers: list[tuple[UUID, str]]) -> None:
        """Fill the lists to choose from."""
        self.outcome.choices = [SelectChoice(each.value, label(each)) for each in OUTCOMES]
        self.role.choices = [SelectChoice(each.value, label(each)) for each in REACHED]
        self.contact_point.choices = [
            SelectChoice("", str(_("Not stated"))),
            *(SelectChoice(str(key), shown) for key, shown in numbers),
        ]

    def begin(self, now: datetime, zone: ZoneInfo) -> None:
        """Start with this very minute."""
        local = now.astimezone(zone)
        self.made_on.data, self.made_at.data = local.date(), local.time()

    def told(self, zone: ZoneInfo, now: datetime) -> Told:
        """Return the call as it was typed, its time read where the bank is.

        Raises:
            Invalid: the clock never showed that time.
        """
        found = instants_of(self.made_on.day, self.made_at.clock, zone)
        if not found:
            raise Invalid(
                "The clocks went forward that day and never showed this time. Check it.",
                field="made_at",
            )
        minute = found[0]
        is_running = minute <= now and (now - minute).total_seconds() < 60
        return Told(
            channel=Channel.CALL,
            outcome=Outcome(self.outcome.data),
            made_at=now if is_running else minute,
            role=Role(self.role.data),
            purpose=Purpose.PAYMENT_REQUEST,
            contact_point_id=read_id(self.contact_point.data),
            note=(self.note.data or "").strip(),
        )
