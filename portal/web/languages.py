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
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po

from portal.web.catalogues import (
    FOLDER,
    LOCALES,
    SOURCES,
    Entry,
    Message,
    find_messages,
    make_catalog,
    read_entries,
)

_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%")
_HALF_WIDTH = re.compile(
    r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]|\.\.\.|[\u4e00-\u9fff]\.(?!\w)"
)
_GAP = re.compile(r"[\u4e00-\u9fff] [\w%]|[\w)] [\u4e00-\u9fff]")
_HEADER = """\
# Texts of one area. The key is the English text, exactly as in the code. `zh` is always due,
# `es` wherever a person with a debt can read it. Placeholders like %(day)s stay as they are.
# Texts with a number have `plural` (English) and, in Spanish, a list of two. No text twice.
# `portal i18n extract` adds what is missing, `compile` makes the catalogues, `check` finds faults.
"""


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
        catalog = make_catalog(locale, language, entries)
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


def _blank(message: Message) -> str:
    lines = ["", f"[{json.dumps(message.text, ensure_ascii=False)}]"]
    if message.plural is not None:
        lines.append(f"plural = {json.dumps(message.plural, ensure_ascii=False)}")
    lines.append('zh = ""')
    if message.needs_spanish:
        lines.append('es = ["", ""]' if message.plural is not None else 'es = ""')
    return "\n".join(lines) + "\n"


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
        wanted = _texts(make_catalog(locale, language, entries))
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
