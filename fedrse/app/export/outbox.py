"""The posts and shares of an account as activities."""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec.structs import replace

from fedrse.activitypub.vocabulary import Json
from fedrse.app.export import queries
from fedrse.app.whole import Whole
from fedrse.core.errors import NotFound
from fedrse.features.migration.model_archive import AUDIENCE
from fedrse.features.posts.model import Audience, Post
from fedrse.store.database import Transaction


class Activities:
    """Reads them in pieces; ``keys`` are the files that they refer to, known afterwards."""

    def __init__(self, whole: Whole, account_id: int) -> None:
        self._database = whole.ground.database
        self._posts = whole.services.posts
        self._account_id = account_id
        self._address = whole.services.media_urls.of("")
        self.keys: list[str] = []

    async def all(self) -> AsyncIterator[Json]:
        """``Create`` and ``Announce`` in the order of time, whoever they are for."""
        after = 0
        while True:
            piece, after = await self._database.read(self._piece, after)
            for activity in piece:
                yield activity
            if not after:
                return

    async def _piece(self, tx: Transaction, after: int) -> tuple[list[Json], int]:
        """Some activities and the id after which to go on, 0 at the end."""
        rows = await tx.all(queries.POSTS, owner=self._account_id, after=after)
        ids = [row.id for row in rows]
        posts = await self._posts.access.by_ids(tx, ids)
        found = [await self._activity(tx, posts[post_id]) for post_id in ids if post_id in posts]
        return [activity for activity in found if activity is not None], ids[-1] if ids else 0

    async def _activity(self, tx: Transaction, post: Post) -> Json | None:
        if post.boost_of_id is not None:
            try:
                return await self._posts.announcement(tx, post)
            except NotFound:
                return None  # what was shared is gone
        parts = await self._posts.rows.note_parts(tx, post, totals=False)
        # What stays on this site has no form on the wire.
        stays = post.audience == Audience.SITE
        sent = replace(post, audience=Audience.FOLLOWERS.value) if stays else post
        note = self._posts.documents.note(sent, parts)
        note |= {AUDIENCE: post.audience, "listed": post.listed}
        if post.source:
            note["source"] = {"content": post.source, "mediaType": post.source_type}
        for attachment in note["attachment"]:
            self._move(attachment)
        return self._posts.documents.create(post, note)

    def _move(self, attachment: Json) -> None:
        """Lets an attachment point to its file in the archive."""
        url = attachment.get("url")
        if isinstance(url, str) and url.startswith(self._address):
            key = url.removeprefix(self._address)
            self.keys.append(key)
            attachment["url"] = f"media_attachments/{key}"
