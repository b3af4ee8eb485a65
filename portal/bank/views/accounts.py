"""The list of accounts, and the same list as a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any, cast
from uuid import UUID

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.bank import queries_accounts as queries
from portal.bank import words
from portal.bank.blueprint import bp
from portal.bank.forms_accounts import FILTER_NAMES, AccountFilterForm, read_filter
from portal.bank.paging import Page, address, as_number, as_text, heading, read_cursor
from portal.bank.queries_exports import EXPORTED, list_exported
from portal.core import audit, clock
from portal.core.accounts.exports import Cell, stream_csv
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.uow import current_principal, transaction

_CHUNK = 1 << 16


@bp.get("/accounts")
@requires(Permission.ACCOUNT_READ)
def list_accounts() -> ResponseReturnValue:
    """List the accounts a filter matches, with the filter's count and total."""
    bank_id = cast(UUID, current_principal().bank_id)
    form = read_filter()
    found = queries.AccountsPage(Page([]), queries.Totals(0, []))
    with transaction() as session:
        choices = queries.list_choices(session, bank_id)
        form.offer(choices.currencies, choices.agencies)
        if form.validate():
            numeric = form.order.column in ("balance", "months")
            cursor = read_cursor(as_number if numeric else as_text)
            found = queries.list_accounts(session, bank_id, form.chosen(), form.order, cursor)
    return _list_page(form, choices, found)


def _list_page(
    form: AccountFilterForm, choices: queries.Choices, found: queries.AccountsPage
) -> ResponseReturnValue:
    here = partial(address, FILTER_NAMES)
    return render_template(
        "bank/list_accounts.html",
        form=form,
        choices=choices,
        found=found,
        heads=_heads(form.order.value),
        tabs=[
            (here(state=""), _("All"), choices.total),
            *((here(state=s.value), words.label(s), n) for s, n in choices.states.items()),
        ],
        current_tab=here(state=form.state.data),
        address=here,
    ), 422 if form.errors else 200


def _heads(order: str) -> list[dict[str, Any] | str]:
    head = partial(heading, FILTER_NAMES)
    return [
        head(_("Account"), "ref", order),
        head(_("Name"), "name", order),
        _("State"),
        _("Agency"),
        head(_("Balance"), "balance", order, number=True),
        _("Confirmed as of"),
        head(_("Months past due"), "months", order, number=True),
        _("Place"),
        _("Last action"),
    ]


@bp.get("/accounts.csv")
@requires(Permission.ACCOUNT_EXPORT)
def export_accounts() -> ResponseReturnValue:
    """Hand over the filter's accounts as CSV, after writing down who took how many of them.

    The file is whole, and its audit row committed, before the first byte leaves.
    """
    bank_id = cast(UUID, current_principal().bank_id)
    form = read_filter()
    with transaction() as session:
        choices = queries.list_choices(session, bank_id)
        form.offer(choices.currencies, choices.agencies)
        if not form.validate():
            return _list_page(form, choices, queries.AccountsPage(Page([]), queries.Totals(0, [])))
        file = _written(session, form.chosen())
    answer = Response(_parts(file), mimetype="text/csv")
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"accounts-{clock.now():%Y%m%d-%H%M}.csv"
    )
    return answer


def _written(session: Session, chosen: queries.AccountSearch) -> IO[bytes]:
    actor = current_principal()
    bank_id = cast(UUID, actor.bank_id)
    count, digest = 0, hashlib.sha256()

    def counted() -> Iterator[Sequence[Cell]]:
        nonlocal count
        for row in list_exported(session, bank_id, chosen):
            count += 1
            yield row

    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 -- closed when the answer has left
    for part in stream_csv([str(label) for label in EXPORTED], counted()):
        digest.update(part)
        file.write(part)
    facts = {"count": count, "filter": chosen.facts(), "sha256": digest.hexdigest()}
    audit.record(session, actor, "account.exported", bank_id, facts=facts)
    return file


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(_CHUNK):
            yield part
