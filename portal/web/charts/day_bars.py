"""How often something happened each day, in two kinds: one filled, one hollow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts import svg

WIDTH, HEIGHT = 680, 220
_LEFT, _TOP, _BOTTOM = 44, 36, 30
_LABELS = 8


@dataclass(frozen=True)
class DayBar:
    """One day's figures; the hollow part stands on the filled one."""

    label: str
    filled: int
    hollow: int = 0


def day_bars(
    title: str,
    description: str,
    bars: Sequence[DayBar],
    *,
    filled: str,
    hollow: str,
    ink: str = svg.PAGE_INK,
    count: Callable[[int], str] = str,
) -> Markup:
    """Draw a bar for each day; `filled` and `hollow` name the two kinds above the drawing."""
    steps = svg.axis_steps(max((bar.filled + bar.hollow for bar in bars), default=1), most=4)
    tall = HEIGHT - _TOP - _BOTTOM
    floor = HEIGHT - _BOTTOM
    step = (WIDTH - _LEFT) / max(len(bars), 1)
    width = max(min(step * 0.7, 26.0), 2.0)
    parts = [*_legend(filled, hollow, ink)]
    for value in steps:
        y = floor - tall * value / steps[-1]
        parts.append(svg.line(_LEFT, y, WIDTH, y, ink=ink, opacity=0.5 if value == 0 else 0.15))
        parts.append(svg.text(_LEFT - 8, y + 4, count(value), ink=ink, anchor="end"))
    every = -(-len(bars) // _LABELS) or 1
    for index, bar in enumerate(bars):
        x = _LEFT + step * index + (step - width) / 2
        solid = tall * bar.filled / steps[-1]
        open_part = tall * bar.hollow / steps[-1]
        if bar.filled:
            parts.append(_bar(x, floor - solid, width, solid, is_hollow=False))
        if bar.hollow:
            parts.append(_bar(x, floor - solid - open_part, width, open_part, is_hollow=True))
        if index % every == 0:
            middle = min(max(x + width / 2, _LEFT), WIDTH - svg.text_width(bar.label) / 2)
            parts.append(svg.text(middle, HEIGHT - 8, bar.label, ink=ink, anchor="middle"))
    return svg.drawing(WIDTH, HEIGHT, title, description, *parts)


def _legend(filled: str, hollow: str, ink: str) -> list[Markup]:
    second = _LEFT + 22 + svg.text_width(filled) + 28
    return [
        _bar(_LEFT, 6, 14, 14, is_hollow=False),
        svg.text(_LEFT + 22, 18, filled, ink=ink),
        _bar(second, 6, 14, 14, is_hollow=True),
        svg.text(second + 22, 18, hollow, ink=ink),
    ]


def _bar(x: float, y: float, width: float, height: float, *, is_hollow: bool) -> Markup:
    colour, _ = svg.SERIES[1 if is_hollow else 0]
    inset = 0.75 if is_hollow else 0.0
    return svg.element(
        "rect",
        {
            "x": x + inset,
            "y": y + inset,
            "width": max(width - 2 * inset, 1.0),
            "height": max(height - 2 * inset, 1.0),
            "fill": "none" if is_hollow else colour,
            "stroke": colour if is_hollow else None,
            "stroke-width": 1.5 if is_hollow else None,
        },
    )
