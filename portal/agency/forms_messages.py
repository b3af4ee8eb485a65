"""What an agency types when it writes to a person from the portal."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.agency.forms import KeyedForm
from portal.agency.forms_actions import PURPOSES
from portal.agency.queries_points import PointLine
from portal.core.actions.messages import Draft
from portal.core.rules import Channel, Purpose
from portal.core.rules.wording import CONSEQUENCES, WordKind
from portal.web.labels import LABELS
from portal.web.shell import LANGUAGES

TEXT_LIMIT = 5_000
_CONSEQUENCES = {
    WordKind.LEGAL_ACTION: _("Legal steps are lawful here and will be taken"),
    WordKind.CREDIT_REPORT: _("The report to a credit bureau is lawful and will be made"),
    WordKind.SEIZURE: _("A court has allowed that wages or property are taken"),
    WordKind.REFERRAL: _("The account will be passed on as the message says"),
    WordKind.EXTRA_COST: _("The contract or the law allows these costs"),
}


class MessageForm(KeyedForm):
    """One text message or e-mail: to which address, in which language, in which words."""

    contact_point = SelectField(
        _("Send to"), validators=[InputRequired(_("Choose where to send it."))]
    )
    language = SelectField(
        _("Language of the message"),
        choices=[SelectChoice(each.code, each.name) for each in LANGUAGES],
    )
    purpose = SelectField(
        _("Purpose"),
        choices=[SelectChoice(each.value, LABELS[Purpose][each]) for each in PURPOSES],
        default=Purpose.PAYMENT_REQUEST.value,
    )
    subject = StringField(
        _("Subject"),
        validators=[Length(max=150, message=_("Shorten the subject to 150 characters."))],
    )
    text = TextAreaField(
        _("Text"),
        validators=[
            InputRequired(_("Write something, or choose a template.")),
            Length(
                max=TEXT_LIMIT,
                message=_("Shorten the text to %(limit)d characters.", limit=TEXT_LIMIT),
            ),
        ],
    )
    confirmed = SelectMultipleField(
        _("Who confirms what it announces?"),
        choices=[SelectChoice(kind.value, _CONSEQUENCES[kind]) for kind in sorted(CONSEQUENCES)],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    mandate_code = HiddenField()

    def offer(self, points: list[PointLine]) -> None:
        """Offer the addresses a message can go to."""
        self.contact_point.choices = [SelectChoice(str(each.id), each.hinted) for each in points]

    def draft(self, channel: Channel) -> Draft:
        """Return the message as it was typed."""
        return Draft(
            channel=channel,
            contact_point_id=UUID(self.contact_point.data),
            language=self.language.data,
            text=(self.text.data or "").replace("\r\n", "\n").strip(),
            subject=(self.subject.data or "").strip() if channel is Channel.EMAIL else "",
            purpose=Purpose(self.purpose.data),
            confirmed=frozenset(WordKind(kind) for kind in self.confirmed.data or ()),
            mandate_code=self.mandate_code.data or "",
        )
