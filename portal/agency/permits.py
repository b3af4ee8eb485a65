"""The rule engine's answer to "may I contact now?" as the agency's pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_time
from flask_babel import get_locale, gettext

from portal.core.rules import Channel, Finding, Judgement, Verdict
from portal.web.findings import say_finding, zone_name
from portal.web.labels import label


@dataclass(frozen=True)
class Permit:
    """The answer in a word, for a list: yes, from when, not today, a person decides, no."""

    word: str
    tone: str
    opens_at: datetime | None = None


@dataclass(frozen=True)
class Reason:
    """What one rule says against a contact, and where the law says so."""

    sentence: str
    citation: str
    verdict: str
    tone: str


@dataclass(frozen=True)
class LocalTime:
    """An instant as the clock shows it somewhere."""

    place: str
    at: datetime
    zone: str


@dataclass(frozen=True)
class ChannelPermit:
    """The answer for one channel, with all that speaks against it and when it next turns."""

    channel: Channel
    name: str
    permit: Permit
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    opens: tuple[LocalTime, ...]


def permit_of(judgement: Judgement | None, *, at: datetime, zone: ZoneInfo) -> Permit:
    """Put an answer in a word for a reader in a zone; no answer is a no."""
    if judgement is None:
        return Permit(label(Verdict.VIOLATION), "bad")
    if judgement.is_allowed:
        return Permit(gettext("Yes, now"), "good", at)
    opens = judgement.next_allowed_at
    if opens is None:
        if judgement.verdict is Verdict.REVIEW:
            return Permit(gettext("A person decides"), "warn")
        return Permit(label(Verdict.VIOLATION), "bad")
    local = opens.astimezone(zone)
    if local.date() == at.astimezone(zone).date():
        return Permit(gettext("From %(time)s", time=_clock(local)), "info", opens)
    return Permit(gettext("Not today"), "neutral", opens)


def _clock(local: datetime) -> str:
    written: str = format_time(local, "short", tzinfo=local.tzinfo, locale=get_locale() or "en")
    return written.replace("\u202f", "\u00a0")


def channel_permits(
    judgements: Mapping[Channel, Judgement],
    zones: tuple[str, ...],
    *,
    at: datetime,
    viewer_zone: ZoneInfo,
) -> list[ChannelPermit]:
    """Return the answer for each channel, in the order asked."""
    return [
        ChannelPermit(
            channel=channel,
            name=label(channel),
            permit=permit_of(judgement, at=at, zone=viewer_zone),
            reasons=tuple(_reason(finding) for finding in judgement.breaches),
            notes=_notes(judgement),
            opens=_opens(judgement, zones, viewer_zone),
        )
        for channel, judgement in judgements.items()
    ]


def _reason(finding: Finding) -> Reason:
    return reason_of(say_finding(finding), finding.citation, finding.verdict)


def reason_of(sentence: str, citation: str, verdict: Verdict) -> Reason:
    """Return what a rule says with the weight it has in words and in colour."""
    is_grave = verdict in (Verdict.VIOLATION, Verdict.PRESUMED_VIOLATION)
    return Reason(sentence, citation, label(verdict), "bad" if is_grave else "warn")


def _notes(judgement: Judgement) -> tuple[str, ...]:
    """Say how much of each limit the contact would use up, where there is a count."""
    if not judgement.is_allowed:
        return ()
    counted = (finding for finding in judgement.findings if "count" in finding.values)
    return tuple(dict.fromkeys(say_finding(finding) for finding in counted))


def _opens(
    judgement: Judgement, zones: tuple[str, ...], viewer_zone: ZoneInfo
) -> tuple[LocalTime, ...]:
    opens = judgement.next_allowed_at
    if judgement.is_allowed or opens is None:
        return ()
    there = [LocalTime(zone_name(zone), opens, zone) for zone in zones]
    if viewer_zone.key not in zones:
        there.append(LocalTime(gettext("Where you are"), opens, viewer_zone.key))
    return tuple(there)
