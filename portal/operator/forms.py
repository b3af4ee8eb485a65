"""What the operator types about organisations and their first people."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from babel import Locale
from flask_babel import get_locale, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from portal.core.errors import Invalid
from portal.core.parties.emails import read_email
from portal.core.parties.organisations import OrganisationChanges
from portal.core.parties.service import OrganisationDetails
from portal.web.errors import message_of
from portal.web.shell import LANGUAGES

_TOO_LONG = lazy_gettext("This is too long.")
_ZONES = sorted(
    zone for zone in available_timezones() if re.fullmatch(r"[A-Z][a-z]+/[\w/+-]+", zone)
)


class OrganisationForm(FlaskForm):  # type: ignore[misc]
    """What stands on an organisation's letters."""

    name = StringField(
        lazy_gettext("Name of the organisation"),
        validators=[
            InputRequired(lazy_gettext("Enter the name.")),
            Length(max=200, message=_TOO_LONG),
        ],
    )
    name_zh = StringField(
        lazy_gettext("Name in Chinese"), validators=[Length(max=200, message=_TOO_LONG)]
    )
    timezone = SelectField(
        lazy_gettext("Time zone"),
        choices=[SelectChoice(zone, zone or "–") for zone in ("", "UTC", *_ZONES)],
        validators=[InputRequired(lazy_gettext("Choose a time zone."))],
    )
    languages = SelectMultipleField(
        lazy_gettext("Languages of its letters"),
        choices=[SelectChoice(known.code, known.name) for known in LANGUAGES],
        validators=[InputRequired(lazy_gettext("Choose at least one language."))],
    )
    phone = TelField(lazy_gettext("Telephone"), validators=[Length(max=40, message=_TOO_LONG)])
    phone_hours = StringField(
        lazy_gettext("Hours of the telephone"), validators=[Length(max=120, message=_TOO_LONG)]
    )
    email = EmailField(lazy_gettext("E-mail"), validators=[Optional()])
    address = TextAreaField(
        lazy_gettext("Postal address"), validators=[Length(max=500, message=_TOO_LONG)]
    )

    def validate_email(self, field: EmailField) -> None:
        """Refuse what is no address."""
        try:
            field.data = read_email(field.data)
        except Invalid as error:
            raise ValidationError(message_of(error)) from None

    def changes(self) -> OrganisationChanges:
        """Return what was typed."""
        return OrganisationChanges(
            name=self.name.data.strip(),
            timezone=self.timezone.data,
            name_zh=(self.name_zh.data or "").strip(),
            languages=list(self.languages.data),
            phone=(self.phone.data or "").strip(),
            phone_hours=(self.phone_hours.data or "").strip(),
            email=self.email.data or "",
            address=(self.address.data or "").strip(),
        )


class NewOrganisationForm(OrganisationForm):
    """An organisation that is not there yet; kind, code and country never change afterwards."""

    kind = RadioField(
        lazy_gettext("Kind"),
        choices=[
            SelectChoice("bank", lazy_gettext("Bank")),
            SelectChoice("agency", lazy_gettext("Collection agency")),
        ],
        validators=[InputRequired(lazy_gettext("Choose a kind."))],
    )
    code = StringField(
        lazy_gettext("Code"),
        filters=[lambda typed: typed.strip().upper() if typed else typed],
        validators=[
            InputRequired(lazy_gettext("Enter a code.")),
            Regexp(
                r"^[A-Z0-9-]{2,20}$",
                message=lazy_gettext("Use 2 to 20 capital letters, digits and dashes."),
            ),
        ],
    )
    country = SelectField(
        lazy_gettext("Country"), validators=[InputRequired(lazy_gettext("Choose a country."))]
    )

    def offer_countries(self) -> None:
        """Offer every country by its name in the reader's language."""
        names: dict[str, str] = dict((get_locale() or Locale("en")).territories)
        countries = [code for code in names if re.fullmatch("[A-Z]{2}", code)]
        countries.sort(key=lambda code: names[code])
        self.country.choices = [
            SelectChoice("", "–"),
            *(SelectChoice(code, names[code]) for code in countries),
        ]

    def details(self) -> OrganisationDetails:
        """Return what was typed."""
        return OrganisationDetails(
            code=self.code.data, country=self.country.data, **vars(self.changes())
        )


class AdministratorForm(FlaskForm):  # type: ignore[misc]
    """Somebody who will let the others of their organisation in."""

    name = StringField(
        lazy_gettext("Name"),
        validators=[
            InputRequired(lazy_gettext("Enter a name.")),
            Length(max=120, message=lazy_gettext("Enter a name of at most 120 characters.")),
        ],
    )
    email = EmailField(
        lazy_gettext("Work e-mail"),
        validators=[InputRequired(lazy_gettext("Enter an e-mail address."))],
    )
    language = SelectField(
        lazy_gettext("Language of the invitation"),
        choices=[SelectChoice(known.code, known.name) for known in LANGUAGES],
    )

    def validate_email(self, field: EmailField) -> None:
        """Refuse what is no address."""
        try:
            field.data = read_email(field.data)
        except Invalid as error:
            raise ValidationError(message_of(error)) from None


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A deed without anything to type."""
