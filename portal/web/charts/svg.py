"""What every chart is made of: elements, inks, series colours with their dashes, axis steps.

Presentation attributes only. The content policy forbids styles on pages, and in a PDF the
document's CSS never reaches an inline SVG.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from markupsafe import Markup, escape

#: Each holds 3:1 on white and on dark; a dash of its own, so that colour is never alone.
SERIES = (
    ("#2b7bd9", None),
    ("#c9640a", "7 4"),
    ("#2b8a57", "2 3"),
    ("#9a5bd6", "11 3 2 3"),
    ("#13858f", "4 6"),
    ("#d6494c", "1 4"),
)
#: On pages the text's own colour; a PDF names one.
PAGE_INK = "currentColor"
#: Named, since a viewer that only knows the language may pick Japanese shapes for Chinese.
FONT = "'Segoe UI', Roboto, 'Liberation Sans', 'PingFang SC', 'Noto Sans SC', sans-serif"
FONT_SIZE = 13


def element(name: str, attributes: Mapping[str, object], *children: str) -> Markup:
    """Return one element; text is escaped, attributes without a value are left out."""
    pairs = [
        f' {key}="{escape(_text(value))}"' for key, value in attributes.items() if value is not None
    ]
    body = "".join(escape(child) for child in children)
    head = f"<{name}{''.join(pairs)}"
    return Markup(f"{head}>{body}</{name}>" if body else f"{head}/>")  # noqa: S704 escaped above


def drawing(
    width: int,
    height: int,
    title: str,
    description: str,
    *children: str,
    css_class: str = "dp-chart",
) -> Markup:
    """Return the whole picture, with the words a screen reader says."""
    digest = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:8]
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": css_class,
            "width": width,
            "height": height,
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "aria-labelledby": f"t{digest} d{digest}",
            "font-family": FONT,
            "font-size": FONT_SIZE,
        },
        element("title", {"id": f"t{digest}"}, title),
        element("desc", {"id": f"d{digest}"}, description),
        *children,
    )


def text(
    x: float, y: float, words: str, *, ink: str, anchor: str = "start", weight: int | None = None
) -> Markup:
    """Return words at a point of their baseline."""
    return element(
        "text",
        {"x": x, "y": y, "fill": ink, "text-anchor": anchor, "font-weight": weight},
        words,
    )


def line(x1: float, y1: float, x2: float, y2: float, *, ink: str, opacity: float = 1.0) -> Markup:
    """Return a straight line."""
    return element(
        "line",
        {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": ink, "stroke-opacity": opacity},
    )


def text_width(words: str) -> int:
    """Return about how wide words are drawn: a Chinese character takes a full square."""
    return round(sum(1.0 if ord(char) > 0x2E7F else 0.56 for char in words) * FONT_SIZE)


def axis_steps(highest: int, *, most: int = 5) -> list[int]:
    """Return round numbers from 0 to the first one not below `highest`, `most` + 1 at most."""
    highest = max(highest, 1)
    size = 1
    while True:
        for factor in (1, 2, 5):
            step = size * factor
            count = -(-highest // step)
            if count <= most:
                return [step * index for index in range(count + 1)]
        size *= 10


def percent_text(bps: int) -> str:
    """Return basis points as a percentage, for readers of no particular language."""
    return f"{bps / 100:.2f}".rstrip("0").rstrip(".") + "%"


def _text(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) and value > 1 else str(value)
