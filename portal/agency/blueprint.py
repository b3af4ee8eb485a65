"""The Blueprint of this side; only agency staff get in."""

from __future__ import annotations

from flask import Blueprint

from portal.core.permissions import Side
from portal.web.access import only_side

bp = Blueprint("agency", __name__, url_prefix="/agency", template_folder="templates")
only_side(bp, Side.AGENCY)
