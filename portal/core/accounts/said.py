"""What a person says about being contacted, as somebody tells of it, and whether it makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from portal.core.accounts.holds import CLOCK_TOLERANCE, NOTE_LIMIT
from portal.core.errors import Invalid
from portal.core.parties.models import ContactPoint, StatementKind
from portal.core.rules import Channel, ConsentScope, Dispute, Form, HoldKind, Place, Representation
from portal.core.rules.record import from_plain

#: What reaches each kind of contact point.
REACHES = {
    "phone": (Channel.CALL, Channel.SMS),
    "email": (Channel.EMAIL,),
    "address": (Channel.LETTER, Channel.VISIT),
}
#: Leave that is given counts from when it is recorded, this much earlier at most.
_LEAVE_WITHIN = timedelta(minutes=15)
_DAY_MINUTES = 1440


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing a person said, or that was learned about a number of theirs.

    No account means every account at the bank; no `received_at` means now. `details` are what the
    kind's rule object needs beside the other fields, by its own field names: a dispute's
    `disputed_amount` (minor units), `grounds` and `asks_original_creditor`; a representation's
    `attorney` and `contact_known`; a barred place's `by_employer`; of times `opens`, `closes`
    (minutes), `days` and whether they are `wanted`. `note` is kept sealed.
    """

    kind: StatementKind
    received_at: datetime | None = None
    account_id: UUID | None = None
    channel: Channel | None = None
    contact_point_id: UUID | None = None
    scope: ConsentScope | None = None
    form: Form = Form.UNKNOWN
    place: Place | None = None
    given_to: UUID | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    action_id: UUID | None = None

    @property
    def gives_leave(self) -> bool:
        """Tell whether it allows something that would not be allowed without it."""
        return self.kind is StatementKind.CONSENT or (
            self.kind is StatementKind.BARRED_TIME and bool(self.details.get("wanted"))
        )

    @property
    def hold(self) -> HoldKind | None:
        """Return the kind of hold that goes with it."""
        if self.kind is StatementKind.REPRESENTATION:
            return HoldKind.ATTORNEY if self.details.get("attorney", True) else None
        return HOLD_OF.get(self.kind)

    def rows(self, point: ContactPoint | None) -> list[Said]:
        """Return what is written down: one row for each channel of a number that is closed.

        A number that is not the person's is closed as well.
        """
        if point is None or self.channel is not None:
            return [self]
        closed = [
            replace(self, kind=StatementKind.OPT_OUT, channel=channel)
            for channel in REACHES[point.kind]
        ]
        if self.kind is StatementKind.WRONG_NUMBER:
            return [self, *closed]
        return closed if self.kind is StatementKind.OPT_OUT else [self]


HOLD_OF = {
    StatementKind.CEASE: HoldKind.CEASE,
    StatementKind.REPRESENTATION: HoldKind.ATTORNEY,
    StatementKind.DISPUTE: HoldKind.DISPUTE,
}
_DETAILS: dict[StatementKind, frozenset[str]] = {
    StatementKind.REPRESENTATION: frozenset({"attorney", "contact_known"}),
    StatementKind.BARRED_PLACE: frozenset({"by_employer"}),
    StatementKind.BARRED_TIME: frozenset({"wanted", "opens", "closes", "days"}),
    StatementKind.DISPUTE: frozenset({"asks_original_creditor", "disputed_amount", "grounds"}),
}


def check_said(said: Said, point: ContactPoint | None, *, at: datetime) -> None:
    """Refuse what no rule could read, and leave that is claimed to have been given long ago.

    Raises:
        Invalid: names what is wrong and how to put it right.
    """
    received = said.received_at or at
    if received > at + CLOCK_TOLERANCE:
        raise Invalid("This lies in the future. Enter when it was received.", field="received_on")
    if said.gives_leave and received < at - _LEAVE_WITHIN:
        raise Invalid("Leave counts from when it is recorded. Enter today.", field="received_on")
    if len(said.note) > NOTE_LIMIT:
        raise Invalid("Shorten the note to %(limit)d characters.", limit=NOTE_LIMIT, field="note")
    if said.valid_from and said.valid_until and said.valid_until < said.valid_from:
        raise Invalid("The last day cannot be before the first.", field="valid_until")
    _check_needs(said)
    _check_point(said, point)
    _check_details(said, received)


def _check_needs(said: Said) -> None:
    needs = {
        StatementKind.CONSENT: ("scope", said.scope),
        StatementKind.BARRED_PLACE: ("place", said.place),
        StatementKind.WRONG_NUMBER: ("contact_point_id", said.contact_point_id),
    }
    name, value = needs.get(said.kind, ("", True))
    if value is None:
        raise Invalid("Choose what this is about.", field=name)
    if said.scope in (ConsentScope.MEDIUM, ConsentScope.ADDRESS) and said.channel is None:
        raise Invalid("Choose the way that is allowed.", field="channel")
    if said.scope is ConsentScope.ADDRESS and said.contact_point_id is None:
        raise Invalid("Choose the number or address.", field="contact_point_id")


def _check_point(said: Said, point: ContactPoint | None) -> None:
    if said.contact_point_id is None:
        return
    if point is None:
        raise Invalid("Choose the number or address from the list.", field="contact_point_id")
    if said.channel is not None and said.channel not in REACHES[point.kind]:
        raise Invalid("This way does not reach that number or address.", field="channel")


def _check_details(said: Said, received: datetime) -> None:
    if set(said.details) - _DETAILS.get(said.kind, frozenset()):
        raise Invalid("Something was told that does not belong to this.")
    disputed = said.details.get("disputed_amount", 1)
    if not isinstance(disputed, int) or disputed <= 0:
        raise Invalid("Enter an amount, like 150.00.", field="disputed_amount")
    told = {"received_at": received.isoformat(), **said.details}
    if said.kind is StatementKind.DISPUTE:
        from_plain(Dispute, {"form": said.form.value, **told})
    elif said.kind is StatementKind.REPRESENTATION:
        from_plain(Representation, told)
    elif said.kind is StatementKind.BARRED_TIME:
        _check_times(said.details)


def _check_times(details: Mapping[str, Any]) -> None:
    opens, closes = details.get("opens", 0), details.get("closes", _DAY_MINUTES)
    days = details.get("days", list(range(7)))
    in_day = all(isinstance(each, int) and 0 <= each <= _DAY_MINUTES for each in (opens, closes))
    if not in_day or opens == closes:
        raise Invalid("Enter two different times of day.", field="opens")
    if not days or not set(days) <= set(range(7)):
        raise Invalid("Choose at least one day.", field="days")
