"""What a referral is asked for with: a filter, a share per agency, a seed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from portal.bank import words
from portal.bank.forms_accounts import read_months
from portal.bank.queries_proposals import Grounds
from portal.core.accounts.selection import AccountFilter
from portal.core.accounts.text import clean
from portal.core.errors import Invalid
from portal.core.money import Money, parse_money
from portal.web.errors import message_of

MOST_SHARE = 10_000
_SHARE = "share_"


class ReferralForm(FlaskForm):  # type: ignore[misc]
    """Which accounts go to which agencies; `make_form` adds a share for each agency."""

    class Meta:
        """Looking changes nothing; what confirms it is checked with every other POST."""

        csrf = False

    currency = SelectField(_("Currency"), validate_choice=False)
    least = StringField(_("Balance from"))
    most = StringField(_("Balance to"))
    months_from = StringField(_("Months past due from"))
    months_to = StringField(_("Months past due to"))
    country = StringField(_("Country"))
    region = StringField(_("State or province"))
    language = SelectField(_("Language"), validate_choice=False)
    import_id = SelectField(_("Imported with"), validate_choice=False)
    seed = StringField(_("Seed of the split"))

    def validate_currency(self, field: SelectField) -> None:
        """Insist on one currency: what is owed is added up."""
        if field.data not in [choice.value for choice in field.choices]:
            raise ValidationError(_("Choose the currency of the accounts."))

    def validate_least(self, field: StringField) -> None:
        """Refuse what is no amount."""
        self._amount(field)

    validate_most = validate_least

    def validate_months_from(self, field: StringField) -> None:
        """Refuse what is no number of months."""
        read_months(field)

    validate_months_to = validate_months_from

    def validate_seed(self, field: StringField) -> None:
        """Insist on a seed: without it nobody could work the split out again."""
        if not clean(field.data or ""):
            raise ValidationError(_("Enter any text as the seed."))

    def _amount(self, field: StringField) -> Money | None:
        text = (field.data or "").strip()
        if not text:
            return None
        try:
            return parse_money(text, self.currency.data or "USD")
        except Invalid as fault:
            raise ValidationError(message_of(fault)) from None

    def chosen(self) -> AccountFilter:
        """Return the filter; the form has been validated."""
        least, most = self._amount(self.least), self._amount(self.most)
        return AccountFilter(
            currency=self.currency.data,
            least_minor=least.minor if least else None,
            most_minor=most.minor if most else None,
            least_months=read_months(self.months_from),
            most_months=read_months(self.months_to),
            country=clean(self.country.data or "").upper()[:2] or None,
            state=clean(self.region.data or "")[:40] or None,
            language=self.language.data or None,
            import_id=self.import_id.data or None,
        )

    @property
    def chosen_seed(self) -> str:
        """Return the text the split is worked out from."""
        return clean(self.seed.data or "")[:100]

    @property
    def shares(self) -> list[StringField]:
        """Return the share fields, one for each agency of the panel."""
        return [field for field in self if field.name.startswith(_SHARE)]

    def shares_by_agency(self) -> dict[UUID, int]:
        """Return the shares above zero; the form has been validated."""
        read = {UUID(field.name.removeprefix(_SHARE)): read_share(field) for field in self.shares}
        return {agency_id: share for agency_id, share in read.items() if share}

    def carried(self) -> dict[str, str]:
        """Return every answer as it was typed, to be carried to the next page."""
        return {field.name: field.data for field in self if field.data}


def make_form(grounds: Grounds, values: MultiDict[str, str]) -> ReferralForm:
    """Return the form for a bank's own currencies, files and agencies, filled from an address."""
    members = {
        f"{_SHARE}{member.agency_id.hex}": StringField(
            member.agency, validators=[lambda _form, field: read_share(field)]
        )
        for member in grounds.panel
    }
    form: ReferralForm = type("ReferralForm", (ReferralForm,), members)(formdata=values)
    anything = SelectChoice("", str(_("Any")))
    form.currency.choices = [SelectChoice(code, code) for code in grounds.currencies]
    if form.currency.data is None and grounds.currencies:
        form.currency.data = grounds.currencies[0]
    form.language.choices = [
        anything,
        *(SelectChoice(code, str(name)) for code, name in words.LANGUAGES.items()),
    ]
    form.import_id.choices = [anything, *_files(grounds.files)]
    for field in (form.language, form.import_id):
        if field.data not in [choice.value for choice in field.choices]:
            field.data = ""
    if form.seed.data is None:
        form.seed.data = secrets.token_hex(4)
    return form


def read_share(field: StringField) -> int:
    """Return a share as a whole number; empty is none.

    Raises:
        ValidationError: anything else.
    """
    text = (field.data or "").strip().removesuffix("%").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 5) or int(text) > MOST_SHARE:
        raise ValidationError(_("Enter a share as a whole number, like 50."))
    return int(text)


def _files(files: Sequence[tuple[UUID, str]]) -> list[SelectChoice]:
    return [SelectChoice(str(import_id), name) for import_id, name in files]
