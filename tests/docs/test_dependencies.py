"""docs/dependencies.md says of every direct dependency why it is there."""

from __future__ import annotations

import re
import tomllib

from portal.config import ROOT
from tests.docs.documents import DOCS, code, rows

DEPENDENCIES = DOCS / "dependencies.md"
NAME, WHY, USED_IN = range(3)


def declared() -> list[str]:
    """Return every package that pyproject.toml asks for, in its order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return [_name(entry) for each in lists for entry in each]


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None, requirement
    return found[0].lower().replace("_", "-")


def test_every_direct_dependency_has_its_line_and_no_other():
    listed = [row.cells[NAME].strip("`") for row in rows(DEPENDENCIES)]

    assert sorted(listed) == sorted(declared())


def test_every_line_says_why_and_where():
    bare = [row.place for row in rows(DEPENDENCIES) if not (row.cells[WHY] and row.cells[USED_IN])]
    missing = [
        f"{row.place} {name}"
        for row in rows(DEPENDENCIES)
        for name in code(row.cells[USED_IN])
        if not (ROOT / name).exists()
    ]

    assert bare == []
    assert missing == []


def test_the_lock_pins_every_direct_dependency_with_a_hash():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = {
        _name(found[1])
        for found in re.finditer(
            r"^([\w.-]+)(?:\[[^\]]*\])?==\S+.*\\\n +--hash=", lock, re.MULTILINE
        )
    }

    assert sorted(set(declared()) - pinned) == []
