"""How a permit stands now: as kept, or lapsed when it ran out unused."""

from __future__ import annotations

from enum import StrEnum


class Shown(StrEnum):
    """The states the list of permits sorts by, what wants attention first."""

    DENIED = "denied"
    ASKED = "asked"
    REFUSED = "refused"
    GRANTED = "granted"
    USED = "used"
    LAPSED = "lapsed"
    RETURNED = "returned"
    VOID = "void"
