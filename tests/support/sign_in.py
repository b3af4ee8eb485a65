"""A test client that is signed in as a principal, as the sign-in views would leave it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.core import clock
from portal.core.principal import Principal
from portal.web.sessions import user_id_of


class FreshClient(FlaskClient):
    """A client whose every request starts from nothing, as in a server.

    The tests' own application context would otherwise be every request's: what an extension keeps
    there for one request, such as who is signed in, would be found by the next.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send one request in a context of its own."""
        with self.application.app_context():
            return super().open(*args, **kwargs)


class Visitor:
    """A browser without scripts: cookies, forms with their token, no redirects followed."""

    def __init__(self, app: Flask, principal: Principal | None = None) -> None:
        """Open a fresh browser, signed in or not."""
        self.client = FreshClient(app, app.response_class, use_cookies=True)
        self.token = ""
        if principal is not None:
            with self.client.session_transaction() as session:
                session["_user_id"] = user_id_of(principal)
                session["_fresh"] = True
                session["viewer"] = {"name": "Test", "organisation": "Test", "zone": "UTC"}
                session["proved_at"] = int(clock.now().timestamp())

    def get(self, path: str, **options: Any) -> TestResponse:
        """Fetch a page and remember its form token."""
        answer = self.client.get(path, **options)
        self._remember(answer)
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as the page would, its token included."""
        if not self.token:
            self.get(path)
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)

    def _remember(self, answer: TestResponse) -> None:
        if answer.mimetype != "text/html":
            return
        marker = 'name="csrf_token"'
        text = answer.get_data(as_text=True)
        at = text.find(marker)
        if at >= 0:
            tag = text[text.rfind("<", 0, at) : text.find(">", at)]
            self.token = (
                tag.split('value="', 1)[1].split('"', 1)[0] if 'value="' in tag else self.token
            )
