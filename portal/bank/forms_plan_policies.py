"""The plan policy as a form: bands by rising balance, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from portal.bank.fields import DayField
from portal.bank.forms_agencies import read_number
from portal.core.errors import Invalid
from portal.core.money import Money, parse_money
from portal.core.plans.models import PlanPolicy
from portal.core.plans.policies import PolicyTerms
from portal.core.rules.plans import LONGEST_MONTHS, Band
from portal.web.errors import message_of

BANDS = 5
_NUMBERS = {
    "start_within_days": (1, 90),
    "grace_days": (0, 60),
    "answer_days": (1, 30),
    "misses_that_end": (2, 12),
}


@dataclass(frozen=True)
class BandFields:
    """The three fields of one band."""

    up_to: Any
    minimum: Any
    months: Any

    @property
    def empty(self) -> bool:
        """Tell whether nothing was typed in the band."""
        return not any(
            (field.data or "").strip() for field in (self.up_to, self.minimum, self.months)
        )


class PolicyForm(FlaskForm):  # type: ignore[misc]
    """What the bank accepts without asking a person."""

    currency = SelectField(_("Currency"), validate_choice=False)
    effective_from = DayField(_("In force from"))
    minimum_payment = StringField(_("Smallest payment"))
    start_within_days = StringField(_("First payment within, in days"), default="31")
    grace_days = StringField(_("Days of grace after a due day"), default="5")
    misses_that_end = StringField(_("Missed in a row that end a plan"), default="2")
    answer_days = StringField(_("Days a person at the bank has to answer"), default="3")
    charges_paused = BooleanField(_("No interest and no fees while a plan is kept to"))

    def offer(self, currencies: Sequence[str]) -> None:
        """Fill the list to choose from."""
        self.currency.choices = [SelectChoice(code, code) for code in currencies]

    @property
    def bands(self) -> list[BandFields]:
        """Return the fields of the bands, in order."""
        return [
            BandFields(self[f"up_to_{n}"], self[f"minimum_{n}"], self[f"months_{n}"])
            for n in range(1, BANDS + 1)
        ]

    def validate_currency(self, field: SelectField) -> None:
        """Insist on one of the list."""
        if field.data not in [choice.value for choice in field.choices]:
            raise ValidationError(_("Choose the currency the policy is for."))

    def validate_effective_from(self, field: DayField) -> None:
        """Insist on a day."""
        if field.data is None and not field.process_errors:
            raise ValidationError(_("Enter the day the policy begins."))

    def validate_minimum_payment(self, field: StringField) -> None:
        """Refuse what is no amount."""
        self._amount(field)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, and the bands one by one."""
        good: bool = super().validate(extra_validators)
        for band in self.bands:
            if not band.empty:
                good = self._check_band(band) and good
        return good

    def _check_band(self, band: BandFields) -> bool:
        good = True
        for field, read in (
            (band.up_to, lambda field: (field.data or "").strip() and self._amount(field)),
            (band.minimum, self._amount),
            (band.months, lambda field: read_number(field, 1, LONGEST_MONTHS)),
        ):
            try:
                read(field)
            except ValidationError as fault:
                field.errors = [*field.errors, str(fault)]
                good = False
        return good

    def _amount(self, field: StringField) -> Money:
        try:
            return parse_money(field.data or "", self.currency.data or "USD")
        except Invalid as fault:
            raise ValidationError(message_of(fault)) from None

    def terms(self) -> PolicyTerms:
        """Return what was typed; the form has been validated."""
        bands = tuple(
            Band(
                self._amount(band.up_to).minor if (band.up_to.data or "").strip() else None,
                self._amount(band.minimum).minor,
                read_number(band.months, 1, LONGEST_MONTHS),
            )
            for band in self.bands
            if not band.empty
        )
        return PolicyTerms(
            currency=self.currency.data,
            bands=bands,
            minimum_payment_minor=self._amount(self.minimum_payment).minor,
            charges_paused=self.charges_paused.data,
            **{name: read_number(self[name], *bounds) for name, bounds in _NUMBERS.items()},
        )


def _number_check(least: int, most: int) -> Any:
    def check(_form: PolicyForm, field: StringField) -> None:
        read_number(field, least, most)

    return check


for _name, _bounds in _NUMBERS.items():
    setattr(PolicyForm, f"validate_{_name}", _number_check(*_bounds))
for _n in range(1, BANDS + 1):
    setattr(PolicyForm, f"up_to_{_n}", StringField(_("Balance up to (band %(n)d)", n=_n)))
    setattr(PolicyForm, f"minimum_{_n}", StringField(_("At least a month (band %(n)d)", n=_n)))
    setattr(PolicyForm, f"months_{_n}", StringField(_("At most months (band %(n)d)", n=_n)))


def prefill(form: PolicyForm, policy: PlanPolicy | None, currency: str, first_day: date) -> None:
    """Fill a fresh form with the policy in force, to be changed."""
    form.currency.data = policy.currency if policy else currency
    form.effective_from.data = first_day
    if policy is None:
        return

    def plain(minor: int | None) -> str:
        return "" if minor is None else Money(minor, policy.currency).decimal_text()

    form.minimum_payment.data = plain(policy.minimum_payment_minor)
    form.charges_paused.data = policy.charges_paused
    for name in _NUMBERS:
        form[name].data = str(getattr(policy, name))
    for fields, band in zip(form.bands, policy.bands, strict=False):
        fields.up_to.data = plain(band["up_to_minor"])
        fields.minimum.data = plain(band["minimum_minor"])
        fields.months.data = str(band["most_months"])
