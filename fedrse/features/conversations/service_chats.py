"""Chats: the conversations of somebody with the same people, read and written as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.conversations import queries_chats as queries
from fedrse.features.conversations.model_chats import Chat, fits, folded, participants_of
from fedrse.features.posts.model import Post
from fedrse.store.database import Transaction

NEWEST = 1 << 62
MOST_THREADS = 200
"""Of a chat whose marks are changed: the latest ones."""
MOST_SEARCHED = 2000
"""Messages, the latest ones."""


class ThreadMarks(Protocol):
    """Mutes threads; implemented by ``posts.service_marks.Marks``."""

    async def mute_thread(self, tx: Transaction, account_id: int, post_id: int) -> Post: ...

    async def unmute_thread(self, tx: Transaction, account_id: int, post_id: int) -> Post: ...


class Chats:
    """Lists them and keeps what somebody wants of each. Raises NotFound for those of others."""

    def __init__(self, *, marks: ThreadMarks) -> None:
        self._marks = marks

    # Reading

    async def listing(
        self, tx: Transaction, me: int, *, before: int | None, limit: int
    ) -> list[Chat]:
        """By their last messages, the latest first; ``before`` is the id of a last message."""
        rows = await tx.all(
            queries.LISTING, me=me, max_id=NEWEST if before is None else before, limit=limit
        )
        return [_chat_of(row) for row in rows]

    async def by_key(self, tx: Transaction, me: int, key: int) -> Chat:
        """The chat to which a conversation belongs."""
        people = await tx.value(queries.PEOPLE_OF, me=me, key=key)
        return await self._one(tx, me, people)

    async def of_post(self, tx: Transaction, me: int, post_id: int) -> Chat:
        """The chat to which a message belongs."""
        people = await tx.value(queries.OF_POST, me=me, of_post=post_id)
        return await self._one(tx, me, people)

    async def with_people(self, tx: Transaction, me: int, people: set[int]) -> Chat | None:
        """The chat with exactly these people, if there is one."""
        row = await tx.one(queries.ONE, me=me, people=participants_of(people, me))
        return None if row is None else _chat_of(row)

    async def _one(self, tx: Transaction, me: int, people: str | None) -> Chat:
        row = None if people is None else await tx.one(queries.ONE, me=me, people=people)
        if row is None:
            raise NotFound
        return _chat_of(row)

    async def messages(
        self, tx: Transaction, me: int, chat: Chat, *, before: int | None, limit: int
    ) -> list[int]:
        """Ids of its posts, the latest first."""
        rows = await tx.all(
            queries.POSTS,
            me=me,
            people=chat.participants,
            max_id=NEWEST if before is None else before,
            limit=limit,
        )
        return [row[0] for row in rows]

    async def search(
        self, tx: Transaction, me: int, chat: Chat, text: str, *, limit: int
    ) -> list[int]:
        """Ids of messages with all of the words, the latest first."""
        words = folded(text).split()
        if not words:
            return []
        ids = await self.messages(tx, me, chat, before=None, limit=MOST_SEARCHED)
        texts = {row.id: row.content for row in await tx.all(queries.TEXTS, ids=ids)}
        return [one for one in ids if one in texts and fits(texts[one], words)][:limit]

    # Writing

    async def mark_read(self, tx: Transaction, me: int, chat: Chat) -> None:
        """All of it was read."""
        await tx.run(queries.MARK_READ, me=me, people=chat.participants)

    async def mute(self, tx: Transaction, me: int, chat: Chat) -> None:
        """Messages still come, but nobody is told and nothing counts as unread."""
        await self._set(tx, me, chat, muted=True)
        for post_id in await self._threads(tx, me, chat):
            await self._marks.mute_thread(tx, me, post_id)
        await self.mark_read(tx, me, chat)

    async def unmute(self, tx: Transaction, me: int, chat: Chat) -> None:
        """Messages are told again."""
        await tx.run(queries.UNSET, me=me, people=chat.participants)
        for post_id in await self._threads(tx, me, chat):
            await self._marks.unmute_thread(tx, me, post_id)

    async def hide(self, tx: Transaction, me: int, chat: Chat) -> None:
        """Takes it from the list until the next message; its posts stay."""
        await tx.run(queries.HIDE, me=me, people=chat.participants)

    async def leave(self, tx: Transaction, me: int, chat: Chat) -> None:
        """Takes it from the list for good; what comes is neither shown nor told."""
        await self.mute(tx, me, chat)
        await self._set(tx, me, chat, muted=True, gone=True)
        await self.hide(tx, me, chat)

    async def _threads(self, tx: Transaction, me: int, chat: Chat) -> Sequence[int]:
        rows = await tx.all(queries.THREADS, me=me, people=chat.participants, limit=MOST_THREADS)
        return [row[0] for row in rows]

    async def _set(
        self, tx: Transaction, me: int, chat: Chat, *, muted: bool, gone: bool = False
    ) -> None:
        await tx.run(
            queries.SET, account_id=me, participants=chat.participants, muted=muted, gone=gone
        )


def _chat_of(row: Any) -> Chat:
    return Chat(row.key, row.participants, row.last_post_id, bool(row.unread), bool(row.muted))
