"""Copied and looked-up authors show the same home timeline: the one that the rules say."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

from fedrse.core.clock import DAY, HOUR, ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.timelines.service import Timelines
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.timelines.histories import World

PEOPLE = 5
STEPS = 120
HISTORIES = 400 if os.environ.get("FEDRSE_SOAK") else 12
_KINDS = {
    "follow": 14,
    "unfollow": 4,
    "mute": 3,
    "unmute": 3,
    "block": 1,
    "unblock": 2,
    "post": 8,
    "reply": 8,
    "boost": 14,
    "delete": 1,
    "wait": 4,
}
Step = tuple[Any, ...]


def random_history(chance: Random) -> list[Step]:
    """Steps by kind; people by their number, posts as the how manieth of the latest."""
    history: list[Step] = []
    for kind in chance.choices(list(_KINDS), list(_KINDS.values()), k=STEPS):
        one, other = chance.sample(range(PEOPLE), 2)
        match kind:
            case "wait":
                history.append((kind, chance.choice([HOUR, DAY, 2 * DAY])))
            case "delete":
                history.append((kind, chance.randint(1, 8)))
            case "post":
                history.append((kind, one, chance.choice(["network", "followers", "direct"])))
            case "reply" | "boost":
                history.append((kind, one, chance.randint(1, 8)))
            case "follow":
                history.append((kind, one, other, chance.random() < 0.7))
            case _:
                history.append((kind, one, other))
    return history


class RollBack(Exception):
    """Ends a unit of work without keeping anything."""


async def play(tx: Transaction, world: World, step: Step) -> None:
    """Does one step; steps that make no sense now do nothing."""
    kind, *rest = step
    if kind == "wait":
        world.clock.advance(rest[0])
        return
    if kind == "delete":
        if rest[0] <= len(world.posts):
            await world.remove_post(tx, world.posts[-rest[0]])
        return
    me = world.people[rest[0]]
    if kind == "post":
        await world.add_post(tx, me, audience=rest[1])
    elif kind in {"reply", "boost"}:
        if rest[1] > len(world.posts):
            return
        other = world.posts[-rest[1]]
        other = other.original or other
        boosted = any(one.author == me and one.original is other for one in world.posts)
        if kind == "reply":
            await world.add_post(tx, me, parent=other)
        elif not boosted and other.audience == "network":
            await world.add_post(tx, me, original=other)
    elif kind == "follow":
        await world.follow(tx, me, world.people[rest[1]], boosts=rest[2])
    else:
        await getattr(world, kind)(tx, me, world.people[rest[1]])


async def homes_during(
    database: Database, history: list[Step], pull_from: int
) -> list[tuple[list[list[int]], list[list[int]]]]:
    """The home timelines of everybody during a history, real and expected; nothing is kept.

    Posts are named by their place among all, so that two runs can be compared.
    """
    seen: list[tuple[list[list[int]], list[list[int]]]] = []

    async def unit(tx: Transaction) -> None:
        clock, events = ManualClock(), Events()
        ids = IdMaker(clock)
        timelines = Timelines(ids=ids, events=events, pull_from=pull_from)
        world = World(clock, ids, events)
        for _ in range(PEOPLE):
            await world.add_person(tx)
        for number, step in enumerate(history, 1):
            await play(tx, world, step)
            if number % 10 == 0:
                place = {told.id: place for place, told in enumerate(world.posts)}
                homes = await world.homes(tx, timelines)
                await check_readers(tx, timelines, homes)
                found = [[place[post] for post in home] for home in homes.values()]
                expected = [[place[post] for post in world.expected(one)] for one in homes]
                seen.append((found, expected))
        for person, home in (await world.homes(tx, timelines)).items():
            await check_pages(tx, timelines, person, home)
        raise RollBack

    with pytest.raises(RollBack):
        await database.write(unit)
    return seen


async def check_readers(tx: Transaction, timelines: Timelines, homes: dict[int, list[int]]) -> None:
    """Asked by post, the timelines name those in whose home it is; and only who is asked for."""
    posts = sorted({post for home in homes.values() for post in home})
    found = await timelines.readers(tx, posts, list(homes))
    assert {post: set(found[post]) for post in posts} == {
        post: {person for person, home in homes.items() if post in home} for post in posts
    }
    few = list(homes)[:2]
    some = await timelines.readers(tx, posts, few)
    assert {one for those in some.values() for one in those} <= set(few)


async def check_pages(tx: Transaction, timelines: Timelines, person: int, home: list[int]) -> None:
    """Walking down and up in small pages meets every post once."""
    down: list[int] = []
    while page := await timelines.home(tx, person, Page(limit=2, max_id=(down or [None])[-1])):
        down += page
    assert down == home
    up: list[int] = []
    while page := await timelines.home(tx, person, Page(limit=3, min_id=(up or [0])[0])):
        up = page + up
    assert up == home
    if len(home) > 2:
        newer = await timelines.home(tx, person, Page(limit=1, since_id=home[2]))
        assert newer == home[:1]


@pytest.mark.parametrize("seed", range(HISTORIES))
async def test_both_ways_show_what_the_rules_say(database: Database, seed: int) -> None:
    chance = Random(seed)
    history = random_history(chance)
    copied = await homes_during(database, history, pull_from=1000)
    pulled = await homes_during(database, history, pull_from=chance.randint(0, 2))
    assert any(any(homes) for homes, _ in copied)
    for step, ((by_copy, expected), (by_pull, _)) in enumerate(zip(copied, pulled, strict=True)):
        assert by_copy == expected, history[: (step + 1) * 10]
        assert by_pull == expected, history[: (step + 1) * 10]
