"""What is put together, by which settings: the sandbox, the provider, the headers, the keys."""

from __future__ import annotations

import pytest

from portal.app import create_app
from portal.config import Settings, SettingsError, load_settings
from portal.core.errors import Unavailable
from portal.extensions import db
from portal.keys import load_keys
from portal.web.installation import refuse_unsafe_ground


def _settings(settings: Settings, **changes: object) -> Settings:
    return Settings(_env_file=None, **{**settings.model_dump(), **changes})


def test_with_a_real_key_the_sandbox_cannot_be_reached(settings, app):
    real = create_app(
        _settings(settings, stripe_secret_key="sk_test_x", stripe_webhook_secret="whsec_x")
    )

    rules = [rule.rule for rule in real.url_map.iter_rules()]
    assert any(rule.startswith("/sandbox") for rule in [r.rule for r in app.url_map.iter_rules()])
    assert not any(rule.startswith("/sandbox") for rule in rules)
    try:
        assert real.test_client().get("/sandbox/pay/cs_x").status_code == 404
    finally:
        with real.app_context():
            db.engine.dispose()


def test_without_a_key_every_page_says_that_no_real_money_moves(app):
    assert "Test mode" in app.test_client().get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    "missing",
    ["DATABASE_URL", "PORTAL_MASTER_KEY", "PORTAL_INDEX_KEY", "SECRET_KEY", "STRIPE_SECRET_KEY"],
)
def test_production_does_not_start_without_what_it_needs(monkeypatch, missing):
    values = {
        "PORTAL_ENVIRONMENT": "production",
        "PORTAL_BASE_URL": "https://portal.example",
        "DATABASE_URL": "postgresql://portal_app@localhost/portal",
        "PORTAL_MASTER_KEY": "A" * 44,
        "PORTAL_INDEX_KEY": "A" * 44,
        "SECRET_KEY": "x" * 32,
        "STRIPE_SECRET_KEY": "sk_live_x",
        "STRIPE_WEBHOOK_SECRET": "whsec_x",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(SettingsError) as stopped:
        load_settings()

    assert missing in str(stopped.value)


def test_production_is_served_over_https_alone(monkeypatch):
    monkeypatch.setenv("PORTAL_ENVIRONMENT", "production")
    monkeypatch.setenv("PORTAL_BASE_URL", "http://portal.example")
    for name in ("DATABASE_URL", "PORTAL_MASTER_KEY", "PORTAL_INDEX_KEY", "SECRET_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_x")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_x")

    with pytest.raises(SettingsError, match="https://"):
        load_settings()


def test_a_key_of_the_wrong_length_is_refused_with_the_command_that_makes_a_right_one(settings):
    with pytest.raises(SettingsError, match="openssl rand -base64 32"):
        load_keys(_settings(settings, portal_master_key="short"))


def test_two_starts_at_once_use_the_same_demo_keys(settings, tmp_path):
    fresh = _settings(settings, portal_data_dir=tmp_path)

    assert load_keys(fresh) == load_keys(fresh)
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


@pytest.mark.abuse("P5")
@pytest.mark.parametrize("path", ["/", "/sign-in", "/bank/", "/nowhere", "/healthz", "/help"])
def test_every_answer_carries_the_closed_set_of_headers(app, path):
    headers = app.test_client().get(path).headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.abuse("P10")
def test_an_unexpected_failure_shows_one_page_with_an_id_and_nothing_else(app, monkeypatch):
    def fail() -> str:
        raise RuntimeError("SELECT secret FROM somewhere")

    monkeypatch.setitem(app.view_functions, "public.start", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    answer = app.test_client().get("/")

    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "secret" not in text
    assert "RuntimeError" not in text
    assert "Traceback" not in text


def test_health_and_readiness_are_told(app):
    browser = app.test_client()

    assert browser.get("/healthz").json == {"status": "ok"}
    assert browser.get("/readyz").json == {"status": "ok"}


@pytest.mark.abuse("A4")
def test_a_login_that_policies_do_not_bind_is_refused_at_the_start(settings, app):
    as_superuser = create_app(_settings(settings, database_url=settings.database_admin_url))

    with as_superuser.app_context():
        try:
            with pytest.raises(Unavailable, match="log in as portal_app"):
                refuse_unsafe_ground()
        finally:
            db.engine.dispose()


def test_the_portals_own_login_is_taken(app):
    with app.app_context():
        refuse_unsafe_ground()
