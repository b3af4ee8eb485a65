"""The filter of the breaches list, as it stands in the address, and the forms that decide."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from portal.bank.fields import DayField
from portal.bank.forms_accounts import read_id, read_one_of
from portal.bank.queries_breaches import Choices
from portal.core.actions.breach_selection import BreachFilter, Kind
from portal.core.actions.breaches import REASON_LIMIT
from portal.core.actions.models import BreachState
from portal.core.rules import Severity
from portal.web.labels import label

FILTER_NAMES = (
    *("rule", "agency", "kind", "severity", "from_on", "to_on", "state", "waiting", "decided"),
)
#: What the agency field says for what the bank did itself.
BY_BANK = "bank"
_ALL = "all"


class BreachFilterForm(FlaskForm):  # type: ignore[misc]
    """Which breaches to list; every field may be left empty."""

    class Meta:
        """A filter changes nothing, so that it needs no token."""

        csrf = False

    rule = SelectField(_("Rule"), validate_choice=False)
    agency = SelectField(_("Agency"), validate_choice=False)
    kind = SelectField(
        _("What it comes to"),
        choices=[
            SelectChoice("", _("Rules broken")),
            SelectChoice(Kind.REVIEW.value, _("For a person to judge")),
            SelectChoice(_ALL, _("Both")),
        ],
        validate_choice=False,
    )
    severity = SelectField(_("Kind of rule"), validate_choice=False)
    from_on = DayField(_("From day"))
    to_on = DayField(_("To day"))
    waiting = IntegerField(
        _("Found so many days ago, or longer"),
        validators=[
            Optional(),
            NumberRange(0, 36_500, message=_("Enter a number of days, like 14.")),
        ],
    )
    state = HiddenField()
    decided = HiddenField()

    def offer(self, choices: Choices) -> None:
        """Fill the lists to choose from."""
        anything = SelectChoice("", str(_("Any")))
        self.rule.choices = [anything, *(SelectChoice(rule, rule) for rule in choices.rules)]
        self.agency.choices = [
            anything,
            *(SelectChoice(str(key or BY_BANK), name) for key, name in choices.agencies),
        ]
        self.severity.choices = [
            anything,
            *(SelectChoice(each.value, label(each)) for each in Severity),
        ]

    def chosen(self, now: datetime) -> BreachFilter:
        """Return the filter; the form has been validated."""
        rules = [choice.value for choice in self.rule.choices]
        return BreachFilter(
            kind=None if self.kind.data == _ALL else self._kind,
            rule=self.rule.data if self.rule.data in rules else "",
            agency_id=read_id(self.agency.data),
            by_bank=self.agency.data == BY_BANK,
            state=read_one_of(BreachState, self.state.data),
            severity=read_one_of(Severity, self.severity.data),
            from_on=self.from_on.data,
            to_on=self.to_on.data,
            found_before=self._found_before(now),
            changed_at=read_instant(self.decided.data),
        )

    @property
    def _kind(self) -> Kind:
        return read_one_of(Kind, self.kind.data) or Kind.BROKEN

    def _found_before(self, now: datetime) -> datetime | None:
        days = self.waiting.data
        return None if days is None else now - timedelta(days=days)


def read_filter() -> BreachFilterForm:
    """Return the form as the address has it."""
    return BreachFilterForm(formdata=request.args)


def read_instant(text: Any) -> datetime | None:
    """Return the instant an address carries; anything else is as if it were left out."""
    try:
        instant = datetime.fromisoformat(text or "")
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo else None


class DecisionForm(FlaskForm):  # type: ignore[misc]
    """The words that go with a decision."""

    reason = TextAreaField(
        _("Reason"),
        validators=[
            DataRequired(_("Say why. The agency reads it.")),
            Length(
                max=REASON_LIMIT,
                message=_("Shorten it to %(limit)d characters.", limit=REASON_LIMIT),
            ),
        ],
    )


class RemedyForm(FlaskForm):  # type: ignore[misc]
    """What was done to put a breach right."""

    reason = TextAreaField(
        _("What was done"),
        validators=[
            DataRequired(_("Say what was done to put it right.")),
            Length(
                max=REASON_LIMIT,
                message=_("Shorten it to %(limit)d characters.", limit=REASON_LIMIT),
            ),
        ],
    )


class ManyForm(DecisionForm):
    """One reason for many breaches, and how many there were when they were shown."""

    expected = HiddenField(validators=[DataRequired()])

    @property
    def count(self) -> int:
        """Return how many were shown; what is no number is none."""
        text = self.expected.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
