"""The pages for anyone read well in every language, in both themes, at both widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.axe import PHONE, Inspector
from tests.journeys.people import Visitor

pytestmark = pytest.mark.journey
PAGES = ("/", "/check", "/enter", "/help", "/rights", "/privacy", "/accessibility", "/sign-in")
LANGUAGES = {"en": "English", "zh-Hans": "简体中文", "es": "Español"}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_public_pages_have_no_accessibility_findings(portal, open_page, watch, tag):
    visitor = Visitor(portal, open_page(viewport=PHONE), inspector=Inspector())
    watch.expected |= {404, 422}
    visitor.page.goto("/")
    visitor.switch_language(LANGUAGES[tag])

    for path in (*PAGES, "/no-such-page"):
        visitor.page.goto(path)
        expect(visitor.title).to_be_visible()
        assert visitor.page.locator("html").get_attribute("lang") == tag
        visitor.look(path)
    visitor.page.goto("/enter")
    visitor.page.locator("main form .btn-primary").click()
    expect(visitor.page.locator(".dp-problems")).to_be_focused()
    visitor.look("a form with an error")

    visitor.inspector.assert_clean()
