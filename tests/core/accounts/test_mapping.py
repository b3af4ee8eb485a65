from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.core.accounts.mapping import TARGETS, Mapping, MappingIncomplete
from portal.core.accounts.values import DateOrder
from portal.core.errors import Invalid

NAMES = [target.field for target in TARGETS]
COLUMNS = {target.field: target.label for target in TARGETS if target.required}
HEADINGS = list(COLUMNS.values())
FIELD_TEXTS = st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20), max_size=6)


@given(
    columns=FIELD_TEXTS,
    constants=FIELD_TEXTS,
    dates=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(DateOrder), max_size=4),
)
@example(columns={"name": 'a"\\b\x7f\n'}, constants={}, dates={})
def test_a_mapping_is_kept_and_read_back_as_it_was(columns, constants, dates):
    mapping = Mapping(columns, constants, dates)

    assert Mapping.from_dict(mapping.to_dict()) == mapping
    assert Mapping.from_toml(mapping.to_toml()) == mapping


def test_a_mapping_as_a_person_writes_it():
    mapping = Mapping.from_toml(
        """
        [columns]
        account_ref = "Acct No"
        name = "姓名"
        [constants]
        country = "US"
        [dates]
        birth_on = "mdy"
        """
    )

    assert mapping.columns == {"account_ref": "Acct No", "name": "姓名"}
    assert mapping.dates == {"birth_on": DateOrder.MDY}


def test_a_mapping_does_not_change():
    columns = {"name": "Name"}
    mapping = Mapping(columns)

    columns["name"] = "Other"

    assert mapping.columns["name"] == "Name"
    with pytest.raises(TypeError):
        mapping.columns["name"] = "Other"


@pytest.mark.parametrize(
    "text",
    [
        "[columns",
        "columns = 3",
        "[columns]\nname = 3",
        "[colums]\nname = 'x'",
        "[dates]\nbirth_on = 'month first'",
    ],
)
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(Invalid):
        Mapping.from_toml(text)


def test_a_complete_mapping_has_no_faults():
    assert Mapping(COLUMNS).faults(HEADINGS) == []


@pytest.mark.parametrize(
    ("columns", "constants", "code", "field"),
    [
        ({"balance": None}, {}, "required_unmapped", "balance"),
        ({"balance": "Bal"}, {}, "heading_missing", "balance"),
        ({"interest": "Balance"}, {}, "heading_used_twice", "interest"),
        ({"shoe_size": "Shoe"}, {}, "unknown_field", "shoe_size"),
        ({}, {"currency": "USD"}, "field_given_twice", "currency"),
        ({}, {"birth_on": "1990-01-01"}, "no_constant", "birth_on"),
        ({"currency": None}, {"currency": "dollars"}, "bad_constant", "currency"),
        ({"country": None}, {"country": "Atlantis"}, "bad_constant", "country"),
        ({"product": None}, {"product": ""}, "bad_constant", "product"),
        ({"itemisation_on": None}, {"itemisation_on": "1/2/26"}, "bad_constant", "itemisation_on"),
    ],
)
def test_each_fault_of_a_mapping_is_named(columns, constants, code, field):
    changed = {name: text for name, text in {**COLUMNS, **columns}.items() if text is not None}
    headings = [*HEADINGS, "Shoe"]

    faults = Mapping(changed, constants).faults(headings)

    assert (code, field) in [(fault.code, fault.field) for fault in faults]
    assert "%" not in str(MappingIncomplete(faults))


def test_values_for_the_whole_file_stand_in_for_columns():
    columns = {name: text for name, text in COLUMNS.items() if name not in ("country", "product")}

    faults = Mapping(columns, {"country": "US", "product": "Credit card"}).faults(HEADINGS)

    assert faults == []
