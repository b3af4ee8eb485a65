"""What this side calls a reminder's step, its state, and why it is not sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from portal.core.actions.ladder import DEMAND, Department, LadderStep
from portal.core.actions.models_reminders import ReminderState
from portal.core.actions.reminder_try import Reason
from portal.core.rules import Channel
from portal.core.rules.wording import Where, WordCode, WordFinding, WordKind, WordSeverity
from portal.web import labels
from portal.web.findings import say
from portal.web.wordings import say_cure, say_word_finding

DEPARTMENTS = {
    Department.COLLECTIONS: _l("Collections"),
    Department.CREDIT: _l("Credit department"),
    Department.LEGAL: _l("Legal department"),
}
TEMPLATES = {
    "bank_reminder_1": _l("First friendly note"),
    "bank_reminder_2": _l("Second note"),
    DEMAND: _l("Formal demand for payment"),
}
STATES = {
    ReminderState.DUE: (_l("Calls to make"), _l("To be called"), "warn"),
    ReminderState.WAITING: (_l("Waiting"), _l("Waiting"), "info"),
    ReminderState.REFUSED: (_l("Not sent"), _l("Not sent"), "bad"),
    ReminderState.SENT: (_l("Done"), _l("Done"), "good"),
    ReminderState.SKIPPED: (_l("Passed over"), _l("Passed over"), "neutral"),
}
REASONS = {
    Reason.RULES: _l("A rule speaks against it."),
    Reason.WORDS: _l("Its words must not be sent as they are."),
    Reason.ASKED: _l("The rules leave it to a person, who has been asked."),
    Reason.PERSON_REFUSED: _l("A person decided against it."),
    Reason.ON_HOLD: _l("The account or the person is on hold."),
    Reason.ONE_A_DAY: _l("The person was contacted today already."),
    Reason.BALANCE_UNVERIFIED: _l("The bank has to confirm the balance first."),
    Reason.BALANCE_CHECKED: _l("The balance is being checked."),
    Reason.NO_ADDRESS: _l("No number or address to reach the person is on file."),
    Reason.NO_LETTER: _l("The letter it announces was not sent."),
    Reason.NOTHING_OWED: _l("Nothing is owed any more."),
    Reason.REFERRED: _l("The account was referred or closed."),
    Reason.ON_PLAN: _l("The person pays by a plan, or has asked for one."),
    Reason.OVERTAKEN: _l("The next step was reached first."),
    Reason.STEP_REMOVED: _l("The step was taken out of the ladder."),
}


@dataclass(frozen=True)
class Said:
    """One sentence of why, and where that is asked for."""

    sentence: str
    citation: str = ""


def why(reason: str, judgement: Mapping[str, Any]) -> list[Said]:
    """Return why a reminder is not sent, in sentences: the findings where there are any."""
    found = [
        *(
            Said(say(each["code"], each["values"]), each["citation"])
            for each in _findings(judgement)
        ),
        *(_word(each) for each in judgement.get("words", ())),
    ]
    if not reason:
        return []
    known = [Said(str(REASONS[Reason(reason)]))]
    return found if found and reason in (Reason.RULES, Reason.WORDS) else [*known, *found]


def _findings(judgement: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    found: Iterable[Mapping[str, Any]] = judgement.get("findings", ())
    return found


def _word(kept: Mapping[str, Any]) -> Said:
    finding = WordFinding(
        code=WordCode(kept["code"]),
        severity=WordSeverity.BLOCK,
        rules=(),
        kind=WordKind(kept["kind"]) if kept["kind"] else None,
        where=Where(kept["where"]),
        words=kept["words"],
        values=kept["values"],
    )
    return Said(f"{say_word_finding(finding)} {say_cure(finding)}", kept["citation"])


def step_name(step: LadderStep) -> str:
    """Return a step in a few words, by what it is and when."""
    return str(
        gettext("%(what)s on day %(day)d", what=labels.label(step.channel), day=step.after_days)
    )


def department(code: str) -> str:
    """Return a department's name."""
    return str(DEPARTMENTS[Department(code)])


def words_of(step: LadderStep) -> str:
    """Return which words a step speaks: a template's, or the bank's own in some languages."""
    if step.channel is Channel.CALL:
        return str(gettext("Somebody at the bank calls."))
    own = len(step.texts)
    name = str(TEMPLATES[step.template])
    if not own:
        return name
    more = ngettext("own words in %(num)d language", "own words in %(num)d languages", own)
    return f"{name} · {more}"
