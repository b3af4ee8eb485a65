import json
from pathlib import Path

from portal.core.rules import vectors

FILE = Path(__file__).parents[2] / "data" / "compliance-vectors.json"


def test_every_published_case_passes():
    results = vectors.run(json.loads(FILE.read_text(encoding="utf-8")))

    assert len(results) == 215
    assert [(r.id, r.reason) for r in results if not r.passed] == []
