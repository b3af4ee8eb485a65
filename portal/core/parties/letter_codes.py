"""The code on a letter: eight characters and a check character, read as people write them."""

from __future__ import annotations

import secrets
import unicodedata

from portal.core.errors import Invalid

#: 32 characters without I, L, O and U: eight are 40 bits, and none looks like another.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DATA_LENGTH = 8
_LOOK_ALIKES = str.maketrans("OILU", "011V")
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
# x^5 + x^2 + 1: with it, 2 runs through all 31 other numbers under 32 before it comes back to 1.
_POLYNOMIAL = 0b100101


class MistypedCode(Invalid):
    """What was typed cannot be the code of any letter: a slip, not a wrong code."""


def new_code() -> str:
    """Return a fresh code of nine characters, without dashes."""
    data = "".join(secrets.choice(ALPHABET) for _ in range(DATA_LENGTH))
    return data + check_character(data)


def check_character(data: str) -> str:
    """Return the character that makes one mistyped or two swapped neighbours show.

    The sum of each value times its own power of two, in the field of 32 elements: a single change
    changes the sum, and so does swapping two characters that differ.
    """
    total = 0
    for place, character in enumerate(data):
        total ^= _times_power(_VALUES[character], place)
    return ALPHABET[total]


def _times_power(value: int, power: int) -> int:
    for _ in range(power):
        value <<= 1
        if value & 0b100000:
            value ^= _POLYNOMIAL
    return value


def read_code(typed: str) -> str:
    """Return the code that was typed: spaces, dashes, lower case and look-alikes do not matter.

    Raises:
        MistypedCode: too short, too long, a strange character, or the check character differs.
    """
    # Keyboards for Chinese write full-width letters, digits and dashes.
    plain = unicodedata.normalize("NFKC", typed).upper()
    code = "".join(mark for mark in plain if mark.isalnum()).translate(_LOOK_ALIKES)
    if len(code) != DATA_LENGTH + 1:
        raise MistypedCode("The code has nine letters and digits, like 7F3K-9QXM-D.")
    if any(mark not in _VALUES for mark in code) or check_character(code[:-1]) != code[-1]:
        raise MistypedCode("The code does not seem right. Check it against the letter.")
    return code
