"""Wires what rules limit to the people of those sites."""

from __future__ import annotations

from typing import Final

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.core.clock import MINUTE
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_limited_hosts import LimitedHosts
from fedrse.jobs.model import Job

KIND: Final = "policy.limit_hosts"
EVERY: Final = MINUTE // 4


def register(ground: Ground, protocol: Protocol, accounts: Accounts) -> None:
    """Plans the review: people of a limited site are limited soon after they become known."""
    hosts = LimitedHosts(
        database=ground.database, states=accounts.states, is_limited=protocol.control.is_limited
    )

    async def review(_job: Job) -> None:
        await hosts.review(any_rule=protocol.control.limits_anybody)

    ground.runner.every(EVERY, KIND, review)
