"""A list costs as many statements for two items as for twenty, drawn anew or remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedrse.features.trends.service import Trends
from fedrse.store.database import Transaction
from fedrse.store.statement import Compiled, Statement
from tests.client_api.stage import Person, Stage

LISTS = (
    "/api/v1/timelines/home",
    "/api/v1/timelines/public",
    "/api/v1/timelines/public?local=true&only_media=false",
    "/api/v1/timelines/tag/lunch",
    "/api/v1/timelines/tag/lunch?any[]=tag1&none[]=tag2",
    "/api/v1/timelines/list/{list}",
    "/api/v1/notifications",
    "/api/v1/notifications?types[]=mention",
    "/api/v2/notifications",
    "/api/v2/notifications?grouped_types[]=none",
    "/api/v2/notifications?expand_accounts=partial_avatars",
    "/api/v1/accounts/{me}/statuses",
    "/api/v1/accounts/{me}/statuses?exclude_replies=true&exclude_reblogs=true",
    "/api/v1/accounts/{me}/followers",
    "/api/v1/accounts/{me}/following",
    "/api/v1/statuses/{popular}/favourited_by",
    "/api/v1/statuses/{popular}/reblogged_by",
    "/api/v1/statuses/{popular}/quotes",
    "/api/v1/bookmarks",
    "/api/v1/favourites",
    "/api/v1/conversations",
    "/api/v1/scheduled_statuses",
    "/api/v1/followed_tags",
    "/api/v1/blocks",
    "/api/v1/mutes",
    "/api/v1/lists/{list}/accounts",
    "/api/v1/directory",
    "/api/v1/accounts/search?q=p",
    "/api/v2/search?q=post&type=statuses",
    "/api/v2/search?q=p&type=accounts",
    "/api/v2/search?q=tag&type=hashtags",
    "/api/v1/trends/statuses",
    "/api/v1/trends/tags",
    "/api/v1/{me}/collections",
)
# What a page shows anew also depends on whether there is a quote, poll or card on it at all.
KINDS = 2
OTHERS = 24
REPLIES = 50


async def _prepare(stage: Stage) -> tuple[Person, dict[str, str]]:
    """Somebody with two dozen of everything."""
    me, *others = await stage.people("amina", *(f"p{number:02}" for number in range(OTHERS)))
    posts = []
    popular = await me.write("popular #lunch")
    followers = []
    for number, one in enumerate(others):
        await me.post(f"/api/v1/accounts/{one.id}/follow")
        await one.post(f"/api/v1/accounts/{me.id}/follow")
        await one.call("PATCH", "/api/v1/profile", json={"discoverable": True, "indexable": True})
        posts.append(await one.write(f"post #lunch #tag{number % 3} #tag{number}x"))
        mine = await me.write(f"mine {number} #lunch")
        await one.post(f"/api/v1/statuses/{mine['id']}/favourite")
        for action in ("favourite", "reblog"):
            await one.post(f"/api/v1/statuses/{popular['id']}/{action}")
        await one.write(f"quote {number}", quoted_status_id=popular["id"])
        await one.write("@amina hello", in_reply_to_id=mine["id"])
        await one.write("@amina psst", visibility="direct")
        await me.post(f"/api/v1/tags/tag{number}x/follow")
        followers.append(one.id)
    for post in posts:
        for action in ("favourite", "bookmark"):
            await me.post(f"/api/v1/statuses/{post['id']}/{action}")
        await others[0].post(f"/api/v1/statuses/{post['id']}/favourite")
        moment = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        wish = {"status": "later", "scheduled_at": moment}
        await me.answer("POST", "/api/v1/statuses", json=wish, check=False)
    for number in range(8):
        await me.post("/api/v1/collections", name=str(number), account_ids=[others[number].id])
    made = await me.post("/api/v1/lists", title="All")
    await me.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=followers)
    await _strangers(stage, me)
    await stage.site.ground.database.write(Trends(clock=stage.site.ground.clock).count)
    return me, {"me": me.id, "list": made["id"], "popular": popular["id"]}


async def _strangers(stage: Stage, me: Person) -> None:
    for one in await stage.people(*(f"s{number}" for number in range(6))):
        await me.post(f"/api/v1/accounts/{one.id}/block")
        await me.post(f"/api/v1/accounts/{one.id}/mute")


async def _threads(me: Person) -> tuple[str, str]:
    """A talk with two answers and one with fifty, some of them answers to answers."""
    found = []
    for count in (2, REPLIES):
        root = await me.write(f"{count} answers")
        parent = root["id"]
        for number in range(count):
            answer = await me.write(f"answer {number}", in_reply_to_id=parent)
            if number % 7 == 0:
                parent = answer["id"]
        found.append(root["id"])
    return found[0], found[1]


class Counter:
    """Counts the statements of a request, after everything was forgotten and once more."""

    def __init__(self, me: Person, patch: pytest.MonkeyPatch) -> None:
        self._me = me
        self._asked: list[Statement] = []
        compiled, asked = Statement.compiled, self._asked

        def counting(statement: Statement, dialect: str) -> Compiled:
            asked.append(statement)
            return compiled(statement, dialect)

        patch.setattr(Statement, "compiled", counting)

    async def cost(self, address: str) -> tuple[int, int, Any]:
        """Statements at first, statements later, and the answer."""
        cold, warm = [], []
        body: Any = None
        database: Any = self._me.stage.site.ground.database
        for _ in range(2):  # now and then a request also notes when a token was last used
            await database.write(_nothing)  # what is remembered needs a writer who listens
            for forget in database._missed:
                forget()
            for counts in (cold, warm):
                self._asked.clear()
                answer = await self._me.answer("GET", address)
                assert answer.status == 200, f"{address}: {answer.body}"
                counts.append(len(self._asked))
                body = answer.body
        return min(cold), min(warm), body


async def _nothing(_tx: Transaction) -> None:
    pass


def _items(body: Any) -> int:
    if isinstance(body, list):
        return len(body)
    names = ("notification_groups", "collections", "statuses", "accounts", "hashtags")
    return max(len(body[name]) for name in names if name in body)


async def test_the_number_of_statements(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    me, values = await _prepare(stage)
    short, long = await _threads(me)
    await stage.site.stop()  # background work asks, too
    await stage.site.ground.runner.run_due()  # all of it is done: what is searched is indexed
    counter = Counter(me, monkeypatch)
    wrong = []
    for path in LISTS:
        address = path.format(**values) + ("&" if "?" in path else "?")
        cold, warm, few = await counter.cost(f"{address}limit=2")
        more_cold, more_warm, many = await counter.cost(f"{address}limit=20")
        assert _items(few) == 2, path
        assert _items(many) > 3, path
        if warm != more_warm or abs(cold - more_cold) > KINDS or cold == 0:
            wrong.append(f"{path}: {cold}, then {warm} statements; {more_cold}, {more_warm}")
    costs = [await counter.cost(f"/api/v1/statuses/{one}/context") for one in (short, long)]
    assert [len(one[2]["descendants"]) for one in costs] == [2, REPLIES]
    if costs[0][1] != costs[1][1] or abs(costs[0][0] - costs[1][0]) > KINDS:
        wrong.append(f"context: {costs[0][:2]} statements, with {REPLIES} answers {costs[1][:2]}")
    assert not wrong, "\n".join(wrong)
