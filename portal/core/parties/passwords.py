"""Passwords: how they are kept, how they are checked, and which ones are refused."""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.core.errors import Invalid, Unavailable

#: The least length of a password that stands alone, and of one beside an authenticator code.
MINIMUM_ALONE = 15
MINIMUM_WITH_SECOND_FACTOR = 8
MAXIMUM = 200

# 19 MiB, two passes, one lane: what OWASP names as the floor for argon2id.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# A hash costs memory and a core for some 30 ms, so only a few run at once and the rest wait.
_places = threading.BoundedSemaphore(4)
_WAIT_SECONDS = 5
_STAND_INS = str.maketrans("@4830157$+!", "aabeoiststi")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def hash_password(password: str) -> str:
    """Return the argon2id hash to store."""
    with _Place():
        return _hasher.hash(_normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether a password fits what is stored.

    Where nothing is stored, the same work is done against a hash of nobody's, so that the time
    taken does not tell who has a password here.
    """
    with _Place():
        try:
            fits = _hasher.verify(stored or _nobodys_hash(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return fits and bool(stored)


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(stored)


def check_new_password(password: str, *, second_factor: bool, about: Sequence[str] = ()) -> None:
    """Let a new password pass, or say what to change; `about` are names it must not consist of.

    Length and not composition: rules about signs and figures make passwords worse.

    Raises:
        Invalid: too short, too long, among the common ones, a mere pattern, or a name of theirs.
    """
    minimum = MINIMUM_WITH_SECOND_FACTOR if second_factor else MINIMUM_ALONE
    plain = _normal(password)
    if len(plain) < minimum:
        raise Invalid("Use at least %(minimum)s characters.", minimum=minimum)
    if len(plain) > MAXIMUM:
        raise Invalid("Use at most %(maximum)s characters.", maximum=MAXIMUM)
    if _is_pattern(plain.casefold()) or _is_common(plain):
        raise Invalid("Too many people use this password. Choose another one.")
    if any(_is_mostly(plain, name) for name in about):
        raise Invalid("The password is too close to your name, e-mail or organisation.")


class _Place:
    def __enter__(self) -> None:
        if not _places.acquire(timeout=_WAIT_SECONDS):
            raise Unavailable("We cannot do this just now. Please try again soon.")

    def __exit__(self, *_: object) -> None:
        _places.release()


def _normal(password: str) -> str:
    """Return one spelling for what keyboards write in several ways."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _is_common(password: str) -> bool:
    """Tell whether a common word is all there is once figures and signs are looked through."""
    low = password.casefold()
    forms = {low, re.sub(r"^[\W\d_]+|[\W\d_]+$", "", low)}
    forms |= {form.translate(_STAND_INS) for form in forms}
    forms |= {re.sub(r"^[\W\d_]+|[\W\d_]+$", "", form) for form in forms}
    forms = {re.sub(r"[\W_]+", "", form) for form in forms}
    return any(_shortest_unit(form) in _common() or form in _common() for form in forms)


def _is_pattern(password: str) -> bool:
    """Tell whether a password is one short piece repeated, or a walk along a row of keys."""
    return len(_shortest_unit(password)) <= 3 or _walks(password) >= len(password) - 2


def _shortest_unit(text: str) -> str:
    """Return the shortest piece whose repetition, cut off at the end, makes the text."""
    for size in range(1, len(text) // 2 + 1):
        if (text[:size] * (len(text) // size + 1))[: len(text)] == text:
            return text[:size]
    return text


def _walks(password: str) -> int:
    """Return how many steps go from a character to its neighbour on a row, either way."""
    steps = 0
    for first, second in pairwise(password):
        pair = first + second
        steps += any(pair in row or pair in row[::-1] for row in _ROWS)
    return steps


def _is_mostly(password: str, name: str) -> bool:
    """Tell whether little is left of a password once a name's words are taken out."""
    rest = password.casefold()
    found = False
    for word in re.findall(r"\w{3,}", name.casefold()):
        if word in rest:
            rest, found = rest.replace(word, ""), True
    return found and len(re.sub(r"[\W\d_]", "", rest)) < 4
