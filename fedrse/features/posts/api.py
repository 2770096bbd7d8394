"""Client API: writing, reading and deleting posts (Mastodon API ``statuses``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from fedrse.core.clock import to_iso
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.markdown import PLAIN
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.api_parameters import (
    DeleteParameters,
    draft_of,
    edit_of,
    quote_policy_of,
    status_ids,
)
from fedrse.features.posts.model import Draft, Post, QuotePolicy
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_compose import unknown_handles
from fedrse.features.posts.service_edit import Version
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

LookUp = Callable[[list[tuple[str, str]]], Awaitable[None]]
"""Looks people up by (name, domain) who may not be known yet; within bounds, never raises."""

Opened = Callable[[int], Awaitable[int | None]]
"""Told that somebody opens the thread of a remote post; the id of a refresh if one begins."""

REFRESH_HEADER = "Mastodon-Async-Refresh"
REFRESH_RETRY = 2  # seconds


Schedule = Callable[[int, Draft, str], Awaitable[dict[str, Any]]]
"""Keeps the draft of a person for the time that it names; returns the ``ScheduledStatus``."""


class AuthorOf(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class StatusesApi:
    """Handlers; writing and rendering are two transactions, so that readers keep what is drawn."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        people: AuthorOf,
        look_up: LookUp | None = None,
        opened: Opened | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self._database = database
        self._posts = posts
        self._people = people
        self._look_up = look_up
        self._opened = opened
        self._schedule = schedule

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        base, one = "/api/v1/statuses", "/api/v1/statuses/{id}"
        read, write = "read:statuses", "write:statuses"
        return [
            _route("POST", base, self.publish, write),
            _route("GET", base, self.several, read, Auth.OPTIONAL),
            _route("GET", one, self.show, read, Auth.OPTIONAL),
            _route("PUT", one, self.edit, write),
            _route("DELETE", one, self.delete, write),
            _route("GET", f"{one}/context", self.context, read, Auth.OPTIONAL),
            _route("GET", f"{one}/source", self.source, read),
            _route("GET", f"{one}/history", self.history, read, Auth.OPTIONAL),
            _route("PUT", f"{one}/interaction_policy", self.interaction_policy, write),
            _route("POST", f"{one}/quotes/{{quote}}/revoke", self.revoke_quote, write),
        ]

    # Writing

    async def publish(self, request: Request) -> Reply:
        """``POST /api/v1/statuses``; with ``scheduled_at`` for later."""
        principal = request.principal
        draft = draft_of(request, None if principal is None else principal.app_id)
        await self._find_named(draft.text, draft.content_type)
        scheduled_at = request.text("scheduled_at")
        if scheduled_at:
            if self._schedule is None:
                raise Invalid(
                    "scheduling_missing",
                    "Validation failed: Scheduled posts are not available",
                )
            return json_reply(await self._schedule(request.require_viewer(), draft, scheduled_at))
        post_id, entity = await self._as_author(request, self._posts.publish_and_show, draft)
        return await self._status(request, post_id) if entity is None else Reply(entity)

    async def edit(self, request: Request) -> Reply:
        """``PUT /api/v1/statuses/:id``."""
        post_id, wanted = request.path_id(), edit_of(request)
        await self._find_named(wanted.text or "", wanted.content_type or PLAIN)
        await self._as_author(request, self._posts.edit, post_id, wanted)
        return await self._status(request, post_id)

    async def _find_named(self, text: str, content_type: str) -> None:
        """Looks up people of other sites whom the text names and nobody here knows yet."""
        if self._look_up is not None:
            unknown = unknown_handles(text, content_type)
            if unknown:
                await self._look_up(unknown)

    async def delete(self, request: Request) -> Reply:
        """``DELETE /api/v1/statuses/:id``: the status as it was, with its source to redraft."""
        viewer, post_id = request.require_viewer(), request.path_id()

        async def read(tx: Transaction) -> tuple[Post, list[bytes]]:
            post = await self._posts.access.access_own(tx, viewer, post_id)
            return post, await self._posts.entities(tx, [post_id], viewer)

        post, entities = await self._database.read(read)
        if post.boost_of_id is not None:
            await self._as_author(request, self._posts.unboost, post_id)
        else:
            keep = not request.bind(DeleteParameters).delete_media
            work = partial(self._posts.remover.delete, keep_media=keep)
            await self._as_author(request, work, post_id)
        if not entities:
            raise NotFound
        source = msgspec.json.encode({"text": post.source})
        return Reply(entities[0][:-1] + b"," + source[1:])

    async def interaction_policy(self, request: Request) -> Reply:
        """``PUT /api/v1/statuses/:id/interaction_policy``."""
        post_id = request.path_id()
        policy = quote_policy_of(request.text("quote_approval_policy")) or QuotePolicy.PUBLIC
        await self._as_author(request, self._posts.set_quote_policy, post_id, policy)
        return await self._status(request, post_id)

    async def revoke_quote(self, request: Request) -> Reply:
        """``POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke``."""
        post_id, quote_id = request.path_id(), request.path_id("quote")
        await self._as_author(request, self._posts.quotes.revoke, post_id, quote_id)
        return await self._status(request, quote_id)

    async def _as_author(
        self, request: Request, work: Callable[..., Awaitable[Any]], *args: Any
    ) -> Any:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> Any:
            author = await self._people.by_id(tx, viewer)
            if author is None:
                raise NotFound
            return await work(tx, author, *args)

        return await self._database.write(unit)

    # Reading

    async def _status(self, request: Request, post_id: int) -> Reply:
        """The status as the viewer sees it now. Raises NotFound."""
        entities = await self._database.read(self._posts.entities, [post_id], request.viewer)
        if not entities:
            raise NotFound
        return Reply(entities[0])

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/statuses/:id``."""
        viewer, post_id = request.viewer, request.path_id()

        async def unit(tx: Transaction) -> list[bytes]:
            await self._posts.access_post(tx, viewer, post_id)
            return await self._posts.entities(tx, [post_id], viewer)

        entities = await self._database.read(unit)
        if not entities:
            raise NotFound
        return Reply(entities[0])

    async def several(self, request: Request) -> Reply:
        """``GET /api/v1/statuses?id[]=``: those that exist for the viewer."""
        return Reply(
            await self._database.read(
                self._posts.statuses.listed, status_ids(request), request.viewer
            )
        )

    async def context(self, request: Request) -> Reply:
        """``GET /api/v1/statuses/:id/context``."""
        viewer, post_id = request.viewer, request.path_id()

        post, body = await self._database.read(self._posts.threads.context, viewer, post_id)
        headers = {}
        if self._opened is not None and viewer is not None and not post.local:
            refresh = await self._opened(post.id)
            if refresh is not None:
                headers[REFRESH_HEADER] = f'id="{refresh}", retry={REFRESH_RETRY}, result_count=0'
        return Reply(body, headers=headers)

    async def source(self, request: Request) -> Reply:
        """``GET /api/v1/statuses/:id/source``; only its author knows it."""
        viewer, post_id = request.require_viewer(), request.path_id()
        post = await self._database.read(self._posts.access.access_own, viewer, post_id)
        return json_reply(
            {
                "id": str(post.id),
                "text": post.source,
                "spoiler_text": post.summary,
                "content_type": post.source_type,
            }
        )

    async def history(self, request: Request) -> Reply:
        """``GET /api/v1/statuses/:id/history``."""
        viewer, post_id = request.viewer, request.path_id()

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            post = await self._posts.access_original(tx, viewer, post_id)
            versions = await self._posts.history(tx, post)
            people = await self._people.entities(tx, [post.account_id])
            shown = await self._posts.entities(tx, [post.id], viewer)
            # What is quoted never changes, only whether it may be shown.
            quote = msgspec.json.decode(shown[0]).get("quote") if shown else None
            same = {
                "account": people[post.account_id],
                "emojis": msgspec.json.decode(post.emojis),
                "quote": quote,
            }
            return [_version(one) | same for one in versions]

        return json_reply(await self._database.read(unit))


def _version(version: Version) -> dict[str, Any]:
    """The Mastodon ``StatusEdit``, without what is the same in all versions."""
    entity: dict[str, Any] = {
        "content": version.content,
        "spoiler_text": version.summary,
        "sensitive": version.sensitive,
        "created_at": to_iso(version.created_at),
        "media_attachments": version.media,
    }
    if version.poll:
        entity["poll"] = {"options": [{"title": title} for title in version.poll]}
    return entity


def _route(method: str, path: str, handler: Handler, scope: str, auth: Auth = Auth.USER) -> Route:
    return Route(method, path, handler, Surface.API, auth, scopes=(scope,))
