"""Who may let whom in, and what nobody may do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from portal.core.errors import Conflict, Invalid, NotFound, PermissionDenied
from portal.core.parties import organisations, sign_in, staff
from portal.core.parties.emails import read_email
from portal.core.parties.invitations import INVITATION_LIFE
from portal.core.parties.staff import Reason
from portal.core.permissions import Role, Side
from portal.core.principal import OPERATOR_ORG, Principal
from portal.web.uow import transaction
from tests.support.people import address, hire, row_of

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


def _invite(session, actor, side, org_id, email, role):
    return staff.invite_staff(
        session, actor, side, org_id, name="Kim Reed", email=email, role=role, now=NOW
    )


def test_an_invitation_makes_a_person_who_cannot_do_anything_yet(make, acting_as):
    agency, email = make.agency(), address()
    boss = hire(agency, Role.AGENCY_ADMIN).principal

    with acting_as(boss) as session:
        invitation = _invite(session, boss, Side.AGENCY, agency.id, email.upper(), Role.COLLECTOR)

    row = row_of(email)
    assert (row.status, row.role, row.email) == ("invited", Role.COLLECTOR, email)
    assert len(invitation.token) >= 43
    assert invitation.token not in repr(invitation)


@pytest.mark.abuse("A1")
@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AGENCY_MANAGER])
def test_only_administrators_manage_people(make, acting_as, role):
    agency = make.agency()
    member, other = hire(agency, role), hire(agency, Role.COLLECTOR)
    actor = member.principal
    deeds = [
        lambda s: _invite(s, actor, Side.AGENCY, agency.id, address(), Role.COLLECTOR),
        lambda s: staff.resend_invitation(s, actor, agency.id, other.id, now=NOW),
        lambda s: staff.change_staff(
            s, actor, agency.id, other.id, name="x", role=Role.AGENCY_ADMIN
        ),
        lambda s: staff.disable_staff(s, actor, agency.id, other.id, reason=Reason.LEFT),
        lambda s: staff.enable_staff(s, actor, agency.id, other.id),
        lambda s: staff.reset_sign_in(s, actor, agency.id, other.id, reason=Reason.LEFT, now=NOW),
        lambda s: staff.list_staff(s, actor, agency.id),
    ]

    for deed in deeds:
        with pytest.raises(PermissionDenied), acting_as(actor) as session:
            deed(session)


@pytest.mark.abuse("A1")
def test_another_organisations_people_do_not_exist(make, acting_as):
    boss = hire(make.agency(), Role.AGENCY_ADMIN).principal
    stranger = hire(make.agency(), Role.COLLECTOR)
    for org_id in (boss.org_id, stranger.org_id):
        deeds = [
            lambda s, o=org_id: staff.change_staff(
                s, boss, o, stranger.id, name="x", role=Role.COLLECTOR
            ),
            lambda s, o=org_id: staff.disable_staff(s, boss, o, stranger.id, reason=Reason.LEFT),
            lambda s, o=org_id: staff.enable_staff(s, boss, o, stranger.id),
            lambda s, o=org_id: staff.resend_invitation(s, boss, o, stranger.id, now=NOW),
            lambda s, o=org_id: staff.get_staff(s, boss, o, stranger.id),
        ]
        for deed in deeds:
            with pytest.raises(NotFound), acting_as(boss) as session:
                deed(session)


@pytest.mark.abuse("B10")
def test_nobody_is_invited_into_another_organisation_or_another_sides_role(make, acting_as):
    agency, other = make.agency(), make.agency()
    boss = hire(agency, Role.AGENCY_ADMIN).principal

    with pytest.raises(NotFound), acting_as(boss) as session:
        _invite(session, boss, Side.AGENCY, other.id, address(), Role.COLLECTOR)
    with pytest.raises(NotFound), acting_as(boss) as session:
        _invite(session, boss, Side.OPERATOR, OPERATOR_ORG, address(), Role.OPERATOR)
    with pytest.raises(NotFound), acting_as(boss) as session:
        _invite(session, boss, Side.OPERATOR, agency.id, address(), Role.OPERATOR)
    for role in (Role.OPERATOR, Role.BANK_ADMIN, Role.SYSTEM, Role.NONE):
        with pytest.raises(Invalid), acting_as(boss) as session:
            _invite(session, boss, Side.AGENCY, agency.id, address(), role)


def test_an_address_belongs_to_one_person_of_one_organisation(make, acting_as):
    agency, bank, email = make.agency(), make.bank(), address()
    boss = hire(agency, Role.AGENCY_ADMIN).principal
    banker = hire(bank, Role.BANK_ADMIN).principal
    with acting_as(boss) as session:
        _invite(session, boss, Side.AGENCY, agency.id, email, Role.COLLECTOR)

    with pytest.raises(Conflict, match="on your list"), acting_as(boss) as session:
        _invite(session, boss, Side.AGENCY, agency.id, email, Role.COLLECTOR)
    with pytest.raises(Conflict, match="cannot be invited"), acting_as(banker) as session:
        _invite(session, banker, Side.BANK, bank.id, email, Role.BANK_ANALYST)

    with acting_as(banker) as session:
        assert [row.email for row in staff.list_staff(session, banker, bank.id)] != [email]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nobody",
        "a@b",
        "two@@example.com",
        "a b@example.com",
        "a@exam ple.com",
        "раураl@example.com",
        "a@example.com\nBcc: x@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_plain_address_is_refused(typed):
    with pytest.raises(Invalid):
        read_email(typed)


def test_nobody_changes_their_own_role_or_shuts_themselves_out(make, acting_as):
    agency = make.agency()
    member = hire(agency, Role.AGENCY_ADMIN)
    hire(agency, Role.AGENCY_ADMIN)
    boss = member.principal
    deeds = [
        lambda s: staff.change_staff(s, boss, agency.id, member.id, name="x", role=Role.COLLECTOR),
        lambda s: staff.disable_staff(s, boss, agency.id, member.id, reason=Reason.LEFT),
        lambda s: staff.reset_sign_in(s, boss, agency.id, member.id, reason=Reason.LEFT, now=NOW),
    ]

    for deed in deeds:
        with pytest.raises(Conflict, match="yourself"), acting_as(boss) as session:
            deed(session)

    with acting_as(boss) as session:
        staff.change_staff(
            session, boss, agency.id, member.id, name="New Name", role=Role.AGENCY_ADMIN
        )
    assert member.row().name == "New Name"


def test_two_administrators_who_remove_each_other_at_once_leave_one(app, make):
    agency = make.agency()
    pair = [hire(agency, Role.AGENCY_ADMIN), hire(agency, Role.AGENCY_ADMIN)]

    def remove(pair):
        actor, target = pair
        try:
            with app.app_context(), transaction(actor.principal) as session:
                staff.disable_staff(
                    session, actor.principal, agency.id, target.id, reason=Reason.LEFT
                )
        except Conflict:
            return "refused"
        return "done"

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(remove, [(pair[0], pair[1]), (pair[1], pair[0])]))
        assert sorted(answers) == ["done", "refused"]
        left = [member for member in pair if member.row().status == "active"]
        gone = next(member for member in pair if member not in left)
        assert len(left) == 1
        with app.app_context(), transaction(left[0].principal) as session:
            staff.enable_staff(session, left[0].principal, agency.id, gone.id)


def test_the_operator_may_shut_out_the_last_administrator_of_an_organisation(make, acting_as):
    agency = make.agency()
    member = hire(agency, Role.AGENCY_ADMIN)
    operator = Principal.operator_machine()

    with acting_as(operator) as session:
        staff.disable_staff(session, operator, agency.id, member.id, reason=Reason.SECURITY)

    assert member.row().status == "disabled"


def test_a_fresh_link_ends_the_earlier_one(make, acting_as):
    agency = make.agency()
    boss = hire(agency, Role.AGENCY_ADMIN).principal
    with acting_as(boss) as session:
        first = _invite(session, boss, Side.AGENCY, agency.id, address(), Role.COLLECTOR)

    with acting_as(boss) as session:
        second = staff.resend_invitation(session, boss, agency.id, first.staff_id, now=NOW)

    with acting_as(sign_in.Candidate.nobody().principal) as session:
        assert sign_in.find_invited(session, first.token, now=NOW) is None
        assert sign_in.find_invited(session, second.token, now=NOW) is not None


def test_an_invitation_ends_after_seven_days_and_with_the_person(make, acting_as):
    agency = make.agency()
    boss = hire(agency, Role.AGENCY_ADMIN).principal
    with acting_as(boss) as session:
        made = _invite(session, boss, Side.AGENCY, agency.id, address(), Role.COLLECTOR)
    nobody = sign_in.Candidate.nobody().principal

    with acting_as(nobody) as session:
        assert sign_in.find_invited(session, made.token, now=NOW) is not None
        later = NOW + INVITATION_LIFE
        assert sign_in.find_invited(session, made.token, now=later) is None
    with acting_as(boss) as session:
        staff.disable_staff(session, boss, agency.id, made.staff_id, reason=Reason.MISTAKE)
    with acting_as(nobody) as session:
        assert sign_in.find_invited(session, made.token, now=NOW) is None


def test_who_is_let_in_again_comes_back_as_they_were(make, acting_as):
    agency = make.agency()
    boss = hire(agency, Role.AGENCY_ADMIN).principal
    joined = hire(agency, Role.COLLECTOR)
    with acting_as(boss) as session:
        invited = _invite(session, boss, Side.AGENCY, agency.id, address(), Role.COLLECTOR)
    for person in (joined.id, invited.staff_id):
        with acting_as(boss) as session:
            staff.disable_staff(session, boss, agency.id, person, reason=Reason.OTHER)

    with acting_as(boss) as session:
        states = [
            staff.enable_staff(session, boss, agency.id, person).status
            for person in (joined.id, invited.staff_id)
        ]

    assert states == ["active", "invited"]


def test_starting_over_takes_every_way_in_and_gives_a_new_invitation(make, acting_as):
    agency = make.agency()
    boss = hire(agency, Role.AGENCY_ADMIN).principal
    member = hire(agency, Role.COLLECTOR)

    with acting_as(boss) as session:
        staff.reset_sign_in(session, boss, agency.id, member.id, reason=Reason.LOST_DEVICE, now=NOW)

    row = member.row()
    assert row.status == "invited"
    assert (row.password_hash, row.totp_sealed, row.sso_subject) == (None, None, None)
    assert row.recovery_hashes == []


def test_every_deed_is_on_record_with_codes_and_without_names(make, acting_as):
    agency, email = make.agency(), address()
    boss = hire(agency, Role.AGENCY_ADMIN).principal
    member = hire(agency, Role.COLLECTOR, email=email)
    with acting_as(boss) as session:
        staff.change_staff(
            session, boss, agency.id, member.id, name="Kim Reed", role=Role.AGENCY_MANAGER
        )
        staff.disable_staff(session, boss, agency.id, member.id, reason=Reason.LEFT)

    with acting_as(boss) as session:
        rows = session.execute(
            text(
                "SELECT verb, facts FROM audit_rows WHERE subject_id = :id AND actor_id = :actor"
                " ORDER BY id"
            ),
            {"id": member.id, "actor": boss.user_id},
        ).all()

    assert [row.verb for row in rows] == ["staff.role-changed", "staff.disabled"]
    assert [row.facts for row in rows] == [
        {"from": "collector", "to": "agency_manager"},
        {"reason": "left"},
    ]


def test_the_operator_lists_and_finds_people_for_the_commands(make, acting_as):
    agency = make.agency()
    member = hire(agency, Role.COLLECTOR)
    operator = Principal.operator_machine()

    with acting_as(operator) as session:
        listed = staff.list_staff(session, operator, agency.id)
        found = staff.get_staff_by_email(session, operator, member.email.upper())
        org = organisations.find_organisation_by_code(session, agency.code)

    assert [row.id for row in listed] == [member.id]
    assert found.id == member.id
    assert (org.id, organisations.side_of(org)) == (agency.id, Side.AGENCY)
