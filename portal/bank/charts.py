"""What the bank's charts say: the drawing, the finding in words, and the numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from portal.core.ratings.curves import BatchCurve
from portal.web.charts import Point, Series, step_line
from portal.web.filters import count, day, money, percent


@dataclass(frozen=True)
class Figure:
    """A chart as the page shows it."""

    svg: Markup
    caption: str
    headers: list[str]
    rows: list[list[str]]


def liquidation_by_currency(curves: Sequence[BatchCurve], today: date) -> list[Figure]:
    """Draw the liquidation curves of an agency's batches, a chart for each currency."""
    by_currency: defaultdict[str, list[BatchCurve]] = defaultdict(list)
    for curve in curves:
        if curve.placed:
            by_currency[curve.placed.currency].append(curve)
    return [_liquidation(found, today) for _code, found in sorted(by_currency.items())]


def _liquidation(curves: list[BatchCurve], today: date) -> Figure:
    placed = sum((curve.placed for curve in curves[1:]), start=curves[0].placed)
    net = sum((curve.points[-1].net for curve in curves[1:]), start=curves[0].points[-1].net)
    accounts = sum(curve.accounts for curve in curves)
    caption = ngettext(
        "%(net)s of %(placed)s came back by %(day)s (n = %(n)s accounts in one batch). A hollow"
        " mark is a month that still runs.",
        "%(net)s of %(placed)s came back by %(day)s (n = %(n)s accounts in %(num)d batches). A"
        " hollow mark is a month that still runs.",
        len(curves),
        net=money(net),
        placed=money(placed),
        day=day(today),
        n=count(accounts),
    )
    months = max(len(curve.points) for curve in curves)
    svg = step_line(
        _("Liquidation by month on book"),
        caption,
        [_series(curve) for curve in curves],
        x_label=_("Month on book"),
        percent=percent,
    )
    return Figure(
        svg=svg,
        caption=caption,
        headers=[_("Month on book"), *(curve.referral_ref for curve in curves)],
        rows=[
            [str(month), *(_cell(curve, month) for curve in curves)]
            for month in range(1, months + 1)
        ],
    )


def _series(curve: BatchCurve) -> Series:
    points = [Point(0, 0)]
    points += [
        Point(point.month, max(point.liquidation.bps or 0, 0), complete=point.complete)
        for point in curve.points
    ]
    return Series(curve.referral_ref, tuple(points))


def _cell(curve: BatchCurve, month: int) -> str:
    if month > len(curve.points):
        return "–"
    point = curve.points[month - 1]
    text = f"{percent(point.liquidation.bps)} · {money(point.net)}"
    return text if point.complete else _("%(figures)s, still running", figures=text)
