"""Settings: what follows from what."""

from __future__ import annotations

from portal.config import Settings


def test_without_an_address_of_its_own_the_portal_is_reached_where_it_is_served():
    served = Settings(_env_file=None, portal_port=8790)
    behind_a_proxy = Settings(
        _env_file=None, portal_port=8790, portal_base_url="http://portal.example"
    )

    assert served.portal_base_url == "http://127.0.0.1:8790"
    assert behind_a_proxy.portal_base_url == "http://portal.example"
