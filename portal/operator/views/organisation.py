"""The operator's own people and how they sign in: the pages every side has."""

from __future__ import annotations

from portal.core.permissions import Side
from portal.operator.blueprint import bp
from portal.web.organisation import people, provider

people.register(bp, Side.OPERATOR)
provider.register(bp, Side.OPERATOR)
