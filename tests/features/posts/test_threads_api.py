"""Threads in the statuses API: what is around a post, and for whom."""

from __future__ import annotations

from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Post, Visibility
from tests.features.posts.api_client import BASE, Client
from tests.features.posts.studio import MEMBER, Studio
from tests.features.surface import Surface


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
