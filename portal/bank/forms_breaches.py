"""The filter of the breaches list, as it stands in the address."""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.bank.fields import DayField
from portal.bank.forms_accounts import read_id, read_one_of
from portal.bank.queries_breaches import BreachSearch, Choices, Kind

FILTER_NAMES = ("rule", "agency", "kind", "from_on", "to_on")


class BreachFilterForm(FlaskForm):  # type: ignore[misc]
    """Which breaches to list; every field may be left empty."""

    class Meta:
        """A filter changes nothing, so that it needs no token."""

        csrf = False

    rule = SelectField(_("Rule"), validate_choice=False)
    agency = SelectField(_("Agency"), validate_choice=False)
    kind = HiddenField()
    from_on = DayField(_("From day"))
    to_on = DayField(_("To day"))

    def offer(self, choices: Choices) -> None:
        """Fill the lists to choose from."""
        anything = SelectChoice("", str(_("Any")))
        self.rule.choices = [anything, *(SelectChoice(rule, rule) for rule in choices.rules)]
        self.agency.choices = [
            anything,
            *(SelectChoice(str(key), name) for key, name in choices.agencies),
        ]

    def chosen(self) -> BreachSearch:
        """Return the filter; the form has been validated."""
        return BreachSearch(
            rule=self.rule.data if self.rule.data in self._rules else "",
            agency_id=read_id(self.agency.data),
            from_on=self.from_on.data,
            to_on=self.to_on.data,
            kind=read_one_of(Kind, self.kind.data) or Kind.BROKEN,
        )

    @property
    def _rules(self) -> list[str]:
        return [choice.value for choice in self.rule.choices]


def read_filter() -> BreachFilterForm:
    """Return the form as the address has it."""
    return BreachFilterForm(formdata=request.args)
