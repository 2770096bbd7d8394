"""Announce and its Undo, as other sites send them."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import id_of, ids_of, type_of
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import GROUP, Account
from fedrse.features.posts.model import Post
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Transaction

_ACTIVITIES = frozenset(
    {"Create", "Update", "Delete", "Undo", "Like", "Dislike", "Add", "Remove", "Block", "Flag"}
)


def register(dispatcher: Dispatcher, announcements: Announcements) -> None:
    """Takes boosts."""
    dispatcher.on("Announce", announcements.announce)
    dispatcher.on("Undo", announcements.undo, objects=frozenset({"Announce"}))
    dispatcher.on_reference("Undo", announcements.undo_reference)


class Announcements:
    """Handlers of boosts."""

    def __init__(self, *, posts: Posts, people: People, local_ids: LocalIds) -> None:
        self._posts = posts
        self._people = people
        self._local_ids = local_ids

    async def announce(self, tx: Transaction, received: Received) -> str:
        """``Announce`` of a post; of an activity by a group (FEP-1b12) it is what that is about."""
        item = received.activity.get("object")
        if isinstance(item, list):
            item = item[0] if item else None
        account = await self._people.require(tx, received.actor, received.unavailable)
        if isinstance(item, dict) and type_of(item) in _ACTIVITIES:
            if account.kind != GROUP:
                raise Refused("not_group")
            if type_of(item) != "Create":
                return await self._passed_on(tx, item)
            item = item.get("object")
        uri = id_of(item)
        if uri is None:
            raise Refused("no_object")
        if not same_origin(received.id, received.actor):
            raise Refused("foreign_id")
        original = await self._original(tx, received, account, uri)
        return await self._posts.receive_boost(
            tx, account, received.activity, received.id, original
        )

    async def _passed_on(self, tx: Transaction, activity: Any) -> str:
        """What a group says that happened to a post: not believed, its origin is asked."""
        kind = type_of(activity)
        known = None
        if kind in ("Update", "Delete"):
            known = await self._posts.by_uri(tx, id_of(activity.get("object")) or "")
        if known is None or known.local:
            raise Ignored("group_activity")
        await self._posts.plan_refresh(tx, known, deleted=kind == "Delete")
        return "refreshing"

    async def _original(
        self, tx: Transaction, received: Received, account: Account, uri: str
    ) -> Post:
        original = await self._posts.by_uri(tx, uri)
        if original is not None:
            return original
        if self._local_ids.is_local(uri):
            raise Ignored("unknown_object")
        wanted = account.local_followers_count > 0 or self._posts.border.is_member(account.host)
        if not wanted:
            raise Ignored("not_addressed")
        if uri in received.unavailable:
            raise Ignored("object_unavailable")
        raise Needs(uri)

    async def undo(self, tx: Transaction, received: Received) -> str:
        """``Undo`` with the Announce inside: found by its id, else by who shared what."""
        inner = received.activity["object"]
        actors = ids_of(inner.get("actor"))
        if actors and actors != [received.actor]:
            raise Refused("not_author")
        uri = id_of(inner)
        if uri is not None:
            outcome = await self._undo(tx, received, uri)
            if outcome is not None:
                return outcome
        account = await self._people.by_uri(tx, received.actor)
        original = await self._posts.by_uri(tx, id_of(inner.get("object")) or "")
        if account is None or original is None:
            raise Ignored("unknown_object")
        boost = await self._posts.boost_by(tx, account.id, original.id)
        if boost is None:
            raise Ignored("unknown_object")
        await self._posts.remove(tx, boost)
        return "undone"

    async def undo_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Undo`` of a bare id; None if it is no boost."""
        uri = id_of(received.activity.get("object"))
        return None if uri is None else await self._undo(tx, received, uri)

    async def _undo(self, tx: Transaction, received: Received, uri: str) -> str | None:
        boost = await self._posts.by_uri(tx, uri)
        if boost is None or boost.boost_of_id is None:
            return None
        account = await self._people.by_id(tx, boost.account_id)
        if account is None or account.uri != received.actor:
            raise Refused("not_author")
        await self._posts.remove(tx, boost)
        return "undone"
