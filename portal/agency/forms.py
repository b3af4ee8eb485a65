"""What an agency types: answers to offers, calls, promises, recoveries."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.agency.local_time import instant_of, within_minute
from portal.core import idempotency
from portal.core.actions.service import NOTE_LIMIT
from portal.core.placements.offers import DECLINE_REASONS
from portal.core.recoveries.models import Recipient
from portal.core.rules import Direction, Outcome, Role
from portal.web.fields import ClockField, DayField
from portal.web.findings import zone_name
from portal.web.labels import LABELS

DECLINE_TEXTS = {
    "capacity": _("We have no capacity now"),
    "place": _("We do not work in these places"),
    "language": _("We do not speak these languages"),
    "terms": _("The terms do not suit us"),
    "conflict_of_interest": _("We have a conflict of interest"),
    "other": _("Another reason"),
}
CALL_OUTCOMES = (
    Outcome.CONVERSATION,
    Outcome.NO_ANSWER,
    Outcome.VOICEMAIL_LEFT,
    Outcome.LIMITED_CONTENT_MESSAGE,
    Outcome.VOICEMAIL_FULL,
    Outcome.BUSY,
    Outcome.ANSWERED_DROPPED,
    Outcome.ANSWERED_TERMINATED,
    Outcome.NOT_IN_SERVICE,
    Outcome.NOT_CONNECTED,
)
REACHED = (
    Role.CONSUMER,
    Role.SPOUSE,
    Role.PARENT,
    Role.GUARDIAN,
    Role.EXECUTOR,
    Role.GUARANTOR,
    Role.CONSUMER_ATTORNEY,
    Role.DEBT_ADVISER,
    Role.REPRESENTATIVE,
    Role.RELATIVE,
    Role.COLLEAGUE,
    Role.EMPLOYER,
    Role.THIRD_PARTY,
)


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


class CallForm(KeyedForm):
    """One call: how it ended, whom it reached, when the clock where the person is showed it."""

    outcome = RadioField(
        _("How did it end?"),
        choices=[SelectChoice(each.value, LABELS[Outcome][each]) for each in CALL_OUTCOMES],
        validators=[InputRequired(_("Choose how the call ended."))],
    )
    direction = RadioField(
        _("Who called?"),
        choices=[SelectChoice(each.value, LABELS[Direction][each]) for each in Direction],
        default=Direction.OUTBOUND.value,
        validators=[InputRequired(_("Choose who called."))],
    )
    role = SelectField(
        _("Who was reached?"),
        choices=[SelectChoice(each.value, LABELS[Role][each]) for each in REACHED],
        default=Role.CONSUMER.value,
    )
    made_on = DayField(_("Day"), validators=[InputRequired(_("Enter the day of the call."))])
    made_at = ClockField(_("Time"), validators=[InputRequired(_("Enter the time of the call."))])
    zone = SelectField(_("Time as the clock shows it in"))
    which = RadioField(
        _("Which of the two?"),
        choices=[
            SelectChoice("first", _("The first, before the clocks went back")),
            SelectChoice("second", _("The second, after the clocks went back")),
        ],
        validate_choice=False,
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

    def offer_zones(self, zones: tuple[str, ...], now: datetime) -> None:
        """Offer the zones a time may be told in, and propose the present minute in the first."""
        self.zone.choices = [SelectChoice(zone, zone_name(zone)) for zone in zones]
        if self.zone.data not in zones and not self.is_submitted():
            self.zone.data = zones[0]
            local = now.astimezone(ZoneInfo(zones[0]))
            self.made_on.data, self.made_at.data = local.date(), local.time()

    def instant(self, *, now: datetime, earliest: datetime | None) -> datetime:
        """Return the instant of the call.

        Raises:
            Invalid: the clocks never showed that time, or twice and which one is not said.
        """
        minute = instant_of(
            self.made_on.day,
            self.made_at.clock,
            ZoneInfo(self.zone.data),
            which=self.which.data or "",
        )
        return within_minute(minute, now=now, earliest=earliest)


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
