"""The ladder as a form: a table of steps, buttons add and remove rows, so that no script is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.bank.reminder_words import DEPARTMENTS, TEMPLATES
from portal.core.actions.ladder import (
    ANSWER_DAYS,
    CHANNELS,
    DEMAND,
    LANGUAGES,
    MESSAGES,
    MOST_STEPS,
    WRITTEN,
    LadderStep,
    new_key,
    to_plain,
)
from portal.core.actions.ladder_reading import LadderRefused, read_steps
from portal.core.actions.ladders import WordsOfLadderRefused, bad_words
from portal.core.actions.own_settings import Fault
from portal.core.rules import Channel
from portal.core.rules.wording import CONSEQUENCES, WordKind
from portal.web.fields import DayField
from portal.web.labels import label
from portal.web.rule_try import CheckboxesField
from portal.web.shell import language_by_code

_DAYS = {"inputmode": "numeric", "size": 4, "autocomplete": "off"}
_CONSEQUENCES = {
    WordKind.LEGAL_ACTION: _("Legal steps are lawful here and will be taken"),
    WordKind.CREDIT_REPORT: _("The report to a credit bureau is lawful and will be made"),
    WordKind.SEIZURE: _("A court has allowed that wages or property are taken"),
    WordKind.REFERRAL: _("The account will be passed on as the message says"),
    WordKind.EXTRA_COST: _("The contract or the law allows these costs"),
}


class StepForm(Form):  # type: ignore[misc]
    """One step."""

    key = HiddenField()
    after_days = StringField(_("Days past due"), render_kw=_DAYS)
    channel = SelectField(_("Channel"), validate_choice=False)
    department = SelectField(_("Department"), validate_choice=False)
    template = SelectField(_("What it says"), validate_choice=False)
    answer_days = StringField(_("Days to answer a formal demand"), render_kw=_DAYS)
    confirmed = CheckboxesField(_("Who sets this ladder confirms"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel.choices = [SelectChoice(each.value, label(each)) for each in CHANNELS]
        self.department.choices = [
            SelectChoice(key.value, name) for key, name in DEPARTMENTS.items()
        ]
        self.template.choices = [SelectChoice(key, TEMPLATES[key]) for key in MESSAGES]
        self.confirmed.choices = [
            SelectChoice(kind.value, _CONSEQUENCES[kind]) for kind in sorted(CONSEQUENCES)
        ]

    @property
    def languages(self) -> list[tuple[str, str, TextAreaField, StringField]]:
        """Return each language: its code, its name, and the fields of the bank's own words."""
        return [
            (code, _name(code), self[f"text_{code}"], self[f"subject_{code}"]) for code in LANGUAGES
        ]

    @property
    def has_own(self) -> bool:
        """Tell whether anything of the bank's own is typed or at fault."""
        fields = [field for _code, _named, *pair in self.languages for field in pair]
        return any(field.data or field.errors for field in (*fields, self.confirmed))

    def typed(self) -> dict[str, Any]:
        """Return what was typed, as a step has it; what its channel has no use for is left out."""
        channel = self.channel.data or ""
        written = channel in WRITTEN
        texts = {
            code: {
                "text": text.data or "",
                "subject": subject.data or "" if channel == Channel.EMAIL else "",
            }
            for code, _named, text, subject in self.languages
        }
        template = {Channel.CALL.value: "", Channel.LETTER.value: DEMAND}
        return {
            "key": self.key.data or "",
            "after_days": (self.after_days.data or "").strip(),
            "channel": channel,
            "department": self.department.data or "",
            "template": template.get(channel, self.template.data or ""),
            "texts": texts if written else {},
            "confirmed": self.confirmed.data or [],
            "answer_days": (self.answer_days.data or "").strip() or str(ANSWER_DAYS),
        }


for _code in LANGUAGES:
    setattr(StepForm, f"text_{_code}", TextAreaField(_("Text"), render_kw={"rows": 4}))
    setattr(StepForm, f"subject_{_code}", StringField(_("Subject of the e-mail")))


class LadderForm(FlaskForm):  # type: ignore[misc]
    """Every step of a ladder, and the day it holds from."""

    steps = FieldList(FormField(StepForm), label=_("Steps"))
    effective_from = DayField(
        _("Holds from"), validators=[InputRequired(_("Choose the day it holds from."))]
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.problems: list[tuple[str, str]] = []

    def typed(self) -> list[dict[str, Any]]:
        """Return what was typed, as steps have it; nothing has been checked."""
        return [row.form.typed() for row in self.steps]

    def ladder(self) -> tuple[LadderStep, ...] | None:
        """Return what was typed as steps; None, with every fault at its field, if it cannot be."""
        try:
            return read_steps(self.typed())
        except LadderRefused as refused:
            for fault in refused.faults:
                self.show(fault)
            return None

    def show_words(self, refused: WordsOfLadderRefused) -> None:
        """Show at the fields which own texts must not be sent."""
        keys = [row.form.key.data for row in self.steps]
        for text in refused.texts:
            if text.check.is_blocked:
                number = keys.index(text.step.key)
                self.show(bad_words(f"steps-{number}-texts-{text.language}"))

    def show(self, fault: Fault) -> None:
        """Show a fault at its field, and at the top of the page with the row it is in."""
        said = gettext(fault.message) % fault.values if fault.values else gettext(fault.message)
        parts = fault.place.split("-")
        if len(parts) == 1:
            self.problems.append(("", str(said)))
            return
        number = int(parts[1])
        field = _field_of(self.steps[number].form, parts[2:])
        if said in field.errors:
            return
        field.errors = [*field.errors, said]
        self.problems.append(
            (field.id, gettext("Step %(number)d: ", number=number + 1) + str(said))
        )


def _field_of(row: StepForm, parts: Sequence[str]) -> Any:
    """Return the field of a row that a fault is shown at."""
    if not parts or parts[0] == "key":
        return row.after_days
    if parts[0] != "texts":
        return row[parts[0]]
    code = parts[1] if len(parts) > 1 else LANGUAGES[0]
    return row[f"subject_{code}" if parts[-1] == "subject" else f"text_{code}"]


def form_of(plain: Iterable[Mapping[str, Any]], day: Any) -> LadderForm:
    """Return a form that starts with steps as plain data, checked or not."""
    return LadderForm(
        formdata=None, data={"steps": [_flat(each) for each in plain], "effective_from": day}
    )


def form_of_steps(steps: Iterable[LadderStep], day: Any) -> LadderForm:
    """Return a form that starts with the steps of a ladder."""
    return form_of(to_plain(steps), day)


def _flat(step: Mapping[str, Any]) -> dict[str, Any]:
    texts = {
        f"{name}_{code}": own.get(name, "")
        for code, own in step["texts"].items()
        for name in ("text", "subject")
    }
    return {**step, **texts}


def with_rows_changed(form: LadderForm, deed: str, used: Iterable[str]) -> LadderForm | None:
    """Return the form with a row more or less, as a button asked; None when none asked for that.

    A button's value is `add` or `drop-2`. `used` are the names of steps of earlier versions.
    """
    verb, _dash, number = deed.partition("-")
    if verb not in ("add", "drop"):
        return None
    plain = form.typed()
    if verb == "add" and len(plain) < MOST_STEPS:
        plain.append(_new_row(plain, used))
    elif verb == "drop" and number.isdecimal() and int(number) < len(plain):
        del plain[int(number)]
    return form_of(plain, form.effective_from.data)


def _new_row(plain: Sequence[Mapping[str, Any]], used: Iterable[str]) -> dict[str, Any]:
    """Return a text message a week after the last step, to be changed at will."""
    days = [int(each["after_days"]) for each in plain if each["after_days"].isdecimal()]
    return {
        "key": new_key([*used, *(each["key"] for each in plain)]),
        "after_days": str(max(days, default=0) + 7),
        "channel": Channel.SMS.value,
        "department": next(iter(DEPARTMENTS)).value,
        "template": MESSAGES[0],
        "texts": {},
        "confirmed": [],
        "answer_days": str(ANSWER_DAYS),
    }


def _name(code: str) -> str:
    known = language_by_code(code)
    return known.name if known else code
