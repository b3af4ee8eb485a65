"""What goes wrong behind a page: script errors, policy reports, failed requests, strange hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_REPORT_POLICY = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error('content policy: ' + event.violatedDirective + ' ' + event.blockedURI));
"""


@dataclass
class Watch:
    """Listens to every page of a context; `assert_quiet()` fails if anything was wrong."""

    hosts: set[str]
    problems: list[str] = field(default_factory=list)
    #: Statuses a test provokes on purpose; 402 is how the provider's page declines a card.
    expected: set[int] = field(default_factory=lambda: {402})

    def over(self, context: BrowserContext, *, scripts: bool = True) -> None:
        """Begin to listen."""
        if scripts:
            context.add_init_script(_REPORT_POLICY)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def assert_quiet(self, last_words: Callable[[], str]) -> None:
        """Fail if any page had a problem, with what the server said last."""
        assert not self.problems, "\n".join([*self.problems, last_words()])

    def _note(self, what: str) -> None:
        self.problems.append(what)

    def _console(self, message: ConsoleMessage) -> None:
        # What the browser says about a status is noted with the status itself.
        if message.type in ("error", "warning") and not message.text.startswith(
            "Failed to load resource: the server responded with a status"
        ):
            self._note(f"console {message.type}: {message.text} ({_where(message.location)})")

    def _error(self, error: WebError) -> None:
        self._note(f"script error: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self.hosts:
            self._note(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self._note(f"status {response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        # The browser's own doing: a download ends its navigation, the next page what is loading.
        if request.failure == "net::ERR_ABORTED":
            return
        self._note(f"request failed: {request.method} {request.url}: {request.failure}")


def _where(location: Any) -> str:
    return f"{location.get('url')}:{location.get('lineNumber')}"
