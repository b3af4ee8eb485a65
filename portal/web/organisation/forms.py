"""What an administrator types about people and about sign-in."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core.errors import Invalid
from portal.core.parties.emails import read_email
from portal.core.parties.staff import Reason
from portal.core.permissions import SIDE_ROLES, Role, Side
from portal.web.errors import message_of
from portal.web.shell import LANGUAGES
from portal.web.viewer import ROLE_LABELS

REASONS = {
    Reason.LEFT: lazy_gettext("Has left the organisation"),
    Reason.ROLE_ENDED: lazy_gettext("Does not need access any more"),
    Reason.LOST_DEVICE: lazy_gettext("Lost a telephone, a key or a password"),
    Reason.SECURITY: lazy_gettext("Somebody else may have had access"),
    Reason.MISTAKE: lazy_gettext("Was invited by mistake"),
    Reason.OTHER: lazy_gettext("Another reason"),
}
_NAME = [
    InputRequired(lazy_gettext("Enter a name.")),
    Length(max=120, message=lazy_gettext("Enter a name of at most 120 characters.")),
]


class StaffForm(FlaskForm):  # type: ignore[misc]
    """A person's name and role."""

    name = StringField(lazy_gettext("Name"), validators=_NAME)
    role = SelectField(lazy_gettext("Role"), coerce=Role)

    def offer_roles(self, side: Side) -> None:
        """Offer the roles of one side."""
        self.role.choices = [
            SelectChoice(role.value, ROLE_LABELS[role.value]) for role in SIDE_ROLES[side]
        ]


class InviteForm(StaffForm):
    """Somebody new: whom to write to, and in which language."""

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


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why somebody is shut out or starts over; free text would end up in the record for good."""

    reason = RadioField(
        lazy_gettext("Reason"),
        choices=[SelectChoice(reason.value, words) for reason, words in REASONS.items()],
        validators=[InputRequired(lazy_gettext("Choose a reason."))],
    )


class ProviderForm(FlaskForm):  # type: ignore[misc]
    """An organisation's own sign-in provider."""

    issuer = StringField(
        lazy_gettext("Address of the provider"),
        validators=[
            InputRequired(lazy_gettext("Enter the address of the provider.")),
            Length(max=500, message=lazy_gettext("This is too long.")),
        ],
    )
    client_id = StringField(
        lazy_gettext("Client ID"),
        validators=[
            InputRequired(lazy_gettext("Enter the client ID.")),
            Length(max=300, message=lazy_gettext("This is too long.")),
        ],
    )
    client_secret = PasswordField(
        lazy_gettext("Client secret"),
        validators=[Length(max=1000, message=lazy_gettext("This is too long."))],
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A deed without anything to type."""
