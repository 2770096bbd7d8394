"""Changing and deleting posts, and what people keep for themselves."""

from __future__ import annotations

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.clock import MINUTE, to_iso
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.features.posts.model import Audience, Visibility
from fedrse.features.posts.model_events import PostDeleted, PostEdited
from tests.features.posts.studio import MEMBER, OUTSIDE, Studio


async def test_an_edit_makes_a_version_and_an_update(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, "un #avant", summary="attention")
    studio.hear(PostEdited)
    studio.clock.advance(MINUTE)
    edited = await studio.edit(amina, post.id, text="deux #après", summary="")
    assert edited.edited_at == studio.clock.now()
    assert edited.content.startswith("<p>deux")
    assert await studio.get(post.id) == edited
    sent = studio.outbox.last("Update")
    assert sent.object_uri == post.uri
    assert sent.activity["object"]["updated"] == to_iso(studio.clock.now())
    assert sent.activity["object"]["content"] == edited.content
    assert sent.activity["to"] == studio.outbox.last("Create").activity["to"]
    assert studio.heard == [PostEdited(post.id, amina.id, local=True)]
    versions = await studio.database.read(studio.posts.history, edited)
    assert [(one.content, one.summary, one.sensitive) for one in versions] == [
        (post.content, "attention", True),
        (edited.content, "", True),
    ]
    assert [one.created_at for one in versions] == [post.created_at, edited.edited_at]
    status = await studio.status(bruno, post.id)
    assert [tag["name"] for tag in status["tags"]] == ["apres"]
    assert status["edited_at"] == to_iso(studio.clock.now())


async def test_an_edit_that_changes_nothing_is_not_told(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, "un")
    assert await studio.edit(amina, post.id, text="un") == post
    assert studio.outbox.types() == ["Create"]


async def test_an_edit_does_not_widen(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    direct = await studio.write(amina, "@bruno", visibility=Visibility.DIRECT)
    await studio.edit(amina, direct.id, text=f"@bruno @chloe@{MEMBER}")
    assert await studio.seen(bruno, direct.id) == [direct.id]
    assert [one["acct"] for one in (await studio.status(amina, direct.id))["not_reached"]] == [
        f"chloe@{MEMBER}"
    ]
    assert studio.outbox.types() == []
    wide = await studio.write(amina, "bonjour")
    await studio.edit(amina, wide.id, text=f"bonjour @chloe@{MEMBER}")
    assert studio.outbox.last("Update").recipients.accounts == (chloe.id,)
    # Who is no longer named still gets what is told about the post.
    await studio.edit(amina, wide.id, text="au revoir")
    update = studio.outbox.last("Update")
    assert update.recipients.accounts == (chloe.id,)
    assert update.activity["object"]["tag"] == []
    await studio.edit(amina, wide.id, text=f"encore @chloe@{MEMBER}")
    assert len(studio.outbox.last("Update").activity["object"]["tag"]) == 1


async def test_only_the_author_edits(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    boost = await studio.do(studio.posts.boost, amina, post.id)
    with pytest.raises(NotFound):
        await studio.edit(bruno, post.id, text="x")
    with pytest.raises(Invalid):
        await studio.edit(amina, boost.id, text="x")
    with pytest.raises(Invalid, match="can't be blank"):
        await studio.edit(amina, post.id, text=" ")
    assert await studio.get(post.id) is not None


async def test_delete_tells_everybody_who_may_have_it(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    otto = await studio.cast.remote("otto", OUTSIDE)
    post = await studio.write(amina, f"@chloe@{MEMBER}", audience=Audience.PUBLIC)
    reply = await studio.write(bruno, "oui", reply_to_id=post.id)
    await studio.receive(
        otto,
        {
            "type": "Announce",
            "id": f"{otto.uri}/1",
            "object": post.uri,
            "to": [PUBLIC],
        },
    )
    studio.hear(PostDeleted)
    await studio.do(studio.posts.delete, amina, post.id)
    sent = studio.outbox.last("Delete")
    assert sent.activity["object"]["type"] == "Tombstone"
    assert sent.activity["object"]["id"] == post.uri
    assert sent.object_uri == post.uri
    assert sent.recipients.accounts == (chloe.id,)
    assert sent.recipients.hosts == (OUTSIDE,)
    assert sent.recipients.members
    assert len(studio.heard) == 2
    assert await studio.get(post.id) is None
    left = await studio.get(reply.id)
    assert left is not None
    assert left.reply_to_id is None
    assert (await studio.cast.again(amina)).statuses_count == 0
    assert (await studio.cast.again(otto)).statuses_count == 0
    with pytest.raises(NotFound):
        await studio.do(studio.posts.delete, amina, post.id)


async def test_a_deleted_reply_is_no_longer_counted(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    reply = await studio.write(bruno, "oui", reply_to_id=post.id)
    with pytest.raises(NotFound):
        await studio.do(studio.posts.delete, amina, reply.id)
    await studio.do(studio.posts.delete, bruno, reply.id)
    assert (await studio.status(amina, post.id))["replies_count"] == 0


async def test_a_post_of_the_site_leaves_no_trace_outside(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, local_only=True)
    await studio.edit(amina, post.id, text="deux")
    await studio.do(studio.posts.delete, amina, post.id)
    assert studio.outbox.sent == []
    assert not await studio.database.read(studio.posts.rows.is_buried, post.uri, amina.uri)


async def test_bookmarks_and_muted_threads(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    reply = await studio.write(bruno, "oui", reply_to_id=post.id)
    secret = await studio.write(amina, visibility=Visibility.DIRECT)
    marks = studio.posts.marks
    for work in (marks.bookmark, marks.mute_thread):
        await studio.do(work, bruno.id, post.id)
        await studio.do(work, bruno.id, post.id)
        with pytest.raises(NotFound):
            await studio.do(work, bruno.id, secret.id)
    status = await studio.status(bruno, post.id)
    assert (status["bookmarked"], status["muted"]) == (True, True)
    assert (await studio.status(bruno, reply.id))["muted"] is True
    assert (await studio.status(amina, post.id))["bookmarked"] is False
    await studio.do(marks.unbookmark, bruno.id, post.id)
    await studio.do(marks.unmute_thread, bruno.id, reply.id)
    status = await studio.status(bruno, post.id)
    assert (status["bookmarked"], status["muted"]) == (False, False)


async def test_marks_belong_to_the_posts_of_a_page(studio: Studio) -> None:
    """At its ends, between them, and next to it."""
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    ids = [(await studio.write(amina, f"number {number}")).id for number in range(6)]
    for place in (1, 3, 4):
        await studio.do(studio.posts.marks.bookmark, bruno.id, ids[place])
    for first in range(6):
        for last in range(first, 6):
            for step in (1, 2, 3):
                page = ids[first : last + 1 : step]
                for shown in (page, page[::-1]):
                    statuses = await studio.statuses(bruno, *shown)
                    marked = [int(one["id"]) for one in statuses if one["bookmarked"]]
                    assert marked == [one for one in shown if ids.index(one) in (1, 3, 4)]


async def test_pins(studio: Studio, local_ids: LocalIds) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    marks = studio.posts.marks
    await studio.do(marks.pin, amina, post.id)
    await studio.do(marks.pin, amina, post.id)
    assert (await studio.status(amina, post.id))["pinned"] is True
    add = studio.outbox.last("Add")
    assert add.activity["target"] == local_ids.uri("actor", amina.id, "featured")
    assert add.activity["object"] == post.uri
    assert add.recipients.only_members
    assert studio.outbox.types() == ["Create", "Add"]
    with pytest.raises(Invalid, match="Someone else's"):
        await studio.do(marks.pin, bruno, post.id)
    direct = await studio.write(amina, visibility=Visibility.DIRECT)
    with pytest.raises(Invalid):
        await studio.do(marks.pin, amina, direct.id)
    for number in range(4):
        await studio.do(marks.pin, amina, (await studio.write(amina, str(number))).id)
    with pytest.raises(Invalid, match="maximum"):
        await studio.do(marks.pin, amina, (await studio.write(amina, "x")).id)
    await studio.do(marks.unpin, amina, post.id)
    assert studio.outbox.last("Remove").activity["object"] == post.uri
    assert (await studio.status(amina, post.id))["pinned"] is False


async def test_pins_of_others(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    featured = f"https://{OUTSIDE}/ap/u/otto/featured"
    otto = await studio.cast.remote("otto", OUTSIDE, featured=featured)
    other = await studio.cast.remote("other", OUTSIDE)
    await studio.follow(amina, otto)
    await studio.follow(amina, other)
    mine, theirs = await studio.create(otto, "1"), await studio.create(other, "2")
    add = {"type": "Add", "target": featured, "object": mine.uri}
    assert await studio.receive(otto, add) == "pinned"
    assert await studio.receive(otto, add) == "duplicate"
    from fedrse.activitypub.dispatch import Ignored, Needs, Refused

    with pytest.raises(Ignored, match="other_collection"):
        await studio.receive(other, add)
    with pytest.raises(Refused):
        await studio.receive(otto, {**add, "object": theirs.uri})
    with pytest.raises(Needs):
        await studio.receive(otto, {**add, "object": f"https://{OUTSIDE}/notes/9"})
    assert await studio.receive(otto, {**add, "type": "Remove"}) == "unpinned"
    with pytest.raises(Ignored):
        await studio.receive(otto, {**add, "type": "Remove"})


async def test_an_answer_that_the_author_does_not_want(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    closed = {"canReply": {"automaticApproval": [otto.uri], "manualApproval": [None, 7]}}
    post = await studio.create(otto, "1", interactionPolicy=closed)
    with pytest.raises(Forbidden):
        await studio.write(amina, "x", reply_to_id=post.id)
    fans = {"canReply": {"automaticApproval": [otto.uri, otto.followers_uri]}}
    other = await studio.create(otto, "2", interactionPolicy=fans)
    assert (await studio.write(amina, "x", reply_to_id=other.id)).reply_to_id == other.id


async def test_what_somebody_deleted_wrote_goes(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    theirs = [await studio.create(otto, str(number)) for number in range(3)]
    own = await studio.write(amina)
    await studio.do(studio.posts.boost, bruno, theirs[0].id)
    reply = await studio.create(otto, "r", inReplyTo=(await studio.write(bruno)).uri)
    await studio.database.write(studio.cast.accounts.delete_remote, otto)
    assert studio.queue.jobs[-1] == ("posts.forget_author", {"account": otto.id})
    assert await studio.seen(amina, theirs[1].id) == []
    assert await studio.do(studio.posts.remover.forget_author, otto.id) is False
    for post in (*theirs, reply):
        assert await studio.get(post.id) is None
    assert await studio.get(own.id) is not None
    assert (await studio.cast.again(bruno)).statuses_count == 1
