"""What an agency types about contacts: asking for a permit, deciding one, telling of an action."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.agency.forms import KeyedForm
from portal.agency.here import uuid_or_none
from portal.agency.local_time import instant_of, within_minute
from portal.agency.queries_points import PointLine
from portal.agency.words import outcome_word
from portal.core.actions.permits import REASON_LIMIT
from portal.core.actions.service import NOTE_LIMIT, Told
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role
from portal.web.fields import ClockField, DayField
from portal.web.findings import zone_name
from portal.web.labels import LABELS

_WRITTEN = (Outcome.DELIVERED, Outcome.UNDELIVERED, Outcome.UNKNOWN)
OUTCOMES = {
    Channel.CALL: (
        Outcome.CONVERSATION,
        Outcome.NO_ANSWER,
        Outcome.VOICEMAIL_LEFT,
        Outcome.LIMITED_CONTENT_MESSAGE,
        Outcome.VOICEMAIL_FULL,
        Outcome.BUSY,
        Outcome.ANSWERED_DROPPED,
        Outcome.ANSWERED_TERMINATED,
        Outcome.NOT_IN_SERVICE,
    ),
    Channel.SMS: _WRITTEN,
    Channel.EMAIL: _WRITTEN,
    Channel.LETTER: _WRITTEN,
    Channel.VISIT: (Outcome.CONVERSATION, Outcome.NO_ANSWER, Outcome.ANSWERED_TERMINATED),
    Channel.IN_APP: _WRITTEN,
}
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
#: The purposes a collector has; the others are for the letters and steps of the portal itself.
PURPOSES = (
    Purpose.PAYMENT_REQUEST,
    Purpose.AT_DEBTOR_REQUEST,
    Purpose.REPLY_TO_QUERY_OR_COMPLAINT,
    Purpose.LOCATION_INFORMATION,
    Purpose.LOCATE_OR_RELAY,
    Purpose.ACCOUNT_STATEMENT,
    Purpose.DISCOUNT_OFFER,
    Purpose.OPTOUT_CONFIRMATION,
    Purpose.LEGALLY_REQUIRED,
    Purpose.ACTIVE_LITIGATION,
    Purpose.OTHER,
)


def _roles() -> list[SelectChoice]:
    return [SelectChoice(each.value, LABELS[Role][each]) for each in REACHED]


def _purposes() -> list[SelectChoice]:
    named = [SelectChoice(each.value, LABELS[Purpose][each]) for each in PURPOSES]
    return [SelectChoice("", _("Not stated")), *named]


def _point_choices(points: list[PointLine], nothing: str) -> list[SelectChoice]:
    named = [SelectChoice(str(each.id), each.hinted) for each in points]
    return [SelectChoice("", nothing), *named]


class PermitForm(FlaskForm):  # type: ignore[misc]
    """Whom somebody is about to contact, through what, and why."""

    channel = RadioField(
        _("How will you contact them?"),
        choices=[SelectChoice(each.value, LABELS[Channel][each]) for each in OUTCOMES],
        validators=[InputRequired(_("Choose how you will contact them."))],
    )
    role = SelectField(_("Whom will you contact?"), choices=_roles, default=Role.CONSUMER.value)
    contact_point = SelectField(_("Number or address"), default="")
    purpose = SelectField(_("What for?"), choices=_purposes, default="")

    def offer_points(self, points: list[PointLine]) -> None:
        """Offer the numbers and addresses there are, of any kind that is not wrong."""
        self.contact_point.choices = _point_choices(points, gettext("Not chosen yet"))

    @property
    def point_id(self) -> UUID | None:
        """Return the number or address that was chosen."""
        return uuid_or_none(self.contact_point.data or "")


class DecisionForm(FlaskForm):  # type: ignore[misc]
    """What a person decides about a contact the rules leave to them, and why."""

    answer = RadioField(
        _("What do you decide?"),
        choices=[
            SelectChoice("grant", _("Yes, they may make this contact")),
            SelectChoice("refuse", _("No, not now")),
        ],
        validators=[InputRequired(_("Choose yes or no."))],
    )
    reason = TextAreaField(
        _("Your reason"),
        validators=[
            InputRequired(_("Give a reason, at most %(limit)d characters.", limit=REASON_LIMIT)),
            Length(
                max=REASON_LIMIT,
                message=_("Give a reason, at most %(limit)d characters.", limit=REASON_LIMIT),
            ),
        ],
    )


class ActionForm(KeyedForm):
    """One action: how it ended, whom it reached, when the clock where the person is showed it."""

    outcome = RadioField(
        _("How did it end?"), validators=[InputRequired(_("Choose how the contact ended."))]
    )
    direction = RadioField(
        _("Who started it?"),
        choices=[SelectChoice(each.value, LABELS[Direction][each]) for each in Direction],
        default=Direction.OUTBOUND.value,
        validators=[InputRequired(_("Choose who started it."))],
    )
    role = SelectField(_("Who was reached?"), choices=_roles, default=Role.CONSUMER.value)
    contact_point = SelectField(_("Number or address"), default="")
    purpose = SelectField(_("Purpose"), choices=_purposes, default="")
    made_on = DayField(_("Day"), validators=[InputRequired(_("Enter the day of the contact."))])
    made_at = ClockField(_("Time"), validators=[InputRequired(_("Enter the time of the contact."))])
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
    late_reason = TextAreaField(
        _("Why is it told now?"),
        validators=[
            Length(
                max=REASON_LIMIT,
                message=_("Give a reason, at most %(limit)d characters.", limit=REASON_LIMIT),
            )
        ],
    )
    confirm = BooleanField(_("It has happened: log it"))

    def offer(
        self,
        channel: Channel,
        points: list[PointLine],
        zones: tuple[str, ...],
        now: datetime,
    ) -> None:
        """Offer the outcomes, numbers and zones there are; propose the present minute."""
        self.outcome.choices = [
            SelectChoice(each.value, outcome_word(channel, each)) for each in OUTCOMES[channel]
        ]
        self.contact_point.choices = _point_choices(points, gettext("Not on this list"))
        self.zone.choices = [SelectChoice(zone, zone_name(zone)) for zone in zones]
        if self.is_submitted():
            return
        if self.zone.data not in zones:
            self.zone.data = zones[0]
        local = now.astimezone(ZoneInfo(zones[0]))
        self.made_on.data, self.made_at.data = local.date(), local.time()

    def told(self, channel: Channel, *, now: datetime, earliest: datetime | None) -> Told:
        """Return the action as it was told.

        Raises:
            Invalid: the clocks never showed that time, or twice and which one is not said.
        """
        purpose = self.purpose.data or ""
        return Told(
            channel=channel,
            outcome=Outcome(self.outcome.data),
            direction=Direction(self.direction.data),
            role=Role(self.role.data),
            purpose=Purpose(purpose) if purpose else None,
            contact_point_id=uuid_or_none(self.contact_point.data or ""),
            made_at=self._instant(now=now, earliest=earliest),
            note=self.note.data or "",
            late_reason=(self.late_reason.data or "").strip(),
        )

    def _instant(self, *, now: datetime, earliest: datetime | None) -> datetime:
        minute = instant_of(
            self.made_on.day,
            self.made_at.clock,
            ZoneInfo(self.zone.data),
            which=self.which.data or "",
        )
        return within_minute(minute, now=now, earliest=earliest)
