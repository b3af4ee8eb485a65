"""What a bank's vendor manager does: import a file, refer it, verify money, look at it all."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import expect

from tests.journeys.people import Staff
from tests.journeys.referral import Person, ReferralFile, cents
from tests.journeys.words import amounts


@dataclass
class BankDesk:
    """The bank's side of a journey."""

    staff: Staff

    def check_file(self, file: ReferralFile) -> None:
        """Upload, confirm the columns, check every row."""
        staff = self.staff
        staff.go("Imports")
        staff.at("Imports")
        staff.follow("Import a file")
        staff.at("Import a file")
        staff.page.locator("input[type=file]").set_input_files(file.path)
        staff.press("Upload the file")
        staff.at("Which column is which?")
        column = staff.page.get_by_label(staff.say("Import %(heading)s as", heading="Acct No"))
        expect(column).to_have_value("account_ref")
        staff.press("Check the rows")
        staff.at("Check the rows")
        assert staff.figure("Can be imported") == str(len(file.good))
        assert staff.figure("Rejected") == "1"
        assert amounts(staff.figure("Total of the good rows")) == [file.total]
        expect(staff.page.get_by_role("cell", name="31/02/1980", exact=True)).to_be_visible()

    def import_file(self, file: ReferralFile) -> None:
        """Check a file and commit it with the bank's word."""
        staff = self.staff
        self.check_file(file)
        staff.page.get_by_label(
            staff.say(
                "I confirm that these balances are what each person owes on the itemisation date."
            )
        ).check()
        staff.press_main(len(file.good))
        expect(staff.title).to_have_text(file.path.name)
        staff.look("imported")
        assert staff.figure("Accounts imported") == str(len(file.good))
        assert amounts(staff.figure("Total")) == [file.total]

    def refer(self, file: ReferralFile, agency: str, least: str) -> tuple[int, int]:
        """Refer the file's accounts from a balance on to one agency; return count and cents."""
        staff = self.staff
        staff.follow("Refer accounts")
        staff.at("Refer accounts")
        staff.fill("Balance from", least)
        staff.page.get_by_label(staff.say("Imported with")).select_option(label=file.path.name)
        staff.fill_name(agency, "100")
        staff.press("Show the proposal")
        staff.at("Proposal")
        chosen = file.from_balance(int(least) * 100)
        count, total = len(chosen), sum(cents(row["Curr Bal"]) for row in chosen)
        assert staff.figure("Accounts to offer") == str(count)
        assert amounts(staff.figure("Total balance")) == [total]
        staff.press_main(count)
        expect(staff.page).to_have_url(re.compile("/bank/referrals/[0-9a-f-]{36}$"))
        staff.look("referral")
        assert staff.figure("Accounts") == str(count)
        assert amounts(staff.figure("Offered")) == [total]
        return count, total

    def verify_recovery(self, person: Person, amount: int) -> None:
        """Verify the one recovery that was reported on the person's account."""
        staff = self.staff
        staff.go("Recoveries")
        staff.at("Recoveries")
        row = staff.page.get_by_role("row").filter(has_text=person.account_ref)
        assert amount in amounts(row.inner_text())
        staff.click(row.get_by_role("link", name=staff.say("Verify")))
        staff.look("verify recovery")
        assert amounts(staff.figure("Balance after it")) == [person.balance - amount]
        staff.press("Verify the recovery")
        staff.at("Recoveries")

    def open_account(self, person: Person) -> None:
        """Find the account by its number and open it."""
        staff = self.staff
        staff.go("Accounts")
        staff.at("Accounts")
        staff.page.get_by_label(staff.say("Account number or name"), exact=True).fill(
            person.account_ref
        )
        staff.press("Apply filters")
        staff.click(staff.page.get_by_role("link", name=person.account_ref))
        expect(staff.title).to_have_text(person.name)

    def exported_balance(self, person: Person) -> int:
        """Export every account and return the person's balance in the file."""
        staff = self.staff
        staff.go("Accounts")
        path = staff.download(staff.link("Download as CSV"))
        return balance_in(path, person, staff.say("Account number"), staff.say("Balance"))


def balance_in(path: Path, person: Person, account: str, balance: str) -> int:
    """Return the person's balance in an exported file, in cents; both columns by heading."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        row = next(row for row in csv.DictReader(lines) if row[account] == person.account_ref)
    whole, _, part = row[balance].partition(".")
    return int(whole) * 100 + int(part)
