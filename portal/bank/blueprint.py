"""The Blueprint of this side; only bank staff get in."""

from __future__ import annotations

from flask import Blueprint

from portal.core.permissions import Side
from portal.web.access import only_side

bp = Blueprint("bank", __name__, url_prefix="/bank", template_folder="templates")
only_side(bp, Side.BANK)
