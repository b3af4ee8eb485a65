"""Requests to addresses that somebody typed: https, public hosts, no redirects, five seconds.

A name is resolved once per connection, every address it has must be public, and the connection
goes to one of exactly those: a name that changes its mind in between gains nothing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.poolmanager import PoolManager

from portal.core.errors import Invalid

SECONDS = 5.0
MOST_BYTES = 256_000
_CHUNK = 16_384
_IPV6_UNICAST = ipaddress.ip_network("2000::/3")
_IPV6_CARRIERS = (
    ipaddress.ip_network("2001::/23"),
    ipaddress.ip_network("2001:db8::/32"),
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("3fff::/20"),
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


class AddressRefused(Invalid):
    """An address this server will not send anything to."""


class AnswerTooLarge(requests.RequestException):
    """An answer was longer than any honest one."""


def resolve_name(host: str, port: int) -> list[str]:
    """Return every address a name has, as the system resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect_to(address: str, port: int, seconds: float) -> socket.socket:
    """Open a connection to a numeric address."""
    return socket.create_connection((address, port), seconds)


@dataclass(frozen=True)
class Outbound:
    """Whom this server may talk to. Loopback is for the demo's and the tests' own provider."""

    allow_loopback: bool = False
    resolve: Resolve = resolve_name
    connect: Connect = connect_to

    def check_url(self, url: str) -> None:
        """Refuse an address by its form alone; the connection checks where it leads.

        Raises:
            AddressRefused: not https, no plain host, or a name and password in it.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused("This is not a web address.") from None
        if not parts.hostname or parts.username is not None or parts.password is not None:
            raise AddressRefused("This is not a web address.")
        if any(ord(mark) < 33 or ord(mark) > 126 or mark == "\\" for mark in url) or port == 0:
            raise AddressRefused("This is not a web address.")
        if parts.scheme == "https" or (parts.scheme == "http" and self.allow_loopback):
            return
        raise AddressRefused("The address must begin with https://.")

    def addresses_of(self, host: str, port: int, *, https: bool) -> list[str]:
        """Resolve a name and return its addresses if every one of them may be talked to.

        Raises:
            AddressRefused: the name is unknown, or leads anywhere inside.
        """
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise AddressRefused("The name of this address is not known.")
        for text in found:
            address = ipaddress.ip_address(text.split("%")[0])
            loopback = self.allow_loopback and address.is_loopback
            if not (loopback or (https and is_public(address))):
                raise AddressRefused("This address is not a public one.")
        return found

    def session(self) -> requests.Session:
        """Return a session that sends to allowed addresses only."""
        session = requests.Session()
        guard(session, self)
        return session


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv4Address):
        special = address.is_multicast or address.is_reserved or address.is_unspecified
        return address.is_global and not special
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    carrier = any(address in network for network in _IPV6_CARRIERS)
    return address in _IPV6_UNICAST and address.is_global and not carrier


def guard(session: requests.Session, outbound: Outbound) -> None:
    """Make a session send to allowed addresses only, follow nothing and use no proxy."""
    session.trust_env = False
    session.max_redirects = 0
    session.mount("https://", _GuardedAdapter(outbound))
    session.mount("http://", _GuardedAdapter(outbound))


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._deadline = _Deadline()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager: PoolManager
        self.poolmanager.pool_classes_by_scheme = {
            "http": self._pool(HTTPConnectionPool, HTTPConnection, https=False),
            "https": self._pool(HTTPSConnectionPool, HTTPSConnection, https=True),
        }

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send one request and read its whole answer within the time and size allowed."""
        self._outbound.check_url(request.url or "")
        kwargs.update(stream=True, timeout=SECONDS, proxies={})
        with self._deadline:
            response = super().send(request, *args, **kwargs)
            _read_whole(response)
        if self._deadline.is_over:
            # A connection cut off among the headers reads like one that ended well.
            raise requests.ReadTimeout
        return response

    def _pool(self, pool: Any, connection: Any, *, https: bool) -> Any:
        """Return a pool class whose connections are opened by us, to the addresses we checked."""
        outbound, deadline = self._outbound, self._deadline

        class Pinned(connection):  # type: ignore[misc]
            def _new_conn(self) -> socket.socket:
                addresses = outbound.addresses_of(self.host, self.port, https=https)
                try:
                    opened = outbound.connect(addresses[0], self.port, SECONDS)
                except OSError as error:
                    raise NewConnectionError(self, "not reachable") from error
                deadline.watch(opened)
                return opened

        class PinnedPool(pool):  # type: ignore[misc]
            ConnectionCls = Pinned

        return PinnedPool


class _Deadline:
    """Cuts the connection when an answer as a whole takes too long, byte by byte if need be."""

    def __init__(self) -> None:
        self._watched: list[socket.socket] = []
        self._timer: threading.Timer | None = None
        self.is_over = False

    def watch(self, opened: socket.socket) -> None:
        # TLS takes the socket over, so a second handle on the same connection is kept.
        self._watched.append(opened.dup())

    def __enter__(self) -> None:
        self.is_over = False
        self._timer = threading.Timer(SECONDS, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for handle in self._watched:
            handle.close()
        self._watched.clear()

    def _cut(self) -> None:
        self.is_over = True
        for handle in list(self._watched):
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)


def _read_whole(response: requests.Response) -> None:
    content = b""
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > MOST_BYTES:
            response.close()
            raise AnswerTooLarge
    # Not streamed any further: what was read is the answer.
    response._content = content
    response.close()
