"""The ways in: an organisation's own provider, a password with an authenticator, a letter."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.journeys.people import Staff, Visitor
from tests.journeys.referral import Person
from tests.support.servers import six_digits

PASSWORD = "ladder violet cider nine"
_CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]\b")


def sign_in_through_organisation(staff: Staff, language: str | None = None) -> None:
    """Sign in by clicks: e-mail first, then at the organisation's own provider."""
    _begin(staff, language)
    staff.at("Sign in through your organisation")
    staff.click(staff.page.locator("main a.btn-primary"))
    expect(staff.page.get_by_text("DEMO IDENTITY PROVIDER")).to_be_visible()
    staff.click(staff.page.get_by_role("button", name=staff.email))


def join_by_invitation(staff: Staff) -> None:
    """Follow the link of the invitation in the mailbox, choose a password, add a device."""
    invitation = staff.portal.mail(staff.email, "/invitation/")
    link = re.search(re.escape(staff.portal.url) + r"/invitation/[\w-]+", invitation.text)
    assert link is not None, invitation.text
    staff.page.goto(link[0])
    staff.look("invitation")
    staff.fill("Password", PASSWORD)
    staff.fill("The same password again", PASSWORD)
    staff.press("Continue")
    staff.at("Add an authenticator")
    staff.secret = staff.page.locator("code").inner_text().replace(" ", "")
    staff.fill("Code", authenticator_code(staff))
    staff.press("Confirm the authenticator")
    staff.at("Keep your recovery codes")
    staff.press("I have noted them")


def sign_in_with_password(staff: Staff) -> None:
    """Sign in by e-mail, password and the next code of the authenticator."""
    _begin(staff)
    staff.at("Your password")
    staff.fill("Password", PASSWORD)
    staff.press("Continue")
    staff.at("Code from your authenticator")
    staff.fill("Code", authenticator_code(staff, steps=1))
    staff.press("Sign in")


def authenticator_code(staff: Staff, *, steps: int = 0) -> str:
    """Return what the authenticator shows, or will show some steps later."""
    return pyotp.TOTP(staff.secret).at(int(staff.portal.now().timestamp()) + 30 * steps)


def _begin(staff: Staff, language: str | None = None) -> None:
    staff.page.goto("/sign-in")
    if language is not None:
        staff.switch_language(language)
    staff.at("Sign in")
    staff.fill("Work e-mail", staff.email)
    staff.press("Continue")


def code_of_letter(letter: Path) -> str:
    """Return the code printed on a letter."""
    reader = PdfReader(letter)
    text = "\n".join(page.extract_text() for page in reader.pages)
    found = _CODE.search(text)
    assert found is not None, text
    return found[0]


def enter_with_letter(
    debtor: Visitor, code: str, person: Person, language: str | None = None
) -> None:
    """Open the address of the letter's QR code, prove who it is, and enter."""
    debtor.page.goto(f"/l/{code}")
    if language is not None:
        debtor.switch_language(language)
    debtor.at("Open your page")
    assert code not in debtor.page.url
    debtor.press("Continue")
    confirm_person(debtor, person)


def confirm_person(debtor: Visitor, person: Person) -> None:
    """Give the date of birth and the passcode texted to the telephone on file."""
    debtor.at("Confirm it is you")
    birth = person.birth
    for label, value in (("Day", birth.day), ("Month", birth.month), ("Year", birth.year)):
        debtor.fill(label, str(value))
    debtor.press("Continue")
    debtor.at("We will send you a one-time code")
    before = {letter.name for letter in debtor.portal.outbox.list_newest(person.digits)}
    debtor.page.get_by_role("radio").first.check()
    debtor.press("Send the code")
    debtor.at("Enter the code we sent you")
    passcode = debtor.portal.mail(person.digits, newer_than=before)
    debtor.page.locator("input[name=passcode]").fill(six_digits(passcode.text))
    debtor.press("Open my page")
