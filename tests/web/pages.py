"""A small application with the portal's frame and no database, for tests of what pages share."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect

from portal.config import ROOT
from portal.web import headers, preferences, shell

TEMPLATES = ROOT / "portal" / "web" / "templates"


def make_app(*, https: bool = False, zone: str | tzinfo = "America/Chicago") -> Flask:
    app = Flask(
        "portal",
        root_path=str(ROOT / "portal"),
        static_folder=str(ROOT / "static"),
        template_folder=str(TEMPLATES),
    )
    app.config.update(SECRET_KEY="test", TESTING=True, PROPAGATE_EXCEPTIONS=False)
    CSRFProtect(app)
    shell.register(app, demo=True, test_mode=True, zone_selector=lambda: zone)
    headers.register(app, https=https)
    app.register_blueprint(preferences.bp)
    return app


def html_files() -> list[Path]:
    return sorted((ROOT / "portal").rglob("*.html"))
