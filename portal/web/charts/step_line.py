"""Curves that rise in steps: a share recovered by month on the agency's books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.web.charts import svg

WIDTH, HEIGHT = 680, 320
_LEFT, _TOP, _BOTTOM = 56, 16, 44
_LABEL_GAP = 35


@dataclass(frozen=True)
class Point:
    """The cumulative share at the end of a month; bounds when the share is an estimate."""

    month: int
    bps: int
    low_bps: int | None = None
    high_bps: int | None = None
    complete: bool = True


@dataclass(frozen=True)
class Series:
    """One curve and the name written at its end."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class _Frame:
    months: int
    top_bps: int
    right: int

    def x(self, month: int) -> float:
        return _LEFT + (WIDTH - _LEFT - self.right) * month / max(self.months, 1)

    def y(self, bps: int) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * bps / self.top_bps


def step_line(
    title: str,
    description: str,
    series: Sequence[Series],
    *,
    x_label: str,
    ink: str = svg.PAGE_INK,
    percent: Callable[[int], str] = svg.percent_text,
) -> Markup:
    """Draw up to six curves over months on book; incomplete months are hollow.

    Raises:
        ValueError: more than six curves, which no reader can tell apart.
    """
    if len(series) > len(svg.SERIES):
        raise ValueError("at most six curves")
    points = [point for one in series for point in one.points]
    steps = svg.axis_steps(max((point.high_bps or point.bps for point in points), default=100))
    frame = _Frame(
        months=max((point.month for point in points), default=1),
        top_bps=steps[-1],
        right=_LABEL_GAP + 12 + max((svg.text_width(one.label) for one in series), default=0),
    )
    return svg.drawing(
        WIDTH,
        HEIGHT,
        title,
        description,
        *_axes(frame, steps, x_label, ink, percent),
        *(
            part
            for one, (colour, dash) in zip(series, svg.SERIES, strict=False)
            for part in _curve(frame, one, colour, dash)
        ),
        *_labels(frame, series, ink),
    )


def _axes(
    frame: _Frame, steps: list[int], x_label: str, ink: str, percent: Callable[[int], str]
) -> list[Markup]:
    right, floor = frame.x(frame.months), frame.y(0)
    parts = []
    for step in steps:
        y = frame.y(step)
        parts.append(svg.line(_LEFT, y, right, y, ink=ink, opacity=0.5 if step == 0 else 0.15))
        parts.append(svg.text(_LEFT - 8, y + 4, percent(step), ink=ink, anchor="end"))
    every = svg.axis_steps(frame.months, most=12)[1]
    for month in range(0, frame.months + 1, every):
        parts.append(svg.text(frame.x(month), floor + 18, str(month), ink=ink, anchor="middle"))
    middle = (_LEFT + right) / 2
    parts.append(svg.text(middle, HEIGHT - 8, x_label, ink=ink, anchor="middle"))
    return parts


def _curve(frame: _Frame, series: Series, colour: str, dash: str | None) -> list[Markup]:
    parts = []
    band = _band(frame, series)
    if band:
        parts.append(svg.element("path", {"d": band, "fill": colour, "fill-opacity": 0.15}))
    pairs = [(point.month, point.bps) for point in series.points]
    parts.append(_stroke(_steps(frame, pairs), colour, dash))
    for point in series.points:
        fill = colour if point.complete else "none"
        place = {"cx": frame.x(point.month), "cy": frame.y(point.bps), "r": 3.5}
        parts.append(
            svg.element("circle", {**place, "fill": fill, "stroke": colour, "stroke-width": 1.5})
        )
    return parts


def _stroke(path: str, colour: str, dash: str | None) -> Markup:
    return svg.element(
        "path",
        {
            "d": path,
            "fill": "none",
            "stroke": colour,
            "stroke-width": 2.5,
            "stroke-dasharray": dash,
            "stroke-linejoin": "round",
        },
    )


def _steps(frame: _Frame, pairs: Sequence[tuple[int, int]]) -> str:
    commands: list[str] = []
    for month, bps in pairs:
        x, y = frame.x(month), frame.y(bps)
        commands.append(f"H{x:.1f} V{y:.1f}" if commands else f"M{x:.1f} {y:.1f}")
    return " ".join(commands)


def _band(frame: _Frame, series: Series) -> str:
    known = [point for point in series.points if point.low_bps is not None and point.high_bps]
    if len(known) < 2:
        return ""
    upper = _steps(frame, [(point.month, point.high_bps or 0) for point in known])
    back = known[::-1]
    lower = [f"L{frame.x(back[0].month):.1f} {frame.y(back[0].low_bps or 0):.1f}"]
    for point in back[1:]:
        lower.append(f"V{frame.y(point.low_bps or 0):.1f} H{frame.x(point.month):.1f}")
    return f"{upper} {' '.join(lower)} Z"


def _labels(frame: _Frame, series: Sequence[Series], ink: str) -> list[Markup]:
    """Name each curve at its end beside a piece of its line, moved apart where ends meet."""
    ends = sorted(
        (frame.y(one.points[-1].bps), frame.x(one.points[-1].month), one.label, colour, dash)
        for one, (colour, dash) in zip(series, svg.SERIES, strict=False)
        if one.points
    )
    parts = []
    free = float(_TOP)
    for y, x, label, colour, dash in ends:
        place = max(y + 4, free)
        free = place + svg.FONT_SIZE + 3
        parts.append(_stroke(f"M{x + 9:.1f} {place - 4:.1f} h20", colour, dash))
        parts.append(svg.text(x + _LABEL_GAP, place, label, ink=ink, weight=600))
    return parts
