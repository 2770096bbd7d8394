"""Wires the first steps after the first sign-in."""

from __future__ import annotations

from fedrse.app.community import trends_of
from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.services import Services
from fedrse.features.directory.pages_welcome import WelcomePages
from fedrse.features.directory.service_welcome import Welcome
from fedrse.features.notifications.model_policy import Policy, Ruling
from fedrse.features.tags.service import Tags
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer


def routes(ground: Ground, services: Services, tags: Tags, renderer: Renderer) -> list[Route]:
    """The pages."""
    trends, requests = trends_of(ground), services.notifications.requests

    async def rising(tx: Transaction, most: int) -> list[str]:
        return [tag.display for tag in await trends.tags(tx, most, 0)]

    async def alerts(tx: Transaction, account_id: int, *, calm: bool) -> None:
        ruling = Ruling.FILTER if calm else Ruling.ACCEPT
        await requests.set_policy(tx, account_id, Policy(for_not_following=ruling))

    return WelcomePages(
        database=ground.database,
        welcome=Welcome(clock=ground.clock),
        accounts=services.accounts,
        profiles=services.profiles,
        relationships=services.relationships,
        tags=tags,
        rising=rising,
        alerts=alerts,
        renderer=renderer,
        me=me_of(services, renderer),
    ).routes()
