"""Which of a bank's columns gives which of our fields, and what each field is."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Sequence
from collections.abc import Mapping as ReadOnlyDict
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from portal.core.accounts.reasons import MAPPING_REASONS, Reason
from portal.core.accounts.values import (
    CellError,
    DateOrder,
    parse_country,
    parse_currency,
    parse_date,
    parse_language,
)
from portal.core.errors import Invalid

M = TypeVar("M", bound="Mapping")


class Kind(StrEnum):
    """What sort of value a field holds, and so how a cell's text is read."""

    REFERENCE = "reference"
    TEXT = "text"
    PHONE = "phone"
    EMAIL = "email"
    POSTCODE = "postcode"
    COUNTRY = "country"
    LANGUAGE = "language"
    CURRENCY = "currency"
    LAST4 = "last4"
    DATE = "date"
    AMOUNT = "amount"
    COUNT = "count"


@dataclass(frozen=True)
class Target:
    """One of our fields; `constant` ones may have one value for the whole file."""

    field: str
    label: str
    kind: Kind
    required: bool = False
    constant: bool = False
    limit: int = 9999


TARGETS = (
    Target("account_ref", "Account number", Kind.REFERENCE, required=True),
    Target("customer_ref", "Customer number", Kind.REFERENCE, required=True),
    Target("name", "Name", Kind.TEXT, required=True),
    Target("phone", "Telephone", Kind.PHONE),
    Target("email", "E-mail", Kind.EMAIL),
    Target("address_line", "Street address", Kind.TEXT),
    Target("city", "City", Kind.TEXT),
    Target("state", "State or province", Kind.TEXT),
    Target("postcode", "Postcode", Kind.POSTCODE),
    Target("country", "Country", Kind.COUNTRY, required=True, constant=True),
    Target("birth_on", "Date of birth", Kind.DATE),
    Target("national_id_last4", "Last four of national id", Kind.LAST4),
    Target("language", "Language", Kind.LANGUAGE, constant=True),
    Target("product", "Product", Kind.TEXT, required=True, constant=True),
    Target("currency", "Currency", Kind.CURRENCY, required=True, constant=True),
    Target("credit_limit", "Credit limit", Kind.AMOUNT),
    Target("balance", "Balance", Kind.AMOUNT, required=True),
    Target("principal", "Principal", Kind.AMOUNT, required=True),
    Target("interest", "Interest", Kind.AMOUNT),
    Target("fees", "Fees", Kind.AMOUNT),
    Target("itemisation_on", "Itemisation date", Kind.DATE, required=True, constant=True),
    Target("past_due_since", "Past due since", Kind.DATE, required=True),
    Target("months_past_due", "Months past due", Kind.COUNT, limit=1200),
    Target("last_payment_amount", "Last payment received", Kind.AMOUNT),
    Target("sms_sent", "Texts sent", Kind.COUNT),
    Target("calls_made", "Calls made", Kind.COUNT),
    Target("demand_letter_on", "Demand letter sent", Kind.DATE),
)
TARGET = MappingProxyType({target.field: target for target in TARGETS})


@dataclass(frozen=True)
class MappingFault:
    """Something a mapping needs before a file can be read with it."""

    code: str
    field: str
    values: ReadOnlyDict[str, object]

    @property
    def reason(self) -> Reason:
        """Return message and cure, with placeholders for `values`."""
        return MAPPING_REASONS[self.code]

    def __str__(self) -> str:
        return f"{self.reason.message % self.values} {self.reason.cure % self.values}"


class MappingIncomplete(Invalid):
    """The file cannot be read with this mapping; `faults` name everything that is in the way."""

    def __init__(self, faults: Sequence[MappingFault]) -> None:
        super().__init__("The columns are not fully mapped.")
        self.code = "mapping_incomplete"
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return " ".join([self.message, *map(str, self.faults)])


@dataclass(frozen=True)
class Mapping:
    """Our fields to the sender's headings, values given for the whole file, and orders of dates.

    `targets` are the fields of this kind of file.
    """

    targets: ClassVar[tuple[Target, ...]] = TARGETS
    columns: ReadOnlyDict[str, str]
    constants: ReadOnlyDict[str, str] = field(default_factory=dict)
    dates: ReadOnlyDict[str, DateOrder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        orders = {name: DateOrder(order) for name, order in self.dates.items()}
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))
        object.__setattr__(self, "constants", MappingProxyType(dict(self.constants)))
        object.__setattr__(self, "dates", MappingProxyType(orders))

    def to_dict(self) -> dict[str, dict[str, str]]:
        """Return plain values for a JSON column."""
        return {
            "columns": dict(self.columns),
            "constants": dict(self.constants),
            "dates": {name: order.value for name, order in self.dates.items()},
        }

    @classmethod
    def from_dict(cls: type[M], values: ReadOnlyDict[str, Any]) -> M:
        """Read what `to_dict` wrote, or a person did.

        Raises:
            Invalid: another shape, or an order of dates that does not exist.
        """
        tables = {name: values.get(name, {}) for name in ("columns", "constants", "dates")}
        for name, table in values.items():
            if name not in tables or not isinstance(table, dict):
                raise Invalid("A mapping has the tables columns, constants and dates.")
            for key, value in table.items():
                if not isinstance(value, str):
                    raise Invalid("%(key)s of a mapping has to be text in quotes.", key=key)
        for order in tables["dates"].values():
            if order not in list(DateOrder):
                raise Invalid("%(order)s is not an order of dates: ymd, mdy or dmy.", order=order)
        return cls(**tables)

    def to_toml(self) -> str:
        """Return the mapping as a file a person can keep and change."""
        lines = []
        for name, table in self.to_dict().items():
            if table:
                lines += [f"[{name}]", *(f"{key} = {_quoted(text)}" for key, text in table.items())]
        return "\n".join([*lines, ""])

    @classmethod
    def from_toml(cls: type[M], text: str) -> M:
        """Read a mapping from a TOML file.

        Raises:
            Invalid: not TOML, or not a mapping.
        """
        try:
            return cls.from_dict(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise Invalid("The mapping is not TOML: %(fault)s.", fault=str(error)) from None

    def faults(self, headings: Sequence[str]) -> list[MappingFault]:
        """List what keeps a file with these headings from being read; an empty list is good."""
        found = [*self._unknown_fields(), *self._column_faults(headings), *self._constant_faults()]
        for target in self.targets:
            if target.required and not self.gives(target.field):
                found.append(self.fault("required_unmapped", target.field))
        return found

    def gives(self, name: str) -> bool:
        """Tell whether one of our fields has a column or a value for every row."""
        return name in self.columns or name in self.constants

    def target(self, name: str) -> Target | None:
        """Return one of our fields by its name, None when there is no such field."""
        return next((target for target in self.targets if target.field == name), None)

    def fault(self, code: str, name: str, **values: object) -> MappingFault:
        """Name a fault of what the mapping says of one of our fields."""
        return MappingFault(code, name, {"field": name, "label": self._label(name), **values})

    def _label(self, name: str) -> str:
        target = self.target(name)
        return target.label if target else name

    def _unknown_fields(self) -> list[MappingFault]:
        named = {*self.columns, *self.constants, *self.dates}
        known = {target.field for target in self.targets}
        return [self.fault("unknown_field", name) for name in sorted(named - known)]

    def _column_faults(self, headings: Sequence[str]) -> list[MappingFault]:
        found, used = [], dict[str, str]()
        for name, heading in self.columns.items():
            if heading not in headings:
                found.append(self.fault("heading_missing", name, heading=heading))
            elif heading in used:
                other = self._label(used[heading])
                found.append(self.fault("heading_used_twice", name, heading=heading, other=other))
            used.setdefault(heading, name)
        return found

    def _constant_faults(self) -> list[MappingFault]:
        found = []
        for name, text in self.constants.items():
            target = self.target(name)
            if target is None:
                continue
            if name in self.columns:
                found.append(self.fault("field_given_twice", name))
            elif not target.constant:
                found.append(self.fault("no_constant", name))
            elif not self.can_be_constant(target, text):
                found.append(self.fault("bad_constant", name, value=text))
        return found

    def can_be_constant(self, target: Target, text: str) -> bool:
        """Tell whether a text can be the value of a field for every row."""
        parse = _CONSTANT_PARSERS.get(target.kind)
        try:
            return bool(parse(text) if parse else text)
        except CellError:
            return False


_CONSTANT_PARSERS: dict[Kind, Callable[[str], object]] = {
    Kind.COUNTRY: parse_country,
    Kind.CURRENCY: parse_currency,
    Kind.LANGUAGE: parse_language,
    Kind.DATE: lambda text: parse_date(text, None),
}


def _quoted(text: str) -> str:
    """Return a TOML string: JSON's, but for DEL, which only TOML forbids."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
