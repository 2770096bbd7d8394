"""Wires what rules deny to the people of those sites."""

from __future__ import annotations

from typing import Final

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.core.clock import MINUTE
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_denied_hosts import Denied, DeniedHosts
from fedrse.jobs.model import Job
from fedrse.store.database import Transaction

HIDING: Final = "policy.hide_denied_sites"
EVERY: Final = MINUTE // 4


def register(ground: Ground, protocol: Protocol, accounts: Accounts) -> None:
    """Plans the review; it looks at accounts only where the denied sites are others than before."""
    hosts = DeniedHosts(database=ground.database, states=accounts.states, denied=_denied(protocol))

    async def review(_job: Job) -> None:
        await hosts.review()

    ground.runner.every(EVERY, HIDING, review)


def _denied(protocol: Protocol) -> Denied:
    async def denied(tx: Transaction) -> list[str]:
        sites = protocol.sites
        return [one.host for one in await sites.all(tx) if sites.is_denied(one.host)]

    return denied
