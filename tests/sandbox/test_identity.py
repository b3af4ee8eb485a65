"""The demo's identity provider, over HTTP as the portal and a browser meet it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from portal.config import ROOT
from portal.demo.parties import PEOPLE
from portal.sandbox.identity import DEMO_USERS, DemoUser, from_json, to_json

USERS = [
    DemoUser("u-1", "ann@bank.example", "Ann <Admin>", ("collections", "admins")),
    DemoUser("u-2", "bo@agency.example", "博"),
]
CALLBACK = "http://127.0.0.1:8000/sign-in/callback"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.sandbox.identity", "127.0.0.1", "0", to_json(USERS)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.communicate()


@pytest.fixture
def question() -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": "bank-1",
        "redirect_uri": CALLBACK,
        "scope": "openid email profile",
        "state": "s-1",
        "nonce": "n-1",
    }


def test_everybody_of_the_demo_can_be_clicked():
    assert {(user.email, user.name) for user in DEMO_USERS} == {
        (person.email, person.name) for person in PEOPLE
    }


def test_users_survive_being_written_down():
    assert from_json(to_json(USERS)) == USERS


def test_the_person_clicked_is_the_person_the_portal_gets(provider, question):
    metadata = requests.get(f"{provider}/.well-known/openid-configuration", timeout=10).json()
    asked = requests.post(
        metadata["authorization_endpoint"],
        params=question,
        data={"sub": "u-1"},
        allow_redirects=False,
        timeout=10,
    )
    answer = parse_qs(urlsplit(asked.headers["Location"]).query)
    token = requests.post(
        metadata["token_endpoint"],
        data={"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": answer["code"]},
        auth=("bank-1", "any secret"),
        timeout=10,
    ).json()
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    claims = jwt.decode(token["id_token"], keys).claims

    assert asked.headers["Location"].startswith(CALLBACK)
    assert answer["state"] == ["s-1"]
    assert metadata["issuer"] == claims["iss"] == provider
    assert (claims["sub"], claims["email"], claims["name"]) == (
        "u-1",
        "ann@bank.example",
        "Ann <Admin>",
    )
    assert claims["email_verified"] is True
    assert claims["groups"] == ["collections", "admins"]
    assert (claims["aud"], claims["nonce"]) == (["bank-1"], "n-1")


def test_refusing_to_sign_in_goes_back_without_a_code(provider, question):
    asked = requests.post(
        f"{provider}/oauth2/authorize",
        params=question,
        data={"action": "deny"},
        allow_redirects=False,
        timeout=10,
    )

    answer = parse_qs(urlsplit(asked.headers["Location"]).query)
    assert answer["error"] == ["access_denied"]
    assert "code" not in answer


def test_a_question_without_a_nonce_is_refused(provider, question):
    del question["nonce"]

    asked = requests.post(
        f"{provider}/oauth2/authorize",
        params=question,
        data={"sub": "u-1"},
        allow_redirects=False,
        timeout=10,
    )

    assert "code=" not in asked.headers.get("Location", "")


def test_its_pages_name_the_people_and_load_nothing_from_elsewhere(provider, question):
    pages = [
        requests.get(f"{provider}/oauth2/authorize", params=question, timeout=10),
        requests.get(f"{provider}/", timeout=10),
        requests.get(f"{provider}/oauth2/authorize", timeout=10),
        requests.get(f"{provider}/oauth2/end_session", timeout=10),
        requests.post(f"{provider}/oauth2/end_session/confirm", timeout=10),
    ]

    for page in pages:
        assert "DEMO IDENTITY PROVIDER" in page.text
        assert re.findall(r'(?:src|href)="([^"]+)"', page.text)[:2] == [
            "/static/img/favicon.svg",
            "/static/css/sandbox.css",
        ]
        assert "https://" not in page.text
        assert "<script" not in page.text
    assert "Ann &lt;Admin&gt; · ann@bank.example" in pages[0].text
    assert "bo@agency.example: 博" in pages[1].text
    assert requests.get(f"{provider}/static/css/sandbox.css", timeout=10).ok


def test_it_offers_no_debugger(provider):
    assert requests.get(f"{provider}/console", timeout=10).status_code == 404
