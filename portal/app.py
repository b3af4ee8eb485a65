"""create_app(): the one place where everything is put together."""

from __future__ import annotations

from apiflask import APIFlask
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from portal.adapters.breaker import BreakerGateway
from portal.adapters.schema import psycopg_url
from portal.adapters.smtp import SmtpMailer, SmtpTexter
from portal.adapters.stripe import make_gateway
from portal.adapters.weasyprint import WeasyPrintRenderer
from portal.agency.views import bp as agency_pages
from portal.auth.views import bp as auth_pages
from portal.bank.views import bp as bank_pages
from portal.config import ROOT, Settings, load_settings
from portal.core import faults
from portal.debtor.views import bp as debtor_pages
from portal.extensions import csrf, db
from portal.hooks.views import bp as hook_endpoints
from portal.keys import load_keys, use_keys
from portal.operator.views import bp as operator_pages
from portal.public.views import bp as public_pages
from portal.sandbox.api import make_api
from portal.sandbox.blueprint import make_blueprint as make_sandbox_pages
from portal.web import access, errors, headers, logs, preferences, shell, viewer
from portal.web.gateways import Gateways
from portal.web.sessions import RowSessions
from portal.web.uow import enqueue_alone

#: What a connection may take before Postgres ends it: better an error than a pile-up.
WEB_TIMEOUTS = {"statement": "5s", "lock": "2s", "idle": "10s"}
JOB_TIMEOUTS = {"statement": "60s", "lock": "2s", "idle": "60s"}


def engine_options(url: URL, timeouts: dict[str, str]) -> dict[str, object]:
    """Return how the engine connects: who searches where, and how long it may take."""
    del url
    options = (
        "-c search_path=public,jobs -c timezone=UTC"
        f" -c statement_timeout={timeouts['statement']} -c lock_timeout={timeouts['lock']}"
        f" -c idle_in_transaction_session_timeout={timeouts['idle']}"
    )
    return {
        "connect_args": {"options": options, "application_name": "portal"},
        "pool_size": 8,
        "max_overflow": 8,
        "pool_pre_ping": True,
        # What was asked of the database stays out of logs and error pages.
        "hide_parameters": True,
        "pool_timeout": 10,
    }


def create_app(
    settings: Settings | None = None,
    *,
    gateways: Gateways | None = None,
    timeouts: dict[str, str] | None = None,
) -> APIFlask:
    """Make the application from its settings; tests pass gateways of their own."""
    settings = settings or load_settings()
    if settings.database_url is None:
        raise RuntimeError("DATABASE_URL is unset; `portal run` sets it to the embedded server")
    logs.configure()
    keys = load_keys(settings)
    use_keys(keys)
    faults.arm_from_environment()
    app = APIFlask(
        "portal",
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "portal" / "web" / "templates"),
        json_errors=False,
        enable_openapi=False,
    )
    url = psycopg_url(settings.database_url)
    app.config.update(
        SECRET_KEY=keys.form,
        SQLALCHEMY_DATABASE_URI=url.render_as_string(hide_password=False),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(url, timeouts or WEB_TIMEOUTS),
        MAX_CONTENT_LENGTH=settings.import_max_bytes + 1_000_000,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        PORTAL_SETTINGS=settings,
    )
    app.session_interface = RowSessions(secure=settings.portal_base_url.startswith("https://"))
    _bind(app, settings, csrf)
    _register_pages(app, settings)
    app.extensions["portal.gateways"] = gateways or make_gateways(app, settings)
    return app


def make_gateways(app: APIFlask, settings: Settings) -> Gateways:
    """Make the real adapters; without a provider key, payments go to the sandbox in here."""
    api = None
    if settings.sandbox_enabled:
        api = make_api(lambda: _engine_of(app), base_url=settings.portal_base_url)
    return Gateways(
        payments=BreakerGateway(make_gateway(settings, api)),
        letters=WeasyPrintRenderer(),
        mailer=SmtpMailer(settings),
        texter=SmtpTexter(settings),
    )


def _engine_of(app: APIFlask) -> Engine:
    with app.app_context():
        return db.engine


def _bind(app: APIFlask, settings: Settings, protection: CSRFProtect) -> None:
    db.init_app(app)
    protection.init_app(app)
    shell.register(
        app,
        demo=settings.portal_environment == "demo",
        test_mode=settings.sandbox_enabled,
        zone_selector=viewer.zone,
    )
    headers.register(app, https=settings.portal_base_url.startswith("https://"))
    viewer.register(app)
    access.register(app)
    errors.register(app)


def _register_pages(app: APIFlask, settings: Settings) -> None:
    for pages in (public_pages, auth_pages, bank_pages, agency_pages, debtor_pages, operator_pages):
        app.register_blueprint(pages)
    app.register_blueprint(hook_endpoints)
    app.register_blueprint(preferences.bp)
    csrf.exempt(hook_endpoints)
    if settings.sandbox_enabled:
        app.register_blueprint(
            make_sandbox_pages(
                lambda: _engine_of(app),
                after_commit=lambda: enqueue_alone("deliver_sandbox_events"),
            )
        )
