"""Pages of notifications, filters, how far somebody has read; over the client API."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.features.notifications.api import NotificationsApi, routes
from fedrse.features.notifications.model import Notification, Wanted, rounded
from fedrse.features.notifications.model_events import Notified
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.tables import notification
from fedrse.features.reactions.model_events import Reacted
from fedrse.features.relationships.model_events import Followed
from fedrse.store.database import Database, Transaction
from tests.features.surface import PlainAccounts, PlainStatuses, surface
from tests.features.timelines.histories import World


def test_the_value_has_the_columns_of_the_table() -> None:
    names = tuple(column.name for column in notification.columns)
    assert Notification.__struct_fields__ == names


async def five(tx: Transaction, world: World) -> tuple[int, int, int]:
    """Somebody who was told of five likes, the last of somebody else, and of a follow."""
    me, one, two = [await world.add_person(tx) for _ in range(3)]
    for number in range(5):
        post = await world.add_post(tx, me)
        liker = two if number == 4 else one
        await world.events.publish(tx, Reacted(liker, post.id, me, ""))
    await world.events.publish(tx, Followed(one, me, follower_local=True, target_local=True))
    return me, one, two


async def test_pages(database: Database, world: World, notifications: Notifications) -> None:
    me, _, _ = await database.write(five, world)

    async def page(**bounds: int) -> list[int]:
        found = await database.read(notifications.listing, me, Page(**({"limit": 2} | bounds)))
        return [one.id for one in found]

    everything = await page(limit=80)
    assert len(everything) == 6
    assert everything == sorted(everything, reverse=True)
    assert await page() == everything[:2]
    assert await page(max_id=everything[1]) == everything[2:4]
    assert await page(since_id=everything[3]) == everything[:2]
    assert await page(min_id=everything[3]) == everything[1:3]
    assert await page(max_id=everything[-1]) == []


async def test_filters(database: Database, world: World, notifications: Notifications) -> None:
    me, one, two = await database.write(five, world)

    async def kinds(**options: Any) -> list[str]:
        async def unit(tx: Transaction) -> list[Notification]:
            return await notifications.listing(tx, me, Page(), Wanted(**options))

        return [found.kind for found in await database.read(unit)]

    assert await kinds(kinds=("follow",)) == ["follow"]
    assert await kinds(kinds=("follow", "mention")) == ["follow"]
    assert await kinds(kinds=("nonsense",)) == []
    assert await kinds(without=("favourite",)) == ["follow"]
    assert await kinds(kinds=("favourite",), without=("favourite",)) == []
    assert await kinds(by=two) == ["favourite"]
    assert await kinds(by=one, kinds=("follow",)) == ["follow"]


async def test_only_own_notifications(
    database: Database, world: World, notifications: Notifications
) -> None:
    me, one, _ = await database.write(five, world)
    (newest,) = await database.read(notifications.listing, me, Page(limit=1))
    assert await database.read(notifications.access_notification, me, newest.id) == newest
    for reader, identifier in ((one, newest.id), (me, newest.id + 1)):
        with pytest.raises(NotFound):
            await database.read(notifications.access_notification, reader, identifier)
        with pytest.raises(NotFound):
            await database.write(notifications.dismiss, reader, identifier)
    await database.write(notifications.clear, one)
    assert len(await database.read(notifications.listing, me, Page())) == 6
    await database.write(notifications.dismiss, me, newest.id)
    assert len(await database.read(notifications.listing, me, Page())) == 5
    await database.write(notifications.clear, me)
    assert await database.read(notifications.listing, me, Page()) == []


async def test_an_id_that_javascript_has_rounded(
    database: Database, world: World, notifications: Notifications
) -> None:
    me, one, two = await database.write(five, world)
    (before,) = await database.read(notifications.listing, me, Page(limit=1))
    with pytest.raises(NotFound):  # those of one millisecond look the same
        await database.read(notifications.access_notification, me, rounded(before.id))
    world.clock.advance(1)
    event = Followed(two, me, follower_local=True, target_local=True)
    await database.write(world.events.publish, event)
    (newest,) = await database.read(notifications.listing, me, Page(limit=1))
    shown = rounded(newest.id)
    assert shown != newest.id
    assert await database.read(notifications.access_notification, me, shown) == newest
    with pytest.raises(NotFound):
        await database.read(notifications.access_notification, one, shown)
    for strange in (0, 1 << 62, (1 << 63) - 1):
        with pytest.raises(NotFound):
            await database.read(notifications.access_notification, me, strange)


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        (7, 7),
        (117_659_522_672_951_297, 117_659_522_672_951_300),
        (117_659_522_672_951_312, 117_659_522_672_951_310),
        ((1 << 53) + 1, 1 << 53),
    ],
)
def test_numbers_of_javascript(identifier: int, shown: int) -> None:
    assert rounded(identifier) == shown


async def test_higher_features_hear_of_it_in_the_same_transaction(
    database: Database, world: World, notifications: Notifications
) -> None:
    heard: list[Notified] = []

    async def hear(tx: Transaction, event: Notified) -> None:
        assert await notifications.by_ids(tx, [event.notification_id])
        heard.append(event)

    world.events.subscribe(Notified, hear)

    async def unit(tx: Transaction) -> tuple[int, int, int]:
        me, other = await world.add_person(tx), await world.add_person(tx)
        post = (await world.add_post(tx, me)).id
        await world.events.publish(tx, Reacted(other, post, me, ""))
        return me, other, post

    me, other, post = await database.write(unit)
    (found,) = await database.read(notifications.listing, me, Page())
    assert heard == [Notified(found.id, me, "favourite", other, post)]


# The client API


async def test_the_list(
    database: Database, world: World, notifications: Notifications, clock: ManualClock
) -> None:
    me, one, two = await database.write(five, world)
    statuses = PlainStatuses()
    api = NotificationsApi(database, notifications, PlainAccounts(), statuses)
    base = "/api/v1/notifications"
    async with surface(routes(api), clock=clock) as site:
        assert (await site.call("GET", base))[0] == 401
        status, headers, found = await site.call("GET", f"{base}?limit=2", me)
        assert status == 200
        assert [entry["type"] for entry in found] == ["follow", "favourite"]
        assert f"max_id={found[1]['id']}" in headers["Link"]
        follow, like = found
        assert follow["account"] == {"id": str(one)}
        assert "status" not in follow
        assert like["account"] == {"id": str(two)}
        assert like["status"] == {"id": str(world.posts[-1].id)}
        assert like["created_at"].endswith("Z")
        assert like["group_key"].startswith(f"favourite-{world.posts[-1].id}-")
        assert follow["group_key"].startswith("follow-")
        assert await site.get(f"{base}/{like['id']}", me) == like
        likes = await site.get(f"{base}?exclude_types[]=follow&account_id={one}", me)
        assert len(likes) == 4
        assert len(await site.get(f"{base}?types[]=follow&types[]=mention", me)) == 1
        # What the person may no longer see is not told any more.
        statuses.hidden.add(world.posts[-1].id)
        assert [entry["type"] for entry in await site.get(f"{base}?limit=2", me)] == ["follow"]
        assert (await site.call("GET", f"{base}/{like['id']}", me))[0] == 404
        assert (await site.call("POST", f"{base}/{follow['id']}/dismiss", me))[0] == 200
        assert (await site.call("POST", f"{base}/{follow['id']}/dismiss", me))[0] == 404
        assert (await site.call("POST", f"{base}/clear", me))[0] == 200
        assert await site.get(base, me) == []


async def test_markers_and_what_is_unread(
    database: Database, world: World, notifications: Notifications, clock: ManualClock
) -> None:
    me, _, _ = await database.write(five, world)
    api = NotificationsApi(database, notifications, PlainAccounts(), PlainStatuses())
    markers = "/api/v1/markers"
    count = "/api/v1/notifications/unread_count"
    async with surface(routes(api), clock=clock) as site:
        assert await site.get(count, me) == {"count": 6}
        assert await site.get(f"{count}?limit=3", me) == {"count": 3}
        assert await site.get(markers, me) == {}
        newest = (await site.get("/api/v1/notifications", me))[1]["id"]
        data = {"notifications[last_read_id]": newest, "home[last_read_id]": "7"}
        status, _, body = await site.call("POST", markers, me, data=data)
        assert status == 200
        assert {name: one["last_read_id"] for name, one in body.items()} == {
            "notifications": newest,
            "home": "7",
        }
        assert await site.get(count, me) == {"count": 1}
        again = {"home": {"last_read_id": "9"}}
        _, _, body = await site.call("POST", markers, me, json=again)
        assert (list(body), body["home"]["version"]) == (["home"], 2)
        assert list(await site.get(markers, me)) == []
        assert list(await site.get(f"{markers}?timeline[]=home", me)) == ["home"]
        assert list(await site.get(f"{markers}?timeline=home", me)) == ["home"]
        both = await site.get(f"{markers}?timeline[]=home&timeline[]=notifications", me)
        assert {name: one["last_read_id"] for name, one in both.items()} == {
            "notifications": newest,
            "home": "9",
        }
        for strange in ({"home": "7"}, {"home": {"last_read_id": "x"}}, {"other": again["home"]}):
            assert (await site.call("POST", markers, me, json=strange))[2] == {}
