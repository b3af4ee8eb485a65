import pytest
from flask import Flask, Response, abort, redirect

from portal.web import headers
from tests.web.pages import make_app

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self' https://checkout.stripe.com; "
    "frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def app() -> Flask:
    app = make_app(https=True)

    @app.get("/page")
    def page() -> str:
        return "page"

    @app.get("/away")
    def away() -> Response:
        return redirect("/page", code=303)  # type: ignore[return-value]

    @app.get("/refused")
    def refused() -> str:
        abort(403)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("broken")

    @app.get("/cached")
    def cached() -> Response:
        return Response("mine", headers={"Cache-Control": "public, max-age=60"})

    return app


@pytest.mark.abuse("P5")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/page", 200),
        ("/away", 303),
        ("/refused", 403),
        ("/nowhere", 404),
        ("/preferences/theme", 405),
        ("/broken", 500),
        ("/static/css/tokens.css", 200),
        ("/static/nothing.css", 404),
    ],
)
def test_every_answer_carries_the_closed_set(app: Flask, path: str, status: int) -> None:
    answer = app.test_client().get(path, buffered=True)

    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


@pytest.mark.parametrize("path", ["/page", "/refused", "/broken", "/cached", "/static/none.css"])
def test_nothing_but_a_static_file_is_ever_stored(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, buffered=True)

    assert answer.headers["Cache-Control"] == "no-store"


def test_a_static_file_named_by_its_hash_is_kept_for_a_year(app: Flask) -> None:
    with app.test_request_context():
        address = app.jinja_env.globals["static_url"]("css/tokens.css")  # type: ignore[operator]

    answer = app.test_client().get(address, buffered=True)

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_static_file_without_its_hash_is_asked_for_again(app: Flask) -> None:
    answer = app.test_client().get("/static/css/tokens.css", buffered=True)

    assert answer.headers["Cache-Control"] == "no-cache"


def test_plain_http_promises_no_https() -> None:
    answer = make_app(https=False).test_client().get("/nowhere")

    assert "Strict-Transport-Security" not in answer.headers


def test_a_form_may_lead_to_the_named_places_only() -> None:
    policy = headers.policy(("https://pay.example",))

    assert "form-action 'self' https://pay.example;" in policy
    assert "unsafe" not in policy
