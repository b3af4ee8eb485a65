"""Reading a check's parameters from a pack into its evaluator's own dataclass, strictly."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from portal.core.errors import Invalid
from portal.core.rules.clocktime import parse_clock

P = TypeVar("P")


def parse_parameters(shape: type[P], raw: Mapping[str, Any], where: str) -> P:
    """Build the dataclass `shape` from plain data, refusing unknown, missing and ill-typed values.

    Raises:
        Invalid: a parameter is unknown, missing or of the wrong type; the message says which.
    """
    if not isinstance(raw, Mapping):
        raise Invalid("%(where)s: expected a table.", where=where)
    hints = get_type_hints(shape)
    known = {f.name: f for f in dataclasses.fields(shape) if f.init}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in known:
            raise Invalid(
                "%(where)s: unknown parameter %(name)s. It takes: %(known)s.",
                where=where,
                name=name,
                known=", ".join(sorted(known)) or "none",
            )
        clock = bool(known[name].metadata.get("clock"))
        values[name] = _read(hints[name], value, f"{where}.{name}", clock=clock)
    for name, described in known.items():
        if name in values:
            continue
        if (
            described.default is dataclasses.MISSING
            and described.default_factory is dataclasses.MISSING
        ):
            raise Invalid("%(where)s: parameter %(name)s is missing.", where=where, name=name)
    return shape(**values)


def _read(hint: Any, value: Any, where: str, *, clock: bool = False) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = [part for part in get_args(hint) if part is not type(None)]
        return None if value is None else _read(inner[0], value, where, clock=clock)
    if origin in (tuple, frozenset):
        if not isinstance(value, list | tuple):
            raise Invalid("%(where)s: expected a list.", where=where)
        return origin(_read(get_args(hint)[0], item, where) for item in value)
    if origin is dict or origin is Mapping:
        if not isinstance(value, Mapping):
            raise Invalid("%(where)s: expected a table.", where=where)
        inner_hint = get_args(hint)[1]
        return {key: _read(inner_hint, item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return parse_parameters(hint, value, where)
    return _scalar(hint, value, where, clock=clock)


def _scalar(hint: Any, value: Any, where: str, *, clock: bool) -> Any:
    try:
        if clock:
            return parse_clock(value)
        if hint is ZoneInfo:
            return ZoneInfo(value)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return hint(value)
    except (ValueError, KeyError) as error:
        raise Invalid("%(where)s: %(value)s is not known.", where=where, value=value) from error
    if hint in (int, str, bool, date) and type(value) is hint:
        return value
    raise Invalid("%(where)s: %(value)s has the wrong type.", where=where, value=value)
