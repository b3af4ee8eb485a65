"""A trend the size of a word; the last value is printed beside it by the page."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from portal.web.charts import svg

WIDTH, HEIGHT = 90, 22
_EDGE = 3


def sparkline(title: str, description: str, values: Sequence[int]) -> Markup:
    """Draw the values from left to right, the last one marked; an even row lies in the middle."""
    places = _places(values)
    parts = []
    colour = svg.SERIES[0][0]
    if places:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(
            svg.element(
                "polyline",
                {
                    "points": points,
                    "fill": "none",
                    "stroke": colour,
                    "stroke-width": 1.75,
                    "stroke-linejoin": "round",
                },
            )
        )
        x, y = places[-1]
        parts.append(svg.element("circle", {"cx": x, "cy": y, "r": 2.5, "fill": colour}))
    return svg.drawing(WIDTH, HEIGHT, title, description, *parts, css_class="dp-chart dp-spark")


def _places(values: Sequence[int]) -> list[tuple[float, float]]:
    if not values:
        return []
    low, high = min(values), max(values)
    span = high - low
    across = WIDTH - 2 * _EDGE
    tall = HEIGHT - 2 * _EDGE
    steps = max(len(values) - 1, 1)
    return [
        (
            _EDGE + across * index / steps,
            HEIGHT / 2 if not span else HEIGHT - _EDGE - tall * (value - low) / span,
        )
        for index, value in enumerate(values)
    ]
