"""Third-party files in the tree: fetched with npm, pinned by a manifest, checked without Node."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from portal.core.errors import Invalid, Unavailable

LIST = Path("static/vendor/assets.toml")
MANIFEST = Path("static/vendor/MANIFEST.json")
FOLDERS = (Path("static/vendor"), Path("tests/vendor"))
_SVG = "http://www.w3.org/2000/svg"
_SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\n?")

Pack = Callable[[str, str, Path], Path]


@dataclass(frozen=True)
class Package:
    """One npm package at one version and the files taken from it."""

    name: str
    version: str
    licence: str
    files: dict[str, str]
    sprite: str | None
    icons: tuple[str, ...]
    licence_file: str | None
    licence_text: str | None

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Package:
        """Read one `[[package]]` of the list."""
        return cls(
            name=table["name"],
            version=table["version"],
            licence=table["licence"],
            files=dict(table.get("files", {})),
            sprite=table.get("sprite"),
            icons=tuple(table.get("icons", ())),
            licence_file=table.get("licence_file"),
            licence_text=table.get("licence_text"),
        )

    @property
    def targets(self) -> set[str]:
        """Return every path in the tree this package fills."""
        made = {path for path in (self.sprite, self.licence_file) if path is not None}
        return made | set(self.files.values())


@dataclass(frozen=True, order=True)
class Entry:
    """One vendored file as the manifest records it."""

    path: str
    package: str
    version: str
    licence: str
    sha384: str
    size: int


def vendor(root: Path, *, pack: Pack | None = None) -> list[str]:
    """Fetch every listed package, write its files and the manifest; return the paths that changed.

    A second run changes nothing. Files of the last manifest that are no longer listed are removed.

    Raises:
        Unavailable: npm is missing or could not fetch a package.
        Invalid: a package does not hold a file or an icon the list names.
    """
    fetch = pack or npm_pack
    contents: dict[str, bytes] = {}
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        for package in read_list(root):
            archive = fetch(package.name, package.version, Path(folder))
            for path, body in _bodies(package, archive):
                contents[path] = body
                entries.append(_entry(package, path, body))
    stale = [entry.path for entry in read_manifest(root) if entry.path not in contents]
    contents[str(MANIFEST)] = _manifest_text(entries).encode()
    changed = [path for path, body in sorted(contents.items()) if _write(root / path, body)]
    for path in stale:
        (root / path).unlink(missing_ok=True)
    return changed + stale


def check(root: Path) -> list[str]:
    """Compare the vendored files with manifest and list; an empty answer means all agree."""
    entries = {entry.path: entry for entry in read_manifest(root)}
    if not entries:
        return [f"{MANIFEST}: missing or empty; run portal assets vendor"]
    return [
        *_file_faults(root, entries),
        *_list_faults(root, entries),
        *(
            f"{path}: not in the manifest; list it in {LIST} or remove it"
            for path in _present(root)
            if path not in entries
        ),
    ]


def read_list(root: Path) -> list[Package]:
    """Return the packages named in assets.toml."""
    tables = tomllib.loads((root / LIST).read_text())["package"]
    return [Package.from_table(table) for table in tables]


def read_manifest(root: Path) -> list[Entry]:
    """Return what the manifest records, or nothing when there is none yet."""
    if not (root / MANIFEST).exists():
        return []
    return [Entry(**row) for row in json.loads((root / MANIFEST).read_text())["files"]]


def npm_pack(name: str, version: str, folder: Path) -> Path:
    """Fetch one package as npm's own archive into `folder`.

    Raises:
        Unavailable: npm is missing, or the package could not be fetched.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed; it is needed only to upgrade vendored files.")
    target = folder / re.sub(r"\W+", "-", name)
    target.mkdir()
    command = [npm, "pack", f"{name}@{version}", "--silent", "--pack-destination", str(target)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=180)  # noqa: S603 fixed words
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unavailable(
            "npm could not fetch %(name)s %(version)s.", name=name, version=version
        ) from error
    return next(target.glob("*.tgz"))


def _bodies(package: Package, archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        for source, target in package.files.items():
            yield target, _clean(_member(tar, source, package))
        if package.sprite is not None:
            icons = {
                name: _member(tar, f"icons/outline/{name}.svg", package) for name in package.icons
            }
            yield package.sprite, sprite(icons)
    if package.licence_file is not None and package.licence_text is not None:
        yield package.licence_file, package.licence_text.lstrip("\n").encode()


def _member(tar: tarfile.TarFile, source: str, package: Package) -> bytes:
    try:
        file = tar.extractfile(f"package/{source}")
    except KeyError:
        file = None
    if file is None:
        raise Invalid("%(name)s has no file %(source)s.", name=package.name, source=source)
    return file.read()


def _clean(body: bytes) -> bytes:
    return _SOURCE_MAP.sub(b"\n", body)


def sprite(icons: dict[str, bytes]) -> bytes:
    """Merge outline icons into one file of symbols, each named after its icon."""
    ET.register_namespace("", _SVG)
    root = ET.Element(f"{{{_SVG}}}svg")
    for name, body in sorted(icons.items()):
        drawing = ET.fromstring(body)  # noqa: S314 a pinned package, read at upgrade time only
        symbol = ET.SubElement(root, f"{{{_SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"})
        for shape in drawing:
            if shape.get("stroke") != "none":
                shape.tail = None
                symbol.append(shape)
        symbol.tail = "\n"
    merged: bytes = ET.tostring(root, encoding="utf-8")
    return merged + b"\n"


def _entry(package: Package, path: str, body: bytes) -> Entry:
    return Entry(path, package.name, package.version, package.licence, _sha384(body), len(body))


def _sha384(body: bytes) -> str:
    return base64.b64encode(hashlib.sha384(body).digest()).decode()


def _manifest_text(entries: list[Entry]) -> str:
    rows = [asdict(entry) for entry in sorted(entries)]
    return json.dumps({"files": rows}, indent=2) + "\n"


def _write(path: Path, body: bytes) -> bool:
    if path.exists() and path.read_bytes() == body:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return True


def _present(root: Path) -> list[str]:
    ours = {str(LIST), str(MANIFEST)}
    found = (
        path.relative_to(root).as_posix()
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.is_file()
    )
    return sorted(path for path in found if path not in ours)


def _file_faults(root: Path, entries: dict[str, Entry]) -> Iterator[str]:
    for path, entry in entries.items():
        file = root / path
        if not file.is_file():
            yield f"{path}: missing; run portal assets vendor"
        elif file.stat().st_size != entry.size or _sha384(file.read_bytes()) != entry.sha384:
            yield f"{path}: differs from the manifest; run portal assets vendor"


def _list_faults(root: Path, entries: dict[str, Entry]) -> Iterator[str]:
    wanted = {
        path: (package.name, package.version)
        for package in read_list(root)
        for path in package.targets
    }
    for path in sorted(wanted.keys() | entries.keys()):
        entry = entries.get(path)
        held = (entry.package, entry.version) if entry is not None else None
        if held != wanted.get(path):
            yield f"{path}: {LIST.name} and {MANIFEST.name} disagree; run portal assets vendor"
