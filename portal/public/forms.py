"""What is typed on the pages for anyone."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core.errors import Invalid
from portal.core.parties.letter_codes import read_code
from portal.web.errors import message_of

_SHORT = Length(max=40, message=lazy_gettext("This is too long."))


class StartForm(FlaskForm):  # type: ignore[misc]
    """The box on the start page; its form goes to the door."""

    code = StringField(lazy_gettext("The code on your letter"))


class CheckForm(FlaskForm):  # type: ignore[misc]
    """The code by which anyone may ask who works for whom."""

    code = StringField(
        lazy_gettext("The code for checking"),
        validators=[InputRequired(lazy_gettext("Enter the code for checking.")), _SHORT],
    )

    def validate_code(self, field: StringField) -> None:
        """Tell a slip from a wrong code, before anything is looked up."""
        try:
            read_code(field.data)
        except Invalid as error:
            raise ValidationError(message_of(error)) from None
