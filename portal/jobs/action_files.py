"""Checking and logging large files of actions, in a worker."""

from __future__ import annotations

from uuid import UUID

from portal.core import clock
from portal.core.actions import file_runs
from portal.core.actions.file_progress import Step
from portal.core.errors import PermissionDenied, PortalError
from portal.core.outbox import queue
from portal.core.parties.models import Staff
from portal.core.permissions import Role, Side
from portal.core.principal import Principal
from portal.web.action_files import run_file
from portal.web.uow import transaction

#: Parts of a file under way at a time: while the server writes one, the next is judged.
PARTS_AT_ONCE = 2


@queue.task(name="run_action_file", retry=5)
def run_action_file(agency_id: str, user_id: str, file_id: str, step: str) -> None:
    """Check or log a file as the person who asked for it, and note it when that cannot be done."""
    actor = _person(UUID(agency_id), UUID(user_id))
    try:
        if actor.role is Role.NONE:
            raise PermissionDenied("Whoever asked for this no longer works here. Start it anew.")
        run_file(actor, UUID(file_id), Step(step), at_once=PARTS_AT_ONCE)
    except PortalError as refused:
        with transaction(actor) as session:
            file_runs.fail_run(session, actor, UUID(file_id), Step(step), refused, at=clock.now())


def _person(agency_id: UUID, user_id: UUID) -> Principal:
    """Return a member of the agency's staff as they are now; who has left has no role."""
    with transaction(Principal.machine_of(agency_id)) as session:
        person = session.get(Staff, (agency_id, user_id))
    role = person.role if person is not None and person.status == "active" else Role.NONE
    return Principal.staff(Side.AGENCY, agency_id, user_id, role)
