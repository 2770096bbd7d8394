"""Wires the translation engine, where the operator has one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.core.clock import SystemClock
from fedrse.core.urls import Origin, UrlRules, origin_of
from fedrse.features.translation.api import TranslationApi
from fedrse.features.translation.service import Engine, Translations
from fedrse.http.routes import Route
from fedrse.net.addresses import AddressPolicy
from fedrse.net.client import GuardedClient
from fedrse.net.dialler import Dialler
from fedrse.net.host_state import HostState
from fedrse.net.resolver import SystemResolver
from fedrse.net.tls import client_context


@dataclass(frozen=True, slots=True)
class _OnlyEngine(UrlRules):
    """One origin, and nothing else: http, too, if the settings name it so."""

    engine: Origin | None = None

    def permits(self, origin: Origin) -> bool:
        return origin == self.engine


class _Gate:
    """The engine is named by the operator; its answers lead nowhere else."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def may_contact(self, peer: str) -> bool:
        return peer == self._peer

    def is_named(self, peer: str) -> bool:
        return peer == self._peer


@asynccontextmanager
async def open_translation(ground: Ground) -> AsyncIterator[Translations]:
    """Asks the engine directly, never through the proxy: it stands in the own network."""
    settings = ground.settings
    translation = settings.translation
    if translation.url is None:
        yield Translations(None)
        return
    engine = origin_of(translation.url)
    machine = SystemClock()
    dialler = Dialler(
        rules=_OnlyEngine(own=origin_of(settings.origin), engine=engine),
        policy=AddressPolicy.of_entries([*settings.outgoing.private_addresses, engine.peer]),
        overrides={},
        proxy=None,
        gate=_Gate(engine.peer),
        resolver=SystemResolver(machine),
        tls=client_context(settings.outgoing.ca_bundle),
    )
    client = GuardedClient(dialler, HostState(machine))
    try:
        yield Translations(Engine(client, translation.url, translation.api_key))
    finally:
        await client.close()
        dialler.close()


def routes(ground: Ground, services: Services, translations: Translations) -> list[Route]:
    """The addresses of translations."""
    api = TranslationApi(database=ground.database, posts=services.posts, translations=translations)
    return api.routes()
