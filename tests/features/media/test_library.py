"""Uploads: whose they are, how they get to a post, and how they go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import asdict, replace

from fedrse.blobs.store import BlobStore
from fedrse.core.clock import HOUR, ManualClock
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.media import queries
from fedrse.features.media.jobs import MediaJobs
from fedrse.features.media.model import LOCAL_LIMIT, LONGEST_DESCRIPTION, Media
from fedrse.features.media.service import DELETE_BLOBS, MediaLibrary
from fedrse.features.media.tables import media
from fedrse.jobs.model import Job
from fedrse.store.database import Database, Transaction
from tests.features.fakes import FakeQueue
from tests.features.timelines.histories import World

Upload = Callable[[], Awaitable[Media]]
AddPost = Callable[[], Awaitable[int]]


def test_the_value_has_the_columns_of_the_table() -> None:
    assert Media.__struct_fields__ == tuple(column.name for column in media.columns)


async def test_an_upload_is_found_by_its_owner_only(
    database: Database, library: MediaLibrary, world: World, me: int, upload: Upload
) -> None:
    added = await upload()
    assert await database.read(library.access_own, me, added.id) == added
    other = await database.write(world.add_person)
    for owner, media_id in ((other, added.id), (me, added.id + 1)):
        with pytest.raises(NotFound):
            await database.read(library.access_own, owner, media_id)
        with pytest.raises(NotFound):
            await database.write(library.remove, owner, media_id)

    async def describe(tx: Transaction) -> Media:
        return await library.describe(tx, other, added.id, description="mine now")

    with pytest.raises(NotFound):
        await database.write(describe)


async def test_describing(
    database: Database, library: MediaLibrary, me: int, upload: Upload
) -> None:
    added = await upload()

    async def describe(tx: Transaction, **changes: object) -> Media:
        return await library.describe(tx, me, added.id, **changes)

    changed = await database.write(describe, description=" A\x00 bridge ", focus=(0.5, -1.0))
    assert (changed.description, changed.focus_x, changed.focus_y) == ("A bridge", 0.5, -1.0)
    assert await database.write(describe) == changed
    longest = "é" * LONGEST_DESCRIPTION
    assert (await database.write(describe, description=longest)).description == longest
    with pytest.raises(Invalid, match="too long"):
        await database.write(describe, description=longest + "!")


async def test_attachments_keep_the_order_they_were_given_in(
    database: Database, library: MediaLibrary, me: int, upload: Upload, add_post: AddPost
) -> None:
    post = await add_post()
    ids = [(await upload()).id for _ in range(3)][::-1]
    attached = await database.write(library.attach, me, post, [*ids, ids[0]])
    assert [one.id for one in attached] == ids
    found = await database.read(library.of_posts, [post, post + 1])
    assert found == {post: attached}
    assert [one.position for one in attached] == [0, 1, 2]


async def test_an_edit_lets_go_what_is_left_out(
    database: Database,
    library: MediaLibrary,
    me: int,
    upload: Upload,
    add_post: AddPost,
    queue: FakeQueue,
) -> None:
    post = await add_post()
    first, second, third = [await upload() for _ in range(3)]
    await database.write(library.attach, me, post, [first.id, second.id])
    await database.write(library.attach, me, post, [third.id, second.id])
    found = (await database.read(library.of_posts, [post]))[post]
    assert [one.id for one in found] == [third.id, second.id]
    assert queue.jobs == [(DELETE_BLOBS, {"keys": [first.key, first.preview_key]})]


async def test_what_cannot_be_attached(
    database: Database,
    library: MediaLibrary,
    world: World,
    me: int,
    upload: Upload,
    add_post: AddPost,
) -> None:
    post, other_post = await add_post(), await add_post()
    other = await database.write(world.add_person)
    free, used = await upload(), await upload()
    await database.write(library.attach, me, other_post, [used.id])

    async def unready(tx: Transaction) -> int:
        waiting = replace(free, id=world.ids.new(), state="processing", key=None, preview_key=None)
        await tx.run(queries.ADD, **asdict(waiting))
        return waiting.id

    processing = await database.write(unready)
    for owner, ids, why in (
        (me, [used.id], "used already"),
        (me, [free.id, 7], "does not exist"),
        (other, [free.id], "does not exist"),
        (me, [processing], "not finished processing"),
        (me, [(await upload()).id for _ in range(LOCAL_LIMIT + 1)], "4 attachments"),
    ):
        with pytest.raises(Invalid, match=why):
            await database.write(library.attach, owner, post, ids)
    assert await database.read(library.of_posts, [post]) == {}


async def test_removing_an_upload(
    database: Database,
    library: MediaLibrary,
    me: int,
    upload: Upload,
    add_post: AddPost,
    queue: FakeQueue,
) -> None:
    free, used = await upload(), await upload()
    await database.write(library.attach, me, await add_post(), [used.id])
    await database.write(library.remove, me, free.id)
    assert queue.jobs == [(DELETE_BLOBS, {"keys": [free.key, free.preview_key]})]
    with pytest.raises(NotFound):
        await database.read(library.access_own, me, free.id)
    with pytest.raises(Invalid, match="belongs to a post"):
        await database.write(library.remove, me, used.id)
    assert len(queue.jobs) == 1


async def test_files_go_with_their_post(
    database: Database,
    library: MediaLibrary,
    me: int,
    upload: Upload,
    add_post: AddPost,
    queue: FakeQueue,
) -> None:
    post, image = await add_post(), await upload()
    await database.write(library.attach, me, post, [image.id])
    await database.write(library.remove_of_post, post)
    assert queue.jobs == [(DELETE_BLOBS, {"keys": [image.key, image.preview_key]})]
    assert await database.read(library.of_posts, [post]) == {}


async def test_uploads_that_no_post_used_go_after_a_day(
    database: Database,
    library: MediaLibrary,
    clock: ManualClock,
    me: int,
    upload: Upload,
    add_post: AddPost,
    queue: FakeQueue,
    tmp_path: object,
) -> None:
    blobs = BlobStore(tmp_path / "media")
    jobs = MediaJobs(database=database, library=library, blobs=blobs)
    job = Job(1, "any", {}, None, 1, 0)
    old, used = await upload(), await upload()
    await blobs.put(old.key, b"x")
    await database.write(library.attach, me, await add_post(), [used.id])
    clock.advance(23 * HOUR)
    young = await upload()
    await jobs.remove_abandoned(job)
    assert queue.jobs == []
    clock.advance(HOUR + 1)
    await jobs.remove_abandoned(job)
    ((kind, arguments),) = queue.jobs
    assert (kind, arguments["keys"]) == (DELETE_BLOBS, [old.key, old.preview_key])
    await jobs.delete_blobs(Job(1, kind, arguments, None, 1, 0))
    assert await blobs.get(old.key) is None
    for kept in (young, used):
        assert await database.read(library.access_own, me, kept.id)
