"""The worklist, one account, and the worklist as a file."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.agency import exports
from portal.agency.blueprint import bp
from portal.agency.here import agency_of, uuid_or_none, viewer_zone
from portal.agency.queries_account import account_page
from portal.agency.queries_timeline import timeline
from portal.agency.queries_worklist import worklist
from portal.agency.worklist_keys import SortBy
from portal.agency.worklist_statements import WorklistFilter
from portal.core import audit, clock
from portal.core.accounts.exports import stream_csv
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction

_LONGEST_SEARCH = 80


def _chosen() -> WorklistFilter:
    """Read the filter of the address; what is unknown is left out."""
    asked = request.args
    sort = asked.get("sort", "")
    return WorklistFilter(
        q=" ".join(asked.get("q", "").split())[:_LONGEST_SEARCH],
        bank_id=uuid_or_none(asked.get("bank", "")),
        now=asked.get("now") == "1",
        sort=SortBy(sort) if sort in list(SortBy) else SortBy.PERMIT,
    )


@bp.get("/accounts")
@requires(Permission.ACCOUNT_READ)
def list_accounts() -> ResponseReturnValue:
    """Show the worklist: who waits longest, and who may be called now."""
    chosen = _chosen()
    actor = current_principal()
    with transaction() as session:
        page = worklist(
            session,
            agency_of(actor),
            chosen,
            at=clock.now(),
            zone=viewer_zone(),
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
        )
    here = chosen.to_args()
    return render_template(
        "agency/list_accounts.html",
        page=page,
        chosen=chosen,
        here=here,
        next_url=_neighbour(here, after=page.after),
        previous_url=_neighbour(here, before=page.before),
    )


def _neighbour(here: dict[str, str], **key: str) -> str | None:
    """Return the address of the page beside this one, if there is one."""
    values: dict[str, Any] = {**here, **key}
    return url_for("agency.list_accounts", **values) if all(key.values()) else None


@bp.get("/accounts/<uuid:account_id>")
@requires(Permission.ACCOUNT_READ)
def show_account(account_id: UUID) -> ResponseReturnValue:
    """Show one account with its person's contact points in the clear, and record who looked."""
    actor = current_principal()
    with transaction() as session:
        page = account_page(session, actor, account_id, at=clock.now(), viewer_zone=viewer_zone())
        events = timeline(session, page)
        audit.record(
            session,
            actor,
            "debtor.viewed",
            page.head.debtor_id,
            chain_id=page.head.bank_id,
            facts={"account_id": str(account_id)},
        )
    return render_template("agency/show_account.html", page=page, events=events)


@bp.get("/accounts/export.<any(csv, json):kind>")
@requires(Permission.ACCOUNT_EXPORT)
def export_accounts(kind: str) -> ResponseReturnValue:
    """Hand out the filtered worklist as a file, and record that it left."""
    actor = current_principal()
    with transaction() as session:
        rows = exports.list_rows(session, agency_of(actor), _chosen())
        for bank_id, count in exports.count_by_bank(rows).items():
            audit.record(
                session,
                actor,
                "account.exported",
                bank_id,
                chain_id=bank_id,
                facts={"count": count},
            )
    if kind == "json":
        body = json.dumps(exports.as_documents(rows), ensure_ascii=False).encode()
        answer = Response(body, mimetype="application/json")
    else:
        lines = exports.as_cells(rows)
        answer = Response(b"".join(stream_csv(exports.HEADINGS, lines)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"worklist.{kind}")
    return answer
