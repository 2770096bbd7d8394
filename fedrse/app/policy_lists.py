"""What ``fedrse policy`` does with lists of other places."""

from __future__ import annotations

from typing import Any

from fedrse.app.policy import make_subscriptions
from fedrse.app.policy_changes import author
from fedrse.app.whole import open_whole
from fedrse.core.clock import to_iso_seconds
from fedrse.core.settings import Settings
from fedrse.features.policy.model_subscriptions import Subscription, denials
from fedrse.features.policy.service_subscriptions import Wish

Facts = dict[str, Any]


async def subscribe(settings: Settings, wish: Wish) -> Facts:
    """Follows a list and fetches it. Raises Invalid, Conflict, BadUrl."""
    async with open_whole(settings) as whole:
        subscriptions = make_subscriptions(whole.ground, whole.protocol)
        one = await whole.ground.database.write(subscriptions.subscribe, wish, author())
        return facts_of(await subscriptions.refresh(one.id))


async def unsubscribe(settings: Settings, number: int) -> Facts:
    """Follows a list no more. Raises NotFound."""
    async with open_whole(settings) as whole:
        subscriptions = make_subscriptions(whole.ground, whole.protocol)
        return facts_of(
            await whole.ground.database.write(subscriptions.unsubscribe, number, author())
        )


async def list_all(settings: Settings) -> list[Facts]:
    """All lists."""
    async with open_whole(settings) as whole:
        subscriptions = make_subscriptions(whole.ground, whole.protocol)
        return [facts_of(one) for one in await whole.ground.database.read(subscriptions.all)]


async def refresh(settings: Settings, number: int | None, *, agreed: bool) -> list[Facts]:
    """Fetches one list, or all, now. Raises NotFound."""
    async with open_whole(settings) as whole:
        subscriptions = make_subscriptions(whole.ground, whole.protocol)
        numbers = [number] if number is not None else []
        if not numbers:
            numbers = [one.id for one in await whole.ground.database.read(subscriptions.all)]
        return [facts_of(await subscriptions.refresh(one, agreed=agreed)) for one in numbers]


def facts_of(one: Subscription) -> Facts:
    """A list for programs."""
    entries = one.entries
    return {
        "list": one.id,
        "url": one.url,
        "state": one.state,
        "exceptions": sorted(one.exceptions),
        "most": one.most,
        "threshold": one.threshold,
        "entries": len(entries),
        "denials": denials(entries),
        "fetched": None if one.fetched_at is None else to_iso_seconds(one.fetched_at),
        "tried": None if one.tried_at is None else to_iso_seconds(one.tried_at),
        "error": one.error,
        "waiting": one.waiting,
        "author": one.author,
    }
