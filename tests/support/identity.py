"""A strict OpenID Connect provider on loopback, and the lies it can be made to tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import requests
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from portal.core import clock
from portal.core.parties import providers
from portal.core.parties.providers import ProviderSettings
from portal.core.principal import Principal
from portal.web.single_sign_on.discovery import discover
from portal.web.single_sign_on.outbound import Outbound
from portal.web.uow import transaction
from tests.support.people import Browser

CLIENT_ID = "portal"
CLIENT_SECRET = "a secret of the portal and the provider"
#: Made once: key generation is the slowest part of these tests.
KEYS = {
    "first": RSAKey.generate_key(2048, auto_kid=True),
    "second": RSAKey.generate_key(2048, auto_kid=True),
    "strangers": RSAKey.generate_key(2048, auto_kid=True),
    "curve": ECKey.generate_key("P-256", auto_kid=True),
}


@dataclass
class Draft:
    """An ID token before it is signed, as a test may spoil it."""

    header: dict[str, Any]
    claims: dict[str, Any]
    key: Any
    access_token: str

    def sign(self) -> str:
        """Return the token, signed as its header says."""
        registry = jws.JWSRegistry(algorithms=[self.header["alg"]], strict_check_header=False)
        return jws.serialize_compact(
            self.header, json.dumps(self.claims), self.key, registry=registry
        )

    def unsigned(self, algorithm: str = "none") -> str:
        """Return the token without any signature."""
        return f"{_part({**self.header, 'alg': algorithm})}.{_part(self.claims)}."

    def signed_with_secret(self, secret: bytes) -> str:
        """Return the token signed with a shared secret."""
        head = f"{_part({**self.header, 'alg': 'HS256'})}.{_part(self.claims)}"
        return f"{head}.{_b64(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


Forge = Callable[[Draft], str | None]


@dataclass
class Grant:
    """A code that was given out and has not been used."""

    redirect_uri: str
    challenge: str
    nonce: str
    client_id: str
    claims: dict[str, Any]


@dataclass
class StrictProvider:
    """A provider that insists on everything it is entitled to."""

    person: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEYS["first"])
    published: list[Any] = field(default_factory=lambda: [KEYS["first"]])
    algorithm: str = "RS256"
    names_keys: bool = True
    promises_issuer: bool = True
    answer_issuer: str | None = None
    metadata_changes: dict[str, Any] = field(default_factory=dict)
    forge: Forge = Draft.sign
    token_status: int = 200
    error: str | None = None
    grants: dict[str, Grant] = field(default_factory=dict)
    redirect_uris: list[str] = field(default_factory=list)
    key_fetches: int = 0
    refused: list[str] = field(default_factory=list)

    def __enter__(self) -> StrictProvider:
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def issuer(self) -> str:
        """The provider's own name."""
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def metadata(self) -> dict[str, Any]:
        """What the provider says about itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": self.promises_issuer,
            **self.metadata_changes,
        }

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """Answer one request."""
        request = Request(environ)
        answers = {
            "/.well-known/openid-configuration": self._describe,
            "/authorize": self._authorize,
            "/token": self._token,
            "/keys": self._keys,
        }
        answer = answers.get(request.path, self._nothing)(request)
        return answer(environ, start)

    def _describe(self, request: Request) -> Response:
        return _json(self.metadata)

    def _nothing(self, request: Request) -> Response:
        return Response("nothing here", 404)

    def _keys(self, request: Request) -> Response:
        self.key_fetches += 1
        keys = [key.as_dict(private=False) for key in self.published]
        if not self.names_keys:
            for key in keys:
                key.pop("kid", None)
        return _json({"keys": keys})

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        wanted = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "code_challenge_method": "S256",
        }
        wrong = [name for name, value in wanted.items() if asked.get(name) != value]
        wrong += [name for name in ("state", "nonce", "code_challenge") if not asked.get(name)]
        if "openid" not in asked.get("scope", "").split():
            wrong.append("scope")
        if self.redirect_uris and asked.get("redirect_uri") not in self.redirect_uris:
            wrong.append("redirect_uri")
        if wrong:
            self.refused += wrong
            return Response(f"refused: {wrong}", 400)
        back = {"state": asked["state"]}
        if self.error:
            back["error"] = self.error
        else:
            code = secrets.token_urlsafe(16)
            self.grants[code] = Grant(
                asked["redirect_uri"],
                asked["code_challenge"],
                asked["nonce"],
                CLIENT_ID,
                {**self.person, **_auth_time(asked)},
            )
            back["code"] = code
        if self.promises_issuer or self.answer_issuer:
            back["iss"] = self.answer_issuer or self.issuer
        return Response("", 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _token(self, request: Request) -> Response:
        if self.token_status != 200:
            return Response("not now", self.token_status)
        fault = self._token_fault(request)
        if fault is not None:
            self.refused.append(fault)
            return _json({"error": "invalid_grant"}, 400)
        grant = self.grants.pop(request.form["code"])
        answer = {
            "access_token": secrets.token_urlsafe(16),
            "token_type": "Bearer",
            "expires_in": 60,
        }
        raw = self.forge(self.draft(grant, answer["access_token"]))
        if raw is not None:
            answer["id_token"] = raw
        return _json(answer)

    def _token_fault(self, request: Request) -> str | None:
        grant = self.grants.get(request.form.get("code", ""))
        verifier = request.form.get("code_verifier", "")
        given = request.authorization
        if given is None or (given.username, given.password) != (CLIENT_ID, CLIENT_SECRET):
            return "client"
        if grant is None:
            return "code"
        if grant.redirect_uri != request.form.get("redirect_uri"):
            return "redirect_uri"
        if _b64(hashlib.sha256(verifier.encode()).digest()) != grant.challenge:
            return "code_verifier"
        return None

    def draft(self, grant: Grant, access_token: str) -> Draft:
        """Return the honest token for a grant."""
        now = int(clock.now().timestamp())
        header = {"alg": self.algorithm, "typ": "JWT"}
        if self.names_keys:
            header["kid"] = self.key.kid
        claims = {
            "iss": self.issuer,
            "aud": grant.client_id,
            "exp": now + 300,
            "iat": now,
            "nonce": grant.nonce,
            **grant.claims,
        }
        return Draft(header, claims, self.key, access_token)


def set_up(
    org_id: UUID, provider: Any, *, enabled: bool = True, secret: str = CLIENT_SECRET
) -> None:
    """Give an organisation a provider, as its administrator would."""
    issuer = provider if isinstance(provider, str) else provider.issuer
    operator = Principal.operator_machine()
    found = discover(issuer, Outbound(allow_loopback=True))
    with transaction(operator) as session:
        row = providers.save_provider(
            session,
            operator,
            org_id,
            ProviderSettings(found.discovery_url, found.issuer, CLIENT_ID, found.metadata, secret),
            now=clock.now(),
        )
        if enabled:
            providers.record_test(session, operator, org_id, version=row.version, now=clock.now())
            providers.enable_provider(session, operator, org_id)


def leave(browser: Browser, org_id: UUID, start: str | None = None) -> str:
    """Go off to the provider, and return the address it sends the browser back to."""
    answer = browser.get(start or f"/auth/sso/{org_id}")
    assert answer.status_code == 302, answer.get_data(as_text=True)
    back = requests.get(answer.location, allow_redirects=False, timeout=5)
    assert back.status_code == 302, back.text
    return path_of(back.headers["Location"])


def round_trip(browser: Browser, org_id: UUID, start: str | None = None) -> TestResponse:
    """Go off to the provider and come back."""
    return browser.get(leave(browser, org_id, start))


def path_of(url: str) -> str:
    """Return an address of the portal without its host."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def with_query(path: str, **changes: str | None) -> str:
    """Return an address with some of its parameters changed, or gone where None is given."""
    parts = urlsplit(path)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    kept = {key: value for key, value in {**query, **changes}.items() if value is not None}
    return f"{parts.path}?{urlencode(kept)}"


def _auth_time(asked: Any) -> dict[str, int]:
    return {"auth_time": int(clock.now().timestamp())} if "max_age" in asked else {}


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _part(content: dict[str, Any]) -> str:
    return _b64(json.dumps(content).encode())
