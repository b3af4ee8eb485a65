"""Which test proves which case of the threat model, read from the tests without running them.

    .venv/bin/python -m tests.docs.marks

brings the columns "state" and "tests" of docs/threats.md in line with the marks in the tests.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from portal.config import ROOT
from tests.docs.documents import DOCS, Row, rows

THREATS = DOCS / "threats.md"
CASE, ABUSE, STATE, TESTS, OPEN_PART = range(5)
NOTHING = "–"
#: How many cases each part of the threat model has.
PARTS = {"A": 13, "B": 12, "C": 12, "M": 22, "F": 10, "P": 10, "T": 9, "V": 11, "R": 8}
CASES = tuple(f"{part}{number}" for part, most in PARTS.items() for number in range(1, most + 1))


def marked_cases(source: str) -> Iterator[str]:
    """Read the cases that a test module's source marks, on tests, classes or the whole module."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        if node.func.attr == "abuse" and isinstance(owner, ast.Attribute) and owner.attr == "mark":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def proofs_by_case() -> dict[str, list[str]]:
    """Return, for each marked case, the test modules that mark it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for case in sorted(set(marked_cases(path.read_text("utf-8")))):
            found[case].append(str(path.relative_to(ROOT)))
    return dict(found)


def threat_rows() -> dict[str, Row]:
    """Return the row of each case."""
    return {row.cells[CASE]: row for row in rows(THREATS) if row.cells[CASE] in CASES}


def line_for(row: Row, tests: list[str]) -> str:
    """Return the line that a case's row should be, given the tests that mark it."""
    cells = list(row.cells)
    cells[STATE] = "proved" if tests else "open"
    cells[TESTS] = ", ".join(f"`{test}`" for test in tests) or NOTHING
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Write the two columns anew."""
    lines = THREATS.read_text("utf-8").splitlines()
    tests = proofs_by_case()
    for case, row in threat_rows().items():
        lines[row.line - 1] = line_for(row, tests.get(case, []))
    THREATS.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
