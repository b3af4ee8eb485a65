"""A test client that is signed in as a principal, as the sign-in views would leave it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from portal.core.principal import Principal
from portal.web.sessions import user_id_of


class Visitor:
    """A browser without scripts: cookies, forms with their token, no redirects followed."""

    def __init__(self, app: Flask, principal: Principal | None = None) -> None:
        """Open a fresh browser, signed in or not."""
        self.client = app.test_client()
        self.token = ""
        if principal is not None:
            with self.client.session_transaction() as session:
                session["_user_id"] = user_id_of(principal)
                session["_fresh"] = True
                session["viewer"] = {"name": "Test", "organisation": "Test", "zone": "UTC"}

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
