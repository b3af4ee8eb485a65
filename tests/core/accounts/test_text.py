from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.accounts.text import clean, clean_file_name, clip, guard


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Quinn  Glenn ", "Quinn Glenn"),
        ("12 Example St\r\nApt 4", "12 Example St Apt 4"),
        ("Qu\u202einn", "Quinn"),
        ("Qu\u200binn\ufeff", "Quinn"),
        ("\u2066Quinn\u2069", "Quinn"),
        ("Qui\x00nn\x1b[31m", "Quinn[31m"),
        ("张　三", "张 三"),
        ("Rene\u0301e", "Renée"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U000e0041Q", "Q"),
    ],
)
def test_control_and_direction_characters_do_not_come_in(text, cleaned):
    assert clean(text) == cleaned


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "  =", "\u200b="])
def test_what_a_spreadsheet_could_run_gets_an_apostrophe(start):
    assert guard(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("start", ["\t", "\r", "\n", "\0"])
def test_text_that_starts_with_a_break_gets_an_apostrophe(start):
    assert guard(f"{start}=1") == f"'{start}=1"
    assert guard(f"{start}Quinn") == f"'{start}Quinn"


@given(st.text(max_size=40))
def test_what_goes_out_guarded_comes_in_as_it_was(text):
    kept = clean(text)

    assert clean(guard(kept)) == kept


@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing_more(text):
    once = clean(text)

    assert clean(once) == once


def test_an_apostrophe_that_belongs_to_a_name_stays():
    assert clean("'t Hooft") == "'t Hooft"
    assert clean("O'Neill") == "O'Neill"


@pytest.mark.abuse("F9")
@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("referrals.csv", "referrals.csv"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("a\r\nSet-Cookie: x=1.csv", "a Set-Cookie_ x=1.csv"),
        ("\u202evsc.exe", "vsc.exe"),
        ("", "file"),
        ("..", "file"),
        ("/", "file"),
        (".htaccess", "htaccess"),
        ("催收 名单.csv", "催收 名单.csv"),
        ('a"b;c%00.csv', "a_b_c_00.csv"),
    ],
)
def test_a_file_name_is_a_label_without_a_path(name, cleaned):
    assert clean_file_name(name) == cleaned


@pytest.mark.abuse("F9")
def test_a_file_name_of_four_thousand_characters_is_cut_and_keeps_its_suffix():
    name = clean_file_name("x" * 4000 + ".csv")

    assert len(name) == 120
    assert name.endswith(".csv")


@pytest.mark.abuse("F9")
@given(st.text(max_size=300))
def test_no_file_name_climbs_or_breaks_a_line(name):
    cleaned = clean_file_name(name)

    assert cleaned
    assert not set(cleaned) & set('/\\\r\n\0"')
    assert not cleaned.startswith(".")
    assert len(cleaned) <= 120


def test_long_values_are_clipped_for_a_message():
    assert clip("x" * 100) == "x" * 79 + "…"
    assert clip("short") == "short"
