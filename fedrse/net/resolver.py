"""Host names to addresses, away from the event loop and from everybody else's threads.

A name server that does not answer blocks a thread for many seconds. So lookups have threads of
their own, one lookup per name at a time, and the callers' deadlines do not wait for the thread.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fedrse.core.clock import SECOND
from fedrse.core.ports import Protocol
from fedrse.net.addresses import Address, parse_address
from fedrse.net.errors import NameLookupFailed
from fedrse.net.expiring import ExpiringMap

if TYPE_CHECKING:
    from fedrse.core.clock import Clock

MAX_ADDRESSES = 16
_THREADS = 16
_LIFETIME = 30 * SECOND
_MAX_NAMES = 4096


class Resolver(Protocol):
    """Finds the addresses of a host name."""

    async def resolve(self, host: str) -> tuple[Address, ...]:
        """At least one address, in the order of preference. Raises NameLookupFailed."""

    def close(self) -> None: ...


class SystemResolver:
    """The resolver of the operating system, with a short memory (30 s, 4096 names)."""

    def __init__(self, clock: Clock) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="dns")
        self._known: ExpiringMap[str, tuple[Address, ...]] = ExpiringMap(
            clock, max_entries=_MAX_NAMES
        )
        self._running: dict[str, asyncio.Future[tuple[Address, ...]]] = {}

    async def resolve(self, host: str) -> tuple[Address, ...]:
        known = self._known.get(host)
        if known is not None:
            return known
        lookup = self._running.get(host)
        if lookup is None:
            loop = asyncio.get_running_loop()
            lookup = loop.run_in_executor(self._threads, _look_up, host)
            self._running[host] = lookup
            lookup.add_done_callback(lambda done: self._finished(host, done))
        try:
            return await asyncio.shield(lookup)
        except socket.gaierror as error:
            raise _lookup_failure(host, error) from error

    def close(self) -> None:
        """Do not wait for lookups that still run."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _finished(self, host: str, lookup: asyncio.Future[tuple[Address, ...]]) -> None:
        del self._running[host]
        # Reading the exception here also keeps an unattended failure out of the log.
        if not lookup.cancelled() and lookup.exception() is None:
            self._known.put(host, lookup.result(), lifetime=_LIFETIME)


def _look_up(host: str) -> tuple[Address, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    # The first part of a socket address is the address; the type stub allows for other families.
    addresses = [parse_address(str(sockaddr[0])) for *_, sockaddr in found]
    unique = tuple(dict.fromkeys(address for address in addresses if address is not None))
    if not unique:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    return unique[:MAX_ADDRESSES]


def _lookup_failure(host: str, error: socket.gaierror) -> NameLookupFailed:
    unknown = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
    if error.errno in unknown:
        return NameLookupFailed("name_not_found", f"The name {host} has no address", host=host)
    return NameLookupFailed(
        "name_lookup_failed",
        f"The name {host} could not be looked up: {error.strerror}",
        host=host,
    )
