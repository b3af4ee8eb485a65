"""One row under a mapping: every cell read, every fault of it told at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as ReadOnlyDict
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from portal.core.accounts import values as parse
from portal.core.accounts.account_row import AccountRow, RowError, amounts_fault
from portal.core.accounts.amounts import parse_amount, parse_plain_amount
from portal.core.accounts.files import RawRow
from portal.core.accounts.mapping import (
    TARGET,
    TARGETS,
    Kind,
    Mapping,
    MappingIncomplete,
    Target,
)
from portal.core.accounts.text import clean, clip
from portal.core.accounts.values import CellError

_DAYS_IN_MONTH_PAST_DUE = 30
_OWED = frozenset({"currency", "balance", "principal", "interest", "fees"})
_PARSERS: dict[Kind, Callable[..., Any]] = {
    Kind.REFERENCE: parse.parse_reference,
    Kind.TEXT: parse.parse_text,
    Kind.PHONE: parse.parse_phone,
    Kind.EMAIL: parse.parse_email,
    Kind.POSTCODE: parse.parse_postcode,
    Kind.COUNTRY: parse.parse_country,
    Kind.LANGUAGE: parse.parse_language,
    Kind.CURRENCY: parse.parse_currency,
    Kind.LAST4: parse.parse_last4,
    Kind.AMOUNT: parse_amount,
}
# What a cell's parser has to know besides the text; those columns are read first.
_CONTEXT = {Kind.AMOUNT: "currency", Kind.PHONE: "country", Kind.POSTCODE: "country"}
# Columns whose few values come again and again are read once for each value.
_REPEATING = frozenset(
    {Kind.POSTCODE, Kind.COUNTRY, Kind.LANGUAGE, Kind.CURRENCY, Kind.DATE, Kind.COUNT, Kind.LAST4}
)
_REPEATING_TEXT = frozenset({"city", "state", "product"})
_REMEMBERED = 32_768
_READ_FIRST = (Kind.CURRENCY, Kind.COUNTRY)


class _Column(NamedTuple):
    key: str
    name: str
    place: int
    required: bool
    read: Callable[..., Any]
    context: str | None


class RowReader:
    """Reads rows of one file: the mapping is looked up once, not for every row."""

    def __init__(self, headings: Sequence[str], mapping: Mapping, today: date) -> None:
        """Look the columns up.

        Raises:
            MappingIncomplete: a value given for every row cannot be one, such as a day to come.
        """
        self._headings = headings
        self._places = {name: headings.index(text) for name, text in mapping.columns.items()}
        mapped = [target for target in TARGETS if target.field in self._places]
        mapped.sort(key=lambda target: target.kind not in _READ_FIRST)
        self._columns = [self._column(target, mapping, today) for target in mapped]
        self._constants = {
            name: _read_constant(name, text, mapping, today)
            for name, text in mapping.constants.items()
        }

    def _column(self, target: Target, mapping: Mapping, today: date) -> _Column:
        return _Column(
            key=_key(target),
            name=target.field,
            place=self._places[target.field],
            required=target.required,
            read=_cell_reader(target, mapping, today),
            context=_CONTEXT.get(target.kind),
        )

    def read(self, row: RawRow) -> AccountRow | list[RowError]:
        """Return the account in a row, or everything that is wrong with it."""
        if row.fault is not None:
            return [RowError(row.number, "", "", row.fault.code, row.fault.values)]
        cells = row.cells
        values: dict[str, Any] = self._constants.copy()
        errors: list[RowError] = []
        for key, name, place, required, read_cell, context in self._columns:
            try:
                if context is None:
                    value = read_cell(cells[place])
                elif context in values:
                    value = read_cell(cells[place], values[context])
                else:
                    continue
            except CellError as error:
                errors.append(self.error(row, name, error.code, error.values))
                continue
            if value is not None:
                values[key] = value
            elif required:
                errors.append(self.error(row, name, "missing"))
        if "months_past_due" not in values:
            _derive_months_past_due(values)
        return self._account(row, values, errors)

    def _account(
        self, row: RawRow, values: dict[str, Any], errors: list[RowError]
    ) -> AccountRow | list[RowError]:
        try:
            account = AccountRow.model_validate(values)
        except ValidationError as refused:
            more = [self._model_error(row, details) for details in refused.errors()]
            errors += [error for error in more if error is not None]
        else:
            if not errors:
                return account
        if _OWED.isdisjoint(error.field for error in errors):
            fault = amounts_fault(values)
            if fault is not None:
                errors.append(self.error(row, "balance", fault.code, fault.values))
        return errors

    def _model_error(self, row: RawRow, details: ErrorDetails) -> RowError | None:
        """Translate what the model refuses; amounts and missing values are told elsewhere."""
        if not details["loc"] or details["type"] == "missing":
            return None
        name = str(details["loc"][0])
        limit = details.get("ctx", {}).get("max_length")
        if limit is not None:
            return self.error(row, name, "too_long", {"limit": limit})
        return self.error(row, name, "not_usable")

    def error(
        self,
        row: RawRow,
        name: str,
        code: str,
        values: ReadOnlyDict[str, object] | None = None,
    ) -> RowError:
        """Say what is wrong with a field of a row, in the words of the bank's own file."""
        place = self._places.get(name)
        column = "" if place is None else self._headings[place]
        text = "" if place is None else clip(clean(row.cells[place]))
        label = TARGET[name].label if name in TARGET else name
        told = {"value": text, "label": label, **(values or {})}
        return RowError(row.number, column, text, code, told, name)


def _key(target: Target) -> str:
    if target.kind is Kind.AMOUNT:
        return f"{target.field.removesuffix('_amount')}_minor"
    return target.field


def _cell_reader(target: Target, mapping: Mapping, today: date) -> Callable[..., Any]:
    """Return what turns a cell's raw text into its value, or None when it is empty."""
    parse_text = _parser(target, mapping, today)
    if target.kind is Kind.AMOUNT:
        return _read_amount

    def read(text: str) -> object:
        text = clean(text)
        return parse_text(text) if text else None

    def read_in_context(text: str, context: str) -> object:
        text = clean(text)
        return parse_text(text, context) if text else None

    chosen = read_in_context if target.kind in _CONTEXT else read
    if target.kind in _REPEATING or target.field in _REPEATING_TEXT:
        return lru_cache(maxsize=_REMEMBERED)(chosen)
    return chosen


def _read_constant(name: str, text: str, mapping: Mapping, today: date) -> object:
    try:
        return _cell_reader(TARGET[name], mapping, today)(text)
    except CellError:
        raise MappingIncomplete([mapping.fault("bad_constant", name, value=text)]) from None


def _read_amount(text: str, currency: str) -> int | None:
    minor = parse_plain_amount(text, currency)
    if minor is not None:
        return minor
    text = clean(text)
    return parse_amount(text, currency) if text else None


def _parser(target: Target, mapping: Mapping, today: date) -> Callable[..., Any]:
    if target.kind is Kind.DATE:
        return parse.past_date_parser(mapping.dates.get(target.field), today)
    if target.kind is Kind.COUNT:
        return partial(parse.parse_count, limit=target.limit)
    return _PARSERS[target.kind]


def _derive_months_past_due(values: dict[str, Any]) -> None:
    since, on = values.get("past_due_since"), values.get("itemisation_on")
    if since is not None and on is not None:
        values["months_past_due"] = max((on - since).days, 0) // _DAYS_IN_MONTH_PAST_DUE
