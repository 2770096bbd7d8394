"""Which IP addresses may be contacted. Pure rules, applied to every address before connecting.

Public unicast addresses only, judged by two sources that have to agree: the explicit lists below
(IANA special-purpose registries for IPv4 and IPv6, RFC 6890 and its updates) and ``is_global`` of
the standard library. What an operator names in ``outgoing.private_addresses`` is added: a range
of addresses, or one host, optionally with a port.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING

from fedrse.core.urls import BadUrl, normalise_peer, private_range

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments, Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# Never a single machine, or a tunnel to an address that is hidden in it: nobody can allow these.
NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "64:ff9b:1::/48",  # NAT64 with a local prefix
        "ff00::/8",
    )
)
# A host name may not open these by its DNS answer: they hold credentials of cloud machines.
NEVER_BY_NAME = (ip_network("169.254.0.0/16"), ip_network("fe80::/10"), ip_network("fd00:ec2::/32"))
NAT64 = IPv6Network("64:ff9b::/96")


def effective_address(address: Address) -> Address:
    """The address that is reached in the end: IPv4 inside mapped and NAT64 IPv6 addresses."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could have this address."""
    address = effective_address(address)
    if isinstance(address, IPv4Address):
        listed = any(address in network for network in NOT_PUBLIC_V4)
    else:
        listed = address not in PUBLIC_V6 or any(address in network for network in NOT_PUBLIC_V6)
    return address.is_global and not listed


@dataclass(frozen=True)
class AddressPolicy:
    """Public addresses, and what the operator added.

    ``ranges`` are open for every host; ``peers`` (``host`` or ``host:port``) are hosts whose
    addresses need not be public.
    """

    ranges: tuple[Network, ...] = ()
    peers: frozenset[str] = frozenset()

    @classmethod
    def of_entries(cls, entries: Iterable[str]) -> AddressPolicy:
        """From the setting ``outgoing.private_addresses``.

        Raises ValueError with a sentence that names the entry: neither a range nor a host, or a
        range so wide (shorter than /8) that it opens the whole internal network.
        """
        ranges: list[Network] = []
        peers: set[str] = set()
        for entry in entries:
            network = private_range(entry)
            if network is not None:
                ranges.append(network)
                continue
            try:
                peers.add(normalise_peer(entry))
            except BadUrl as error:
                raise ValueError(
                    f"{entry!r} is neither a range of addresses (10.20.0.0/16) nor a host"
                ) from error
        return cls(ranges=tuple(ranges), peers=frozenset(peers))

    def permits(self, address: Address, *, peer: str) -> bool:
        """Whether this address of the peer (``host[:port]``) may be contacted."""
        address = effective_address(address)
        if _within(address, NEVER):
            return False
        if is_public(address) or _within(address, self.ranges):
            return True
        return self.names(peer) and not _within(address, NEVER_BY_NAME)

    def names(self, peer: str) -> bool:
        """Whether the operator named this peer, with its port or as a whole host."""
        return peer in self.peers or _host_of(peer) in self.peers


def parse_address(text: str) -> Address | None:
    """An address as ``getaddrinfo`` writes it, or None. A zone is dropped: only the bits count."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _host_of(peer: str) -> str:
    return peer if peer.endswith("]") else peer.rpartition(":")[0] or peer
