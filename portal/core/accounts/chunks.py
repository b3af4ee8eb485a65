"""A delivered file cut into pieces, and the pieces read again as one stream."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

CHUNK_BYTES = 1_000_000


class Stored(NamedTuple):
    """What was kept of a file: its fingerprint and its size."""

    sha256: bytes
    size: int


def store_chunks(
    source: BinaryIO, write: Callable[[int, bytes], None], *, max_bytes: int
) -> Stored:
    """Hand a file to `write` piece by piece, each with its number.

    Reading stops one piece beyond the cap: enough for the file to be refused by name.
    """
    digest, size = hashlib.sha256(), 0
    number = 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
        write(number, chunk)
        number += 1
        if size > max_bytes:
            break
    return Stored(digest.digest(), size)


class ChunkReader:
    """Opens a kept file from its start, each time it is called.

    `read` returns the piece of a number, None past the last one.
    """

    def __init__(self, read: Callable[[int], bytes | None]) -> None:
        self._read = read

    def __call__(self) -> BinaryIO:
        """Open the file."""
        return io.BufferedReader(_ChunkStream(self._chunks()), CHUNK_BYTES)

    def _chunks(self) -> Iterator[bytes]:
        number = 0
        while (chunk := self._read(number)) is not None:
            yield chunk
            number += 1


class _ChunkStream(io.RawIOBase):
    """A readable stream over pieces that arrive one after another."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        part = self._rest[: len(buffer)]
        buffer[: len(part)] = part
        self._rest = self._rest[len(part) :]
        return len(part)
