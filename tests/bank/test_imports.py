"""Importing a file by clicks: upload, columns, check, result; and every way it goes wrong."""

from __future__ import annotations

import csv
import io

import pytest
from flask_babel import force_locale, gettext
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.core.accounts import attest
from portal.core.accounts.mapping import TARGETS
from portal.core.accounts.models import Account, ImportChunk, ImportFile, ImportState
from portal.core.accounts.reasons import (
    COLUMN_WARNINGS,
    FILE_REASONS,
    MAPPING_REASONS,
    ROW_REASONS,
)
from portal.core.audit import AuditRow
from portal.core.db import uuid7
from portal.core.ledger.models import Balance, Verification
from portal.core.permissions import Role
from portal.core.principal import Principal
from tests.bank.conftest import bare, text_of
from tests.support import referral_files as files
from tests.support.columns_page import chosen_on


def _some_rows(count=6):
    return b"".join(files.real_file().splitlines(keepends=True)[: count + 1])


def _upload(visitor, data, name="october.csv"):
    visitor.get("/bank/imports/new")
    fields = {"csrf_token": visitor.token, "file": FileStorage(io.BytesIO(data), name)}
    # The test client leaves the file open that it writes a large body to; this makes none.
    boundary, body = encode_multipart(fields)
    return visitor.client.post(
        "/bank/imports/new",
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
    )


def _id_of(answer):
    return answer.location.split("/imports/")[1].split("/")[0]


def _mapped(visitor, data=None, name="october.csv"):
    """Upload a file and take the columns as they are suggested; return the import's id."""
    import_id = _id_of(_upload(visitor, data or _some_rows(), name))
    page = visitor.get(f"/bank/imports/{import_id}/map")
    answer = visitor.post(f"/bank/imports/{import_id}/map", chosen_on(page))
    assert answer.status_code == 303
    assert answer.location == f"/bank/imports/{import_id}/check"
    return import_id


def _count(acting_as, bank, what=Account):
    with acting_as(Principal.system(bank.id)) as session:
        return session.scalar(select(func.count()).select_from(what))


def test_a_file_goes_from_upload_to_accounts_by_clicks(acting_as, bank, browse):
    visitor = browse()

    import_id = _mapped(visitor)
    check = text_of(visitor.get(f"/bank/imports/{import_id}/check"))
    done = visitor.post(f"/bank/imports/{import_id}/check", {"attested": "y"})

    assert "Can be imported 6" in check
    assert "$148,826.00" in check
    assert "Control totals None in the file" in check
    assert done.status_code == 303
    assert done.location == f"/bank/imports/{import_id}"
    result = text_of(visitor.get(done.location))
    assert "Accounts imported 6" in result
    assert "$148,826.00" in result
    assert "Nobody confirmed" not in result
    assert _count(acting_as, bank) == 6
    with acting_as(Principal.system(bank.id)) as session:
        assert session.scalar(select(func.sum(Balance.total_minor))) == 14_882_600
    assert "6 accounts · $148,826.00" in text_of(
        visitor.get(f"/bank/accounts?import_id={import_id}")
    )


def test_the_map_page_shows_each_column_with_its_values_and_a_suggestion(browse):
    visitor = browse()
    import_id = _id_of(_upload(visitor, _some_rows()))

    page = visitor.get(f"/bank/imports/{import_id}/map")

    text = text_of(page)
    assert "Acct No 100 % US01000000000 · US01000000001" in text
    assert "utf-8" in text
    assert chosen_on(page)["column-0"] == "account_ref"
    assert chosen_on(page)["constant-country"] == "US"


def test_without_attesting_the_accounts_wait_until_somebody_confirms(acting_as, bank, browse):
    visitor = browse()
    import_id = _mapped(visitor)
    visitor.post(f"/bank/imports/{import_id}/check")
    before = text_of(visitor.get(f"/bank/imports/{import_id}"))

    answer = visitor.post(f"/bank/imports/{import_id}/attest")

    assert "6 accounts cannot be referred before somebody confirms what is owed." in before
    assert answer.status_code == 303
    assert "cannot be referred" not in text_of(visitor.get(answer.location))
    with acting_as(Principal.system(bank.id)) as session:
        confirmed = Balance.verified_as_of.is_not(None)
        assert session.scalar(select(func.count()).select_from(Balance).where(confirmed)) == 6


def test_confirming_goes_part_by_part_over_every_account_once(acting_as, bank, browse, monkeypatch):
    monkeypatch.setattr(attest, "AT_ONCE", 4)
    visitor = browse()
    import_id = _mapped(visitor)
    visitor.post(f"/bank/imports/{import_id}/check")

    for _ in range(2):
        visitor.post(f"/bank/imports/{import_id}/attest")

    assert _count(acting_as, bank, Verification) == 6
    with acting_as(Principal.system(bank.id)) as session:
        rows = session.scalars(
            select(AuditRow.facts)
            .where(AuditRow.verb == "balance.verified")
            .order_by(AuditRow.at, AuditRow.id)
        ).all()
    assert rows == [{"count": 6}, {"count": 0}]


def test_required_fields_that_are_not_mapped_are_named_and_nothing_is_lost(browse):
    visitor = browse()
    import_id = _id_of(_upload(visitor, _some_rows()))
    chosen = chosen_on(visitor.get(f"/bank/imports/{import_id}/map"))

    page = visitor.post(
        f"/bank/imports/{import_id}/map", {**chosen, "column-0": "", "column-6": "product"}
    )

    assert page.status_code == 422
    text = text_of(page)
    assert "Account number is required, and no column gives it." in text
    assert "More than one column is imported as Product." in text
    assert chosen_on(page)["column-6"] == "product"
    assert chosen_on(page)["column-12"] == "product"


def test_a_field_the_portal_does_not_know_is_not_mapped(browse):
    visitor = browse()
    import_id = _id_of(_upload(visitor, _some_rows()))
    chosen = chosen_on(visitor.get(f"/bank/imports/{import_id}/map"))

    answer = visitor.post(f"/bank/imports/{import_id}/map", {**chosen, "column-3": "bank_id"})

    assert answer.status_code == 303


def test_the_columns_of_the_last_file_are_remembered(browse):
    visitor = browse()
    import_id = _id_of(_upload(visitor, _some_rows(2)))
    chosen = chosen_on(visitor.get(f"/bank/imports/{import_id}/map"))
    visitor.post(f"/bank/imports/{import_id}/map", {**chosen, "column-4": ""})
    visitor.post(f"/bank/imports/{import_id}/check")

    again = _id_of(_upload(visitor, _some_rows(3), "november.csv"))

    assert chosen_on(visitor.get(f"/bank/imports/{again}/map"))["column-4"] == ""


def test_the_same_file_again_leads_to_the_first_time(acting_as, bank, browse):
    visitor = browse()
    import_id = _mapped(visitor)
    visitor.post(f"/bank/imports/{import_id}/check", {"attested": "y"})

    answer = _upload(visitor, _some_rows(), "renamed.csv")

    assert answer.status_code == 303
    assert answer.location == f"/bank/imports/{import_id}"
    assert "This file was imported before; nothing was changed." in text_of(
        visitor.get(answer.location)
    )
    assert _count(acting_as, bank) == 6
    assert _count(acting_as, bank, ImportFile) == 1


def test_two_uploads_of_one_file_are_committed_once(acting_as, bank, browse):
    visitor = browse()
    first, second = _mapped(visitor), _mapped(visitor)
    visitor.post(f"/bank/imports/{first}/check")

    answer = visitor.post(f"/bank/imports/{second}/check")

    assert answer.location == f"/bank/imports/{first}"
    assert _count(acting_as, bank) == 6


@pytest.mark.parametrize("step", ["map", "check"])
def test_a_finished_import_has_no_steps_left(browse, step):
    visitor = browse()
    import_id = _mapped(visitor)
    visitor.post(f"/bank/imports/{import_id}/check")

    for answer in (
        visitor.get(f"/bank/imports/{import_id}/{step}"),
        visitor.post(f"/bank/imports/{import_id}/{step}"),
    ):
        assert answer.status_code == 303
        assert answer.location == f"/bank/imports/{import_id}"


def test_an_import_that_is_not_finished_leads_to_its_columns(browse):
    visitor = browse()
    import_id = _id_of(_upload(visitor, _some_rows()))

    assert visitor.get(f"/bank/imports/{import_id}").location.endswith("/map")
    assert "us.csv" not in text_of(visitor.get("/bank/imports"))
    assert "october.csv Waiting for its columns 0 0" in text_of(visitor.get("/bank/imports"))


@pytest.mark.abuse("F1")
def test_bad_rows_are_named_with_their_cure_and_come_back_as_delivered(acting_as, bank, browse):
    spoiled = files.bad_rows()
    visitor = browse()
    import_id = _mapped(visitor, spoiled.data)

    check = visitor.get(f"/bank/imports/{import_id}/check")
    rejects = visitor.get(f"/bank/imports/{import_id}/rejects.csv")
    visitor.post(f"/bank/imports/{import_id}/check")
    after = visitor.get(f"/bank/imports/{import_id}/rejects.csv")

    text = text_of(check)
    assert f"Rejected {len(spoiled.rejected)}" in text
    assert "is not an e-mail address. Correct it, or leave it empty." in text
    assert "Principal, interest and fees add up to" in text
    rows = list(csv.reader(io.StringIO(rejects.get_data().decode("utf-8-sig"), newline="")))
    headings = files.read_table(files.real_file())[0]
    assert rows[0] == [*headings, "code", "reason"]
    assert len(rows) - 1 == len(spoiled.rejected)
    assert {row[-2] for row in rows[1:]} == {next(iter(c)) for c in spoiled.rejected.values()}
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row if cell)
    assert after.get_data() == rejects.get_data()
    assert rejects.headers["Content-Disposition"].endswith("filename=rejects-october.csv")
    assert _count(acting_as, bank) == files.ACCOUNTS - len(spoiled.rejected)
    assert f"{len(spoiled.rejected)} rows were not imported" in text_of(
        visitor.get(f"/bank/imports/{import_id}")
    )


def test_a_file_without_a_good_row_imports_nothing(acting_as, bank, browse):
    table = files.read_table(_some_rows(2))
    for row in table[1:]:
        row[table[0].index("Curr Bal")] = "abc"
    visitor = browse()
    import_id = _mapped(visitor, files.write_table(table))

    check = text_of(visitor.get(f"/bank/imports/{import_id}/check"))
    answer = visitor.post(f"/bank/imports/{import_id}/check", {"attested": "y"})

    assert "No row can be imported" in check
    assert answer.status_code == 409
    assert _count(acting_as, bank) == 0


@pytest.mark.parametrize(
    "how", [name for name in files.WHOLE_FILES if name not in ("a missing column",)]
)
def test_a_file_that_cannot_be_taken_is_refused_by_name(acting_as, bank, browse, how):
    spoiled = files.WHOLE_FILES[how]()
    message = FILE_REASONS[spoiled.refused].message.split("%")[0].strip()
    visitor = browse()

    answer = _upload(visitor, spoiled.data)
    if answer.status_code == 303:
        import_id = _id_of(answer)
        visitor.post(
            f"/bank/imports/{import_id}/map",
            chosen_on(visitor.get(f"/bank/imports/{import_id}/map")),
        )
        answer = visitor.get(f"/bank/imports/{import_id}/check")

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert FILE_REASONS[spoiled.refused].cure.split("<")[0] in text_of(answer)
    assert _count(acting_as, bank) == 0


def test_a_refused_upload_keeps_nothing(acting_as, bank, browse):
    _upload(browse(), b"")

    assert _count(acting_as, bank, ImportFile) == 0
    assert _count(acting_as, bank, ImportChunk) == 0


def test_an_upload_without_a_file_says_so(browse):
    page = browse().post("/bank/imports/new")

    assert page.status_code == 422
    assert "Choose the file to import." in text_of(page)


def test_a_missing_column_is_asked_for_before_the_rows_are_checked(browse):
    spoiled = files.WHOLE_FILES["a missing column"]()
    visitor = browse()
    import_id = _id_of(_upload(visitor, spoiled.data))

    answer = visitor.get(f"/bank/imports/{import_id}/check")

    assert answer.status_code == 303
    assert answer.location.endswith("/map")
    assert "Principal is required, and no column gives it." in text_of(visitor.get(answer.location))


def test_a_trailer_that_agrees_is_said_to_agree(browse):
    visitor = browse()
    import_id = _mapped(visitor, files.real_file(trailer=True))

    text = text_of(visitor.get(f"/bank/imports/{import_id}/check"))

    assert "Can be imported 3,130" in text
    assert "$197,038,144.00" in text
    assert "Control totals Agree to the cent" in text


@pytest.mark.parametrize(
    "how", ["UTF-8 with a byte order mark", "UTF-16", "semicolons", "tabs", "pipes"]
)
def test_other_encodings_and_delimiters_are_told_apart(browse, how):
    visitor = browse()
    import_id = _mapped(visitor, files.GOOD_FORMS[how]())

    assert "Can be imported 3,130" in text_of(visitor.get(f"/bank/imports/{import_id}/check"))


def test_chinese_accounts_in_gb18030_are_read(make, visit, browse):
    bank = make.bank(country="CN", timezone="Asia/Shanghai")
    visitor = browse(at=bank)
    data = files.real_file("CN", rows=50).decode().encode("gb18030")
    import_id = _mapped(visitor, data)

    text = text_of(visitor.get(f"/bank/imports/{import_id}/check"))

    assert "Can be imported 50" in text
    assert "CN¥" in text


@pytest.mark.abuse("A1")
@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("get", ""),
        ("get", "/map"),
        ("post", "/map"),
        ("get", "/check"),
        ("post", "/check"),
        ("post", "/attest"),
        ("get", "/rejects.csv"),
    ],
)
def test_another_banks_file_answers_like_one_that_never_existed(
    make, acting_as, browse, method, tail
):
    other = make.bank()
    import_id, never = _mapped(browse(at=other)), uuid7()
    visitor = browse()

    theirs = getattr(visitor, method)(f"/bank/imports/{import_id}{tail}")
    nobodys = getattr(visitor, method)(f"/bank/imports/{never}{tail}")

    assert theirs.status_code == nobodys.status_code == 404
    assert bare(theirs, import_id) == bare(nobodys, never)
    with acting_as(Principal.system(other.id)) as session:
        assert session.scalars(select(ImportFile)).one().state is ImportState.UPLOADED


def test_an_analyst_sees_imports_and_makes_none(browse):
    visitor = browse(Role.BANK_ANALYST)

    assert visitor.get("/bank/imports").status_code == 200
    assert "Import a file" not in text_of(visitor.get("/bank/imports"))
    assert visitor.get("/bank/imports/new").status_code == 403
    assert _upload(visitor, _some_rows()).status_code == 403


def test_every_reason_and_every_field_has_its_words_in_chinese(app):
    texts = [target.label for target in TARGETS]
    for reasons in (FILE_REASONS, MAPPING_REASONS, ROW_REASONS, COLUMN_WARNINGS):
        for reason in reasons.values():
            texts += [reason.message, reason.cure]

    with app.test_request_context(), force_locale("zh_Hans_CN"):
        missing = [text for text in texts if gettext(text) == text]

    assert missing == []
