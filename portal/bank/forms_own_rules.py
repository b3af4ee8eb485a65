"""A bank's own rules as a form: buttons add and remove rows, so that no script is needed."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    Form,
    FormField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice

from portal.core.actions.own_settings import (
    CHANNELS,
    MOST_ROWS,
    TIMED_CHANNELS,
    WEEKDAYS,
    BankSettings,
    Count,
    Fault,
    Over,
    Per,
    to_plain,
)
from portal.core.actions.own_settings_reading import SettingsRefused, read_settings
from portal.core.errors import Invalid
from portal.core.rules import Channel
from portal.web.fields import DayField
from portal.web.labels import label
from portal.web.rule_try import CheckboxesField
from portal.web.rule_values import weekdays

ROWS = ("caps", "hours", "days_off")
_DRAFT_BYTES = 64 * 1024
_CLOCK = {"size": 5, "inputmode": "numeric", "autocomplete": "off"}
_COUNTS = {
    Count.ATTEMPTS: _("every attempt"),
    Count.CONVERSATIONS: _("conversations only"),
}
_OVERS = {
    Over.EVERYBODY: _("bank and agencies together"),
    Over.EACH_AGENCY: _("each agency by itself"),
}
_PERS = {
    Per.PERSON: _("each person"),
    Per.ACCOUNT: _("each account"),
    Per.NUMBER: _("each number or address"),
}
_NEW: Mapping[str, dict[str, Any]] = {
    "caps": {"channels": ["call"], "days": "7"},
    "hours": {
        "channels": ["call", "sms"],
        "week": {day: ["09:00", "19:00"] for day in WEEKDAYS[:5]},
    },
    "days_off": {},
}


def _choices(words: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(each.value, str(text)) for each, text in words.items()]


def _channel_choices(channels: Iterable[Channel]) -> list[SelectChoice]:
    return [SelectChoice(each.value, label(each)) for each in channels]


class CapForm(Form):  # type: ignore[misc]
    """One limit."""

    channels = CheckboxesField(_("Channels"), validate_choice=False)
    most = StringField(_("Most contacts"))
    days = StringField(_("In days"))
    count = SelectField(_("What counts"), validate_choice=False)
    over = SelectField(_("Whose contacts"), validate_choice=False)
    per = SelectField(_("Counted for"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels.choices = _channel_choices(CHANNELS)
        self.count.choices = _choices(_COUNTS)
        self.over.choices = _choices(_OVERS)
        self.per.choices = _choices(_PERS)

    def typed(self) -> dict[str, Any]:
        """Return what was typed, as settings have it."""
        return {
            "channels": self.channels.data or [],
            "most": self.most.data or "",
            "days": self.days.data or "",
            "count": self.count.data or Count.ATTEMPTS.value,
            "over": self.over.data or Over.EVERYBODY.value,
            "per": self.per.data or Per.PERSON.value,
        }


class HoursForm(Form):  # type: ignore[misc]
    """Hours for some channels: two times for each day, or none."""

    channels = CheckboxesField(_("Channels"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels.choices = _channel_choices(TIMED_CHANNELS)

    @property
    def week(self) -> list[tuple[str, StringField, StringField]]:
        """Return each day's name and its two fields."""
        return [
            (weekdays([number]), self[f"{day}_opens"], self[f"{day}_closes"])
            for number, day in enumerate(WEEKDAYS)
        ]

    def typed(self) -> dict[str, Any]:
        """Return what was typed, as settings have it."""
        spans = {
            day: [(self[f"{day}_{end}"].data or "").strip() for end in ("opens", "closes")]
            for day in WEEKDAYS
        }
        return {
            "channels": self.channels.data or [],
            "week": {day: span for day, span in spans.items() if any(span)},
        }


for _number, _day in enumerate(WEEKDAYS):
    setattr(HoursForm, f"{_day}_opens", StringField(_("Opens"), render_kw=_CLOCK))
    setattr(HoursForm, f"{_day}_closes", StringField(_("Closes"), render_kw=_CLOCK))


class DayOffForm(Form):  # type: ignore[misc]
    """One day off."""

    on = StringField(_("Date"), render_kw={"type": "date"})
    name = StringField(_("Name"))

    def typed(self) -> dict[str, Any]:
        """Return what was typed, as settings have it."""
        return {"on": self.on.data or "", "name": self.name.data or ""}


class OwnRulesForm(FlaskForm):  # type: ignore[misc]
    """Everything a bank may ask for beyond the law."""

    caps = FieldList(FormField(CapForm), label=_("Limits"))
    hours = FieldList(FormField(HoursForm), label=_("Hours"))
    days_off = FieldList(FormField(DayOffForm), label=_("Days off"))
    weekdays_off = CheckboxesField(_("Days of the week without contact"), validate_choice=False)
    channels_off = CheckboxesField(_("Channels not used"), validate_choice=False)
    rest_days = StringField(_("Days of rest after a conversation"))
    balance_days = StringField(_("Days a confirmed balance counts"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weekdays_off.choices = [
            SelectChoice(day, weekdays([number], width="wide"))
            for number, day in enumerate(WEEKDAYS)
        ]
        self.channels_off.choices = _channel_choices(CHANNELS)
        self.problems: list[tuple[str, str]] = []

    def typed(self) -> dict[str, Any]:
        """Return what was typed, as settings have it; nothing has been checked."""
        return {
            **{name: [row.form.typed() for row in self[name]] for name in ROWS},
            "weekdays_off": self.weekdays_off.data or [],
            "channels_off": self.channels_off.data or [],
            "rest_days": (self.rest_days.data or "").strip() or None,
            "balance_days": (self.balance_days.data or "").strip(),
        }

    def settings(self) -> BankSettings | None:
        """Return what was typed as settings; None, with every fault at its field, if it cannot."""
        try:
            return read_settings(self.typed())
        except SettingsRefused as refused:
            for fault in refused.faults:
                self._show(fault)
            return None

    def _show(self, fault: Fault) -> None:
        text = gettext(fault.message) % fault.values if fault.values else gettext(fault.message)
        field = self._field(fault.place)
        field.errors = [*field.errors, text]
        self.problems.append((_target(field), f"{_where(self, fault.place)}{text}"))

    def _field(self, place: str) -> Any:
        """Return the field a fault is shown at."""
        parts = place.split("-")
        field = self[parts[0]]
        if len(parts) == 1 or parts[0] not in ROWS:
            return field
        row = field[int(parts[1])].form
        name = {"week": "channels"}.get(parts[2], parts[2])
        return row[f"{parts[3]}_opens"] if len(parts) == 4 else row[name]


def _target(field: Any) -> str:
    """Return the id a link to a field leads to."""
    return f"{field.id}-0" if isinstance(field, CheckboxesField) else str(field.id)


def _where(form: OwnRulesForm, place: str) -> str:
    """Say which row a fault is in, where there may be several."""
    parts = place.split("-")
    if len(parts) == 1:
        return ""
    name, number = str(form[parts[0]].label.text), int(parts[1]) + 1
    return str(gettext("%(rows)s, row %(number)d: ", rows=name, number=number))


def form_of(settings: BankSettings) -> OwnRulesForm:
    """Return a form that starts with some settings."""
    return form_of_plain(to_plain(settings))


def form_of_plain(plain: Mapping[str, Any]) -> OwnRulesForm:
    """Return a form that starts with settings as plain data, checked or not."""
    data = {**plain, "hours": [_flat_hours(hours) for hours in plain["hours"]]}
    return OwnRulesForm(formdata=None, data=data)


def _flat_hours(hours: Mapping[str, Any]) -> dict[str, Any]:
    week = {
        f"{day}_{end}": time
        for day, span in hours["week"].items()
        for end, time in zip(("opens", "closes"), span, strict=True)
    }
    return {"channels": hours["channels"], **week}


def with_rows_changed(form: OwnRulesForm, deed: str) -> OwnRulesForm | None:
    """Return the form with a row more or less, as a button asked; None when none asked for that.

    A button's value is `add-caps` or `drop-caps-2`.
    """
    verb, _dash, rest = deed.partition("-")
    name, _dash, number = rest.partition("-")
    if name not in ROWS:
        return None
    plain = form.typed()
    if verb == "add" and len(plain[name]) < MOST_ROWS[name]:
        plain[name].append(_NEW[name])
    elif verb == "drop" and number.isdecimal() and int(number) < len(plain[name]):
        del plain[name][int(number)]
    return form_of_plain(plain)


class EffectForm(FlaskForm):  # type: ignore[misc]
    """When rules take effect, and why."""

    effective_from = DayField(_("Takes effect on"))
    note = TextAreaField(_("Why"))

    def validate_effective_from(self, field: DayField) -> None:
        """Insist on a day."""
        if field.data is None and not field.process_errors:
            raise ValidationError(gettext("Enter the day the rules take effect."))


def write_draft(settings: BankSettings) -> str:
    """Return settings as a text for an address: a draft is kept nowhere else."""
    content = json.dumps(to_plain(settings), separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(zlib.compress(content.encode(), 9)).decode().rstrip("=")


def read_draft(text: str) -> BankSettings:
    """Return the settings an address carries.

    Raises:
        Invalid: the text is no draft; nobody made it here.
    """
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        content = zlib.decompressobj().decompress(packed, _DRAFT_BYTES)
        raw = json.loads(content)
    except (ValueError, RecursionError, zlib.error):
        raise Invalid("This draft cannot be read. Start again from the rules in force.") from None
    return read_settings(raw)
