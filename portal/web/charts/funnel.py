"""How many come through each step, and what share of the step before that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts import svg

WIDTH = 680
_ROW = 38


@dataclass(frozen=True)
class Step:
    """One step of the way and how many reached it."""

    label: str
    count: int


def funnel(
    title: str,
    description: str,
    steps: Sequence[Step],
    *,
    ink: str = svg.PAGE_INK,
    count: Callable[[int], str] = str,
    percent: Callable[[int], str] = svg.percent_text,
) -> Markup:
    """Draw a bar per step, with its count and its share of the step before."""
    left = 12 + max((svg.text_width(step.label) for step in steps), default=0)
    room = WIDTH - left - 150
    widest = max((step.count for step in steps), default=0) or 1
    parts: list[Markup] = []
    before: int | None = None
    for index, step in enumerate(steps):
        y = index * _ROW
        width = room * step.count / widest
        words = count(step.count)
        if before:
            words = f"{words} · {percent(share_bps(step.count, before))}"
        parts.append(svg.text(left - 12, y + 23, step.label, ink=ink, anchor="end"))
        parts.append(_bar(left, y + 6, width))
        parts.append(svg.text(left + width + 9, y + 23, words, ink=ink, weight=600))
        before = step.count
    return svg.drawing(WIDTH, max(len(steps), 1) * _ROW, title, description, *parts)


def share_bps(part: int, whole: int) -> int:
    """Return a share in basis points, rounded half up; nothing of nothing is 0."""
    return (part * 20_000 + whole) // (2 * whole) if whole else 0


def _bar(x: float, y: int, width: float) -> Markup:
    return svg.element(
        "rect",
        {
            "x": float(x),
            "y": y,
            "width": max(float(width), 2.0),
            "height": 26,
            "rx": 4,
            "fill": svg.SERIES[0][0],
        },
    )
