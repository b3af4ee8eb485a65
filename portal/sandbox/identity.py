"""The demo's identity provider: OpenID Connect over HTTP, so that single sign-on can be clicked.

The protocol is oidc-provider-mock's; the pages are ours, since its own load a style sheet from
elsewhere, and its debugger is taken off. It asks for no password: it listens on this machine only.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from flask import Flask
from werkzeug.serving import make_server

from portal.config import ROOT

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DemoUser:
    """A person the provider signs in at a click; `sub` is what the portal knows them by."""

    sub: str
    email: str
    name: str
    groups: tuple[str, ...] = ()


DEMO_USERS = (
    DemoUser("operator-1", "operator@portal.example", "Robin Operator", ("operators",)),
    DemoUser("harbour-1", "morgan.lee@harbour.example", "Morgan Lee", ("administrators",)),
    DemoUser("harbour-2", "jamie.ortiz@harbour.example", "Jamie Ortiz", ("vendor-managers",)),
    DemoUser("yuanshan-1", "lin.xiao@yuanshan.example", "林晓", ("vendor-managers",)),
    DemoUser("northgate-1", "sasha.reed@northgate.example", "Sasha Reed", ("administrators",)),
    DemoUser("northgate-2", "kim.tran@northgate.example", "Kim Tran", ("managers",)),
    DemoUser("cedarlane-1", "pat.doyle@cedarlane.example", "Pat Doyle", ("managers",)),
    DemoUser("anhe-1", "zhou.ning@anhe.example", "周宁", ("managers",)),
)


def make_provider(users: Sequence[DemoUser]) -> Flask:
    """Make the provider. Any client with any secret may ask; who answers is who is clicked.

    To be called in a process of its own: it lets Authlib work without TLS.
    """
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    # Ignored below: Authlib's own warnings about its jose module, which the provider still uses.
    # Loading this part first keeps Authlib from putting its filter before ours.
    import authlib.deprecate

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
        import oidc_provider_mock

    app = Flask(__name__, template_folder="templates/identity", static_folder=str(ROOT / "static"))
    app.secret_key = secrets.token_bytes(32)
    without_debugger = app.wsgi_app
    oidc_provider_mock.init_app(
        app,
        require_nonce=True,
        user_claims=[
            oidc_provider_mock.User(
                sub=user.sub,
                claims={
                    "email": user.email,
                    "email_verified": True,
                    "name": user.name,
                    "groups": list(user.groups),
                },
            )
            for user in users
        ],
    )
    app.debug = False
    app.wsgi_app = without_debugger  # type: ignore[method-assign]
    people = {user.sub: user for user in users}
    app.context_processor(lambda: {"people": people})
    return app


def serve(host: str, port: int, users: Sequence[DemoUser]) -> None:
    """Run the provider until the process is ended; port 0 takes a free one."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # no line for each request
    server = make_server(host, port, make_provider(users), threaded=True)
    log.info("signs %d people in at http://%s:%d", len(users), host, server.port)
    server.serve_forever()


def to_json(users: Sequence[DemoUser]) -> str:
    """Write users down as this module's command takes them."""
    return json.dumps([asdict(user) for user in users])


def from_json(text: str) -> list[DemoUser]:
    """Read what `to_json` wrote."""
    return [DemoUser(**{**each, "groups": tuple(each["groups"])}) for each in json.loads(text)]


def main() -> None:
    """Run as `python -m portal.sandbox.identity HOST PORT [USERS]`; `to_json` writes users."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    host, port, *users = sys.argv[1:]
    serve(host, int(port), from_json(users[0]) if users else DEMO_USERS)


if __name__ == "__main__":
    main()
