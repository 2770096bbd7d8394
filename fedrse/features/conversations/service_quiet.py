"""Chats that are muted or were left: a message that begins a new thread there is quiet, too.

It has to hear of posts before whoever tells people does (``notifications``).
"""

from __future__ import annotations

from fedrse.features.conversations import queries, queries_chats
from fedrse.features.conversations.model_chats import participants_of
from fedrse.features.conversations.service_chats import ThreadMarks
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_events import PostPublished
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class QuietChats:
    """Mutes threads in the moment in which they begin."""

    def __init__(self, *, events: Events, marks: ThreadMarks) -> None:
        self._marks = marks
        events.subscribe(PostPublished, self._published)

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        if not event.fresh or event.audience != Audience.DIRECT:
            return
        thread = await tx.value(queries.THREAD, of_post=event.post_id)
        if thread != event.post_id:
            return
        rows = await tx.all(
            queries.PEOPLE, author=event.account_id, of_post=event.post_id, thread=thread
        )
        here = [row.id for row in rows if row.local and row.id != event.account_id]
        everybody = {row.id for row in rows}
        for setting in await tx.all(queries_chats.QUIET, ids=here) if here else ():
            if setting.participants == participants_of(everybody, setting.account_id):
                await self._marks.mute_thread(tx, setting.account_id, event.post_id)
