"""Another party's rows do not exist: byte for byte what an id that never was gives."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from portal.core.accounts.locks import get_account
from portal.core.actions.permits import ask_permit
from portal.core.permissions import Role
from portal.core.placements.letters import Document, gather_facts, store_letter, store_pdf
from portal.core.placements.models import LetterKind
from portal.core.principal import Principal
from portal.core.rules import Channel
from tests.support.factories import NOON

ACCOUNT_PATHS = (
    ("get", "/agency/accounts/{id}", {}),
    ("get", "/agency/accounts/{id}/calls/new", {}),
    ("get", "/agency/accounts/{id}/promises/new", {}),
    ("get", "/agency/accounts/{id}/recoveries/new", {}),
    (
        "post",
        "/agency/accounts/{id}/calls/new",
        {
            "outcome": "busy",
            "direction": "outbound",
            "role": "consumer",
            "made_on": "2026-11-24",
            "made_at": "12:30",
            "zone": "America/New_York",
            "request_key": "a key of its own",
        },
    ),
    (
        "post",
        "/agency/accounts/{id}/promises/new",
        {"amount": "5", "due_on": "2026-12-01", "request_key": "a key of its own"},
    ),
    (
        "post",
        "/agency/accounts/{id}/recoveries/new",
        {
            "amount": "5",
            "received_on": "2026-11-24",
            "recipient": "bank",
            "external_ref": "R",
            "request_key": "a key of its own",
        },
    ),
    ("post", "/agency/accounts/{id}/notices", {}),
    ("get", "/agency/accounts/{id}/actions/new?channel=visit", {}),
    ("get", "/agency/accounts/{id}/permits", {}),
    ("post", "/agency/accounts/{id}/permits", {"channel": "letter"}),
    ("get", "/agency/accounts/{id}/messages/new", {}),
    (
        "post",
        "/agency/accounts/{id}/messages/new",
        {"text": "Hello", "step": "check", "language": "en", "request_key": "a key of its own"},
    ),
)
OFFER_PATHS = (
    ("get", "/agency/offers/{id}", {}),
    ("post", "/agency/offers/{id}/accept", {}),
    ("post", "/agency/offers/{id}/decline", {"reason": "terms"}),
)


def ask(visitor, method, path, values):
    if method == "get":
        return visitor.get(path)
    if not visitor.token:
        visitor.get("/agency/accounts")
    return visitor.post(path, dict(values))


def body(answer, *ids) -> str:
    """Return an answer without what differs between any two: its own address and its token."""
    text = answer.get_data(as_text=True)
    for each in ids:
        text = text.replace(str(each), "ID")
    return re.sub(r'name="csrf_token" value="[^"]+"', "", text)


@pytest.fixture
def stranger(make, visit):
    """Return a browser at another agency, which has an account of its own."""
    other = make.agency()
    make.account(agency=other)
    return visit(make.agent(other, Role.AGENCY_MANAGER))


@pytest.fixture
def letter(make, agency, acting_as):
    """Return an account with a printed letter, and the letter's id."""
    made = make.account(agency=agency)
    system = Principal.system(made.bank_id)
    with acting_as(system) as session:
        facts = gather_facts(session, get_account(session, made.id), at=NOON)
        document = Document(snapshot="{}", language="en", template="notice/1")
        kept = store_letter(
            session, facts, document, kind=LetterKind.NOTICE, issued_by=system.user_id
        )
        store_pdf(session, system, kept.id, b"%PDF")
        return made, kept.id


@pytest.mark.abuse("A1")
@pytest.mark.parametrize(("method", "path", "values"), ACCOUNT_PATHS)
def test_another_agencys_account_is_like_one_that_never_was(
    make, agency, browse, stranger, method, path, values
):
    made, never = make.account(agency=agency), uuid4()
    ours = ask(browse(), method, path.format(id=made.id), values)

    foreign = ask(stranger, method, path.format(id=made.id), values)
    absent = ask(stranger, method, path.format(id=never), values)

    assert ours.status_code in (200, 303, 422)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert body(foreign, made.id) == body(absent, never)
    assert made.name not in foreign.get_data(as_text=True)


@pytest.mark.abuse("A1")
@pytest.mark.parametrize(("method", "path", "values"), OFFER_PATHS)
def test_another_agencys_offer_is_like_one_that_never_was(
    make, agency, browse, stranger, admin, method, path, values
):
    made, never = make.account(agency=agency), uuid4()
    (offer_id,) = admin.execute(
        "SELECT offer_id FROM placements WHERE id = %s", [made.placement_id]
    ).fetchone()
    assert browse().get(f"/agency/offers/{offer_id}").status_code == 200

    foreign = ask(stranger, method, path.format(id=offer_id), values)
    absent = ask(stranger, method, path.format(id=never), values)

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert body(foreign, offer_id) == body(absent, never)


@pytest.mark.abuse("A1")
def test_another_agencys_letter_is_like_one_that_never_was(browse, stranger, letter):
    _, letter_id = letter
    never = uuid4()
    assert browse().get(f"/agency/letters/{letter_id}.pdf").status_code == 200

    foreign = stranger.get(f"/agency/letters/{letter_id}.pdf")
    absent = stranger.get(f"/agency/letters/{never}.pdf")

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert body(foreign, letter_id) == body(absent, never)


@pytest.mark.abuse("A1")
@pytest.mark.parametrize(
    ("method", "path", "values"),
    [
        ("get", "/agency/permits/{id}", {}),
        ("post", "/agency/permits/{id}/return", {}),
        ("post", "/agency/permits/{id}/decision", {"answer": "grant", "reason": "Yes."}),
    ],
)
def test_another_agencys_permit_is_like_one_that_never_was(
    make, agency, stranger, acting_as, method, path, values
):
    made, never, agent = make.account(agency=agency), uuid4(), make.agent(agency)
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.SMS, at=NOON + timedelta(hours=1))

    foreign = ask(stranger, method, path.format(id=permit.id), values)
    absent = ask(stranger, method, path.format(id=never), values)

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert body(foreign, permit.id) == body(absent, never)


@pytest.mark.abuse("A10")
def test_after_a_recall_a_permit_that_was_asked_for_is_seen_no_more(
    make, agency, browse, acting_as, admin
):
    made, agent = make.account(agency=agency), make.agent(agency)
    with acting_as(agent) as session:
        permit = ask_permit(session, agent, made.id, Channel.SMS, at=NOON + timedelta(hours=1))
    recall(admin, made)

    assert made.name not in browse().get("/agency/permits").get_data(as_text=True)
    assert browse().get(f"/agency/permits/{permit.id}").status_code == 404


@pytest.mark.abuse("A13")
@pytest.mark.parametrize(
    "path",
    [
        "/agency/",
        "/agency/permits",
        "/agency/accounts",
        "/agency/accounts?sort=balance",
        "/agency/accounts?now=1",
        "/agency/accounts?q={name}",
        "/agency/accounts?bank={bank}",
        "/agency/accounts/export.csv",
        "/agency/accounts/export.json?q={name}",
        "/agency/recoveries",
        "/agency/offers",
        "/agency/offers?view=answered",
    ],
)
def test_lists_and_files_of_another_agency_hold_nothing_of_this_one(make, agency, stranger, path):
    made = make.account(agency=agency)

    page = stranger.get(path.format(name=made.name, bank=made.bank_id)).get_data(as_text=True)

    asked = page.replace(f'value="{made.name}"', "").replace(f"q={made.name}", "")
    for told in (made.name, made.account_ref, made.email, made.bank.name):
        assert told not in asked


@pytest.mark.abuse("A2")
def test_a_key_of_somebody_elses_row_opens_no_page_of_theirs(make, agency, stranger):
    made = make.account(agency=agency)

    page = stranger.get(f"/agency/accounts?after=never~{made.id}").get_data(as_text=True)

    assert made.name not in page


@pytest.mark.abuse("A10")
@pytest.mark.parametrize(("method", "path", "values"), ACCOUNT_PATHS)
def test_after_a_recall_what_worked_a_second_before_is_gone(
    make, agency, browse, admin, method, path, values
):
    made, visitor = make.account(agency=agency), browse()
    assert visitor.get(f"/agency/accounts/{made.id}").status_code == 200
    recall(admin, made)

    answer = ask(visitor, method, path.format(id=made.id), values)

    assert answer.status_code == 404
    assert made.name not in visitor.get("/agency/accounts").get_data(as_text=True)


def recall(admin, made) -> None:
    """End a placement as its final recall leaves it."""
    for table in ("accounts", "balances"):
        column = "id" if table == "accounts" else "account_id"
        admin.execute(f"UPDATE {table} SET agency_id = NULL WHERE {column} = %s", [made.id])
    for table, column in (("debtors", "id"), ("contact_points", "debtor_id")):
        admin.execute(
            f"UPDATE {table} SET agency_ids = '{{}}' WHERE {column} = %s", [made.debtor_id]
        )
    admin.execute("UPDATE placements SET state = 'final_recall' WHERE id = %s", [made.placement_id])


@pytest.mark.parametrize("side", ["bank", "debtor", "nobody"])
def test_the_console_is_there_for_agencies_only(make, agency, visit, side):
    made = make.account(agency=agency)
    principal = {"bank": make.vendor_manager(made.bank), "debtor": made.debtor, "nobody": None}[
        side
    ]

    answer = visit(principal).get(f"/agency/accounts/{made.id}")

    assert answer.status_code == (303 if side == "nobody" else 404)
