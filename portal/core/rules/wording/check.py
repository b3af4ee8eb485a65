"""Checking an outgoing text before it is sent: what must not stand in it, and what must."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from portal.core.rules.findings import Rule
from portal.core.rules.kinds import Channel, Purpose
from portal.core.rules.wording.findings import Sender, WordCheck, WordFinding
from portal.core.rules.wording.kinds import (
    CONSEQUENCES,
    Statement,
    Where,
    WordCode,
    WordKind,
    WordSeverity,
)
from portal.core.rules.wording.length import SmsLength, preview_end, sms_length
from portal.core.rules.wording.lists import LANGUAGES, Match, Reading, all_lists
from portal.core.rules.wording.rulebook import (
    Scope,
    WordRule,
    default_rule,
    required,
    rulebook,
    rules_barring,
    rules_barring_cards,
    rules_for,
    rules_hiding_debt,
)
from portal.core.rules.wording.statements import (
    HARD_WAYS,
    SIMPLE_WAYS,
    card_numbers,
    languages_of,
    optout_ways,
    revealing,
    states,
)

#: Statements in words, due in each language a message uses; the others are names and numbers.
_SPOKEN = frozenset({Statement.COLLECTOR_FIRST, Statement.COLLECTOR_LATER, Statement.OPTOUT})
_SLOT = re.compile(r"\{\{?\s*\w+\s*\}?\}|\[[A-Z_ ]{3,}\]|<[A-Z_ ]{3,}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A text with everything that its checks ask about it."""

    read: Reading
    subject: str
    language: str
    languages: tuple[str, ...]
    sender: Sender
    scope: Scope
    rules: tuple[WordRule, ...]
    confirmed: frozenset[WordKind]


def check_words(
    text: str,
    *,
    channel: Channel,
    language: str,
    jurisdictions: Iterable[str],
    sender: Sender,
    subject: str = "",
    is_first: bool = False,
    purpose: Purpose | None = None,
    debt_kind: str | None = None,
    confirmed: Iterable[WordKind] = (),
    on: date | None = None,
) -> WordCheck:
    """Say what stands against sending a text, with the words at fault and the rule that asks.

    `jurisdictions` are the packs that protect the person. `is_first` is the collector's first
    communication about the debt, or the first in writing. `confirmed` are consequences somebody
    answers for as lawful and intended: naming them is then a warning. `on` is the day the rules
    are read of; without it every rule is. The subject is read for e-mail alone.
    """
    book = rulebook()
    scope = Scope(
        channel=channel,
        sender=sender.kind,
        jurisdictions=tuple(jurisdictions),
        is_first=is_first,
        purpose=purpose,
        debt_kind=debt_kind,
        on=on,
    )
    if len(text) > book.text_limit or len(subject) > book.text_limit:
        return _answer(
            [_own(WordCode.TOO_LONG_TO_CHECK, limit=book.text_limit)], frozenset(), (), None
        )
    read = Reading(text)
    draft = _Draft(
        read=read,
        subject=subject if channel is Channel.EMAIL else "",
        language=language,
        languages=languages_of(read, language),
        sender=sender,
        scope=scope,
        rules=rules_for(scope),
        confirmed=frozenset(confirmed),
    )
    length = sms_length(text) if channel is Channel.SMS else None
    findings = [*_formal(draft), *_forbidden(draft), *_missing(draft), *_hidden(draft, length)]
    mentions = frozenset(f.kind for f in findings if f.kind is not None)
    return _answer(findings, mentions, draft.languages, length)


def _answer(
    findings: Iterable[WordFinding],
    mentions: frozenset[WordKind],
    languages: tuple[str, ...],
    length: SmsLength | None,
) -> WordCheck:
    book = rulebook()
    order = {Where.SENDER: 0, Where.SUBJECT: 1, Where.TEXT: 2}
    return WordCheck(
        findings=tuple(
            sorted(
                findings,
                key=lambda f: (f.severity is WordSeverity.WARN, order[f.where], f.start, f.end),
            )
        ),
        mentions=mentions,
        languages=languages,
        length=length,
        version=book.version,
        hash=book.hash,
    )


def _own(
    code: WordCode, severity: WordSeverity = WordSeverity.BLOCK, **values: object
) -> WordFinding:
    """Return a finding that needs no law: the portal's own rule asks."""
    return WordFinding(code=code, severity=severity, rules=(default_rule(),), values=values)


def _at(
    code: WordCode,
    match: Match,
    text: str,
    rules: tuple[Rule, ...],
    *,
    severity: WordSeverity = WordSeverity.BLOCK,
    kind: WordKind | None = None,
    where: Where = Where.TEXT,
    **values: object,
) -> WordFinding:
    return WordFinding(
        code=code,
        severity=severity,
        rules=rules,
        kind=kind,
        where=where,
        start=match.start,
        end=match.end,
        words=text[match.start : match.end],
        values=values,
    )


def _formal(draft: _Draft) -> Iterator[WordFinding]:
    """Yield what is wrong with the text as such, whatever it says."""
    text = draft.read.text
    if not text.strip():
        yield _own(WordCode.EMPTY)
    if draft.language not in LANGUAGES:
        yield _own(WordCode.LANGUAGE_UNKNOWN, language=draft.language)
    elif draft.language not in draft.languages:
        yield _own(
            WordCode.OTHER_LANGUAGE,
            WordSeverity.WARN,
            language=draft.language,
            used=draft.languages,
        )
    if not draft.scope.jurisdictions:
        yield _own(WordCode.NO_RULES_FOR_PLACE, WordSeverity.WARN)
    for found in _SLOT.finditer(text):
        match = Match(found.start(), found.end())
        yield _at(WordCode.SLOT_UNFILLED, match, text, (default_rule(),), slot=found.group())
    cards = rules_barring_cards(draft.rules)
    for match in card_numbers(text):
        yield _at(WordCode.CARD_NUMBER, match, text, cards)


def _forbidden(draft: _Draft) -> Iterator[WordFinding]:
    """Yield forbidden words of every language, in the text, the subject and the shown sender."""
    parts = [(Where.TEXT, draft.read)]
    if draft.subject:
        parts.append((Where.SUBJECT, Reading(draft.subject)))
    for where, read in parts:
        for words in all_lists():
            for kind, matches in words.find_forbidden(read).items():
                rules = rules_barring(draft.rules, kind)
                for match in matches:
                    yield _judged(draft, kind, match, read.text, rules, where)


def _judged(
    draft: _Draft,
    kind: WordKind,
    match: Match,
    text: str,
    rules: tuple[Rule, ...],
    where: Where,
) -> WordFinding:
    severity, code = rulebook().severity_of(kind), WordCode.FORBIDDEN_WORDS
    if kind in CONSEQUENCES:
        named = kind in draft.confirmed
        code = WordCode.CONSEQUENCE_NAMED if named else WordCode.CONSEQUENCE_UNCONFIRMED
        severity = WordSeverity.WARN if named else severity
    return _at(code, match, text, rules, severity=severity, kind=kind, where=where)


def _missing(draft: _Draft) -> Iterator[WordFinding]:
    """Yield the statements the text has to make and does not."""
    for statement, (severity, rules) in required(draft.rules, draft.scope).items():
        spoken = statement in _SPOKEN
        for language in draft.languages if spoken else (draft.languages[0],):
            if statement is Statement.OPTOUT:
                yield from _optout_faults(draft, language, severity, rules)
            elif not _is_stated(draft, statement, language, spoken=spoken):
                yield WordFinding(
                    code=WordCode.STATEMENT_MISSING,
                    severity=severity,
                    rules=rules,
                    values={"statement": statement, "language": language if spoken else None},
                )


def _is_stated(draft: _Draft, statement: Statement, language: str, *, spoken: bool) -> bool:
    languages = (language,) if spoken else draft.languages
    return any(states(statement, draft.read, one, draft.sender) for one in languages)


def _optout_faults(
    draft: _Draft, language: str, severity: WordSeverity, rules: tuple[Rule, ...]
) -> Iterator[WordFinding]:
    ways = optout_ways(draft.read, language)
    values = {"statement": Statement.OPTOUT, "language": language}
    if "needs_more" in ways:
        yield WordFinding(
            code=WordCode.OPTOUT_NEEDS_MORE, severity=severity, rules=rules, values=values
        )
    elif hard := [way for way in HARD_WAYS if way in ways and not ways & set(SIMPLE_WAYS)]:
        yield WordFinding(
            code=WordCode.OPTOUT_NOT_SIMPLE,
            severity=severity,
            rules=rules,
            values={**values, "method": hard[0]},
        )
    elif not ways & set(SIMPLE_WAYS):
        yield WordFinding(
            code=WordCode.STATEMENT_MISSING, severity=severity, rules=rules, values=values
        )


def _hidden(draft: _Draft, length: SmsLength | None) -> Iterator[WordFinding]:
    """Yield what others may see of the debt, and a text message that is too long."""
    rules = rules_hiding_debt(draft.rules)
    if draft.scope.channel is Channel.EMAIL:
        if not draft.subject.strip():
            yield _own(WordCode.SUBJECT_MISSING)
        for match in revealing(Reading(draft.subject)):
            where, text = Where.SUBJECT, draft.subject
            yield _at(WordCode.SUBJECT_REVEALS, match, text, rules, where=where)
    if shown := draft.sender.shown_as:
        for match in revealing(Reading(shown)):
            yield _at(WordCode.SENDER_REVEALS, match, shown, rules, where=Where.SENDER)
    if length is not None:
        yield from _sms_faults(draft, length, rules)


def _sms_faults(draft: _Draft, length: SmsLength, rules: tuple[Rule, ...]) -> Iterator[WordFinding]:
    book, text = rulebook(), draft.read.text
    end = preview_end(text, book.sms_preview)
    for match in revealing(draft.read):
        if match.start < end:
            warn = WordSeverity.WARN
            yield _at(WordCode.PREVIEW_REVEALS, match, text, rules, severity=warn)
    if length.segments > book.sms_segments:
        yield _own(
            WordCode.TOO_MANY_SEGMENTS,
            WordSeverity.WARN,
            segments=length.segments,
            limit=book.sms_segments,
            alphabet=length.alphabet,
            costly=length.costly,
        )
