"""What other sites may fetch of posts and their collections; every answer is for one signer."""

from __future__ import annotations

from msgspec import Struct

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import NotFound
from fedrse.features.accounts.model import Account
from fedrse.features.posts import queries, queries_lists
from fedrse.features.posts.model import Audience, Post
from fedrse.features.posts.model_context import with_context
from fedrse.features.posts.queries import NEWEST
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_documents import Totals, page_of, tombstone
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Row, Transaction

PAGE = 20
CONTEXT_PAGE = 100


class Asker(Struct, frozen=True):
    """A signer: the host, and the account where it is known here."""

    host: str
    account_id: int | None


class Collections:
    """Documents for other sites. Missing and forbidden look the same."""

    def __init__(self, *, posts: Posts, people: People, local_ids: LocalIds) -> None:
        self._posts = posts
        self._people = people
        self._local_ids = local_ids

    async def asker(self, tx: Transaction, actor: str, host: str) -> Asker:
        """Who signed."""
        account = await self._people.by_uri(tx, actor)
        return Asker(host, None if account is None else account.id)

    async def _access(self, tx: Transaction, asker: Asker, post_id: int) -> Post:
        return await self._posts.access.access_for_site(tx, asker.host, asker.account_id, post_id)

    async def post(self, tx: Transaction, asker: Asker, post_id: int) -> Post:
        """A post of this site. Raises NotFound."""
        post = await self._access(tx, asker, post_id)
        if post.boost_of_id is not None:
            raise NotFound
        return post

    async def note(self, tx: Transaction, asker: Asker, post_id: int) -> Json:
        """The object. Raises NotFound."""
        post = await self.post(tx, asker, post_id)
        parts = await self._posts.rows.note_parts(tx, post, totals=True)
        return with_context(self._posts.documents.note(post, parts))

    async def create(self, tx: Transaction, asker: Asker, post_id: int) -> Json:
        """The ``Create`` of a post. Raises NotFound."""
        return await self._create(tx, await self.post(tx, asker, post_id))

    async def _create(self, tx: Transaction, post: Post) -> Json:
        parts = await self._posts.rows.note_parts(tx, post, totals=True)
        return self._posts.documents.create(post, self._posts.documents.note(post, parts))

    async def grave(self, tx: Transaction, post_id: int) -> Json | None:
        """The Tombstone of a deleted post of this site; posts of the site only leave none."""
        uri = self._local_ids.uri("post", post_id)
        row = await tx.one(queries.GRAVE, address=uri)
        return None if row is None else with_context(tombstone(uri, row.deleted_at))

    async def boost(self, tx: Transaction, asker: Asker, boost_id: int) -> Json:
        """The ``Announce`` of a boost. Raises NotFound."""
        boost = await self._access(tx, asker, boost_id)
        if boost.boost_of_id is None:
            raise NotFound
        return await self._posts.announcement(tx, boost)

    async def stamp(self, tx: Transaction, asker: Asker, quote_id: int) -> Json:
        """Our agreement to a quote, for those who may read what is quoted. Raises NotFound."""
        quote = await self._posts.by_id(tx, quote_id)
        if quote is None or quote.quote_of_id is None:
            raise NotFound
        await self._access(tx, asker, quote.quote_of_id)
        return await self._posts.quotes.stamp(tx, quote_id)

    # Collections of a post

    async def numbers(self, tx: Transaction, asker: Asker, post_id: int, part: str) -> Json:
        """``likes`` or ``shares``: how many, and from which hosts."""
        post = await self.post(tx, asker, post_id)
        totals = await self._posts.counters.totals(tx, post)
        return with_context(self._part(post, part, totals))

    def _part(self, post: Post, part: str, totals: Totals) -> Json:
        total, by_host = {
            "likes": (post.likes_count, totals.likes),
            "shares": (post.boosts_count, totals.boosts),
            "replies": (post.replies_count, totals.replies),
        }[part]
        kinds = totals.kinds if part == "likes" else None
        return self._posts.documents.collection(post, part, total, by_host, by_content=kinds)

    async def replies(self, tx: Transaction, asker: Asker, post_id: int, after: int | None) -> Json:
        """``replies``; ``after`` None is the collection itself, else a page after that id."""
        if after is None:
            return await self.numbers(tx, asker, post_id, "replies")
        post = await self.post(tx, asker, post_id)
        rows = await tx.all(queries_lists.REPLIES, key=post.id, since_id=after, limit=PAGE)
        items = [row.uri for row in rows if await self._may_name(tx, asker, row)]
        address = self._local_ids.uri("post", post_id, "replies")
        more = f"{address}?page=1&min_id={rows[-1].id}" if len(rows) == PAGE else None
        return with_context(page_of(address, items, next_page=more))

    async def _may_name(self, tx: Transaction, asker: Asker, row: Row) -> bool:
        """Whether a signer may learn the id of a post, ours or another site's."""
        if row.local:
            try:
                await self._access(tx, asker, row.id)
            except NotFound:
                return False
            return True
        if row.audience == Audience.NETWORK:
            return self._posts.border.is_member(asker.host)
        return bool(row.audience == Audience.PUBLIC)

    async def context(self, tx: Transaction, asker: Asker, thread_id: int) -> Json:
        """A thread that began here (FEP-7888), oldest first, the root included."""
        root = await self.post(tx, asker, thread_id)
        rows = await tx.all(
            queries_lists.CONTEXT, thread=root.thread_id, since_id=0, limit=CONTEXT_PAGE
        )
        items = [row.uri for row in rows if await self._may_name(tx, asker, row)]
        return with_context(
            {
                "id": self._local_ids.uri("context", thread_id),
                "type": "OrderedCollection",
                "attributedTo": await self._author_uri(tx, root),
                "totalItems": len(items),
                "orderedItems": items,
            }
        )

    async def _author_uri(self, tx: Transaction, post: Post) -> str:
        author = await self._people.by_id(tx, post.account_id)
        if author is None:
            raise NotFound
        return author.uri

    # Collections of an account

    async def owner(self, tx: Transaction, account_id: int) -> Account:
        """Somebody of this site. Raises NotFound."""
        account = await self._people.by_id(tx, account_id)
        if account is None or not account.local or account.is_gone:
            raise NotFound
        return account

    def _audiences(self, asker: Asker) -> list[str]:
        member = self._posts.border.is_member(asker.host)
        return [Audience.PUBLIC, Audience.NETWORK] if member else [Audience.PUBLIC]

    async def outbox(
        self, tx: Transaction, asker: Asker, account_id: int, before: int | None
    ) -> Json:
        """The outbox; ``before`` None is the collection itself, else a page before that id."""
        owner = await self.owner(tx, account_id)
        audiences = self._audiences(asker)
        address = self._local_ids.uri("actor", account_id, "outbox")
        if before is None:
            total = await tx.value(queries_lists.OUTBOX_TOTAL, author=owner.id, audiences=audiences)
            return with_context(
                {
                    "id": address,
                    "type": "OrderedCollection",
                    "totalItems": total,
                    "first": f"{address}?page=1",
                }
            )
        rows = await tx.all(
            queries_lists.OUTBOX,
            author=owner.id,
            audiences=audiences,
            max_id=before or NEWEST,
            limit=PAGE,
        )
        items = [await self._activity(tx, row.id) for row in rows]
        page: Json = {
            "id": f"{address}?page=1&max_id={before}" if before else f"{address}?page=1",
            "type": "OrderedCollectionPage",
            "partOf": address,
            "orderedItems": items,
        }
        if len(rows) == PAGE:
            page["next"] = f"{address}?page=1&max_id={rows[-1].id}"
        return with_context(page)

    async def _activity(self, tx: Transaction, post_id: int) -> Json:
        post = await self._posts.by_id(tx, post_id)
        assert post is not None  # noqa: S101  (the row was read in this transaction)
        if post.boost_of_id is not None:
            activity = await self._posts.announcement(tx, post)
        else:
            activity = await self._create(tx, post)
        return {name: value for name, value in activity.items() if name != "@context"}

    async def featured(self, tx: Transaction, asker: Asker, account_id: int) -> Json:
        """Pinned posts that the signer may read, newest pin first."""
        owner = await self.owner(tx, account_id)
        rows = await tx.all(
            queries_lists.FEATURED,
            author=owner.id,
            audiences=self._audiences(asker),
            limit=PAGE,
        )
        return self._ordered(account_id, "featured", [row.uri for row in rows])

    def _ordered(self, account_id: int, part: str, items: list[str]) -> Json:
        return with_context(
            {
                "id": self._local_ids.uri("actor", account_id, part),
                "type": "OrderedCollection",
                "totalItems": len(items),
                "orderedItems": items,
            }
        )
