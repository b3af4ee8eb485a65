"""The rules the agency's contacts are judged by, and trying them out beforehand."""

from __future__ import annotations

from datetime import UTC, date
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.agency import queries_rules as queries
from portal.agency.blueprint import bp
from portal.agency.here import agency_of, uuid_or_none, viewer_zone
from portal.core import clock
from portal.core.actions.bank_rules import find_pack
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.core.rules.pack import PACK_IDS, read_pack
from portal.web.access import requires
from portal.web.labels import label
from portal.web.rule_answers import answer_trial, try_form
from portal.web.rule_try import CHANNELS, is_asked, read_form
from portal.web.rule_views import view_pack
from portal.web.uow import current_principal, transaction


@bp.get("/rules")
@requires(Permission.ACTION_READ)
def list_rules() -> ResponseReturnValue:
    """Show each bank's own rules, and the packs that bind the agency's accounts."""
    with transaction() as session:
        page = queries.rules_page(session, agency_of(current_principal()), _today())
    return render_template("agency/list_rules.html", page=page)


@bp.get("/rules/packs/<string:pack_id>")
@requires(Permission.ACTION_READ)
def show_pack(pack_id: str) -> ResponseReturnValue:
    """Show every rule of a pack of law with its citation, weight, source and numbers.

    Raises:
        NotFound: there is no such pack, or it is a bank's own.
    """
    if pack_id not in PACK_IDS:
        raise NotFound
    channel = next((each for each in CHANNELS if each.value == request.args.get("channel")), None)
    words = request.args.get("q", "").strip()[:80]
    pack = view_pack(read_pack(pack_id).in_force_on(_today()), channel=channel, words=words)
    return render_template(
        "agency/show_pack.html",
        pack=pack,
        channel=channel,
        words=words,
        channels=[(each, label(each)) for each in CHANNELS],
    )


@bp.get("/rules/try")
@requires(Permission.ACTION_READ)
def try_rule() -> ResponseReturnValue:
    """Judge a made-up contact by the packs, and by a bank's own rules when one is chosen."""
    with transaction() as session:
        banks = [(str(bank_id), name) for bank_id, name in queries.list_banks(session)]
        form = read_form(banks, clock.now().astimezone(viewer_zone()).date())
        trial = None
        if is_asked() and form.validate():
            bank_id = _chosen(form.bank.data, banks)
            own = find_pack(session, bank_id, form.on.day) if bank_id else None
            trial = try_form(form, own)
    return answer_trial("agency", form, trial)


def _chosen(text: str | None, banks: list[tuple[str, str]]) -> UUID | None:
    return uuid_or_none(text or "") if text in dict(banks) else None


def _today() -> date:
    return clock.now().astimezone(UTC).date()
