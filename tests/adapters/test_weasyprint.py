from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from portal.adapters import weasyprint as adapter
from portal.adapters.weasyprint import (
    FONTS,
    PANGO_CURE,
    DocumentRefused,
    WeasyPrintRenderer,
    fonts_ok,
    pango_problem,
)
from portal.adapters.weasyprint_pool import RendererPool
from portal.core.errors import Unavailable
from tests.adapters.pdf_check import accessibility_faults, fonts, hanzi, read, scopes, tags, text

DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'


def page(body: str, *, head: str = "", lang: str = "en") -> str:
    return (
        f'<!doctype html><html lang="{lang}"><head><title>A letter</title>{head}</head>'
        f"<body><h1>Hello</h1>{body}</body></html>"
    )


def data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@pytest.fixture(scope="module")
def renderer() -> WeasyPrintRenderer:
    return WeasyPrintRenderer()


@pytest.fixture(scope="module")
def pool() -> Iterator[RendererPool]:
    with RendererPool(1, seconds=20) as pool:
        yield pool


class Listener:
    """A web server that counts who comes, and answers with a canary."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        visits = self.visits

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                visits.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"CANARY-FROM-THE-NETWORK")

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/latest/meta-data"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file on this machine whose content must never turn up in a document."""
    path = tmp_path_factory.mktemp("secret") / "canary.txt"
    path.write_text("CANARY-FROM-THE-DISK")
    return path


def reaching(name: str, url: str, file: str) -> str:
    """Return a document that reaches out in the named way."""
    nested = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{url}"/></svg>'
    )
    return {
        "an image on the disk": page(f'<img alt="x" src="{file}">'),
        "an image on an internal address": page(f'<img alt="x" src="{url}">'),
        "an imported style sheet": page("", head=f'<style>@import url("{url}");</style>'),
        "a linked style sheet": page("", head=f'<link rel="stylesheet" href="{file}">'),
        "a font": page(
            '<p style="font-family: f">x</p>',
            head=f'<style>@font-face {{ font-family: f; src: url("{url}"); }}</style>',
        ),
        "a background": page(f"<p style=\"background: url('{url}')\">x</p>"),
        "an attachment": page("", head=f'<link rel="attachment" href="{file}">'),
        "an attached link": page(f'<a rel="attachment" href="{file}">x</a>'),
        "an object": page(f'<object data="{file}" type="image/png"></object>'),
        "an embed": page(f'<embed src="{url}" type="image/svg+xml">'),
        "a path that climbs out of the assets": page(
            '<img alt="x" src="asset:../../../../../../../../etc/passwd">'
        ),
        "an asset that climbs by another spelling": page(
            '<img alt="x" src="asset:fonts/%2e%2e/%2e%2e/weasyprint.py">'
        ),
        "an image inside a drawing": page(nested),
        "an image inside a drawing in the address": page(f'<img alt="x" src="{data_uri(nested)}">'),
        "a style sheet in the address": page(
            "", head='<link rel="stylesheet" href="data:text/css,p{}">'
        ),
    }[name]


ATTACKS = [
    "an image on the disk",
    "an image on an internal address",
    "an imported style sheet",
    "a linked style sheet",
    "a font",
    "a background",
    "an attachment",
    "an attached link",
    "an object",
    "an embed",
    "a path that climbs out of the assets",
    "an asset that climbs by another spelling",
    "an image inside a drawing",
    "an image inside a drawing in the address",
    "a style sheet in the address",
]


@pytest.mark.abuse("P2")
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_document_that_reaches_out_is_refused_and_reaches_nothing(
    renderer: WeasyPrintRenderer, listener: Listener, canary: Path, attack: str
) -> None:
    document = reaching(attack, listener.url, canary.as_uri())

    with pytest.raises(DocumentRefused):
        renderer.render(document)

    assert listener.visits == []


@pytest.mark.abuse("P2")
def test_a_refusal_leaves_the_next_document_alone(
    renderer: WeasyPrintRenderer, canary: Path
) -> None:
    with pytest.raises(DocumentRefused):
        renderer.render(page(f'<img alt="x" src="{canary.as_uri()}">'))

    assert "Hello" in text(renderer.render(page("")))


@pytest.mark.abuse("P2")
def test_the_child_process_refuses_as_well(
    pool: RendererPool, listener: Listener, canary: Path
) -> None:
    for attack in ("an attachment", "an image on an internal address", "an image inside a drawing"):
        with pytest.raises(DocumentRefused):
            pool.render(reaching(attack, listener.url, canary.as_uri()))

    assert listener.visits == []
    assert "Hello" in text(pool.render(page("")))


@pytest.mark.abuse("P2")
def test_a_child_process_can_open_no_connection_and_start_no_program(listener: Listener) -> None:
    program = (
        "import socket, subprocess, sys\n"
        "from portal.adapters.weasyprint_pool import _no_way_out\n"
        "sys.addaudithook(_no_way_out)\n"
        "for deed in (\n"
        f"    lambda: socket.create_connection(('127.0.0.1', {listener.server.server_port})),\n"
        "    lambda: subprocess.run(['true']),\n"
        "):\n"
        "    try:\n"
        "        deed()\n"
        "    except PermissionError as error:\n"
        "        print('closed')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["closed", "closed"]
    assert listener.visits == []


def test_a_child_process_inherits_no_secret(
    pool: RendererPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "canary-in-the-environment")

    with RendererPool(1) as fresh:
        fresh.render(page(""))
        child = fresh._idle.get()
        environment = Path(f"/proc/{child._process.pid}/environ").read_bytes()
        fresh._idle.put(child)

    assert b"canary" not in environment


@pytest.mark.abuse("P3")
def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_is_made() -> None:
    endless = page("<p>" + "word " * 400_000)

    with RendererPool(1) as pool:
        before = pool.render(page(""))
        pool._seconds = 1
        with pytest.raises(Unavailable, match="too long"):
            pool.render(endless)
        pool._seconds = 30
        after = pool.render(page(""))

    assert before == after


@pytest.mark.abuse("P3")
def test_a_document_that_takes_too_much_memory_is_given_up() -> None:
    with RendererPool(1, megabytes=150) as pool:
        before = pool.render(page(""))
        with pytest.raises(Unavailable, match="too large"):
            pool.render(page("<p>" + "x" * 60_000_000))
        after = pool.render(page(""))

    assert before == after


def test_threads_sharing_a_pool_each_get_their_own_document(pool: RendererPool) -> None:
    got: dict[int, str] = {}

    def make(number: int) -> None:
        got[number] = text(pool.render(page(f"<p>Letter number {number}</p>")))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(f"Letter number {number}" in words for number, words in got.items())
    assert len(got) == 6


def test_closing_a_pool_leaves_no_file_behind() -> None:
    with RendererPool(1) as pool:
        pool.render(page(""))
        child = pool._idle.get()
        folder = Path(f"/proc/{child._process.pid}/cwd").resolve()
        pool._idle.put(child)
        assert folder.is_dir()

    assert not folder.exists()


def test_the_same_document_is_the_same_file_in_every_process(
    renderer: WeasyPrintRenderer, pool: RendererPool
) -> None:
    document = page(f'<p>您好</p><img alt="A dot" src="{data_uri(DOT)}">')

    assert renderer.render(document) == renderer.render(document) == pool.render(document)


def test_a_document_is_tagged_with_title_and_language(renderer: WeasyPrintRenderer) -> None:
    pdf = renderer.render(
        page(
            '<h2>More</h2><p>Words</p><ul><li>one</li></ul><table><thead><tr><th scope="col">A</th>'
            f'</tr></thead><tr><td>b</td></tr></table><img alt="A dot" src="{data_uri(DOT)}">',
            lang="es",
        )
    )

    assert accessibility_faults(pdf) == []
    assert read(pdf).metadata.title == "A letter"
    assert read(pdf).root_object["/Lang"] == "es"
    assert {"H1", "H2", "P", "L", "LI", "Table", "TH", "TD", "Figure"} <= set(tags(pdf))


def test_a_table_heading_says_whether_it_heads_a_row_or_a_column(
    renderer: WeasyPrintRenderer,
) -> None:
    table = "<thead><tr><th>A<th>B</thead><tbody><tr><th>c<td>d<tr><th>e<td>f</tbody>"

    pdf = renderer.render(page(f"<table>{table}</table>"))

    assert scopes(pdf) == ["Column", "Column", "Row", "Row"]


def test_the_check_of_tags_finds_what_is_missing() -> None:
    from weasyprint import HTML

    bare = HTML(string="<h2>x</h2><table><tr><td>y</table>").write_pdf()
    poor = HTML(
        string=f"<h2>x</h2><table><tr><td>y</table><table><tr><th>z</table>{DOT}"
    ).write_pdf(pdf_variant="pdf/ua-1")

    assert "not marked as tagged" in accessibility_faults(bare)
    assert {
        "no title",
        "does not begin with a first-level heading",
        "a table without headings",
        "a heading that does not say what it heads",
        "a figure without words",
    } <= set(accessibility_faults(poor))


def test_chinese_is_written_with_the_projects_own_font(renderer: WeasyPrintRenderer) -> None:
    pdf = renderer.render(page("<p>您目前欠款,龘㛃嫑</p>", lang="zh-Hans-CN"))

    assert "您目前欠款" in hanzi(pdf)
    assert fonts(pdf) == {"Letter-Hanzi", "Letter-Hanzi-Bold"}


def test_latin_names_of_all_europe_are_written_with_the_projects_own_font(
    renderer: WeasyPrintRenderer,
) -> None:
    pdf = renderer.render(page("<p>Łukasz Kőszegi, Nuñez, Şahin, Dvořák, O’Neill, Ελένη</p>"))

    assert "Łukasz Kőszegi, Nuñez, Şahin, Dvořák, O’Neill, Ελένη" in text(pdf)
    assert fonts(pdf) == {"Letter-Latin", "Letter-Latin-Bold"}


def test_the_fonts_have_a_glyph_for_you_in_chinese() -> None:
    assert "您" in adapter.NEEDED_GLYPHS["fonts/hanzi.ttf"]
    assert "您" in adapter.NEEDED_GLYPHS["fonts/hanzi-bold.ttf"]
    assert fonts_ok()


def test_a_font_that_is_missing_or_lacks_a_glyph_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(adapter.ASSETS, "fonts/hanzi.ttf", FONTS / "SourceSans3-Regular.ttf")
    assert not fonts_ok()

    monkeypatch.setitem(adapter.ASSETS, "fonts/hanzi.ttf", tmp_path / "gone.ttf")
    assert not fonts_ok()


def test_the_fonts_are_the_ones_the_manifest_names() -> None:
    packages = json.loads((FONTS / "MANIFEST.json").read_text())
    named = {name: entry for package in packages for name, entry in package["files"].items()}
    here = {path.name for path in FONTS.iterdir()} - {"MANIFEST.json", "README.md"}

    assert set(named) == here
    for name, entry in named.items():
        content = (FONTS / name).read_bytes()
        assert (len(content), hashlib.sha384(content).hexdigest()) == (
            entry["size"],
            entry["sha384"],
        )


def test_without_pango_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPango:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])
    press = adapter._press
    press.cache_clear()

    with pytest.raises(Unavailable, match="apt-get install"):
        WeasyPrintRenderer().render(page(""))
    assert pango_problem() == PANGO_CURE


def test_with_pango_there_is_nothing_to_report() -> None:
    adapter._press.cache_clear()

    assert pango_problem() is None
