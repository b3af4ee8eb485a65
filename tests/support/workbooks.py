"""Workbooks made by hand, sound and hostile: tests need no library that writes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_TYPES = """<?xml version="1.0"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType=
"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
</Types>"""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = f"""<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}">
<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
_BOOK = f"""<?xml version="1.0"?><workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>
<sheet name="Notes" sheetId="1" state="hidden" r:id="r1"/>
<sheet name="Accounts" sheetId="2" r:id="r2"/></sheets></workbook>"""
_BOOK_RELS = f"""<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}">
<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="r2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>
<Relationship Id="r3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>"""
# Style 1 is a day.
_STYLES = f"""<?xml version="1.0"?><styleSheet xmlns="{_MAIN}"><cellXfs count="2">
<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"""


class Day(float):
    """A spreadsheet's day: a number of days that is shown as a date."""


def sheet_xml(rows: Sequence[Sequence[str | float]], *, first_row: int = 1) -> str:
    """Return the XML of a sheet whose first row has the given number."""
    lines = "".join(
        f'<row r="{number}">{"".join(_cell(number, place, cell) for place, cell in enumerate(row))}'
        "</row>"
        for number, row in enumerate(rows, start=first_row)
    )
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'
    return f'<?xml version="1.0"?>{sheet}'


def _cell(row: int, place: int, cell: str | float) -> str:
    reference = f"{_letters(place)}{row}"
    if isinstance(cell, str):
        text = escape(cell)
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    style = ' s="1"' if isinstance(cell, Day) else ""
    return f'<c r="{reference}"{style}><v>{float(cell)!r}</v></c>'


def _letters(place: int) -> str:
    first, second = divmod(place, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)


def workbook_of(xml: str, **parts: bytes) -> bytes:
    """Return a workbook with the sheet, and with other parts by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr("xl/workbook.xml", _BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", _BOOK_RELS)
        archive.writestr("xl/styles.xml", _STYLES)
        archive.writestr("xl/worksheets/sheet1.xml", sheet_xml([["not", "this"], ["one", "!"]]))
        parts = {"xl/worksheets/sheet2.xml": xml.encode(), **parts}
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()
