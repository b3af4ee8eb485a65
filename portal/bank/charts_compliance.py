"""What the compliance console's charts say: the drawing, the finding in words, the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from babel.dates import format_skeleton, get_day_names
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from portal.bank.charts import Figure
from portal.bank.queries_agency_conduct import AgencyFigures
from portal.bank.queries_breach_counts import BreachCount, Period
from portal.bank.queries_contacts import ContactsPage, Day
from portal.web.charts import DayBar, DayCell, day_bars, month, sparkline
from portal.web.filters import count, day


def breaches_by_day(counts: Sequence[BreachCount], period: Period) -> Figure:
    """Draw how often rules were broken each day: what the law forbids, and what guidance does."""
    grave: Counter[date] = Counter()
    mild: Counter[date] = Counter()
    for each in counts:
        (grave if each.is_grave else mild)[each.day] += each.count
    total = grave.total() + mild.total()
    caption = ngettext(
        "%(total)s breach from %(first)s to %(last)s, %(grave)s of it against the law.",
        "%(total)s breaches from %(first)s to %(last)s, %(grave)s of them against the law.",
        total,
        total=count(total),
        first=day(period.from_on),
        last=day(period.to_on),
        grave=count(grave.total()),
    )
    against_law, against_guidance = _("Against the law"), _("Against guidance")
    svg = day_bars(
        _("Breaches by day"),
        caption,
        [DayBar(_short(on), grave[on], mild[on]) for on in period.days],
        filled=against_law,
        hollow=against_guidance,
        count=count,
    )
    return Figure(
        svg=svg,
        caption=caption,
        headers=[_("Day"), against_law, against_guidance],
        rows=[
            [day(on), count(grave[on]), count(mild[on])]
            for on in period.days
            if grave[on] or mild[on]
        ],
    )


def spark(figures: AgencyFigures) -> Markup:
    """Draw an agency's breaches day by day, the size of a word."""
    return sparkline(
        _("Breaches of %(agency)s by day", agency=figures.name),
        _("From %(first)s to %(last)s a day", first=min(figures.by_day), last=max(figures.by_day)),
        figures.by_day,
    )


def contact_month(page: ContactsPage) -> Figure:
    """Draw a month of attempts to reach somebody: the fuller the darker, limits marked."""
    caption = _month_caption(page)
    names = get_day_names("abbreviated", locale=get_locale() or "en")
    svg = month(
        _("Attempts to reach the person, day by day"),
        caption,
        [_cell(each) for each in page.days],
        weekdays=[names[number] for number in range(7)],
        full=_("a limit is reached"),
        over=_("a contact beyond a limit"),
    )
    return Figure(svg=svg, caption=caption, headers=[], rows=[])


def _month_caption(page: ContactsPage) -> str:
    over = sum(1 for each in page.days if each.is_over)
    values = {"total": count(page.attempts), "month": month_name(page.first)}
    if over:
        words = ngettext(
            "%(total)s attempts to reach the person in %(month)s. On %(num)d day a limit was"
            " passed.",
            "%(total)s attempts to reach the person in %(month)s. On %(num)d days a limit was"
            " passed.",
            over,
            **values,
        )
    else:
        words = ngettext(
            "%(total)s attempt to reach the person in %(month)s.",
            "%(total)s attempts to reach the person in %(month)s.",
            page.attempts,
            **values,
        )
    return str(words)


def _cell(each: Day) -> DayCell:
    tight = each.tightest
    note = f"{tight.used}/{tight.limit}" if tight is not None else ""
    return DayCell(each.day, each.attempts, note, is_full=each.is_full, is_over=each.is_over)


def month_name(on: date) -> str:
    """Write a month with its year: `November 2026`, `2026年11月`."""
    written: str = format_skeleton("yMMMM", on, locale=get_locale() or "en")
    return written


def _short(on: date) -> str:
    """Write a day without its year: `24 Nov`, `11月24日`."""
    locale = get_locale() or "en"
    written: str = format_skeleton("MMMd", on, locale=locale)
    return written
