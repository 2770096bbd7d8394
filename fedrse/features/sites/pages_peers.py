"""Pages of the console: the other sites, how each does, and what waits for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from msgspec import Struct

from fedrse.activitypub.overview import DeliveryOverview
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import FedrseError, NotFound
from fedrse.core.urls import normalise_peer
from fedrse.features.audit.model import Target, person
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.features.sites.model import ProbeResult, Site, Standing
from fedrse.features.sites.model_chart import DAYS, Chart, Hour, by_day, by_hour
from fedrse.features.sites.model_handshakes import Handshakes, recent
from fedrse.features.sites.model_health import ABILITIES, MOST_DRIFT, ends_soon, plain_error
from fedrse.features.sites.service import Sites
from fedrse.features.sites.service_measures import Measures
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Row, Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{CONSOLE}/peers"
STANDINGS: Final = {
    Standing.MEMBER: translatable("member of the network"),
    Standing.ALLOWED: translatable("allowed"),
    Standing.BLOCKED: translatable("blocked"),
    Standing.OPEN: translatable("open"),
    Standing.OUTSIDE: translatable("outside: nothing is exchanged"),
    Standing.SELF: translatable("this site"),
}
CountAccounts = Callable[[Transaction], Awaitable[Mapping[str, int]]]
"""How many accounts of each host are known here, in one statement."""

Probing = Callable[[str], Awaitable[ProbeResult]]


class Peer(Struct, frozen=True, kw_only=True):
    """Everything that a page shows of one site. ``error`` as it was noted, ``plain`` in words."""

    host: str
    standing: Standing
    site: Site | None
    accounts: int
    waiting: int
    given_up: int
    destination: Row | None
    chart: Chart

    @property
    def error(self) -> str:
        """What went wrong last, if it was not made good since."""
        if self.destination is not None and self.destination.failures:
            return str(self.destination.last_error)
        return "" if self.site is None else self.site.last_error

    @property
    def plain(self) -> str:
        """The same as a sentence, marked ``translatable``."""
        return plain_error(self.error)

    @property
    def last_contact(self) -> int | None:
        """When something came from there, or was taken there."""
        times = [None if self.site is None else self.site.last_inbound_at]
        times.append(None if self.destination is None else self.destination.last_success_at)
        return max((one for one in times if one is not None), default=None)

    @property
    def drifts(self) -> bool:
        """Its clock is wrong enough to be told."""
        return self.site is not None and abs(self.site.clock_drift or 0) > MOST_DRIFT

    def ends_soon(self, now: int) -> bool:
        """Whether one of its certificates ends within two weeks."""
        return self.site is not None and any(
            ends_soon(until, now)
            for until in (self.site.certificate_until, self.site.client_certificate_until)
        )


class _Known(Struct, frozen=True):
    me: Person
    sites: dict[str, Site]
    accounts: Mapping[str, int]
    counts: dict[str, Row]
    destinations: dict[str, Row]
    hours: dict[str, list[Hour]]
    handshakes: Handshakes | None


class PeerPages:
    """``/admin/peers`` and below."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        sites: Sites,
        measures: Measures,
        named: Callable[[], Collection[str]],
        accounts: CountAccounts,
        probe: Probing,
        audit: Audit,
        console: Console,
        me: Me,
        shows_certificate: Callable[[str], bool] = lambda _host: False,
    ) -> None:
        """``named`` are the hosts of the settings, ``accounts`` counts those known of each host.

        ``shows_certificate``: whether a peer has to show one here.
        """
        self._shows_certificate = shows_certificate
        self._database = database
        self._clock = clock
        self._sites = sites
        self._measures = measures
        self._named = named
        self._accounts = accounts
        self._probe = probe
        self._audit = audit
        self._console = console
        self._me = me
        self._overview = DeliveryOverview(clock=clock)

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            _route("GET", PATH, self.listing),
            _route("GET", f"{PATH}/{{host}}", self.show),
            _route("POST", f"{PATH}/{{host}}/probe", self.probe),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/peers``: those in trouble first, then the members."""
        known = await self._database.read(self._read, request.require_viewer(), DAY)
        hosts = {*self._named(), *known.sites, *known.destinations}
        peers = sorted((self._peer(host, known, by_hour) for host in hosts), key=_order)
        return self._console.render(
            request,
            "sites/peers.html",
            viewer=known.me,
            peers=peers,
            standings=STANDINGS,
            abilities=ABILITIES,
            now=self._clock.now(),
        )

    async def show(self, request: Request) -> Reply:
        """``GET /admin/peers/{host}``. Raises NotFound."""
        host = _host(request)
        known = await self._database.read(self._read, request.require_viewer(), DAYS * DAY)
        if host not in {*self._named(), *known.sites, *known.destinations}:
            raise NotFound
        return self._console.render(
            request,
            "sites/peer.html",
            viewer=known.me,
            peer=self._peer(host, known, by_day),
            day=by_hour(known.hours.get(host, []), self._clock.now()),
            standings=STANDINGS,
            abilities=ABILITIES,
            now=self._clock.now(),
            asked=request.text("asked") is not None,
            handshakes=known.handshakes if self._shows_certificate(host) else None,
            soon=ends_soon,
        )

    async def probe(self, request: Request) -> Reply:
        """``POST /admin/peers/{host}/probe``: asks it what it is, now."""
        host = _host(request)
        result = await self._probe(host)
        after = {"error": result.error} if result.error else {"software": result.software}
        await self._database.write(
            self._audit.record,
            Act.PEER_PROBED,
            person(request.require_viewer()),
            Target("host", host),
            after=after,
        )
        return redirect(f"{PATH}/{host}?asked=1")

    async def _read(self, tx: Transaction, viewer: int, length: int) -> _Known:
        """Six statements, however many sites there are."""
        return _Known(
            await self._me(tx, viewer),
            {site.host: site for site in await self._sites.all(tx)},
            await self._accounts(tx),
            {row.host: row for row in await self._overview.counts(tx)},
            {row.host: row for row in await self._overview.hosts(tx)},
            await self._measures.hours(tx, self._clock.now() - length),
            recent(await self._measures.handshakes(tx), self._clock.now()),
        )

    def _peer(self, host: str, known: _Known, chart: Callable[[list[Hour], int], Chart]) -> Peer:
        counts = known.counts.get(host)
        return Peer(
            host=host,
            standing=self._sites.standing(host),
            site=known.sites.get(host),
            accounts=known.accounts.get(host, 0),
            waiting=0 if counts is None else int(counts.waiting),
            given_up=0 if counts is None else int(counts.failed),
            destination=known.destinations.get(host),
            chart=chart(known.hours.get(host, []), self._clock.now()),
        )


def _order(peer: Peer) -> tuple[bool, bool, str]:
    return not peer.error, peer.standing is not Standing.MEMBER, peer.host


def _host(request: Request) -> str:
    try:
        return normalise_peer(request.values["host"])
    except FedrseError as error:
        raise NotFound from error


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=Right.MANAGE_FEDERATION)
