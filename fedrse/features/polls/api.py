"""Client API: polls (Mastodon API ``polls``)."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.polls.service import Polls
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class VoteParameters(Struct):
    """Parameters of a vote: places of options, from 0."""

    choices: list[int] = []


class PollsApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, polls: Polls, people: People) -> None:
        self._database = database
        self._polls = polls
        self._people = people

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        one, api = "/api/v1/polls/{id}", Surface.API
        return [
            Route("GET", one, self.show, api, Auth.OPTIONAL, ("read:statuses",)),
            Route("POST", f"{one}/votes", self.vote, api, Auth.USER, ("write:statuses",)),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/polls/:id``; the id is that of the post."""
        return Reply(
            await self._database.read(self._polls.access_poll, request.viewer, request.path_id())
        )

    async def vote(self, request: Request) -> Reply:
        """``POST /api/v1/polls/:id/votes``."""
        viewer, post_id = request.require_viewer(), request.path_id()
        choices = request.bind(VoteParameters).choices

        async def unit(tx: Transaction) -> bytes:
            voter = await self._people.by_id(tx, viewer)
            if voter is None:
                raise NotFound
            await self._polls.vote(tx, voter, post_id, choices)
            return await self._polls.access_poll(tx, viewer, post_id)

        return Reply(await self._database.write(unit))
