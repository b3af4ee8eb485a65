"""What a person in debt does: see what is owed, agree on a plan, pay, keep the receipt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from playwright.sync_api import expect

from tests.journeys.people import Visitor
from tests.journeys.words import amounts

CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"


@dataclass
class DebtorPage:
    """The person's side of a journey."""

    visitor: Visitor

    def owed(self) -> int:
        """Go home and return what the page says is owed."""
        self.visitor.page.goto("/debtor/")
        self.visitor.at("Your account")
        return amounts(self.visitor.page.locator(".dp-amount").first.inner_text())[0]

    def see_itemisation(self) -> list[int]:
        """Open how the balance was worked out; return the sums of its lines and the total."""
        visitor = self.visitor
        visitor.follow("How we worked this out")
        visitor.at("How we worked this out")
        lines = visitor.page.locator("summary .dp-num, .dp-line-total .dp-num").all_inner_texts()
        visitor.follow("Back")
        return [amounts(line)[0] for line in lines]

    def build_plan(self, amount: str, starts_on: date) -> None:
        """Say what can be managed each month, and look at the answer."""
        visitor = self.visitor
        visitor.follow("What do you want to do?")
        visitor.at("What do you want to do?")
        visitor.click(
            visitor.page.get_by_role("link", name=visitor.say("Set up a plan I can afford"))
        )
        visitor.at("Set up a plan I can afford")
        visitor.fill("How much can you manage each time?", amount)
        visitor.choose("Every month")
        for label, value in zip(
            ("Day", "Month", "Year"),
            (starts_on.day, starts_on.month, starts_on.year),
            strict=True,
        ):
            visitor.fill(label, str(value))
        visitor.press("See the answer")

    def accept_plan(self) -> list[int]:
        """Check the plan and accept it; return its instalments."""
        visitor = self.visitor
        visitor.at("Check your plan")
        visitor.page.locator("summary").click()
        parts = visitor.page.locator("details tbody td:nth-child(2)").all_inner_texts()
        visitor.press("Accept the plan")
        visitor.at("Your plan")
        return [amounts(part)[0] for part in parts]

    def pay_instalment(self, shown: str) -> None:
        """Pay what the plan says is next: first with a card that is declined, then a good one."""
        visitor = self.visitor
        visitor.follow("Pay the next payment")
        visitor.at("Pay")
        visitor.press("Check the payment")
        visitor.at("Check the payment")
        visitor.press_main(shown)
        self.use_card(DECLINED_CARD)
        expect(visitor.page.get_by_role("alert")).to_be_visible()
        visitor.look("payment page with a declined card")
        self.use_card(CARD)

    def use_card(self, number: str) -> None:
        """Pay on the provider's page with a card."""
        expect(self.visitor.page).to_have_url(re.compile("/sandbox/pay/"))
        self.visitor.look("payment page")
        self.visitor.page.locator("#card_number").fill(number)
        self.visitor.click(self.visitor.page.locator("button[value=pay]"))

    def see_payment_cleared(self, shown: str) -> None:
        """Wait on our own page until the payment is taken off what is owed."""
        visitor = self.visitor
        expect(visitor.page).to_have_url(re.compile("/debtor/payments/"))
        thanks = visitor.say("Thank you. We have your payment of %(amount)s.", amount=shown)
        visitor.reload_until(visitor.page.get_by_role("heading", level=1, name=thanks))
        visitor.look("payment cleared")

    def see_receipt(self) -> str:
        """Open the receipt once it is made, and return its words."""
        visitor = self.visitor
        visitor.reload_until(visitor.page.get_by_role("link", name=visitor.say("See the receipt")))
        visitor.follow("See the receipt")
        visitor.look("receipt")
        return visitor.page.locator(".dp-twin").inner_text()
