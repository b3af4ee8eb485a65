from __future__ import annotations

import hashlib
import io

import pytest

from portal.demo.referral_file import referral_rows, write_referral_file


@pytest.mark.parametrize(
    ("arguments", "sha256"),
    [
        (
            {"country": "US", "min_months": 2},
            "943c186c07f74e6de4e38af2cedef118a60aa3450f3d77e1a7f6c489ed23f8df",
        ),
        (
            {"country": "CN", "min_months": 2, "trailer": True},
            "98e6ffdd7ea64bd923899f3d49de4915eeafc74a041f6ae98ff92828a10d5deb",
        ),
    ],
)
def test_the_same_arguments_always_give_the_same_bytes(arguments, sha256):
    out = io.StringIO(newline="")

    write_referral_file(out, **arguments)

    assert hashlib.sha256(out.getvalue().encode()).hexdigest() == sha256


def test_the_us_file_has_the_real_accounts_and_their_sum():
    rows = list(referral_rows())

    assert len(rows) == 3130
    assert len({row["Cust No"] for row in rows}) == 2881
    assert (
        sum(int(row["Curr Bal"].replace(",", "").replace(".", "")) for row in rows) == 19703814400
    )


def test_more_rows_than_there_are_accounts_are_drawn_again():
    rows = list(referral_rows(rows=4000))

    assert len({row["Acct No"] for row in rows}) == 4000


def test_the_trailer_counts_and_adds_up_what_was_written():
    out = io.StringIO(newline="")

    write_referral_file(out, rows=2, trailer=True)

    assert out.getvalue().splitlines()[-1] == "TRAILER,2,45000.00"
