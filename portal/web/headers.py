"""One closed set of security headers on every answer, errors included."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, request

CHECKOUT = "https://checkout.stripe.com"
YEAR = 365 * 24 * 3600
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action {form_targets}",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)


def register(app: Flask, *, https: bool, form_targets: Sequence[str] = (CHECKOUT,)) -> None:
    """Set the headers on every answer of the app.

    `form_targets` are the origins, besides our own, that a form's answer may redirect to: browsers
    hold redirects after a POST to the same list, so the hosted payment page is named here.
    Answers behind or before sign-in are never stored; only static files addressed by their content
    hash are kept, for a year. `Clear-Site-Data` belongs to the sign-out views.
    """
    fixed = {
        "Content-Security-Policy": policy(form_targets),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if https:
        fixed["Strict-Transport-Security"] = f"max-age={2 * YEAR}; includeSubDomains"

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers.update(fixed)
        response.headers["Cache-Control"] = _cache_control(response)
        return response


def policy(form_targets: Sequence[str] = ()) -> str:
    """Return the content policy: no inline code, nothing from other origins."""
    return "; ".join(_POLICY).format(form_targets=" ".join(("'self'", *form_targets)))


def _cache_control(response: Response) -> str:
    """Decide how long an answer may be kept.

    A static file without its hash (`/static/x.css` typed by hand) is checked again each time.
    """
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        return "no-store"
    if "v" in request.args:
        return f"public, max-age={YEAR}, immutable"
    return "no-cache"
