"""Wires the exchange of heads of audit logs between the members of the network."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.whole import open_whole
from fedrse.core.settings import Settings
from fedrse.features.audit.service_heads import Heads
from fedrse.features.instance.model_signed_fetch import SignedFetch
from fedrse.features.network.api_heads import HeadsApi
from fedrse.features.network.jobs_heads import HeadsExchange, Testimony
from fedrse.http.routes import Route


def heads_routes(ground: Ground, protocol: Protocol, signed_fetch: SignedFetch) -> list[Route]:
    """What other sites ask for."""
    return HeadsApi(
        database=ground.database,
        clock=ground.clock,
        audit=ground.audit,
        heads=Heads(ground.clock),
        network=protocol.network,
        keys=protocol.key_ring,
        local_ids=ground.local_ids,
        origin=ground.settings.origin,
        signed_fetch=signed_fetch,
    ).routes()


def exchange_of(ground: Ground, protocol: Protocol) -> HeadsExchange:
    """Asks the other sites."""
    return HeadsExchange(
        database=ground.database,
        audit=ground.audit,
        heads=Heads(ground.clock),
        network=protocol.network,
        documents=protocol.documents,
        proved=protocol.verifier.proved,
        rules=ground.rules,
    )


async def testimonies(settings: Settings) -> list[Testimony]:
    """What each member has noted of our log; for the command line."""
    async with open_whole(settings) as whole:
        return await exchange_of(whole.ground, whole.protocol).testimonies()
