"""The organisation's people and how they sign in: the pages every side has."""

from __future__ import annotations

from portal.agency.blueprint import bp
from portal.core.permissions import Side
from portal.web.organisation import people, provider

people.register(bp, Side.AGENCY)
provider.register(bp, Side.AGENCY)
