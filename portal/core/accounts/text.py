"""Text that crosses the border: cleaned on the way in, made harmless to a spreadsheet going out."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

CLIP = 80
FILE_NAME_LENGTH = 120
_FORMULA_STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫")
_BREAKS = frozenset("\t\r\n\0")
# Direction marks reorder what is read, the others take no space: two texts that look the same
# would differ. The joiners (U+200C, U+200D) stay, some scripts cannot be spelled without them.
_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC)))
)
_CONTROLS = "".join(
    mark for mark in map(chr, (*range(0x20), *range(0x7F, 0xA0))) if not mark.isspace()
)
_TAGS = "".join(map(chr, range(0xE0000, 0xE0080)))
_DROPPED = str.maketrans("", "", _INVISIBLE + _CONTROLS + _TAGS)


def clean(text: str) -> str:
    """Return a cell's text without control and direction characters, trimmed, in one NFC spelling.

    Line breaks and runs of spaces become one space. An apostrophe that `guard` put there is taken
    away, so that a file the portal wrote reads back as it was.
    """
    if text.isascii() and text.isprintable():
        text = text.strip()
        if "  " in text:
            text = " ".join(text.split())
    else:
        text = unicodedata.normalize("NFC", " ".join(text.translate(_DROPPED).split()))
    if text.startswith("'"):
        return _unguard(text)
    return text


def guard(text: str) -> str:
    """Return text a spreadsheet will show and not run: a leading apostrophe where it could be one.

    A formula may hide behind spaces, invisible characters or full-width signs.
    """
    if not text:
        return text
    if text[0] in _BREAKS or text.translate(_DROPPED).lstrip()[:1] in _FORMULA_STARTS:
        return f"'{text}"
    return text


def _unguard(text: str) -> str:
    rest = text[1:]
    return rest if rest and guard(rest) != rest else text


def clip(text: str, length: int = CLIP) -> str:
    """Return the text, cut with an ellipsis when it is longer than a message should carry."""
    return text if len(text) <= length else text[: length - 1] + "…"


def clean_file_name(name: str) -> str:
    """Return a delivered file's name fit to show and to send back: no path, nothing invisible.

    It is a label only: what is stored is stored under the portal's own id.
    """
    base = PurePosixPath(PureWindowsPath(name).name).name
    base = "".join("_" if mark in '<>:"/\\|?*;%' else mark for mark in clean(base)).lstrip(". ")
    stem, dot, suffix = base.rpartition(".")
    if dot and len(suffix) <= 8:
        return f"{stem[: FILE_NAME_LENGTH - len(suffix) - 1] or 'file'}.{suffix}"
    return base[:FILE_NAME_LENGTH] or "file"
