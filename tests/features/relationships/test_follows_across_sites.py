"""Follows between people here and elsewhere: what is sent, and which answers count."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.model_events import Followed, FollowRequested
from tests.features.relationships.world import OUTSIDE, World

# Somebody here follows somebody elsewhere


async def test_a_remote_follow_counts_after_its_accept(world: World, told: list[object]) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    await world.do(world.relationships.follow, amina, ben)
    sent = world.outbox.last("Follow")
    assert (sent.sender, sent.recipients.accounts) == (amina.id, (ben.id,))
    assert sent.activity == {
        "id": sent.activity["id"],
        "type": "Follow",
        "actor": amina.uri,
        "object": ben.uri,
        "to": [ben.uri],
    }
    assert (await world.relationship(amina, ben))["requested"] is True
    assert told == []

    assert await world.receive(ben, {"type": "Accept", "object": sent.activity}) == "accepted"
    assert await world.counts(amina, ben) == [(0, 0, 1), (1, 1, 0)]
    assert told == [Followed(amina.id, ben.id, follower_local=True, target_local=False)]
    assert await world.receive(ben, {"type": "Accept", "object": sent.activity}) == "known"
    assert (await world.counts(amina))[0] == (0, 0, 1)

    # Reject after Accept: the follower is removed.
    assert await world.receive(ben, {"type": "Reject", "object": sent.activity}) == "rejected"
    assert await world.counts(amina, ben) == [(0, 0, 0), (0, 0, 0)]
    with pytest.raises(Ignored):
        await world.receive(ben, {"type": "Reject", "object": sent.activity})


@pytest.mark.parametrize("shape", ["id", "rebuilt", "no id", "list"])
async def test_shapes_of_answers(world: World, shape: str) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    await world.do(world.relationships.follow, amina, ben)
    follow = world.outbox.last("Follow").activity
    thing: Any = {
        "id": follow["id"],
        "rebuilt": {**follow, "id": "https://nantes.corp.example/follows/1"},
        "no id": {"type": "Follow", "actor": {"id": amina.uri}, "object": [ben.uri]},
        "list": [follow["id"]],
    }[shape]
    assert await world.receive(ben, {"type": "Accept", "object": thing}) == "accepted"
    assert await world.receive(ben, {"type": "Reject", "object": thing}) == "rejected"


async def test_only_the_person_asked_can_answer(world: World) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    eve = await world.cast.remote("eve")
    await world.do(world.relationships.follow, amina, ben)
    follow = world.outbox.last("Follow").activity
    for thing in (follow, follow["id"], {**follow, "id": "https://x.example/1"}):
        with pytest.raises(Refused):
            await world.receive(eve, {"type": "Accept", "object": thing})
    never = {"type": "Follow", "id": "https://x.example/1", "actor": amina.uri, "object": eve.uri}
    with pytest.raises(Ignored):
        await world.receive(eve, {"type": "Accept", "object": never})
    assert (await world.relationship(amina, ben))["requested"] is True
    assert (await world.relationship(amina, eve))["following"] is False


async def test_a_lost_request_is_repeated(world: World) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    await world.do(world.relationships.follow, amina, ben)
    await world.do(world.relationships.follow, amina, ben)
    first, second = (entry.activity for entry in world.outbox.sent)
    assert first == second


async def test_unfollowing_undoes_at_the_other_site(world: World) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    await world.do(world.relationships.follow, amina, ben)
    follow = world.outbox.last("Follow").activity
    await world.do(world.relationships.unfollow, amina, ben)
    undo = world.outbox.last("Undo").activity
    assert undo["object"] == {key: follow[key] for key in ("id", "type", "actor", "object")}
    with pytest.raises(Ignored):
        await world.receive(ben, {"type": "Accept", "object": follow})


# Somebody elsewhere follows somebody here


async def test_a_member_follows(world: World, told: list[object]) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    follow = {"type": "Follow", "id": f"{ben.uri}/follows/1", "object": amina.uri}
    assert await world.receive(ben, follow) == "accepted"
    accept = world.outbox.last("Accept")
    assert (accept.sender, accept.recipients.accounts) == (amina.id, (ben.id,))
    assert accept.activity["object"] == {
        "id": f"{ben.uri}/follows/1",
        "type": "Follow",
        "actor": ben.uri,
        "object": amina.uri,
    }
    assert await world.counts(amina, ben) == [(1, 0, 0), (0, 0, 1)]
    assert told == [Followed(ben.id, amina.id, follower_local=False, target_local=True)]

    # The answer got lost: the other site asks again, and gets one with another id.
    again = follow | {"id": f"{ben.uri}/follows/2"}
    assert await world.receive(ben, again) == "accepted_again"
    second = world.outbox.last("Accept").activity
    assert second["object"]["id"] == f"{ben.uri}/follows/2"
    assert second["id"] != accept.activity["id"]
    assert (await world.counts(amina))[0] == (1, 0, 0)


async def test_an_outsider_needs_approval(world: World, told: list[object]) -> None:
    amina, far = await world.cast.local("amina"), await world.cast.remote("far", OUTSIDE)
    follow = {"type": "Follow", "object": amina.uri}
    assert await world.receive(far, follow) == "requested"
    assert await world.receive(far, follow) == "waits"
    assert world.outbox.sent == []
    assert told == [FollowRequested(far.id, amina.id)]
    await world.do(world.relationships.accept, far, amina)
    assert world.outbox.types() == ["Accept"]
    assert (await world.counts(amina))[0] == (1, 0, 0)


async def test_removing_a_follower(world: World) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    await world.receive(ben, {"type": "Follow", "id": f"{ben.uri}#1", "object": amina.uri})
    assert await world.do(world.relationships.remove_follower, ben, amina) is True
    assert await world.do(world.relationships.remove_follower, ben, amina) is False
    assert world.outbox.last("Reject").activity["object"]["id"] == f"{ben.uri}#1"
    assert await world.counts(amina, ben) == [(0, 0, 0), (0, 0, 0)]


@pytest.mark.parametrize("shape", ["embedded", "id", "rebuilt"])
async def test_undo_of_a_follow(world: World, shape: str) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    uri = f"{ben.uri}#follow-1"
    await world.receive(ben, {"type": "Follow", "id": uri, "object": amina.uri})
    thing: Any = {
        "embedded": {"type": "Follow", "id": uri, "actor": ben.uri, "object": amina.uri},
        "id": uri,
        "rebuilt": {"type": "Follow", "actor": ben.uri, "object": amina.uri},
    }[shape]
    assert await world.receive(ben, {"type": "Undo", "object": thing}) == "undone"
    assert await world.counts(amina, ben) == [(0, 0, 0), (0, 0, 0)]
    with pytest.raises(Ignored):
        await world.receive(ben, {"type": "Undo", "object": thing})


async def test_nobody_undoes_the_follow_of_another(world: World) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    eve = await world.cast.remote("eve")
    uri = f"{ben.uri}#follow-1"
    follow = {"type": "Follow", "id": uri, "actor": ben.uri, "object": amina.uri}
    await world.receive(ben, follow)
    for thing in (follow, uri):
        with pytest.raises(Refused):
            await world.receive(eve, {"type": "Undo", "object": thing})
    with pytest.raises(Ignored):
        await world.receive(eve, {"type": "Undo", "object": follow | {"actor": eve.uri}})
    assert (await world.counts(amina))[0] == (1, 0, 0)


async def test_mastodon_takes_its_accept_back(world: World) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    await world.do(world.relationships.follow, amina, ben)
    follow = world.outbox.last("Follow").activity
    accept = {"type": "Accept", "id": f"{ben.uri}#a", "actor": ben.uri, "object": follow}
    await world.receive(ben, accept)
    assert await world.receive(ben, {"type": "Undo", "object": accept}) == "rejected"
    assert await world.counts(amina, ben) == [(0, 0, 0), (0, 0, 0)]


@pytest.mark.parametrize("thing", ["https://lyon.corp.example/ap/u/1", "nonsense", None, 7, {}])
async def test_a_follow_of_nobody_is_ignored(world: World, thing: Any) -> None:
    ben = await world.cast.remote("ben")
    with pytest.raises(Ignored):
        await world.receive(ben, {"type": "Follow", "object": thing})
    assert world.outbox.sent == []


async def test_an_unknown_actor_is_fetched_first(world: World, accounts: Accounts) -> None:
    amina, ben = await world.cast.local("amina"), await world.cast.remote("ben")
    unknown = ben.__class__(**{**_fields(ben), "uri": "https://nantes.corp.example/ap/u/new"})
    with pytest.raises(Needs):
        await world.receive(unknown, {"type": "Follow", "object": amina.uri})
    with pytest.raises(Ignored):
        await world.receive(
            unknown,
            {"type": "Follow", "object": amina.uri},
            unavailable=frozenset({unknown.uri}),
        )


def _fields(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in account.__struct_fields__}


async def test_one_id_for_two_follows(world: World) -> None:
    amina, bob = await world.cast.local("amina"), await world.cast.local("bob")
    ben = await world.cast.remote("ben")
    for person in (amina, bob):
        follow = {"type": "Follow", "id": f"{ben.uri}#follow", "object": person.uri}
        assert await world.receive(ben, follow) == "accepted"
    assert await world.counts(amina, bob, ben) == [(1, 0, 0), (1, 0, 0), (0, 0, 2)]


async def test_the_site_itself_has_no_followers(world: World) -> None:
    site = await world.cast.instance_actor()
    ben = await world.cast.remote("ben")
    assert await world.receive(ben, {"type": "Follow", "object": site.uri}) == "rejected"
    assert world.outbox.types() == ["Reject"]
