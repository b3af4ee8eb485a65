"""What a page says in the language of a journey, from the portal's own catalogues."""

from __future__ import annotations

import gettext
import re
from dataclasses import dataclass
from functools import cached_property

from portal.config import ROOT

_AMOUNT = re.compile(r"\d[\d,]*\.\d{2}")


@dataclass(frozen=True)
class Words:
    """Says texts as the portal does, in English or in one of its translations."""

    locale: str = "en"

    @cached_property
    def _catalogue(self) -> gettext.NullTranslations:
        if self.locale == "en":
            return gettext.NullTranslations()
        return gettext.translation("messages", ROOT / "portal" / "translations", [self.locale])

    def __call__(self, text: str, **values: object) -> str:
        """Return a text, its placeholders filled."""
        said = self._catalogue.gettext(text)
        return said % values if values else said


ENGLISH = Words()
CHINESE = Words("zh_Hans_CN")


def amounts(text: str) -> list[int]:
    """Return every amount a text shows, in cents, in the order shown."""
    return [int(found.replace(",", "").replace(".", "")) for found in _AMOUNT.findall(text)]
