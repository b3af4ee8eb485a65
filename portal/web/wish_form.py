"""How a person may be contacted, as they choose it or tell it. Everything ticked is no limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.parties.wishes import CHANNELS, DAY_MINUTES, WEEK, Wish
from portal.core.rules import Channel
from portal.web import limits

_MOST = (1, 2, 3, 5, 7)


class TicksField(SelectMultipleField):  # type: ignore[misc]
    """Several of a list, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WishForm(FlaskForm):  # type: ignore[misc]
    """The ways, days and hours that suit, and how often at most."""

    channels = TicksField(lazy_gettext("Which ways may we use?"))
    write_only = BooleanField(lazy_gettext("Only write to me"))
    days = TicksField(lazy_gettext("On which days?"))
    opens = SelectField(lazy_gettext("From what time"))
    closes = SelectField(lazy_gettext("Until what time"))
    weekly_maximum = SelectField(lazy_gettext("How often at most?"))
    no_work = BooleanField(lazy_gettext("Never contact me at work"))

    def __init__(self, wish: Wish, **values: Any) -> None:
        """Begin with what is wished now."""
        super().__init__(data=_chosen(wish), **values)
        self.channels.choices = [
            SelectChoice(each.value, str(limits.WAYS[each])) for each in CHANNELS
        ]
        self.days.choices = [
            SelectChoice(str(day), name) for day, name in limits.day_names().items()
        ]
        self.opens.choices = _clock_choices(range(0, DAY_MINUTES, 60), wish.opens_minute)
        self.closes.choices = _clock_choices(range(60, DAY_MINUTES + 1, 60), wish.closes_minute)
        self.weekly_maximum.choices = [
            SelectChoice("", gettext("No limit")),
            *(
                SelectChoice(str(most), limits.times_a_week(most))
                for most in sorted({*_MOST, wish.weekly_maximum or 1})
            ),
        ]

    @property
    def wish(self) -> dict[str, Any]:
        """Return what was chosen, as `set_wishes` takes it."""
        return {
            "channels": {Channel(each) for each in self.channels.data or ()},
            "days": {int(day) for day in self.days.data or ()},
            "opens_minute": _minute(self.opens.data),
            "closes_minute": _minute(self.closes.data),
            "weekly_maximum": _minute(self.weekly_maximum.data),
            "write_only": bool(self.write_only.data),
            "no_work": bool(self.no_work.data),
        }

    @property
    def hints(self) -> Mapping[str, str]:
        """Return what each choice does, said next to it."""
        return {
            "channels": gettext("A way you do not tick is closed to everybody who collects this."),
            "write_only": gettext("Nobody calls you or comes to see you, whatever you tick above."),
            "days": gettext("Nobody contacts you on other days. A letter may still arrive on one."),
            "hours": gettext("By the clock where you live. Nobody contacts you at other hours."),
            "weekly_maximum": gettext("Every attempt counts, whoever makes it and whatever way."),
            "no_work": gettext("Nobody calls or writes to you at work, or goes there."),
        }


def _chosen(wish: Wish) -> dict[str, Any]:
    return {
        "channels": [each.value for each in wish.channels or CHANNELS],
        "write_only": wish.write_only,
        "days": [str(day) for day in wish.days or WEEK],
        "opens": _text(wish.opens_minute),
        "closes": _text(wish.closes_minute),
        "weekly_maximum": _text(wish.weekly_maximum),
        "no_work": wish.no_work,
    }


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _minute(value: str | None) -> int | None:
    return int(value) if value else None


def _clock_choices(minutes: range, present: int | None) -> list[SelectChoice]:
    offered = sorted({*minutes, *([] if present is None else [present])})
    return [
        SelectChoice("", gettext("Any time")),
        *(SelectChoice(str(minute), limits.clock(minute)) for minute in offered),
    ]
