"""The rule packs on the bank's pages, and the rule tester."""

from __future__ import annotations

import csv
import io
import json

import pytest

from portal.core.permissions import Role
from portal.core.rules.pack import PACK_IDS, read_pack
from tests.bank.conftest import text_of
from tests.support.own_rules import own_rules

PACKS = "/bank/compliance/packs"
TRY = "/bank/compliance/try"
LOS_ANGELES = (
    f"{TRY}?country=US&state=CA&phone=%2B12125550100&channel=call&on=2026-11-24&clock=07:30"
)


def test_every_pack_is_listed_with_its_version_hash_and_what_it_binds(make, bank, browse):
    make.account(bank=bank)
    make.account(bank=bank, state="MA")
    make.account(bank=bank, country="CN", state="", zones=("Asia/Shanghai",))
    make.account(bank=bank, country="BR", state="")
    own_rules(make, bank, rest_days=2)

    text = text_of(browse().get(PACKS))

    for pack_id in PACK_IDS:
        assert read_pack(pack_id).hash[:12] in text
    rules = {pack_id: len(read_pack(pack_id).rules) for pack_id in PACK_IDS}
    assert f"an account's holds everywhere {rules['portal']} 4 2026.1" in text
    assert f"federal law beside it US {rules['us']} 2 2026.1" in text
    assert f"Massachusetts US-MA {rules['us-ma']} 1 2026.1" in text
    assert "The bank's own rules everywhere 1 4 1" in text
    assert "United States 1 United States: Regulation F" in text
    assert "United States, MA 1 United States: Regulation F" in text
    assert "Brazil 1 No rules on file A person decides every contact there." in text


def test_a_bank_without_accounts_is_told_so(browse):
    text = text_of(browse().get(PACKS))

    assert "No open accounts yet" in text
    assert "The bank's own rules everywhere" not in text


def test_a_pack_shows_each_rule_with_citation_weight_source_and_numbers(browse):
    page = browse().get(f"{PACKS}/us")

    text = text_of(page).replace("\u00a0", " ")
    assert read_pack("us").hash in text
    assert "Call frequency US-REGF-14B-FREQ 12 CFR 1006.14(b)(2)-(4) and Supp. I" in text
    assert "legal presumption" in text
    assert "A breach counts as Presumed unlawful" in text
    assert "Most contacts 7" in text
    assert "looked at on 9 March 2026" in text
    assert "from 30 November 2021" in text
    assert "Have a lawyer confirm it." in text  # what general knowledge means
    assert page.get_data(as_text=True).count("<h1>") == 1


def test_a_pack_is_narrowed_by_channel_and_words(browse):
    visitor = browse()

    visits = text_of(visitor.get(f"{PACKS}/cn?channel=visit&q=two+collectors"))
    nothing = text_of(visitor.get(f"{PACKS}/cn?q=nothing+of+the+kind"))

    assert f"1 of {len(read_pack('cn').rules)}" in visits
    assert "One visit a day, by two collectors" in visits
    assert "No rule matches" in nothing


def test_the_banks_own_rules_are_a_pack_like_the_others(make, bank, browse):
    visitor = browse()
    before = visitor.get(f"{PACKS}/bank")
    own_rules(make, bank, caps=[{"channels": ["call"], "most": 2, "days": 7}])

    text = text_of(visitor.get(f"{PACKS}/bank"))

    assert before.status_code == 404
    assert "The bank's own limit BANK-CAP-1 The bank's own rule" in text
    assert "Not law: the portal or the bank asks for it." in text
    assert "Contacts with everybody but The person's attorney" in text


@pytest.mark.parametrize("pack_id", ["mars", "..", "us.toml"])
def test_there_is_no_pack_by_another_name(browse, pack_id):
    assert browse().get(f"{PACKS}/{pack_id}").status_code == 404


def test_packs_leave_as_csv_with_a_row_for_each_check(make, bank, browse):
    own_rules(make, bank, rest_days=2)

    answer = browse().get(f"{PACKS}/export")

    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert answer.mimetype == "text/csv"
    assert len(rows) == sum(len(read_pack(pack_id).checks) for pack_id in PACK_IDS) + 1
    found = next(row for row in rows if row["rule"] == "US-REGF-14B-FREQ")
    assert found["hash"] == read_pack("us").hash
    assert json.loads(found["parameters"])["limit"] == 7
    assert rows[-1]["rule"] == "BANK-REST"


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (f"{PACKS}/export?pack=us&format=json", {}),
        (f"{PACKS}/export?pack=us", {"headers": {"Accept": "application/json"}}),
    ],
)
def test_a_pack_leaves_whole_as_json(browse, path, options):
    [pack] = browse().get(path, **options).json["packs"]

    assert pack["hash"] == read_pack("us").hash
    assert len(pack["pack"]["rules"]) == len(read_pack("us").rules)


def test_the_tester_answers_with_every_finding_and_the_next_time(browse):
    page = browse().get(LOS_ANGELES)

    text = text_of(page).replace("\u00a0", " ")
    assert page.status_code == 200
    assert "Not allowed Where the person may be it is 24 November 2026, 7:30 AM PST" in text
    assert "10:30 AM EST in New York" in text
    assert "Allowed again: 24 November 2026, 8:00 AM PST in Los Angeles" in text
    assert "7:30 AM in Los Angeles is outside the hours allowed there" in text
    assert "12 CFR 1006.6(b)(1)(i)" in text
    assert "Hours 8:00 AM–9:00 PM" in text
    assert "Asked only once the words are known: Saying that a debt collector speaks" in text


def test_the_banks_own_rules_are_asked_as_they_will_be_on_that_day(make, bank, browse):
    own_rules(make, bank, channels_off=["call"])
    case = f"{TRY}?country=US&state=NY&channel=call&on=%s&clock=12:00"
    visitor = browse()

    before = text_of(visitor.get(case % "2026-11-23"))
    after = text_of(visitor.get(case % "2026-11-24"))

    assert "The bank does not use this channel" not in before
    assert "The bank does not use this channel: Phone call." in after
    assert "The bank's own rules 1" in after


def test_the_examples_are_cases_that_are_not_allowed(browse):
    visitor = browse()
    page = visitor.get(TRY).get_data(as_text=True)

    links = [
        part.split('"')[0].replace("&amp;", "&")
        for part in page.split('<ul class="dp-starts">')[1].split("</ul>")[0].split('href="')[1:]
    ]
    answers = [text_of(visitor.get(link)) for link in links]

    assert len(links) == 5
    for answer, reason in zip(
        answers,
        (
            "outside the hours allowed",
            "outside the hours allowed",
            "outside the hours allowed",
            "Call number 8 about this debt",
            "The account is on hold",
        ),
        strict=True,
    ):
        assert reason in answer


def test_the_address_of_a_case_passes_it_on(browse):
    visitor = browse()
    long = (
        f"{LOS_ANGELES}&purpose=&holds=hardship&holds=dispute&rows=5&past-0-on=2026-11-23"
        "&past-0-clock=10:00&past-0-channel=sms&past-0-outcome=delivered&past-1-on="
        "&past-1-channel=call"
    )

    page = visitor.get(long).get_data(as_text=True)
    link = page.split('id="link" value="')[1].split('"')[0].replace("&amp;", "&")

    assert "rows=" not in link
    assert "purpose" not in link
    assert "past-1" not in link
    again = visitor.get(link).get_data(as_text=True)
    assert again.split('id="link" value="')[1].split('"')[0].replace("&amp;", "&") == link
    assert 'value="dispute" checked' in again or 'checked class="form-check-input"' in again


def test_a_machine_gets_facts_packs_and_findings(browse):
    answer = browse().get(LOS_ANGELES, headers={"Accept": "application/json"})

    told = answer.json
    assert told["judgement"]["verdict"] == "violation"
    assert told["facts"]["zones"] == ["America/Los_Angeles", "America/New_York"]
    assert [pack["id"] for pack in told["packs"]] == ["portal", "us"]
    assert told["judgement"]["next_allowed_at"] == "2026-11-24T16:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("on=soon&clock=12:00", "Enter a day, like 2026-11-24."),
        ("on=2026-11-24&clock=noon", "Enter a time, like 14:30."),
        ("on=&clock=12:00", "Enter a day, like 2026-11-24."),
        ("on=2026-11-24&clock=12:00&zones=Mars/Olympus", "Mars/Olympus is not a time zone."),
        ("on=2026-11-24&clock=12:00&weekly_maximum=many", "Enter a whole number from 0 to 50."),
        ("on=2026-11-24&clock=12:00&past-0-on=when", "Enter a day, like 2026-11-24."),
    ],
)
def test_what_cannot_be_tried_is_said_at_the_field(browse, changes, said):
    visitor = browse()

    page = visitor.get(f"{TRY}?channel=call&{changes}")
    told = visitor.get(f"{TRY}?channel=call&{changes}&format=json")

    assert page.status_code == 422
    assert said in text_of(page)
    assert told.status_code == 422
    assert "errors" in told.json


@pytest.mark.parametrize(
    "query",
    [
        "on=2026-11-24&clock=12:00&channel=telegraph&country=XX",
        "on=2026-11-24&clock=02:30&channel=call&country=US&state=NY&role=nobody&purpose=none",
        "on=0001-01-01&clock=00:00&channel=call&country=US&state=NY",
        "on=9999-12-31&clock=23:59&channel=call&country=US&state=NY",
        "on=2026-11-24&clock=12:00&channel=call&rows=99999&past-9-on=2026-11-23",
        "on=2026-11-24&clock=12:00&channel=call&holds=none&consents=all&opt_outs=every",
        "on=2027-03-14&clock=02:30&channel=call&country=US&state=NY",
    ],
)
def test_nonsense_has_an_answer_and_never_a_fault(browse, query):
    assert browse().get(f"{TRY}?{query}").status_code in (200, 422)


def test_more_rows_for_earlier_contacts_are_there_without_a_script(browse):
    visitor = browse()

    def rows(query):
        return visitor.get(f"{TRY}{query}").get_data(as_text=True).count('name="past-')

    assert rows("") == 3 * 7
    assert rows("?on=2026-11-24&clock=12:00&channel=call&rows=5") == 5 * 7
    assert rows("?on=2026-11-24&clock=12:00&channel=call&rows=50") == 10 * 7


@pytest.mark.parametrize("role", [Role.BANK_ANALYST, Role.BANK_ADMIN, Role.VENDOR_MANAGER])
def test_everybody_at_the_bank_reads_and_tries_the_rules(browse, role):
    visitor = browse(role)

    for path in (PACKS, f"{PACKS}/us", f"{PACKS}/export", TRY):
        assert visitor.get(path).status_code == 200


@pytest.mark.abuse("A1")
def test_another_banks_own_rules_are_not_there(make, browse):
    own_rules(make, make.bank(), channels_off=["call"])
    visitor = browse()

    assert visitor.get(f"{PACKS}/bank").status_code == 404
    assert "does not use this channel" not in text_of(visitor.get(LOS_ANGELES))
