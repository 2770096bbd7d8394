"""What can go wrong on the way to another server, as sentences an admin understands.

``temporary`` says whether another try later makes sense; delivery schedules read it.
"""

from __future__ import annotations

from typing import ClassVar

from fedrse.core.errors import FedrseError


class NetworkFailure(FedrseError):
    """Base of all outcomes of a request that are not an answer of the other server."""

    status = 503
    temporary: ClassVar[bool] = True


class HostNotAllowed(NetworkFailure):
    """The rules of this site forbid contacting the host, the address or the port."""

    status = 403
    temporary = False


class NameLookupFailed(NetworkFailure):
    """The host name has no address (``name_not_found``) or the DNS did not answer."""


class ConnectFailed(NetworkFailure):
    """No TCP connection: refused, unreachable, or the proxy said no."""


class TlsFailed(NetworkFailure):
    """The certificate is not trusted or the two sides have no protocol in common."""


class TimedOut(NetworkFailure):
    """The deadline for connecting or for the whole answer has passed."""


class ConnectionLost(NetworkFailure):
    """The other side closed the connection before its answer was complete."""


class BadResponse(NetworkFailure):
    """What came back is not an HTTP answer that can be read."""


class ResponseTooLarge(NetworkFailure):
    """More headers or body than the limit, or a compressed body that explodes."""

    temporary = False


class BadRedirect(NetworkFailure):
    """Too many redirects, or one to an address that is not followed."""

    temporary = False


class HostBusy(NetworkFailure):
    """This site already asks the host as much as it permits itself; ``retry_after`` in seconds."""

    status = 429
    CODE: ClassVar[str] = "host_busy"

    def __init__(self, host: str, *, retry_after: int) -> None:
        super().__init__(
            self.CODE,
            f"{host} is being asked too often at the moment; try again in {retry_after} s",
            host=host,
        )
        self.retry_after = retry_after
