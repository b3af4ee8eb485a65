"""One row of a file of actions under a mapping: every cell read, every fault of it told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from portal.core.accounts.files import RawRow
from portal.core.accounts.text import clean, clip, guard
from portal.core.accounts.values import CellError, DateOrder, parse_reference, parse_text
from portal.core.actions.file_mapping import CONSTANT_READERS, ActionMapping
from portal.core.actions.file_moments import parse_moment
from portal.core.actions.file_reasons import ActionRowError
from portal.core.actions.file_words import Ending, Tidings, endings_of, fits
from portal.core.actions.service import NOTE_LIMIT
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role

_NAME_LIMIT = 64
_CONTACT_LIMIT = 300
_REASON_LIMIT = 500
#: Columns whose few values come again and again are read once for each value.
_REPEATING = frozenset({*CONSTANT_READERS, "bank_code", "collector_ref", "late_reason"})


@dataclass(slots=True)
class FileRow:
    """An action as a row tells of it, before anything is looked up."""

    number: int
    made_at: datetime
    at_text: str
    channel: Channel
    outcome: Outcome
    bank_code: str | None = None
    placement_ref: str | None = None
    account_ref: str | None = None
    direction: Direction = Direction.OUTBOUND
    role: Role = Role.CONSUMER
    tells: Tidings | None = None
    purpose: Purpose | None = None
    collector_ref: str = ""
    contact: str = field(default="", repr=False)
    permit_id: UUID | None = None
    note: str = field(default="", repr=False)
    external_id: str | None = None
    late_reason: str = ""


class FileRowReader:
    """Reads rows of one file: the mapping is looked up once, not for every row."""

    def __init__(self, headings: Sequence[str], mapping: ActionMapping) -> None:
        self._headings = headings
        self._mapping = mapping
        self._places = {name: headings.index(text) for name, text in mapping.columns.items()}
        self._labels = {target.field: target.label for target in mapping.targets}
        self._required = [target.field for target in mapping.targets if target.required]
        self._constants: dict[str, Any] = {
            name: _READERS[name](text) for name, text in mapping.constants.items()
        }
        self._columns = [
            (name, place, lru_cache(4096)(_READERS[name]) if name in _REPEATING else _READERS[name])
            for name, place in self._places.items()
            if name != "at"
        ]
        self._order: DateOrder | None = mapping.dates.get("at")

    def read(self, row: RawRow) -> FileRow | list[ActionRowError]:
        """Return the action a row tells of, or everything that is wrong with it."""
        if row.fault is not None:
            return [ActionRowError(row.number, "", "", row.fault.code, row.fault.values)]
        values = self._constants.copy()
        errors: list[ActionRowError] = []
        for name, place, read in self._columns:
            text = clean(row.cells[place])
            if not text:
                continue
            try:
                values[name] = read(text)
            except CellError as error:
                errors.append(self.error(row, name, error.code, error.values))
        self._read_moment(row, values, errors)
        wrong = {error.field for error in errors}
        errors += [
            self.error(row, name, "missing")
            for name in self._required
            if name not in values and name not in wrong
        ]
        if not wrong & {"placement_ref", "account_ref"} and not (
            values.get("placement_ref") or values.get("account_ref")
        ):
            errors.append(self.error(row, "placement_ref", "no_account"))
        errors += self._contradictions(row, values)
        return errors or _row(row.number, clean(row.cells[self._places["at"]]), values)

    def _read_moment(
        self, row: RawRow, values: dict[str, Any], errors: list[ActionRowError]
    ) -> None:
        text = clean(row.cells[self._places["at"]])
        if not text or any(error.field == "zone" for error in errors):
            return
        try:
            values["at"] = parse_moment(text, self._order, values.get("zone"))
        except CellError as error:
            errors.append(self.error(row, "at", error.code, error.values))

    def _contradictions(self, row: RawRow, values: Mapping[str, Any]) -> list[ActionRowError]:
        ending: Ending | None = values.get("outcome_code")
        channel: Channel | None = values.get("channel")
        if ending is None:
            return []
        found = []
        if channel is not None and not fits(channel, outcome_of(ending, channel)):
            choices = ", ".join(each.value for each in endings_of(channel))
            told = {"channel": channel, "outcome": ending.outcome, "choices": choices}
            found.append(self.error(row, "outcome_code", "outcome_differs", told))
        role: Role | None = values.get("target")
        if role is not None and ending.role is not None and not _is_like(role, ending.role):
            found.append(self.error(row, "target", "target_differs", {"reached": ending.role}))
        return found

    def error(
        self, row: RawRow, name: str, code: str, values: Mapping[str, object] | None = None
    ) -> ActionRowError:
        """Say what is wrong with a part of a row, in the words of the agency's own file."""
        place = self._places.get(name)
        text = self._mapping.constants.get(name, "")
        if place is not None:
            text = clean(row.cells[place])
        return self._error(row.number, name, text, code, values or {})

    def late_error(
        self, row: FileRow, name: str, code: str, values: Mapping[str, object]
    ) -> ActionRowError:
        """Say what is wrong with a row that was read well, once it is held against the record."""
        text = row.at_text if name == "at" else str(getattr(row, name, None) or "")
        return self._error(row.number, name, text, code, values)

    def _error(
        self, number: int, name: str, text: str, code: str, values: Mapping[str, object]
    ) -> ActionRowError:
        place = self._places.get(name)
        column, shown = "" if place is None else self._headings[place], clip(text)
        told = {"value": shown, "label": self._labels.get(name, name), **values}
        return ActionRowError(number, column, shown, code, told, name)


def outcome_of(ending: Ending, channel: Channel) -> Outcome:
    """Return how a contact ended; some words mean another thing when it was a message."""
    if ending.message is not None and channel not in (Channel.CALL, Channel.VISIT):
        return ending.message
    return ending.outcome


def _is_like(said: Role, implied: Role) -> bool:
    """Tell whether who was reached agrees: anybody but the person is a third party."""
    if implied is Role.THIRD_PARTY:
        return said is not Role.CONSUMER
    return said is implied


def _row(number: int, at_text: str, values: dict[str, Any]) -> FileRow:
    ending: Ending = values["outcome_code"]
    return FileRow(
        number=number,
        made_at=values["at"],
        at_text=at_text,
        channel=values["channel"],
        outcome=outcome_of(ending, values["channel"]),
        bank_code=values.get("bank_code"),
        placement_ref=values.get("placement_ref"),
        account_ref=values.get("account_ref"),
        direction=values.get("direction", Direction.OUTBOUND),
        role=values.get("target") or ending.role or Role.CONSUMER,
        tells=ending.tells,
        purpose=values.get("purpose"),
        collector_ref=values.get("collector_ref", ""),
        contact=values.get("contact", ""),
        permit_id=values.get("permit_ref"),
        note=values.get("note", ""),
        external_id=values.get("external_id"),
        late_reason=values.get("late_reason", ""),
    )


def _read_name(text: str) -> str:
    if guard(text) != text:
        raise CellError("formula")
    return _limited(text, _NAME_LIMIT)


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise CellError("too_long", limit=limit)
    return parse_text(text)


def _read_permit(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CellError("not_permit") from None


_READERS: dict[str, Callable[[str], Any]] = {
    **CONSTANT_READERS,
    "bank_code": lambda text: _limited(text, _NAME_LIMIT),
    "placement_ref": parse_reference,
    "account_ref": parse_reference,
    "collector_ref": _read_name,
    "contact": lambda text: _limited(text, _CONTACT_LIMIT),
    "permit_ref": _read_permit,
    "note": lambda text: _limited(text, NOTE_LIMIT),
    "external_id": parse_reference,
    "late_reason": lambda text: _limited(text, _REASON_LIMIT),
}
