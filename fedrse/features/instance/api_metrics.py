"""``/metrics`` for Prometheus: for whoever shows the token, or asks from an allowed address."""

from __future__ import annotations

import hmac
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

import fedrse
from fedrse.core.errors import NotFound
from fedrse.core.settings_monitoring import MetricsSettings
from fedrse.http.metrics import MEDIA_TYPE, Family, RequestMetrics, Sample, write_metrics
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction

_STARTED: Final = time.time()
_STATM: Final = Path("/proc/self/statm")

Gauges = Callable[[Transaction], Awaitable[Sequence[Family]]]
"""Numbers that are asked of the database when somebody reads them."""


class MetricsApi:
    """Writes what this process counted and what its database says now."""

    def __init__(
        self,
        *,
        settings: MetricsSettings,
        database: Database,
        requests: RequestMetrics,
        gauges: Sequence[Gauges],
    ) -> None:
        self._token = settings.token
        self._networks = [ip_network(text, strict=False) for text in settings.addresses]
        self._database = database
        self._gauges = gauges
        self._requests = requests

    def routes(self) -> list[Route]:
        """The address."""
        surface, auth = Surface.WELLKNOWN, Auth.PUBLIC
        return [Route("GET", "/metrics", self.read, surface, auth, limit=Limit.NONE)]

    async def read(self, request: Request) -> Reply:
        """``GET /metrics``. Raises NotFound for everybody else."""
        if not (self._knows_token(request) or self._is_near(request)):
            raise NotFound

        async def unit(tx: Transaction) -> list[Family]:
            return [family for part in self._gauges for family in await part(tx)]

        asked = await self._database.read(unit)
        families = [*_process(), *asked, *self._requests.families()]
        return Reply(
            write_metrics(families),
            media_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store"},
        )

    def _knows_token(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if not self._token or scheme.lower() != "bearer":
            return False
        shown = given.strip().encode(errors="surrogatepass")  # headers may be any bytes
        return hmac.compare_digest(shown, self._token.encode())

    def _is_near(self, request: Request) -> bool:
        if not self._networks:
            return False
        try:
            address = ip_address(request.address)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _process() -> list[Family]:
    """This process, by the names that dashboards know."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    python = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    version = Sample(1, {"version": fedrse.__version__, "python": python})
    return [
        Family("fedrse_info", "gauge", "The version that runs.", (version,)),
        Family(
            "process_start_time_seconds",
            "gauge",
            "When this process began, in seconds since 1970.",
            (Sample(round(_STARTED, 3)),),
        ),
        Family(
            "process_cpu_seconds_total",
            "counter",
            "Processor time used.",
            (Sample(round(used.ru_utime + used.ru_stime, 3)),),
        ),
        Family(
            "process_resident_memory_bytes", "gauge", "Memory in use.", (Sample(_memory(used)),)
        ),
    ]


def _memory(used: resource.struct_rusage) -> int:
    try:
        return int(_STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):  # not Linux: the largest it ever was
        return used.ru_maxrss * 1024
