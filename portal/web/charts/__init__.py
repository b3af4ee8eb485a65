"""Charts as SVG text: figures in, a drawing out, the same in pages and PDFs."""

from portal.web.charts.bullet import bullet
from portal.web.charts.day_bars import DayBar, day_bars
from portal.web.charts.funnel import Step, funnel
from portal.web.charts.month import DayCell, month
from portal.web.charts.sparkline import sparkline
from portal.web.charts.step_line import Point, Series, step_line

__all__ = [
    "DayBar",
    "DayCell",
    "Point",
    "Series",
    "Step",
    "bullet",
    "day_bars",
    "funnel",
    "month",
    "sparkline",
    "step_line",
]
