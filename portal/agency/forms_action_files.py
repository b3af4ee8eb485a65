"""What an agency types about files of actions: for which bank, and the file itself."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.agency.here import uuid_or_none
from portal.agency.queries_action_files import BankChoice


class ActionFileForm(FlaskForm):  # type: ignore[misc]
    """A file of actions and the bank it is for."""

    bank = SelectField(
        _("For which bank?"), validators=[InputRequired(_("Choose the bank the file is for."))]
    )
    file = FileField(
        _("File of actions"), validators=[FileRequired(_("Choose the file with your actions."))]
    )

    def offer_banks(self, banks: Sequence[BankChoice]) -> None:
        """Offer the banks the agency works for; one is chosen already where there is no other."""
        many = [SelectChoice("", "")] if len(banks) > 1 else []
        self.bank.choices = many + [SelectChoice(str(bank.id), bank.name) for bank in banks]

    def bank_id(self) -> UUID | None:
        """Return the bank that was chosen."""
        return uuid_or_none(self.bank.data or "")
