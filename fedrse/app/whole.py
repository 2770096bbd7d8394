"""All services of a site for one command, without serving anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from fedrse.app.context import ready_database
from fedrse.app.ground import Ground, open_ground
from fedrse.app.protocol import Protocol, open_protocol
from fedrse.app.services import Services, make_services
from fedrse.core.settings import Settings
from fedrse.features.notifications.jobs import NewsOfCommands
from fedrse.web.assets import Assets


class Whole(Struct, frozen=True):
    """What there is."""

    ground: Ground
    protocol: Protocol
    services: Services


@asynccontextmanager
async def open_whole(settings: Settings) -> AsyncIterator[Whole]:
    """Opens everything; nothing runs in the background.

    Raises Conflict for a database of another version, which only `fedrse migrate` changes,
    Unavailable, SecretFileProblem, and ValueError for outgoing settings that make no sense.
    """
    async with ready_database(settings):
        pass
    async with (
        open_ground(settings, is_command=True) as ground,
        open_protocol(ground) as protocol,
    ):
        await protocol.border.load(ground.database)
        services = make_services(ground, protocol, Assets())
        NewsOfCommands(queue=ground.queue, events=ground.events).hear()
        try:
            yield Whole(ground, protocol, services)
        finally:
            services.workers.close()
            services.access.passwords.close()
