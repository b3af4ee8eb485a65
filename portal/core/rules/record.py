"""Facts and judgements as plain data, so that a decision can be kept and replayed years later."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from operator import attrgetter, methodcaller
from types import NoneType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.core.errors import Invalid
from portal.core.rules.facts import ContactFacts
from portal.core.rules.findings import Finding, Judgement

_KIND = "is"  # the key that names which of several dataclasses a record was
_UUID = "uuid:"


def facts_to_record(facts: ContactFacts, *, without: Collection[str] = ()) -> dict[str, Any]:
    """Return facts as JSON-ready data, but for fields at their default and those in `without`."""
    return _plain_dataclass(facts, without)


def facts_from_record(record: Mapping[str, Any]) -> ContactFacts:
    """Return the facts that were recorded, equal to what they were.

    Raises:
        Invalid: the record is not one of facts.
    """
    try:
        facts: ContactFacts = _build(ContactFacts, record)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise Invalid("This is not a record of facts: %(why)s", why=str(error)) from error
    return facts


T = TypeVar("T")


def from_plain(shape: type[T], record: Mapping[str, Any]) -> T:
    """Return one of the rules' objects from plain data, by the names of its fields.

    Raises:
        Invalid: the data is not of that shape.
    """
    try:
        found: T = _build(shape, record)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise Invalid("This is not a record of facts: %(why)s", why=str(error)) from error
    return found


def to_plain(value: Any) -> Any:
    """Return one of the rules' objects as plain data, as `from_plain` reads it."""
    return _plain(value)


def judgement_to_record(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as JSON-ready data, each finding with its rule, version and hash."""
    return {
        "verdict": judgement.verdict.value,
        "next_allowed_at": _plain(judgement.next_allowed_at),
        "pending": list(judgement.pending),
        "findings": [_finding(finding) for finding in judgement.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.id,
        "prong": finding.prong,
        "pack": rule.pack_id,
        "version": rule.pack_version,
        "hash": rule.pack_hash,
        "citation": rule.citation,
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "verdict": finding.verdict.value,
        "code": finding.code,
        "values": _plain(dict(finding.values)),
        "parameters": _plain(dict(finding.parameters)),
        "events": [_plain(event) for event in finding.events],
        "next_allowed_at": _plain(finding.next_allowed_at),
        "factor": finding.factor,
    }


def _plain(value: Any) -> Any:
    return _writer(value.__class__)(value)


@cache
def _writer(shape: Any) -> Callable[[Any], Any]:
    """Return what makes plain data of values of a type; thousands of them are written at a time."""
    for kinds, write in _WRITERS:
        if issubclass(shape, kinds):
            return write
    return _plain_dataclass


_WRITERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, attrgetter("value")),
    ((NoneType, bool, int, str), lambda value: value),
    (UUID, lambda value: f"{_UUID}{value}"),
    (date, methodcaller("isoformat")),
    (ZoneInfo, attrgetter("key")),
    (Mapping, lambda value: {_plain(key): _plain(item) for key, item in value.items()}),
    (frozenset, lambda value: sorted(map(_plain, value), key=str)),
    ((tuple, list), lambda value: list(map(_plain, value))),
)


def _plain_dataclass(value: Any, without: Collection[str] = ()) -> dict[str, Any]:
    record: dict[str, Any] = {_KIND: type(value).__name__}
    names, defaults, read = _parts(value.__class__)
    for name, default, part in zip(names, defaults, read(value), strict=True):
        if part is not default and part != default and name not in without:
            record[name] = _plain(part)
    return record


@cache
def _parts(shape: Any) -> tuple[list[str], list[Any], Callable[[Any], Iterable[Any]]]:
    """Return the names of a shape's fields, their defaults, and what reads all of them at once."""
    found = dataclasses.fields(shape)
    names = [field.name for field in found]
    defaults = [_default(field) for field in found]
    if len(names) < 2:
        return names, defaults, lambda value: [getattr(value, name) for name in names]
    return names, defaults, attrgetter(*names)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@cache
def _hints(shape: Any) -> dict[str, Any]:
    return get_type_hints(shape)


def _build(shape: Any, record: Mapping[str, Any]) -> Any:
    hints = _hints(shape)
    names = {name: value for name, value in record.items() if name != _KIND}
    return shape(**{name: _read(hints[name], value) for name, value in names.items()})


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _read_one_of([part for part in get_args(hint) if part is not type(None)], value)
    if origin is frozenset:
        return frozenset(_read(get_args(hint)[0], item) for item in value)
    if origin is tuple:
        return _read_tuple(get_args(hint), value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, item = get_args(hint)
        return {_read(key, name): _read(item, each) for name, each in value.items()}
    return _read_scalar(hint, value)


def _read_one_of(parts: list[Any], value: Any) -> Any:
    if isinstance(value, Mapping) and _KIND in value:
        return _build(next(part for part in parts if part.__name__ == value[_KIND]), value)
    if UUID in parts and isinstance(value, str) and value.startswith(_UUID):
        return UUID(value.removeprefix(_UUID))
    return _read(parts[-1], value)


def _read_tuple(hints: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(_read(hints[0], item) for item in value)
    return tuple(_read(hint, item) for hint, item in zip(hints, value, strict=True))


def _read_scalar(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    if hint is ZoneInfo or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint(value)
    return value
