"""Stripe's events: signature and time on the raw bytes first, then what they say they are."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import stripe

from portal.core.ports import EventRefused, GatewayEvent

TOLERANCE_SECONDS = 300
_TIMESTAMP = re.compile(r"\d{1,12}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
_KIND = re.compile(r"[a-z0-9_.]{1,100}", re.ASCII)


def check_signature(body: bytes, signature: str, secrets: tuple[str, ...], now: datetime) -> None:
    """Make sure that somebody who knows one of the secrets signed these bytes around now.

    Raises:
        EventRefused: not signed so, or more than 300 s old or ahead.
    """
    if abs(now.timestamp() - _signed_at(signature)) > TOLERANCE_SECONDS:
        raise _refused()
    if not any(_is_signed(body, signature, secret) for secret in secrets):
        raise _refused()


def read_event(body: bytes, *, account: str) -> GatewayEvent:
    """Return what signed bytes say: an event of `account`, unless it names a connected one.

    Raises:
        EventRefused: not JSON, or not the shape of an event.
    """
    try:
        told = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _refused() from None
    if not isinstance(told, dict) or told.get("object") != "event":
        raise _refused()
    return GatewayEvent(
        id=_text(told, "id", _NAME),
        kind=_text(told, "type", _KIND),
        account=_text(told, "account", _NAME) if told.get("account") else account,
        livemode=_flag(told, "livemode"),
        created_at=_instant(told.get("created")),
        object_id=_object_id(told.get("data")),
        body=body,
    )


def _refused() -> EventRefused:
    # One answer for every reason: a forger learns nothing from it.
    return EventRefused("This is not an event from the payment provider.")


def _signed_at(signature: str) -> int:
    """Return the one time a signature names; two could be read as one by us and one by Stripe."""
    items = [item.partition("=") for item in signature.split(",")]
    times = [value for name, _, value in items if name == "t"]
    if not signature.isascii() or len(times) != 1 or not _TIMESTAMP.fullmatch(times[0]):
        raise _refused()
    return int(times[0])


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        # No tolerance here: the library would compare with the system's clock, and backwards only.
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret, None))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _text(told: dict[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise _refused()
    return value


def _flag(told: dict[str, Any], name: str) -> bool:
    value = told.get(name)
    if not isinstance(value, bool):
        raise _refused()
    return value


def _instant(value: Any) -> datetime:
    if type(value) is not int or not 0 <= value < 10**11:
        raise _refused()
    return datetime.fromtimestamp(value, UTC)


def _object_id(data: Any) -> str:
    """Return the id of what changed; a few of Stripe's objects, such as a balance, have none."""
    subject = data.get("object") if isinstance(data, dict) else None
    if not isinstance(subject, dict):
        raise _refused()
    return _text(subject, "id", _NAME) if "id" in subject else ""
