"""Pictures of pages for README: taken as shown, kept small."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

MOST_BYTES = 300_000


@dataclass(frozen=True)
class Album:
    """A folder of pictures."""

    folder: Path

    def take(self, page: Page, name: str) -> None:
        """Take what the window shows, and reduce it to a palette of colours."""
        page.evaluate("() => window.scrollTo(0, 0)")
        page.mouse.move(0, 0)
        shown = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
        path = self.folder / f"{name}.png"
        shown.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        assert path.stat().st_size < MOST_BYTES, f"{name} is too large"
