"""Word findings in words: every kind, statement and code has its sentence and its cure."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from portal.core.rules.wording import (
    Statement,
    WordCode,
    WordFinding,
    WordKind,
    WordSeverity,
)
from portal.core.rules.wording.rulebook import default_rule
from portal.web.wordings import say_cure, say_word_finding
from tests.web.pages import make_app

KIND_CODES = {
    WordCode.FORBIDDEN_WORDS,
    WordCode.CONSEQUENCE_NAMED,
    WordCode.CONSEQUENCE_UNCONFIRMED,
}
VALUES = {"language": "zh", "segments": 4, "limit": 3, "method": "phone_call"}


def finding(code, kind=None, statement=None):
    return WordFinding(
        code=code,
        severity=WordSeverity.BLOCK,
        rules=(default_rule(),),
        kind=kind,
        words="the words",
        values={**VALUES, "statement": statement} if statement else VALUES,
    )


FINDINGS = [
    *(finding(code, kind=kind) for code in sorted(KIND_CODES) for kind in WordKind),
    *(finding(WordCode.STATEMENT_MISSING, statement=statement) for statement in Statement),
    *(finding(code) for code in WordCode if code not in KIND_CODES | {WordCode.STATEMENT_MISSING}),
]


@pytest.mark.parametrize("found", FINDINGS, ids=lambda f: f"{f.code}-{f.kind}")
def test_every_finding_has_a_sentence_and_a_cure_in_each_language(found):
    app = make_app()
    with app.test_request_context(), force_locale("en"):
        english = (say_word_finding(found), say_cure(found))
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        chinese = (say_word_finding(found), say_cure(found))

    for said in (*english, *chinese):
        assert said
        assert "%(" not in said
        assert said != str(found.code)
    assert all(mine != theirs for mine, theirs in zip(english, chinese, strict=True))
    if found.kind is not None:
        assert "the words" in english[0]
        assert "the words" in chinese[0]


def test_a_missing_statement_names_the_language_it_is_due_in():
    found = finding(WordCode.STATEMENT_MISSING, statement=Statement.OPTOUT)

    assert say_word_finding(found).endswith("Due in: 简体中文.")
