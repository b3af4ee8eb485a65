"""The organisation's people and how they sign in: the pages every side has."""

from __future__ import annotations

from portal.bank.blueprint import bp
from portal.core.permissions import Side
from portal.web.organisation import people, provider

people.register(bp, Side.BANK)
provider.register(bp, Side.BANK)
