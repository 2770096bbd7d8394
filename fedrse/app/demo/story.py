"""What the people of the demo do, through the client API of their own sites."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from fedrse.app.demo.client import ApiClient
from fedrse.app.demo.drawings import Picture, draw
from fedrse.app.demo.group import Group, Person, Poll, Post, SiteOfGroup, follows

T = TypeVar("T")
AT_ONCE = 8
POLL_SECONDS = 7 * 24 * 3600
PATIENCE = 60.0  # seconds until something that was sent must have arrived


class NotArrived(Exception):
    """Something did not federate in time; the message says what and where."""


@dataclass
class Story:
    """The group, its sites and the people's tokens; remembers what has been written.

    ``clients`` by handle domain, ``tokens`` by handle; ``posts`` maps a post of the group to the
    address (URI) it got.
    """

    group: Group
    clients: dict[str, ApiClient]
    tokens: dict[str, str]
    progress: Callable[[str], None]
    uris: dict[int, str] = field(default_factory=dict)
    accounts: dict[tuple[str, str], str] = field(default_factory=dict)
    _local: dict[tuple[str, str], str] = field(default_factory=dict)

    def client(self, handle: str) -> ApiClient:
        """The site of a person."""
        return self.clients[handle.partition("@")[2]]

    async def tell(self) -> None:
        """Everything, in order."""
        self.progress("introducing themselves")
        await gather(
            self._introduce(f"{person.username}@{site.domain}", person)
            for site in self.group.sites
            for person in self.group.people[site.key]
        )
        self.progress("finding each other")
        await self._find_people()
        self.progress("saying what they do")
        await gather(
            self._fill_card(site, person)
            for site in self.group.sites
            for person in self.group.people[site.key]
        )
        self.progress("following")
        await gather(self._follow(*pair) for pair in self._pairs())
        self.progress("posting, replying, liking and sharing")
        for post in self.group.posts:
            await self._write(post, None)
        await gather(self._react(post) for top in self.group.posts for post in top.all())

    def _pairs(self) -> list[tuple[str, str]]:
        return [(who, whom) for who, wanted in follows(self.group).items() for whom in wanted]

    # People

    async def _introduce(self, who: str, person: Person) -> None:
        """A line about them, for apps too."""
        await self.client(who).call(
            "PATCH",
            "/api/v1/accounts/update_credentials",
            self.tokens[who],
            {"note": f"{person.role}, {person.unit}.", "discoverable": True},
        )

    async def _fill_card(self, site: SiteOfGroup, person: Person) -> None:
        """Work and contact; telephone and room stay on the own site."""
        who = f"{person.username}@{site.domain}"
        card = self.group.cards[person.username]
        data = {
            "function": person.role,
            "unit": person.unit,
            "site": site.name,
            "manager": card.manager,
            "mail": who,
            "phones": [card.phone] if card.phone else [],
            "room": card.room,
            "languages": ["français", "English"][:: 1 if person.language == "fr" else -1],
            "expertise": card.skills,
            "career": card.career,
            "projects": card.projects,
            "visibility": dict.fromkeys(("manager", "mail", "career", "projects"), "network"),
        }
        await self.client(who).call("PUT", "/api/v1/profile/card", self.tokens[who], data)

    async def _find_people(self) -> None:
        handles = self.group.handles()
        await gather(self._find(domain, handle) for domain in self.clients for handle in handles)

    async def _find(self, domain: str, handle: str) -> None:
        """Looks somebody up from a site, as a person there would."""
        token = next(token for who, token in self.tokens.items() if who.endswith("@" + domain))
        name = handle.removesuffix("@" + domain)
        path = f"/api/v2/search?type=accounts&resolve=true&limit=1&q={quote('@' + handle)}"
        found = await self.clients[domain].get(path, token)
        for account in found["accounts"]:
            if account["acct"].casefold() == name.casefold():
                self.accounts[domain, handle] = account["id"]
                return
        raise NotArrived(f"{handle} cannot be found from {domain}")

    async def _follow(self, who: str, whom: str) -> None:
        domain = who.partition("@")[2]
        account = self.accounts[domain, whom]
        await self.client(who).post(f"/api/v1/accounts/{account}/follow", self.tokens[who])

    async def following(self, who: str) -> int:
        """How many people somebody follows by now, approved ones only."""
        domain = who.partition("@")[2]
        account = self.accounts[domain, who]
        found = await self.client(who).get(f"/api/v1/accounts/{account}", self.tokens[who])
        return int(found["following_count"])

    # Posts

    async def _write(self, post: Post, parent: str | None) -> None:
        data: dict[str, Any] = {
            "status": self._text(post),
            "language": post.language,
            "visibility": "public",
        }
        if parent is not None:
            data["in_reply_to_id"] = await self.local_id(post.author, parent)
        if post.picture is not None:
            data["media_ids"] = [await self._attach(post.author, post.picture)]
        if post.poll is not None:
            data["poll"] = {"options": post.poll.options, "expires_in": POLL_SECONDS}
        written = await self.client(post.author).post(
            "/api/v1/statuses", self.tokens[post.author], data
        )
        self.uris[id(post)] = written["uri"]
        for reply in post.replies:
            await self._write(reply, written["uri"])

    async def _attach(self, who: str, picture: Picture) -> str:
        """Uploads what was drawn; waits until it can be shown."""
        client, token = self.client(who), self.tokens[who]
        content = await asyncio.to_thread(draw, picture)
        made = await client.upload("/api/v2/media", token, content, picture.description)

        async def ready() -> str | None:
            found = await client.get(f"/api/v1/media/{made['id']}", token)
            return made["id"] if found["url"] else None

        return await until(ready, f"the picture of {who}")

    async def _vote(self, post: Post, poll: Poll) -> None:
        """Each where they are: votes travel to the site of the poll."""
        for choice, voters in enumerate(poll.votes):
            for who in voters:
                identifier = await self.local_id(who, self.uris[id(post)])
                client, token = self.client(who), self.tokens[who]
                status = await client.get(f"/api/v1/statuses/{identifier}", token)
                path = f"/api/v1/polls/{status['poll']['id']}/votes"
                await client.post(path, token, {"choices": [choice]})

    def _text(self, post: Post) -> str:
        """Replies name whom they answer, as apps do."""
        for top in self.group.posts:
            for candidate in top.all():
                if any(reply is post for reply in candidate.replies):
                    return f"@{candidate.author} {post.text}"
        return post.text

    async def _react(self, post: Post) -> None:
        uri = self.uris[id(post)]
        if post.poll is not None:
            await self._vote(post, post.poll)
        for who in post.likes:
            identifier = await self.local_id(who, uri)
            await self.client(who).post(
                f"/api/v1/statuses/{identifier}/favourite", self.tokens[who]
            )
        for who in post.shares:
            identifier = await self.local_id(who, uri)
            await self.client(who).post(f"/api/v1/statuses/{identifier}/reblog", self.tokens[who])

    async def local_id(self, who: str, uri: str) -> str:
        """The id that a post has on somebody's own site, once it has arrived there."""
        domain = who.partition("@")[2]
        known = self._local.get((domain, uri))
        if known is not None:
            return known

        async def ask() -> str | None:
            page = await self.clients[domain].get(
                "/api/v1/timelines/home?limit=40", self.tokens[who]
            )
            for status in page:
                shown = status["reblog"] or status
                self._local[domain, shown["uri"]] = shown["id"]
            if (domain, uri) not in self._local:
                query = f"/api/v2/search?type=statuses&resolve=true&q={quote(uri, safe='')}"
                for status in (await self.clients[domain].get(query, self.tokens[who]))["statuses"]:
                    self._local[domain, status["uri"]] = status["id"]
            return self._local.get((domain, uri))

        return await until(ask, f"{uri} on {domain}")


async def until(ask: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Asks until there is an answer. Raises NotArrived after PATIENCE."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    pause = 0.05
    while True:
        answer = await ask()
        if answer is not None:
            return answer
        if loop.time() > deadline:
            raise NotArrived(what)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 1)


async def gather(work: Iterable[Awaitable[object]]) -> None:
    """Runs some at a time; the first error ends it."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(item: Awaitable[object]) -> None:
        async with limit:
            await item

    async with asyncio.TaskGroup() as group:
        for item in work:
            group.create_task(one(item))
