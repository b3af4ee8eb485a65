"""How many parts of a text message a text takes."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import east_asian_width

#: The alphabet of GSM 03.38, whose characters take one place, and those that take two.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class SmsLength:
    """The length of a text message: its alphabet, places used, and parts it is sent in."""

    alphabet: str
    characters: int
    segments: int
    #: Up to eight characters outside the short alphabet: they more than halve every part.
    costly: tuple[str, ...] = ()


def sms_length(text: str) -> SmsLength:
    """Return how long a text message is: 160 places alone or 153 a part, in UCS-2 70 or 67.

    Source: 3GPP TS 23.038 for the alphabet, TS 23.040 for parts.
    """
    costly = tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENDED))[:8]
    if costly:
        characters = len(text.encode("utf-16-be")) // 2
        return SmsLength("ucs2", characters, _parts(characters, 70, 67), costly)
    characters = sum(2 if character in _EXTENDED else 1 for character in text)
    return SmsLength("gsm7", characters, _parts(characters, 160, 153))


def preview_end(text: str, columns: int) -> int:
    """Return where the part of a text ends that a locked telephone shows; wide letters take two."""
    used = 0
    for place, character in enumerate(text):
        used += 2 if east_asian_width(character) in ("W", "F") else 1
        if used > columns:
            return place
    return len(text)


def _parts(characters: int, alone: int, each: int) -> int:
    return 1 if characters <= alone else -(-characters // each)
