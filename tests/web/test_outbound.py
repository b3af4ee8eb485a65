"""Where this server sends nothing, whatever an administrator types."""

from __future__ import annotations

import socket
import threading

import pytest
import requests

from portal.core.errors import Invalid
from portal.web.single_sign_on import outbound as module
from portal.web.single_sign_on.discovery import discover
from portal.web.single_sign_on.outbound import AddressRefused, AnswerTooLarge, Outbound
from tests.support.identity import StrictProvider

INSIDE = [
    "127.0.0.1",
    "127.255.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
LITERALS = [
    "https://127.0.0.1/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[64:ff9b::7f00:1]/",
]
NOT_ADDRESSES = [
    "http://login.example.com/",
    "ftp://login.example.com/",
    "file:///etc/passwd",
    "gopher://login.example.com/",
    "javascript:alert(1)",
    "//login.example.com/",
    "login.example.com",
    "https://",
    "https:///x",
    "https://user@login.example.com/",
    "https://user:word@login.example.com/",
    "https://login.example.com:0/",
    "https://login.example.com:99999/",
    "https://login.example.com\\@10.0.0.1/",
    "https://login.example.com\t.evil/",
    "https://log in.example.com/",
    "https://login.exämple.com/",
    "https://[::1/",
]


def _never(*_: object) -> socket.socket:
    raise AssertionError("a connection was opened")


def _resolving(*answers: list[str]):
    left = list(answers)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.abuse("B11")
@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(address):
    outbound = Outbound(resolve=_resolving([address]), connect=_never)

    with pytest.raises(AddressRefused):
        outbound.session().get("https://login.example.com/")


@pytest.mark.abuse("B11")
def test_one_inside_address_among_public_ones_is_enough_to_refuse():
    outbound = Outbound(resolve=_resolving(["93.184.216.34", "10.0.0.1"]), connect=_never)

    with pytest.raises(AddressRefused):
        outbound.session().get("https://login.example.com/")


@pytest.mark.abuse("B11")
@pytest.mark.parametrize("url", LITERALS)
def test_addresses_written_as_numbers_are_refused_however_they_are_written(url):
    with pytest.raises(AddressRefused):
        Outbound(connect=_never).session().get(url)


@pytest.mark.abuse("B11")
@pytest.mark.parametrize("url", NOT_ADDRESSES)
def test_what_is_no_plain_https_address_is_refused(url):
    with pytest.raises(AddressRefused):
        Outbound(resolve=_never, connect=_never).check_url(url)


@pytest.mark.abuse("B11")
def test_a_name_that_changes_its_mind_gains_nothing():
    """The connection goes to the address that was checked; the name is not asked again."""
    asked, connected = [], []

    def resolve(host, port):
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address, port, seconds):
        connected.append(address)
        raise OSError

    with pytest.raises(requests.ConnectionError):
        Outbound(resolve=resolve, connect=connect).session().get("https://login.example.com/")

    assert asked == ["login.example.com"]
    assert connected == ["93.184.216.34"]


@pytest.mark.abuse("B11")
def test_loopback_is_for_the_demo_and_opens_nothing_else():
    outbound = Outbound(allow_loopback=True, connect=_never)

    assert outbound.addresses_of("127.0.0.1", 80, https=False) == ["127.0.0.1"]
    for inside in ("10.0.0.1", "169.254.169.254", "192.168.1.1"):
        with pytest.raises(AddressRefused):
            outbound.addresses_of(inside, 443, https=True)
    with pytest.raises(AddressRefused):
        outbound.addresses_of("93.184.216.34", 80, https=False)


@pytest.mark.abuse("B11")
def test_no_redirect_is_followed():
    served = _Served(
        b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    )

    with served as url, pytest.raises(requests.TooManyRedirects):
        Outbound(allow_loopback=True).session().get(url)


@pytest.mark.abuse("B11")
def test_an_endless_answer_is_cut_off():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"

    with _Served(head + b"x" * 400_000) as url, pytest.raises(AnswerTooLarge):
        Outbound(allow_loopback=True).session().get(url)


@pytest.mark.abuse("B11")
def test_an_answer_that_drips_is_cut_off_in_time(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.3)

    with (
        _Served(b"HTTP/1.1 200 OK\r\n", drip=b"X-Slow: 1\r\n") as url,
        pytest.raises(requests.RequestException),
    ):
        Outbound(allow_loopback=True).session().get(url)


@pytest.mark.abuse("B11")
def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://10.0.0.1:3128")
    connected = []

    def connect(address, port, seconds):
        connected.append((address, port))
        raise OSError

    outbound = Outbound(resolve=_resolving(["93.184.216.34"]), connect=connect)
    with pytest.raises(requests.ConnectionError):
        outbound.session().get("https://login.example.com/")

    assert connected == [("93.184.216.34", 443)]


class _Served:
    """A server that answers with bytes of the test's choosing, once, and perhaps never ends."""

    def __init__(self, answer: bytes, drip: bytes = b"") -> None:
        self.answer, self.drip = answer, drip

    def __enter__(self) -> str:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/"

    def _serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            connection.recv(65_536)
            try:
                connection.sendall(self.answer)
                while self.drip and not self.done.wait(0.02):
                    connection.sendall(self.drip)
            except OSError:
                return

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join(5)
        self.listener.close()


# -- what a provider says about itself

SPOILT = {
    "another name": ({"issuer": "https://login.example.com"}, "another name"),
    "no name": ({"issuer": None}, "another name"),
    "no token endpoint": ({"token_endpoint": None}, "lacks an address"),
    "keys in a file": ({"jwks_uri": "file:///etc/passwd"}, "not a web address"),
    "keys by another protocol": ({"jwks_uri": "gopher://127.0.0.1/"}, "https://"),
    "a script for an endpoint": (
        {"authorization_endpoint": "javascript:alert(1)"},
        "not a web address",
    ),
    "a name and word in it": (
        {"token_endpoint": "https://a:b@login.example.com/"},
        "not a web address",
    ),
    "only unsigned tokens": (
        {"id_token_signing_alg_values_supported": ["none"]},
        "signs in no way",
    ),
    "only shared secrets": (
        {"id_token_signing_alg_values_supported": ["HS256"]},
        "signs in no way",
    ),
    "no list": ({"id_token_signing_alg_values_supported": "RS256"}, "signs in no way"),
    "no code flow": ({"response_types_supported": ["id_token"]}, "code flow"),
    "no sound PKCE": ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
    "no secret": ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "client secret"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_description_that_cannot_be_used_is_refused_with_its_reason(spoilt):
    changes, why = SPOILT[spoilt]
    with StrictProvider(metadata_changes=changes) as provider, pytest.raises(Invalid, match=why):
        discover(provider.issuer, Outbound(allow_loopback=True))


@pytest.mark.parametrize("form", ["{0}", "{0}/", " {0} ", "{0}/.well-known/openid-configuration"])
def test_the_issuer_or_the_address_of_its_description_will_do(form):
    with StrictProvider() as provider:
        found = discover(form.format(provider.issuer), Outbound(allow_loopback=True))

        assert found.issuer == provider.issuer
        assert found.metadata["id_token_signing_alg_values_supported"] == [
            "RS256",
            "PS256",
            "ES256",
        ]
        assert "userinfo_endpoint" not in found.metadata


def test_an_address_where_nobody_answers_is_said_so():
    with StrictProvider() as provider:
        issuer = provider.issuer

    with pytest.raises(Invalid, match="Nobody answers"):
        discover(issuer, Outbound(allow_loopback=True))


def test_a_page_that_is_no_description_is_said_so():
    with (
        _Served(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as url,
        pytest.raises(Invalid, match="does not describe"),
    ):
        discover(url, Outbound(allow_loopback=True))
