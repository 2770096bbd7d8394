"""Each surface obeys the one rule: single posts, entities, SQL conditions, fetches, threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import BigInteger, bindparam, select

from fedrse.core.errors import NotFound, Unauthenticated
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.posts import service_lists
from fedrse.features.posts.model import Audience, Post, Visibility
from fedrse.features.posts.service import Posts, visible_to
from fedrse.features.posts.service_joins import post as post_table
from fedrse.features.posts.service_lists import ProfileFilter
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.posts.studio import (
    BLOCKED_HOST,
    MEMBER,
    NANTES_MEMBERS,
    OTHER_MEMBER,
    OUTSIDE,
    Studio,
)

VISIBLE = Statement(
    select(post_table.c.id).where(visible_to(bindparam("viewer", type_=BigInteger)))
)

# One letter per audience of a post by amina that names "named": public network site group
# followers direct.
EXPECTED_HERE = {
    "author": "PNSGFD",
    "named": "PNSGFD",
    "follower": "PNS.F.",
    "stranger": "PNS...",
    "member": "PNSG..",
    "blocked": "......",
}
EXPECTED_ELSEWHERE = {
    (MEMBER, "named"): "PN.GFD",
    (MEMBER, "follower"): "PN..F.",
    (MEMBER, None): "PN..F.",  # the site itself: somebody there follows
    (OTHER_MEMBER, None): "PN....",
    (OUTSIDE, "out_named"): "P....D",
    (OUTSIDE, "out_follower"): "P.....",
    (OUTSIDE, None): "P.....",
    (BLOCKED_HOST, "spy"): "......",
}


class Scene:
    """People around amina, and one post of hers for each audience."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.people: dict[str, Account] = {}
        self.posts: dict[str, Post] = {}

    async def prepare(self) -> None:
        cast, studio = self.studio.cast, self.studio
        for name in ("author", "named", "follower", "stranger", "member", "blocked"):
            self.people[name] = await cast.local(name)
        amina = self.people["author"]
        group = await cast.remote("projet", MEMBER, type="Group")
        far = {
            "far_named": await cast.remote("farnamed", MEMBER),
            "far_follower": await cast.remote("farfollower", MEMBER),
            "out_named": await cast.remote("outnamed", OUTSIDE),
            "out_follower": await cast.remote("outfollower", OUTSIDE),
            "spy": await cast.remote("spy", BLOCKED_HOST),
        }
        self.people |= far
        for name in ("named", "follower", "blocked", "far_named", "out_follower", "spy"):
            await studio.follow(self.people[name], amina)
        await studio.follow(far["far_follower"], amina)
        for name in ("author", "named", "member", "far_named"):
            await studio.follow(self.people[name], group)
        text = f"@named @farnamed@{MEMBER} @outnamed@{OUTSIDE} @projet@{MEMBER} @spy@{BLOCKED_HOST}"
        for letter, audience in zip("PNSGFD", Audience, strict=True):
            # Nobody is named but where it matters, so that following alone is seen to work.
            self.posts[letter] = await studio.write(amina, text, audience=audience)
        await studio.block(amina, self.people["blocked"])


@pytest.fixture
async def scene(studio: Studio) -> Scene:
    made = Scene(studio)
    await made.prepare()
    return made


async def test_people_of_this_site(scene: Scene) -> None:
    studio = scene.studio
    ids = [post.id for post in scene.posts.values()]
    for name, expected in EXPECTED_HERE.items():
        viewer = scene.people[name]
        single = ""
        for letter, post in scene.posts.items():
            try:
                await studio.database.read(studio.posts.access_post, viewer.id, post.id)
                single += letter
            except NotFound:
                single += "."
        listed = await studio.seen(viewer, *ids)
        condition = await studio.database.read(_visible, viewer.id)
        profile = await studio.database.read(_profile, viewer.id, scene.people["author"].id)
        for surface in (listed, condition, profile):
            assert _letters(scene, surface) == expected, name
        assert single == expected, name


async def test_signers_of_other_sites(scene: Scene) -> None:
    studio = scene.studio
    names = {"named": "far_named", "follower": "far_follower"}
    for (host, who), expected in EXPECTED_ELSEWHERE.items():
        account = None if who is None else scene.people[names.get(who, who)].id
        fetched = ""
        for letter, post in scene.posts.items():
            try:
                await studio.database.read(
                    studio.posts.access.access_for_site, host, account, post.id
                )
                fetched += letter
            except NotFound:
                fetched += "."
        assert fetched == expected, (host, who)


async def test_nothing_is_delivered_beyond_the_audience(scene: Scene) -> None:
    sent = {entry.object_uri: entry for entry in scene.studio.outbox.sent}
    people = scene.people
    expected = {
        "P": ({"far_named", "out_named"}, True, False, True),
        "N": ({"far_named"}, True, True, True),
        "G": ({"far_named"}, False, True, False),
        "F": ({"far_named"}, False, True, True),
        "D": ({"far_named", "out_named"}, False, False, False),
    }
    assert scene.posts["S"].uri not in sent
    for letter, (named, members, only_members, followers) in expected.items():
        entry = sent[scene.posts[letter].uri]
        ids = {people[name].id for name in named}
        assert ids <= set(entry.recipients.accounts), letter
        assert people["spy"].id not in entry.recipients.accounts
        assert entry.recipients.members is members
        assert entry.recipients.only_members is only_members
        assert (entry.recipients.followers_of is not None) is followers
        hrefs = {tag["href"] for tag in entry.activity["object"]["tag"]}
        assert people["spy"].uri not in hrefs
        assert (people["out_named"].uri in hrefs) is ("out_named" in named), letter
        reached = {*entry.activity["to"], *entry.activity["cc"]}
        assert people["spy"].uri not in reached


async def test_visitors(scene: Scene, make_posts: Callable[..., Posts]) -> None:
    studio = scene.studio
    amina = scene.people["author"]
    ids = [post.id for post in scene.posts.values()]
    assert await studio.seen(None, *ids) == []
    with pytest.raises(Unauthenticated):
        await studio.database.read(studio.posts.access_post, None, scene.posts["P"].id)
    studio.posts = make_posts(public_pages=True)
    assert await studio.seen(None, *ids) == []
    await studio.cast.local("bruno")

    async def agree(tx: Transaction) -> None:
        from fedrse.features.accounts.service import ProfileChanges

        await studio.cast.accounts.update_profile(tx, amina.id, ProfileChanges(public_profile=True))

    await studio.database.write(agree)
    assert _letters(scene, await studio.seen(None, *ids)) == "P....."
    for letter, post in scene.posts.items():
        if letter == "P":
            await studio.database.read(studio.posts.access_post, None, post.id)
        else:
            with pytest.raises(Unauthenticated):
                await studio.database.read(studio.posts.access_post, None, post.id)
    with pytest.raises(Unauthenticated):
        await studio.database.read(studio.posts.access_post, None, 1)
    listed = await studio.database.read(_profile, None, amina.id)
    assert _letters(scene, listed) == "P....."


async def test_remote_posts_for_people_here(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    await studio.nantes()
    await studio.follow(amina, chloe)
    shapes: dict[str, dict[str, Any]] = {
        "public": {},
        "network": {"to": [NANTES_MEMBERS, chloe.followers_uri], "cc": []},
        "followers": {"to": [chloe.followers_uri], "cc": []},
        "direct": {"to": [amina.uri], "cc": []},
    }
    posts = {name: await studio.create(chloe, name, **shape) for name, shape in shapes.items()}
    ids = [post.id for post in posts.values()]
    assert [post.audience for post in posts.values()] == list(shapes)
    assert await studio.seen(amina, *ids) == ids
    assert await studio.seen(bruno, *ids) == ids[:2]
    assert await studio.seen(None, *ids) == []
    # Nothing of another site is handed out to third ones.
    for post in posts.values():
        with pytest.raises(NotFound):
            await studio.database.read(
                studio.posts.access.access_for_site, OTHER_MEMBER, None, post.id
            )


async def test_threads_show_what_the_viewer_may_read(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    carla, dora = await studio.cast.local("carla"), await studio.cast.local("dora")
    root = await studio.write(amina, "root")
    first = await studio.write(bruno, "first", reply_to_id=root.id)
    own = await studio.write(amina, "own", reply_to_id=root.id)
    secret = await studio.write(
        amina, "@bruno psst", visibility=Visibility.DIRECT, reply_to_id=first.id
    )
    below = await studio.write(bruno, "@amina", reply_to_id=secret.id)
    assert below.audience == "direct"
    last = await studio.write(carla, "last", reply_to_id=first.id)

    async def thread(viewer: Account, post: Post) -> tuple[list[int], list[int]]:
        found = await studio.database.read(studio.posts.thread, viewer.id, post)
        return found.ancestors, found.descendants

    assert await thread(bruno, root) == ([], [own.id, first.id, secret.id, below.id, last.id])
    assert await thread(carla, root) == ([], [own.id, first.id, last.id])
    assert await thread(carla, last) == ([root.id, first.id], [])
    assert await thread(bruno, below) == ([root.id, first.id, secret.id], [])
    await studio.block(dora, bruno)
    assert await thread(dora, root) == ([], [own.id, last.id])


async def test_a_suspended_author_is_not_shown(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    boost = await studio.do(studio.posts.boost, bruno, post.id)
    assert await studio.seen(bruno, post.id, boost.id) == [post.id, boost.id]

    async def suspend(tx: Transaction) -> None:
        await studio.cast.accounts.suspend(tx, amina.id, suspended=True)

    await studio.database.write(suspend)
    assert await studio.seen(bruno, post.id, boost.id) == []
    with pytest.raises(NotFound):
        await studio.database.read(studio.posts.access_post, bruno.id, post.id)
    with pytest.raises(NotFound):
        await studio.database.read(studio.posts.access.access_for_site, MEMBER, None, post.id)


def _letters(scene: Scene, ids: list[int]) -> str:
    return "".join(letter if post.id in ids else "." for letter, post in scene.posts.items())


async def _visible(tx: Transaction, viewer: int) -> list[int]:
    return [row.id for row in await tx.all(VISIBLE, viewer=viewer)]


async def _profile(tx: Transaction, viewer: int | None, author: int) -> list[int]:
    return await service_lists.of_account(tx, viewer, author, Page(limit=40), ProfileFilter())
