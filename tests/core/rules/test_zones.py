from zoneinfo import ZoneInfo

import pytest

from portal.core.rules import candidate_zones


def names(*args, **more) -> list[str]:
    return [zone.key for zone in candidate_zones(*args, **more)]


def test_area_codes_and_the_home_address_all_count():
    found = names(["+1 212 555 0100", "(303) 555-0100"], "US", "CA")

    assert found == ["America/Los_Angeles", "America/New_York", "America/Denver"]


def test_nothing_on_file_gives_nothing():
    assert names([]) == []
    assert names(["no number", "", "+1"], "US", None) == []
    assert names([], "FR", "IDF") == []


@pytest.mark.parametrize(
    ("state", "postcode", "expected"),
    [
        ("NY", None, ["America/New_York"]),
        ("tn", None, ["America/Chicago", "America/New_York"]),
        ("TN", "37201", ["America/Chicago"]),
        ("TN", "37402", ["America/Chicago", "America/New_York"]),
        ("TX", "79901", ["America/Denver"]),
        ("NY", "79901", ["America/New_York"]),
        ("AZ", None, ["America/Phoenix", "America/Denver"]),
        ("PR", None, ["America/Puerto_Rico"]),
        ("ZZ", None, []),
    ],
)
def test_a_state_gives_every_zone_it_spans_unless_the_postcode_says_more(state, postcode, expected):
    assert names([], "US", state, postcode) == expected


@pytest.mark.parametrize(
    ("country", "state", "expected"),
    [
        ("CN", None, ["Asia/Shanghai"]),
        ("CN", "Xinjiang", ["Asia/Shanghai"]),
        ("IN", None, ["Asia/Kolkata"]),
        ("GB", None, ["Europe/London"]),
        ("DE", "BY", ["Europe/Berlin"]),
        ("AU", "QLD", ["Australia/Brisbane"]),
        ("AU", None, []),
        ("US", None, []),
    ],
)
def test_a_country_of_one_zone_is_enough_by_itself(country, state, expected):
    assert names([], country, state) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+1 850 555 0100", ["America/New_York", "America/Chicago"]),  # the Florida panhandle
        ("+1 208 555 0100", ["America/Boise", "America/Los_Angeles"]),
        ("+1 800 555 0100", []),  # toll-free: nowhere
        ("+86 139 1234 5678", ["Asia/Shanghai"]),
        ("+91 98765 43210", ["Asia/Kolkata"]),
        ("+61 412 345 678", []),  # an Australian mobile may be anywhere there
        ("+61 2 9000 1234", ["Australia/Sydney"]),
        ("+49 30 901820", ["Europe/Berlin"]),
    ],
)
def test_a_number_points_where_its_area_code_does(number, expected):
    assert names([number]) == expected


def test_every_zone_named_in_the_table_exists():
    from portal.core.rules.zones import _table

    for section, rows in _table().items():
        for value in rows.values():
            for name in [value] if isinstance(value, str) else value:
                assert ZoneInfo(name), section


def test_every_state_and_territory_has_a_zone():
    from portal.core.rules.zones import _table

    assert len(_table()["US"]) == 50 + 1 + 5  # states, the District of Columbia, territories
