"""What a person types at the door: a code, one fact, a passcode. Nothing typed is ever cleared."""

from __future__ import annotations

import unicodedata
from datetime import date

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core.errors import Invalid
from portal.core.parties.letter_codes import read_code
from portal.web.errors import message_of

_SHORT = Length(max=40, message=lazy_gettext("This is too long."))


class LetterCodeForm(FlaskForm):  # type: ignore[misc]
    """The code on a letter; spaces, dashes and look-alikes do not matter."""

    code = StringField(
        lazy_gettext("The code on your letter"),
        validators=[InputRequired(lazy_gettext("Enter the code from your letter.")), _SHORT],
    )

    def validate_code(self, field: StringField) -> None:
        """Tell a slip from a wrong code, before anything is looked up."""
        try:
            read_code(field.data)
        except Invalid as error:
            raise ValidationError(message_of(error)) from None


class KeptCodeForm(FlaskForm):  # type: ignore[misc]
    """Going on with the code a letter was opened with: nothing to type."""


class BirthForm(FlaskForm):  # type: ignore[misc]
    """A date of birth in three boxes."""

    day = StringField(lazy_gettext("Day"), validators=[_SHORT])
    month = StringField(lazy_gettext("Month"), validators=[_SHORT])
    year = StringField(lazy_gettext("Year"), validators=[_SHORT])
    born_on: date | None = None

    def validate_day(self, field: StringField) -> None:
        """Put the three boxes together; the fault is told at the first of them."""
        del field
        try:
            self.born_on = date(
                number(self.year.data), number(self.month.data), number(self.day.data)
            )
        except ValueError:
            raise ValidationError(
                lazy_gettext("Enter your date of birth, like 17 5 1980.")
            ) from None


class LastDigitsForm(FlaskForm):  # type: ignore[misc]
    """The last four digits of an identity number; never the whole number."""

    digits = StringField(
        lazy_gettext("The last four digits of your identity number"), validators=[_SHORT]
    )
    last_digits: str | None = None

    def validate_digits(self, field: StringField) -> None:
        """Take four letters or digits and no more: an identity number may end in X."""
        plain = plain_text(field.data)
        if len(plain) != 4 or not plain.isalnum():
            raise ValidationError(lazy_gettext("Enter four digits, like 4821."))
        self.last_digits = plain.upper()


class ContactForm(FlaskForm):  # type: ignore[misc]
    """Where the passcode is to go."""

    contact = RadioField(
        lazy_gettext("Where should we send it?"),
        validators=[InputRequired(lazy_gettext("Choose where to send the code."))],
    )


class PasscodeForm(FlaskForm):  # type: ignore[misc]
    """Six digits that were sent."""

    passcode = StringField(lazy_gettext("The six digits we sent you"), validators=[_SHORT])
    digits: str = ""

    def validate_passcode(self, field: StringField) -> None:
        """Take six digits, however they were spaced."""
        plain = plain_text(field.data)
        if len(plain) != 6 or not (plain.isascii() and plain.isdigit()):
            raise ValidationError(lazy_gettext("Enter the six digits, like 123456."))
        self.digits = plain


def plain_text(typed: str | None) -> str:
    """Return what was typed without spaces and dashes, full-width characters made plain."""
    text = unicodedata.normalize("NFKC", typed or "")
    return "".join(mark for mark in text if not mark.isspace() and mark not in "-–—.")


def number(typed: str | None) -> int:
    """Return a whole number of a date's box.

    Raises:
        ValueError: not one to four plain digits.
    """
    plain = plain_text(typed)
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 4):
        raise ValueError(plain)
    return int(plain)
