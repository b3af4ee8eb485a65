from __future__ import annotations

import pytest

from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.sniff import CHUNK, detect_delimiter, detect_encoding

CHINESE = "账号,客户号,姓名\nA1,C1,欧阳若水\nA2,C2,王喆\n"
WESTERN = "Acct No,Name,City\nA1,Renée Dupré,Montréal\nA2,José Muñoz,Málaga\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"Acct No,Name\nA1,Quinn\n", "utf-8"),
        (CHINESE.encode(), "utf-8"),
        (CHINESE.encode("utf-8-sig"), "utf-8-sig"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), "utf-16"),
        ("Acct No,Name\nA1,张三\n".encode("gb18030"), "gb18030"),
        (WESTERN.encode("cp1252"), "cp1252"),
        ("Name\nJürgen Müller\n".encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(data, encoding):
    assert detect_encoding(data) == encoding
    assert detect_encoding(data) == encoding


@pytest.mark.parametrize("far", [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_one_chinese_name_far_down_still_decides_the_encoding(far):
    head = b"Acct No,Name\n"
    filler = b"A1,Quinn\n" * ((far - len(head)) // 9)

    data = head + filler + b"x" * (far - len(head) - len(filler)) + "张三丰\n".encode("gb18030")

    assert detect_encoding(data) == "gb18030"
    assert detect_encoding(head + filler + "张三丰\n".encode()) == "utf-8"


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (CHINESE.encode("utf-16-le"), "utf16_without_mark", None),
        ("Acct No,Name\nA1,Quinn\n".encode("utf-16-le"), "utf16_without_mark", None),
        ("帳號,姓名\nA1,陳大文\nA2,林若水\n".encode("big5"), "unknown_encoding", 1),
        ("Name\n張三\n".encode() + b"\xe5\xbc\n", "damaged_encoding", 3),
        (b"\xef\xbb\xbfName\n\xff\n", "unknown_encoding", 2),
        (b"\xff\xfeN\0a\0\n\0\x00\xd8", "unknown_encoding", None),
        (b"Name\n" + bytes(range(0x80, 0xA0)) + b"\n", "unknown_encoding", 2),
        ("Name\n".encode("utf-32"), "utf32_text", None),
    ],
)
def test_what_cannot_be_told_for_certain_is_refused(data, code, row):
    with pytest.raises(FileRefused) as refused:
        detect_encoding(data)

    assert refused.value.code == code
    if row is not None:
        assert refused.value.values["row"] == row


def test_a_bad_byte_far_down_is_named_by_its_row():
    rows = 2 * CHUNK // 10
    data = b"Name\n" + "张三,1\n".encode() * rows + b"\xe5\xbc,1\n"

    with pytest.raises(FileRefused) as refused:
        detect_encoding(data)

    assert refused.value.values["row"] == rows + 2


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1;2,5;3\n1;2,5;3,5\n", ";"),
        ("a\tb\n1,5\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('name;amount\n"Alder, Quinn";"1,234.50"\n', ";"),
        ('"a;b","c"\n"1;2","3"\n', ","),
        ("one\n1\n", ","),
        ("a,b;c,d\n1,2;3,4\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_rows_alike(text, delimiter):
    assert detect_delimiter(text) == delimiter
