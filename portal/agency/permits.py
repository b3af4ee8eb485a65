"""The rule engine's answer to "may I contact now?" as the agency's pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time
from flask_babel import get_locale, gettext

from portal.core.rules import Channel, Finding, Judgement, Verdict
from portal.core.rules.kinds import Confidence
from portal.web.findings import say, say_finding, zone_name
from portal.web.labels import label


@dataclass(frozen=True)
class Permit:
    """The answer in a word, for a list: yes, from when, not today, a person decides, no."""

    word: str
    tone: str
    opens_at: datetime | None = None


@dataclass(frozen=True)
class Reason:
    """What one rule says against a contact, where the law says so, and how sure that is."""

    sentence: str
    citation: str
    verdict: str
    tone: str
    confidence: str = ""


@dataclass(frozen=True)
class LocalTime:
    """An instant as the clock shows it somewhere."""

    place: str
    at: datetime
    zone: str


@dataclass(frozen=True)
class ChannelPermit:
    """The answer for one channel, with all that speaks against it and when it next turns.

    `events` are the ids of the contacts that were counted.
    """

    channel: Channel
    name: str
    permit: Permit
    verdict: Verdict
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    opens: tuple[LocalTime, ...]
    events: tuple[str, ...]

    @property
    def may_ask(self) -> bool:
        """Tell whether a permit can be had: the rules allow it, or leave it to a person."""
        return self.verdict in (Verdict.ALLOW, Verdict.REVIEW)

    @property
    def is_for_person(self) -> bool:
        """Tell whether somebody has to decide."""
        return self.verdict is Verdict.REVIEW


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
            verdict=judgement.verdict,
            reasons=tuple(reason_found(finding) for finding in judgement.breaches),
            notes=_notes(judgement),
            opens=_opens(judgement, zones, viewer_zone),
            events=_events(judgement),
        )
        for channel, judgement in judgements.items()
    ]


def reason_found(finding: Finding) -> Reason:
    """Return what a rule found just now, in words."""
    confidence = finding.rule.confidence
    return reason_of(say_finding(finding), finding.citation, finding.verdict, confidence)


def reasons_kept(judgement: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Return what the rules said in a judgement that was kept, put into words today."""
    return tuple(
        reason_of(
            say(each["code"], each["values"]),
            each["citation"],
            Verdict(each["verdict"]),
            Confidence(each["confidence"]),
        )
        for each in judgement["findings"]
        if each["verdict"] != Verdict.ALLOW
    )


def reason_of(
    sentence: str, citation: str, verdict: Verdict, confidence: Confidence | None = None
) -> Reason:
    """Return what a rule says with the weight it has in words and in colour."""
    is_grave = verdict in (Verdict.VIOLATION, Verdict.PRESUMED_VIOLATION)
    return Reason(
        sentence,
        citation,
        label(verdict),
        "bad" if is_grave else "warn",
        label(confidence) if confidence is not None else "",
    )


def _events(judgement: Judgement) -> tuple[str, ...]:
    """Return the contacts that were counted: against the contact, or towards its limits."""
    heard = judgement.breaches or judgement.findings
    return tuple(dict.fromkeys(str(event) for finding in heard for event in finding.events))


def _notes(judgement: Judgement) -> tuple[str, ...]:
    """Say how much of each limit the contact would use up, where there is a count."""
    if not judgement.is_allowed:
        return ()
    counted = (finding for finding in judgement.findings if "count" in finding.values)
    return tuple(dict.fromkeys(say_finding(finding) for finding in counted))


def _opens(
    judgement: Judgement, zones: tuple[str, ...], viewer_zone: ZoneInfo
) -> tuple[LocalTime, ...]:
    if judgement.is_allowed:
        return ()
    return local_times(judgement.next_allowed_at, zones, viewer_zone)


def local_times(
    opens: datetime | None, zones: tuple[str, ...], viewer_zone: ZoneInfo
) -> tuple[LocalTime, ...]:
    """Return an instant in each of the person's zones, and where the reader is."""
    if opens is None:
        return ()
    there = [LocalTime(zone_name(zone), opens, zone) for zone in zones]
    if viewer_zone.key not in zones:
        there.append(LocalTime(gettext("Where you are"), opens, viewer_zone.key))
    return tuple(there)
