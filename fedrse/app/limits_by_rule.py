"""Wires what rules limit to the people whom they are about."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.features.accounts.model_events import AccountCreated
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_limits_by_rule import EVERY, REVIEW_LIMITS, LimitsByRule
from fedrse.jobs.model import Job


def register(ground: Ground, protocol: Protocol, accounts: Accounts) -> None:
    """Plans the review; who is new is looked at at once, and so is everybody after a change."""
    limits = LimitsByRule(database=ground.database, states=accounts.states, rules=protocol.control)
    ground.events.subscribe(AccountCreated, limits.created)

    async def review(_job: Job) -> None:
        # Whoever changed the rules planned this; it may be done before the news is here.
        await protocol.border.load(ground.database)
        await limits.review()

    ground.runner.every(EVERY, REVIEW_LIMITS, review)
