"""Holds, and what people said about being contacted, in words for the consoles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from portal.core.accounts.hold_reading import Standing
from portal.core.parties.models import ContactStatement, StatementKind
from portal.core.rules import Channel, ConsentScope, Form, HoldKind
from portal.web.limits import WAYS, days, hours

HOLD_NAMES: Mapping[HoldKind, Any] = {
    HoldKind.DISPUTE: _l("Dispute"),
    HoldKind.CEASE: _l("Asked to stop"),
    HoldKind.ATTORNEY: _l("Has an attorney"),
    HoldKind.HARDSHIP: _l("Hardship"),
    HoldKind.BEREAVEMENT: _l("Bereavement"),
    HoldKind.BANKRUPTCY: _l("Bankruptcy"),
    HoldKind.BREATHING_SPACE: _l("Breathing space"),
    HoldKind.PLAN_PREPARATION: _l("Plan being prepared"),
    HoldKind.STATUTE_BARRED_REFUSAL: _l("Refused as time-barred"),
    HoldKind.COMPLAINT: _l("Complaint"),
    HoldKind.LITIGATION: _l("Before a court"),
    HoldKind.BALANCE_UNVERIFIED: _l("Balance not verified"),
    HoldKind.CREDENTIAL_LAPSED: _l("Agency’s licence lapsed"),
    HoldKind.OTHER: _l("Another reason"),
}
STANDINGS: Mapping[Standing, tuple[Any, str]] = {
    Standing.OPENED: (_l("To be confirmed"), "warn"),
    Standing.ACTIVE: (_l("Active"), "accent"),
    Standing.TO_COME: (_l("Begins later"), "info"),
    Standing.ENDED: (_l("Its days are over"), "neutral"),
    Standing.RELEASED: (_l("Released"), "good"),
}
_SAID: Mapping[StatementKind, Any] = {
    StatementKind.OPT_OUT: _l("Do not use: %(what)s"),
    StatementKind.CEASE: _l("Stop contacting me"),
    StatementKind.REPRESENTATION: _l("Somebody speaks for me"),
    StatementKind.BARRED_PLACE: _l("Not there: %(what)s"),
    StatementKind.BARRED_TIME: _l("Not then: %(what)s"),
    StatementKind.WRONG_NUMBER: _l("Not this person’s number or address: %(what)s"),
    StatementKind.DISPUTE: _l("I dispute this"),
}
FORMS: Mapping[Form, Any] = {
    Form.ORAL: _l("By word of mouth"),
    Form.WRITING: _l("In writing"),
    Form.TEXT_FORM: _l("By e-mail or text message"),
    Form.ACCEPTED_ELECTRONIC: _l("Online"),
    Form.UNKNOWN: _l("How is not known"),
}
LEAVES: Mapping[ConsentScope, Any] = {
    ConsentScope.CALLBACK_CALLS: _l("May be called back"),
    ConsentScope.MEDIUM: _l("May be used: %(what)s"),
    ConsentScope.ADDRESS: _l("May be used: %(what)s"),
    ConsentScope.TIME: _l("May be contacted at another time"),
    ConsentScope.THIRD_PARTY: _l("May be told to somebody else"),
}


def say_statement(row: ContactStatement, point: str = "") -> str:
    """Return what a person said; `point` is the number or address meant, as it may be seen."""
    if row.kind is StatementKind.CONSENT:
        text = LEAVES[ConsentScope(row.scope or ConsentScope.CALLBACK_CALLS)]
    elif row.kind is StatementKind.BARRED_TIME and row.details.get("wanted"):
        text = _l("Best then: %(what)s")
    else:
        text = _SAID[row.kind]
    return str(text) % {"what": _what(row, point)}


def _what(row: ContactStatement, point: str) -> str:
    if row.kind is StatementKind.BARRED_PLACE:
        return str(gettext("at work") if row.place == "workplace" else gettext("at home"))
    if row.kind is StatementKind.BARRED_TIME:
        span = hours(row.details.get("opens", 0), row.details.get("closes", 1440))
        return str(gettext("%(days)s, %(hours)s", days=days(row.details.get("days")), hours=span))
    way = str(WAYS[Channel(row.channel)]) if row.channel else ""
    if way and point:
        return str(gettext("%(way)s (%(point)s)", way=way, point=point))
    return way or point or str(gettext("Any way"))
