"""Every endpoint, every principal, ids of every other party: nothing read, nothing changed.

For each row the rightful principal is shown first to get it, so that a probe that finds nothing
is known to have looked in the right place.
"""

from __future__ import annotations

import re
from itertools import product
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.core.db import uuid7
from portal.core.principal import Principal
from portal.web.access import PUBLIC_ENDPOINTS, SANDBOX_PREFIX
from tests.support.sign_in import Visitor
from tests.tenancy.world import World, make_world

#: Where a rightful principal must see a marker of the row in the page's own address.
SEEN = {
    ("bank.show_account", "vendor manager"),
    ("bank.show_breach", "vendor manager"),
    ("bank.show_permit", "vendor manager"),
    ("bank.show_contact_calendar", "vendor manager"),
    ("bank.log_reminder_call", "vendor manager"),
    ("agency.show_breach", "agency manager"),
    ("agency.show_account", "agency manager"),
    ("debtor.home", "debtor"),
    ("debtor.show_balance", "debtor"),
    ("debtor.show_plan", "debtor"),
    ("debtor.show_payment", "debtor"),
    ("bank.show_referral", "vendor manager"),
    ("bank.show_import", "vendor manager"),
    ("bank.show_agency", "vendor manager"),
    ("agency.show_offer", "agency manager"),
    ("agency.show_action_file", "agency manager"),
    ("agency.show_permit", "agency manager"),
    ("bank.edit_staff", "bank administrator"),
    ("agency.edit_staff", "agency administrator"),
    ("bank.download_letter", "vendor manager"),
    ("agency.download_letter", "agency manager"),
    ("debtor.download_letter", "debtor"),
}
#: Lists and exports whose rows are a party's own: no id in the address, a marker in the page.
LISTS = {
    ("bank.list_accounts", "vendor manager"),
    ("bank.export_accounts", "vendor manager"),
    ("bank.list_recoveries", "vendor manager"),
    ("bank.list_breaches", "vendor manager"),
    ("bank.export_breaches", "vendor manager"),
    ("bank.list_reminders", "vendor manager"),
    ("bank.export_reminders", "vendor manager"),
    ("agency.list_accounts", "agency manager"),
    ("agency.list_recoveries", "agency manager"),
    ("agency.list_action_files", "agency manager"),
}
ID_ARGUMENT = re.compile(r"_id$")


@pytest.fixture(scope="module")
def worlds(app: Flask) -> tuple[World, World]:
    """Make two worlds that share nothing."""
    from tests.support.factories import Factory

    with app.app_context():
        return make_world(Factory()), make_world(Factory())


def _rules(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC_ENDPOINTS
        and not rule.endpoint.startswith((SANDBOX_PREFIX, "preferences."))
    ]


def _values(rule: Rule, world: World) -> dict[str, object]:
    """Fill an address with ids of a world; ids that world lacks are ids of nobody."""
    values: dict[str, object] = {}
    for name in rule.arguments:
        if name == "staff_id":
            side = "agency" if rule.endpoint.startswith("agency.") else "bank"
            values[name] = world.ids[f"{side}_staff_id"]
        elif ID_ARGUMENT.search(name) and name in world.ids:
            values[name] = world.ids[name]
        elif name == "kind":
            values[name] = "csv" if ".export_" in rule.endpoint else "bank"
        elif name == "deed":
            values[name] = "waive"
        elif name == "job_id":
            values[name] = 2**40
        else:
            values[name] = uuid7()
    return values


def _address(app: Flask, rule: Rule, world: World) -> str:
    with app.test_request_context():
        return rule.build(_values(rule, world))[1]  # type: ignore[index]


def _snapshot(admin: psycopg.Connection, world: World) -> dict[str, str]:
    """Digest every row of a world's parties, leaving out what looking rightly leaves behind."""
    tables = [
        row[0]
        for row in admin.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'bank_id'"
        ).fetchall()
    ]
    return {
        table: admin.execute(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
            f" FROM {table} t WHERE bank_id = %s",
            [world.bank.id],
        ).fetchone()[0]
        for table in tables
    }


def test_every_endpoint_names_its_permission_or_is_on_the_public_list(app):
    unmarked = {
        rule.endpoint
        for rule in _rules(app)
        if "portal_permission" not in app.view_functions[rule.endpoint].__dict__
    }

    assert unmarked == set()


def test_every_public_endpoint_exists(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert set(PUBLIC_ENDPOINTS) - endpoints == set()


def test_the_rightful_principal_gets_each_row_and_sees_it(app, worlds):
    world = worlds[0]
    marks = [*world.markers, str(world.account.account_ref)[-6:]]
    for rule in _rules(app):
        for endpoint, who in SEEN | LISTS:
            if rule.endpoint != endpoint or "GET" not in rule.methods:
                continue
            if rule.endpoint == "debtor.home" and not rule.arguments:
                continue
            answer = Visitor(app, world.principals[who]).get(_address(app, rule, world))
            assert answer.status_code == 200, (endpoint, who, answer.status_code)
            if endpoint in {"bank.show_account", "agency.show_account"} or (
                (endpoint, who) in LISTS
            ):
                body = answer.get_data(as_text=True)
                assert any(mark in body for mark in marks), (endpoint, who)


def test_every_endpoint_named_in_the_probe_exists(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert {endpoint for endpoint, _ in SEEN | LISTS} - endpoints == set()


@pytest.mark.abuse("A1")
@pytest.mark.abuse("A2")
def test_a_foreign_principal_reads_nothing_and_changes_nothing(app, worlds, admin):
    mine, theirs = worlds
    before = _snapshot(admin, mine)
    strangers: dict[str, Principal | None] = {
        **{f"their {name}": principal for name, principal in theirs.principals.items()},
        "operator": Principal.operator_machine(),
        "nobody": None,
    }
    leaks = []
    for rule, (who, principal) in product(_rules(app), strangers.items()):
        if not any(ID_ARGUMENT.search(name) for name in rule.arguments):
            continue
        if who == "operator" and rule.endpoint.startswith("operator."):
            continue
        visitor = Visitor(app, principal)
        address = _address(app, rule, mine)
        for method in sorted(rule.methods & {"GET", "POST"}):
            answer = _send(visitor, method, address, mine)
            problem = _problem(rule, who, method, answer, mine)
            if problem:
                leaks.append(problem)

    assert leaks == []
    assert _snapshot(admin, mine) == before


def _send(visitor, method, address, world):
    if method == "GET":
        return visitor.get(address)
    fields = {name: str(value) for name, value in world.ids.items()}
    visitor.token = visitor.token or _any_token(visitor)
    return visitor.post(address, fields)


def _any_token(visitor: Visitor) -> str:
    visitor.get("/")
    return visitor.token or "none"


def _problem(rule, who, method, answer, world):
    body = answer.get_data(as_text=True)
    found = [mark for mark in world.markers if mark in body]
    if found:
        return f"{method} {rule.rule} as {who}: {found} in the answer"
    location = answer.headers.get("Location", "")
    to_the_door = answer.status_code in (302, 303) and location.split("?")[0] in {"/sign-in", "/"}
    if answer.status_code in (400, 403, 404) or (who == "nobody" and to_the_door):
        return None
    if (
        rule.endpoint == "bank.show_agency"
        and who.startswith("their")
        and answer.status_code == 404
    ):
        return None
    return f"{method} {rule.rule} as {who}: {answer.status_code} {location}"


@pytest.mark.abuse("A1")
def test_a_foreign_row_and_a_row_that_never_was_get_the_same_bytes(app, worlds):
    mine, theirs = worlds
    differing = []
    for rule in _rules(app):
        if "GET" not in rule.methods or "account_id" not in rule.arguments:
            continue
        side = rule.endpoint.split(".")[0]
        who = {"bank": "vendor manager", "agency": "agency manager", "debtor": "debtor"}[side]
        visitor = Visitor(app, theirs.principals[who])
        foreign = visitor.get(_address(app, rule, mine))
        nobody = World(mine.bank, mine.agency, mine.account, {"account_id": uuid7()})
        never = visitor.get(_address(app, rule, nobody))
        if (foreign.status_code, _plain(foreign)) != (never.status_code, _plain(never)):
            differing.append(rule.rule)

    assert differing == []


def _plain(answer) -> str:
    """Return a page without what differs each time: tokens and the address asked for."""
    text = answer.get_data(as_text=True)
    text = re.sub(r'name="csrf_token" value="[^"]+"', "", text)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", text)


@pytest.mark.abuse("A13")
def test_no_list_search_or_export_names_anything_foreign(app, worlds):
    mine, theirs = worlds
    found = []
    for rule in _rules(app):
        if "GET" not in rule.methods or rule.arguments - {"kind", "deed"}:
            continue
        for who, principal in theirs.principals.items():
            visitor = Visitor(app, principal)
            with app.test_request_context():
                address = rule.build(_values(rule, theirs))[1]
            for query in ("", f"?q={mine.account.name[:12]}", f"?q={mine.account.account_ref}"):
                body = visitor.get(address + query).get_data(as_text=True)
                # What was typed into the search comes back in its own box; only that is taken out.
                asked = query.removeprefix("?q=")
                found += [
                    (rule.rule, who, mark)
                    for mark in mine.markers
                    if mark in body and mark not in asked
                ]

    assert found == []


def test_ids_are_names_and_never_secrets(worlds):
    assert all(isinstance(value, UUID) for world in worlds for value in world.ids.values())
