"""The operator's console: organisations, jobs, deliveries, health, and nothing of any debtor."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.core import outbox
from portal.core.parties.models import Agency, Bank
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.web.uow import transaction
from tests.support.people import Browser, address, hire, row_of, text_of


@pytest.fixture
def desk(app):
    """Return an operator's browser, signed in."""
    desk = Browser(app)
    desk.sign_in(hire(None, Role.OPERATOR, name="Op Erator"))
    return desk


FORM = {
    "kind": "bank",
    "name": "Harbour Bank",
    "name_zh": "海港银行",
    "country": "US",
    "timezone": "America/New_York",
    "languages": ["en", "zh"],
    "phone": "+1 212 555 0100",
    "phone_hours": "Monday to Friday",
    "email": "hello@harbour.example",
    "address": "1 Quay",
}


def _code():
    return address().split("@")[0].upper().replace("STAFF", "H")[:20]


@pytest.mark.parametrize(("kind", "table"), [("bank", Bank), ("agency", Agency)])
def test_an_organisation_is_made_and_its_first_administrator_joins(app, desk, kind, table):
    code, email = _code(), address()
    desk.get("/operator/organisations/new")
    made = desk.post("/operator/organisations/new", {**FORM, "kind": kind, "code": code})
    page = text_of(desk.get(made.location))
    invited = desk.post(
        f"{made.location}/administrators/invite",
        {"name": "First Boss", "email": email, "language": "en"},
    )

    with transaction(Principal.operator_machine()) as session:
        org = session.query(table).filter_by(code=code).one()
    assert made.location == f"/operator/organisations/{kind}/{org.id}"
    assert "Nobody can let people in yet" in page
    assert invited.location == made.location
    assert "First Boss" in text_of(desk.get(made.location))
    assert row_of(email).role in (Role.BANK_ADMIN, Role.AGENCY_ADMIN)
    assert (org.name, org.languages) == ("Harbour Bank", ["en", "zh"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"code": "a b"}, "capital letters"),
        ({"name": ""}, "Enter the name"),
        ({"timezone": "Mars/Base"}, "Not a valid choice"),
        ({"country": "ZZZ"}, "Not a valid choice"),
        ({"languages": []}, "at least one language"),
        ({"kind": "operator"}, "Not a valid choice"),
        ({"email": "nonsense"}, "name@example.com"),
    ],
)
def test_what_cannot_be_an_organisation_is_sent_back(desk, changes, why):
    desk.get("/operator/organisations/new")

    answer = desk.post("/operator/organisations/new", {**FORM, "code": _code(), **changes})

    assert answer.status_code == 422
    assert why in text_of(answer)


def test_a_code_is_taken_once(make, desk):
    bank = make.bank()
    desk.get("/operator/organisations/new")

    answer = desk.post("/operator/organisations/new", {**FORM, "code": bank.code})

    assert answer.status_code == 422
    assert "is taken" in text_of(answer)


def test_an_organisation_is_found_by_part_of_its_name_or_code(make, desk):
    bank, agency = make.bank(), make.agency()

    found = text_of(desk.get("/operator/organisations", query_string={"q": bank.code.lower()}))
    nothing = text_of(desk.get("/operator/organisations", query_string={"q": "100%_of"}))

    assert bank.name in found
    assert agency.name not in found
    assert "Nothing matches" in nothing


def test_an_organisation_is_changed_and_keeps_its_code(make, desk):
    bank = make.bank()
    path = f"/operator/organisations/bank/{bank.id}/edit"
    desk.get(path)

    answer = desk.post(path, {**FORM, "name": "New Name", "code": "OTHER", "country": "CN"})

    with transaction(Principal.operator_machine()) as session:
        row = session.get_one(Bank, bank.id)
    assert answer.status_code == 303
    assert (row.name, row.code, row.country) == ("New Name", bank.code, "US")


def test_a_suspended_organisation_is_out_until_it_is_let_in_again(app, make, desk):
    agency = make.agency()
    member = hire(agency, Role.AGENCY_ADMIN)
    theirs = Browser(app)
    theirs.sign_in(member)
    path = f"/operator/organisations/agency/{agency.id}"
    asked = text_of(desk.get(f"{path}/suspend"))

    desk.post(f"{path}/suspend")
    out = theirs.is_signed_in()
    refused = Browser(app).sign_in(member)
    desk.post(f"{path}/resume")
    back = Browser(app).sign_in(member)

    assert f"Suspend {agency.name}?" in asked
    assert out is False
    assert refused.status_code == 403
    assert back.location == "/agency/"


def test_an_administrator_who_lost_everything_starts_over(make, desk):
    agency = make.agency()
    member = hire(agency, Role.AGENCY_ADMIN, name="Lost One")
    path = f"/operator/organisations/agency/{agency.id}/administrators/{member.id}"
    asked = text_of(desk.get(f"{path}/reset"))

    desk.post(f"{path}/reset", {"reason": "lost_device"})
    desk.post(f"{path}/invitation")

    assert "impostors" in asked
    assert member.row().status == "invited"


@pytest.mark.abuse("A1")
def test_an_organisation_of_the_other_kind_does_not_exist(make, desk):
    bank = make.bank()

    assert desk.get(f"/operator/organisations/agency/{bank.id}").status_code == 404
    assert desk.get(f"/operator/organisations/operator/{bank.id}").status_code == 404


@pytest.mark.abuse("A1")
@pytest.mark.parametrize("role", [Role.BANK_ADMIN, Role.AGENCY_ADMIN])
def test_the_console_does_not_exist_for_others(app, make, role):
    org = make.bank() if role is Role.BANK_ADMIN else make.agency()
    desk = Browser(app, hire(org, role).principal)

    for path in ("", "organisations", "jobs", "deliveries", "health", "staff"):
        assert desk.get(f"/operator/{path}").status_code in (403, 404)


# -- what runs


def _fail_a_job(admin, task):
    return admin.execute(
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status, attempts, args)"
        " VALUES ('default', %s, 'failed', 6, '{\"secret\": \"CanaryArgument\"}') RETURNING id",
        [task],
    ).fetchone()[0]


def test_a_failed_job_is_shown_without_its_arguments_and_runs_again(admin, desk):
    job = _fail_a_job(admin, "deliver_message")

    page = text_of(desk.get("/operator/jobs"))
    answer = desk.post(f"/operator/jobs/{job}/retry")
    again = desk.post(f"/operator/jobs/{job}/retry")

    status = admin.execute(
        "SELECT status FROM jobs.procrastinate_jobs WHERE id = %s", [job]
    ).fetchone()[0]
    assert "deliver_message" in page
    assert "CanaryArgument" not in page
    assert answer.status_code == 303
    assert again.status_code == 409
    assert status == "todo"


def test_many_failed_jobs_are_shown_page_by_page(admin, desk):
    jobs = [_fail_a_job(admin, f"task_{number}") for number in range(60)]

    first = text_of(desk.get("/operator/jobs"))
    second = text_of(desk.get("/operator/jobs", query_string={"before": jobs[10]}))

    assert f"/jobs/{jobs[59]}/retry" in first
    assert f"/jobs/{jobs[9]}/retry" not in first
    assert "before=" in first
    assert f"/jobs/{jobs[10]}/retry" not in second
    assert f"/jobs/{jobs[9]}/retry" in second


@pytest.mark.abuse("A13")
def test_deliveries_show_neither_addresses_nor_texts(make, desk):
    bank = make.bank()
    with transaction(Principal.system(bank.id)) as session:
        outbox.post_message(
            session,
            bank.id,
            channel="email",
            kind="test-note",
            to="canary.person@example.com",
            subject="CanarySubject",
            text="CanaryBody",
        )

    page = text_of(desk.get("/operator/deliveries"))

    assert bank.name in page
    assert "test-note" in page
    for secret in ("canary.person", "CanarySubject", "CanaryBody"):
        assert secret not in page


@pytest.mark.abuse("A13")
@pytest.mark.parametrize("column", ["to_sealed", "body_sealed", "subject"])
def test_the_function_behind_deliveries_could_not_read_them_either(admin, column):
    granted = admin.execute(
        "SELECT has_column_privilege('portal_checks', 'messages', %s, 'SELECT')", [column]
    ).fetchone()[0]

    assert granted is False


@pytest.mark.abuse("A1")
def test_only_the_operator_sees_deliveries_of_all(make, acting_as):
    bank = make.bank()
    for principal in (
        Principal.system(bank.id),
        make.vendor_manager(bank),
        Principal.machine_of(bank.id),
    ):
        with acting_as(principal) as session:
            rows = session.execute(
                text("SELECT * FROM doors.list_deliveries(now() + interval '1 day', 10)")
            ).all()
            counts = session.execute(text("SELECT * FROM doors.count_deliveries()")).all()
        assert (rows, counts) == ([], [])


def test_an_address_that_names_no_instant_is_not_found(desk):
    assert desk.get("/operator/deliveries?before=yesterday").status_code == 404


def test_health_says_what_needs_somebody(desk):
    page = text_of(desk.get("/operator/health"))

    assert "PostgreSQL 18" in page
    assert "is bound by it" in page
    assert "Needs you" in page  # no worker runs in the tests


def test_the_home_page_leads_to_everything(desk):
    page = text_of(desk.get("/operator/"))

    for path in ("organisations", "jobs", "deliveries", "health", "staff", "sign-in-provider"):
        assert f'href="/operator/{path}"' in page


@pytest.mark.abuse("A1")
def test_no_page_of_the_operator_shows_anything_of_a_debtor(make, desk):
    account = make.account(agency=make.agency())

    for path in ("", "organisations", "jobs", "deliveries", "health", "staff"):
        page = text_of(desk.get(f"/operator/{path}"))
        for canary in (account.name, account.email, account.phone, account.account_ref):
            assert canary not in page
    page = text_of(desk.get(f"/operator/organisations/bank/{account.bank_id}"))
    assert account.name not in page
