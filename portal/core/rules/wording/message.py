"""The facts about a text that the engine's checks of words read, taken from the very text."""

from __future__ import annotations

from dataclasses import replace

from portal.core.rules.kinds import Channel, Form, Purpose
from portal.core.rules.objects import Message
from portal.core.rules.wording.findings import Sender
from portal.core.rules.wording.kinds import LETTER_PARTS, SenderKind, Statement
from portal.core.rules.wording.lists import LANGUAGES, Reading, word_list
from portal.core.rules.wording.rulebook import rulebook
from portal.core.rules.wording.statements import (
    HARD_WAYS,
    SIMPLE_WAYS,
    has_amount_or_link,
    languages_of,
    names_any,
    optout_ways,
    revealing,
    states,
)

_ELECTRONIC = frozenset({Channel.SMS, Channel.EMAIL, Channel.IN_APP, Channel.SOCIAL})
_BARE_CONFIRMATION = 200  # characters: a sentence per language and a name, nothing else
_NOTHING_KNOWN = Message()


def message_facts(
    text: str,
    *,
    channel: Channel,
    language: str,
    sender: Sender,
    subject: str = "",
    purpose: Purpose | None = None,
    known: Message = _NOTHING_KNOWN,
) -> Message:
    """Return what a text says, for the engine to judge; `known` holds what the text cannot tell.

    What `known` has of the fields read here is replaced. A text too long to read states nothing.
    """
    if len(text) > rulebook().text_limit:
        return known
    read = Reading(text)
    languages = languages_of(read, language)
    bare = _is_bare_confirmation(read, languages)
    tells = bool(revealing(read) or revealing(Reading(subject)))
    facts = replace(
        known,
        form=Form.WRITING if channel is Channel.LETTER else Form.TEXT_FORM,
        languages=languages,
        disclosures=_disclosures(read, languages, sender),
        extra_content=not bare if purpose is Purpose.OPTOUT_CONFIRMATION else None,
        conveys_debt=True if tells else (False if bare else None),
        names_self=names_any(read, (sender.person,)) if sender.person else known.names_self,
        names_employer=names_any(read, sender.names) if sender.names else known.names_employer,
    )
    if channel in _ELECTRONIC:
        facts = _with_optout_line(facts, read, languages)
    if channel is Channel.LETTER:
        facts = replace(facts, content=_content(read, languages, sender, known))
    return facts


def _disclosures(
    read: Reading, languages: tuple[str, ...], sender: Sender
) -> tuple[tuple[str, str | None], ...]:
    """Return the statements of being a debt collector, with the language each is made in."""
    if sender.kind is not SenderKind.AGENCY:
        return ()
    named = (("initial", Statement.COLLECTOR_FIRST), ("later", Statement.COLLECTOR_LATER))
    return tuple(
        (name, language)
        for language in languages
        for name, statement in named
        if states(statement, read, language, sender)
    )


def _with_optout_line(facts: Message, read: Reading, languages: tuple[str, ...]) -> Message:
    """Return the facts with the way to opt out: the least simple of those its languages give."""
    by_language = [optout_ways(read, language) for language in languages]
    named = frozenset().union(*by_language)
    simple = [way for way in SIMPLE_WAYS if way in named]
    hard = [way for way in HARD_WAYS if way in named]
    return replace(
        facts,
        optout_present=bool(simple or hard),
        optout_method=next(iter((*simple, *hard)), None),
        optout_clear=all(ways & {*SIMPLE_WAYS, *HARD_WAYS} for ways in by_language),
        optout_needs_more="needs_more" in named,
    )


def _content(
    read: Reading, languages: tuple[str, ...], sender: Sender, known: Message
) -> dict[str, object] | None:
    """Return the labelled parts of a letter; without any, nobody has said what it states."""
    parts: dict[str, object] = {
        str(part): any(states(part, read, language, sender) for language in languages)
        for part in LETTER_PARTS
    }
    if known.content is None and not any(parts.values()):
        return None
    return {**parts, **(known.content or {})}


def _is_bare_confirmation(read: Reading, languages: tuple[str, ...]) -> bool:
    """Tell whether a text confirms an opt-out and holds nothing else."""
    confirmed = all(
        language in LANGUAGES and word_list(language).confirms_optout(read)
        for language in languages
    )
    return (
        confirmed
        and len(read.text) <= _BARE_CONFIRMATION
        and not revealing(read)
        and not has_amount_or_link(read.text)
    )
