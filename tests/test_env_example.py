"""The example of settings is complete and true."""

import re

import pytest

from portal.config import ROOT, Settings

EXAMPLE = (ROOT / ".env.example").read_text()
SHOWN = dict(re.findall(r"^#([A-Z][A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
DEFAULTS = {
    name.upper(): field.default
    for name, field in Settings.model_fields.items()
    if field.default is not None
}


def test_the_example_shows_every_setting_and_no_other():
    assert sorted(SHOWN) == sorted(name.upper() for name in Settings.model_fields)


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_a_default_in_the_example_is_the_default(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(name, SHOWN[name])

    shown = getattr(Settings(_env_file=None), name.lower())

    assert shown == DEFAULTS[name] or shown.absolute() == DEFAULTS[name]
