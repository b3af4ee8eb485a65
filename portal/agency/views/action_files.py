"""Uploading actions in bulk: the file, its columns, a check, the log; and what came of it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block

from portal.agency import queries_action_files as queries
from portal.agency.blueprint import bp
from portal.agency.forms import PlainForm
from portal.agency.forms_action_files import ActionFileForm
from portal.agency.here import agency_of, uuid_or_none
from portal.agency.queries_action_file_actions import list_actions
from portal.agency.queries_action_file_run import describe, run_page
from portal.core import clock, outbox
from portal.core.accounts.deliveries import AlreadyImported
from portal.core.accounts.exports import stream_csv
from portal.core.accounts.reasons import FileRefused
from portal.core.accounts.rejects import stream_rejects
from portal.core.actions import file_runs, files
from portal.core.actions.file_mapping import ACTION_TARGETS, ActionMapping
from portal.core.actions.file_progress import RunState, Step, find_run
from portal.core.actions.file_template import HEADINGS, template_rows
from portal.core.actions.models_files import ActionFile, ActionFileState
from portal.core.errors import Conflict, PortalError
from portal.core.permissions import Permission
from portal.core.principal import Principal
from portal.web import columns
from portal.web.access import requires
from portal.web.action_files import SMALL_FILE, run_file
from portal.web.errors import message_of
from portal.web.rule_titles import title_of
from portal.web.uow import current_principal, transaction


@bp.get("/action-files")
@requires(Permission.ACTION_READ)
def list_action_files() -> ResponseReturnValue:
    """List the agency's files of actions, and how far each has come."""
    actor = current_principal()
    before = uuid_or_none(request.args.get("before", ""))
    with transaction() as session:
        page = queries.list_files(session, agency_of(actor), before=before)
    return render_template("agency/list_action_files.html", page=page)


@bp.get("/action-files/template.csv")
@requires(Permission.ACTION_LOG)
def download_action_template() -> ResponseReturnValue:
    """Hand out a file to begin with."""
    answer = Response(b"".join(stream_csv(HEADINGS, template_rows())), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="actions.csv")
    return answer


@bp.route("/action-files/new", methods=["GET", "POST"])
@requires(Permission.ACTION_LOG)
def upload_action_file() -> ResponseReturnValue:
    """Take a file, find out what it is, and go on to its columns."""
    actor = current_principal()
    with transaction() as session:
        banks = queries.list_banks(session, actor)
    form = ActionFileForm()
    form.offer_banks(banks)
    if form.validate_on_submit() and _is_for_its_bank(form, banks):
        try:
            kept = _receive(form)
        except AlreadyImported as repeat:
            flash(_("This file was logged before; nothing was changed."), "info")
            return _go("agency.show_action_file", repeat.import_id)
        except PortalError as refused:
            form.file.errors = [_file_fault(refused)]
        else:
            return _go("agency.map_action_file", kept.id)
    status = 422 if form.errors or form.file.errors else 200
    return render_template("agency/upload_action_file.html", form=form, banks=banks), status


def _is_for_its_bank(form: ActionFileForm, banks: list[queries.BankChoice]) -> bool:
    chosen = form.bank_id()
    name = form.file.data.filename or ""
    other = queries.other_bank_in_name(name, chosen, banks) if chosen else ""
    if other:
        form.bank.errors = [
            _("The file's name says that it is for %(bank)s. Choose that bank.", bank=other)
        ]
    return not other


def _receive(form: ActionFileForm) -> ActionFile:
    with transaction() as session:
        return files.receive_file(
            session,
            current_principal(),
            UUID(form.bank.data),
            form.file.data.stream,
            file_name=form.file.data.filename or "",
            at=clock.now(),
        )


def _file_fault(refused: PortalError) -> str:
    """Say why a file was refused, and what would cure it."""
    if not isinstance(refused, FileRefused):
        return message_of(refused)
    return columns.sentence(refused.reason, refused.values)


def _go(endpoint: str, file_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(endpoint, file_id=file_id), code=303)


@bp.route("/action-files/<uuid:file_id>/map", methods=["GET", "POST"])
@requires(Permission.ACTION_LOG)
def map_action_file(file_id: UUID) -> ResponseReturnValue:
    """Say which column is which, then check the rows; the last answer is there already."""
    form = PlainForm()
    with transaction() as session:
        kept = files.get_file(session, current_principal(), file_id)
        if kept.state is ActionFileState.COMMITTED or files.is_begun(kept):
            return _go(queries.page_of(kept), file_id)
        delivery = files.open_delivery(session, kept)
        is_answered = form.validate_on_submit()
        if is_answered:
            chosen = columns.chosen_fields(request.form, delivery.headings)
            mapping = columns.mapping_from_form(request.form, delivery.headings, ActionMapping)
            doubled = columns.doubled_fields(chosen, ACTION_TARGETS)
            page = queries.map_page(
                session, kept, delivery, mapping, chosen=chosen, doubled=doubled
            )
            if not page.faults:
                files.keep_mapping(kept, delivery, mapping)
        else:
            mapping = files.mapping_of(session, kept, delivery)
            page = queries.map_page(session, kept, delivery, mapping)
    if is_answered and not page.faults:
        return _start(file_id, Step.CHECK, rows=kept.row_count)
    return render_template(
        "agency/map_action_file.html",
        page=page,
        form=form,
        targets=columns.target_choices(ACTION_TARGETS),
        date_fields=columns.date_fields(ACTION_TARGETS),
        constant_fields=columns.constant_fields(ACTION_TARGETS),
    ), 422 if request.method == "POST" else 200


def _start(file_id: UUID, step: Step, *, rows: int) -> ResponseReturnValue:
    """Check or log a file: a small one at once, a large one in a job that can be followed."""
    actor, is_large = current_principal(), rows >= SMALL_FILE
    try:
        _ask(actor, file_id, step, is_large=is_large)
    except AlreadyImported as repeat:
        flash(_("This file was logged before; nothing was changed."), "info")
        return _go("agency.show_action_file", repeat.import_id)
    except Conflict as refused:
        flash(message_of(refused), "info")
    else:
        if not is_large:
            _run(actor, file_id, step)
    with transaction() as session:
        endpoint = queries.page_of(files.get_file(session, actor, file_id))
    return _go(endpoint, file_id)


def _ask(actor: Principal, file_id: UUID, step: Step, *, is_large: bool) -> None:
    with transaction() as session:
        file_runs.ask_run(session, actor, file_id, step, at=clock.now())
        if is_large:
            outbox.enqueue(
                session,
                "run_action_file",
                lock=f"action-file:{file_id}",
                agency_id=str(actor.agency_id),
                user_id=str(actor.user_id),
                file_id=str(file_id),
                step=step.value,
            )


def _run(actor: Principal, file_id: UUID, step: Step) -> None:
    try:
        run_file(actor, file_id, step)
    except PortalError as refused:
        with transaction() as session:
            file_runs.fail_run(session, actor, file_id, step, refused, at=clock.now())


@bp.route("/action-files/<uuid:file_id>/check", methods=["GET", "POST"])
@requires(Permission.ACTION_LOG)
def check_action_file(file_id: UUID) -> ResponseReturnValue:
    """Show what would become of each row and which rules they break; then log them, or go back."""
    form = PlainForm()
    with transaction() as session:
        kept = files.get_file(session, current_principal(), file_id)
        run = find_run(kept, Step.CHECK)
        if run is None or kept.state is ActionFileState.COMMITTED:
            return _go(queries.page_of(kept), file_id)
        if not form.is_submitted():
            if queries.page_of(kept) != "agency.check_action_file":
                return _go(queries.page_of(kept), file_id)
            page = run_page(session, kept, run, now=clock.now())
    if form.validate_on_submit():
        return _start(file_id, Step.COMMIT, rows=run.rows)
    if run.state is RunState.REFUSED:
        return render_template("agency/refuse_action_file.html", page=page), 422
    return render_template("agency/check_action_file.html", page=page, form=form)


@bp.get("/action-files/<uuid:file_id>/progress")
@requires(Permission.ACTION_READ)
def follow_action_file(file_id: UUID) -> ResponseReturnValue:
    """Show how far checking or logging a file has come; the page can be left and found again."""
    with transaction() as session:
        kept = files.get_file(session, current_principal(), file_id)
        is_commit = files.is_begun(kept) or kept.state is ActionFileState.COMMITTED
        run = find_run(kept, Step.COMMIT if is_commit else Step.CHECK)
        there = queries.page_of(kept)
        if run is None:
            return _go(there, file_id)
        page = run_page(session, kept, run, now=clock.now())
    is_over = there != "agency.follow_action_file"
    values = {
        "page": page,
        "is_commit": is_commit,
        "next_url": url_for(there, file_id=file_id) if is_over else "",
    }
    if request.headers.get("HX-Request"):
        return str(render_block("agency/follow_action_file.html", "progress", **values))
    if is_over:
        return _go(there, file_id)
    return render_template("agency/follow_action_file.html", form=PlainForm(), **values)


@bp.post("/action-files/<uuid:file_id>/stop")
@requires(Permission.ACTION_LOG)
def stop_action_file(file_id: UUID) -> ResponseReturnValue:
    """Stop logging a file after the part under way; what is logged stays."""
    with transaction() as session:
        file_runs.stop_run(session, current_principal(), file_id, at=clock.now())
    return _go("agency.follow_action_file", file_id)


@bp.get("/action-files/<uuid:file_id>")
@requires(Permission.ACTION_READ)
def show_action_file(file_id: UUID) -> ResponseReturnValue:
    """Show how a file came out: counts, the rules its actions broke, what was rejected."""
    with transaction() as session:
        kept = files.get_file(session, current_principal(), file_id)
        run = find_run(kept, Step.COMMIT)
        if run is None or kept.state is not ActionFileState.COMMITTED:
            return _go(queries.page_of(kept), file_id)
        page = run_page(session, kept, run, now=clock.now())
    return render_template("agency/show_action_file.html", page=page)


@bp.get("/action-files/<uuid:file_id>/rejects.csv")
@requires(Permission.ACTION_LOG)
def download_action_rejects(file_id: UUID) -> ResponseReturnValue:
    """Hand back the rejected rows as delivered, each with its code and reason."""
    with transaction() as session:
        kept = files.get_file(session, current_principal(), file_id)
        delivery = files.open_delivery(session, kept)
        errors = files.list_rejects(session, kept)
        rows = files.reject_rows(delivery, errors)
        body = b"".join(stream_rejects(delivery, rows, describe=describe))
    answer = Response(body, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"rejects-{kept.file_name}")
    return answer


@bp.get("/action-files/<uuid:file_id>/actions")
@requires(Permission.ACTION_READ)
def list_action_file_actions(file_id: UUID) -> ResponseReturnValue:
    """List the actions a file brought, or those that broke one rule."""
    with transaction() as session:
        kept = files.get_file(session, current_principal(), file_id)
        run = find_run(kept, Step.COMMIT)
        if run is None:
            return _go(queries.page_of(kept), file_id)
        asked = request.args.get("rule", "")
        rule_id = asked if asked in run.rules else ""
        page = list_actions(
            session, kept, run, rule_id=rule_id, after=request.args.get("after", "")
        )
    return render_template(
        "agency/list_action_file_actions.html",
        page=page,
        kept=kept,
        run=run,
        rule_id=rule_id,
        rule=title_of(rule_id) if rule_id else "",
    )
