"""Read model of one file of actions: how it came out, looked at or logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import get_locale, gettext
from sqlalchemy.orm import Session

from portal.agency.names import name_in
from portal.core.accounts.account_row import RowError
from portal.core.accounts.rejects import group_errors
from portal.core.actions.file_mapping import ACTION_TARGETS
from portal.core.actions.file_progress import Run, RunState, Step, find_run
from portal.core.actions.file_reasons import ACTION_FILE_REASONS
from portal.core.actions.files import list_rejects
from portal.core.actions.models_files import ActionFile
from portal.core.parties.models import Bank
from portal.core.rules import Channel, Direction, Outcome, Purpose, Role
from portal.web import columns
from portal.web.columns import ErrorLine, sentence
from portal.web.labels import LABELS
from portal.web.rule_titles import title_of

ERRORS_SHOWN = 200


@dataclass(frozen=True)
class RuleCount:
    """How many rows break a rule."""

    rule_id: str
    title: str
    rows: int


@dataclass(frozen=True)
class RunPage:
    """How a file came out, looked at or logged."""

    kept: ActionFile
    bank: str
    run: Run
    rules: list[RuleCount]
    groups: list[tuple[str, str, int]]
    errors: list[ErrorLine]
    more: int
    fault: str
    minutes: int
    is_silent: bool
    failure: str


def run_page(session: Session, kept: ActionFile, run: Run, *, now: datetime) -> RunPage:
    """Lay out how a file came out: errors grouped first and then row by row, rules by how many."""
    errors = list_rejects(session, kept) if run.state is RunState.DONE else {}
    found = [error for row in errors.values() for error in row]
    lasted = (run.ended_at or now) - run.asked_at
    return RunPage(
        kept=kept,
        bank=name_in(session.get_one(Bank, kept.bank_id)),
        run=run,
        rules=[
            RuleCount(rule_id, title_of(rule_id), rows)
            for rule_id, rows in sorted(run.rules.items(), key=lambda each: (-each[1], each[0]))
        ],
        groups=[
            (group.column, error_line(group.example).message, group.count)
            for group in group_errors(found)
        ],
        errors=[error_line(error) for error in found[:ERRORS_SHOWN]],
        more=max(len(found) - ERRORS_SHOWN, 0),
        fault=_fault(run),
        minutes=max(int(lasted.total_seconds() // 60), 0),
        is_silent=run.is_silent(now),
        failure=_failure(kept),
    )


def _failure(kept: ActionFile) -> str:
    """Say why a file that was to be logged could not be."""
    commit = find_run(kept, Step.COMMIT)
    return _fault(commit) if commit is not None and commit.state is RunState.FAILED else ""


def _fault(run: Run) -> str:
    """Say why a run could not go on, or why its file was refused."""
    if run.fault is None:
        return ""
    code, values = run.fault
    if run.state is RunState.REFUSED:
        return sentence(ACTION_FILE_REASONS[code], values)
    return str(gettext(code, **values) if values else gettext(code))


def error_line(error: RowError) -> ErrorLine:
    """Say one error in the reader's language."""
    return columns.error_line(error, _say)


def describe(error: RowError) -> str:
    """Say what is wrong with a row, with the agency's own heading where it is about one."""
    line = error_line(error)
    return f"{line.column}: {line.message}" if line.column else line.message


_label_of = columns.label_sayer(ACTION_TARGETS)
_WORDS: Mapping[str, type[StrEnum]] = {"channel": Channel, "outcome": Outcome, "reached": Role}
#: The codes a cell may hold, each with its word; a code of two lists has the word of the last.
_CODES: Mapping[str, Any] = {
    code: word
    for kind in (Purpose, Channel, Direction, Role, Outcome)
    for code, word in LABELS[kind].items()
}


def _say(name: str, value: object) -> object:
    kind = _WORDS.get(name)
    if kind is not None and value in list(kind):
        return str(LABELS[kind][str(value)])
    if name == "choices":
        return _say_choices(str(value))
    return _label_of(name, value)


def _say_choices(codes: str) -> str:
    """Return the codes a cell may hold; who reads no English is told what each means."""
    locale = get_locale()
    if locale is None or locale.language == "en":
        return codes
    return ", ".join(f"{code} ({_CODES[code]})" for code in codes.split(", ") if code in _CODES)
