"""Addresses that a server listens on: ``host:port``, ``[v6]:port`` or ``unix:/path``."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from fedrse.core.urls import Origin, normalise_host

UNIX_PREFIX = "unix:"
# sun_path of Linux is 108 bytes with its final NUL (unix(7)).
MAX_SOCKET_PATH = 107
_TCP = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]+):(?P<port>[0-9]{1,5})")


class TcpAddress(Struct, frozen=True):
    """``host`` is normalised (IPv6 in brackets); port 0 means any free one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return Origin("http", self.host, self.port).is_loopback

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class UnixAddress(Struct, frozen=True):
    """A socket in the file system."""

    path: Path

    @property
    def is_loopback(self) -> bool:
        """A socket file is on this machine by nature."""
        return True

    def __str__(self) -> str:
        return f"{UNIX_PREFIX}{self.path}"


ListenAddress = TcpAddress | UnixAddress


def parse_listen(text: str, folder: Path) -> ListenAddress:
    """Read one entry of ``server.listen``; a relative socket path starts at ``folder``.

    Raises ValueError with the reason (BadUrl is not one: it is translated here).
    """
    if text.startswith(UNIX_PREFIX):
        path = folder / text.removeprefix(UNIX_PREFIX)
        if path == folder:
            raise ValueError("the path of the socket is missing: unix:/run/fedrse/http.sock")
        if len(bytes(path)) > MAX_SOCKET_PATH:
            raise ValueError(f"the path of a socket has at most {MAX_SOCKET_PATH} bytes")
        return UnixAddress(path)
    match = _TCP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not of the form host:port, [v6]:port or unix:/path")
    port = int(match["port"])
    if port > 65535:
        raise ValueError("a port is a number from 0 to 65535")
    return TcpAddress(normalise_host(match["host"]), port)
