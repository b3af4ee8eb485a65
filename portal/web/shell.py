"""What the frame around every page needs: languages, theme, product name, banners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

from portal.web import filters

LANGUAGE_COOKIE = "language"
THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")
NEUTRAL_SITE = "https://www.bing.com/"


@dataclass(frozen=True)
class Language:
    """A language of the portal: its code in addresses, its tag in pages, its locale for Babel."""

    code: str
    tag: str
    locale: str
    name: str


LANGUAGES = (
    Language("en", "en", "en", "English"),
    Language("zh", "zh-Hans", "zh_Hans_CN", "简体中文"),
    Language("es", "es", "es_US", "Español"),
)
_BY_CODE = {language.code: language for language in LANGUAGES}


class NavItem(NamedTuple):
    """One entry of a console's navigation; `key` follows `g` on the keyboard."""

    endpoint: str
    label: str
    icon: str
    key: str = ""


def register(
    app: Flask,
    *,
    demo: bool,
    test_mode: bool,
    product_name: str = "Referral Portal",
    exit_url: str = NEUTRAL_SITE,
    locale_selector: Callable[[], str | None] | None = None,
    zone_selector: Callable[[], str | tzinfo | None] | None = None,
) -> None:
    """Bind languages, filters and the frame's values to the app.

    `locale_selector` and `zone_selector` speak for a signed-in person; without an answer the
    cookie and the browser decide the language, and UTC is the zone.
    """

    def select_locale() -> str:
        return (locale_selector() if locale_selector else None) or select_language().locale

    Babel(app, locale_selector=select_locale, timezone_selector=zone_selector)
    filters.register(app)

    @app.context_processor
    def frame() -> dict[str, object]:
        return {
            "demo": demo,
            "test_mode": test_mode,
            "product_name": product_name,
            "exit_url": exit_url,
            "languages": LANGUAGES,
            "page_language": page_language().tag,
            "theme": theme(),
        }


def language_by_code(code: str | None) -> Language | None:
    """Return the language with this code, or nothing."""
    return _BY_CODE.get(code or "")


def select_language() -> Language:
    """Choose the reader's language: what they chose, else what their browser asks for."""
    if not has_request_context():
        return LANGUAGES[0]
    chosen = language_by_code(request.cookies.get(LANGUAGE_COOKIE))
    return chosen or _BY_CODE[request.accept_languages.best_match(_BY_CODE, "en")]


def page_language() -> Language:
    """Return the language the current page is written in."""
    locale = get_locale()
    return next((known for known in LANGUAGES if known.code == locale.language), LANGUAGES[0])


def theme() -> str:
    """Return the reader's theme; `auto` follows the system."""
    chosen = request.cookies.get(THEME_COOKIE, "auto") if has_request_context() else "light"
    return chosen if chosen in THEMES else "auto"
