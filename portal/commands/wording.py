"""`portal words`: the check of outgoing texts, and the templates, at the command line."""

from __future__ import annotations

import sys

import click

from portal.commands.support import answer, told_plainly
from portal.core import clock
from portal.core.errors import Invalid, NotFound
from portal.core.rules import Channel, jurisdictions_for
from portal.core.rules.wording import (
    Sender,
    SenderKind,
    WordCheck,
    WordFinding,
    WordKind,
    check_words,
    list_templates,
)
from portal.core.rules.wording.lists import LANGUAGES
from portal.web.wordings import say_cure, say_word_finding

CHANNELS = (Channel.SMS, Channel.EMAIL, Channel.LETTER, Channel.IN_APP)

channel_option = click.option(
    "--channel",
    default="sms",
    show_default=True,
    type=click.Choice([str(channel) for channel in CHANNELS]),
    help="What the text is sent as.",
)
sender_option = click.option(
    "--sender",
    "sender_name",
    default="agency",
    show_default=True,
    type=click.Choice([str(kind) for kind in SenderKind]),
    help="Who sends it, in its own name.",
)
place_option = click.option(
    "--place", default="US", show_default=True, help="Where the person lives: CN, UK, US-MA."
)


@click.group()
def words() -> None:
    """The words of outgoing messages: what must not stand in them, and what must."""


@words.command("check")
@click.argument("text")
@channel_option
@sender_option
@place_option
@click.option(
    "--language", default="en", show_default=True, type=click.Choice(LANGUAGES), help="Of the text."
)
@click.option("--subject", default="", help="Of an e-mail.")
@click.option("--first", is_flag=True, help="The first message about the debt.")
@click.option(
    "--confirm",
    "confirmed",
    multiple=True,
    type=click.Choice([str(kind) for kind in WordKind]),
    help="A consequence that is lawful and intended, such as legal_action.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@told_plainly
def check(
    text: str,
    channel: str,
    sender_name: str,
    place: str,
    language: str,
    subject: str,
    confirmed: tuple[str, ...],
    *,
    first: bool,
    as_json: bool,
) -> None:
    """Check TEXT, or the standard input for a dash; exit with 1 when it must not be sent."""
    text = sys.stdin.read() if text == "-" else text
    result = check_words(
        text,
        channel=Channel(channel),
        language=language,
        jurisdictions=_jurisdictions(place),
        sender=Sender(kind=SenderKind(sender_name)),
        subject=subject,
        is_first=first,
        confirmed=[WordKind(kind) for kind in confirmed],
        on=clock.now().date(),
    )
    answer(_data(result), as_json=as_json, lines=_lines(result))
    if result.is_blocked:
        sys.exit(1)


@words.command("templates")
@channel_option
@sender_option
@place_option
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(LANGUAGES),
    help="Of the texts.",
)
@told_plainly
def templates(channel: str, sender_name: str, place: str, language: str) -> None:
    """Print the templates, with the sentences that the law of a place adds."""
    found = list_templates(
        Channel(channel), language, SenderKind(sender_name), jurisdictions=_jurisdictions(place)
    )
    if not found:
        raise NotFound("There is no such template.")
    for template in found:
        click.echo(f"{template.id}, version {template.version}")
        if template.subject:
            click.echo(f"  {template.subject}")
        for line in template.text.splitlines():
            click.echo(f"  {line}".rstrip())


def _jurisdictions(place: str) -> tuple[str, ...]:
    country, _dash, state = place.partition("-")
    found = jurisdictions_for(country, state or None)
    if not found:
        raise Invalid("There are no rules for %(place)s.", place=place)
    return found


def _lines(result: WordCheck) -> list[str]:
    lines = []
    for finding in result.findings:
        lines.append(f"{finding.severity}: {say_word_finding(finding)} {say_cure(finding)}")
        lines.append(f"  {_place_of(finding)}{finding.rule_id}, {finding.citation}")
    if result.length is not None:
        size = result.length
        lines.append(f"{size.segments} text messages, {size.characters} places, {size.alphabet}")
    lines.append("must not be sent" if result.is_blocked else "may be sent")
    return lines


def _place_of(finding: WordFinding) -> str:
    return f"{finding.where} {finding.start}-{finding.end}, " if finding.words else ""


def _data(result: WordCheck) -> dict[str, object]:
    return {
        "blocked": result.is_blocked,
        "languages": result.languages,
        "segments": result.length.segments if result.length else None,
        "version": result.version,
        "hash": result.hash,
        "findings": [
            {
                "severity": finding.severity,
                "code": finding.code,
                "kind": finding.kind,
                "where": finding.where,
                "start": finding.start,
                "end": finding.end,
                "words": finding.words,
                "rules": [rule.id for rule in finding.rules],
                "citation": finding.citation,
                "says": say_word_finding(finding),
                "cure": say_cure(finding),
            }
            for finding in result.findings
        ],
    }
