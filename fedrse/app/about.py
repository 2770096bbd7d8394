"""Wires what the site tells about itself: instance information, NodeInfo, texts, statistics."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.core.clock import Clock
from fedrse.features.accounts.service_sites import names_of_sites
from fedrse.features.insights.api_annual import AnnualReportsApi
from fedrse.features.insights.model_annual import is_season, year_to_tell
from fedrse.features.insights.service import Insights
from fedrse.features.insights.service_annual import AnnualReports
from fedrse.features.insights.service_weeks import COUNT_EVERY, Weeks
from fedrse.features.instance import api as instance_api
from fedrse.features.instance import api_nodeinfo
from fedrse.features.instance.api_texts import TextsApi
from fedrse.features.instance.model import Week
from fedrse.features.instance.pages import SitePages
from fedrse.features.instance.pages_blocked import BlockedPage
from fedrse.features.instance.service import Facts
from fedrse.features.instance.service_texts import SiteTexts
from fedrse.features.policy.service_published import PublishedRules
from fedrse.http.routes import Route
from fedrse.jobs.model import Job
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer

COUNT_WEEK = "insights.count_week"


class Statistics:
    """Peers and weeks, as the instance API asks for them."""

    def __init__(self, insights: Insights, weeks: Weeks) -> None:
        self._insights = insights
        self._weeks = weeks

    async def peer_domains(self, tx: Transaction) -> list[str]:
        return await self._insights.peer_domains(tx)

    async def weeks(self, tx: Transaction) -> list[Week]:
        return await self._weeks.weeks(tx)


def _weeks(ground: Ground, services: Services) -> Weeks:
    return Weeks(clock=ground.clock, facts=Facts(), active=services.access.logins.count_active)


def register(ground: Ground, services: Services) -> None:
    """Counts the people of a week."""
    weeks = _weeks(ground, services)

    async def count(_job: Job) -> None:
        await ground.database.write(weeks.count_week)

    ground.runner.every(COUNT_EVERY, COUNT_WEEK, count)


def _season(clock: Clock) -> str | None:
    """The year whose reports apps offer now."""
    now = clock.now()
    return str(year_to_tell(now)) if is_season(now) else None


def _icons(origin: str, renderer: Renderer) -> dict[str, str]:
    """Addresses of the icon by its size in pixels."""
    return {
        f"{size}x{size}": origin + renderer.assets.path(f"icon-{size}.png") for size in (192, 512)
    }


def routes(
    ground: Ground, protocol: Protocol, services: Services, renderer: Renderer, vapid_key: str
) -> list[Route]:
    """All addresses about the site."""
    published = PublishedRules(protocol.border)
    settings, database = ground.settings, ground.database
    insights = Insights(clock=ground.clock, accounts=services.accounts)
    texts = SiteTexts(Path(settings.site.texts), ground.clock)
    nodeinfo = api_nodeinfo.NodeInfoApi(
        settings=settings, database=database, facts=insights, local_ids=ground.local_ids
    )
    instance = instance_api.InstanceApi(
        settings,
        database,
        insights,
        texts=texts,
        thumbnail=settings.origin + renderer.assets.path("header.png"),
        icons=_icons(settings.origin, renderer),
        vapid_key=vapid_key,
        season=partial(_season, ground.clock),
        media_types=services.uploads.files.accepted_types,
    )
    about = TextsApi(
        settings=settings,
        database=database,
        statistics=Statistics(insights, _weeks(ground, services)),
        texts=texts,
        rules=published,
        clock=ground.clock,
    )
    reports = AnnualReportsApi(
        database=database,
        reports=AnnualReports(clock=ground.clock),
        accounts=services.accounts,
        statuses=services.posts,
    )
    return [
        *api_nodeinfo.routes(nodeinfo),
        *instance_api.routes(instance),
        *about.routes(),
        *reports.routes(),
        *_pages(ground, insights, texts, renderer, published).routes(),
    ]


def _pages(
    ground: Ground,
    insights: Insights,
    texts: SiteTexts,
    renderer: Renderer,
    published: PublishedRules,
) -> SitePages:
    async def names(hosts: Collection[str]) -> dict[str, str]:
        return await ground.database.read(names_of_sites, hosts)

    return SitePages(
        settings=ground.settings,
        texts=texts,
        renderer=renderer,
        contact=partial(ground.database.read, insights.contact),
        names=names,
        blocked=BlockedPage(
            settings=ground.settings, rules=published, renderer=renderer, clock=ground.clock
        ),
    )
