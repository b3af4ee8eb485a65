"""A month as a calendar: how much happened each day, where a limit is reached or passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from portal.web.charts import svg

WIDTH = 680
_COLUMNS = 7
_CELL = WIDTH / _COLUMNS
_ROW, _HEAD, _FOOT = 66, 26, 40
_GAP = 3
#: The shades from a day on which nothing happened to the fullest one; words stay readable on all.
_SHADES = (0.0, 0.14, 0.24, 0.34, 0.44)
_LIMIT, _OVER = svg.SERIES[1][0], svg.SERIES[5][0]


@dataclass(frozen=True)
class DayCell:
    """One day: how many there were, and how the day stands to the limit, also in words."""

    day: date
    count: int
    note: str = ""
    is_full: bool = False
    is_over: bool = False


def month(
    title: str,
    description: str,
    cells: Sequence[DayCell],
    *,
    weekdays: Sequence[str],
    full: str,
    over: str,
    ink: str = svg.PAGE_INK,
) -> Markup:
    """Draw the days of a month, weeks from Monday; `full` and `over` explain frame and hatch."""
    first = cells[0].day.weekday() if cells else 0
    rows = -(-(first + len(cells)) // _COLUMNS)
    most = max((cell.count for cell in cells), default=0)
    parts = [
        svg.text(_CELL * (index + 0.5), 17, name, ink=ink, anchor="middle")
        for index, name in enumerate(weekdays)
    ]
    for index, cell in enumerate(cells, start=first):
        x, y = _CELL * (index % _COLUMNS), _HEAD + _ROW * (index // _COLUMNS)
        parts += _cell(cell, x + _GAP, y + _GAP, most, ink)
    foot = _HEAD + _ROW * rows + 12
    parts += _legend(foot, full, over, ink)
    return svg.drawing(WIDTH, foot + _FOOT - 12, title, description, *parts)


def _cell(cell: DayCell, x: float, y: float, most: int, ink: str) -> list[Markup]:
    width, height = _CELL - 2 * _GAP, _ROW - 2 * _GAP
    parts = [_box(x, y, width, height, fill=_shade(cell.count, most), ink=ink)]
    if cell.is_over:
        parts.append(_hatch(x, y, width, height))
    if cell.is_full or cell.is_over:
        parts.append(_frame(x, y, width, height, _OVER if cell.is_over else _LIMIT))
    parts.append(svg.text(x + 7, y + 17, str(cell.day.day), ink=ink))
    if cell.count:
        middle = x + width / 2
        parts.append(
            svg.text(middle, y + 38, str(cell.count), ink=ink, anchor="middle", weight=700)
        )
    if cell.note:
        parts.append(svg.text(x + width - 7, y + height - 8, cell.note, ink=ink, anchor="end"))
    return parts


def _shade(count: int, most: int) -> float:
    if not count:
        return _SHADES[0]
    steps = len(_SHADES) - 1
    return _SHADES[min(-(-count * steps // max(most, steps)), steps)]


def _box(x: float, y: float, width: float, height: float, *, fill: float, ink: str) -> Markup:
    return svg.element(
        "rect",
        {
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "rx": 4,
            "fill": svg.SERIES[0][0] if fill else "none",
            "fill-opacity": fill or None,
            "stroke": ink,
            "stroke-opacity": 0.25,
        },
    )


def _frame(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    return svg.element(
        "rect",
        {
            "x": x + 1,
            "y": y + 1,
            "width": width - 2,
            "height": height - 2,
            "rx": 4,
            "fill": "none",
            "stroke": colour,
            "stroke-width": 2.5,
        },
    )


def _hatch(x: float, y: float, width: float, height: float) -> Markup:
    """Return diagonal lines that end at the box, so that no clip with an id is needed."""
    strokes = []
    for offset in range(8, int(width + height), 9):
        x1, y1 = (x + offset, y) if offset <= width else (x + width, y + offset - width)
        x2, y2 = (x, y + offset) if offset <= height else (x + offset - height, y + height)
        strokes.append(f"M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}")
    return svg.element(
        "path",
        {
            "d": " ".join(strokes),
            "stroke": _OVER,
            "stroke-width": 1.25,
            "stroke-opacity": 0.45,
            "fill": "none",
        },
    )


def _legend(y: float, full: str, over: str, ink: str) -> list[Markup]:
    second = _GAP + 26 + svg.text_width(full) + 28
    return [
        _frame(_GAP, y, 18, 18, _LIMIT),
        svg.text(_GAP + 26, y + 14, full, ink=ink),
        _hatch(second, y, 18, 18),
        _frame(second, y, 18, 18, _OVER),
        svg.text(second + 26, y + 14, over, ink=ink),
    ]
