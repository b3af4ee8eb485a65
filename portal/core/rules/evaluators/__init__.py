"""Small reusable evaluators, registered by being imported; packs name them and parametrise them."""

from portal.core.rules.evaluators import (
    acts,
    barred,
    counts,
    holds,
    media,
    notices,
    own,
    permits,
    places,
    procedures,
    recipients,
    standing,
    waiting,
    windows,
    wishes,
    words,
)

__all__ = [
    "acts",
    "barred",
    "counts",
    "holds",
    "media",
    "notices",
    "own",
    "permits",
    "places",
    "procedures",
    "recipients",
    "standing",
    "waiting",
    "windows",
    "wishes",
    "words",
]
