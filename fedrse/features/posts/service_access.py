"""The doors to posts: nobody gets one for a viewer in any other way.

Missing and forbidden look the same.
"""

from __future__ import annotations

import json

from fedrse.core.errors import FedrseError, NotFound, Unauthenticated
from fedrse.features.posts import queries, queries_access
from fedrse.features.posts.model import ADDRESSED, Audience, Post
from fedrse.features.posts.model_rules import (
    Onlooker,
    PostFacts,
    Relation,
    Viewer,
    may_join,
    may_know,
    may_see,
)
from fedrse.features.posts.queries import visible_to
from fedrse.features.posts.service_border import Border
from fedrse.store.database import Row, Transaction
from fedrse.store.statement import Statement

__all__ = ["Access", "visible_to"]

_COLUMNS = len(Post.__struct_fields__)
_NOBODY = 0  # no account has this id


def post_of(row: Row) -> Post:
    """A post from the leading columns of a row."""
    return Post(*row[:_COLUMNS])


def _nothing(viewer: Viewer) -> FedrseError:
    """Visitors are asked to sign in, whatever is there or not."""
    if viewer.local or viewer.signed:
        return NotFound()
    return Unauthenticated("login_required", "This method requires an authenticated user")


class Access:
    """Reads posts for viewers."""

    def __init__(self, border: Border) -> None:
        self._border = border

    async def access_post(self, tx: Transaction, viewer_id: int | None, post_id: int) -> Post:
        """A post, or boost, that somebody here may read.

        ``viewer_id`` None is a visitor. Raises NotFound, for visitors always Unauthenticated.
        """
        viewer = self._border.person(viewer_id)
        post = await self._access(tx, queries_access.ACCESS, viewer, post_id)
        if post.boost_of_id is not None:
            await self._access(tx, queries_access.ACCESS, viewer, post.boost_of_id)
        return post

    async def access_original(self, tx: Transaction, viewer_id: int | None, post_id: int) -> Post:
        """Like ``access_post``; of a boost it is the post that was boosted."""
        viewer = self._border.person(viewer_id)
        post = await self._access(tx, queries_access.ACCESS, viewer, post_id)
        if post.boost_of_id is None:
            return post
        return await self._access(tx, queries_access.ACCESS, viewer, post.boost_of_id)

    async def access_own(self, tx: Transaction, owner: int, post_id: int) -> Post:
        """A post that this person wrote. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=post_id)
        if row is None or row.account_id != owner:
            raise NotFound
        return post_of(row)

    async def access_for_site(
        self, tx: Transaction, host: str, actor_id: int | None, post_id: int
    ) -> Post:
        """A post of this site that a signer of another site may fetch. Raises NotFound.

        ``actor_id`` is the signer's account where it is known here (instance actors are not).
        """
        viewer = self._border.signer(host, actor_id)
        return await self._access(tx, queries_access.REMOTE_ACCESS, viewer, post_id, host=host)

    async def may_site_see(self, tx: Transaction, host: str, post_id: int) -> bool:
        """Whether anybody of another site may read this post of ours."""
        try:
            await self._access(
                tx, queries_access.HOST_ACCESS, self._border.signer(host, None), post_id, host=host
            )
        except NotFound:
            return False
        return True

    async def may_actor_see(self, tx: Transaction, host: str, actor_id: int, post_id: int) -> bool:
        """Whether somebody of another site may read a post, as far as it is known here."""
        post = await self.by_id(tx, post_id)
        if post is None:
            return False
        if not post.local:
            return await self._may_know(tx, post, host, actor_id)
        try:
            await self.access_for_site(tx, host, actor_id, post_id)
        except NotFound:
            return False
        return True

    async def may_actor_join(
        self, tx: Transaction, host: str, actor_id: int, parent: Post, reply: Audience
    ) -> bool:
        """Whether an answer by somebody of another site stands below a post."""
        knows = await self.may_actor_see(tx, host, actor_id, parent.id)
        if parent.local:
            return knows
        return may_join(reply, Audience(parent.audience), knows=knows)

    async def _may_know(self, tx: Transaction, post: Post, host: str, actor_id: int) -> bool:
        """Whether somebody of another site may know a post of a third site."""
        audience = Audience(post.audience)
        if audience is Audience.PUBLIC:
            return True
        row = await tx.one(queries_access.ONLOOKER, key=post.id, me=actor_id)
        if row is None:
            return False
        onlooker = Onlooker(
            author=post.account_id == actor_id,
            named=row.named or row.asker_uri in json.loads(post.extra).get(ADDRESSED, ()),
            in_group=row.in_group,
            same_site=row.author_host == host,
            member=self._border.is_member(host),
        )
        return may_know(audience, onlooker)

    async def _access(
        self, tx: Transaction, statement: Statement, viewer: Viewer, post_id: int, **more: str
    ) -> Post:
        me = viewer.account_id or _NOBODY
        row = await tx.one(statement, key=post_id, me=me, of_host=more.get("host", ""))
        if row is None:
            raise _nothing(viewer)
        relation = Relation(
            author=row.account_id == viewer.account_id,
            follows=row.follows,
            named=row.named,
            in_group=row.in_group,
            blocked=row.blocked,
            outside="host" in more and self._border.is_outside(more["host"]),
        )
        facts = PostFacts(
            audience=Audience(row.audience), local=row.local, agreed=row.author_agreed
        )
        if (row.author_gone and not relation.author) or not may_see(viewer, relation, facts):
            raise _nothing(viewer)
        return post_of(row)

    # Without a viewer: for services only

    async def by_id(self, tx: Transaction, post_id: int) -> Post | None:
        """A post whoever asks; callers check what may be shown."""
        row = await tx.one(queries.BY_ID, key=post_id)
        return None if row is None else post_of(row)

    async def by_uri(self, tx: Transaction, uri: str) -> Post | None:
        """A post by its ActivityPub id, whoever asks."""
        row = await tx.one(queries.BY_URI, address=uri)
        return None if row is None else post_of(row)

    async def by_uris(self, tx: Transaction, uris: list[str]) -> dict[str, Post]:
        """Posts by ActivityPub id, whoever asks."""
        return {row.uri: post_of(row) for row in await tx.all(queries.BY_URIS, uris=uris)}

    async def by_ids(self, tx: Transaction, ids: list[int]) -> dict[int, Post]:
        """Posts by id, whoever asks."""
        return {row.id: post_of(row) for row in await tx.all(queries.BY_IDS, ids=ids)}
