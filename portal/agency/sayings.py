"""The things a person may say that an agency writes down, and what is done about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.agency import forms_statements as forms
from portal.core.accounts.holds import open_hold
from portal.core.accounts.statements import record_statement
from portal.core.principal import Principal
from portal.core.rules import HoldKind


@dataclass(frozen=True)
class Saying:
    """One thing a person may say: how it is shown, and the form it is written down with."""

    title: Any
    effect: Any
    icon: str
    form: type[forms.SaidForm]
    hold: HoldKind | None = None


SAYINGS: Mapping[str, Saying] = {
    "closed": Saying(
        _("Do not use this number or this way"),
        _("It is closed to every agency from now on."),
        "phone-off",
        forms.ClosedForm,
    ),
    "stop": Saying(
        _("Stop contacting me"),
        _("Contact rests until the person or the bank lifts it."),
        "hand-stop",
        forms.StopForm,
    ),
    "speaker": Saying(
        _("I have a lawyer, or somebody who speaks for me"),
        _("You talk to them from now on, and no longer to the person."),
        "briefcase",
        forms.SpeakerForm,
    ),
    "dispute": Saying(
        _("I dispute this"),
        _("Contact rests until the bank has answered."),
        "scale",
        forms.DisputeForm,
    ),
    "wrong": Saying(
        _("Wrong number or address"),
        _("It is closed, and what went to it no longer counts as contact with the person."),
        "x",
        forms.WrongForm,
    ),
    "place": Saying(
        _("Not at work, or not at home"),
        _("Numbers and addresses known to be there are closed."),
        "building",
        forms.PlaceForm,
    ),
    "hardship": Saying(
        _("I am in hardship"),
        _("Contact rests until the bank has looked at it."),
        "heart-handshake",
        forms.HoldForm,
        HoldKind.HARDSHIP,
    ),
    "bereavement": Saying(
        _("Somebody has died"),
        _("Contact rests until the bank has looked at it."),
        "heart-handshake",
        forms.HoldForm,
        HoldKind.BEREAVEMENT,
    ),
    "bankruptcy": Saying(
        _("I am bankrupt"),
        _("Contact rests until the bank has looked at it."),
        "scale",
        forms.HoldForm,
        HoldKind.BANKRUPTCY,
    ),
    "breathing_space": Saying(
        _("I am in a breathing space"),
        _("Contact rests from its first day to its last."),
        "hourglass",
        forms.DatedHoldForm,
        HoldKind.BREATHING_SPACE,
    ),
    "complaint": Saying(
        _("I want to complain"),
        _("Contact rests until the bank has answered."),
        "message",
        forms.HoldForm,
        HoldKind.COMPLAINT,
    ),
    "leave": Saying(
        _("You may reach me this way"),
        _("It counts for you alone, from now on."),
        "check",
        forms.LeaveForm,
    ),
}


def write_down(
    session: Session, actor: Principal, saying: Saying, form: forms.SaidForm, *, at: datetime
) -> UUID:
    """Record what the person said, or open the hold it brings; return its row.

    Raises:
        PermissionDenied, NotFound, Invalid, Conflict: as for what is recorded.
    """
    debtor_id = form.ground.head.debtor_id
    if saying.hold is None:
        return record_statement(session, actor, debtor_id, form.said, at=at).id
    days = {name: form[name].data for name in ("starts_on", "ends_on") if name in form._fields}
    hold = open_hold(
        session,
        actor,
        debtor_id,
        kind=saying.hold,
        at=at,
        received_at=form.received,
        ref=form["ref"].data or "",
        note=form.note.data or "",
        **days,
    )
    return hold.id
