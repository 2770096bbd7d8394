"""Checks on every site that everything of the demo has arrived, and counts it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from fedrse.app.demo.group import follows
from fedrse.app.demo.story import PATIENCE, NotArrived, Story, gather


async def verify(story: Story) -> dict[str, dict[str, int]]:
    """Waits until every site shows the same; returns counts by site. Raises NotArrived."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while True:
        missing: list[str] = []
        counts = {domain: await _site(story, domain, missing) for domain in story.clients}
        if not missing:
            return counts
        if loop.time() > deadline:
            raise NotArrived("; ".join(missing[:10]))
        await asyncio.sleep(0.3)


async def _site(story: Story, domain: str, missing: list[str]) -> dict[str, int]:
    """What this site shows of all posts of the group, whoever wrote them."""
    counts: Counter[str] = Counter()
    reader = next(who for who in story.tokens if who.endswith("@" + domain))
    wanted = follows(story.group)

    async def follower(who: str) -> None:
        number = await story.following(who)
        counts["follows"] += number
        if number != len(wanted[who]):
            missing.append(f"{who} follows {number} of {len(wanted[who])}")

    await gather(follower(who) for who in wanted if who.endswith("@" + domain))

    async def post(uri: str, replies: int, likes: int, shares: int) -> None:
        identifier = await story.local_id(reader, uri)
        status = await story.clients[domain].get(
            f"/api/v1/statuses/{identifier}", story.tokens[reader]
        )
        counts["posts"] += 1
        shown = _totals(status)
        for name, number in shown.items():
            counts[name] += number
        if shown != {"replies": replies, "likes": likes, "shares": shares}:
            missing.append(f"{domain}: {uri} has {shown}")

    await gather(
        post(story.uris[id(item)], len(item.replies), len(item.likes), len(item.shares))
        for top in story.group.posts
        for item in top.all()
    )
    return dict(counts)


def _totals(status: dict[str, Any]) -> dict[str, int]:
    return {
        "replies": status["replies_count"],
        "likes": status["favourites_count"],
        "shares": status["reblogs_count"],
    }
