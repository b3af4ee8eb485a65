"""The rules an agency is judged by: packs of law, each bank's own, and trying them out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core.actions.own_rules import set_rules
from portal.core.actions.own_settings_reading import read_settings
from portal.core.permissions import Role
from portal.core.principal import Principal
from portal.core.rules.pack import PACK_IDS, read_pack
from tests.bank.conftest import text_of
from tests.support.factories import NOON, TODAY
from tests.support.own_rules import own_rules

RULES = "/agency/rules"


def test_each_banks_own_rules_are_read_those_to_come_too(make, agency, browse):
    made = make.account(agency=agency)
    own_rules(make, made.bank, rest_days=2)
    own_rules(make, made.bank, effective_from=TODAY + timedelta(days=14), rest_days=4)
    own_rules(make, made.bank, effective_from=TODAY + timedelta(days=7), rest_days=3)
    own_rules(make, made.bank, effective_from=TODAY + timedelta(days=7), rest_days=5)
    silent = make.bank()
    make.panel(silent, agency)

    text = text_of(browse(zone="UTC").get(RULES))

    assert made.bank.name in text
    assert "left alone for 2 days" in text
    five, four = text.index("left alone for 5 days"), text.index("left alone for 4 days")
    assert text.index("From 1 December 2026") < five < text.index("From 8 December 2026") < four
    assert "left alone for 3 days" not in text  # a newer version took its day
    assert f"{silent.name} Its own rules, beyond the law This bank asks for nothing" in text


def test_the_packs_say_how_many_accounts_they_bind(make, agency, browse):
    make.account(agency=agency)
    make.account(agency=agency, state="MA")
    make.account(agency=agency, country="CN", state="", zones=("Asia/Shanghai",))
    make.account(agency=make.agency())

    text = text_of(browse().get(RULES))

    rules = {pack_id: len(read_pack(pack_id).rules) for pack_id in PACK_IDS}
    assert f"holds everywhere {rules['portal']} 3" in text
    assert f"beside it US {rules['us']} 2" in text
    assert f"Massachusetts US-MA {rules['us-ma']} 1" in text
    assert f"credit CN {rules['cn']} 1" in text


def test_an_agency_on_no_panel_is_told_so(browse):
    assert "You are on no bank’s panel yet" in text_of(browse().get(RULES))


@pytest.mark.abuse("A2")
def test_the_rules_of_a_bank_whose_panel_it_is_not_on_are_not_seen(make, agency, browse):
    stranger = make.bank()
    own_rules(make, stranger, rest_days=9, channels_off=["call"])
    case = "on=2026-11-24&clock=12:00&channel=call&country=US&state=NY"
    visitor = browse()

    page = text_of(visitor.get(RULES))
    tried = text_of(visitor.get(f"{RULES}/try?{case}&bank={stranger.id}"))

    assert stranger.name not in page + tried
    assert "left alone for 9 days" not in page
    assert "does not use this channel" not in tried


@pytest.mark.abuse("A2")
def test_why_a_bank_set_its_rules_and_who_did_stays_there(make, agency, browse, acting_as):
    made = make.account(agency=agency)
    person = make.staff(made.bank, Role.VENDOR_MANAGER)
    actor = Principal.staff(person.side, person.org_id, person.id, person.role)
    with acting_as(actor) as session:
        set_rules(
            session,
            actor,
            read_settings({"rest_days": 2}),
            effective_from=TODAY,
            note="Because of agency A.",
            at=NOON,
            today=TODAY,
        )

    text = text_of(browse().get(RULES))

    assert "left alone for 2 days" in text
    assert "Because of agency A." not in text
    assert person.name not in text


def test_a_contact_is_tried_by_the_rules_of_a_bank_that_is_chosen(make, agency, browse):
    made = make.account(agency=agency)
    own_rules(make, made.bank, channels_off=["call"])
    case = "on=2026-11-24&clock=12:00&channel=call&country=US&state=NY"
    visitor = browse()

    without = text_of(visitor.get(f"{RULES}/try?{case}"))
    within = text_of(visitor.get(f"{RULES}/try?{case}&bank={made.bank_id}"))
    told = visitor.get(f"{RULES}/try?{case}&bank={made.bank_id}&format=json").json

    assert "Allowed" in without
    assert "The bank does not use this channel: Phone call." in within
    assert told["judgement"]["verdict"] == "guidance_breach"


def test_a_pack_of_law_is_read_rule_by_rule(browse):
    visitor = browse()

    text = text_of(visitor.get(f"{RULES}/packs/in?channel=call"))

    assert "Recovery calls IN-RBI-HOURS RBI circular" in text
    assert visitor.get(f"{RULES}/packs/bank").status_code == 404
    assert visitor.get(f"{RULES}/packs/mars").status_code == 404


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AGENCY_MANAGER, Role.AGENCY_ADMIN])
def test_everybody_at_the_agency_reads_the_rules(browse, role):
    visitor = browse(role)

    for path in (RULES, f"{RULES}/packs/us", f"{RULES}/try"):
        assert visitor.get(path).status_code == 200


@pytest.mark.parametrize("path", ["", "/packs/cn", "/try"])
def test_each_page_is_in_chinese(make, agency, browse, path):
    own_rules(make, make.account(agency=agency).bank, rest_days=2)
    visitor = browse()
    with visitor.client.session_transaction() as session:
        session["language"] = "zh"
    visitor.client.set_cookie("language", "zh")

    page = visitor.get(f"{RULES}{path}").get_data(as_text=True)

    main = page.split("<main")[1].split("</main>")[0]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in main.split("<h1>")[1].split("</h1>")[0])
    for english in ("Its own", "left alone", "Channels", "Where the person", "Rule packs"):
        assert english not in main
