"""The evaluators a pack may name. Each takes what was known and a check, and returns a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from portal.core.rules.findings import Check, Finding
from portal.core.rules.known import Known

P = TypeVar("P")

Function: TypeAlias = Callable[[Known, Check[P]], Finding | None]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A named evaluator, the shape of its parameters, whether it judges words, and runs by time.

    The answer of one that is not `timed` is the same at every later moment. One that `needs` some
    of the facts finds nothing without them, and is then not even asked.
    """

    name: str
    params: type[Any]
    function: Callable[[Known, Check[Any]], Finding | None]
    needs_message: bool
    timed: bool
    needs: str | None


EVALUATORS: dict[str, Evaluator] = {}


def evaluator(
    params: type[P],
    *,
    needs_message: bool = False,
    timed: bool = False,
    needs: str | None = None,
) -> Callable[[Function[P]], Function[P]]:
    """Register a function under its own name, for packs to call by it."""

    def register(function: Function[P]) -> Function[P]:
        name = function.__name__
        EVALUATORS[name] = Evaluator(name, params, function, needs_message, timed, needs)
        return function

    return register


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParams:
    """For evaluators that take none."""
