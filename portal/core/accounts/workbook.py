"""An XLSX workbook turned into the CSV it could have been, by a child process under limits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import weakref
import zipfile
from pathlib import Path
from typing import BinaryIO

from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.sniff import Source, head_of, open_source

_MAGIC = b"PK\x03\x04"
_SECONDS = 120
_MAX_UNPACKED = 1 << 30
_MAX_RATIO = 100
_MAX_PARTS = 2_000
# A part this small cannot hurt, and small XML may well shrink a hundredfold.
_SMALL_PART = 1 << 20
_PROGRAM = Path(__file__).with_name("sheet_reader.py")


class UnlinkedFile:
    """Bytes in a file without a name: nothing is left behind, however this process ends."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with its owner, below
        weakref.finalize(self, self.file.close)

    def __call__(self) -> BinaryIO:
        """Open the bytes from their start, each time anew."""
        return Path(f"/proc/self/fd/{self.file.fileno()}").open("rb")


def is_archive(source: Source) -> bool:
    """Tell by the first bytes whether this is a ZIP archive, as every workbook is."""
    return head_of(source).startswith(_MAGIC)


def sheet_as_csv(source: Source) -> UnlinkedFile:
    """Return a workbook's first visible sheet as CSV in UTF-8.

    What the archive says of its parts' sizes is checked before anything is unpacked; the child
    process then cannot take more memory or time than it is given, whatever the archive said.

    Raises:
        FileRefused: it unpacks to too much, or is no workbook that can be read.
    """
    result = UnlinkedFile()
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as copy:
        with open_source(source) as stream:
            shutil.copyfileobj(stream, copy)
        copy.flush()
        _check_parts(copy.name)
        _run(copy.name, result)
    return result


def _check_parts(path: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise FileRefused("workbook_unreadable") from None
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise FileRefused("zip_archive")
    dense = any(
        part.file_size > _SMALL_PART and part.file_size > _MAX_RATIO * part.compress_size
        for part in parts
    )
    unpacked = sum(part.file_size for part in parts)
    if dense or unpacked > _MAX_UNPACKED or len(parts) > _MAX_PARTS:
        raise FileRefused("workbook_too_large")


def _run(path: str, result: UnlinkedFile) -> None:
    try:
        child = subprocess.run(  # noqa: S603 - our own program, on a file we named
            [sys.executable, "-I", str(_PROGRAM), path],
            stdin=subprocess.DEVNULL,
            stdout=result.file,
            stderr=subprocess.PIPE,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FileRefused("workbook_too_large") from None
    if child.returncode < 0 or b"MemoryError" in child.stderr:
        raise FileRefused("workbook_too_large")
    if child.returncode:
        raise FileRefused("workbook_unreadable")
