"""The worklist's requests a second against the same server's static page."""

from __future__ import annotations

from bench.ground import BenchGround
from bench.result import Result


def measure(ground: BenchGround, *, rounds: int) -> list[Result]:
    del ground, rounds
    return []
