"""Which passwords are refused, and what a check of one gives away."""

from __future__ import annotations

import pytest

from portal.core.errors import Invalid
from portal.core.parties import passwords


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Password1",
        "P@ssw0rd",
        "p4ssw0rd!!",
        "123password123",
        "passwordpassword",
        "qwertyuiop",
        "1qaz2wsx",
        "letmein!!",
        "iloveyou2",
        "W3lcome2026",
        "Welcome1!",
        "12345678",
        "87654321",
        "abcdefgh",
        "zyxwvuts",
        "aaaaaaaa",
        "abababab",
        "xyzxyzxyz",
        "asdfghjkl",
        "zhongguo",
        "woaini520",
        "correct horse battery staple",
        "ＰＡＳＳＷＯＲＤ",
    ],
)
@pytest.mark.abuse("B7")
def test_common_passwords_and_patterns_are_refused(password):
    with pytest.raises(Invalid, match="Too many people"):
        passwords.check_new_password(password, second_factor=True)


@pytest.mark.parametrize(
    "password",
    [
        "ladder violet cider nine",
        "vK2#qlm9",
        "mango-thirteen-otter",
        "我的猫会弹钢琴哦",
        "pass the salt, Henry",
        "thursday night trains",
    ],
)
def test_sound_passwords_pass(password):
    passwords.check_new_password(password, second_factor=True)


@pytest.mark.parametrize(
    ("password", "second_factor", "fits"),
    [
        ("vK2#qlm", True, False),
        ("vK2#qlm9", True, True),
        ("vK2#qlm9tRw4!x", False, False),
        ("vK2#qlm9tRw4!xy", False, True),
        ("vK2#" * 50 + "x", True, False),
    ],
)
def test_length_depends_on_the_second_factor(password, second_factor, fits):
    if fits:
        passwords.check_new_password(password, second_factor=second_factor)
    else:
        with pytest.raises(Invalid, match="characters"):
            passwords.check_new_password(password, second_factor=second_factor)


@pytest.mark.parametrize(
    "password", ["meridian2026!", "RobinMarsh1", "robin.marsh99", "marsh-robin"]
)
def test_a_password_made_of_ones_own_names_is_refused(password):
    with pytest.raises(Invalid, match="too close"):
        passwords.check_new_password(
            password, second_factor=True, about=["Robin Marsh", "robin.marsh", "Meridian Bank"]
        )


def test_a_password_fits_its_own_hash_however_the_keyboard_writes_it():
    stored = passwords.hash_password("café ladder nine")

    assert passwords.verify_password(stored, "cafe\u0301 ladder nine")
    assert not passwords.verify_password(stored, "cafe ladder nine")


@pytest.mark.abuse("B6")
@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_without_a_usable_hash_no_password_fits(stored):
    assert not passwords.verify_password(stored, "")
    assert not passwords.verify_password(stored, "a password that nobody has")


def test_hashes_are_made_as_agreed():
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in passwords.hash_password("x")
