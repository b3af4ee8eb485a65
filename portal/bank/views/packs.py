"""The rule packs: which there are, what each rule says, and trying them out."""

from __future__ import annotations

import json
from datetime import UTC, date
from typing import cast
from uuid import UUID

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from portal.bank import queries_packs as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.core import clock
from portal.core.accounts.exports import stream_csv
from portal.core.actions.bank_rules import find_pack
from portal.core.permissions import Permission
from portal.core.rules import Channel, Pack
from portal.web.access import requires
from portal.web.labels import label
from portal.web.rule_answers import answer_trial, try_form, wants_json
from portal.web.rule_try import CHANNELS, is_asked, read_form
from portal.web.rule_views import view_pack
from portal.web.uow import current_principal, transaction


@bp.get("/compliance/packs")
@requires(Permission.ACTION_READ)
def list_packs() -> ResponseReturnValue:
    """List the rule packs in force, and which of them bind the bank's own accounts."""
    with transaction() as session:
        page = queries.list_packs(session, _bank_id(), _today())
    return render_template("bank/list_packs.html", page=page)


@bp.get("/compliance/packs/export")
@requires(Permission.ACTION_READ)
def export_packs() -> ResponseReturnValue:
    """Send the packs in force as CSV, a row for each check, or whole as JSON."""
    pack_id = request.args.get("pack", "")
    with transaction() as session:
        if pack_id:
            packs = [queries.get_pack(session, _bank_id(), pack_id, _today())]
        else:
            packs = queries.packs_on(session, _bank_id(), _today())
    if wants_json():
        return jsonify({"packs": [_document(pack) for pack in packs]})
    return Response(
        stream_csv(queries.HEADINGS, queries.as_rows(packs)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="packs-{_today()}.csv"'},
    )


def _document(pack: Pack) -> dict[str, object]:
    return {"hash": pack.hash, "pack": json.loads(pack.document)}


@bp.get("/compliance/packs/<string:pack_id>")
@requires(Permission.ACTION_READ)
def show_pack(pack_id: str) -> ResponseReturnValue:
    """Show every rule of a pack with its citation, weight, source and numbers."""
    channel = next((each for each in CHANNELS if each.value == request.args.get("channel")), None)
    words = request.args.get("q", "").strip()[:80]
    with transaction() as session:
        pack = queries.get_pack(session, _bank_id(), pack_id, _today())
    if wants_json():
        return jsonify(_document(pack))
    return render_template(
        "bank/show_pack.html",
        pack=view_pack(pack, channel=channel, words=words),
        channel=channel,
        words=words,
        channels=_channel_choices(),
    )


def _channel_choices() -> list[tuple[Channel, str]]:
    return [(channel, label(channel)) for channel in CHANNELS]


@bp.get("/compliance/try")
@requires(Permission.ACTION_READ)
def try_rule() -> ResponseReturnValue:
    """Judge a made-up contact by the packs and the bank's own rules, finding by finding."""
    with transaction() as session:
        form = read_form([], bank_today(session, _bank_id(), clock.now()))
        trial = None
        if is_asked() and form.validate():
            trial = try_form(form, find_pack(session, _bank_id(), form.on.day))
    return answer_trial("bank", form, trial)


def _today() -> date:
    return clock.now().astimezone(UTC).date()


def _bank_id() -> UUID:
    return cast(UUID, current_principal().bank_id)
