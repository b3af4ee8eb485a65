"""The code on a letter: a slip is told from a wrong code, however it is written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.parties.letter_codes import (
    ALPHABET,
    MistypedCode,
    check_character,
    new_code,
    read_code,
)

datas = st.text(alphabet=ALPHABET, min_size=8, max_size=8)


def test_a_fresh_code_is_forty_random_bits_and_a_check_character():
    codes = {new_code() for _ in range(2_000)}

    assert len(codes) == 2_000
    assert all(len(code) == 9 and read_code(code) == code for code in codes)
    assert len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        "7F3K9QXMD",
        "7F3K-9QXM-D",
        "7f3k-9qxm-d",
        "  7F3K 9QXM D ",
        "7F3K—9QXM–D",
        "７Ｆ３Ｋ－９ＱＸＭ－Ｄ",
    ],
)
def test_spaces_dashes_small_and_full_width_letters_do_not_matter(typed):
    assert read_code(typed) == "7F3K9QXMD"


def test_look_alikes_are_taken_for_what_they_look_like():
    data = "01V01V01"
    code = data + check_character(data)

    assert read_code("OIUOLV0L" + code[-1]) == code


@given(data=datas, place=st.integers(0, 8), other=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(data, place, other):
    code = data + check_character(data)
    typed = code[:place] + other + code[place + 1 :]

    if typed == code:
        assert read_code(typed) == code
    else:
        with pytest.raises(MistypedCode):
            read_code(typed)


@given(data=datas, place=st.integers(0, 7))
def test_two_swapped_neighbours_are_noticed(data, place):
    code = data + check_character(data)
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    if typed == code:
        assert read_code(typed) == code
    else:
        with pytest.raises(MistypedCode):
            read_code(typed)


@pytest.mark.parametrize("typed", ["", "7F3K", "7F3K-9QXM-D7", "7F3K-9QXM-É", "中文代码中文代码中"])
def test_what_cannot_be_a_code_is_told_so(typed):
    with pytest.raises(MistypedCode):
        read_code(typed)


@given(st.text(max_size=40))
def test_nothing_typed_breaks_it(typed):
    with contextlib.suppress(MistypedCode):
        assert len(read_code(typed)) == 9
