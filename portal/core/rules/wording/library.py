"""The templates a bank and its agencies start from, and how their slots are filled."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from portal.core.errors import Invalid, NotFound
from portal.core.rules.kinds import Channel, Purpose
from portal.core.rules.wording.kinds import SenderKind
from portal.core.rules.wording.lists import read_document

KINDS = (
    "bank_reminder_1",
    "bank_reminder_2",
    "bank_demand_notice",
    "agency_first",
    "agency_follow_up",
    "plan_due_soon",
    "plan_missed",
    "optout_confirmation",
)
SLOTS = frozenset(
    {
        *("account", "address", "agency", "amount", "bank", "contract", "due_on", "mandate"),
        *("name", "optout", "page", "phone"),
    }
)
_SLOT = re.compile(r"\{(\w+)\}")
_VALUE_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with named slots, complete for the place it was asked for.

    `is_first` marks an agency's first message about a debt. `purpose` is what the engine is told.
    """

    id: str
    kind: str
    version: int
    sender: SenderKind
    channel: Channel
    language: str
    purpose: Purpose
    is_first: bool
    jurisdictions: tuple[str, ...]
    text: str
    subject: str = ""

    @property
    def slots(self) -> frozenset[str]:
        """The slots that have to be filled, those of the subject included."""
        return frozenset(_SLOT.findall(self.text)) | frozenset(_SLOT.findall(self.subject))


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its slots filled: what is checked and sent."""

    text: str
    subject: str


def list_templates(
    channel: Channel, language: str, sender: SenderKind, *, jurisdictions: Iterable[str]
) -> tuple[Template, ...]:
    """Return the templates for a message, in the order they are usually sent in.

    Each carries the sentences that the law of these places asks for.
    """
    places = tuple(jurisdictions)
    return tuple(
        _closed(template, places)
        for template in _templates()
        if (template.channel, template.language, template.sender) == (channel, language, sender)
    )


def get_template(template_id: str, *, jurisdictions: Iterable[str]) -> Template:
    """Return one template by its id, complete for these places.

    Raises:
        NotFound: there is none.
    """
    for template in _templates():
        if template.id == template_id:
            return _closed(template, tuple(jurisdictions))
    raise NotFound("There is no template %(template)s.", template=template_id)


def fill(template: Template, values: Mapping[str, str]) -> Filled:
    """Fill a template's slots. Line breaks and characters nobody sees are taken out of values.

    A value may say anything all the same: the filled text is what has to be checked.

    Raises:
        Invalid: a slot has no value, a value no slot, or one is too long.
    """
    slots = template.slots
    if unknown := sorted(set(values) - slots):
        raise Invalid("This text has no place for %(slot)s.", slot=unknown[0])
    clean = {slot: _clean(values.get(slot, "")) for slot in sorted(slots)}
    for slot, value in clean.items():
        if not value:
            raise Invalid("%(slot)s is missing from this text.", slot=slot)
        if len(value) > _VALUE_LIMIT:
            raise Invalid(
                "%(slot)s is too long for this text; %(limit)s characters at most.",
                slot=slot,
                limit=_VALUE_LIMIT,
            )

    def put(match: re.Match[str]) -> str:
        return clean[match.group(1)]

    return Filled(_SLOT.sub(put, template.text), _SLOT.sub(put, template.subject))


def _clean(value: str) -> str:
    spaced = "".join(" " if c.isspace() or unicodedata.category(c) == "Cc" else c for c in value)
    seen = "".join(c for c in spaced if unicodedata.category(c) not in ("Cf", "Co", "Cn", "Cs"))
    return re.sub(r" +", " ", seen).strip()


def _closed(template: Template, jurisdictions: tuple[str, ...]) -> Template:
    """Return a template with the closing sentences of some places."""
    closings = [
        str(closing[template.language])
        for closing in read_closings()["closings"]
        if _belongs(closing, template, jurisdictions)
    ]
    if template.channel is Channel.SMS:
        between = "" if template.language == "zh" else " "
    else:
        between = "\n\n"
    return Template(
        id=template.id,
        kind=template.kind,
        version=template.version,
        sender=template.sender,
        channel=template.channel,
        language=template.language,
        purpose=template.purpose,
        is_first=template.is_first,
        jurisdictions=jurisdictions,
        text=between.join([template.text, *closings]),
        subject=template.subject,
    )


def _belongs(closing: Mapping[str, Any], template: Template, places: tuple[str, ...]) -> bool:
    return (
        not set(closing["jurisdictions"]).isdisjoint(places)
        and template.sender in closing["senders"]
        and template.channel in closing["channels"]
        and closing.get("first") in (None, template.is_first)
        and template.kind not in closing["unless"]
    )


@cache
def read_closings() -> dict[str, Any]:
    """Return the sentences that the law of a place adds."""
    return read_document("closings")


@cache
def _templates() -> tuple[Template, ...]:
    return tuple(
        _template(raw, one)
        for kind in KINDS
        for raw in [read_document(f"templates/{kind}")]
        for one in raw["templates"]
    )


def _template(raw: Mapping[str, Any], one: Mapping[str, Any]) -> Template:
    kind, channel, language = raw["kind"], one["channel"], one["language"]
    sender = SenderKind(one.get("sender") or raw["sender"])
    return Template(
        id=f"{kind}.{sender}.{channel}.{language}",
        kind=kind,
        version=int(raw["version"]),
        sender=sender,
        channel=Channel(channel),
        language=language,
        purpose=Purpose(raw["purpose"]),
        is_first=bool(raw.get("first", False)),
        jurisdictions=(),
        text=one["text"].strip(),
        subject=one.get("subject", ""),
    )
