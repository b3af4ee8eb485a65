"""The import read by somebody who reads Chinese: no English is left but the bank's own words."""

import csv
import io
import re

import pytest

from tests.bank.conftest import text_of
from tests.bank.test_imports import _id_of, _mapped, _upload
from tests.support import referral_files as files
from tests.support.columns_page import chosen_on

#: Two words of Latin letters with a space between them: no name of a format, code or unit is that.
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
#: What the bank itself wrote into the file, which every page shows as it came.
THEIRS = sorted(
    {
        *files.read_table(files.real_file())[0],
        *(text for cells, _code in files.BAD_CELLS.values() for text in cells.values()),
    },
    key=len,
    reverse=True,
)


def _english_in(text):
    for words in THEIRS:
        text = text.replace(words, "")
    return ENGLISH.findall(text)


def _main(page):
    """Return what the page says of the import, without its frame."""
    body = page.get_data(as_text=True)
    page.set_data(body[body.index("<main") : body.index("</main>")])
    return text_of(page)


@pytest.fixture
def visitor(browse):
    return browse(language="zh")


def test_a_spoiled_file_is_explained_in_chinese_from_its_columns_to_its_result(visitor):
    import_id = _mapped(visitor, files.spoiled_copy().data)

    told = [_main(visitor.get(f"/bank/imports/{import_id}/{step}")) for step in ("map", "check")]
    rejects = visitor.get(f"/bank/imports/{import_id}/rejects.csv").get_data().decode("utf-8-sig")
    told += [row[-1] for row in csv.reader(io.StringIO(rejects, newline=""))][1:]
    done = visitor.post(f"/bank/imports/{import_id}/check")
    told.append(_main(visitor.get(done.location)))

    assert "“customer0@”不是电子邮箱地址。请更正，也可以留空。" in told[1]
    assert "“02/31/1990”按月日年的顺序读取，日历上没有这一天。" in told[1]
    assert [found for text in told for found in _english_in(text)] == []


def test_what_a_mapping_lacks_is_said_in_chinese(visitor):
    import_id = _id_of(_upload(visitor, files.real_file(rows=6)))
    chosen = chosen_on(visitor.get(f"/bank/imports/{import_id}/map"))
    chosen |= {"column-0": "", "column-6": "product", "constant-country": "Nowhere"}

    told = _main(visitor.post(f"/bank/imports/{import_id}/map", chosen))

    assert "“账号”为必填项，但没有对应的列。请选择对应的列，或填写一个适用于全部行的值。" in told
    assert "“Nowhere”不能作为全部行的“国家或地区”。请填写其他值。" in told
    assert _english_in(told) == []


@pytest.mark.parametrize("how", [name for name in files.WHOLE_FILES if name != "a missing column"])
def test_a_refused_file_is_explained_in_chinese(visitor, how):
    answer = _upload(visitor, files.WHOLE_FILES[how]().data)
    if answer.status_code == 303:
        import_id = _id_of(answer)
        page = visitor.get(f"/bank/imports/{import_id}/map")
        visitor.post(f"/bank/imports/{import_id}/map", chosen_on(page))
        answer = visitor.get(f"/bank/imports/{import_id}/check")

    assert answer.status_code == 422
    assert _english_in(_main(answer)) == []


def test_the_menu_names_the_role_in_chinese(visitor):
    menu = text_of(visitor.get("/bank/imports"))

    assert "委外管理员" in menu
    assert "Vendor manager" not in menu
