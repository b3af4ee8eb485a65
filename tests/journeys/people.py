"""A visitor of the portal: presses buttons and follows links by their words, in one language."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as NotYet

from tests.journeys.axe import Inspector
from tests.journeys.words import ENGLISH, Words
from tests.support.servers import Portal, eventually

LOOK_AGAIN_MS = 700


@dataclass
class Visitor:
    """Somebody at a page of the portal."""

    portal: Portal = field(repr=False)
    page: Page
    say: Words = ENGLISH
    inspector: Inspector | None = field(default=None, repr=False)

    def press(self, label: str, **values: object) -> None:
        """Press a button by its words."""
        name = self.say(label, **values)
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def press_main(self, containing: object) -> None:
        """Press the page's main button, whose words say how much it is about."""
        button = self.page.locator("main .btn-primary", has_text=str(containing))
        self.click(button.and_(self.page.get_by_role("button")))

    def follow(self, label: str, **values: object) -> None:
        """Follow a link by its words."""
        self.click(self.link(label, **values))

    def click(self, target: Locator) -> None:
        """Click what leads to another page, and wait until it is there."""
        with self.page.expect_navigation():
            target.click()

    def download(self, target: Locator) -> Path:
        """Click what hands out a file, and return where it was put."""
        with self.page.expect_download() as downloading:
            target.click()
        return downloading.value.path()

    def link(self, label: str, **values: object) -> Locator:
        """Return the first link with these words."""
        name = self.say(label, **values)
        return self.page.get_by_role("link", name=name, exact=True).first

    def fill(self, label: str, text: str) -> None:
        """Fill a field in by its label."""
        self.page.get_by_label(self.say(label), exact=True).fill(text)

    def fill_name(self, name: str, text: str) -> None:
        """Fill a field in that is labelled by somebody's name."""
        self.page.get_by_label(name, exact=True).fill(text)

    def choose(self, label: str) -> None:
        """Choose one of several answers by its words."""
        self.page.get_by_label(self.say(label), exact=True).check()

    def at(self, heading: str, **values: object) -> None:
        """Wait for a page by its heading, and let it be inspected."""
        expect(self.title).to_have_text(self.say(heading, **values))
        self.look(heading)

    def look(self, name: str) -> None:
        """Let the page as it is be inspected, once on this side under this name."""
        if self.inspector is not None:
            side = urlsplit(self.page.url).path.split("/")[1]
            self.inspector.inspect(self.page, f"{side} {name}")

    def visit(self, *addresses: str) -> None:
        """Go to pages by their addresses, and let each be inspected."""
        for address in addresses:
            self.page.goto(address)
            expect(self.title).to_be_visible()
            self.look(address.rpartition("/")[2] or address)

    @property
    def title(self) -> Locator:
        """The page's heading."""
        return self.page.get_by_role("heading", level=1)

    def switch_language(self, name: str) -> None:
        """Switch a public page to another language."""
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def figure(self, label: str) -> str:
        """Return the figure that stands beside a label."""
        named = self.page.locator("dt", has_text=self.say(label))
        return named.first.locator("xpath=following-sibling::dd[1]").inner_text()

    def reload_until(self, wanted: Locator) -> None:
        """Look again, as somebody who waits would, until the page shows something."""

        def look() -> bool | None:
            try:
                wanted.first.wait_for(timeout=LOOK_AGAIN_MS)
            except NotYet:
                self.page.reload()
                return None
            return True

        eventually(look, f"{wanted} at {self.page.url}")


@dataclass
class Staff(Visitor):
    """A member of staff, with a work e-mail."""

    email: str = ""
    secret: str = field(default="", repr=False)

    def go(self, entry: str) -> None:
        """Go to a page of the navigation, which hides behind a button on a telephone."""
        menu = self.page.get_by_role("button", name=self.say("Menu"), exact=True)
        if menu.is_visible():
            menu.click()
        navigation = self.page.get_by_role("navigation", name=self.say("Main"))
        self.click(navigation.get_by_role("link", name=self.say(entry), exact=True))
