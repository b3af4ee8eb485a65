import pytest

from portal.core.rules.wording import sms_length
from portal.core.rules.wording.length import preview_end


@pytest.mark.parametrize(
    ("text", "alphabet", "characters", "segments"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("ñ¿¡éüÑ£¥" * 20, "gsm7", 160, 1),
        ("á", "ucs2", 1, 1),
        ("您" * 70, "ucs2", 70, 1),
        ("您" * 71, "ucs2", 71, 2),
        ("您" * 134, "ucs2", 134, 2),
        ("您" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
    ],
)
def test_a_text_message_is_counted_in_its_alphabet(text, alphabet, characters, segments):
    length = sms_length(text)

    assert (length.alphabet, length.characters, length.segments) == (
        alphabet,
        characters,
        segments,
    )


def test_the_letters_that_make_a_text_long_are_named():
    assert sms_length("su pagó llegó más tarde").costly == ("ó", "á")


@pytest.mark.parametrize(
    ("text", "end"), [("a" * 50, 40), ("您" * 50, 20), ("a" + "您" * 50, 20), ("short", 5)]
)
def test_a_preview_ends_after_forty_columns(text, end):
    assert preview_end(text, 40) == end
