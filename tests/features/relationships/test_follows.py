"""Follows between people of this site, and what they are counted and listed by."""

from __future__ import annotations

import pytest

from fedrse.core.errors import FedrseError, Forbidden, NotFound
from fedrse.core.paging import Page
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.relationships.model import FollowOptions
from fedrse.features.relationships.model_events import Followed, FollowRequested, Unfollowed
from tests.features.relationships.world import OUTSIDE, World


async def test_following_somebody_here_counts_at_once(world: World, told: list[object]) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob")
    await world.do(world.relationships.follow, amina, bob)
    await world.do(world.relationships.follow, amina, bob)
    assert await world.counts(amina, bob) == [(0, 0, 1), (1, 1, 0)]
    assert told == [Followed(amina.id, bob.id, follower_local=True, target_local=True)]
    assert world.outbox.sent == []
    mine = await world.relationship(amina, bob)
    assert (mine["following"], mine["requested"], mine["showing_reblogs"]) == (True, False, True)
    assert (await world.relationship(bob, amina))["followed_by"] is True

    await world.do(world.relationships.unfollow, amina, bob)
    await world.do(world.relationships.unfollow, amina, bob)
    assert await world.counts(amina, bob) == [(0, 0, 0), (0, 0, 0)]
    assert told[1:] == [Unfollowed(amina.id, bob.id)]


async def test_a_locked_account_is_asked(world: World, told: list[object]) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob", locked=True)
    await world.do(world.relationships.follow, amina, bob)
    assert await world.counts(amina, bob) == [(0, 0, 0), (0, 0, 0)]
    assert told == [FollowRequested(amina.id, bob.id)]
    assert (await world.relationship(amina, bob))["requested"] is True
    assert (await world.relationship(bob, amina))["requested_by"] is True
    asked = await world.database.read(world.relationships.requests, bob.id, Page())
    assert [one.account_id for one in asked] == [amina.id]
    part = await world.database.read(world.relationships.credential_part, bob.id)
    assert part == {"source": {"follow_requests_count": 1}}

    await world.do(world.relationships.accept, amina, bob)
    assert await world.counts(amina, bob) == [(0, 0, 1), (1, 1, 0)]
    assert told[1:] == [Followed(amina.id, bob.id, follower_local=True, target_local=True)]
    with pytest.raises(NotFound):
        await world.do(world.relationships.accept, amina, bob)


async def test_refusing_a_request(world: World) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob", locked=True)
    await world.do(world.relationships.follow, amina, bob)
    await world.do(world.relationships.reject, amina, bob)
    assert (await world.relationship(amina, bob))["requested"] is False
    with pytest.raises(NotFound):
        await world.do(world.relationships.reject, amina, bob)
    assert await world.counts(amina, bob) == [(0, 0, 0), (0, 0, 0)]


async def test_unlocking_lets_those_in_who_wait(world: World, accounts: Accounts) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob", locked=True)
    near, far = await world.cast.remote("near"), await world.cast.remote("far", OUTSIDE)
    await world.do(world.relationships.follow, amina, bob)
    for somebody in (near, far):
        await world.receive(somebody, {"type": "Follow", "object": bob.uri})
    await world.do(accounts.update_profile, bob.id, ProfileChanges(locked=False))
    assert (await world.counts(bob))[0] == (2, 1, 0)
    assert world.outbox.last("Accept").recipients.accounts == (near.id,)
    assert (await world.relationship(bob, far))["requested_by"] is True


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("self", Forbidden),
        ("gone", NotFound),
        ("moved", Forbidden),
        ("instance", Forbidden),
        ("blocked", Forbidden),
        ("blocking", Forbidden),
    ],
)
async def test_whom_nobody_follows(
    world: World, accounts: Accounts, kind: str, error: type[FedrseError]
) -> None:
    amina = await world.cast.local("amina")
    target = await world.cast.remote("ben")
    if kind == "self":
        target = amina
    elif kind == "gone":
        await world.do(accounts.delete_remote, target)
        target = await world.cast.again(target)
    elif kind == "moved":
        target = await world.cast.remote("ben", movedTo="https://oslo.corp.example/ap/u/9")
    elif kind == "instance":
        target = await world.cast.remote("site", type="Application")
    elif kind == "blocked":
        await world.receive(target, {"type": "Block", "object": amina.uri})
    else:
        await world.do(world.relationships.block, amina, target)
    with pytest.raises(error):
        await world.do(world.relationships.follow, amina, target)
    assert (await world.counts(amina))[0] == (0, 0, 0)


async def test_options_of_a_follow(world: World) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob")
    quiet = FollowOptions(show_boosts=False, notify=True, languages=("fr", "en"))
    await world.do(world.relationships.follow, amina, bob, quiet)
    await world.do(world.relationships.follow, amina, bob, FollowOptions(notify=False))
    found = await world.relationship(amina, bob)
    assert (found["showing_reblogs"], found["notifying"]) == (False, False)
    assert found["languages"] == ["fr", "en"]


async def test_when_an_account_goes_all_counters_are_right(
    world: World, accounts: Accounts
) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob")
    ben = await world.cast.remote("ben")
    await world.do(world.relationships.follow, amina, bob)
    await world.do(world.relationships.follow, bob, amina)
    for person in (amina, bob):
        await world.receive(ben, {"type": "Follow", "id": person.uri, "object": person.uri})
    assert await world.counts(amina, bob, ben) == [(2, 1, 1), (2, 1, 1), (0, 0, 2)]

    assert await world.database.read(world.relationships.hosts_knowing, amina.id) == (
        "nantes.corp.example",
    )
    await world.do(accounts.delete_local, amina.id)
    assert world.outbox.last("Delete").recipients.hosts == ("nantes.corp.example",)
    assert await world.counts(amina, bob, ben) == [(0, 0, 0), (1, 0, 0), (0, 0, 1)]
    await world.do(accounts.delete_remote, ben)
    assert await world.counts(bob, ben) == [(0, 0, 0), (0, 0, 0)]


async def test_lists_are_paged_by_the_follow(world: World) -> None:
    amina = await world.cast.local("amina")
    people = [await world.cast.local(f"p{number}") for number in range(5)]
    for person in people:
        await world.do(world.relationships.follow, person, amina)
    read, listing = world.database.read, world.relationships.followers
    everybody = await read(listing, amina.id, Page())
    assert [one.account_id for one in everybody] == [one.id for one in reversed(people)]
    oldest = everybody[-1].id
    assert await read(listing, amina.id, Page(limit=2, max_id=everybody[1].id)) == everybody[2:4]
    assert await read(listing, amina.id, Page(limit=2, min_id=oldest)) == everybody[2:4]
    assert await read(listing, amina.id, Page(limit=2, since_id=oldest)) == everybody[0:2]
    following = await read(world.relationships.following, people[0].id, Page())
    assert [one.account_id for one in following] == [amina.id]
    assert set(await read(world.relationships.local_follower_ids, amina.id)) == {
        person.id for person in people
    }


async def test_familiar_followers(world: World) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob")
    carl, dora = await world.cast.local("carl"), await world.cast.local("dora")
    for who, whom in ((amina, bob), (bob, dora), (carl, dora)):
        await world.do(world.relationships.follow, who, whom)
    found = await world.database.read(
        world.relationships.familiar_followers, amina.id, [dora.id, carl.id]
    )
    assert found == {dora.id: [bob.id], carl.id: []}
