"""The rule tester's form: a made-up contact that stands in the address, to be passed on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from flask import request
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.rules import (
    Channel,
    ConsentScope,
    Direction,
    HoldKind,
    Outcome,
    PlanState,
    Purpose,
    Role,
)
from portal.core.rules.kinds import Form as Given
from portal.core.rules.trying import MOST_PAST, TriedCase, TriedPast
from portal.web.fields import ClockField, DayField
from portal.web.labels import label

COUNTRIES = ("US", "CN", "GB", "IN", "AU", "DE", "FR", "BR")
CHANNELS = tuple(channel for channel in Channel if channel is not Channel.UNKNOWN)
ROLES = tuple(Role)
#: Holds that stand until they are released; the rest follow from what the person said.
HOLDS = tuple(kind for kind in HoldKind if kind is not HoldKind.PLAN)
_ROWS = 3
_MADE_BY = {
    "us": _("the same agency"),
    "other": _("another agency"),
    "bank": _("the bank"),
}
_FORMS = {
    Given.WRITING: _("in writing"),
    Given.ACCEPTED_ELECTRONIC: _("through the portal"),
    Given.ORAL: _("by word of mouth"),
}
_SCOPES = {
    ConsentScope.CALLBACK_CALLS: _("to more calls"),
    ConsentScope.TIME: _("to any time of day"),
}
_PLANS = {
    PlanState.PERFORMING: _("kept to"),
    PlanState.BROKEN: _("broken"),
}
_PRODUCTS = {
    "credit_card": _("credit card"),
    "microfinance": _("microfinance"),
    "student_loan": _("student loan"),
}


class CheckboxesField(SelectMultipleField):  # type: ignore[misc]
    """Several of a list, each as a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PastForm(Form):  # type: ignore[misc]
    """One earlier contact; a row without a day is left out."""

    on = DayField(_("Date"))
    clock = ClockField(_("Time"))
    channel = SelectField(_("Channel"), validate_choice=False)
    outcome = SelectField(_("Outcome"), validate_choice=False)
    made_by = SelectField(_("Made by"), validate_choice=False)
    direction = SelectField(_("Who began"), validate_choice=False)
    other_account = BooleanField(_("About another account"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel.choices = _choices((each, label(each)) for each in CHANNELS)
        self.outcome.choices = _choices((each, label(each)) for each in Outcome)
        self.made_by.choices = _choices(_MADE_BY.items())
        self.direction.choices = _choices((each, label(each)) for each in Direction)

    @property
    def is_empty(self) -> bool:
        """Tell whether no contact was typed in the row."""
        return self.on.data is None and not self.on.errors

    def past(self) -> TriedPast:
        """Return the contact of the row; one without a time was at noon."""
        return TriedPast(
            at=datetime.combine(self.on.day, self.clock.data or time(12)),
            channel=_one_of(Channel, self.channel.data) or Channel.CALL,
            outcome=_one_of(Outcome, self.outcome.data) or Outcome.UNKNOWN,
            made_by=self.made_by.data if self.made_by.data in _MADE_BY else "us",
            direction=_one_of(Direction, self.direction.data) or Direction.OUTBOUND,
            same_account=not self.other_account.data,
        )


class TryForm(FlaskForm):  # type: ignore[misc]
    """A contact somebody thinks of, and what is known of the person."""

    class Meta:
        """Trying changes nothing, so that it needs no token."""

        csrf = False

    country = SelectField(_("Where the person lives"), validate_choice=False)
    state = StringField(_("State or province"))
    phone = StringField(_("Telephone number"))
    zones = StringField(_("Time zones"))
    channel = SelectField(_("Channel"), validate_choice=False)
    on = DayField(_("Date"))
    clock = ClockField(_("Time where the person is"))
    role = SelectField(_("Who is to be reached"), validate_choice=False)
    purpose = SelectField(_("Purpose"), validate_choice=False)
    product = SelectField(_("Kind of debt"), validate_choice=False)
    bank = SelectField(_("Bank"), validate_choice=False)
    past = FieldList(FormField(PastForm), label=_("Earlier contacts"), max_entries=MOST_PAST)
    holds = CheckboxesField(_("Holds"), validate_choice=False)
    consents = CheckboxesField(_("The person agreed"), validate_choice=False)
    opt_outs = CheckboxesField(_("The person opted out of"), validate_choice=False)
    cease = SelectField(_("Asked for contact to stop"), validate_choice=False)
    dispute = SelectField(_("Disputes the debt"), validate_choice=False)
    plan = SelectField(_("Has a plan"), validate_choice=False)
    represented = BooleanField(_("An attorney represents the person"))
    write_only = BooleanField(_("The person wants to be written to only"))
    weekly_maximum = StringField(_("Most contacts a week the person wishes"))

    def __init__(self, banks: Sequence[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.today = today
        nothing = ("", gettext("no"))
        unknown = ("", gettext("not said"))
        self.country.choices = _choices((code, country_name(code)) for code in COUNTRIES)
        self.channel.choices = _choices((each, label(each)) for each in CHANNELS)
        self.role.choices = _choices((each, label(each)) for each in ROLES)
        self.purpose.choices = _choices([unknown, *((each, label(each)) for each in Purpose)])
        self.product.choices = _choices([unknown, *_PRODUCTS.items()])
        self.holds.choices = _choices((each, label(each)) for each in HOLDS)
        self.consents.choices = _choices(_SCOPES.items())
        self.opt_outs.choices = _choices((each, label(each)) for each in CHANNELS)
        self.cease.choices = _choices([nothing, *_FORMS.items()])
        self.dispute.choices = _choices([nothing, *_FORMS.items()])
        self.plan.choices = _choices([nothing, *_PLANS.items()])
        self.bank.choices = _choices([("", gettext("None")), *banks])

    def validate_on(self, field: DayField) -> None:
        """Insist on a day."""
        if field.data is None and not field.process_errors:
            raise ValidationError(gettext("Enter a day, like 2026-11-24."))

    def validate_clock(self, field: ClockField) -> None:
        """Insist on a time."""
        if field.data is None and not field.process_errors:
            raise ValidationError(gettext("Enter a time, like 14:30."))

    def validate_weekly_maximum(self, field: StringField) -> None:
        """Refuse what is no small number."""
        text = (field.data or "").strip()
        if text and not (text.isascii() and text.isdigit() and int(text[:9]) <= 50):
            raise ValidationError(gettext("Enter a whole number from 0 to 50."))

    def add_rows(self, wanted: int) -> None:
        """Show some empty rows for earlier contacts after those that are filled."""
        while len(self.past.entries) < min(MOST_PAST, max(_ROWS, wanted)):
            self.past.append_entry()

    def case(self) -> TriedCase:
        """Return what was typed; the form has been validated."""
        most = (self.weekly_maximum.data or "").strip()
        names = (self.zones.data or "").replace(";", ",").split(",")
        return TriedCase(
            at=datetime.combine(self.on.day, self.clock.clock),
            channel=_one_of(Channel, self.channel.data) or Channel.UNKNOWN,
            country=(self.country.data or "").upper(),
            state=(self.state.data or "").strip().upper(),
            phone=(self.phone.data or "").strip(),
            zones=tuple(name.strip() for name in names if name.strip()),
            role=_one_of(Role, self.role.data) or Role.CONSUMER,
            purpose=_one_of(Purpose, self.purpose.data),
            product=self.product.data or None,
            past=tuple(row.form.past() for row in self.past if not row.form.is_empty),
            holds=_several_of(HoldKind, self.holds.data),
            consents=_several_of(ConsentScope, self.consents.data),
            opt_outs=_several_of(Channel, self.opt_outs.data),
            cease=_one_of(Given, self.cease.data),
            dispute=_one_of(Given, self.dispute.data),
            represented=bool(self.represented.data),
            plan=_one_of(PlanState, self.plan.data),
            write_only=bool(self.write_only.data),
            weekly_maximum=int(most) if most else None,
        )


def _choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    return [SelectChoice(str(value), str(text)) for value, text in pairs]


def _one_of(kind: type[Any], text: str | None) -> Any:
    try:
        return kind(text)
    except ValueError:
        return None


def _several_of(kind: type[Any], texts: Iterable[str] | None) -> tuple[Any, ...]:
    return tuple(found for text in texts or () if (found := _one_of(kind, text)) is not None)


def country_name(code: str) -> str:
    """Return a country's name in the reader's language."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def is_asked() -> bool:
    """Tell whether the address holds a case."""
    return any(name in request.args for name in ("on", "clock", "channel"))


def read_form(banks: Sequence[tuple[str, str]], today: date) -> TryForm:
    """Return the form as the address has it; without a case it starts with noon today."""
    if is_asked():
        return TryForm(banks, today, formdata=request.args)
    form = TryForm(banks, today, formdata=None)
    form.on.data, form.clock.data = today, time(12)
    return form
