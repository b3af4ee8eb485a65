"""What an agency does: accept an offer, ask who may be called, log a call, report money, write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from playwright.sync_api import Locator, expect

from tests.journeys.bank_desk import balance_in
from tests.journeys.door import code_of_letter
from tests.journeys.people import Staff
from tests.journeys.referral import Person
from tests.journeys.words import amounts


@dataclass
class AgencyDesk:
    """The agency's side of a journey."""

    staff: Staff

    def accept_offer(self, count: int, total: int) -> None:
        """Accept the only offer that waits, and see its accounts opened."""
        staff = self.staff
        staff.at("Today")
        staff.go("Offers")
        staff.at("Offers")
        row = staff.page.get_by_role("row").nth(1)
        assert amounts(row.inner_text()) == [total]
        staff.click(row.get_by_role("link"))
        staff.look("offer")
        assert staff.figure("Accounts") == str(count)
        staff.press("Accept the offer")
        staff.reload_until(staff.page.get_by_text(staff.say("All accounts are open")))
        staff.look("accepted offer")

    def see_worklist(self, count: int, total: int) -> list[str]:
        """Look at the worklist; return the answers to "May I call now?" of its first page."""
        staff = self.staff
        staff.go("Worklist")
        staff.at("Worklist")
        lead = staff.page.locator(".dp-lead").inner_text()
        assert str(count) in lead
        assert amounts(lead) == [total]
        return staff.page.locator("td .dp-badge").all_inner_texts()

    def open_account(self, person: Person) -> None:
        """Find the account by its number and open it."""
        staff = self.staff
        staff.go("Worklist")
        staff.page.get_by_label(staff.say("Account number or name"), exact=True).fill(
            person.account_ref
        )
        staff.press("Apply filters")
        staff.click(staff.page.get_by_role("link", name=person.name).first)
        expect(staff.title).to_have_text(person.name)
        staff.look("account")

    def permit(self, channel: str) -> Locator:
        """Return the answer to whether the person may be contacted in a way."""
        return self.staff.page.locator("#permits dt", has_text=self.staff.say(channel))

    def log_conversation(self, note: str) -> None:
        """Log a call that reached the person just now."""
        staff = self.staff
        staff.follow("Log an action")
        staff.at("Log an action")
        staff.choose("Spoke")
        staff.page.get_by_label(staff.say("Note")).fill(note)
        staff.press("Log the action")
        expect(staff.page.get_by_text(note)).to_be_visible()

    def record_promise(self, amount: str, due_on: date) -> None:
        """Record what the person promised to pay."""
        staff = self.staff
        staff.follow("Record a promise")
        staff.at("Record a promise")
        staff.fill("Amount", amount)
        staff.fill("To be paid by", due_on.isoformat())
        staff.press("Record the promise")

    def report_recovery(self, amount: str, received_on: date, reference: str) -> None:
        """Report money the person paid to the agency."""
        staff = self.staff
        staff.follow("Report a recovery")
        staff.at("Report a recovery")
        staff.fill("Amount received", amount)
        staff.fill("Received on", received_on.isoformat())
        staff.choose("We did; it is in our trust account")
        staff.fill("Reference of the payment", reference)
        staff.press("Report the recovery")
        expect(staff.page.get_by_role("cell", name=reference)).to_be_visible()

    def send_notice(self) -> str:
        """Send the notice, download it once it is printed, and return the code on it."""
        staff = self.staff
        staff.press("Send the notice")
        letter = staff.page.locator("a[href*='/agency/letters/']")
        staff.reload_until(letter)
        return code_of_letter(staff.download(letter.first))

    def exported_balance(self, person: Person) -> int:
        """Export the worklist and return the person's balance in the file."""
        staff = self.staff
        staff.go("Worklist")
        path = staff.download(staff.link("Export as CSV"))
        return balance_in(path, person, "account_ref", "balance")
