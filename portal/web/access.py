"""Who may call which endpoint: deny by default, a permission on each view, a short public list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Flask, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user, login_user, logout_user

from portal.core.errors import NotFound, PermissionDenied
from portal.core.permissions import Permission, Side
from portal.core.principal import Principal
from portal.extensions import login_manager
from portal.web.sessions import PortalSession, parse_user_id, user_id_of

F = TypeVar("F", bound=Callable[..., Any])

#: Every endpoint anyone may call. A view is on this list or names its permission; a test reads it.
PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "public.start",
        "preferences.set_language",
        "preferences.set_theme",
        "public.healthz",
        "public.readyz",
        "public.help_page",
        "public.rights",
        "public.privacy",
        "public.accessibility",
        "public.check_letter",
        "auth.sign_in",
        "auth.continue_to_organisation",
        "auth.password",
        "auth.authenticator",
        "auth.start_sso",
        "auth.finish_sso",
        "auth.open_invitation",
        "auth.accept_invitation",
        "auth.enrol_authenticator",
        "auth.sign_out",
        "auth.signed_out",
        "auth.enter_code",
        "auth.enter_code_from_letter",
        "auth.confirm_person",
        "auth.choose_contact",
        "auth.enter_passcode",
        "auth.cannot_use",
        "hooks.stripe_event",
    }
)
#: Stand-ins that exist only while no real provider key is set; they know no portal principal.
SANDBOX_PREFIX = "sandbox."


class SignedIn(UserMixin):  # type: ignore[misc]
    """Flask-Login's view of a principal."""

    def __init__(self, principal: Principal) -> None:
        """Wrap the principal a session remembers."""
        self.principal = principal

    def get_id(self) -> str:
        """Return the text the session keeps."""
        return user_id_of(self.principal)


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(stored: str) -> SignedIn | None:
    principal = parse_user_id(stored)
    return SignedIn(principal) if principal is not None else None


def requires(permission: Permission) -> Callable[[F], F]:
    """Name the permission a view needs; the service behind it checks again."""

    def mark(view: F) -> F:
        view.__dict__["portal_permission"] = permission
        return view

    return mark


def signed_in_only(view: F) -> F:
    """Mark a view that every signed-in principal may call: own profile, own language."""
    view.__dict__["portal_permission"] = None
    return view


def sign_in(principal: Principal) -> None:
    """Start a signed-in session under a new id."""
    if isinstance(session, PortalSession) or hasattr(session, "renew"):
        language, theme = session.get("language"), session.get("theme")
        session.clear()
        if language:
            session["language"] = language
        if theme:
            session["theme"] = theme
        session.renew()
    login_user(SignedIn(principal))


def sign_out() -> None:
    """End the session: its row and its cookie."""
    logout_user()
    session.end()  # type: ignore[attr-defined]


def only_side(blueprint: Blueprint, side: Side) -> None:
    """Let only one audience into a blueprint; for all others its pages do not exist."""

    @blueprint.before_request
    def check_side() -> None:
        principal = getattr(current_user, "principal", None)
        if principal is not None and principal.side is not side:
            raise NotFound


def _sent_by_a_strange_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site", "none")
    return request.method not in ("GET", "HEAD", "OPTIONS") and site not in ("same-origin", "none")


def _check() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None
    if endpoint != "hooks.stripe_event" and _sent_by_a_strange_site():
        abort(403)
    if endpoint in PUBLIC_ENDPOINTS or endpoint.startswith(SANDBOX_PREFIX):
        return None
    view = current_app.view_functions[endpoint]
    if "portal_permission" not in view.__dict__:
        raise PermissionDenied
    principal = getattr(current_user, "principal", None)
    if principal is None:
        return _ask_to_sign_in(endpoint)
    permission = view.__dict__["portal_permission"]
    if permission is not None:
        principal.require(permission)
    return None


def _ask_to_sign_in(endpoint: str) -> ResponseReturnValue:
    """Remember where the visitor wanted to go, by endpoint and never by address."""
    if request.method == "GET" and request.view_args is not None:
        session["next"] = [endpoint, {k: str(v) for k, v in request.view_args.items()}]
    target = "public.start" if endpoint.startswith("debtor.") else "auth.sign_in"
    return redirect(url_for(target), code=303)


def take_next(principal: Principal) -> str:
    """Return the address remembered before sign-in if it is on the principal's side, else home."""
    homes = {
        Side.BANK: "bank.home",
        Side.AGENCY: "agency.home",
        Side.OPERATOR: "operator.home",
        Side.DEBTOR: "debtor.home",
    }
    remembered = session.pop("next", None)
    if remembered:
        endpoint, arguments = remembered
        if (
            endpoint.split(".")[0] == principal.side.value
            and endpoint in current_app.view_functions
        ):
            return url_for(endpoint, **arguments)
    return url_for(homes[principal.side])


def register(app: Flask) -> None:
    """Check every request before its view runs."""
    login_manager.init_app(app)
    login_manager.session_protection = None
    app.before_request(_check)
