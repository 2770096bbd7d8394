"""How much a page of 20 statuses costs once its pieces are known.

``python -m tests.benchmarks.bench_entities`` prints microseconds of CPU for each part.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import SystemClock
from fedrse.core.ids import IdMaker
from fedrse.core.settings import NetworkSettings, Settings, SiteSettings
from fedrse.core.urls import UrlRules
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_pictures import Pictures
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_keys import ActorKeys, generate_key_pair
from fedrse.features.instance.service import Facts
from fedrse.features.media.model import MediaUrls
from fedrse.features.media.service import MediaLibrary
from fedrse.features.network.service import Network
from fedrse.features.posts.model import Audience, Draft
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_border import Border
from fedrse.features.reactions.service import Reactions
from fedrse.features.reactions.service_flags import contribute
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.events import Events
from fedrse.store.migrate import upgrade
from tests.features.fakes import FakeOutbox, FakeQueue

ORIGIN = "https://lyon.corp.example"
PAGE = 20
ROUNDS = 3000
TEXT = "Bonjour à toutes et à tous, voici les nouvelles de la semaine @bruno #été " * 8


def make(settings: Settings) -> tuple[Accounts, Posts]:
    """The features that a status needs, with an outbox that sends nothing."""
    clock = SystemClock()
    ids, local_ids, events = IdMaker(clock), LocalIds(ORIGIN), Events()
    outbox, queue = FakeOutbox(), FakeQueue()
    network = Network(settings=settings, local_ids=local_ids)
    accounts = Accounts(
        settings=settings,
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        rules=UrlRules.of_site(settings.origin, {}),
        network=network,
        facts=Facts(),
        keys=ActorKeys(cipher=KeyCipher(b"0123456789abcdef" * 2), clock=clock),
        pictures=Pictures(local=lambda key: key, avatar="a.png", header="h.png"),
        outbox=outbox,
        events=events,
    )
    network.register_members_uri(accounts.members_uri_of)
    posts = Posts(
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        own_domain=settings.handle_domain,
        languages=("fr",),
        max_characters=5000,
        border=Border(
            own_host=settings.host,
            network=network,
            gate=lambda _host: None,
            default_audience=Audience.NETWORK,
            closed=True,
            public_pages=False,
        ),
        people=accounts,
        media=MediaLibrary(clock=clock, ids=ids, jobs=queue),
        media_urls=MediaUrls(f"{ORIGIN}/media"),
        outbox=outbox,
        queue=queue,
        events=events,
    )
    reactions = Reactions(
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        outbox=outbox,
        events=events,
        counter=posts.counters,
    )
    contribute(posts, reactions)
    return accounts, posts


async def measure(work: Callable[[], Awaitable[Any]], rounds: int = ROUNDS) -> float:
    """Microseconds of CPU of this thread for one call."""
    await work()
    began = time.thread_time_ns()
    for _ in range(rounds):
        await work()
    return (time.thread_time_ns() - began) / rounds / 1000


class Bench:
    """One site with ten authors and a page of their posts."""

    def __init__(self, database: Database, accounts: Accounts, posts: Posts) -> None:
        self._database = database
        self._accounts = accounts
        self._posts = posts
        self._people: list[Account] = []
        self._ids: list[int] = []

    async def prepare(self) -> None:
        """Makes people and posts."""
        keys = generate_key_pair()

        async def person(tx: Transaction, name: str) -> Account:
            return await self._accounts.create_local(tx, username=name, keys=keys)

        names = ["bruno", *(f"p{number}" for number in range(10))]
        self._people = [await self._database.write(person, name) for name in names]
        draft = Draft(text=TEXT, summary="nouvelles")
        self._ids = [
            (await self._database.write(self._posts.publish, author, draft)).id
            for author in self._people[1:] * (PAGE // 10)
        ]

    async def reading(self, tx: Transaction) -> dict[str, float]:
        """What a page costs from the cache, and its parts."""
        ids, viewer, statuses = self._ids, self._people[1].id, self._posts.statuses
        bodies = await self._posts.entities(tx, ids, viewer)
        page, together = await statuses.gather(tx, ids, viewer)
        authors = {fragment.account_id for fragment in page.fragments.values()}

        async def compose() -> None:
            for one in ids:
                statuses.compose(page, page.fragments[one], 2)

        return {
            "accounts": await measure(lambda: self._accounts.rendered(tx, authors)),
            "compose": await measure(compose),
            "flags_query": await measure(lambda: statuses.read_marks(tx, page, viewer, together)),
            "page": await measure(lambda: self._posts.entities(tx, ids, viewer)),
            "bytes": float(sum(map(len, bodies))),
        }

    async def writing(self, tx: Transaction) -> dict[str, float]:
        """What publishing costs without its commit."""
        author = self._people[1]
        found = {}
        for name, text in (("publish", "Bonjour"), ("publish_tagged", "Bonjour @bruno #été")):
            draft = Draft(text=text)
            found[name] = await measure(
                lambda draft=draft: self._posts.publish(tx, author, draft),  # type: ignore[misc]
                500,
            )
        return found


async def main() -> None:
    """Prints one JSON line per figure."""
    settings = Settings(
        site=SiteSettings(base_url=ORIGIN, handle_domain="corp.example"),
        network=NetworkSettings(members=["https://nantes.corp.example"]),
    )
    with tempfile.TemporaryDirectory() as folder:
        await upgrade("sqlite:b.db", Path(folder))
        database = await open_database("sqlite:b.db", Path(folder))
        bench = Bench(database, *make(settings))
        await bench.prepare()
        found = await database.read(bench.reading)
        found |= await database.write(bench.writing)
        await database.close()
    for name, value in found.items():
        unit = "B" if name == "bytes" else "us"
        figure = {"name": f"entities.{name}", "value": round(value, 1), "unit": unit}
        sys.stdout.write(json.dumps(figure) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
