"""Putting an agency on the panel: which one, and the terms of its contract."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from portal.core.accounts.text import clean
from portal.core.parties.service import PanelTerms

_PERCENT = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)
_CODE = re.compile(r"[A-Za-z]{2}", re.ASCII)


class AgencyForm(FlaskForm):  # type: ignore[misc]
    """The terms a bank agreed with an agency."""

    agency = SelectField(_("Agency"), validate_choice=False)
    fee = StringField(_("Fee, percent of what is recovered"))
    term_days = StringField(_("Term in days"), default="180")
    tail_days = StringField(_("Days after the term in which late money still counts"), default="0")
    answer_hours = StringField(_("Hours to answer an offer"), default="48")
    capacity = StringField(_("Most accounts at a time"))
    places = StringField(_("Countries it works in"))
    languages = StringField(_("Languages it speaks"))

    def offer(self, agencies: list[tuple[UUID, str]]) -> None:
        """Fill the list to choose from."""
        self.agency.choices = [
            SelectChoice("", str(_("Choose an agency"))),
            *(SelectChoice(str(agency_id), name) for agency_id, name in agencies),
        ]

    def validate_agency(self, field: SelectField) -> None:
        """Insist on one of the list."""
        if field.data not in [choice.value for choice in field.choices if choice.value]:
            raise ValidationError(_("Choose the agency."))

    def validate_fee(self, field: StringField) -> None:
        """Refuse what is no percentage."""
        read_percent(field)

    def validate_term_days(self, field: StringField) -> None:
        """Keep the term within three years."""
        read_number(field, 1, 1096)

    def validate_tail_days(self, field: StringField) -> None:
        """Keep the tail within a year."""
        read_number(field, 0, 366)

    def validate_answer_hours(self, field: StringField) -> None:
        """Give an agency an hour at least and a month at most."""
        read_number(field, 1, 720)

    def validate_capacity(self, field: StringField) -> None:
        """Refuse what is no number of accounts."""
        read_number(field, 0, 10_000_000)

    def validate_places(self, field: StringField) -> None:
        """Refuse what is no country code."""
        _codes(field)

    validate_languages = validate_places

    def terms(self, today: date) -> PanelTerms:
        """Return the terms, approved today; the form has been validated."""
        return PanelTerms(
            fee_bps=read_percent(self.fee),
            term_days=read_number(self.term_days, 1, 1096),
            tail_days=read_number(self.tail_days, 0, 366),
            answer_hours=read_number(self.answer_hours, 1, 720),
            capacity=read_number(self.capacity, 0, 10_000_000),
            places=[code.upper() for code in _codes(self.places)],
            languages=[code.lower() for code in _codes(self.languages)],
            approved_on=today,
        )


def read_percent(field: StringField) -> int:
    """Return a percentage as basis points.

    Raises:
        ValidationError: not a percentage from 0 to 100 with two decimals at most.
    """
    text = (field.data or "").strip().removesuffix("%").strip()
    if not _PERCENT.fullmatch(text) or Decimal(text) > 100:
        raise ValidationError(_("Enter a percentage from 0 to 100, like 22.5."))
    return int(Decimal(text) * 100)


def read_number(field: StringField, least: int, most: int) -> int:
    """Return a whole number within bounds.

    Raises:
        ValidationError: anything else.
    """
    text = (field.data or "").strip()
    if text.isascii() and text.isdecimal() and len(text) <= 12 and least <= int(text) <= most:
        return int(text)
    raise ValidationError(
        _("Enter a whole number from %(least)d to %(most)d.", least=least, most=most)
    )


def _codes(field: StringField) -> list[str]:
    codes = [part for part in re.split(r"[,;、，\s]+", clean(field.data or "")) if part]
    if any(not _CODE.fullmatch(code) for code in codes):
        raise ValidationError(_("Enter codes of two letters with commas between them."))
    return codes
