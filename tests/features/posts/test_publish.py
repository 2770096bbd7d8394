"""Publishing: what is written, who is named, who gets it."""

from __future__ import annotations

import msgspec
import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.posts.model import Audience, Post, Visibility
from fedrse.features.posts.model_events import PostPublished
from fedrse.features.posts.tables import post as post_table
from tests.features.posts.studio import BLOCKED_HOST, MEMBER, OUTSIDE, Studio


def test_the_value_has_the_columns_of_the_table() -> None:
    assert Post.__struct_fields__ == tuple(column.name for column in post_table.columns)


async def test_a_post_is_written_once_and_sent_to_the_network(
    studio: Studio, local_ids: LocalIds
) -> None:
    amina = await studio.cast.local("amina")
    studio.hear(PostPublished)
    post = await studio.write(amina, "Bonjour à tous\n\nDeuxième")
    assert post.content == "<p>Bonjour à tous</p><p>Deuxième</p>"
    assert (post.audience, post.listed, post.local) == ("network", True, True)
    assert post.uri == local_ids.uri("post", post.id)
    assert post.url == f"{local_ids.origin}/@amina/{post.id}"
    assert await studio.get(post.id) == post
    assert (await studio.cast.again(amina)).statuses_count == 1
    sent = studio.outbox.last("Create")
    assert sent.sender == amina.id
    assert sent.recipients.members
    assert sent.recipients.only_members
    assert sent.recipients.followers_of == amina.id
    assert sent.object_uri == post.uri
    assert sent.activity["to"] == [local_ids.members, amina.followers_uri]
    note = sent.activity["object"]
    assert note["to"] == sent.activity["to"]
    assert note["content"] == post.content
    assert note["attributedTo"] == amina.uri
    assert note["context"] == note["conversation"] == local_ids.uri("context", post.id)
    (event,) = studio.heard
    assert event == PostPublished(
        post_id=post.id,
        account_id=amina.id,
        local=True,
        audience="network",
        reply_to_id=None,
        reply_to_account_id=None,
        reply_to_uri=None,
        mentioned=(),
        fresh=True,
    )


@pytest.mark.parametrize(
    ("draft", "audience", "types"),
    [
        ({"visibility": Visibility.PUBLIC}, "network", ["Create"]),
        ({"visibility": Visibility.UNLISTED}, "network", ["Create"]),
        ({"visibility": Visibility.PRIVATE}, "followers", ["Create"]),
        ({"visibility": Visibility.DIRECT}, "direct", []),
        ({"audience": Audience.PUBLIC}, "public", ["Create"]),
        ({"audience": Audience.SITE}, "site", []),
        ({"local_only": True}, "site", []),
    ],
)
async def test_only_what_may_leave_is_sent(
    studio: Studio, draft: dict[str, object], audience: str, types: list[str]
) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, **draft)
    assert post.audience == audience
    assert studio.outbox.types() == types


async def test_mentions_inside_and_outside(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    bruno = await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    otto = await studio.cast.remote("otto", OUTSIDE)
    text = f"@bruno @chloe@{MEMBER} @otto@{OUTSIDE} @nobody@{OUTSIDE}"
    studio.hear(PostPublished)
    post = await studio.write(amina, text)
    assert post.content.count('class="u-url mention"') == 3
    assert f"@nobody@{OUTSIDE}" in post.content
    people = (await studio.database.read(studio.posts.rows.people_of, [post.id]))[post.id]
    assert [(one.account_id, one.reached, one.silent) for one in people] == [
        (bruno.id, True, False),
        (chloe.id, True, False),
        (otto.id, False, False),
    ]
    sent = studio.outbox.last("Create")
    assert sent.recipients.accounts == (chloe.id,)
    assert sent.activity["cc"] == [bruno.uri, chloe.uri]
    tags = [tag["href"] for tag in sent.activity["object"]["tag"]]
    assert tags == [bruno.uri, chloe.uri]
    assert studio.heard[0].mentioned == (bruno.id, chloe.id)
    status = await studio.status(amina, post.id)
    assert [one["id"] for one in status["mentions"]] == [str(bruno.id), str(chloe.id)]
    assert [one["acct"] for one in status["not_reached"]] == [f"otto@{OUTSIDE}"]


async def test_a_blocked_host_gets_nothing_even_if_named(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    await studio.cast.remote("spy", BLOCKED_HOST)
    post = await studio.write(amina, f"@spy@{BLOCKED_HOST}", visibility=Visibility.DIRECT)
    assert studio.outbox.sent == []
    people = (await studio.database.read(studio.posts.rows.people_of, [post.id]))[post.id]
    assert [one.reached for one in people] == [False]


async def test_direct_posts_go_to_own_inboxes_of_the_named(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.write(amina, f"@otto@{OUTSIDE} psst", visibility=Visibility.DIRECT)
    sent = studio.outbox.last("Create")
    assert sent.recipients.personal
    assert sent.recipients.accounts == (otto.id,)
    assert not sent.recipients.members
    assert sent.recipients.followers_of is None
    assert sent.activity["to"] == [otto.uri]
    assert sent.activity["cc"] == []
    assert (await studio.cast.again(amina)).statuses_count == 0


async def test_replies_are_narrowed_and_address_the_author(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    bruno = await studio.cast.local("bruno")
    parent = await studio.write(amina, audience=Audience.SITE)
    reply = await studio.write(bruno, "Oui", audience=Audience.PUBLIC, reply_to_id=parent.id)
    assert reply.audience == "site"
    assert (reply.reply_to_id, reply.reply_to_account_id) == (parent.id, amina.id)
    assert (reply.thread_id, reply.conversation) == (parent.thread_id, parent.conversation)
    people = (await studio.database.read(studio.posts.rows.people_of, [reply.id]))[reply.id]
    assert [(one.account_id, one.silent, one.reached) for one in people] == [(amina.id, True, True)]
    assert studio.outbox.sent == []
    after = await studio.get(parent.id)
    assert after is not None
    assert after.replies_count == 1


async def test_replies_for_few_are_not_counted(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    bruno = await studio.cast.local("bruno")
    parent = await studio.write(amina)
    await studio.write(bruno, "@amina", visibility=Visibility.DIRECT, reply_to_id=parent.id)
    await studio.write(bruno, "x", visibility=Visibility.PRIVATE, reply_to_id=parent.id)
    await studio.write(bruno, "y", reply_to_id=parent.id)
    after = await studio.get(parent.id)
    assert after is not None
    assert after.replies_count == 1


async def test_the_answered_author_is_reached_by_a_reply_for_followers(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    await studio.follow(amina, chloe)
    parent = await studio.create(chloe, "p", to=[chloe.followers_uri], cc=[])
    assert parent.audience == "followers"
    reply = await studio.write(amina, "Oui", reply_to_id=parent.id)
    assert reply.audience == "followers"
    sent = studio.outbox.last("Create")
    assert sent.recipients.accounts == (chloe.id,)
    assert sent.recipients.only_members
    assert sent.activity["to"] == [amina.followers_uri]
    assert sent.activity["cc"] == [chloe.uri]
    assert sent.activity["object"]["inReplyTo"] == parent.uri


async def test_what_cannot_be_seen_cannot_be_answered(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    bruno = await studio.cast.local("bruno")
    secret = await studio.write(amina, visibility=Visibility.DIRECT)
    for reference in (secret.id, secret.id + 1):
        with pytest.raises(NotFound, match="does not appear to exist"):
            await studio.write(bruno, reply_to_id=reference)


async def test_the_same_request_gives_the_same_post(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    bruno = await studio.cast.local("bruno")
    first = await studio.write(amina, "a", idempotency_key="k")
    again = await studio.write(amina, "a", idempotency_key="k")
    assert again.id == first.id
    assert (await studio.write(bruno, "a", idempotency_key="k")).id != first.id
    studio.clock.advance(25 * 3_600_000)
    assert (await studio.write(amina, "a", idempotency_key="k")).id != first.id
    assert len(studio.outbox.sent) == 3


@pytest.mark.parametrize(
    ("draft", "sentence"),
    [
        ({"text": "  "}, "Validation failed: Text can't be blank"),
        ({"text": "x" * 501}, "Validation failed: Text character limit of 500 exceeded"),
        (
            {"text": "x" * 400, "summary": "y" * 101},
            "Validation failed: Text character limit of 500 exceeded",
        ),
        ({"content_type": "text/html"}, "Validation failed: Content type is not supported"),
        ({"poll": {"options": ["a", "b"]}}, "Validation failed: Polls are not available"),
        (
            {"local_only": True, "audience": Audience.PUBLIC},
            "Validation failed: local_only is not possible with this audience",
        ),
        (
            {"audience": Audience.GROUP},
            "Validation failed: A post for a group must mention a group that you are a member of",
        ),
    ],
)
async def test_what_cannot_be_published(
    studio: Studio, draft: dict[str, object], sentence: str
) -> None:
    amina = await studio.cast.local("amina")
    with pytest.raises(Invalid) as raised:
        await studio.write(amina, **({"text": "ok"} | draft))
    assert raised.value.message == sentence
    assert studio.outbox.sent == []
    assert (await studio.cast.again(amina)).statuses_count == 0


async def test_tags_are_one_whatever_the_spelling(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    first = await studio.write(amina, "#Réunion #reunion #Été")
    second = await studio.write(amina, "#REUNION")
    status = await studio.status(amina, first.id)
    assert [tag["name"] for tag in status["tags"]] == ["ete", "reunion"]
    tags = studio.outbox.sent[0].activity["object"]["tag"]
    assert [(tag["type"], tag["name"]) for tag in tags] == [
        ("Hashtag", "#Réunion"),
        ("Hashtag", "#Été"),
    ]
    assert [tag["name"] for tag in (await studio.status(amina, second.id))["tags"]] == ["reunion"]


async def test_markdown_and_warning(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(
        amina, "**fort**", content_type="text/markdown", summary="Attention", language="FR"
    )
    assert post.content == "<p><strong>fort</strong></p>"
    assert (post.source, post.source_type, post.sensitive) == ("**fort**", "text/markdown", True)
    note = studio.outbox.last("Create").activity["object"]
    assert note["summary"] == "Attention"
    assert note["contentMap"] == {"fr": post.content}


async def test_a_post_for_a_group_goes_to_its_members(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    bruno = await studio.cast.local("bruno")
    outsider = await studio.cast.local("oscar")
    group = await studio.cast.remote("projet", MEMBER, type="Group")
    for person in (amina, bruno):
        await studio.follow(person, group)
    post = await studio.write(amina, f"@projet@{MEMBER} nouvelles", audience=Audience.GROUP)
    assert post.audience == "group"
    sent = studio.outbox.last("Create")
    assert sent.recipients.accounts == (group.id,)
    assert sent.activity["to"] == [group.uri]
    assert await studio.seen(bruno, post.id) == [post.id]
    assert await studio.seen(outsider, post.id) == []
    assert (await studio.status(amina, post.id))["visibility"] == "private"
    reply = await studio.write(bruno, "bien", visibility=Visibility.PRIVATE, reply_to_id=post.id)
    assert reply.audience == "group"
    assert studio.outbox.last("Create").recipients.accounts == (group.id,)


async def test_where_the_default_is_the_world(studio: Studio, make_posts: object) -> None:
    assert callable(make_posts)
    studio.posts = make_posts(default_audience=Audience.PUBLIC, closed=False)
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    post = await studio.write(amina, f"@otto@{OUTSIDE}", visibility=Visibility.UNLISTED)
    assert (post.audience, post.listed) == ("public", False)
    sent = studio.outbox.last("Create")
    assert sent.activity["to"] == [amina.followers_uri]
    assert sent.activity["cc"] == [PUBLIC, otto.uri]
    assert sent.recipients.accounts == (otto.id,)
    assert not sent.recipients.only_members
    assert msgspec.json.encode(sent.activity)
