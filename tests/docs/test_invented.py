"""Nobody in demo or test data is real: addresses and numbers are from ranges kept for examples."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest

from portal.config import ROOT
from portal.demo.referral_file import write_referral_file
from tests.docs.tree import texts

EMAIL = re.compile(r"[\w.+-]+@((?:[A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,})\b")
#: RFC 2606 and RFC 6761, and an employer's address that a rule about such addresses needs.
KEPT_FOR_EXAMPLES = re.compile(
    r"(?:^|\.)(?:example|test|invalid|localhost|example\.(?:com|org|net)|mail\.example\.co\.uk|agency\.gov)$"
)
SOCIAL_SECURITY = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
CHINESE_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dX](?!\d)")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_chinese_identity(number: str) -> bool:
    """Tell whether a number would pass as an identity number: a birthday and a right check."""
    month, day = int(number[10:12]), int(number[12:14])
    born_in = 1900 <= int(number[6:10]) <= 2026 and 1 <= month <= 12 and 1 <= day <= 31
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return born_in and "10X98765432"[total % 11] == number[17]


@pytest.mark.abuse("V11")
def test_every_mail_address_in_the_tree_belongs_to_nobody():
    found = {}
    for path, text in texts().items():
        real = [
            address[0]
            for address in EMAIL.finditer(text)
            if not KEPT_FOR_EXAMPLES.search(address[1].casefold())
        ]
        if real:
            found[str(path.relative_to(ROOT))] = real

    assert found == {}


@pytest.mark.abuse("V11")
def test_no_file_holds_what_could_be_an_identity_number():
    found = {}
    for path, text in texts().items():
        numbers = SOCIAL_SECURITY.findall(text)
        numbers += [one for one in CHINESE_IDENTITY.findall(text) if is_chinese_identity(one)]
        if numbers and path.suffix != ".lock":
            found[str(path.relative_to(ROOT))] = numbers

    assert found == {}


@pytest.mark.abuse("V11")
@pytest.mark.parametrize(
    ("country", "phone"),
    [("US", r"\(\d{3}\) 555-01\d\d"), ("CN", r"\+86 170 0000 \d{4}")],
)
def test_every_person_of_a_referral_file_is_invented(country, phone):
    text = io.StringIO()
    write_referral_file(
        text, country=country, min_months=2, rows=None, seed=1, as_of=date(2026, 10, 31)
    )

    rows = list(csv.DictReader(io.StringIO(text.getvalue())))

    assert len(rows) == 3_130
    assert all(row["E-mail"].endswith("@example.com") for row in rows)
    assert {
        row["Home Phone"] for row in rows if not re.fullmatch(phone, row["Home Phone"])
    } == set()
    assert all("Example St" in row["Addr 1"] or "示例路" in row["Addr 1"] for row in rows)


def test_an_identity_number_is_known_by_its_birthday_and_check():
    right = "11010519491231002" + "X"  # the example of the national standard, put together here

    assert is_chinese_identity(right)
    assert not is_chinese_identity(right[:-1] + "3")
    assert not is_chinese_identity("12345678901234567" + "8")
