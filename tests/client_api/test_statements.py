"""A list costs as many statements for two items as for twenty."""

from __future__ import annotations

import pytest

from fedrse.features.trends.service import Trends
from fedrse.store.statement import Compiled, Statement
from tests.client_api.stage import Person, Stage

LISTS = (
    "/api/v1/timelines/home",
    "/api/v1/timelines/public",
    "/api/v1/timelines/tag/lunch",
    "/api/v1/notifications",
    "/api/v2/notifications",
    "/api/v2/notifications?expand_accounts=partial_avatars",
    "/api/v1/bookmarks",
    "/api/v1/favourites",
    "/api/v1/trends/statuses",
    "/api/v1/trends/tags",
    "/api/v1/accounts/{me}/statuses",
    "/api/v1/{me}/collections",
)


async def _prepare(stage: Stage) -> Person:
    """Somebody with two dozen of everything."""
    me, *others = await stage.people("amina", *(f"p{number}" for number in range(12)))
    posts = []
    for number, one in enumerate(others):
        await me.post(f"/api/v1/accounts/{one.id}/follow")
        posts += [await one.write(f"post #lunch #tag{number % 3}") for _ in range(2)]
        mine = await me.write(f"mine {number} #lunch")
        await one.post(f"/api/v1/statuses/{mine['id']}/favourite")
        await one.post(f"/api/v1/statuses/{mine['id']}/reblog")
        await one.write("@amina hello", in_reply_to_id=mine["id"])
    for post in posts:
        for action in ("favourite", "bookmark"):
            await me.post(f"/api/v1/statuses/{post['id']}/{action}")
        await others[0].post(f"/api/v1/statuses/{post['id']}/favourite")
    for number in range(8):
        await me.post("/api/v1/collections", name=str(number), account_ids=[others[number].id])
    await stage.site.ground.database.write(Trends(clock=stage.site.ground.clock).count)
    return me


async def test_the_number_of_statements(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    me = await _prepare(stage)
    await stage.site.stop()  # background work asks, too
    asked: list[Statement] = []
    compiled = Statement.compiled

    def counting(self: Statement, dialect: str) -> Compiled:
        asked.append(self)
        return compiled(self, dialect)

    monkeypatch.setattr(Statement, "compiled", counting)

    async def cost(path: str, limit: int) -> tuple[int, int]:
        address = path.replace("{me}", me.id)
        address += f"{'&' if '?' in address else '?'}limit={limit}"
        for _ in range(2):  # what is drawn once is kept
            asked.clear()
            body = (await me.answer("GET", address)).body
        items = (
            body.get("notification_groups", body.get("collections"))
            if isinstance(body, dict)
            else body
        )
        return len(asked), len(items)

    wrong = []
    for path in LISTS:
        (few, short), (many, long) = await cost(path, 2), await cost(path, 20)
        assert short == 2, path
        assert long > 3, path
        if few != many or few == 0:
            wrong.append(f"{path}: {few} statements for {short} items, {many} for {long}")
    assert not wrong, "\n".join(wrong)
