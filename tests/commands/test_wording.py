"""`portal words`, as somebody types it who drafts a text."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from portal.cli import main


def words(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["words", *arguments], input=typed)


GOOD = "Harbor Trust Bank: please call +1 800 555 0142, we are glad to help. Reply STOP to opt out."


def test_a_good_text_passes():
    result = words("check", "--sender", "bank", "--place", "US-CA", GOOD)

    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == ["1 text messages, 91 places, gsm7", "may be sent"]


def test_a_threat_is_named_with_its_words_and_the_rule_and_ends_with_1():
    result = words("check", "--place", "US", "-", typed=f"{GOOD} You will be arrested.")

    assert result.exit_code == 1
    assert "“be arrested”" in result.output
    assert "US-REGF-18-TRUTH, 12 CFR 1006.18(a)-(d)" in result.output
    assert result.output.endswith("must not be sent\n")


def test_the_answer_for_machines_has_offsets():
    result = words("check", "--json", "--language", "zh", "--place", "CN", "我们将起诉您")

    found = json.loads(result.output)
    first = next(f for f in found["findings"] if f["kind"] == "legal_action")
    assert found["blocked"] is True
    assert (first["start"], first["end"], first["words"]) == (3, 5, "起诉")
    assert first["rules"] == ["CN-CBA-BANNED"]


def test_a_confirmed_consequence_is_a_warning():
    text = f"{GOOD} Otherwise we take legal action."

    blocked = words("check", "--sender", "bank", text)
    confirmed = words("check", "--sender", "bank", "--confirm", "legal_action", text)

    assert (blocked.exit_code, confirmed.exit_code) == (1, 0)
    assert "warn: “legal action”" in confirmed.output


def test_templates_carry_the_sentences_of_the_place():
    american = words("templates", "--sender", "agency", "--place", "US")
    british = words("templates", "--sender", "agency", "--place", "UK")

    assert "agency_first.agency.sms.en, version 1" in american.output
    assert "Reply STOP" in american.output
    assert "Reply STOP" not in british.output


def test_a_place_without_rules_is_told_plainly():
    result = words("check", "--place", "AQ", GOOD)

    assert result.exit_code == 1
    assert "There are no rules for AQ." in result.output
