"""The Blueprint of this side; only debtors get in."""

from __future__ import annotations

from flask import Blueprint

from portal.core.permissions import Side
from portal.web.access import only_side

bp = Blueprint("debtor", __name__, url_prefix="/debtor", template_folder="templates")
only_side(bp, Side.DEBTOR)
