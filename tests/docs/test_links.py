"""Every link inside the documents leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.config import ROOT
from tests.docs.documents import DOCS, anchors, documents, links

PARTS = ["Context", "Decision", "Consequences", "Alternatives"]


def dead_links(path: Path) -> list[str]:
    dead = []
    for target in links(path.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if (
            not there.exists()
            or not there.is_relative_to(ROOT)
            or (anchor and anchor not in anchors(there.read_text("utf-8")))
        ):
            dead.append(target)
    return dead


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    assert dead_links(path) == []


def test_every_document_is_found_from_the_readme():
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        path = path / "README.md" if path.is_dir() else path
        if path in reached or path.suffix != ".md" or not path.exists():
            continue
        reached.add(path)
        targets = (target.partition("#")[0] for target in links(path.read_text("utf-8")))
        waiting += [(path.parent / target).resolve() for target in targets if target]

    assert sorted(set(documents()) - reached) == []


def test_decisions_are_numbered_without_gaps_and_follow_one_form():
    pages = sorted((DOCS / "adr").glob("[0-9]*.md"))

    assert [path.name[:4] for path in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]
    for path in pages:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path.name
        assert re.search(r"^\d{4}-\d\d-\d\d · (accepted|superseded by)", text, re.MULTILINE), (
            path.name
        )
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS, path.name


def test_a_link_to_a_heading_or_file_that_is_not_there_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.docs.test_links.ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# Where it is\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#where-it-is) [b](other.md#gone) [c](none.md) [d](https://x.example)"
    )

    assert dead_links(page) == ["other.md#gone", "none.md"]
