"""How Chromium is found and started: no network of its own, and the project's fonts only."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from portal.config import ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FONTS = ROOT / "portal" / "adapters" / "fonts"
_FONT_SETTINGS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <alias binding="same"><family>sans-serif</family>
    <prefer><family>Source Sans 3</family><family>Noto Sans SC</family></prefer></alias>
  <alias binding="same"><family>serif</family>
    <prefer><family>Source Sans 3</family><family>Noto Sans SC</family></prefer></alias>
  <alias binding="same"><family>monospace</family>
    <prefer><family>Source Sans 3</family><family>Noto Sans SC</family></prefer></alias>
</fontconfig>
"""


def find_chromium() -> str:
    """Return the path of the browser, as `make test` finds it."""
    found = subprocess.run(
        [ROOT / "scripts" / "find-browser.sh"], stdout=subprocess.PIPE, text=True, check=False
    )
    assert found.returncode == 0, "no Chromium here: apt-get install chromium, or set CHROME_PATH"
    return found.stdout.strip()


def launch_options(folder: Path) -> dict[str, Any]:
    """Return how to start it: pages look the same on every machine, whatever fonts it has."""
    settings = folder / "fonts.conf"
    settings.write_text(_FONT_SETTINGS.format(fonts=FONTS, cache=folder / "font-cache"))
    return {
        "executable_path": find_chromium(),
        "args": FLAGS,
        "env": {**os.environ, "FONTCONFIG_FILE": str(settings)},
    }
