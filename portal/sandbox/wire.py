"""Requests on the wire: bracketed form fields, read against the types the library itself ships."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import typing_extensions
from stripe import RequestOptions

from portal.sandbox.errors import ApiFault, not_simulated

_MARKERS = (Required, NotRequired, typing_extensions.Required, typing_extensions.NotRequired)
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
DEEPEST = 8

Tree = dict[str, Any]
"""Fields by name; a list is still a tree whose names are its positions."""


def nest(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Turn `line_items[0][quantity]=1` and its like into nested fields. Empty means unset.

    Raises:
        ApiFault: a name is malformed, too deep, or used both as a value and as an object.
    """
    tree: Tree = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        steps = re.findall(r"\[([^\[\]]*)\]", match[2]) if match else []
        if match is None or len(steps) > DEEPEST or "\0" in name + value:
            raise ApiFault(f"Invalid parameter: {name[:80]!r}", param=name[:80])
        if value:
            _put(tree, [match[1], *steps], value)
    return tree


def _put(tree: Tree, path: list[str], value: str) -> None:
    node = tree
    for step in path[:-1]:
        inner = node.setdefault(step or str(len(node)), {})
        if not isinstance(inner, dict):
            raise ApiFault("Invalid object", param=path[0])
        node = inner
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise ApiFault("Invalid object", param=path[0])
    node[last] = value


def read(tree: Tree, params: type, simulated: frozenset[str]) -> dict[str, Any]:
    """Check fields against one of the library's parameter classes and give them their types.

    `simulated` lists the dotted names, without positions, that the endpoint acts on; a name covers
    what is inside it.

    Raises:
        ApiFault: an unknown, missing, malformed or not simulated parameter, by its name.
    """
    fields = _read_object(tree, params, "")
    for name in _leaves(tree):
        if not any(name == known or name.startswith(f"{known}.") for known in simulated):
            raise not_simulated(f"the parameter {name}")
    return fields


@lru_cache
def fields_of(params: type) -> dict[str, Any]:
    """Return the wire fields of a parameter class; the library's own options are none of them."""
    names = {"Mapping": Mapping, "StripeContext": object}
    hints = get_type_hints(params, localns=names)
    return {
        name: hint for name, hint in hints.items() if name not in RequestOptions.__annotations__
    }


def _read_object(tree: Tree, params: type, path: str) -> dict[str, Any]:
    known = fields_of(params)
    for name in tree:
        if name not in known:
            full = _join(path, name)
            raise ApiFault(
                f"Received unknown parameter: {full}", code="parameter_unknown", param=full
            )
    for name in sorted(getattr(params, "__required_keys__", ())):
        if name in known and name not in tree:
            full = _join(path, name)
            raise ApiFault(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return {name: _read(value, known[name], _join(path, name)) for name, value in tree.items()}


def _read(value: str | Tree, hint: Any, path: str) -> Any:
    options = _options(hint)
    if isinstance(value, str):
        return _read_scalar(value, options, path)
    for option in options:
        origin = get_origin(option)
        if typing_extensions.is_typeddict(option):
            return _read_object(value, option, path)
        if origin is list and all(key.isdecimal() for key in value):
            items = sorted(value.items(), key=lambda item: int(item[0]))
            return [_read(item, get_args(option)[0], f"{path}[{key}]") for key, item in items]
        if origin is dict:
            return {key: _read(item, str, f"{path}[{key}]") for key, item in value.items()}
    raise ApiFault(f"Invalid value for {path}", param=path)


def _options(hint: Any) -> list[Any]:
    """Take a type apart into what a value may be: `NotRequired[A | B]` is A or B."""
    if get_origin(hint) in _MARKERS:
        return _options(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return [option for part in get_args(hint) for option in _options(part)]
    return [hint]


def _read_scalar(value: str, options: list[Any], path: str) -> Any:
    choices = [
        choice for option in options if get_origin(option) is Literal for choice in get_args(option)
    ]
    if bool in options and value in ("true", "false"):
        return value == "true"
    if int in options and _WHOLE.fullmatch(value):
        return int(value)
    if choices:
        # The library lets any text pass beside the choices, for the provider's later additions.
        if value in choices:
            return value
        raise ApiFault(f"Invalid {path}: must be one of {', '.join(map(str, choices))}", param=path)
    if str in options:
        return value
    noun = "integer" if int in options else "boolean" if bool in options else "object"
    raise ApiFault(f"Invalid {noun}: {value[:80]}", code=f"parameter_invalid_{noun}", param=path)


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _leaves(tree: Tree, path: str = "") -> Iterable[str]:
    for name, value in tree.items():
        inner = path if name.isdecimal() else f"{path}.{name}" if path else name
        if isinstance(value, dict):
            yield from _leaves(value, inner)
        else:
            yield inner


def choices_of(params: type, name: str) -> tuple[str, ...]:
    """Return the values the provider names for a parameter, such as the languages it speaks."""
    return cast(
        tuple[str, ...],
        tuple(
            choice
            for option in _options(fields_of(params)[name])
            if get_origin(option) is Literal
            for choice in get_args(option)
        ),
    )
