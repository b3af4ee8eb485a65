"""Texts as the code asks for them and as people wrote them, and the catalogues made of both."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.frontend import parse_mapping_cfg

FOLDER = Path("portal/translations")
SOURCES = FOLDER / "src"
LOCALES = {"zh": ("zh_Hans_CN", 1), "es": ("es", 2)}

#: Beside gettext's own names: the lazy ones; domain errors, whose message a reader may see, raised
#: by name or given to `super().__init__`; and the labels of the fields of a bank's file.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    **dict.fromkeys(("Invalid", "Conflict", "NotFound", "PermissionDenied", "Unavailable")),
    **dict.fromkeys(("AddressRefused", "GatewayUnavailable", "MistypedCode")),
    "__init__": (1,),
    "Target": (2,),
}
#: Where a person with a debt can read the text: Spanish is due.
SPANISH = (
    "portal/debtor/",
    "portal/public/",
    "portal/auth/",
    "portal/web/templates/",
    "portal/web/errors.py",
    "portal/web/filters.py",
    "portal/web/limits.py",
    "portal/web/wish_form.py",
    "portal/core/accounts/statements.py",
    "portal/core/idempotency.py",
    "portal/core/money.py",
    "portal/core/parties/letter_codes.py",
    "portal/core/parties/passcodes.py",
    "portal/core/parties/proof.py",
    "portal/core/parties/wishes.py",
    "portal/core/plans/",
    "portal/core/rules/plans.py",
    "portal/core/payments/",
    "portal/adapters/stripe.py",
)
CONSOLE_ONLY = (
    "portal/web/templates/base_console.html",
    "portal/web/templates/macros/breach.html",
    "portal/web/templates/macros/columns.html",
    "portal/web/templates/organisation/",
    "portal/web/templates/rules/",
    "portal/core/plans/policies.py",
)

_FIXED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Message:
    """A text found in the code: English, its plural, and the files that use it."""

    text: str
    plural: str | None
    places: tuple[str, ...]

    @property
    def area(self) -> str:
        """Return the area whose file a new entry goes to: the package that uses it first."""
        parts = self.places[0].split("/")
        return parts[1] if len(parts) > 2 else "web"

    @property
    def needs_spanish(self) -> bool:
        """Tell whether a person with a debt can come to read the text."""
        return any(
            place.startswith(SPANISH) and not place.startswith(CONSOLE_ONLY)
            for place in self.places
        )


@dataclass(frozen=True)
class Entry:
    """An authored translation: forms per language, empty where nothing is written yet."""

    area: str
    text: str
    plural: str | None
    forms: dict[str, tuple[str, ...]]
    fuzzy: bool

    @property
    def id(self) -> str | tuple[str, str]:
        """Return what gettext files it under."""
        return self.text if self.plural is None else (self.text, self.plural)


def read_entries(root: Path) -> list[Entry]:
    """Return the authored entries of all areas, in the order of their files."""
    return [
        _entry(path.stem, text, table)
        for path in sorted((root / SOURCES).glob("*.toml"))
        for text, table in tomllib.loads(path.read_text()).items()
    ]


def find_messages(root: Path) -> list[Message]:
    """Return every text the code asks to translate, with the files that use it."""
    # Babel ships no types for its configuration reader.
    with (root / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found: dict[str, tuple[str | None, list[str]]] = {}
    for name, _line, text, _notes, _context in extract_from_dir(
        root / "portal", methods, options, keywords=KEYWORDS
    ):
        single, plural = (text[0], text[1]) if isinstance(text, tuple) else (text, None)
        known = found.setdefault(single, (plural, []))
        found[single] = (known[0] or plural, [*known[1], f"portal/{name}"])
    return [
        Message(text, plural, tuple(dict.fromkeys(sorted(places))))
        for text, (plural, places) in sorted(found.items())
    ]


def extract_reasons(
    file: BinaryIO, keywords: Iterable[str], tags: list[str], options: Any
) -> Iterator[tuple[int, str | None, Any, Any]]:
    """Read Python as Babel does, and both texts of `Reason(message, cure)`; neither is a plural."""
    wanted: Any = [*keywords, "Reason"]
    found: Iterable[Any] = extract_python(file, wanted, tags, options)
    for line, name, texts, notes in found:
        if name != "Reason":
            yield line, name, texts, notes
            continue
        for text in texts:
            yield line, None, text, notes


def make_catalog(locale: str, language: str, entries: list[Entry]) -> Catalog:
    """Return the catalogue of one language; a text without a translation is left out."""
    catalog = Catalog(
        locale,
        header_comment="# Made by `portal i18n compile` from portal/translations/src. Do not edit.",
        project="referral-portal",
        version="1",
        creation_date=_FIXED,
        revision_date=_FIXED,
        last_translator="-",
        language_team="-",
        fuzzy=False,
    )
    for entry in entries:
        forms = entry.forms[language]
        if forms and entry.text not in catalog:
            catalog.add(entry.id, forms if entry.plural is not None else forms[0])
    return catalog


def _entry(area: str, text: str, table: dict[str, object]) -> Entry:
    forms = {}
    for language in LOCALES:
        value = table.get(language, "")
        values = tuple(value) if isinstance(value, list) else (str(value),)
        forms[language] = values if all(values) else ()
    plural = table.get("plural")
    return Entry(
        area=area,
        text=text,
        plural=str(plural) if plural is not None else None,
        forms=forms,
        fuzzy=bool(table.get("fuzzy", False)),
    )
