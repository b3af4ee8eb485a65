"""What a person said, as an agency writes it down: one form for each thing that can be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from portal.agency.queries_head import AccountHead
from portal.core.accounts.holds import NOTE_LIMIT, REF_LIMIT
from portal.core.accounts.said import REACHES, Said
from portal.core.errors import Invalid
from portal.core.parties.models import StatementKind
from portal.core.parties.persons import OpenContact
from portal.core.rules import Channel, ConsentScope, Form, Place
from portal.core.rules.clocktime import instants_of
from portal.web.fields import ClockField, DayField, read_amount
from portal.web.held import FORMS
from portal.web.limits import WAYS

_SHORT = Length(max=REF_LIMIT, message=_("Shorten the reference to 100 characters."))
_CHOOSE = InputRequired(_("Choose what they said."))
THIS, ALL = "account", "person"


@dataclass(frozen=True)
class Ground:
    """What a form stands on: the account, the numbers to choose from, the reader's clock."""

    head: AccountHead
    contacts: Sequence[OpenContact]
    zone: ZoneInfo
    now: datetime


class SaidForm(FlaskForm):  # type: ignore[misc]
    """When and how somebody said something, and what else to know of it."""

    form = RadioField(
        _("How did they say it?"),
        choices=[
            SelectChoice(each.value, word)
            for each, word in FORMS.items()
            if each is not Form.UNKNOWN
        ],
        default=Form.ORAL.value,
    )
    received_on = DayField(_("Day"), validators=[InputRequired(_("Enter the day they said it."))])
    received_at = ClockField(
        _("Time"), validators=[InputRequired(_("Enter the time they said it."))]
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
    #: The fields of its own, in the order they are shown.
    own: ClassVar[tuple[str, ...]] = ()

    def __init__(self, ground: Ground, **values: Any) -> None:
        """Begin with the present minute, as the reader's clock shows it."""
        local = ground.now.astimezone(ground.zone)
        self.ground = ground
        super().__init__(received_on=local.date(), received_at=local.time(), **values)
        self.offer()

    def offer(self) -> None:
        """Fill lists that depend on the person."""

    @property
    def received(self) -> datetime:
        """Return the instant it was said; where a clock shows it twice, the first.

        Raises:
            Invalid: the clock never showed that time.
        """
        found = instants_of(self.received_on.day, self.received_at.clock, self.ground.zone)
        if not found:
            raise Invalid(
                "The clock never showed this time that day. Check it.", field="received_at"
            )
        return min(found[0], self.ground.now) if self._is_this_minute(found[0]) else found[0]

    def _is_this_minute(self, minute: datetime) -> bool:
        return minute <= self.ground.now and (self.ground.now - minute).total_seconds() < 60

    @property
    def said(self) -> Said:
        """Return what was said, for the form that was filled in."""
        raise TypeError(type(self).__name__)

    def _said(self, kind: StatementKind, **more: Any) -> Said:
        return Said(
            kind=kind,
            received_at=self.received,
            form=Form(self.form.data),
            note=self.note.data or "",
            **more,
        )


class ClosedForm(SaidForm):
    """A way, or a number or address, that is not to be used."""

    own = ("what",)
    what = SelectField(_("What is not to be used?"), validators=[_CHOOSE])

    def offer(self) -> None:
        """Offer each number and address, and each way as a whole."""
        self.what.choices = [
            *(
                SelectChoice(f"{channel}:{contact.id}", _used(channel, contact))
                for contact in self.ground.contacts
                for channel in REACHES[contact.kind]
            ),
            *(
                SelectChoice(f"{channel}:", gettext("%(way)s altogether", way=WAYS[channel]))
                for channel in WAYS
                if channel is not Channel.IN_APP
            ),
        ]

    @property
    def said(self) -> Said:
        """Return the opt-out."""
        channel, _colon, point = self.what.data.partition(":")
        return self._said(
            StatementKind.OPT_OUT,
            channel=Channel(channel),
            contact_point_id=UUID(point) if point else None,
        )


class WrongForm(SaidForm):
    """A number or address that is not the person's."""

    own = ("contact_point_id",)
    contact_point_id = SelectField(_("Which one is wrong?"), validators=[_CHOOSE])

    def offer(self) -> None:
        """Offer each number and address."""
        self.contact_point_id.choices = [
            SelectChoice(str(contact.id), _in_one_line(contact)) for contact in self.ground.contacts
        ]

    @property
    def said(self) -> Said:
        """Return that the number is wrong."""
        return self._said(
            StatementKind.WRONG_NUMBER, contact_point_id=UUID(self.contact_point_id.data)
        )


def _about(default: str) -> Any:
    return RadioField(
        _("About what?"),
        choices=[
            SelectChoice(ALL, _("Everything they owe this bank")),
            SelectChoice(THIS, _("This account alone")),
        ],
        default=default,
    )


class AboutForm(SaidForm):
    """Something said about this account, or about everything at the bank."""

    about = _about(ALL)

    @property
    def account_id(self) -> UUID | None:
        """Return the account it is about, if it is about this one alone."""
        return self.ground.head.id if self.about.data == THIS else None


class StopForm(AboutForm):
    """A request to stop all contact."""

    own = ("about",)

    @property
    def said(self) -> Said:
        """Return the request."""
        return self._said(StatementKind.CEASE, account_id=self.account_id)


class SpeakerForm(AboutForm):
    """Somebody who speaks for the person."""

    own = ("speaker", "contact_known", "about")
    speaker = RadioField(
        _("Who speaks for them?"),
        choices=[
            SelectChoice("attorney", _("An attorney")),
            SelectChoice("other", _("A debt adviser or somebody else")),
        ],
        default="attorney",
    )
    contact_known = BooleanField(
        _("They told us the name and how to reach them, or we can easily find out"), default=True
    )

    @property
    def said(self) -> Said:
        """Return the representation."""
        details = {
            "attorney": self.speaker.data == "attorney",
            "contact_known": bool(self.contact_known.data),
        }
        return self._said(StatementKind.REPRESENTATION, account_id=self.account_id, details=details)


class DisputeForm(AboutForm):
    """A debt or an amount the person does not accept."""

    own = ("grounds", "disputed_amount", "asks_original_creditor", "about")
    grounds = SelectField(
        _("Why?"),
        choices=[
            SelectChoice("paid_already", _("They have paid already")),
            SelectChoice("wrong_amount", _("The amount is wrong")),
            SelectChoice("not_mine", _("It is not their debt")),
            SelectChoice("identity_theft", _("Somebody used their name")),
            SelectChoice("services", _("They did not get what it is for")),
            SelectChoice("other", _("Another reason")),
        ],
    )
    disputed_amount = StringField(_("How much of it?"), validators=[Optional()])
    asks_original_creditor = BooleanField(_("They ask who the original creditor was"))
    about = _about(THIS)

    @property
    def said(self) -> Said:
        """Return the dispute.

        Raises:
            Invalid: the amount is none.
        """
        details: dict[str, Any] = {"grounds": self.grounds.data}
        if self.disputed_amount.data:
            amount = read_amount(self.disputed_amount, self.ground.head.currency)
            details["disputed_amount"] = amount.minor
        if self.asks_original_creditor.data:
            details["asks_original_creditor"] = True
        return self._said(StatementKind.DISPUTE, account_id=self.account_id, details=details)


class PlaceForm(SaidForm):
    """A place the person does not want to be reached at."""

    own = ("place", "by_employer")
    place = RadioField(
        _("Where are they not to be reached?"),
        choices=[
            SelectChoice(Place.WORKPLACE.value, _("At work")),
            SelectChoice(Place.HOME.value, _("At home")),
        ],
        default=Place.WORKPLACE.value,
    )
    by_employer = BooleanField(_("Their employer does not allow it"))

    @property
    def said(self) -> Said:
        """Return the barred place."""
        return self._said(
            StatementKind.BARRED_PLACE,
            place=Place(self.place.data),
            details={"by_employer": bool(self.by_employer.data)},
        )


class LeaveForm(SaidForm):
    """A way the person lets us use."""

    own = ("what", "valid_until")
    what = SelectField(_("What do they allow?"), validators=[_CHOOSE])
    valid_until = DayField(_("Until"))

    def offer(self) -> None:
        """Offer to be called back, and each number, address and way."""
        self.what.choices = [
            SelectChoice("callback:", gettext("To be called back sooner than the rules let us")),
            *(
                SelectChoice(f"{channel}:{contact.id}", _used(channel, contact))
                for contact in self.ground.contacts
                for channel in REACHES[contact.kind]
            ),
            *(
                SelectChoice(f"{channel}:", gettext("%(way)s altogether", way=WAYS[channel]))
                for channel in WAYS
                if channel is not Channel.IN_APP
            ),
        ]

    @property
    def said(self) -> Said:
        """Return the consent."""
        name, _colon, point = self.what.data.partition(":")
        until = self.valid_until.data
        if name == "callback":
            scope = ConsentScope.CALLBACK_CALLS
            return self._said(StatementKind.CONSENT, scope=scope, valid_until=until)
        return self._said(
            StatementKind.CONSENT,
            scope=ConsentScope.ADDRESS if point else ConsentScope.MEDIUM,
            channel=Channel(name),
            contact_point_id=UUID(point) if point else None,
            valid_until=until,
        )


class HoldForm(SaidForm):
    """Something that happened to the person, for which the account rests."""

    own: ClassVar[tuple[str, ...]] = ("ref",)
    ref = StringField(_("Reference"), validators=[_SHORT])


class DatedHoldForm(HoldForm):
    """A rest that has a first and a last day."""

    own = ("starts_on", "ends_on", "ref")
    starts_on = DayField(_("First day"), validators=[InputRequired(_("Enter the first day."))])
    ends_on = DayField(_("Last day"), validators=[InputRequired(_("Enter the last day."))])


def _used(channel: Channel, contact: OpenContact) -> str:
    return str(gettext("%(way)s (%(point)s)", way=WAYS[channel], point=_in_one_line(contact)))


def _in_one_line(contact: OpenContact) -> str:
    return ", ".join(contact.value.splitlines())
