"""Follows between people here and elsewhere: rules, counters, events, what is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Refused
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import FedrseError, Forbidden, NotFound
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.relationships.activities import RelationshipActivities
from fedrse.features.relationships.model import FollowOptions
from fedrse.features.relationships.model_events import Followed, FollowRequested, Unfollowed
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.cast import Cast, handled
from tests.features.fakes import FakeOutbox

OUTSIDE = "elsewhere.example"


@pytest.fixture
def dispatcher(accounts: Accounts, relationships: Relationships) -> Dispatcher:
    found = Dispatcher()
    RelationshipActivities(accounts=accounts, relationships=relationships).register(found)
    return found


@pytest.fixture
def told(events: Events) -> list[object]:
    """What was published."""
    heard: list[object] = []

    async def remember(_tx: Transaction, event: object) -> None:
        heard.append(event)

    for kind in (Followed, FollowRequested, Unfollowed):
        events.subscribe(kind, remember)
    return heard


class World:
    """Does things and looks at the result."""

    def __init__(
        self,
        database: Database,
        cast: Cast,
        relationships: Relationships,
        dispatcher: Dispatcher,
        outbox: FakeOutbox,
    ) -> None:
        self.database = database
        self.cast = cast
        self.relationships = relationships
        self.dispatcher = dispatcher
        self.outbox = outbox

    async def do(self, action: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        return await self.database.write(action, *arguments)

    async def receive(self, sender: Account, activity: Json, **more: Any) -> str:
        received = self.cast.received(sender, activity, **more)
        return await handled(self.database, self.dispatcher.dispatch, received)

    async def counts(self, *people: Account) -> list[tuple[int, int, int]]:
        """Followers, local followers, following."""
        now = [await self.cast.again(person) for person in people]
        return [
            (one.followers_count, one.local_followers_count, one.following_count) for one in now
        ]

    async def relationship(self, who: Account, whom: Account) -> dict[str, Any]:
        (found,) = await self.database.read(self.relationships.relationships, who.id, [whom.id])
        return found


@pytest.fixture
def world(
    database: Database,
    cast: Cast,
    relationships: Relationships,
    dispatcher: Dispatcher,
    outbox: FakeOutbox,
) -> World:
    return World(database, cast, relationships, dispatcher, outbox)


# People of this site among themselves


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
