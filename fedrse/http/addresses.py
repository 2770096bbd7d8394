"""The address of the client, behind as many trusted proxies as there are."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

MAX_REMEMBERED = 4096
UNIX = "unix"


class ClientAddresses:
    """Finds who is really asking.

    ``X-Forwarded-For`` is believed only from trusted proxies and only as far as the chain of
    trusted proxies reaches, read from the right; a Unix socket is always a trusted proxy, because
    its file permissions say who may connect.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        """Raises ValueError for what is neither an address nor a CIDR range."""
        self._trusted = [ip_network(text.strip(), strict=False) for text in trusted]
        self._known: dict[str, bool] = {UNIX: True}

    def of(self, peer: str | None, forwarded_for: str | None) -> str:
        """The client's address; ``peer`` is that of the connection, None for a Unix socket."""
        address = peer or UNIX
        if address.startswith("::ffff:"):
            address = _plain(address) or address
        if forwarded_for is None or not self.is_trusted(address):
            return address
        for hop in reversed(forwarded_for.split(",")):
            parsed = _plain(hop.strip())
            if parsed is None:
                break
            address = parsed
            if not self.is_trusted(address):
                break
        return address

    def is_trusted(self, address: str) -> bool:
        """Whether this address belongs to a proxy of ours."""
        known = self._known.get(address)
        if known is None:
            known = _inside(address, self._trusted)
            if len(self._known) >= MAX_REMEMBERED:
                self._known = {UNIX: True}
            self._known[address] = known
        return known


def _inside(address: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    plain = _plain(address)
    if plain is None:
        return False
    parsed = ip_address(plain)
    return any(parsed in network for network in networks)


def _plain(text: str) -> str | None:
    """An address without port, brackets or IPv4 mapping; None for anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def limit_key(address: str) -> str:
    """What a limit per address counts by: the /64 of an IPv6 address, which one person owns."""
    if ":" not in address:
        return address
    try:
        return str(ip_network((address, 64), strict=False))
    except ValueError:
        return address
