"""The filter of the accounts list, as it stands in the address."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from portal.bank import words
from portal.bank.queries_accounts import AccountSearch, Confirmed, Sort
from portal.core.accounts.models import AccountState
from portal.core.accounts.text import clean
from portal.core.errors import Invalid
from portal.core.money import Money, parse_money
from portal.web.errors import message_of

E = TypeVar("E", bound=StrEnum)
MOST_MONTHS = 1200


class AccountFilterForm(FlaskForm):  # type: ignore[misc]
    """Which accounts to list; every field may be left empty."""

    class Meta:
        """A filter changes nothing, so that it needs no token."""

        csrf = False

    q = StringField(_("Account number or name"))
    state = SelectField(_("State"), validate_choice=False)
    agency = SelectField(_("Agency"), validate_choice=False)
    confirmed = SelectField(_("Balance confirmed"), validate_choice=False)
    currency = SelectField(_("Currency"), validate_choice=False)
    least = StringField(_("Balance from"))
    most = StringField(_("Balance to"))
    months_from = StringField(_("Months past due from"))
    months_to = StringField(_("Months past due to"))
    country = StringField(_("Country"))
    region = StringField(_("State or province"))
    import_id = HiddenField()
    sort = HiddenField()

    def offer(self, currencies: list[str], agencies: list[tuple[UUID, str]]) -> None:
        """Fill the lists to choose from."""
        anything = SelectChoice("", str(_("Any")))
        self.state.choices = [anything] + [
            SelectChoice(state.value, words.label(state)) for state in AccountState
        ]
        self.agency.choices = [anything] + [SelectChoice(str(key), name) for key, name in agencies]
        self.confirmed.choices = [
            anything,
            SelectChoice(Confirmed.YES.value, str(_("Confirmed by the bank"))),
            SelectChoice(Confirmed.NO.value, str(_("Nobody confirmed it"))),
        ]
        self.currency.choices = [anything] + [SelectChoice(code, code) for code in currencies]

    def validate_least(self, field: StringField) -> None:
        """Refuse what is no amount."""
        self._amount(field)

    validate_most = validate_least

    def validate_months_from(self, field: StringField) -> None:
        """Refuse what is no number of months."""
        read_months(field)

    validate_months_to = validate_months_from

    def _amount(self, field: StringField) -> Money | None:
        text = (field.data or "").strip()
        if not text:
            return None
        currency = self._currency
        if currency is None:
            raise ValidationError(_("Choose a currency to compare amounts in."))
        try:
            return parse_money(text, currency)
        except Invalid as fault:
            raise ValidationError(message_of(fault)) from None

    @property
    def _currency(self) -> str | None:
        codes = [choice.value for choice in self.currency.choices if choice.value]
        if self.currency.data in codes:
            return str(self.currency.data)
        return codes[0] if len(codes) == 1 else None

    def chosen(self) -> AccountSearch:
        """Return the filter; the form has been validated."""
        least, most = self._amount(self.least), self._amount(self.most)
        return AccountSearch(
            text=clean(self.q.data or "")[:100],
            state=read_one_of(AccountState, self.state.data),
            currency=self.currency.data if self.currency.data == self._currency else None,
            confirmed=read_one_of(Confirmed, self.confirmed.data),
            least_minor=least.minor if least else None,
            most_minor=most.minor if most else None,
            least_months=read_months(self.months_from),
            most_months=read_months(self.months_to),
            country=clean(self.country.data or "").upper()[:2],
            region=clean(self.region.data or "")[:40],
            agency_id=read_id(self.agency.data),
            import_id=read_id(self.import_id.data),
        )

    @property
    def order(self) -> Sort:
        """Return how the list is sorted."""
        return read_one_of(Sort, self.sort.data) or Sort.REF

    @property
    def narrowed(self) -> int:
        """Return how many of the further choices are in use, so that they stay in sight."""
        return sum(
            bool(field.data) for field in self if field.name not in ("q", "sort", "state", "agency")
        )


def read_filter() -> AccountFilterForm:
    """Return the form as the address has it."""
    return AccountFilterForm(formdata=request.args)


FILTER_NAMES = (
    *("q", "state", "agency", "confirmed", "currency", "least", "most", "months_from"),
    *("months_to", "country", "region", "import_id", "sort"),
)


def read_months(field: StringField) -> int | None:
    """Return a number of months, or nothing for an empty field.

    Raises:
        ValidationError: anything else.
    """
    text = (field.data or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 4) or int(text) > MOST_MONTHS:
        raise ValidationError(_("Enter a number of months, like 3."))
    return int(text)


def read_one_of(kind: type[E], value: str | None) -> E | None:
    """Return the member a text stands for; anything else is no choice."""
    try:
        return kind(value) if value else None
    except ValueError:
        return None


def read_id(value: str | None) -> UUID | None:
    """Return the id a text stands for; anything else is no choice."""
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
