"""A reader of finished PDF files: their text, and the tagging a screen reader depends on."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject, IndirectObject

PAINTING = {b"Tj", b"TJ", b"'", b'"', b"Do", b"f", b"F", b"f*", b"S", b"s", b"B", b"b", b"sh"}


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text(pdf: bytes) -> str:
    """Return the words of all pages, blanks and line ends as single spaces."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def hanzi(pdf: bytes) -> str:
    """Return the text without any blanks: Chinese lines break inside words."""
    return "".join(text(pdf).split())


def fonts(pdf: bytes) -> set[str]:
    """Return the names of all fonts used, without the prefix of a subset."""
    names = set()
    for page in read(pdf).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            names.add(str(font.get_object()["/BaseFont"]).split("+")[-1].lstrip("/"))
    return names


def tags(pdf: bytes) -> list[str]:
    """Return the structure types in reading order."""
    return [str(element["/S"]).lstrip("/") for element in _elements(pdf)]


def scopes(pdf: bytes) -> list[str]:
    """Return what each table heading heads, in reading order."""
    headings = [element for element in _elements(pdf) if element["/S"] == "/TH"]
    return [str(heading["/A"]["/Scope"]).lstrip("/") for heading in headings]


def accessibility_faults(pdf: bytes) -> list[str]:
    """Return what PDF/UA asks for and the file lacks; not all of the standard, but its spine."""
    reader = read(pdf)
    root = reader.root_object
    faults = []
    if not root.get("/MarkInfo", {}).get("/Marked"):
        faults.append("not marked as tagged")
    if not root.get("/Lang"):
        faults.append("no language")
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        faults.append("shows the file name in place of the title")
    if not reader.metadata or not reader.metadata.title:
        faults.append("no title")
    if "/Metadata" not in root or b"pdfuaid:part" not in root["/Metadata"].get_data():
        faults.append("does not say that it is PDF/UA")
    if "/ParentTree" not in root.get("/StructTreeRoot", {}):
        faults.append("no structure")
        return faults
    return faults + _heading_faults(pdf) + _element_faults(pdf) + _content_faults(reader)


def _elements(pdf: bytes) -> Iterator[DictionaryObject]:
    def walk(node: object) -> Iterator[DictionaryObject]:
        if isinstance(node, IndirectObject):
            node = node.get_object()
        if isinstance(node, list):
            for kid in node:
                yield from walk(kid)
        elif isinstance(node, DictionaryObject) and node.get("/S"):
            yield node
            yield from walk(node.get("/K"))

    yield from walk(read(pdf).root_object["/StructTreeRoot"]["/K"])


def _heading_faults(pdf: bytes) -> list[str]:
    levels = [int(tag[1]) for tag in tags(pdf) if re.fullmatch(r"H\d", tag)]
    faults = [] if levels[:1] == [1] else ["does not begin with a first-level heading"]
    if any(after > before + 1 for before, after in itertools.pairwise(levels)):
        faults.append("a heading level is skipped")
    return faults


def _element_faults(pdf: bytes) -> list[str]:
    faults = []
    for element in _elements(pdf):
        kind = element["/S"]
        if kind == "/Figure" and not str(element.get("/Alt", "")).strip():
            faults.append("a figure without words")
        if kind == "/Table" and "/TH" not in _kinds_below(element):
            faults.append("a table without headings")
        if kind == "/TH" and element.get("/A", {}).get("/Scope") not in {"/Row", "/Column"}:
            faults.append("a heading that does not say what it heads")
        if kind == "/LI" and "/LBody" not in _kinds_below(element):
            faults.append("a list item without a body")
    return faults


def _kinds_below(element: DictionaryObject) -> set[str]:
    found: set[str] = set()
    waiting: list[object] = [element.get("/K")]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, DictionaryObject):
            found.add(str(node.get("/S")))
            waiting.append(node.get("/K"))
    return found


def _content_faults(reader: PdfReader) -> list[str]:
    faults = []
    for number, page in enumerate(reader.pages, start=1):
        if "/StructParents" not in page:
            faults.append(f"page {number} is not in the structure")
        depth = 0
        for _, operator in ContentStream(page.get_contents(), reader).operations:
            depth += {b"BDC": 1, b"BMC": 1, b"EMC": -1}.get(operator, 0)
            if depth == 0 and operator in PAINTING:
                faults.append(f"page {number} paints outside any tag: {operator.decode()}")
                break
        for font in page["/Resources"].get("/Font", {}).values():
            if "/ToUnicode" not in font.get_object():
                faults.append(f"page {number} has text that cannot be copied")
    return faults
