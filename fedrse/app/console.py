"""Wires what is for those in charge: the console under ``/admin``, and the admin API.

It is loaded when one of its addresses is asked for first (``http.deferred``). What runs without
being asked (jobs, listeners) is registered elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fedrse.app import admin_api, administration, console_policy
from fedrse.app.community import announcements_of, readers_of
from fedrse.app.console_waiting import waiting_of
from fedrse.app.console_watches import figures_of, watches_of
from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.peers import ACCOUNTS_BY_HOST
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.app.whole import Whole
from fedrse.app.why import Explainer
from fedrse.features.admin.pages_trends import TrendDesk
from fedrse.features.announcements.pages_console import ConsoleAnnouncements
from fedrse.features.audit.pages import AuditPages, label_of
from fedrse.features.instance.pages_identity import IdentityPage
from fedrse.features.instance.pages_overview import OverviewPage
from fedrse.features.instance.pages_queue import QueuePages
from fedrse.features.instance.pages_settings import SettingsPage
from fedrse.features.instance.pages_why import WhyPage
from fedrse.features.instance.service_queues import Queues
from fedrse.features.sites.model_handshakes import may_be
from fedrse.features.sites.model_reasons import plain_reason
from fedrse.features.sites.pages_peers import PeerPages
from fedrse.features.tags.service import Tags
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.console import Console
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me


def routes(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    renderer: Renderer,
    others: Sequence[Route],
    *,
    tags: Tags,
) -> list[Route]:
    """All of them; ``others`` are the routes of the site."""
    console = Console(renderer)
    me = me_of(services, renderer)
    made = [
        *console.routes(),
        *_site_routes(ground, protocol, services, console, me),
        *_peer_routes(ground, protocol, console, me),
        *console_policy.routes(ground, protocol, services, console, me),
        *_announcement_routes(ground, protocol, services, renderer, console),
        *administration.console_routes(ground, services, renderer, console, me),
        *TrendDesk(
            database=ground.database,
            reviews=admin_api.reviews_of(ground),
            statuses=services.posts.entities,
            console=console,
            me=me,
        ).routes(),
        *AuditPages(database=ground.database, audit=ground.audit, console=console, me=me).routes(),
    ]
    console.open([*others, *made])
    return [
        *made,
        *administration.api_routes(ground, services),
        *admin_api.routes(ground, protocol, services, tags),
    ]


def _peer_routes(ground: Ground, protocol: Protocol, console: Console, me: Me) -> list[Route]:
    federation = ground.settings.federation

    def named() -> set[str]:
        return {*protocol.network.member_hosts(), *federation.allowed_hosts}

    async def accounts(tx: Transaction) -> dict[str, int]:
        return {row.host: int(row.accounts) for row in await tx.all(ACCOUNTS_BY_HOST)}

    return PeerPages(
        database=ground.database,
        clock=ground.clock,
        sites=protocol.sites,
        measures=protocol.measures,
        named=named,
        accounts=accounts,
        probe=protocol.probe.probe,
        shows_certificate=partial(may_be, ground.settings.mutual_tls),
        audit=ground.audit,
        console=console,
        me=me,
    ).routes()


def _announcement_routes(
    ground: Ground, protocol: Protocol, services: Services, renderer: Renderer, console: Console
) -> list[Route]:
    return ConsoleAnnouncements(
        console=console,
        database=ground.database,
        announcements=announcements_of(ground, services),
        readers=readers_of(services),
        audit=ground.audit,
        hosts=protocol.network.member_hosts,
        clock=ground.clock,
        renderer=renderer,
        me=me_of(services, renderer),
    ).routes()


def _site_routes(
    ground: Ground, protocol: Protocol, services: Services, console: Console, me: Me
) -> list[Route]:
    """Overview, queue, settings."""
    database = ground.database
    queues = Queues(clock=ground.clock, jobs=ground.queue, audit=ground.audit)
    overview = OverviewPage(
        database=database,
        clock=ground.clock,
        audit=ground.audit,
        label=label_of,
        watches=[*watches_of(ground, protocol, queues), *waiting_of(ground, protocol, services)],
        figures=figures_of(ground, services),
        console=console,
        me=me,
    )
    return [
        *overview.routes(),
        *QueuePages(
            database=database,
            clock=ground.clock,
            queues=queues,
            plain=plain_reason,
            console=console,
            me=me,
        ).routes(),
        *WhyPage(
            database=database,
            explain=Explainer(Whole(ground, protocol, services)).explain,
            plain=plain_reason,
            console=console,
            me=me,
        ).routes(),
        *SettingsPage(database=database, settings=ground.settings, console=console, me=me).routes(),
        *IdentityPage(database=database, settings=ground.settings, console=console, me=me).routes(),
    ]
