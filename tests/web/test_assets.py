import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import ROOT
from portal.core.errors import Invalid
from portal.web import assets
from tests.web.pages import html_files

LIST = """
[[package]]
name = "look"
version = "1.0.0"
licence = "MIT"
licence_file = "static/vendor/look/LICENSE"
licence_text = "Do as you like."
[package.files]
"dist/look.css" = "static/vendor/look/look.css"

[[package]]
name = "icons"
version = "2.0.0"
licence = "MIT"
sprite = "static/vendor/icons.svg"
icons = ["home", "bell"]
[package.files]
"LICENSE" = "static/vendor/icons-LICENSE"
"""
ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" class="icon">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M5 12h14" />
</svg>"""
PACKAGES = {
    "look": {"dist/look.css": "a{}\n/*# sourceMappingURL=look.css.map */\n"},
    "icons": {
        "LICENSE": "MIT",
        "icons/outline/home.svg": ICON,
        "icons/outline/bell.svg": ICON,
    },
}


def pack(name: str, version: str, folder: Path) -> Path:
    path = folder / f"{name}.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for source, text in PACKAGES[name].items():
            member = tarfile.TarInfo(f"package/{source}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "static/vendor").mkdir(parents=True)
    (tmp_path / assets.LIST).write_text(LIST)
    assets.vendor(tmp_path, pack=pack)
    return tmp_path


def test_the_vendored_files_are_those_of_the_manifest() -> None:
    assert assets.check(ROOT) == []


def test_the_manifest_names_no_address() -> None:
    text = (ROOT / assets.MANIFEST).read_text()

    assert "://" not in text
    assert "registry" not in text


def test_every_vendored_package_brings_its_licence() -> None:
    entries = assets.read_manifest(ROOT)
    with_licence = {entry.package for entry in entries if "LICENSE" in entry.path}

    assert with_licence == {entry.package for entry in entries}


def test_vendoring_twice_changes_nothing(tree: Path) -> None:
    assert assets.vendor(tree, pack=pack) == []
    assert assets.check(tree) == []


def test_source_maps_are_left_behind(tree: Path) -> None:
    assert (tree / "static/vendor/look/look.css").read_text() == "a{}\n"


def test_icons_become_one_file_of_symbols(tree: Path) -> None:
    sprite = (tree / "static/vendor/icons.svg").read_text()

    assert re.findall(r'<symbol id="(\w+)"', sprite) == ["bell", "home"]
    assert "M5 12h14" in sprite
    assert "M0 0h24v24H0z" not in sprite


def test_a_licence_the_package_lacks_is_written_from_the_list(tree: Path) -> None:
    assert (tree / "static/vendor/look/LICENSE").read_text() == "Do as you like."


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda root: (root / "static/vendor/look/look.css").write_text("b{}\n"), "differs"),
        (lambda root: (root / "static/vendor/icons.svg").unlink(), "missing"),
        (lambda root: (root / "static/vendor/more.js").write_text("1"), "not in the manifest"),
        (
            lambda root: (root / assets.LIST).write_text(LIST.replace("1.0.0", "1.0.1")),
            "disagree",
        ),
        (lambda root: (root / assets.MANIFEST).unlink(), "missing or empty"),
    ],
)
def test_the_check_finds_what_differs(tree: Path, change: object, fault: str) -> None:
    change(tree)  # type: ignore[operator]

    faults = assets.check(tree)

    assert faults
    assert all(fault in text for text in faults)


def test_a_file_no_longer_listed_is_removed(tree: Path) -> None:
    (tree / assets.LIST).write_text(LIST.split("\n\n")[0])

    changed = assets.vendor(tree, pack=pack)

    assert "static/vendor/icons.svg" in changed
    assert not (tree / "static/vendor/icons.svg").exists()
    assert assets.check(tree) == []


def test_an_icon_the_package_lacks_stops_the_vendoring(tree: Path) -> None:
    (tree / assets.LIST).write_text(LIST.replace('"bell"', '"yacht"'))

    with pytest.raises(Invalid, match="yacht"):
        assets.vendor(tree, pack=pack)


def own(kind: str) -> list[Path]:
    return sorted((ROOT / "static" / kind).glob(f"*.{kind}"))


def test_scripts_stay_small() -> None:
    assert (ROOT / "static/js/console.js").stat().st_size < 4096
    assert (ROOT / "static/js/debtor.js").stat().st_size < 1024


@pytest.mark.parametrize("path", [*own("css"), *own("js")], ids=lambda path: path.name)
def test_our_own_files_lead_to_no_other_site(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[\w.]+\.\w+[^\s'\"]*", path.read_text())

    assert [found for found in addresses if "www.w3.org/2000/svg" not in found] == []


def test_every_icon_a_page_names_is_in_the_sprite() -> None:
    sprite = (ROOT / "static/vendor/tabler-icons/icons.svg").read_text()
    held = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    named = {
        name for path in html_files() for name in re.findall(r"icon\('([\w-]+)'", path.read_text())
    }

    assert named
    assert named <= held


# The tokens: WCAG contrast, measured from the file itself.


def blocks() -> list[dict[str, str]]:
    """The light values, then the dark ones as the system and as the switch give them."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "static/css/tokens.css").read_text(), flags=re.S)
    found = [
        dict(re.findall(r"--dp-([\w-]+):\s*(#[0-9a-f]{6})\b", body))
        for body in re.findall(r":root[^{]*\{([^{}]*)\}", text)
    ]
    return [values for values in found if "ink" in values]


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs() -> Iterator[tuple[str, str, float]]:
    for ground in ("bg", "surface", "sunken"):
        for text in ("ink", "text", "quiet", "link", "bad-text", "good-text"):
            yield text, ground, 4.5
        for mark in ("line-strong", "danger-line", "focus"):
            yield mark, ground, 3.0
    for mark in ("accent", "danger"):
        yield mark, "surface", 3.0
        yield "on-accent", mark, 4.5
        yield "on-accent", f"{mark}-strong", 4.5
    for tone in ("neutral", "info", "good", "warn", "bad"):
        yield f"{tone}-text", f"{tone}-bg", 4.5
    yield "link", "accent-soft", 4.5
    yield "frame-text", "frame", 4.5
    yield "frame-quiet", "frame", 4.5
    yield "frame-mark", "frame-here", 3.0


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("one", "other", "least"), list(pairs()))
def test_text_and_marks_can_be_read_in_both_themes(
    theme: int, one: str, other: str, least: float
) -> None:
    values = {**blocks()[0], **blocks()[theme]}

    assert contrast(values[one], values[other]) >= least


@pytest.mark.parametrize(("ground", "theme"), [("surface", 0), ("surface", 1)])
def test_chart_colours_can_be_told_from_the_ground(ground: str, theme: int) -> None:
    from portal.web.charts import svg

    for colour, _dash in svg.SERIES:
        assert contrast(colour, blocks()[theme][ground]) >= 3


def test_both_dark_blocks_hold_the_same_values() -> None:
    light, by_system, by_switch = blocks()

    assert by_system == by_switch
    assert set(by_system) <= set(light)


def test_the_manifest_is_sorted_and_whole() -> None:
    rows = json.loads((ROOT / assets.MANIFEST).read_text())["files"]

    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    assert all(row["sha384"] and row["size"] and row["version"] for row in rows)
