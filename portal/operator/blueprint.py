"""The Blueprint of this side; only the operator's staff get in."""

from __future__ import annotations

from flask import Blueprint

from portal.core.permissions import Side
from portal.web.access import only_side

bp = Blueprint("operator", __name__, url_prefix="/operator", template_folder="templates")
only_side(bp, Side.OPERATOR)
