"""How the standing tests read the documents: tables of Markdown, links, names in backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.config import ROOT

DOCS = ROOT / "docs"
_ROW = re.compile(r"^\|(?P<cells>.+)\|$")
_RULER = re.compile(r"^[\s|:-]+$")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_PICTURE_TAG = re.compile(r"<(?:img|source)[^>]*\b(?:src|srcset)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One row of a table, and where it stands."""

    path: Path
    line: int
    cells: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where to change it, as an editor understands it."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def rows(path: Path) -> Iterator[Row]:
    """Read every row of every table of a document, heads left out."""
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        found = _ROW.match(line)
        if found is None or _RULER.match(line):
            continue
        if number < len(lines) and _RULER.match(lines[number]):
            continue
        yield Row(path, number, tuple(cell.strip() for cell in found["cells"].split("|")))


def code(text: str) -> list[str]:
    """Read what stands in backticks."""
    return _CODE.findall(text)


def links(text: str) -> list[str]:
    """Read the targets of links and pictures that stay inside the repository."""
    found = [*_LINK.findall(text), *_PICTURE_TAG.findall(text)]
    return [target for target in found if "://" not in target and not target.startswith("mailto:")]


def anchors(text: str) -> set[str]:
    """Return what the headings of a document can be linked by."""
    return {_slug(heading) for heading in _HEADING.findall(text)}


def _slug(heading: str) -> str:
    kept = re.sub(r"[^\w\s-]", "", heading.lower().replace("`", ""))
    return kept.strip().replace(" ", "-")


def documents() -> list[Path]:
    """Return every document that is written for people."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
