"""Forms of the import: the file, the mapping, the commitment."""

from __future__ import annotations

from collections import Counter

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField

from portal.core.accounts.mapping import TARGET, TARGETS, Mapping
from portal.core.accounts.values import DateOrder


class UploadForm(FlaskForm):  # type: ignore[misc]
    """The file a bank sends."""

    file = FileField(_("Referral file"), validators=[FileRequired(_("Choose the file to import."))])


class CommitForm(FlaskForm):  # type: ignore[misc]
    """The decision to import, with or without standing by the balances."""

    attested = BooleanField(
        _("I confirm that these balances are what each person owes on the itemisation date.")
    )


class PlainForm(FlaskForm):  # type: ignore[misc]
    """A form that carries nothing but its token."""


def chosen_fields(values: MultiDict[str, str], headings: tuple[str, ...]) -> list[str]:
    """Return what each column is to be imported as, in the order of the file; empty is nothing."""
    return [values.get(f"column-{number}", "") for number in range(len(headings))]


def doubled_fields(chosen: list[str]) -> list[str]:
    """Return the fields that more than one column is to be imported as."""
    counts = Counter(field for field in chosen if field)
    return [target.field for target in TARGETS if counts[target.field] > 1]


def mapping_from_form(values: MultiDict[str, str], headings: tuple[str, ...]) -> Mapping:
    """Read the map page: one choice per column, a constant or an order of dates per field.

    Columns are numbered in the form, so that any heading will do.
    """
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    dates: dict[str, DateOrder] = {}
    for field, heading in zip(chosen_fields(values, headings), headings, strict=True):
        if field in TARGET:
            columns.setdefault(field, heading)
    for target in TARGETS:
        constant = values.get(f"constant-{target.field}", "").strip()
        if target.constant and constant and target.field not in columns:
            constants[target.field] = constant
        order = values.get(f"dates-{target.field}", "")
        if order in list(DateOrder) and target.field in columns:
            dates[target.field] = DateOrder(order)
    return Mapping(columns, constants, dates)
