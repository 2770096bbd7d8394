"""What people of one site do with posts of another, as a third site sees it."""

from __future__ import annotations

import pytest

from fedrse.activitypub.dispatch import Ignored
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Post
from tests.features.posts.studio import MEMBER, NANTES_MEMBERS, OTHER_MEMBER, OUTSIDE, Studio

AUDIENCES = ("public", "network", "followers", "direct")


async def amina_of(studio: Studio) -> Account:
    found = await studio.database.read(studio.cast.accounts.by_handle, "amina", None)
    assert found is not None
    return found


async def post_of(studio: Studio, author: Account, audience: str, *also: Account) -> Post:
    """A post by somebody of a member site that amina of this site has, too."""
    amina = await amina_of(studio)
    to = {
        "public": [PUBLIC],
        "network": [NANTES_MEMBERS, author.followers_uri],
        "followers": [author.followers_uri],
        "direct": [amina.uri],
    }[audience]
    named = [amina, *also]
    post = await studio.create(
        author,
        audience,
        to=to,
        cc=[one.uri for one in named],
        tag=[{"type": "Mention", "href": one.uri} for one in named],
    )
    assert post.audience == audience
    return post


@pytest.fixture
async def chloe(studio: Studio) -> Account:
    """Of a member site; amina of this site follows her."""
    amina = await studio.cast.local("amina")
    await studio.nantes()
    chloe = await studio.cast.remote("chloe", MEMBER)
    await studio.follow(amina, chloe)
    return chloe


# Who on which site may know which of chloe's posts, as far as this site can tell.
KNOWN = {
    "stranger of the network": (OTHER_MEMBER, "public network"),
    "stranger outside": (OUTSIDE, "public"),
    "colleague": (MEMBER, "public network followers"),
}


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("who", KNOWN)
async def test_who_may_know(studio: Studio, chloe: Account, who: str, audience: str) -> None:
    host, known = KNOWN[who]
    somebody = await studio.cast.remote("somebody", host)
    post = await post_of(studio, chloe, audience)
    may = await studio.database.read(
        studio.posts.may_actor_see, somebody.host, somebody.id, post.id
    )
    assert may is (audience in known.split())
    own = await studio.database.read(studio.posts.may_actor_see, chloe.host, chloe.id, post.id)
    assert own


@pytest.mark.parametrize("audience", AUDIENCES)
async def test_who_is_addressed_may_know(studio: Studio, chloe: Account, audience: str) -> None:
    """Also people whom nobody here knew when the post came."""
    known = await studio.cast.remote("known", OUTSIDE)
    later = f"https://{OUTSIDE}/ap/u/later"
    post = await post_of(studio, chloe, audience, known)
    if audience in ("followers", "direct"):
        post = await studio.create(
            chloe, "again", to=[chloe.followers_uri, later] if audience == "followers" else [later],
            cc=[(await amina_of(studio)).uri],
        )  # fmt: skip
        assert post.audience == audience
        somebody = await studio.cast.remote("later", OUTSIDE)
    else:
        somebody = known
    may = await studio.database.read(
        studio.posts.may_actor_see, somebody.host, somebody.id, post.id
    )
    assert may is (audience != "network")


@pytest.mark.parametrize("audience", ["network", "followers", "direct"])
async def test_a_stranger_hangs_nothing_below_a_post_for_few(
    studio: Studio, chloe: Account, audience: str
) -> None:
    otto = await studio.cast.remote("otto", OUTSIDE)
    post = await post_of(studio, chloe, audience)
    # It concerns nobody here but through the post, which they may not know.
    note = studio.note(otto, "x", inReplyTo=post.uri)
    with pytest.raises(Ignored, match="not_addressed"):
        await studio.receive(otto, {"type": "Create", "object": note})
    await studio.follow(await amina_of(studio), otto)
    reply = await studio.create(otto, "x", inReplyTo=post.uri)
    assert (reply.reply_to_id, reply.reply_to_uri) == (None, post.uri)
    after = await studio.get(post.id)
    assert after is not None
    assert after.replies_count == 0


async def test_a_follower_elsewhere_answers_among_followers(studio: Studio, chloe: Account) -> None:
    """Who follows whom elsewhere is not known here: seen by their own followers only, uncounted."""
    amina = await amina_of(studio)
    dora = await studio.cast.remote("dora", OTHER_MEMBER)
    await studio.follow(amina, dora)
    post = await post_of(studio, chloe, "followers")
    reply = await studio.create(dora, "r", to=[dora.followers_uri], cc=[], inReplyTo=post.uri)
    assert (reply.audience, reply.reply_to_id) == ("followers", post.id)
    after = await studio.get(post.id)
    assert after is not None
    assert after.replies_count == 0


async def test_answers_that_came_first_are_looked_at_again(studio: Studio, chloe: Account) -> None:
    amina = await amina_of(studio)
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    uri = studio.note(chloe, "followers")["id"]
    loud = {"type": "Create", "object": studio.note(otto, "loud", inReplyTo=uri)}
    quiet = studio.note(otto, "quiet", inReplyTo=uri, to=[otto.followers_uri], cc=[])
    for create in (loud, {"type": "Create", "object": quiet}):
        received = studio.cast.received(otto, create, unavailable=frozenset({uri}))
        assert await studio.dispatch(received) == "created"
    post = await post_of(studio, chloe, "followers")
    found = {name: await studio.find(studio.note(otto, name)["id"]) for name in ("loud", "quiet")}
    assert {name: reply and reply.reply_to_id for name, reply in found.items()} == {
        "loud": None,
        "quiet": post.id,
    }
    after = await studio.get(post.id)
    assert after is not None
    assert after.replies_count == 0
