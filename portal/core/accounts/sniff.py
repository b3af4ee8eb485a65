"""What a delivered file is: its size, fingerprint, encoding and delimiter, decided by its bytes."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charset_normalizer import from_bytes

from portal.core.accounts.reasons import FileRefused

# The bytes themselves, where they lie, or how to open them anew: a file is read more than once.
Source = Path | bytes | Callable[[], BinaryIO]
CHUNK = 1 << 20
SAMPLE = 1 << 16
DELIMITERS = (",", ";", "\t", "|")
_ROWS_TO_SNIFF = 25
# The first bytes of what banks send by mistake.
_OTHER_KINDS = {
    b"%PDF": "pdf_document",
    b"\xd0\xcf\x11\xe0": "old_workbook",
    b"\x1f\x8b": "compressed_file",
    b"{\\rtf": "text_document",
    b"\xff\xfe\0\0": "utf32_text",
    b"\0\0\xfe\xff": "utf32_text",
}
_WESTERN = frozenset({"cp1252", "latin_1", "iso8859_15", "cp1250"})
_ASIAN = frozenset({"gb18030", "big5", "cp932", "euc_kr"})


@dataclass(frozen=True)
class Fingerprint:
    """A file's size and SHA-256: the same file sent twice has the same."""

    size: int
    sha256: str


def open_source(source: Source) -> BinaryIO:
    """Open the delivered bytes from their start, wherever they are kept."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return source.open("rb") if isinstance(source, Path) else source()


def _chunks(source: Source) -> Iterator[bytes]:
    with open_source(source) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def fingerprint(source: Source, *, max_bytes: int) -> Fingerprint:
    """Measure and hash the file, reading no further than the cap.

    Raises:
        FileRefused: empty, or larger than the cap.
    """
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(source):
        size += len(chunk)
        if size > max_bytes:
            raise FileRefused("file_too_large", limit=max_bytes)
        digest.update(chunk)
    if not size:
        raise FileRefused("empty_file")
    return Fingerprint(size, digest.hexdigest())


def head_of(source: Source) -> bytes:
    """Return the first bytes, enough to tell what the file is."""
    with open_source(source) as stream:
        return stream.read(SAMPLE)


def detect_encoding(source: Source) -> str:
    """Name the encoding of the whole file, as Python spells it.

    A byte order mark is believed but proved. Without one, UTF-8 when every byte is valid, else
    GB18030 when every byte is valid and the characters are common Chinese ones, else Windows-1252
    when nothing Asian fits better. The same bytes always get the same answer.

    Raises:
        FileRefused: not text, or not in an encoding that can be told for certain.
    """
    head = head_of(source)
    for magic, code in _OTHER_KINDS.items():
        if head.startswith(magic):
            raise FileRefused(code)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _prove(source, "utf-16")
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        _prove(source, "utf-8")
        return "utf-8-sig"
    if head.count(0) > len(head) // 4:
        raise FileRefused("utf16_without_mark")
    bad_byte = _first_undecodable(source, "utf-8")
    return "utf-8" if bad_byte is None else _legacy_encoding(source, bad_byte)


def _prove(source: Source, encoding: str) -> None:
    bad_byte = _first_undecodable(source, encoding)
    if bad_byte is not None:
        raise FileRefused("unknown_encoding", row=_row_at(source, bad_byte))


def _legacy_encoding(source: Source, bad_byte: int) -> str:
    sample = _lines_beyond_ascii(source)
    if _is_mostly_utf8(sample):
        raise FileRefused("damaged_encoding", row=_row_at(source, bad_byte))
    encoding = "gb18030" if _is_common_chinese(sample) else _guess(sample)
    if encoding is None or _first_undecodable(source, encoding) is not None:
        raise FileRefused("unknown_encoding", row=_row_at(source, bad_byte))
    return encoding


def _guess(sample: bytes) -> str | None:
    match = from_bytes(sample, cp_isolation=sorted(_WESTERN | _ASIAN)).best()
    if match is None:
        return None
    if match.encoding in _WESTERN:
        return "cp1252"
    return "gb18030" if match.encoding == "gb18030" else None


def _first_undecodable(source: Source, encoding: str) -> int | None:
    """Return the place of the first byte the encoding does not allow, or None when all are fine."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    for chunk in _chunks(source):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return read - held + error.start
        read += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return read - 1
    return None


def _row_at(source: Source, place: int) -> int:
    row = 1
    for chunk in _chunks(source):
        row += chunk[: max(place, 0)].count(b"\n")
        place -= len(chunk)
    return row


def _lines_beyond_ascii(source: Source) -> bytes:
    found, size = [], 0
    with open_source(source) as stream:
        while (line := stream.readline(SAMPLE)) and size < SAMPLE:
            if not line.isascii():
                found.append(line)
                size += len(line)
    return b"".join(found)


def _is_mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="replace")
    lost = text.count("\ufffd")
    kept = sum(not mark.isascii() for mark in text) - lost
    return kept >= lost


def _is_common_chinese(sample: bytes) -> bool:
    """Tell Chinese from the same bytes read as another alphabet.

    The everyday characters of GB2312 have both bytes from 0xA1 up. In Western text an accented
    letter stands between plain ones, and in Big5 half of the second bytes are below.
    """
    common = others = 0
    place = 0
    while place < len(sample):
        first = sample[place]
        if first < 0x80:
            place += 1
            continue
        second = sample[place + 1] if place + 1 < len(sample) else 0
        if 0xA1 <= first <= 0xF7 and second >= 0xA1:
            common += 1
        else:
            others += 1
        place += 2
    return common > 3 * others


def detect_delimiter(text: str) -> str:
    """Choose the delimiter that cuts the first rows into the same number of columns, and most.

    Text no delimiter cuts is one column, and the comma stands for that.
    """
    return max(DELIMITERS, key=lambda delimiter: _fitness(text, delimiter))


def _fitness(text: str, delimiter: str) -> tuple[float, int]:
    widths = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cells):
                widths.append(len(cells))
            if len(widths) == _ROWS_TO_SNIFF:
                break
    except csv.Error:
        pass
    if not widths or widths[0] == 1:
        return (0.0, 0)
    same = Counter(widths)[widths[0]]
    return (round(same / len(widths), 1), widths[0])
