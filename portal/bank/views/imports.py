"""Importing a referral file: upload, map, check, commit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import cast
from uuid import UUID

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.bank import queries_imports as queries
from portal.bank.blueprint import bp
from portal.bank.days import bank_today
from portal.bank.forms_imports import CommitForm, PlainForm, UploadForm
from portal.bank.paging import address, read_cursor
from portal.core import clock
from portal.core.accounts.account_row import RowError
from portal.core.accounts.attest import attest_import
from portal.core.accounts.deliveries import (
    AlreadyImported,
    get_import,
    open_delivery,
    receive_file,
    remembered_mapping,
)
from portal.core.accounts.files import Caps
from portal.core.accounts.imports import check_file, commit_file, list_rejected
from portal.core.accounts.mapping import TARGETS, Mapping, MappingIncomplete
from portal.core.accounts.models import ImportFile, ImportState
from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.rejects import stream_rejects
from portal.core.errors import PortalError
from portal.core.permissions import Permission
from portal.web.access import requires
from portal.web.columns import (
    chosen_fields,
    constant_fields,
    date_fields,
    doubled_fields,
    mapping_from_form,
    target_choices,
)
from portal.web.errors import message_of
from portal.web.uow import current_principal, transaction


def _caps() -> Caps:
    return replace(Caps(), max_bytes=current_app.config["PORTAL_SETTINGS"].import_max_bytes)


@bp.get("/imports")
@requires(Permission.ACCOUNT_READ)
def list_imports() -> ResponseReturnValue:
    """List the delivered files, newest first."""
    actor = current_principal()
    with transaction() as session:
        page = queries.list_imports(session, cast(UUID, actor.bank_id), read_cursor(UUID))
    return render_template("bank/list_imports.html", page=page, address=partial(address, ()))


@bp.route("/imports/new", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_IMPORT)
def upload_import() -> ResponseReturnValue:
    """Take a file, find out what it is, and go on to its columns."""
    form = UploadForm()
    if form.validate_on_submit():
        actor = current_principal()
        try:
            with transaction() as session:
                kept = receive_file(
                    session,
                    actor,
                    form.file.data.stream,
                    file_name=form.file.data.filename or "",
                    at=clock.now(),
                    caps=_caps(),
                )
        except AlreadyImported as repeat:
            flash(message_of(repeat), "info")
            return _show(repeat.import_id)
        except PortalError as refused:
            form.file.errors = [_file_fault(refused)]
        else:
            return redirect(url_for("bank.map_import", import_id=kept.id), code=303)
    status = 422 if form.errors or form.file.errors else 200
    return render_template("bank/upload_import.html", form=form), status


def _file_fault(refused: PortalError) -> str:
    """Say why a file was refused, and what would cure it."""
    if not isinstance(refused, FileRefused):
        return message_of(refused)
    return queries.sentence(refused.reason, refused.values)


@bp.route("/imports/<uuid:import_id>/map", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_IMPORT)
def map_import(import_id: UUID) -> ResponseReturnValue:
    """Say which column is which; the last answer for these headings is there already."""
    form = PlainForm()
    actor = current_principal()
    with transaction() as session:
        kept = get_import(session, actor, import_id)
        if kept.state is ImportState.COMMITTED:
            return _show(import_id)
        delivery = open_delivery(session, kept, caps=_caps())
        if form.validate_on_submit():
            mapping = mapping_from_form(request.form, delivery.headings, Mapping)
            chosen = chosen_fields(request.form, delivery.headings)
            page = queries.map_page(
                kept, delivery, mapping, chosen, doubled_fields(chosen, TARGETS)
            )
            if not page.faults:
                kept.mapping = mapping.to_dict()
                return redirect(url_for("bank.check_import", import_id=import_id), code=303)
        else:
            page = queries.map_page(kept, delivery, _mapping_of(session, actor.bank_id, kept))
    status = 422 if request.method == "POST" else 200
    return render_template(
        "bank/map_import.html",
        page=page,
        form=form,
        targets=target_choices(TARGETS),
        date_fields=date_fields(TARGETS),
        constant_fields=constant_fields(TARGETS),
    ), status


def _mapping_of(session: Session, bank_id: UUID | None, kept: ImportFile) -> Mapping:
    if kept.mapping is not None:
        return Mapping.from_dict(kept.mapping)
    return remembered_mapping(session, cast(UUID, bank_id), open_delivery(session, kept))


def _show(import_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("bank.show_import", import_id=import_id), code=303)


@bp.route("/imports/<uuid:import_id>/check", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_IMPORT)
def check_import(import_id: UUID) -> ResponseReturnValue:
    """Judge every row; then import the good ones, or go back."""
    form = CommitForm()
    try:
        with transaction() as session:
            kept = get_import(session, current_principal(), import_id)
            if kept.state is ImportState.COMMITTED:
                return _show(import_id)
            if form.validate_on_submit():
                _commit(session, kept, attested=form.attested.data)
                return _show(import_id)
            page = _checked(session, kept)
    except MappingIncomplete:
        return redirect(url_for("bank.map_import", import_id=import_id), code=303)
    except AlreadyImported as repeat:
        flash(message_of(repeat), "info")
        return _show(repeat.import_id)
    except FileRefused as refused:
        fault = _file_fault(refused)
        return render_template("bank/refuse_import.html", import_id=import_id, fault=fault), 422
    return render_template("bank/check_import.html", page=page, form=form)


def _checked(session: Session, kept: ImportFile) -> queries.CheckPage:
    actor = current_principal()
    report = check_file(
        session,
        actor,
        kept,
        _mapping_of(session, actor.bank_id, kept),
        today=bank_today(session, kept.bank_id, clock.now()),
        caps=_caps(),
    )
    return queries.check_page(session, kept, report)


def _commit(session: Session, kept: ImportFile, *, attested: bool) -> None:
    actor = current_principal()
    now = clock.now()
    commit_file(
        session,
        actor,
        kept,
        _mapping_of(session, actor.bank_id, kept),
        at=now,
        today=bank_today(session, kept.bank_id, now),
        attested=attested,
        caps=_caps(),
    )


@bp.get("/imports/<uuid:import_id>")
@requires(Permission.ACCOUNT_READ)
def show_import(import_id: UUID) -> ResponseReturnValue:
    """Show how an import came out."""
    actor = current_principal()
    with transaction() as session:
        kept = get_import(session, actor, import_id)
        if kept.state is not ImportState.COMMITTED:
            return redirect(url_for("bank.map_import", import_id=import_id), code=303)
        page = queries.result_page(session, kept)
    return render_template("bank/show_import.html", page=page, form=PlainForm())


@bp.post("/imports/<uuid:import_id>/attest")
@requires(Permission.BALANCE_VERIFY)
def attest_balances(import_id: UUID) -> ResponseReturnValue:
    """Confirm the balances of an import that nobody confirmed yet."""
    actor = current_principal()
    with transaction() as session:
        get_import(session, actor, import_id)
        attest_import(session, actor, import_id)
    return _show(import_id)


@bp.get("/imports/<uuid:import_id>/rejects.csv")
@requires(Permission.ACCOUNT_IMPORT)
def download_rejects(import_id: UUID) -> ResponseReturnValue:
    """Hand back the rejected rows as delivered, each with its code and reason."""
    actor = current_principal()
    with transaction() as session:
        kept = get_import(session, actor, import_id)
        mapping = _mapping_of(session, actor.bank_id, kept)
        today = bank_today(session, kept.bank_id, clock.now())
        delivery, rejected = list_rejected(session, kept, mapping, today=today, caps=_caps())

        def describe(error: RowError) -> str:
            line = queries.error_line(error)
            return f"{line.column}: {line.message}" if line.column else line.message

        body = b"".join(stream_rejects(delivery, rejected, describe=describe))
    answer = Response(body, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"rejects-{kept.file_name}")
    return answer
