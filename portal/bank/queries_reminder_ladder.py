"""Read model of the ladder: its steps with what they say in each language, and its versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bank import reminder_words as say
from portal.bank.words import by_whom
from portal.core.actions.ladder import LANGUAGES, LadderStep
from portal.core.actions.ladder_words import StepText, bank_of, check_step, list_places
from portal.core.actions.ladders import (
    Ladder,
    coming_versions,
    find_ladder,
    ladder_on,
    list_versions,
)
from portal.core.actions.models_reminders import ReminderLadder
from portal.core.parties.models import Bank, Staff
from portal.core.rules import Channel
from portal.core.rules.wording import CONSEQUENCES, SmsLength
from portal.web.reminder_making import ReminderMaker
from portal.web.shell import language_by_code
from portal.web.word_marks import Piece, WordLine, pieces_of, word_line


@dataclass(frozen=True)
class TextView:
    """What a step says in a language, as it would arrive, and what was found in it."""

    language: str
    language_name: str
    is_own: bool
    subject: str
    pieces: list[Piece]
    words: list[WordLine]
    length: SmsLength | None
    is_blocked: bool


@dataclass(frozen=True)
class StepView:
    """One step: when, how, by whom, in which words."""

    key: str
    name: str
    department: str
    words: str
    is_letter: bool
    answer_days: int
    texts: list[TextView]


@dataclass(frozen=True)
class VersionView:
    """One version: when it was set, by whom, since when it holds."""

    version: int
    made_at: datetime
    made_by: str
    effective_from: date
    is_running: bool
    steps: int


@dataclass(frozen=True)
class LadderPage:
    """The ladder that holds today, those to come, and every version."""

    ladder: Ladder
    steps: list[StepView]
    coming: list[VersionView]
    history: list[VersionView]


@dataclass(frozen=True)
class LadderStart:
    """What an editor starts from, and what it must not use again."""

    ladder: Ladder
    newest: int
    used: list[str]


def start_from(session: Session, bank_id: UUID, today: date) -> LadderStart:
    """Return the steps of the newest version, which an editor goes on from."""
    versions = list_versions(session, bank_id)
    newest = ladder_on(versions, date.max)
    return LadderStart(
        ladder=newest if versions else ladder_on(versions, today),
        newest=versions[0].version if versions else 0,
        used=sorted({step["key"] for each in versions for step in each.steps}),
    )


def is_running_on(session: Session, bank_id: UUID, day: date) -> bool:
    """Tell whether the ladder that holds on a day is switched on."""
    return find_ladder(session, bank_id, day).is_running


def ladder_page(
    session: Session, bank_id: UUID, maker: ReminderMaker, *, today: date
) -> LadderPage:
    """Return the ladder as it holds today, each step in every language."""
    bank, versions = bank_of(session, bank_id), list_versions(session, bank_id)
    ladder = ladder_on(versions, today)
    home = list_places(session, bank)[0]
    names = _names(session, bank_id, versions)
    return LadderPage(
        ladder=ladder,
        steps=[_step(bank, step, home, maker, today) for step in ladder.steps],
        coming=[_version(each, names) for each in coming_versions(versions, today)],
        history=[_version(each, names) for each in versions],
    )


def _names(session: Session, bank_id: UUID, versions: Iterable[ReminderLadder]) -> dict[UUID, str]:
    rows = session.execute(
        select(Staff.id, Staff.name).where(
            Staff.org_id == bank_id, Staff.id.in_({each.made_by for each in versions})
        )
    )
    return {row.id: row.name for row in rows}


def _version(each: ReminderLadder, names: dict[UUID, str]) -> VersionView:
    return VersionView(
        version=each.version,
        made_at=each.made_at,
        made_by=by_whom(names.get(each.made_by)),
        effective_from=each.effective_from,
        is_running=each.is_running,
        steps=len(each.steps),
    )


def _step(
    bank: Bank, step: LadderStep, places: tuple[str, ...], maker: ReminderMaker, on: date
) -> StepView:
    texts = (
        [
            text_view(
                check_step(
                    step,
                    step.channel,
                    language,
                    places,
                    bank=bank,
                    values=maker.sample_values(bank, step, language, on=on),
                    on=on,
                )
            )
            for language in LANGUAGES
        ]
        if step.channel in (Channel.SMS, Channel.EMAIL)
        else []
    )
    return StepView(
        key=step.key,
        name=say.step_name(step),
        department=say.department(step.department.value),
        words=say.words_of(step),
        is_letter=step.channel is Channel.LETTER,
        answer_days=step.answer_days,
        texts=texts,
    )


def text_view(text: StepText) -> TextView:
    """Return a checked text as its writer reads it."""
    known = language_by_code(text.language)
    return TextView(
        language=known.tag if known else text.language,
        language_name=known.name if known else text.language,
        is_own=text.step.text_in(text.language) is not None,
        subject=text.subject,
        pieces=pieces_of(text.text, text.check),
        words=[word_line(finding) for finding in text.check.findings],
        length=text.check.length,
        is_blocked=text.check.is_blocked,
    )


def by_step(texts: Sequence[StepText]) -> dict[str, list[TextView]]:
    """Return own texts by step, the worst reading of each language alone: places may differ."""
    worst: dict[tuple[str, str], StepText] = {}
    for text in texts:
        key = (text.step.key, text.language)
        before = worst.get(key)
        if before is None or len(text.check.blocks) > len(before.check.blocks):
            worst[key] = text
    found: dict[str, list[TextView]] = {}
    for (step, _language), text in worst.items():
        found.setdefault(step, []).append(text_view(text))
    return found


def names_consequence(texts: Sequence[StepText]) -> set[str]:
    """Return the steps whose own texts announce something somebody has to answer for."""
    return {text.step.key for text in texts if text.check.mentions & CONSEQUENCES}
