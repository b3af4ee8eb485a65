"""Every text file of the project: what git ignores and what others wrote is left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from portal.config import ROOT

#: Folders of other people's files, and of what programs leave behind.
LEFT_OUT = {"vendor", "node_modules", "build", "test-results", "__pycache__"}
OURS_THOUGH_HIDDEN = {".ci", ".gitignore", ".env.example", ".pre-commit-config.yaml"}
BINARY = {".ttf", ".png", ".ico", ".gz", ".mo", ".pyc", ".woff2", ".jpg", ".pdf", ".xlsx"}
MOST_BYTES = 2_000_000


def our_files() -> Iterator[Path]:
    """Return every text file of the project, without what git ignores and what others wrote."""
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            is_hidden = path.name.startswith(".") and path.name not in OURS_THOUGH_HIDDEN
            if is_hidden or path.is_symlink() or path.name in LEFT_OUT:
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.suffix not in BINARY:
                yield path


@cache
def texts() -> dict[Path, str]:
    """Return what is in every text file of the project, read once."""
    return {path: path.read_text("utf-8", "replace") for path in our_files()}
