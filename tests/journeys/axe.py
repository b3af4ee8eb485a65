"""Accessibility by machine: axe on the page as it is shown, WCAG 2.2 AA, nothing found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from playwright.sync_api import Page

from portal.config import ROOT

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# Hidden once, the page is styled afresh: colours on their way to another theme are nobody's.
_RUN = """async (rules) => {
  document.body.hidden = true;
  document.body.offsetHeight;
  document.body.hidden = false;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const options = {runOnly: rules, resultTypes: ['violations'], preload: false};
  const found = await axe.run(document, options);
  return found.violations.flatMap((each) => each.nodes.map((node) =>
    `${each.id}: ${node.target.join(' ')}: ${node.failureSummary.replaceAll('\\n', ' ')}`));
}"""


@cache
def _source() -> str:
    return (ROOT / "tests" / "vendor" / "axe" / "axe.min.js").read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """Return what axe finds on the page, one line for each element."""
    # Evaluated through the debugger's door, which the page's content policy does not guard.
    if not page.evaluate("() => typeof window.axe === 'object'"):
        page.evaluate(_source())
    found: list[str] = page.evaluate(_RUN, RULES)
    return found


@dataclass
class Inspector:
    """Inspects each kind of page once: as it is, then at the other width in the other theme."""

    seen: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def inspect(self, page: Page, name: str) -> None:
        """Look at a page unless one of its name was looked at."""
        if name in self.seen:
            return
        self.seen.add(name)
        self._note(page, name)
        size, dark = page.viewport_size, _is_dark(page)
        page.set_viewport_size(PHONE if size == DESKTOP else DESKTOP)
        page.emulate_media(color_scheme="light" if dark else "dark")
        self._note(page, name)
        page.set_viewport_size(size or DESKTOP)
        page.emulate_media(color_scheme="dark" if dark else "light")

    def assert_clean(self) -> None:
        """Fail if any page had a finding."""
        assert not self.problems, "\n".join(self.problems)

    def _note(self, page: Page, name: str) -> None:
        width = (page.viewport_size or DESKTOP)["width"]
        theme = "dark" if _is_dark(page) else "light"
        language = page.evaluate("() => document.documentElement.lang")
        for finding in findings(page):
            self.problems.append(f"{name} ({language}, {width}, {theme}): {finding}")
        overflow = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            self.problems.append(f"{name} ({language}, {width}): {overflow} px too wide")


def _is_dark(page: Page) -> bool:
    dark: bool = page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
    return dark
