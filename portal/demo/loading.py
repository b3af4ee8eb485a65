"""Loading the demo: whole or, when interrupted, the rest of it at the next start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from flask import current_app
from sqlalchemy import create_engine, text

from portal.adapters.schema import psycopg_url
from portal.core import clock
from portal.core.parties import providers
from portal.core.parties.models import SignInProvider
from portal.core.parties.providers import ProviderSettings
from portal.core.principal import OPERATOR_ORG, Principal
from portal.demo import conduct, parties, story
from portal.web.installation import is_demo
from portal.web.single_sign_on.client import outbound
from portal.web.single_sign_on.discovery import discover
from portal.web.uow import transaction

_DATED = (
    "UPDATE actions SET recorded_at = made_at + interval '1 minute'",
    "UPDATE contact_statements SET recorded_at = received_at + interval '1 minute'",
    "UPDATE holds SET opened_at = received_at + interval '1 minute'",
)

#: Who to sign in as. Everybody's organisation signs in through the demo's provider.
SIGN_INS = tuple(
    f"{person.email} ({person.org or 'operator'}, {person.role.value.replace('_', ' ')})"
    for person in parties.PEOPLE
)


def ensure_demo(identity_url: str | None = None) -> Iterator[str]:
    """Load what is missing of the demo data, and say each step. A loaded demo is left as it is."""
    now = clock.now()
    parties.make_organisations(now.date())
    if identity_url is not None:
        _connect_identity(identity_url)
    if is_demo():
        yield "is there already and stays as it is"
        return
    for words, step in _steps(now):
        yield words
        step()
    _date_by_the_story()
    with transaction(Principal.operator_machine()) as session:
        session.execute(text("UPDATE installation SET demo = true"))


def _date_by_the_story() -> None:
    """Date rows by the day they tell of: the database stamped them all with the minute of loading.

    The portal itself can stamp nothing, so this is the administrator's doing; without one, the
    demo's actions say that they were written down today.
    """
    admin_url = current_app.config["PORTAL_SETTINGS"].database_admin_url
    if admin_url is None:
        return
    engine = create_engine(psycopg_url(admin_url))
    try:
        with engine.begin() as connection:
            for statement in _DATED:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def _steps(now: datetime) -> list[tuple[str, Callable[[], None]]]:
    jamie, lin = "jamie.ortiz@harbour.example", "lin.xiao@yuanshan.example"
    kim, pat, zhou = (
        "kim.tran@northgate.example",
        "pat.doyle@cedarlane.example",
        "zhou.ning@anhe.example",
    )
    return [
        (
            "3,130 accounts of Harbour Bank, from real delinquency figures",
            lambda: story.import_days_ago(
                "HARBOUR", jamie, country="US", days=55, rows=None, seed=1, now=now
            ),
        ),
        (
            "their referral to two agencies, accepted",
            lambda: story.refer_days_ago(
                "HARBOUR",
                jamie,
                {"NORTHGATE": (65, kim), "CEDARLANE": (35, pat)},
                currency="USD",
                days=54,
                now=now,
            ),
        ),
        (
            "600 accounts of Yuanshan Bank, referred",
            lambda: _yuanshan(lin, zhou, now),
        ),
        ("how the banks came by numbers and addresses", lambda: _numbers(now)),
        ("permits, calls, promises and recoveries", lambda: _work(kim, pat, zhou, now)),
        ("what people said and wish, and who answered", lambda: _conduct(jamie, kim, pat, now)),
        (
            "notices, plans and payments",
            lambda: story.let_debtors_act("HARBOUR", people=12, now=now),
        ),
        (
            "a fresh file of Harbour Bank, waiting to be referred",
            lambda: story.import_days_ago(
                "HARBOUR", jamie, country="US", days=1, rows=240, seed=2, now=now
            ),
        ),
        ("the nightly judgement of promises", lambda: story.judge_all("HARBOUR", now=now)),
    ]


def _yuanshan(lin: str, zhou: str, now: datetime) -> None:
    story.import_days_ago("YUANSHAN", lin, country="CN", days=30, rows=600, seed=3, now=now)
    story.refer_days_ago("YUANSHAN", lin, {"ANHE": (100, zhou)}, currency="CNY", days=29, now=now)


def _work(kim: str, pat: str, zhou: str, now: datetime) -> None:
    story.work_accounts(kim, accounts=90, since_days=50, now=now, seed=11)
    story.work_accounts(pat, accounts=50, since_days=50, now=now, seed=12)
    story.work_accounts(zhou, accounts=30, since_days=25, now=now, seed=13)


def _numbers(now: datetime) -> None:
    for code in ("HARBOUR", "YUANSHAN"):
        conduct.tell_how_numbers_came(code, now=now)


def _conduct(jamie: str, kim: str, pat: str, now: datetime) -> None:
    for collector in (kim, pat):
        conduct.let_people_speak(collector, "HARBOUR", now=now)
    conduct.let_people_speak("zhou.ning@anhe.example", "YUANSHAN", now=now)
    conduct.answer_holds(jamie, now=now)
    conduct.answer_breaches(kim, jamie, now=now)
    conduct.ask_a_person(kim, "HARBOUR", now=now)
    conduct.set_own_rules(jamie, now=now, today=now.date())


def _connect_identity(url: str) -> None:
    """Let everybody of the demo sign in through its provider."""
    settings = current_app.config["PORTAL_SETTINGS"]
    if not settings.oidc_allow_loopback:
        return
    found = discover(url, outbound())
    organisations = {
        "operator": OPERATOR_ORG,
        **{bank.code: parties.bank_by_code(bank.code).id for bank in parties.BANKS},
        **{agency.code: parties.agency_by_code(agency.code).id for agency in parties.AGENCIES},
    }
    actor = Principal.operator_machine()
    for code, org_id in organisations.items():
        with transaction(actor) as session:
            known = session.get(SignInProvider, org_id)
            if known is not None and known.enabled and known.issuer == found.issuer:
                continue
            provider = providers.save_provider(
                session,
                actor,
                org_id,
                ProviderSettings(
                    discovery_url=found.discovery_url,
                    issuer=found.issuer,
                    client_id=f"portal-{code.lower()}",
                    metadata=found.metadata,
                    client_secret="demo",  # noqa: S106 -- the demo provider takes any
                ),
                now=clock.now(),
            )
            providers.record_test(session, actor, org_id, version=provider.version, now=clock.now())
            providers.enable_provider(session, actor, org_id)
