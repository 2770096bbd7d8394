"""The statuses API over a real socket: codes, sentences, shapes, paging."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fedrse.core.clock import MINUTE
from fedrse.features.accounts.model import Account
from fedrse.features.posts.api import StatusesApi
from fedrse.features.posts.api_actions import ActionsApi
from fedrse.features.posts.model import Audience, Post, Visibility
from tests.features.posts.studio import MEMBER, Studio
from tests.features.surface import Surface, surface

BASE = "/api/v1/statuses"


class Client:
    """Calls as one person."""

    def __init__(self, where: Surface, who: Account | None) -> None:
        self._where = where
        self._who = None if who is None else who.id

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        status, _, body = await self._where.call(method, path, self._who, **options)
        return status, body

    async def links(self, path: str) -> tuple[Any, dict[str, str]]:
        """The document and its Link header by relation."""
        status, headers, body = await self._where.call("GET", path, self._who)
        assert status == 200, body
        found = re.findall(r'<[^>]*?(/api[^>]*)>; rel="(\w+)"', headers.get("Link", ""))
        return body, {relation: address for address, relation in found}

    async def get(self, path: str) -> Any:
        status, body = await self.call("GET", path)
        assert status == 200, body
        return body

    async def post(self, path: str, **data: Any) -> Any:
        status, body = await self.call("POST", path, json=data)
        assert status == 200, body
        return body


@pytest.fixture
def looked_up() -> list[list[tuple[str, str]]]:
    return []


@pytest.fixture
def opened() -> list[int]:
    return []


@pytest.fixture
async def where(
    studio: Studio, looked_up: list[list[tuple[str, str]]], opened: list[int]
) -> AsyncIterator[Surface]:
    async def look_up(handles: list[tuple[str, str]]) -> None:
        looked_up.append(handles)

    async def remember(post: Post) -> None:
        opened.append(post)

    statuses = StatusesApi(
        database=studio.database,
        posts=studio.posts,
        people=studio.cast.accounts,
        look_up=look_up,
        opened=remember,
    )
    actions = ActionsApi(database=studio.database, posts=studio.posts, people=studio.cast.accounts)
    routes = [*statuses.routes(), *actions.routes()]
    async with surface(routes, clock=studio.clock) as found:
        yield found


async def test_posting(
    studio: Studio, where: Surface, looked_up: list[list[tuple[str, str]]]
) -> None:
    amina = await studio.cast.local("amina")
    me = Client(where, amina)
    status = await me.post(
        BASE,
        status=f"Bonjour @chloe@{MEMBER}",
        visibility="unlisted",
        language="fr",
        spoiler_text="cw",
    )
    assert (status["visibility"], status["audience"]) == ("unlisted", "network")
    assert (status["spoiler_text"], status["sensitive"], status["language"]) == ("cw", True, "fr")
    assert looked_up == [[("chloe", MEMBER)]]
    extended = await me.post(BASE, status="x", audience="public", content_type="text/markdown")
    assert extended["audience"] == "public"
    local = await me.post(BASE, status="x", local_only="true")
    assert (local["audience"], local["local_only"], local["visibility"]) == (
        "site",
        True,
        "private",
    )
    reply = await me.post(BASE, status="y", in_reply_to_id=status["id"])
    assert reply["in_reply_to_id"] == status["id"]
    form = await me.call("POST", BASE, data={"status": "form", "sensitive": "", "poll": ""})
    assert form[0] == 200
    only_warning = await me.post(BASE, status="", spoiler_text="texte")
    assert (only_warning["content"], only_warning["spoiler_text"]) == ("<p>texte</p>", "")


@pytest.mark.parametrize(
    "draft",
    [
        {"status": "texte"},
        {"status": "à @bob et #Projet", "language": "fr"},
        {"status": "à @bob", "visibility": "direct"},
        {"status": "**x**", "content_type": "text/markdown", "spoiler_text": "cw"},
        {"status": "x", "visibility": "private"},
    ],
)
async def test_the_answer_is_what_is_read_later(
    studio: Studio, where: Surface, draft: dict[str, Any]
) -> None:
    await studio.cast.local("bob")
    me = Client(where, await studio.cast.local("amina"))
    answer = await me.post(BASE, **draft)
    studio.posts.fragments._pieces.forget_all()
    assert await me.get(f"{BASE}/{answer['id']}") == answer
    first = (await me.post(BASE, status="y"))["account"]["statuses_count"]
    assert first == answer["account"]["statuses_count"] + 1


async def test_the_idempotency_key(studio: Studio, where: Surface) -> None:
    me = Client(where, await studio.cast.local("amina"))
    headers = {"Idempotency-Key": "abc"}
    first = await me.call("POST", BASE, json={"status": "x"}, headers=headers)
    again = await me.call("POST", BASE, json={"status": "x"}, headers=headers)
    assert first[0] == again[0] == 200
    assert first[1]["id"] == again[1]["id"]


@pytest.mark.parametrize(
    ("data", "code", "sentence"),
    [
        ({}, 422, "Validation failed: Text can't be blank"),
        ({"status": "x" * 501}, 422, "Validation failed: Text character limit of 500 exceeded"),
        (
            {"status": "x", "visibility": "secret"},
            422,
            "Validation failed: Visibility is not included in the list",
        ),
        (
            {"status": "x", "audience": "all"},
            422,
            "Validation failed: Audience is not included in the list",
        ),
        (
            {"status": "x", "in_reply_to_id": "1"},
            404,
            "The post you are trying to reply to does not appear to exist.",
        ),
        (
            {"status": "x", "in_reply_to_id": "abc"},
            404,
            "The post you are trying to reply to does not appear to exist.",
        ),
        (
            {"status": "x", "media_ids": ["12"]},
            422,
            "An attachment does not exist or is used already",
        ),
        (
            {"status": "x", "scheduled_at": "2030-01-01T00:00:00Z"},
            422,
            "Validation failed: Scheduled posts are not available",
        ),
        (
            {"status": "x", "poll": {"options": ["a", "b"], "expires_in": 300}},
            422,
            "Validation failed: Polls are not available",
        ),
    ],
)
async def test_what_cannot_be_posted(
    studio: Studio, where: Surface, data: dict[str, Any], code: int, sentence: str
) -> None:
    me = Client(where, await studio.cast.local("amina"))
    status, body = await me.call("POST", BASE, json=data)
    assert (status, body["error"]) == (code, sentence)
    assert studio.outbox.sent == []


async def test_everything_needs_a_login(studio: Studio, where: Surface) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, audience=Audience.PUBLIC)
    nobody = Client(where, None)
    one = f"{BASE}/{post.id}"
    for method, path in [
        ("POST", BASE),
        ("GET", one),
        ("PUT", one),
        ("DELETE", one),
        ("GET", f"{one}/context"),
        ("GET", f"{one}/source"),
        ("GET", f"{one}/history"),
        ("GET", f"{one}/reblogged_by"),
        ("POST", f"{one}/reblog"),
        ("POST", f"{one}/bookmark"),
        ("POST", f"{one}/pin"),
        ("GET", "/api/v1/bookmarks"),
        ("GET", f"/api/v1/accounts/{amina.id}/statuses"),
        # What does not exist looks the same.
        ("GET", f"{BASE}/1"),
        ("GET", "/api/v1/accounts/1/statuses"),
    ]:
        status, body = await nobody.call(method, path)
        assert (status, "error" in body) == (401, True), (method, path)
    assert await nobody.get(f"{BASE}?id[]={post.id}") == []


async def test_ids_that_are_none_and_posts_of_others(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    secret = await studio.write(amina, visibility=Visibility.DIRECT)
    public = await studio.write(amina)
    me = Client(where, bruno)
    for identifier in ("abc", "-1", "99999999999999999999", "1", str(secret.id)):
        for method, tail in (
            ("GET", ""),
            ("GET", "/context"),
            ("GET", "/history"),
            ("GET", "/source"),
            ("POST", "/reblog"),
            ("POST", "/bookmark"),
            ("POST", "/mute"),
            ("POST", "/pin"),
            ("DELETE", ""),
        ):
            status, body = await me.call(method, f"{BASE}/{identifier}{tail}")
            assert (status, body["error"]) == (404, "Record not found"), (identifier, tail)
    for method, tail in (("DELETE", ""), ("GET", "/source"), ("PUT", "")):
        status, _ = await me.call(method, f"{BASE}/{public.id}{tail}", json={"status": "x"})
        assert status == 404
    assert await studio.get(public.id) == public


async def test_editing_source_and_history(studio: Studio, where: Surface) -> None:
    amina = await studio.cast.local("amina")
    me = Client(where, amina)
    first = await me.post(BASE, status="**un**", content_type="text/markdown", spoiler_text="cw")
    one = f"{BASE}/{first['id']}"
    assert await me.get(f"{one}/source") == {
        "id": first["id"],
        "text": "**un**",
        "spoiler_text": "cw",
        "content_type": "text/markdown",
    }
    studio.clock.advance(MINUTE)
    status, body = await me.call("PUT", one, json={"status": "deux", "spoiler_text": ""})
    assert status == 200
    assert (body["content"], body["spoiler_text"]) == ("<p>deux</p>", "")
    history = await me.get(f"{one}/history")
    assert [version["content"] for version in history] == [
        "<p><strong>un</strong></p>",
        "<p>deux</p>",
    ]
    assert history[0]["account"]["id"] == str(amina.id)
    assert set(history[0]) >= {"created_at", "sensitive", "media_attachments", "emojis"}
    status, body = await me.call("PUT", one, json={"status": " "})
    assert (status, body["error"]) == (422, "Validation failed: Text can't be blank")
    status, body = await me.call(
        "PUT", f"{one}/interaction_policy", json={"quote_approval_policy": "nobody"}
    )
    assert body["quote_approval"]["automatic"] == []


async def test_deleting_gives_the_source_back(studio: Studio, where: Surface) -> None:
    me = Client(where, await studio.cast.local("amina"))
    first = await me.post(BASE, status="Texte *tel quel*")
    status, body = await me.call("DELETE", f"{BASE}/{first['id']}")
    assert (status, body["text"], body["id"]) == (200, "Texte *tel quel*", first["id"])
    assert (await me.call("GET", f"{BASE}/{first['id']}"))[0] == 404
    assert (await me.call("DELETE", f"{BASE}/{first['id']}"))[0] == 404


async def test_the_thread(studio: Studio, where: Surface, opened: list[int]) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    root = await studio.write(amina, "1")
    middle = await studio.write(bruno, "2", reply_to_id=root.id)
    last = await studio.write(amina, "3", reply_to_id=middle.id)
    me = Client(where, bruno)
    context = await me.get(f"{BASE}/{middle.id}/context")
    assert [one["id"] for one in context["ancestors"]] == [str(root.id)]
    assert [one["id"] for one in context["descendants"]] == [str(last.id)]
    assert opened == []
    remote = await studio.create(chloe)
    assert await me.get(f"{BASE}/{remote.id}/context") == {"ancestors": [], "descendants": []}
    assert opened == [remote.id]


async def test_a_thread_that_was_read_before_changes(studio: Studio, where: Surface) -> None:
    """What is remembered of a thread is neither shown too long nor to others."""
    amina, bruno, chloe = [await studio.cast.local(one) for one in ("amina", "bruno", "chloe")]
    root = await studio.write(amina, "1")
    first = await studio.write(bruno, "2", reply_to_id=root.id)
    path = f"{BASE}/{root.id}/context"

    async def below(who: Account) -> list[str]:
        context = await Client(where, who).get(path)
        return [one["content"] for one in context["descendants"]]

    for reader in (amina, bruno, chloe):
        assert await below(reader) == ["<p>2</p>"]
    await studio.write(amina, "3", reply_to_id=first.id)
    assert await below(chloe) == ["<p>2</p>", "<p>3</p>"]
    await studio.edit(bruno, first.id, text="2a")
    assert await below(chloe) == ["<p>2a</p>", "<p>3</p>"]
    liked = await Client(where, chloe).post(f"{BASE}/{first.id}/bookmark")
    context = await Client(where, chloe).get(path)
    assert liked["bookmarked"]
    assert [one["bookmarked"] for one in context["descendants"]] == [True, False]
    context = await Client(where, amina).get(path)
    assert [one["bookmarked"] for one in context["descendants"]] == [False, False]
    assert (await Client(where, bruno).call("DELETE", f"{BASE}/{first.id}"))[0] == 200
    assert "<p>2a</p>" not in await below(chloe)


async def test_whose_thread_may_be_opened(studio: Studio, where: Surface) -> None:
    """Whom the author blocked gets none; muting the author hides answers, not the question."""
    amina, bruno, chloe = [await studio.cast.local(one) for one in ("amina", "bruno", "chloe")]
    root = await studio.write(amina, "1")
    await studio.write(bruno, "2", reply_to_id=root.id)
    path = f"{BASE}/{root.id}/context"
    await Client(where, bruno).get(path)
    await studio.mute(chloe, amina)
    context = await Client(where, chloe).get(path)
    assert [one["content"] for one in context["descendants"]] == ["<p>2</p>"]
    await studio.block(amina, bruno)
    assert (await Client(where, bruno).call("GET", path))[0] == 404
    private = await studio.write(amina, "3", visibility=Visibility.PRIVATE)
    assert (await Client(where, chloe).call("GET", f"{BASE}/{private.id}/context"))[0] == 404
    assert (await Client(where, amina).call("GET", f"{BASE}/{private.id}/context"))[0] == 200
    assert (await Client(where, None).call("GET", path))[0] == 401


async def test_a_thread_without_those_whom_one_does_not_want_to_read(
    studio: Studio, where: Surface
) -> None:
    amina, bruno, chloe, dana = [
        await studio.cast.local(name) for name in ("amina", "bruno", "chloe", "dana")
    ]
    root = await studio.write(amina, "1")
    blocked = await studio.write(chloe, "2", reply_to_id=root.id)
    below = await studio.write(amina, "3", reply_to_id=blocked.id)
    muted = await studio.write(dana, "4", reply_to_id=below.id)
    last = await studio.write(amina, "5", reply_to_id=muted.id)

    async def around(who: Account, post: Post) -> tuple[list[str], list[str]]:
        context = await Client(where, who).get(f"{BASE}/{post.id}/context")
        above, under = context["ancestors"], context["descendants"]
        return [one["id"] for one in above], [one["id"] for one in under]

    everything = [str(one.id) for one in (blocked, below, muted, last)]
    for _ in range(2):  # drawn anew, and remembered
        assert await around(bruno, root) == ([], everything)
    await studio.block(bruno, chloe)
    await studio.mute(bruno, dana)
    assert await around(bruno, root) == ([], [str(below.id), str(last.id)])
    assert await around(bruno, last) == ([str(root.id), str(below.id)], [])
    assert await around(amina, root) == ([], everything)
    seen = await Client(where, bruno).get(f"{BASE}/{muted.id}")
    assert seen["id"] == str(muted.id), "asked for by name"


async def test_actions_answer_with_the_status(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    me, author = Client(where, bruno), Client(where, amina)
    one = f"{BASE}/{post.id}"
    boost = await me.post(f"{one}/reblog")
    assert (boost["reblog"]["id"], boost["reblog"]["reblogged"]) == (str(post.id), True)
    assert (await me.post(f"{one}/reblog"))["id"] == boost["id"]
    assert (await me.post(f"{BASE}/{boost['id']}/bookmark"))["id"] == str(post.id)
    assert (await me.post(f"{one}/mute"))["muted"] is True
    assert (await me.post(f"{one}/unmute"))["muted"] is False
    assert (await me.post(f"{one}/bookmark"))["bookmarked"] is True
    assert (await me.post(f"{one}/unbookmark"))["bookmarked"] is False
    undone = await me.post(f"{one}/unreblog")
    assert (undone["id"], undone["reblogged"], undone["reblogs_count"]) == (str(post.id), False, 0)
    assert (await author.post(f"{one}/pin"))["pinned"] is True
    assert (await author.post(f"{one}/unpin"))["pinned"] is False
    status, body = await me.call("POST", f"{one}/pin")
    assert (status, body["error"]) == (
        422,
        "Validation failed: Someone else's post cannot be pinned",
    )
    private = await studio.write(amina, visibility=Visibility.PRIVATE)
    await studio.follow(bruno, amina)
    status, body = await me.call("POST", f"{BASE}/{private.id}/reblog")
    assert (status, body["error"]) == (403, "This action is not allowed")


async def test_several_at_once(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    first, second = await studio.write(amina, "1"), await studio.write(amina, "2")
    secret = await studio.write(amina, visibility=Visibility.DIRECT)
    me = Client(where, bruno)
    query = "&".join(f"id[]={one}" for one in (second.id, secret.id, "x", 5, first.id))
    assert [one["id"] for one in await me.get(f"{BASE}?{query}")] == [
        str(second.id),
        str(first.id),
    ]
    many = "&".join(["id[]=1"] * 300)
    assert await me.get(f"{BASE}?{many}") == []


async def test_posts_of_an_account(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    me = Client(where, bruno)
    base = f"/api/v1/accounts/{amina.id}/statuses"
    first = await studio.write(amina, "un #Été")
    other = await studio.write(bruno, "autre")
    reply = await studio.write(amina, "oui", reply_to_id=other.id)
    own_reply = await studio.write(amina, "et", reply_to_id=first.id)
    boost = await studio.do(studio.posts.boost, amina, other.id)
    secret = await studio.write(amina, visibility=Visibility.PRIVATE)
    await studio.do(studio.posts.marks.pin, amina, first.id)

    async def ids(query: str = "") -> list[int]:
        return [int(one["id"]) for one in await me.get(base + query)]

    assert await ids() == [boost.id, own_reply.id, reply.id, first.id]
    assert await ids("?exclude_replies=true") == [boost.id, own_reply.id, first.id]
    assert await ids("?exclude_reblogs=1") == [own_reply.id, reply.id, first.id]
    assert await ids("?tagged=ete") == [first.id]
    assert await ids("?tagged=ÉTÉ") == [first.id]
    assert await ids("?pinned=true") == [first.id]
    assert await ids("?only_media=true") == []
    page, links = await me.links(f"{base}?limit=2")
    assert [int(one["id"]) for one in page] == [boost.id, own_reply.id]
    page, _ = await me.links(links["next"])
    assert [int(one["id"]) for one in page] == [reply.id, first.id]
    page, _ = await me.links(f"{base}?min_id={first.id}&limit=1")
    assert [int(one["id"]) for one in page] == [reply.id]
    assert str(secret.id) not in str(await me.get(base))
    assert (await me.call("GET", "/api/v1/accounts/1/statuses"))[0] == 404
    assert (await me.call("GET", f"{base}?limit=x"))[0] == 400


async def test_bookmarks_are_paged_by_bookmark(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    posts = [await studio.write(amina, str(number)) for number in range(4)]
    for post in (posts[2], posts[0], posts[3], posts[1]):
        await studio.do(studio.posts.marks.bookmark, bruno.id, post.id)
    me = Client(where, bruno)
    page, links = await me.links("/api/v1/bookmarks?limit=3")
    assert [int(one["id"]) for one in page] == [posts[1].id, posts[3].id, posts[0].id]
    page, links = await me.links(links["next"])
    assert [int(one["id"]) for one in page] == [posts[2].id]
    page, _ = await me.links(links["prev"])
    assert len(page) == 3


async def test_who_boosted(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    carla = await studio.cast.local("carla")
    post = await studio.write(amina)
    for who in (bruno, carla):
        await studio.do(studio.posts.boost, who, post.id)
    me = Client(where, amina)
    page, links = await me.links(f"{BASE}/{post.id}/reblogged_by?limit=1")
    assert [one["id"] for one in page] == [str(carla.id)]
    page, _ = await me.links(links["next"])
    assert [one["id"] for one in page] == [str(bruno.id)]


async def test_quotes_of_a_post(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    me, author = Client(where, bruno), Client(where, amina)
    quote = await me.post(BASE, status="bien", quoted_status_id=str(post.id))
    assert quote["quote"]["quoted_status"]["id"] == str(post.id)
    found = await author.get(f"{BASE}/{post.id}/quotes")
    assert [one["id"] for one in found] == [quote["id"]]
    revoke = f"{BASE}/{post.id}/quotes/{quote['id']}/revoke"
    assert (await me.call("POST", revoke))[0] == 404
    assert (await author.post(revoke))["quote"]["state"] == "revoked"
    assert await author.get(f"{BASE}/{post.id}/quotes") == []
