"""The portal's texts in its languages: gathered from the code, written per area, compiled, checked.

`portal/translations/src/<area>.toml` is the authored source, one file per area so that people can
write in parallel; messages.po and messages.mo are made from all of them. An entry:

    ["You owe"]
    zh = "您目前欠款"
    es = "Usted debe"

    ["%(num)d account"]
    plural = "%(num)d accounts"
    zh = "%(num)d个账户"
    es = ["%(num)d cuenta", "%(num)d cuentas"]

The key is the English text exactly as the code has it; messages of domain errors count too. `zh` is
always due, `es` where a person with a debt can read it. Named placeholders stay as they are. A text
used in several areas is written once.
"""

from __future__ import annotations

import gettext
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po

FOLDER = Path("portal/translations")
SOURCES = FOLDER / "src"
LOCALES = {"zh": ("zh_Hans_CN", 1), "es": ("es", 2)}

#: Beside gettext's own names: the lazy ones, and domain errors, whose message a reader may see.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    **dict.fromkeys(("Invalid", "Conflict", "NotFound", "PermissionDenied", "Unavailable")),
}
#: Where a person with a debt can read the text: Spanish is due.
SPANISH = (
    "portal/debtor/",
    "portal/public/",
    "portal/auth/",
    "portal/web/templates/",
    "portal/web/errors.py",
    "portal/web/filters.py",
    "portal/core/idempotency.py",
    "portal/core/money.py",
    "portal/core/parties/letter_codes.py",
    "portal/core/parties/passcodes.py",
    "portal/core/parties/proof.py",
    "portal/core/plans/",
    "portal/core/rules/plans.py",
    "portal/core/payments/",
    "portal/adapters/stripe.py",
)
CONSOLE_ONLY = ("portal/web/templates/base_console.html",)

_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%")
_HALF_WIDTH = re.compile(
    r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]|\.\.\.|[\u4e00-\u9fff]\.(?!\w)"
)
_GAP = re.compile(r"[\u4e00-\u9fff] [\w%]|[\w)] [\u4e00-\u9fff]")
_FIXED = datetime(2026, 1, 1, tzinfo=UTC)
_HEADER = """\
# Texts of one area. The key is the English text, exactly as in the code. `zh` is always due,
# `es` wherever a person with a debt can read it. Placeholders like %(day)s stay as they are.
# Texts with a number have `plural` (English) and, in Spanish, a list of two. No text twice.
# `portal i18n extract` adds what is missing, `compile` makes the catalogues, `check` finds faults.
"""


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


def extract(root: Path) -> list[str]:
    """Add an empty entry for every text of the code that has none; return those texts."""
    known = {entry.text for entry in read_entries(root)}
    missing = [message for message in find_messages(root) if message.text not in known]
    for message in missing:
        path = root / SOURCES / f"{message.area}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if path.exists() else _HEADER
        path.write_text(before + _blank(message))
    return [message.text for message in missing]


def compile(root: Path) -> list[str]:
    """Make messages.po and messages.mo of every language; return the files that changed."""
    changed = []
    entries = read_entries(root)
    for language, (locale, _forms) in LOCALES.items():
        folder = root / FOLDER / locale / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        catalog = _catalog(locale, language, entries)
        for name, write in (("messages.po", _write_po), ("messages.mo", write_mo)):
            path = folder / name
            before = path.read_bytes() if path.exists() else b""
            with path.open("wb") as file:
                write(file, catalog)
            if path.read_bytes() != before:
                changed.append(str(path.relative_to(root)))
    return changed


def check(root: Path) -> list[str]:
    """Return every fault of the translations; an empty answer means they are complete."""
    entries = read_entries(root)
    return [
        *_missing(find_messages(root), {entry.text: entry for entry in entries}),
        *(fault for entry in entries for fault in _entry_faults(entry)),
        *_repeated(entries),
        *_stale(root, entries),
    ]


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


def _blank(message: Message) -> str:
    lines = ["", f"[{json.dumps(message.text, ensure_ascii=False)}]"]
    if message.plural is not None:
        lines.append(f"plural = {json.dumps(message.plural, ensure_ascii=False)}")
    lines.append('zh = ""')
    if message.needs_spanish:
        lines.append('es = ["", ""]' if message.plural is not None else 'es = ""')
    return "\n".join(lines) + "\n"


def _catalog(locale: str, language: str, entries: list[Entry]) -> Catalog:
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


def _write_po(file: object, catalog: Catalog) -> None:
    write_po(file, catalog, width=100, sort_output=True)  # type: ignore[arg-type]


def _missing(messages: list[Message], entries: dict[str, Entry]) -> Iterator[str]:
    for message in messages:
        entry = entries.get(message.text)
        due = ("zh", "es") if message.needs_spanish else ("zh",)
        for language in due:
            if entry is None or not entry.forms[language]:
                yield f"{message.places[0]}: no {language} for {message.text!r}"
        if entry is not None and message.plural not in (None, entry.plural):
            yield f"{entry.area}: {message.text!r} lacks plural = {message.plural!r}"


def _entry_faults(entry: Entry) -> Iterator[str]:
    where = f"{entry.area}: {entry.text!r}"
    if entry.fuzzy:
        yield f"{where} is marked fuzzy; settle it"
    wanted = _placeholders(entry.plural or entry.text)
    for language, (_locale, count) in LOCALES.items():
        forms = entry.forms[language]
        if forms and len(forms) != (count if entry.plural is not None else 1):
            yield f"{where} has {len(forms)} forms in {language}"
        for form in forms:
            if _placeholders(form) != wanted:
                yield f"{where} has other placeholders in {language}: {form!r}"
    yield from _chinese_faults(where, entry.forms["zh"])


def _chinese_faults(where: str, forms: tuple[str, ...]) -> Iterator[str]:
    for form in forms:
        if _HALF_WIDTH.search(_PLACEHOLDER.sub("", form)):
            yield f"{where} has half-width punctuation in zh: {form!r}"
        if _GAP.search(form):
            yield f"{where} has a space beside Chinese in zh; CSS sets it: {form!r}"
        if "你" in form:
            yield f"{where} says 你 where 您 is due: {form!r}"


def _placeholders(text: str) -> Counter[str]:
    return Counter(set(_PLACEHOLDER.findall(text)) - {"%%"})


def _repeated(entries: list[Entry]) -> Iterator[str]:
    first: dict[str, Entry] = {}
    for entry in entries:
        other = first.setdefault(entry.text, entry)
        if other is not entry and other.forms != entry.forms:
            yield f"{entry.area}: {entry.text!r} is translated otherwise in {other.area}"


def _stale(root: Path, entries: list[Entry]) -> Iterator[str]:
    for language, (locale, _forms) in LOCALES.items():
        path = root / FOLDER / locale / "LC_MESSAGES" / "messages.mo"
        wanted = _texts(_catalog(locale, language, entries))
        if not path.exists() or _compiled(path) != wanted:
            yield f"{path.relative_to(root)} is out of date; run portal i18n compile"


def _texts(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    return {
        message.id if isinstance(message.id, str) else message.id[0]: _forms(message.string)
        for message in catalog
        if message.id
    }


def _forms(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _compiled(path: Path) -> dict[str, tuple[str, ...]]:
    with path.open("rb") as file:
        held: dict[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    forms: dict[str, dict[int, str]] = {}
    for key, text in held.items():
        if key == "":
            continue
        name, index = key if isinstance(key, tuple) else (str(key), 0)
        forms.setdefault(name, {})[index] = text
    return {name: tuple(text for _, text in sorted(items.items())) for name, items in forms.items()}
