"""What watches over the journeys notices what it is there for."""

from __future__ import annotations

import pytest

from portal.web.headers import policy
from tests.journeys.axe import findings

pytestmark = pytest.mark.journey
_PLANTED = """<!doctype html><html lang="en"><head><title>Planted</title></head><body><main>
<h1>Planted</h1><img src="/static/img/favicon.svg"><p style="color: red">Inline</p>
<script src="/planted.js"></script></main></body></html>"""


def test_script_errors_policy_reports_failures_and_findings_are_noticed(portal, open_page, watch):
    page = open_page()
    headers = {"Content-Security-Policy": policy()}
    page.route(
        "**/planted",
        lambda route: route.fulfill(body=_PLANTED, content_type="text/html", headers=headers),
    )
    page.route(
        "**/planted.js",
        lambda route: route.fulfill(
            body="fetch('/gone'); fetch('http://elsewhere.example/'); nothing();",
            content_type="text/javascript",
        ),
    )

    with page.expect_response("**/gone"):
        page.goto("/planted")
    noticed = "\n".join(watch.problems)
    watch.problems.clear()

    for expected in (
        "content policy: style-src",
        "content policy: connect-src http://elsewhere.example/",
        "script error: nothing is not defined",
        "status 404: GET",
    ):
        assert expected in noticed, noticed
    assert any("image-alt" in finding for finding in findings(page))
