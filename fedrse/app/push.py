"""Wires Web Push: subscriptions, the key of the site, a client for push services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedrse.app.ground import Ground
from fedrse.app.languages import languages
from fedrse.app.services import Services
from fedrse.core.clock import SystemClock
from fedrse.features.access.service_credentials import still_valid
from fedrse.features.notifications.service_entities import NotificationEntities
from fedrse.features.push.api import PushApi
from fedrse.features.push.jobs import PushJobs
from fedrse.features.push.service import Push
from fedrse.features.push.service_contents import Contents
from fedrse.http.routes import Route
from fedrse.net.client import GuardedClient
from fedrse.net.dialler import Dialler
from fedrse.net.host_state import HostState
from fedrse.net.resolver import SystemResolver
from fedrse.store.database import Transaction


@asynccontextmanager
async def open_push(ground: Ground, services: Services) -> AsyncIterator[Push]:
    """Subscriptions and their jobs; the key of the site is made at the first start.

    Push services are no sites: whether they may be contacted is asked of ``settings.push``, and
    their addresses are checked like any others.
    """
    settings = ground.settings
    push = Push(
        settings=settings.push,
        clock=ground.clock,
        cipher=ground.cipher,
        rules=ground.rules,
        queue=ground.queue,
        events=ground.events,
    )
    await ground.database.write(push.load_key)
    machine = SystemClock()
    dialler = Dialler.of_settings(settings, push, SystemResolver(machine))
    client = GuardedClient(dialler, HostState(machine))
    email = settings.site.contact_email
    PushJobs(
        database=ground.database,
        push=push,
        contents=_contents(services),
        still_valid=still_valid,
        client=client,
        rules=ground.rules,
        clock=ground.clock,
        subject=f"mailto:{email}" if email else settings.origin,
    ).register(ground.runner)
    try:
        yield push
    finally:
        await client.close()
        dialler.close()


def _contents(services: Services) -> Contents:
    async def locale(tx: Transaction, account_id: int) -> str:
        login = await services.access.logins.by_account(tx, account_id)
        return "en" if login is None else login.locale

    def translate(language: str, sentence: str) -> str:
        return languages().gettext(language, sentence)

    return Contents(
        by_ids=services.notifications.by_ids,
        entities=NotificationEntities(people=services.accounts, statuses=services.posts.for_many),
        locale=locale,
        translate=translate,
    )


def routes(ground: Ground, push: Push) -> list[Route]:
    """The addresses of push subscriptions."""
    return PushApi(database=ground.database, push=push).routes()
