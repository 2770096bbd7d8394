"""Client API: follow, block, mute, note, and what connects two people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.ids import parse_id
from fedrse.core.language import normalise_language
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.model import FollowOptions
from fedrse.features.relationships.service import Relationships
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

MOST_IDS = 80
MOST_LANGUAGES = 20
# Seconds between looks whether another site has let somebody follow; together how long one waits.
LOOKS = (0.02, 0.04, 0.08, 0.16, 0.2)

Action = Callable[[Transaction, Account, Account], Awaitable[object]]
"""Something that the viewer (first) does to an account."""


class FollowParameters(Struct):
    """What a follower wants to see."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | None = None


class MuteParameters(Struct):
    """``duration`` in seconds, 0 until unmuted."""

    notifications: bool = True
    duration: int = 0


class ManyParameters(Struct):
    """``id[]``."""

    id: list[str] = []
    with_suspended: bool = False


def routes(*, database: Database, accounts: Accounts, relationships: Relationships) -> list[Route]:
    """What a person does to an account, and ``accounts/relationships``."""
    api = RelationshipsApi(database, accounts, relationships)

    def act(name: str, handler: Handler, *scopes: str) -> Route:
        path = f"/api/v1/accounts/{{id}}/{name}"
        return Route("POST", path, handler, Surface.API, Auth.USER, scopes)

    def get(name: str, handler: Handler, *scopes: str) -> Route:
        path = f"/api/v1/accounts/{name}"
        return Route("GET", path, handler, Surface.API, Auth.USER, scopes)

    def answer(name: str, handler: Handler) -> Route:
        path = f"/api/v1/follow_requests/{{id}}/{name}"
        return Route("POST", path, handler, Surface.API, Auth.USER, ("write:follows", "follow"))

    return [
        act("follow", api.follow, "write:follows"),
        act("unfollow", api.unfollow, "write:follows"),
        act("remove_from_followers", api.remove_from_followers, "write:follows"),
        act("block", api.block, "write:blocks"),
        act("unblock", api.unblock, "write:blocks"),
        act("mute", api.mute, "write:mutes"),
        act("unmute", api.unmute, "write:mutes"),
        act("note", api.note, "write:accounts"),
        act("endorse", api.endorse, "write:accounts"),
        act("unendorse", api.unendorse, "write:accounts"),
        act("pin", api.endorse, "write:accounts"),  # names until 4.4
        act("unpin", api.unendorse, "write:accounts"),
        answer("authorize", api.authorize),
        answer("reject", api.reject),
        get("relationships", api.relationships, "read:follows"),
        get("familiar_followers", api.familiar_followers, "read:follows"),
    ]


class RelationshipsApi:
    """Handlers; all that do something answer with the ``Relationship`` that there is then."""

    def __init__(
        self, database: Database, accounts: Accounts, relationships: Relationships
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._relationships = relationships

    async def _act(self, request: Request, action: Action) -> Reply:
        return json_reply(await self._done(request, action))

    async def _done(self, request: Request, action: Action) -> dict[str, Any]:
        viewer, other = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            me = await self._accounts.access_account(tx, viewer, viewer)
            account = await self._accounts.access_account(tx, viewer, other)
            await action(tx, me, account)
            return await self._relationships.relationships(tx, viewer, [other])

        return (await self._database.write(unit))[0]

    async def follow(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/follow``.

        Another site answers in moments: apps, which do not ask again, get what has become of it.
        """
        wanted = request.bind(FollowParameters)
        languages = wanted.languages
        if languages is not None:
            languages = _tags(languages)
        options = FollowOptions(
            show_boosts=wanted.reblogs,
            notify=wanted.notify,
            languages=None if languages is None else tuple(languages[:MOST_LANGUAGES]),
        )

        answers_by_itself = False

        async def follow(tx: Transaction, me: Account, other: Account) -> None:
            nonlocal answers_by_itself
            answers_by_itself = not other.local and not other.locked
            await self._relationships.follow(tx, me, other, options)

        found = await self._done(request, follow)
        viewer, other = request.require_viewer(), request.path_id()
        for pause in LOOKS if answers_by_itself else ():
            if not found["requested"]:
                break
            await asyncio.sleep(pause)
            (found,) = await self._database.read(self._relationships.relationships, viewer, [other])
        return json_reply(found)

    async def unfollow(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/unfollow``."""
        return await self._act(request, self._relationships.unfollow)

    async def remove_from_followers(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/remove_from_followers``."""

        async def remove(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.remove_follower(tx, other, me)

        return await self._act(request, remove)

    async def block(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/block``."""
        return await self._act(request, self._relationships.block)

    async def unblock(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/unblock``."""
        return await self._act(request, self._relationships.unblock)

    async def mute(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/mute``."""
        wanted = request.bind(MuteParameters)

        async def mute(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.mute(
                tx,
                me.id,
                other.id,
                notifications=wanted.notifications,
                seconds=wanted.duration,
            )

        return await self._act(request, mute)

    async def unmute(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/unmute``."""

        async def unmute(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.unmute(tx, me.id, other.id)

        return await self._act(request, unmute)

    async def note(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/note``."""
        comment = request.text("comment") or ""

        async def note(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.note(tx, me.id, other.id, comment)

        return await self._act(request, note)

    async def endorse(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/endorse``."""

        async def endorse(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.endorsements.endorse(tx, me.id, other.id)

        return await self._act(request, endorse)

    async def unendorse(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/:id/unendorse``."""

        async def unendorse(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.endorsements.unendorse(tx, me.id, other.id)

        return await self._act(request, unendorse)

    async def authorize(self, request: Request) -> Reply:
        """``POST /api/v1/follow_requests/:account_id/authorize``."""

        async def accept(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.accept(tx, other, me)

        return await self._act(request, accept)

    async def reject(self, request: Request) -> Reply:
        """``POST /api/v1/follow_requests/:account_id/reject``."""

        async def reject(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.reject(tx, other, me)

        return await self._act(request, reject)

    # Reading

    async def relationships(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/relationships?id[]=``."""
        viewer = request.require_viewer()
        wanted = request.bind(ManyParameters)

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            ids = await self._known(tx, wanted)
            return await self._relationships.relationships(tx, viewer, ids)

        return json_reply(await self._database.read(unit))

    async def familiar_followers(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/familiar_followers?id[]=``: who of those I follow follows them."""
        viewer = request.require_viewer()
        wanted = request.bind(ManyParameters)

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            ids = await self._known(tx, wanted)
            shown = [
                account.id
                for account in (await self._accounts.by_ids(tx, ids)).values()
                if not account.hide_collections
            ]
            found = await self._relationships.familiar_followers(tx, viewer, shown)
            everybody = {one for people in found.values() for one in people}
            entities = await self._accounts.entities(tx, everybody)
            return [
                {
                    "id": str(account_id),
                    "accounts": [
                        entities[one] for one in found.get(account_id, ()) if one in entities
                    ],
                }
                for account_id in ids
            ]

        return json_reply(await self._database.read(unit))

    async def _known(self, tx: Transaction, wanted: ManyParameters) -> list[int]:
        numbers = (parse_id(text) for text in wanted.id[:MOST_IDS])
        ids = list(dict.fromkeys(number for number in numbers if number is not None))
        found = await self._accounts.by_ids(tx, ids)
        return [
            account_id
            for account_id in ids
            if account_id in found
            and found[account_id].deleted_at is None
            and (wanted.with_suspended or not found[account_id].is_gone)
        ]


def _tags(languages: list[str]) -> list[str]:
    """The usual spelling of languages that somebody wants, as posts have it. Raises Invalid."""
    found = [normalise_language(tag) for tag in languages if tag]
    known = [tag for tag in found if tag is not None]
    if len(known) < len(found):
        raise Invalid("follow_languages", "Validation failed: Languages is invalid")
    return list(dict.fromkeys(known))
