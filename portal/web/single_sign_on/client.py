"""The round trip to an organisation's provider: carried by Authlib, judged by our own checks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from flask import current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.errors import Unavailable
from portal.core.parties.providers import Identity, Provider
from portal.web.single_sign_on import tokens
from portal.web.single_sign_on.outbound import AddressRefused, Outbound, guard
from portal.web.single_sign_on.tokens import TokenRefused

REBUILD_SECONDS = 3600
REFETCH_SECONDS = 30
MOST_TRIPS = 5
_STATE_PREFIX = "_state_"


class ProviderUnreachable(Unavailable):
    """The provider did not answer, or answered with nothing that can be used."""

    reason = "provider_unreachable"

    def __init__(self) -> None:
        super().__init__("Your organisation's sign-in does not answer. Please try again soon.")


@dataclass(frozen=True)
class Arrival:
    """Whom the provider vouched for, and what the round trip was begun for."""

    identity: Identity
    purpose: str
    invitation: str | None
    authenticated_at: int | None


class _GuardedSession(OAuth2Session):  # type: ignore[misc]
    """Authlib's HTTP session, sending to allowed addresses only."""

    outbound = Outbound()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guard(self, self.outbound)


class OrganisationClient(FlaskOAuth2App):  # type: ignore[misc]
    """One version of one organisation's provider; a changed provider gets a client of its own."""

    def __init__(self, provider: Provider, outbound: Outbound) -> None:
        """Build the client from stored metadata: at run time only the keys are fetched."""
        name = f"{provider.org_id}_{provider.version}"
        super().__init__(
            FlaskIntegration(name),
            name,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
            },
            **provider.metadata,
        )
        self.client_cls = type("_Session", (_GuardedSession,), {"outbound": outbound})
        self.issuer = provider.issuer
        self.algorithms = provider.metadata["id_token_signing_alg_values_supported"]
        self.built_at = time.monotonic()
        self._refetched_at = float("-inf")
        self._lock = threading.Lock()

    def parse_id_token(
        self, token: dict[str, Any], nonce: str, *_: Any, **__: Any
    ) -> dict[str, Any]:
        """Check an ID token by our own rules.

        Authlib's would accept another audience when `azp` is ours, two minutes of leeway, and
        fetches keys anew only for an unknown key id, which some providers do not send.
        """
        expected = tokens.Expected(
            issuer=self.issuer,
            client_id=self.client_id,
            nonce=nonce,
            algorithms=self.algorithms,
            access_token=token.get("access_token"),
            now=clock.now(),
        )
        return tokens.verify_id_token(token.get("id_token"), expected, self._keys)

    def _keys(self, anew: bool) -> tokens.Keys:
        with self._lock:
            known = self.server_metadata.get("jwks")
            if known is None or (anew and self._may_refetch()):
                self._refetched_at = time.monotonic()
                known = self.fetch_jwk_set(force=True)
        keys = known.get("keys") if isinstance(known, dict) else None
        return [key for key in keys or [] if isinstance(key, dict)]

    def _may_refetch(self) -> bool:
        """Let bad signatures cause one fetch in half a minute, not one each."""
        return time.monotonic() - self._refetched_at > REFETCH_SECONDS


class Clients:
    """The clients in use, by organisation and version; rebuilt hourly."""

    def __init__(self, outbound: Outbound) -> None:
        """Start without any."""
        self.outbound = outbound
        self._known: dict[UUID, tuple[int, OrganisationClient]] = {}
        self._lock = threading.Lock()

    def get(self, provider: Provider) -> OrganisationClient:
        """Return the client of a provider as it is now configured."""
        with self._lock:
            version, client = self._known.get(provider.org_id, (0, None))
            old = client is None or time.monotonic() - client.built_at > REBUILD_SECONDS
            if client is None or old or version != provider.version:
                client = OrganisationClient(provider, self.outbound)
                self._known[provider.org_id] = (provider.version, client)
            return client


def outbound() -> Outbound:
    """Return whom this installation may talk to."""
    return _clients().outbound


def redirect_address(org_id: UUID) -> str:
    """Return the address an organisation registers at its provider: one per issuer."""
    base = current_app.config["PORTAL_SETTINGS"].portal_base_url.rstrip("/")
    return f"{base}{url_for('auth.finish_sso', org_id=org_id)}"


def set_out(
    provider: Provider,
    *,
    purpose: str,
    email: str | None = None,
    invitation: str | None = None,
    again: bool = False,
) -> Response:
    """Send the visitor to the provider; what the trip is for is kept here and never travels."""
    client = _clients().get(provider)
    hints = {"login_hint": email} if email else {}
    if again:
        hints.update(prompt="login", max_age="0")
    trip = client.create_authorization_url(redirect_address(provider.org_id), **hints)
    _forget_old_trips()
    client.save_authorize_data(
        redirect_uri=redirect_address(provider.org_id),
        purpose=purpose,
        invitation=invitation,
        **trip,
    )
    return redirect(trip["url"], code=302)


def purpose_of_trip(provider: Provider) -> str | None:
    """Return what the returning visitor set out for, if they set out from here."""
    data = _trip(provider)
    return None if data is None else str(data["purpose"])


def come_back(provider: Provider) -> Arrival:
    """Take the visitor back from the provider; an answer is good once, whatever it says.

    Raises:
        TokenRefused: the answer proves nothing, with the reason.
        ProviderUnreachable: the provider did not answer when asked for the proof.
    """
    client = _clients().get(provider)
    data = _trip(provider)
    if data is None:
        raise TokenRefused("state_unknown")
    fault = _answer_fault(provider)
    if fault is not None:
        client.framework.clear_state_data(session, request.args["state"])
        raise TokenRefused(fault)
    claims = _fetch_claims(client)
    return Arrival(
        identity=Identity(
            issuer=claims["iss"],
            subject=claims["sub"],
            email=_email(claims),
            email_verified=_verified(claims),
        ),
        purpose=data["purpose"],
        invitation=data["invitation"],
        authenticated_at=_instant(claims.get("auth_time")),
    )


def _clients() -> Clients:
    found = current_app.extensions.get("portal.single_sign_on")
    if not isinstance(found, Clients):
        settings = current_app.config["PORTAL_SETTINGS"]
        found = Clients(Outbound(allow_loopback=settings.oidc_allow_loopback))
        current_app.extensions["portal.single_sign_on"] = found
    return found


def _trip(provider: Provider) -> dict[str, Any] | None:
    states = request.args.getlist("state")
    if len(states) != 1:
        return None
    client = _clients().get(provider)
    data: dict[str, Any] | None = client.framework.get_state_data(session, states[0])
    return data


def _answer_fault(provider: Provider) -> str | None:
    """Find what is wrong with the provider's answer before anything is asked in return."""
    named = request.args.getlist("iss")
    promised = provider.metadata.get("authorization_response_iss_parameter_supported") is True
    if not named and promised:
        return "answer_issuer_missing"
    if named and named != [provider.issuer]:
        return "answer_issuer_differs"
    if "error" in request.args:
        denied = request.args["error"] == "access_denied"
        return "denied_at_provider" if denied else "error_at_provider"
    if len(request.args.getlist("code")) != 1 or not request.args["code"]:
        return "code_missing"
    return None


def _fetch_claims(client: OrganisationClient) -> dict[str, Any]:
    try:
        token = client.authorize_access_token()
    except OAuthError:
        raise TokenRefused("code_refused") from None
    except (requests.RequestException, AddressRefused, ValueError):
        raise ProviderUnreachable from None
    claims: dict[str, Any] | None = token.get("userinfo")
    if claims is None:
        raise TokenRefused("no_id_token")
    return claims


def _forget_old_trips() -> None:
    """Keep the few newest round trips: enough for several tabs, not enough to fill a session."""
    trips = [key for key in session if key.startswith(_STATE_PREFIX)]
    trips.sort(key=lambda key: session[key]["exp"])
    for key in trips[: max(0, len(trips) - MOST_TRIPS + 1)]:
        del session[key]


def _email(claims: dict[str, Any]) -> str:
    found = claims.get("email")
    return found.strip() if isinstance(found, str) else ""


def _verified(claims: dict[str, Any]) -> bool | None:
    """Return what the provider says about the address; nothing when it says nothing."""
    found = claims.get("email_verified")
    if isinstance(found, str):
        return found.lower() == "true"
    return found if isinstance(found, bool) else None


def _instant(found: object) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) else None
