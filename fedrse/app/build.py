"""The one place that puts a site together: ``open_site(settings)``.

Opened from the ground up, closed in reverse order; nothing else in fedrse is global.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module
from random import SystemRandom

import structlog
from msgspec import Struct

from fedrse.activitypub.delivery_border import LastLook
from fedrse.activitypub.delivery_results import Reports
from fedrse.activitypub.delivery_window import Bodies, Couriers
from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.retention import Retention
from fedrse.activitypub.sender import Sender
from fedrse.app import about as app_about
from fedrse.app import community as app_community
from fedrse.app import posts as app_posts
from fedrse.app import profiles as app_profiles
from fedrse.app.audit_heads import exchange_of
from fedrse.app.client_parts import ClientParts, make_parts
from fedrse.app.ground import Ground, open_ground
from fedrse.app.policy import make_subscriptions
from fedrse.app.protocol import Protocol, open_protocol
from fedrse.app.push import open_push
from fedrse.app.secret_file import read_secret
from fedrse.app.services import Services, make_services
from fedrse.app.streams import make_streams
from fedrse.app.surfaces import make_frame
from fedrse.app.translation import open_translation
from fedrse.core.clock import DAY, HOUR, MINUTE, Clock
from fedrse.core.settings import Settings
from fedrse.core.settings_view import plain_settings
from fedrse.features.access.service_barred import BarredAddresses
from fedrse.features.access.service_credentials import Credentials
from fedrse.features.accounts.jobs import CHECK_GONE, GoneActors
from fedrse.features.accounts.service_keys import generate_key_pair
from fedrse.features.audit.service_settings import SettingsWatch
from fedrse.features.policy import jobs as policy_jobs
from fedrse.features.policy.model_proposals import ATTEMPTS as REHEARSE_ATTEMPTS
from fedrse.features.policy.model_proposals import REHEARSE
from fedrse.features.streaming.service import Streams
from fedrse.http.frame import Frame
from fedrse.http.health import Health
from fedrse.jobs.model import Job, TryLater
from fedrse.store.database import UniqueViolation
from fedrse.web.assets import Assets

log = structlog.get_logger(__name__)
PROBE_MEMBERS = "sites.probe_members"
PROBE_EVERY = 6 * HOUR
PROBE_AGAIN = 2 * MINUTE


class Site(Struct, frozen=True):
    """A site, ready to serve; ``start`` begins the background work."""

    ground: Ground
    protocol: Protocol
    services: Services
    frame: Frame
    health: Health
    sender: Sender
    streams: Streams
    parts: ClientParts

    async def start(self) -> None:
        """Starts live streams, processing, delivery and jobs."""
        self.protocol.ledger.start()
        self.protocol.quotas.start()
        self.protocol.measures.start()
        await self.streams.start()
        await self.protocol.processor.start()
        await self.sender.start()
        await self.ground.runner.start()

    async def stop(self) -> None:
        """Ends the background work; what is not done stays in the database."""
        await self.ground.runner.stop()
        await self.sender.stop()
        await self.protocol.processor.stop()
        await self.streams.stop()
        await self.protocol.quotas.stop()


@asynccontextmanager
async def open_site(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Site]:
    """Opens the database and wires everything; see ``open_ground`` for what it raises."""
    async with (
        open_ground(settings, clock=clock) as ground,
        open_protocol(ground) as protocol,
        AsyncExitStack() as stack,
    ):
        assets = Assets(identity=settings.site)
        services = make_services(ground, protocol, assets)
        _register(ground, protocol, services)
        await _prepare(ground, protocol, services)
        health = _health(ground, services)
        push = await stack.enter_async_context(open_push(ground, services))
        streams = make_streams(ground, services)
        app_community.register(ground, protocol, services, streams)
        parts = make_parts(ground, protocol, services, streams)
        frame = make_frame(
            ground,
            protocol,
            services,
            streams=streams,
            push=push,
            translations=await stack.enter_async_context(open_translation(ground)),
            parts=parts,
            assets=assets,
            health=health,
            credentials=_credentials(ground, services, stack),
        )
        frame.barred = await _barred(ground, services)
        site = Site(
            ground=ground,
            protocol=protocol,
            services=services,
            frame=frame,
            health=health,
            sender=_sender(ground, protocol, services),
            streams=streams,
            parts=parts,
        )
        stack.callback(services.workers.close)
        stack.push_async_callback(site.stop)
        yield site


async def _note_settings(ground: Ground) -> None:
    """The log says if the site starts with other settings than before."""
    secret = read_secret(ground.folder / ground.settings.storage.secret_file)
    watch = SettingsWatch(ground.audit, secret)
    await ground.database.write(watch.compare, plain_settings(ground.settings))


async def _barred(ground: Ground, services: Services) -> BarredAddresses:
    """Addresses of the network from which nobody is let in."""
    barred = BarredAddresses(
        database=ground.database, clock=ground.clock, blocks=services.sign_up_blocks
    )
    barred.listen()
    await barred.load()
    return barred


def _register(ground: Ground, protocol: Protocol, services: Services) -> None:
    """What is done in the background about posts, profiles and the site."""
    app_posts.register(ground, protocol, services)
    app_profiles.register(ground, services)
    app_about.register(ground, services)
    exchange_of(ground, protocol).register(ground.runner)
    policy_jobs.register(ground.runner, make_subscriptions(ground, protocol))

    async def rehearse(job: Job) -> None:
        # Loaded when somebody rehearses, which few sites do.
        module = await asyncio.to_thread(import_module, "fedrse.app.rehearsal")
        await module.run(ground, protocol, services, job)

    ground.runner.handle(REHEARSE, rehearse, attempts=REHEARSE_ATTEMPTS)


def _credentials(ground: Ground, services: Services, stack: AsyncExitStack) -> Credentials:
    """Who asks; what it still writes about their use is written before the database closes."""
    credentials = Credentials(
        database=ground.database, clock=ground.clock, revocations=services.access.revocations
    )
    stack.push_async_callback(credentials.close)
    return credentials


def _health(ground: Ground, services: Services) -> Health:
    async def check() -> None:
        await ground.database.read(services.accounts.instance_actor)

    health = Health()
    health.checks["database"] = check
    return health


def _sender(ground: Ground, protocol: Protocol, services: Services) -> Sender:
    header = services.relationships.synchronization.header_for

    async def followers_header(account_id: int, host: str) -> str | None:
        return await ground.database.read(header, account_id, host)

    sender = Sender(
        database=ground.database,
        couriers=Couriers(
            deliverer=protocol.deliverer,
            bodies=Bodies(ground.database),
            keys=protocol.key_ring,
            signer=protocol.signer,
            rules=protocol.sites,
            url_rules=ground.rules,
            clock=ground.clock,
            followers_header=followers_header,
            last_look=LastLook(protocol.control),
        ),
        reports=Reports(
            database=ground.database,
            clock=ground.clock,
            random=SystemRandom(),
            inbox_gone=_gone_actors(ground, protocol, services).inbox_gone,
        ),
        clock=ground.clock,
        owner=ground.owner,
    )
    protocol.outbox.send_with(sender.take)
    return sender


def _gone_actors(ground: Ground, protocol: Protocol, services: Services) -> GoneActors:
    async def ask(uri: str) -> None:
        try:
            await protocol.resolver.refresh(uri)
        except FetchFailed as error:
            # Its next delivery will say more.
            log.debug("actor_not_reached", uri=uri, why=error.code)

    gone = GoneActors(accounts=services.accounts, queue=ground.queue, clock=ground.clock, ask=ask)
    ground.runner.handle(CHECK_GONE, gone.check)
    return gone


async def _prepare(ground: Ground, protocol: Protocol, services: Services) -> None:
    """What a site needs before its first request: its own actor, what it knows of peers."""
    actor = await ground.database.read(services.accounts.instance_actor)
    if actor is None:
        keys = await asyncio.to_thread(generate_key_pair)
        # Another process that starts at the same time may be the first to make it.
        with suppress(UniqueViolation):
            await ground.database.write(services.accounts.ensure_instance_actor, keys)
    await _note_settings(ground)
    protocol.border.listen(ground.database)
    await protocol.border.load(ground.database)
    protocol.sites.listen(ground.database)
    await ground.database.read(protocol.sites.load)
    _plan_probes(ground, protocol)
    protocol.ledger.register(ground.runner)
    Retention(
        database=ground.database,
        clock=ground.clock,
        bodies_kept=ground.settings.retention.inbox_days * DAY,
    ).register(ground.runner)


def _plan_probes(ground: Ground, protocol: Protocol) -> None:
    members = protocol.network.member_hosts()

    async def probe(_job: Job) -> None:
        since = ground.clock.now() - PROBE_EVERY // 2
        if not await protocol.probe.probe_members(members, fresh_since=since):
            # Sites of a group start at the same time: soon they know what each can do.
            raise TryLater("not all members answer", delay=PROBE_AGAIN)

    if members:
        ground.runner.every(PROBE_EVERY, PROBE_MEMBERS, probe)
