"""What those in charge of this site do to posts of others: remove them, cover their pictures."""

from __future__ import annotations

from msgspec.structs import replace

from fedrse.core.clock import Clock
from fedrse.features.posts.model import Post
from fedrse.features.posts.model_events import PostEdited
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_cache import Changes
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_edit import Editor
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_remove import Remover
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class Takedowns:
    """Changes posts whoever wrote them; whoever calls it has checked that this may be."""

    def __init__(
        self,
        *,
        clock: Clock,
        events: Events,
        people: People,
        access: Access,
        rows: Rows,
        counters: Counters,
        delivery: Delivery,
        editor: Editor,
        remover: Remover,
        changes: Changes,
    ) -> None:
        self._clock = clock
        self._events = events
        self._people = people
        self._access = access
        self._rows = rows
        self._counters = counters
        self._delivery = delivery
        self._editor = editor
        self._remover = remover
        self._changes = changes

    async def remove(self, tx: Transaction, post_id: int) -> Post | None:
        """Removes a post; of this site everywhere, of another one here, where it stays away.

        None where it is gone already.
        """
        post = await self._access.by_id(tx, post_id)
        author = None if post is None else await self._people.by_id(tx, post.account_id)
        if post is None or author is None:
            return None
        if post.local:
            return await self._remover.delete(tx, author, post_id)
        await self._rows.bury(tx, post.uri, author.uri)
        await self._remover.remove(tx, post)
        return post

    async def cover(self, tx: Transaction, post_id: int, *, sensitive: bool) -> bool:
        """Marks a post as sensitive or takes that back; False where nothing changes.

        Of this site it is a new version, of which everybody hears who has the old one.
        """
        post = await self._access.by_id(tx, post_id)
        author = None if post is None else await self._people.by_id(tx, post.account_id)
        if post is None or author is None or post.boost_of_id is not None:
            return False
        wanted = sensitive or bool(post.summary.strip())
        if post.sensitive == wanted:
            return False
        changed = replace(post, sensitive=wanted)
        if post.local:
            before = await self._editor.version_of(tx, post)
            changed = replace(changed, edited_at=max(self._clock.now(), post.created_at + 1))
            await self._editor.keep_version(tx, post_id, before)
        await self._editor.write_content(tx, changed)
        self._counters.changed(tx, post_id)
        if post.local:
            parts = await self._rows.note_parts(tx, changed, totals=True)
            await self._delivery.send_update(tx, changed, parts, changed.edited_at or 0)
            await self._events.publish(tx, PostEdited(post_id, author.id, local=True))
        return True

    def draw_again(self, tx: Transaction) -> None:
        """All posts are drawn anew: those of somebody are covered now, or no longer."""
        self._changes.forget_all(tx)
