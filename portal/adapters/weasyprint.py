"""Letters and reports as tagged PDF, by WeasyPrint: own fonts, own assets, no reach beyond them.

WeasyPrint loads Pango when it is imported and says so with a bare OSError when it is missing, so
it is imported when the first document is rendered and not before.
"""

from __future__ import annotations

import atexit
import base64
import binascii
import logging
import re
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from portal.core.errors import Invalid, Unavailable

HERE = Path(__file__).resolve().parent
FONTS = HERE / "fonts"
ASSETS = {
    "letter.css": HERE / "letter.css",
    "fonts/hanzi.ttf": FONTS / "NotoSansSC-Regular.ttf",
    "fonts/hanzi-bold.ttf": FONTS / "NotoSansSC-Bold.ttf",
    "fonts/latin.ttf": FONTS / "SourceSans3-Regular.ttf",
    "fonts/latin-bold.ttf": FONTS / "SourceSans3-Bold.ttf",
}
# What letters must be able to write: Chinese as people are addressed, names, money, tick boxes.
NEEDED_GLYPHS = {
    "fonts/hanzi.ttf": "您龘，。：“”¥",
    "fonts/hanzi-bold.ttf": "您，。：“”¥",
    "fonts/latin.ttf": "ñáéíóúü¿¡łőşč’–−□$€¥",
    "fonts/latin-bold.ttf": "ñáéíóúü¿¡łőşč’–−$€¥",
}
PANGO_CURE = (
    "PDF documents cannot be made: the Pango library is missing. On Debian: apt-get install"
    " --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
)

_IMAGE = re.compile(r"data:image/(svg\+xml|png);base64,([A-Za-z0-9+/]+={0,2})", re.ASCII)


class DocumentRefused(Invalid):
    """The document asked for something outside its own text, images and the portal's assets."""

    code = "document_refused"


class WeasyPrintRenderer:
    """Turns a finished HTML document into PDF/UA-1, inside this process.

    Style sheet and fonts are read once and shared by all documents. Pango is not safe for threads,
    so one document is made at a time; `RendererPool` makes several, each in a process of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def render(self, html: str) -> bytes:
        """Return the PDF: tagged, with the title and language the document names.

        The same document always gives the same bytes. It may name `asset:` files of the portal and
        carry its own images as base64 `data:`; anything else stops it.

        Raises:
            DocumentRefused: the document reaches for a file or an address.
            Unavailable: Pango is missing; the text says how to install it.
        """
        with self._lock:
            press = _press()
            press.refused.clear()
            try:
                document = press.document(string=html, url_fetcher=press.fetcher)
                pdf = document.write_pdf(
                    stylesheets=[press.sheet],
                    font_config=press.fonts,
                    pdf_variant="pdf/ua-1",
                    finisher=_scope_headings,
                )
            except press.fatal:  # a BaseException: only its own except sees it
                pdf = None
            if pdf is None or press.refused:
                raise DocumentRefused("This document asks for something outside the portal.")
            return bytes(pdf)


def pango_problem() -> str | None:
    """Return why PDF documents cannot be made on this machine, with the cure, or None."""
    try:
        _press()
    except Unavailable as error:
        return str(error)
    return None


def fonts_ok() -> bool:
    """Tell whether the letters' fonts are there and can write 您 and all else a letter needs."""
    return all(_covers(name, text) for name, text in NEEDED_GLYPHS.items())


def _covers(name: str, text: str) -> bool:
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]  # has no types

    try:
        with TTFont(ASSETS[name], lazy=True) as font:
            return all(ord(sign) in font.getBestCmap() for sign in text)
    except (OSError, TTLibError):
        return False


@dataclass(frozen=True)
class _Press:
    """What every document of this process shares. WeasyPrint has no types, hence Any."""

    document: Any
    sheet: Any
    fonts: Any
    fetcher: Any
    fatal: type[BaseException]
    refused: list[str]


@cache
def _press() -> _Press:
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse
    except OSError as error:
        raise Unavailable(PANGO_CURE) from error

    # Its warnings quote the document, and the document names a person.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    refused: list[str] = []

    class LockedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        """Answers from memory; knows no file system, no network, and remembers each refusal.

        WeasyPrint swallows a refusal inside an SVG image, so the list is what decides.
        """

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            del headers  # nothing leaves the process that could carry them
            try:
                kind, body = _answer(url)
            except DocumentRefused:
                refused.append(url[:40])
                raise FatalURLFetchingError("refused") from None
            return URLFetcherResponse(url, body, {"Content-Type": kind})

    fetcher = LockedFetcher(allowed_protocols=frozenset(), allow_redirects=False)
    fonts = FontConfiguration()
    sheet = weasyprint.CSS(
        string=_read("letter.css").decode(), font_config=fonts, url_fetcher=fetcher
    )
    # WeasyPrint unpacks fonts into a temporary folder and removes it with the configuration, which
    # fails when the interpreter is already half gone.
    atexit.register(_press.cache_clear)
    return _Press(weasyprint.HTML, sheet, fonts, fetcher, FatalURLFetchingError, refused)


def _scope_headings(_: Any, pdf: Any) -> None:
    """Say of each table heading whether it heads a row or a column: PDF/UA asks for it.

    WeasyPrint tags the headings but does not pass on the `scope` of a `th`.
    """
    parts: dict[Any, Any] = {part.reference: part for part in pdf.objects}
    for element in parts.values():
        if isinstance(element, dict) and element.get("S") == "/TH":
            group = parts[parts[element["P"]]["P"]]
            element["A"]["Scope"] = "/Column" if group.get("S") == "/THead" else "/Row"


def _answer(url: str) -> tuple[str, bytes]:
    """Return media type and bytes of an asset by its exact name, or of an image in the address."""
    if url.startswith("asset:"):
        name = url.removeprefix("asset:")
        if name in ASSETS:
            return ("text/css" if name.endswith(".css") else "font/ttf"), _read(name)
    elif found := _IMAGE.fullmatch(url):
        try:
            return f"image/{found[1]}", base64.b64decode(found[2], validate=True)
        except binascii.Error:
            pass
    raise DocumentRefused("refused")


@cache
def _read(name: str) -> bytes:
    return ASSETS[name].read_bytes()
