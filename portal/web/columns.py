"""The page on which somebody says which column of their file is which, and what became of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Mapping as ReadOnlyDict
from dataclasses import dataclass
from typing import TypeVar

from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict

from portal.core.accounts.account_row import RowError
from portal.core.accounts.files import Delivery
from portal.core.accounts.mapping import Kind, Mapping, Target
from portal.core.accounts.profile import profile
from portal.core.accounts.reasons import Reason
from portal.core.accounts.values import DateOrder

M = TypeVar("M", bound=Mapping)
#: Says a value that stands in a sentence, under its name, in the reader's language.
Say = Callable[[str, object], object]

ORDER_WORDS = {
    "mdy": lazy_gettext("month day year"),
    "dmy": lazy_gettext("day month year"),
    "ymd": lazy_gettext("year month day"),
}


@dataclass(frozen=True)
class ColumnChoice:
    """One column of the file on the map page."""

    number: int
    heading: str
    filled: str
    samples: tuple[str, ...]
    warnings: tuple[str, ...]
    field: str


@dataclass(frozen=True)
class ErrorLine:
    """One error of one row, in the reader's language."""

    row: int
    column: str
    value: str
    message: str


def chosen_fields(values: MultiDict[str, str], headings: tuple[str, ...]) -> list[str]:
    """Return what each column is to be imported as, in the order of the file; empty is nothing."""
    return [values.get(f"column-{number}", "") for number in range(len(headings))]


def doubled_fields(chosen: list[str], targets: Sequence[Target]) -> list[str]:
    """Return the fields that more than one column is to be imported as."""
    counts = Counter(field for field in chosen if field)
    return [target.field for target in targets if counts[target.field] > 1]


def mapping_from_form(values: MultiDict[str, str], headings: tuple[str, ...], kind: type[M]) -> M:
    """Read the map page: one choice per column, a constant or an order of dates per field.

    Columns are numbered in the form, so that any heading will do.
    """
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    dates: dict[str, DateOrder] = {}
    known = {target.field for target in kind.targets}
    for field, heading in zip(chosen_fields(values, headings), headings, strict=True):
        if field in known:
            columns.setdefault(field, heading)
    for target in kind.targets:
        constant = values.get(f"constant-{target.field}", "").strip()
        if target.constant and constant and target.field not in columns:
            constants[target.field] = constant
        order = values.get(f"dates-{target.field}", "")
        if order in list(DateOrder) and target.field in columns:
            dates[target.field] = DateOrder(order)
    return kind(columns, constants, dates)


def column_choices(
    delivery: Delivery, mapping: Mapping, chosen: Sequence[str] | None = None
) -> list[ColumnChoice]:
    """Lay out each column with what it holds and where it would go.

    `chosen` is what was just chosen for each column, which a mapping cannot hold when two columns
    were to be the same field.
    """
    fields = {heading: name for name, heading in mapping.columns.items()}
    chosen = chosen or [fields.get(heading, "") for heading in delivery.headings]
    return [
        ColumnChoice(
            number=number,
            heading=column.heading,
            filled=f"{column.filled * 100 // max(column.rows, 1)} %",
            samples=tuple(column.samples),
            warnings=tuple(sentence(reason, {}) for reason in column.reasons),
            field=chosen[number],
        )
        for number, column in enumerate(profile(delivery.headings, delivery.sample(), mapping))
    ]


def mapping_faults(
    mapping: Mapping, headings: Sequence[str], doubled: Sequence[str] = ()
) -> list[str]:
    """Say what keeps a file from being read with a mapping; `doubled` fields have two columns."""
    labels = {target.field: gettext(target.label) for target in mapping.targets}
    found = [
        gettext(
            "More than one column is imported as %(label)s. Choose one of them.",
            label=labels[name],
        )
        for name in doubled
    ]
    say = label_sayer(mapping.targets)
    return found + [sentence(fault.reason, fault.values, say) for fault in mapping.faults(headings)]


def target_choices(targets: Sequence[Target]) -> list[tuple[str, str]]:
    """Return fields as choices, required ones marked."""
    choices = [("", gettext("Do not import"))]
    for target in targets:
        label = gettext(target.label)
        choices.append((target.field, f"{label} *" if target.required else label))
    return choices


def date_fields(targets: Sequence[Target]) -> list[tuple[str, str]]:
    """Return the fields that hold days."""
    return [(t.field, gettext(t.label)) for t in targets if t.kind is Kind.DATE]


def constant_fields(targets: Sequence[Target]) -> list[tuple[str, str]]:
    """Return the fields that may have one value for the whole file."""
    return [(t.field, gettext(t.label)) for t in targets if t.constant]


def error_line(error: RowError, say: Say) -> ErrorLine:
    """Say one error in the reader's language."""
    return ErrorLine(
        error.row, error.column, error.value, sentence(error.reason, dict(error.values), say)
    )


def sentence(reason: Reason, values: ReadOnlyDict[str, object], say: Say | None = None) -> str:
    """Say what is wrong and what cures it, our own words among the values included."""
    told = {name: _in_words(name, value, say) for name, value in values.items()}
    message, cure = (
        text % told if told else text for text in (gettext(reason.message), gettext(reason.cure))
    )
    return str(gettext("%(message)s %(cure)s", message=message, cure=cure))


def label_sayer(targets: Sequence[Target]) -> Say:
    """Return what says the labels of our fields where a value is one of them."""
    labels = frozenset(target.label for target in targets)

    def say(name: str, value: object) -> object:
        is_label = name in ("label", "other") and value in labels
        return gettext(str(value)) if is_label else value

    return say


def _in_words(name: str, value: object, say: Say | None) -> object:
    if name == "order":
        return str(ORDER_WORDS.get(str(value), value))
    return say(name, value) if say else value
