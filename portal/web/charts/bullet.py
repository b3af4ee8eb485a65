"""One measure against its target and its peers' range."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from portal.web.charts import svg

WIDTH, HEIGHT = 320, 30
_BAR = 230


def bullet(
    title: str,
    description: str,
    *,
    value: int,
    highest: int,
    target: int | None = None,
    peers: tuple[int, int] | None = None,
    ink: str = svg.PAGE_INK,
    text: Callable[[int], str] = svg.percent_text,
) -> Markup:
    """Draw a bar for the value, a band for the peers and a mark for the target, value in words."""
    scale = _BAR / max(highest, value, target or 0, peers[1] if peers else 0, 1)
    parts = [_bar(0, _BAR, 12, ink, 0.12)]
    if peers is not None:
        parts.append(_bar(peers[0] * scale, (peers[1] - peers[0]) * scale, 18, ink, 0.22))
    parts.append(_bar(0, value * scale, 8, svg.SERIES[0][0], 1))
    if target is not None:
        x = min(target * scale, _BAR - 1)
        parts.append(
            svg.element(
                "path", {"d": f"M{x:.1f} 3 V27", "stroke": ink, "stroke-width": 2.5, "fill": "none"}
            )
        )
    parts.append(svg.text(_BAR + 10, 20, text(value), ink=ink, weight=600))
    return svg.drawing(WIDTH, HEIGHT, title, description, *parts, css_class="dp-chart dp-bullet")


def _bar(x: float, width: float, height: int, colour: str, opacity: float) -> Markup:
    return svg.element(
        "rect",
        {
            "x": float(x),
            "y": (HEIGHT - height) // 2,
            "width": float(width),
            "height": height,
            "rx": 2,
            "fill": colour,
            "fill-opacity": None if opacity == 1 else opacity,
        },
    )
