"""Where: places a person must not be reached at."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.rules.findings import Check, Finding
from portal.core.rules.kinds import AddressKind, Channel, Place
from portal.core.rules.known import Known
from portal.core.rules.objects import BarredPlace
from portal.core.rules.registry import evaluator
from portal.core.rules.replies import is_single_reply

_PLACE_OF = {
    AddressKind.HOME_LANDLINE: Place.HOME,
    AddressKind.HOME_ADDRESS: Place.HOME,
    AddressKind.WORKPLACE: Place.WORKPLACE,
}
_NOWHERE = frozenset({AddressKind.MOBILE, AddressKind.EMAIL})
_PLACELESS = frozenset({Channel.SMS, Channel.EMAIL, Channel.IN_APP, Channel.SOCIAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceParams:
    """Whose bar counts, the person's or the employer's, and whether one answer is let through."""

    by_employer: bool = False
    reply_once: bool = False


@evaluator(PlaceParams, needs="barred_places")
def not_at_barred_place(known: Known, check: Check[PlaceParams]) -> Finding | None:
    """Decide whether a contact reaches somebody at a place that is barred.

    A number or address tied to a place reaches it. Mobiles and e-mail are tied to none, unless the
    collector knows that the person is there. Where the person calls or writes from the place, one
    answer through the same medium is let through.

    Source: the rule in the pack, for example 12 CFR 1006.6(b)(1)(ii), (b)(3).
    """
    facts = known.facts
    barred = [p for p in facts.barred_places if _stands(known, p, check.params)]
    if not barred:
        return None
    place: str | None = facts.known_at_place
    if facts.address_kind is not None and facts.address_kind not in _NOWHERE:
        place = _PLACE_OF.get(facts.address_kind, place)
    if place is not None:
        is_barred = any(bar.place == place for bar in barred)
        if not is_barred or (check.params.reply_once and _answers_from(known, place)):
            return check.allow()
        return check.breach("barred_place", {"place": place})
    if facts.channel in _PLACELESS or facts.address_kind in _NOWHERE:
        return check.allow()
    return check.doubt("place_unknown", {"places": tuple(bar.place for bar in barred)})


def _answers_from(known: Known, place: str) -> bool:
    """Tell whether the act answers somebody who called or wrote from the place."""
    return is_single_reply(
        known,
        same_medium=True,
        within=lambda past: (
            past.address_kind is not None and _PLACE_OF.get(past.address_kind) == place
        ),
    )


def _stands(known: Known, bar: BarredPlace, params: PlaceParams) -> bool:
    return bar.by_employer is params.by_employer and known.is_received(bar.received_at)
