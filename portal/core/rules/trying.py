"""A made-up contact for trying rules out: what somebody types, made into the facts rules read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.core.errors import Invalid
from portal.core.rules.facts import AccountFacts, ContactFacts, PastContact
from portal.core.rules.kinds import (
    Channel,
    ConsentScope,
    Direction,
    Form,
    HoldKind,
    Outcome,
    PlanState,
    Purpose,
    Role,
)
from portal.core.rules.objects import (
    Cease,
    Consent,
    Dispute,
    Hold,
    OptOut,
    Representation,
    Wishes,
)
from portal.core.rules.pack import jurisdictions_for
from portal.core.rules.zones import candidate_zones

YEARS = range(2000, 2101)
PERSON, ACCOUNT, OTHER_ACCOUNT = "person", "account", "another account"
MOST_PAST = 10
#: Who made a contact, seen from who is about to make the next one.
MADE_BY = {"us": "us", "other": "another agency", "bank": "the bank"}


@dataclass(frozen=True, kw_only=True)
class TriedPast:
    """An earlier contact: its wall time where the person is, how it went, and who made it."""

    at: datetime
    channel: Channel
    outcome: Outcome
    made_by: str = "us"
    direction: Direction = Direction.OUTBOUND
    same_account: bool = True


@dataclass(frozen=True, kw_only=True)
class TriedCase:
    """A contact somebody thinks of. `at` is a wall time, without a zone, where the person is.

    Zones left out are those of the place and the telephone number. What the person said, and what
    holds the account, was known the day before.
    """

    at: datetime
    channel: Channel
    country: str = "US"
    state: str = ""
    phone: str = ""
    zones: tuple[str, ...] = ()
    role: Role = Role.CONSUMER
    purpose: Purpose | None = None
    product: str | None = None
    past: tuple[TriedPast, ...] = ()
    holds: tuple[HoldKind, ...] = ()
    consents: tuple[ConsentScope, ...] = ()
    opt_outs: tuple[Channel, ...] = ()
    cease: Form | None = None
    dispute: Form | None = None
    represented: bool = False
    plan: PlanState | None = None
    write_only: bool = False
    weekly_maximum: int | None = None

    def candidate_zones(self) -> tuple[ZoneInfo, ...]:
        """Return where the person may be.

        Raises:
            Invalid: a zone is none.
        """
        if not self.zones:
            phones = [self.phone] if self.phone else []
            return candidate_zones(phones, self.country or None, self.state or None)
        return tuple(dict.fromkeys(_zone(name) for name in self.zones))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "%(zone)s is not a time zone. Write it like America/New_York.", zone=name, field="zones"
        ) from None


def tried_facts(case: TriedCase) -> ContactFacts:
    """Return what rules would read of a case.

    With several zones the wall time is that of the first; without any it is taken as UTC.

    Raises:
        Invalid: a zone is none, a year is far away, or there are too many earlier contacts.
    """
    if any(at.year not in YEARS for at in (case.at, *(past.at for past in case.past))):
        raise Invalid("Choose days between 2000 and 2100.", field="on")
    if len(case.past) > MOST_PAST:
        raise Invalid("Give at most %(most)d earlier contacts.", most=MOST_PAST, field="past")
    zones = case.candidate_zones()
    clock = zones[0] if zones else ZoneInfo("UTC")
    at = _instant(case.at, clock)
    known = at - timedelta(days=1)
    return ContactFacts(
        at=at,
        channel=case.channel,
        agency_id=MADE_BY["us"],
        person_id=_person(case.role),
        role=case.role,
        purpose=case.purpose,
        zones=zones,
        jurisdictions=jurisdictions_for(case.country, case.state),
        account_ids=(ACCOUNT,),
        accounts=(
            AccountFacts(
                id=ACCOUNT,
                kind=case.product or None,
                creditor_id=MADE_BY["bank"],
                plan=case.plan,
                disputed=case.dispute is not None,
            ),
        ),
        history=tuple(
            _past(number, past, clock, case.role) for number, past in enumerate(case.past, 1)
        ),
        holds=tuple(Hold(kind=kind, received_at=known) for kind in case.holds),
        consents=tuple(
            Consent(
                received_at=known,
                person_id=_person(case.role),
                scope=scope,
                given_to=MADE_BY["us"],
                valid_from=known.astimezone(clock).date(),
            )
            for scope in case.consents
        ),
        opt_outs=tuple(
            OptOut(received_at=known, person_id=_person(case.role), channel=channel)
            for channel in case.opt_outs
        ),
        ceases=(Cease(received_at=known, form=case.cease),) if case.cease else (),
        disputes=(Dispute(received_at=known, form=case.dispute),) if case.dispute else (),
        representations=(Representation(received_at=known),) if case.represented else (),
        wishes=_wishes(case),
    )


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _person(role: Role) -> str:
    return PERSON if role is Role.CONSUMER else f"{PERSON}/{role.value}"


def _past(number: int, past: TriedPast, zone: ZoneInfo, role: Role) -> PastContact:
    about = (ACCOUNT if past.same_account else OTHER_ACCOUNT,)
    return PastContact(
        id=str(number),
        at=_instant(past.at, zone),
        channel=past.channel,
        outcome=past.outcome,
        direction=past.direction,
        agency_id=MADE_BY[past.made_by],
        creditor_id=MADE_BY["bank"],
        person_id=_person(role),
        role=role,
        placed_ids=about,
        discussed_ids=about if past.outcome is Outcome.CONVERSATION else (),
    )


def _wishes(case: TriedCase) -> Wishes | None:
    if not case.write_only and case.weekly_maximum is None:
        return None
    return Wishes(write_only=case.write_only, weekly_maximum=case.weekly_maximum)
