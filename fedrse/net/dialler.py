"""The one place where connections to other servers are made.

Whatever wants to talk to another server (fetches, deliveries) gets its connection here: the name
is looked up once, every address is checked, and the socket is connected to a checked address, so a
second answer of the DNS cannot lead elsewhere. The host name stays in the TLS handshake and in the
``Host`` header.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from typing import TYPE_CHECKING, NoReturn, TypeVar

import aiohappyeyeballs
from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.core.urls import BadUrl, Origin, UrlRules, normalise_peer, origin_of
from fedrse.net.addresses import Address, AddressPolicy
from fedrse.net.errors import ConnectFailed, HostNotAllowed, TimedOut, TlsFailed
from fedrse.net.reach import address_behind
from fedrse.net.tls import client_context
from fedrse.net.transport import PeerTransport, check_pins, transports_of
from fedrse.net.tunnel import open_tunnel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fedrse.core.settings import Settings
    from fedrse.net.reach import PeerAddresses
    from fedrse.net.resolver import Resolver

CONNECT_SECONDS = 5.0
"""For name lookup, TCP and TLS handshake together."""

_NEXT_ADDRESS_SECONDS = 0.25  # RFC 8305, section 5: connection attempt delay

P = TypeVar("P", bound=asyncio.BaseProtocol)


class PeerGate(Protocol):
    """What the policy of the site says about peers (``host[:port]``); asked on every request."""

    def may_contact(self, peer: str) -> bool:
        """Not blocked, and in closed mode a member or an allowed host; never this site itself."""

    def is_named(self, peer: str) -> bool:
        """The operator named this peer as a member or an allowed host."""


class Endpoint(Struct, frozen=True):
    """Where a connection really goes."""

    addresses: tuple[Address, ...]
    port: int
    tls: bool


class Dialler:
    """Opens checked connections. One per process, shared by all clients."""

    def __init__(
        self,
        *,
        rules: UrlRules,
        policy: AddressPolicy,
        overrides: Mapping[str, Endpoint],
        proxy: Origin | None,
        gate: PeerGate,
        resolver: Resolver,
        tls: ssl.SSLContext,
        transports: Mapping[str, PeerTransport] | None = None,
        addresses: PeerAddresses | None = None,
    ) -> None:
        """``addresses`` says which of them rules deny, and remembers where peers were."""
        self.rules = rules
        self._addresses = addresses
        self._policy = policy
        self._overrides = dict(overrides)
        self._proxy = proxy
        self._gate = gate
        self._resolver = resolver
        self._tls = tls
        self._transports = dict(transports or {})

    @classmethod
    def of_settings(
        cls,
        settings: Settings,
        gate: PeerGate,
        resolver: Resolver,
        addresses: PeerAddresses | None = None,
    ) -> Dialler:
        """Raises ValueError with a sentence for settings that make no sense or are unsafe."""
        outgoing = settings.outgoing
        rules = UrlRules.of_site(settings.origin, outgoing.connect)
        return cls(
            rules=rules,
            policy=AddressPolicy.of_entries(outgoing.private_addresses),
            overrides=parse_overrides(outgoing.connect, rules),
            proxy=None if outgoing.proxy is None else _parse_proxy(outgoing.proxy),
            gate=gate,
            resolver=resolver,
            tls=client_context(outgoing.ca_bundle),
            transports=transports_of(settings),
            addresses=addresses,
        )

    def check(self, origin: Origin) -> None:
        """Whether requests to this origin are allowed at all; raises HostNotAllowed.

        Callers ask before every request and redirect; a kept connection does not excuse them.
        """
        peer = origin.peer
        if not self.rules.permits(origin):
            _refuse("plain_http", "Only https is used to talk to other servers", origin)
        if not self._gate.may_contact(peer):
            _refuse("host_not_allowed", f"The policy of this site does not allow {peer}", origin)
        if peer in self._overrides or self._gate.is_named(peer) or self._is_neighbour(origin):
            return
        if not origin.has_default_port and not self._policy.names(peer):
            _refuse("port_not_allowed", f"The port of {peer} is not the usual one", origin)
        if self._proxy is not None:
            _refuse("host_not_allowed", f"{peer} is not named for use through the proxy", origin)

    def is_named(self, peer: str) -> bool:
        """Whether the operator named this peer: it may be asked more often than a stranger."""
        return self._gate.is_named(peer)

    def shows_certificate(self, peer: str) -> bool:
        """Whether this peer is shown our client certificate."""
        known = self._transports.get(peer)
        return known is not None and known.shows

    def check_kept(
        self,
        origin: Origin,
        transport: asyncio.BaseTransport | None,
        *,
        delivers: bool = False,
    ) -> str:
        """The address behind a connection that is about to be used; empty behind a proxy.

        Rules may have changed since it was made. Raises HostNotAllowed.
        """
        if self._leads_through_proxy(origin):
            return ""
        address = address_behind(transport)
        if address and self._addresses is not None:
            self._check_reach(origin, [address], delivers=delivers)
            self._addresses.saw(origin.peer, address)
        return address

    async def connect(
        self, origin: Origin, factory: Callable[[], P], *, delivers: bool = False
    ) -> P:
        """A connected protocol, after the TLS handshake; ``delivers``: to send something.

        Raises HostNotAllowed, NameLookupFailed, ConnectFailed, TlsFailed, TimedOut.
        """
        self.check(origin)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._connect(origin, factory, delivers=delivers)
        except TimeoutError as error:
            raise TimedOut(
                "connect_timed_out", f"{origin.peer} did not answer in time", host=origin.peer
            ) from error
        except ssl.SSLError as error:
            raise _tls_failure(origin, error) from error
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            raise ConnectFailed(
                "connect_failed", f"No connection to {origin.peer}: {reason}", host=origin.peer
            ) from error

    def close(self) -> None:
        """Free the threads of the resolver."""
        self._resolver.close()

    async def _connect(self, origin: Origin, factory: Callable[[], P], *, delivers: bool) -> P:
        endpoint = self._overrides.get(origin.peer)
        if self._proxy is not None and self._leads_through_proxy(origin):
            return await self._connect_through(self._proxy, origin, factory)
        if endpoint is None:
            endpoint = await self._locate(origin)
        self._check_reach(origin, map(str, endpoint.addresses), delivers=delivers)
        loop = asyncio.get_running_loop()
        tls = self._tls_of(origin) if endpoint.tls else None
        name = origin.host.strip("[]") if endpoint.tls else None
        if len(endpoint.addresses) == 1:
            # A third of the cost of a socket made here; an address is not looked up again.
            address = str(endpoint.addresses[0])
            transport, protocol = await loop.create_connection(
                factory, address, endpoint.port, ssl=tls, server_hostname=name
            )
        else:
            connection = await _open_socket(endpoint.addresses, endpoint.port)
            transport, protocol = await loop.create_connection(
                factory, sock=connection, ssl=tls, server_hostname=name
            )
        if endpoint.tls:
            self._check_pins(transport, origin)
        return protocol

    async def _locate(self, origin: Origin) -> Endpoint:
        literal = origin.address
        addresses = (literal,) if literal is not None else await self._resolver.resolve(origin.host)
        # All of them: a public address beside an internal one is what an attack looks like.
        for address in addresses:
            if not self._permits(address, origin.peer):
                _refuse(
                    "address_not_allowed",
                    f"{origin.peer} has an address that is not public; if it is meant to be"
                    " contacted, name it in outgoing.private_addresses",
                    origin,
                    address=str(address),
                )
        return Endpoint(addresses, origin.port, tls=origin.scheme == "https")

    async def _connect_through(self, proxy: Origin, origin: Origin, factory: Callable[[], P]) -> P:
        # The operator chose the proxy: its address needs no check.
        literal = proxy.address
        addresses = (literal,) if literal is not None else await self._resolver.resolve(proxy.host)
        connection = await _open_socket(addresses, proxy.port)
        transport = await open_tunnel(connection, origin)
        protocol = factory()
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, protocol, self._tls_of(origin), server_hostname=origin.host.strip("[]")
            )
        except BaseException:
            transport.abort()
            raise
        if secured is None:
            raise ConnectionResetError("closed during the TLS handshake")
        self._check_pins(secured, origin)
        protocol.connection_made(secured)
        return protocol

    def _check_reach(self, origin: Origin, addresses: Iterable[str], *, delivers: bool) -> None:
        """Raises HostNotAllowed where rules deny one of the addresses.

        One is enough: which of them answers is up to whoever runs the server.
        """
        if self._addresses is None:
            return
        for address in addresses:
            if not self._addresses.permits(origin.peer, address, delivers=delivers):
                _refuse(
                    "address_denied",
                    f"A rule of this site denies the address of {origin.peer}",
                    origin,
                    address=address,
                )

    def _leads_through_proxy(self, origin: Origin) -> bool:
        """Then the other end of the connection is the proxy."""
        if self._proxy is None or origin.peer in self._overrides:
            return False
        return not self._is_neighbour(origin)

    # What single peers need

    def _tls_of(self, origin: Origin) -> ssl.SSLContext:
        known = self._transports.get(origin.peer)
        return self._tls if known is None or known.tls is None else known.tls

    def _permits(self, address: Address, peer: str) -> bool:
        if self._policy.permits(address, peer=peer):
            return True
        known = self._transports.get(peer)
        if known is None or known.addresses is None:
            return False
        return known.addresses.permits(address, peer=peer)

    def _check_pins(self, transport: asyncio.BaseTransport, origin: Origin) -> None:
        known = self._transports.get(origin.peer)
        if known is not None and known.pins:
            check_pins(transport, origin.peer, known.pins)

    def _is_neighbour(self, origin: Origin) -> bool:
        """Demo and tests: sites of one machine talk to each other on any port, without proxy."""
        own = self.rules.own
        return own is not None and own.is_loopback and origin.is_loopback


def parse_overrides(connect: Mapping[str, str], rules: UrlRules) -> dict[str, Endpoint]:
    """The setting ``outgoing.connect``: peers and where they are really reached.

    Raises ValueError with a sentence that names the entry.
    """
    overrides = {}
    for peer, target in connect.items():
        try:
            name, where = normalise_peer(peer), origin_of(target)
        except BadUrl as error:
            raise ValueError(
                f'outgoing.connect: {peer!r} = {target!r} is not host = "scheme://address:port"'
            ) from error
        if where.address is None:
            raise ValueError(f"outgoing.connect: {target!r} has a name where an address belongs")
        own_is_loopback = rules.own is not None and rules.own.is_loopback
        if where.scheme == "http" and not (where.is_loopback and own_is_loopback):
            raise ValueError(
                f"outgoing.connect: {target!r} is plain http; that is possible only where both"
                " sites are on loopback addresses"
            )
        overrides[name] = Endpoint((where.address,), where.port, tls=where.scheme == "https")
    return overrides


def _parse_proxy(text: str) -> Origin:
    try:
        proxy = origin_of(text)
    except BadUrl as error:
        raise ValueError(f"outgoing.proxy: {text!r} is not http://host:port") from error
    if proxy.scheme != "http":
        raise ValueError("outgoing.proxy: only http://host:port is possible; TLS runs inside it")
    return proxy


async def _open_socket(addresses: Sequence[Address], port: int) -> socket.socket:
    infos = [_address_info(address, port) for address in addresses]
    return await aiohappyeyeballs.start_connection(
        infos, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS, interleave=1
    )


def _address_info(address: Address, port: int) -> aiohappyeyeballs.AddrInfoType:
    if address.version == 4:
        target: tuple[str, int] | tuple[str, int, int, int] = (str(address), port)
        family = socket.AF_INET
    else:
        target = (str(address), port, 0, 0)
        family = socket.AF_INET6
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", target


def _refuse(code: str, message: str, origin: Origin, **details: object) -> NoReturn:
    raise HostNotAllowed(code, message, host=origin.peer, **details)


def _tls_failure(origin: Origin, error: ssl.SSLError) -> TlsFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsFailed(
            "certificate_not_trusted",
            f"The certificate of {origin.peer} is not trusted: {error.verify_message}",
            host=origin.peer,
        )
    reason = (error.reason or "protocol error").lower().replace("_", " ")
    return TlsFailed(
        "tls_failed", f"No secure connection to {origin.peer}: {reason}", host=origin.peer
    )
