"""The pages the tests look at are set in the project's own fonts, Chinese included."""

from __future__ import annotations

import pytest
from fontTools.ttLib import TTFont

from tests.journeys.browser import FONTS

pytestmark = pytest.mark.journey


def test_chinese_is_set_in_the_projects_own_font(open_page, portal):
    page = open_page()
    page.goto("/")
    page.get_by_role("button", name="简体中文").click()
    page.evaluate("() => { document.querySelector('h1').textContent = '您'; }")

    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": "h1"})["nodeId"]
    used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]

    assert [(font["familyName"], font["glyphCount"]) for font in used] == [("Noto Sans SC", 1)]
    for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"):
        assert ord("您") in TTFont(FONTS / name).getBestCmap()
