"""Conversations: which direct posts belong together for whom. The only writer.

As in Mastodon, a conversation is a thread and those who take part: a direct answer that leaves
somebody out begins another one. Everybody has a row of their own, with what is unread for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.conversations import queries, queries_chats
from fedrse.features.conversations.model import Conversation
from fedrse.features.conversations.model_chats import participants_of
from fedrse.features.conversations.model_events import ConversationChanged
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_events import PostDeleted, PostPublished
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class AccountEntities(Protocol):
    """Renders accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class StatusEntities(Protocol):
    """Renders posts for a viewer; implemented by ``posts.service.Posts``."""

    async def entities_by_id(
        self, tx: Transaction, ids: Sequence[int], viewer: int | None
    ) -> dict[int, bytes]: ...


class Conversations:
    """Keeps them up to date, lists and renders them."""

    def __init__(
        self, *, ids: IdMaker, events: Events, people: AccountEntities, statuses: StatusEntities
    ) -> None:
        self._ids = ids
        self._events = events
        self._people = people
        self._statuses = statuses
        events.subscribe(PostPublished, self._published)
        events.subscribe(PostDeleted, self._deleted)
        events.subscribe(AccountDeleted, self._account_deleted)

    # Writing

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        """A direct post belongs to a conversation of everybody here whom it is for."""
        if not event.fresh or event.audience != Audience.DIRECT:
            return
        author, post_id = event.account_id, event.post_id
        thread = await tx.value(queries.THREAD, of_post=post_id)
        rows = await tx.all(queries.PEOPLE, author=author, of_post=post_id, thread=thread)
        everybody = {row.id for row in rows}
        here = [row.id for row in rows if row.local and not row.silenced]
        settings = await tx.all(queries_chats.QUIET, ids=here) if here else ()
        left = {(one.account_id, one.participants) for one in settings if one.gone}
        for row in rows:
            participants = participants_of(everybody, row.id)
            if not row.local or row.silenced:
                continue
            if (row.id, participants) in left:
                if row.id != author:
                    continue
                # Whoever writes to people whose chat they have left is back in it.
                await tx.run(queries_chats.UNSET, me=author, people=participants)
            conversation_id = await tx.value(
                queries.SAVE,
                id=self._ids.new(),
                account_id=row.id,
                thread_id=thread,
                participants=participants,
                last_post_id=post_id,
                unread=row.id != author and not row.muted,
            )
            await tx.run(queries.ADD_POST, conversation_id=conversation_id, post_id=post_id)
            changed = ConversationChanged(conversation_id, row.id, post_id)
            await self._events.publish(tx, changed)

    async def _deleted(self, tx: Transaction, event: PostDeleted) -> None:
        """A conversation ends with its last post; what was deleted is not its last one."""
        if event.boost_of_id is not None:
            return
        for row in await tx.all(queries.WITH_POST, of_post=event.post_id):
            last = await tx.value(queries.LAST, key=row.conversation_id)
            if last is None:
                await tx.run(queries.DROP, key=row.conversation_id)
            else:
                await tx.run(queries.SET_LAST, key=row.conversation_id, of_post=last)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        if event.local:
            await tx.run(queries.REMOVE_ALL, me=event.account_id)

    async def remove(self, tx: Transaction, viewer: int, conversation_id: int) -> None:
        """Takes a conversation from the viewer's list; its posts stay. Raises NotFound."""
        if not await tx.run(queries.REMOVE, me=viewer, key=conversation_id):
            raise NotFound

    async def mark(
        self, tx: Transaction, viewer: int, conversation_id: int, *, unread: bool
    ) -> Conversation:
        """Marks a conversation as read or unread. Raises NotFound."""
        row = await tx.one(queries.MARK, me=viewer, key=conversation_id, wanted=unread)
        if row is None:
            raise NotFound
        return Conversation(*row)

    # Reading

    async def listing(self, tx: Transaction, viewer: int, page: Page) -> list[Conversation]:
        """A page of the viewer's conversations, by their last posts, newest first."""
        rows = await tx.all(
            queries.LISTING[page.ascending],
            me=viewer,
            max_id=queries.NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
        )
        found = [Conversation(*row) for row in rows]
        return found[::-1] if page.ascending else found

    async def by_ids(self, tx: Transaction, ids: Sequence[int]) -> list[Conversation]:
        """Conversations of whomever: for services that tell their people."""
        return [Conversation(*row) for row in await tx.all(queries.BY_IDS, ids=list(ids))]

    async def entities(
        self, tx: Transaction, viewer: int, conversations: Sequence[Conversation]
    ) -> list[dict[str, Any]]:
        """Mastodon ``Conversation`` entities of the viewer, in the same order."""
        everybody = {one for conversation in conversations for one in conversation.people}
        people = await self._people.entities(tx, list(everybody))
        last = [conversation.last_post_id for conversation in conversations]
        statuses = await self._statuses.entities_by_id(tx, last, viewer)
        return [
            {
                "id": str(one.id),
                "unread": one.unread,
                "accounts": [people[who] for who in one.people if who in people],
                "last_status": (
                    Raw(statuses[one.last_post_id]) if one.last_post_id in statuses else None
                ),
            }
            for one in conversations
        ]
