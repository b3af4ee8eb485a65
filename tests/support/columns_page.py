"""The page on which columns are mapped, as a browser sends it back."""

from __future__ import annotations

from werkzeug.test import TestResponse


def chosen_on(page: TestResponse) -> dict[str, str]:
    """Return the page's fields as a browser would send them untouched."""
    body = page.get_data(as_text=True).split("<main")[1]
    values = {}
    for part in body.split("<select")[1:]:
        name = part.split('name="')[1].split('"')[0]
        options = part.split("</select>")[0]
        chosen = [o for o in options.split("<option")[1:] if " selected" in o.split(">")[0]]
        values[name] = chosen[0].split('value="')[1].split('"')[0] if chosen else ""
    for part in body.split('<input class="form-control"')[1:]:
        tag = part.split(">")[0]
        values[tag.split('name="')[1].split('"')[0]] = tag.split('value="')[1].split('"')[0]
    return values
