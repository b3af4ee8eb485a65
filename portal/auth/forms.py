"""What is typed on the way in and in one's own profile."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length, ValidationError

from portal.core.errors import Invalid
from portal.core.parties.emails import read_email
from portal.core.parties.passwords import MAXIMUM
from portal.web.errors import message_of
from portal.web.shell import LANGUAGES, THEMES

# Longer than any password that could have been set, and short enough not to cost anything.
_LONGEST = Length(max=MAXIMUM * 4, message=lazy_gettext("This is too long."))


class EmailForm(FlaskForm):  # type: ignore[misc]
    """Who somebody says they are."""

    email = EmailField(
        lazy_gettext("Work e-mail"),
        validators=[InputRequired(lazy_gettext("Enter your e-mail address."))],
    )

    def validate_email(self, field: EmailField) -> None:
        """Refuse what cannot be anybody's address."""
        try:
            field.data = read_email(field.data)
        except Invalid as error:
            raise ValidationError(message_of(error)) from None


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The password of the person named before."""

    password = PasswordField(
        lazy_gettext("Password"),
        validators=[InputRequired(lazy_gettext("Enter your password.")), _LONGEST],
    )


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A code from the authenticator, or one of the recovery codes."""

    code = StringField(
        lazy_gettext("Code"),
        validators=[
            InputRequired(lazy_gettext("Enter the six digits your authenticator shows.")),
            Length(max=60, message=lazy_gettext("This is too long.")),
        ],
    )


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A password somebody chooses; typed twice, since it is not shown."""

    password = PasswordField(
        lazy_gettext("Password"),
        validators=[InputRequired(lazy_gettext("Choose a password.")), _LONGEST],
    )
    repeated = PasswordField(
        lazy_gettext("The same password again"),
        validators=[EqualTo("password", lazy_gettext("The two passwords differ."))],
    )


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password in the place of the present one."""

    present = PasswordField(
        lazy_gettext("Present password"),
        validators=[InputRequired(lazy_gettext("Enter your present password.")), _LONGEST],
    )
    password = PasswordField(
        lazy_gettext("New password"),
        validators=[InputRequired(lazy_gettext("Choose a password.")), _LONGEST],
    )
    repeated = PasswordField(
        lazy_gettext("The new password again"),
        validators=[EqualTo("password", lazy_gettext("The two passwords differ."))],
    )


class PreferencesForm(FlaskForm):  # type: ignore[misc]
    """How one wants the pages."""

    language = SelectField(
        lazy_gettext("Language"),
        choices=[SelectChoice(known.code, known.name) for known in LANGUAGES],
    )
    theme = SelectField(
        lazy_gettext("Appearance"),
        choices=[
            SelectChoice(THEMES[0], lazy_gettext("As the system")),
            SelectChoice(THEMES[1], lazy_gettext("Light")),
            SelectChoice(THEMES[2], lazy_gettext("Dark")),
        ],
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A deed without anything to type."""
