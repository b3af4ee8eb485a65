"""People come in without single sign-on: by invitation, password and authenticator."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys import door
from tests.journeys.axe import DESKTOP, Inspector
from tests.journeys.people import Staff

pytestmark = pytest.mark.journey


def _invite(staff: Staff, name: str, email: str) -> None:
    staff.fill("Name", name)
    staff.fill("Work e-mail", email)
    staff.press("Send the invitation")


def test_the_operator_invites_an_administrator_who_invites_a_colleague_who_signs_in(
    portal, open_page
):
    inspector = Inspector()

    def person(email: str) -> Staff:
        return Staff(portal, open_page(viewport=DESKTOP), inspector=inspector, email=email)

    operator = person("operator@portal.example")
    administrator = person("casey.park@cedarlane.example")
    colleague = person("noor.haddad@cedarlane.example")

    door.join_by_invitation(operator)
    operator.at("Home")
    operator.go("Organisations")
    operator.at("Organisations")
    operator.follow("Cedar Lane Associates")
    operator.at("Cedar Lane Associates")
    operator.follow("Invite an administrator")
    operator.at("Invite an administrator")
    _invite(operator, "Casey Park", administrator.email)
    expect(operator.page.get_by_role("cell", name=administrator.email)).to_be_visible()

    door.join_by_invitation(administrator)
    administrator.go("People and sign-in")
    administrator.look("staff")
    administrator.follow("Invite somebody")
    administrator.at("Invite somebody")
    _invite(administrator, "Noor Haddad", colleague.email)

    door.join_by_invitation(colleague)
    colleague.page.get_by_role("button", name="Noor Haddad").click()
    colleague.look("user menu")
    colleague.press("Sign out")
    colleague.at("You are signed out")
    door.sign_in_with_password(colleague)
    colleague.at("Today")
    colleague.page.get_by_role("button", name="Noor Haddad").click()
    colleague.follow("Your profile")
    colleague.at("Your profile")

    for entry in ("Jobs", "Deliveries", "Health"):
        operator.go(entry)
        operator.at(entry)
    inspector.assert_clean()
