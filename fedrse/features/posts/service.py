"""Posts: the one place that other features and the edges use.

The work is done by the modules around it; here they are put together.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.media.model import MediaUrls
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import (
    TOMBSTONE_LIFE_DAYS,
    Draft,
    Edit,
    Post,
    QuotePolicy,
    QuoteState,
    Visibility,
)
from fedrse.features.posts.service_access import Access, post_of, visible_to
from fedrse.features.posts.service_announce import RemoteBooster
from fedrse.features.posts.service_arrival import Source
from fedrse.features.posts.service_boost import Booster
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_cache import Changes, Pieces
from fedrse.features.posts.service_compose import Composer
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_documents import Documents
from fedrse.features.posts.service_edit import Editor, Version
from fedrse.features.posts.service_entities import Entities
from fedrse.features.posts.service_import import Imported, Importer
from fedrse.features.posts.service_marks import Marks
from fedrse.features.posts.service_ports import (
    EmojiSource,
    People,
    PollParts,
    Preferences,
)
from fedrse.features.posts.service_publish import Checked, Publisher
from fedrse.features.posts.service_quotes import Quotes
from fedrse.features.posts.service_refresh import Refresher
from fedrse.features.posts.service_remove import Remover
from fedrse.features.posts.service_render import MOST_PIECES, Fragment, Fragments
from fedrse.features.posts.service_rows import Rows
from fedrse.features.posts.service_thread import Thread, Threads
from fedrse.features.posts.service_viewers import ForMany
from fedrse.jobs.queue import Queue
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events

__all__ = ["Posts", "visible_to"]

REFRESH = "posts.refresh"


class Posts:
    """Everything about posts; see the methods for what each raises."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        own_domain: str,
        languages: tuple[str, ...],
        max_characters: int,
        border: Border,
        people: People,
        media: MediaLibrary,
        media_urls: MediaUrls,
        outbox: Outbox,
        queue: Queue,
        events: Events,
        emojis: EmojiSource | None = None,
    ) -> None:
        """``own_domain`` is that of handles here; ``languages`` the preferred ones of the site."""
        self.border = border
        self._queue = queue
        self._clock = clock
        pieces: Pieces[Fragment] = Pieces(most=MOST_PIECES)
        self.changes = Changes(pieces)
        self.access = access = Access(border)
        self.documents = documents = Documents(local_ids=local_ids, media_urls=media_urls)
        self.counters = counters = Counters(
            clock=clock, queue=queue, changes=self.changes, own_host=border.own_host
        )
        self.delivery = delivery = Delivery(outbox=outbox, documents=documents, border=border)
        self.rows = rows = Rows(clock=clock, ids=ids, people=people, media=media, counters=counters)
        composer = Composer(
            origin=local_ids.origin, own_domain=own_domain, people=people, emojis=emojis
        )
        self.quotes = Quotes(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            events=events,
            people=people,
            border=border,
            access=access,
            rows=rows,
            counters=counters,
            documents=documents,
            delivery=delivery,
            outbox=outbox,
        )
        self._publisher = Publisher(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            events=events,
            people=people,
            media=media,
            border=border,
            access=access,
            composer=composer,
            rows=rows,
            counters=counters,
            quotes=self.quotes,
            delivery=delivery,
            max_characters=max_characters,
        )
        self.editor = Editor(
            clock=clock,
            ids=ids,
            events=events,
            people=people,
            media=media,
            media_urls=media_urls,
            border=border,
            access=access,
            composer=composer,
            rows=rows,
            counters=counters,
            delivery=delivery,
            max_characters=max_characters,
        )
        self.remover = Remover(
            clock=clock,
            events=events,
            people=people,
            media=media,
            access=access,
            rows=rows,
            counters=counters,
            delivery=delivery,
            queue=queue,
        )
        self._booster = Booster(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            events=events,
            people=people,
            border=border,
            access=access,
            counters=counters,
            documents=documents,
            delivery=delivery,
            remover=self.remover,
        )
        self._remote_booster = RemoteBooster(
            clock=clock,
            ids=ids,
            people=people,
            border=border,
            access=access,
            booster=self._booster,
        )
        self.marks = Marks(clock=clock, ids=ids, local_ids=local_ids, access=access, outbox=outbox)
        self.refresher = Refresher(
            clock=clock,
            local_ids=local_ids,
            events=events,
            people=people,
            media=media,
            queue=queue,
            access=access,
            rows=rows,
            counters=counters,
            editor=self.editor,
            quotes=self.quotes,
        )
        self._importer = Importer(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            events=events,
            people=people,
            media=media,
            border=border,
            access=access,
            rows=rows,
            counters=counters,
            remover=self.remover,
            refresher=self.refresher,
            languages=languages,
        )
        self.fragments = Fragments(
            origin=local_ids.origin,
            pieces=pieces,
            rows=rows,
            media=media,
            media_urls=media_urls,
        )
        self.statuses = Entities(border=border, people=people, fragments=self.fragments, rows=rows)
        self.threads = Threads(statuses=self.statuses, access=self.access)
        self.threads.listen(events)
        self.for_many = ForMany(entities=self.statuses, border=border, people=people, rows=rows)

    def listen(self, database: Database) -> None:
        """Hears what other processes change; once, at the start."""
        self.changes.listen(database)

    def prefer_with(self, preferences: Preferences) -> None:
        """Registers who knows what people prefer for their posts."""
        self._publisher.preferences = preferences

    # Polls

    @property
    def polls(self) -> PollParts | None:
        """The feature that owns polls, if there is one."""
        return self.rows.polls

    @polls.setter
    def polls(self, parts: PollParts) -> None:
        self.rows.polls = parts

    # Writing

    async def publish(self, tx: Transaction, author: Account, draft: Draft) -> Post:
        """Publishes a draft. Raises Invalid, NotFound."""
        post, _ = await self._publisher.publish(tx, author, draft)
        return post

    async def publish_and_show(
        self, tx: Transaction, author: Account, draft: Draft
    ) -> tuple[int, bytes | None]:
        """The same: the id, and the Status for the author, None where it has to be read."""
        post, parts = await self._publisher.publish(tx, author, draft)
        return post.id, None if parts is None else await self.statuses.of_new(tx, post, parts)

    async def check_draft(self, tx: Transaction, author: Account, draft: Draft) -> Checked:
        """The draft with the author's preferences, and whom it reaches. Raises like ``publish``."""
        return await self._publisher.check(tx, author, draft)

    async def edit(self, tx: Transaction, author: Account, post_id: int, edit: Edit) -> Post:
        """Changes an own post. Raises Invalid, NotFound."""
        return await self.editor.edit(tx, author, post_id, edit)

    async def set_quote_policy(
        self, tx: Transaction, author: Account, post_id: int, policy: QuotePolicy
    ) -> Post:
        """Changes who may quote an own post. Raises NotFound."""
        return await self.editor.set_quote_policy(tx, author, post_id, policy)

    async def delete(self, tx: Transaction, author: Account, post_id: int) -> Post:
        """Deletes an own post everywhere; returns what it was. Raises NotFound."""
        return await self.remover.delete(tx, author, post_id)

    async def boost(
        self,
        tx: Transaction,
        account: Account,
        post_id: int,
        visibility: Visibility | None = None,
    ) -> Post:
        """Shares a post. Raises NotFound, Forbidden."""
        return await self._booster.boost(tx, account, post_id, visibility)

    async def unboost(self, tx: Transaction, account: Account, post_id: int) -> Post:
        """Takes a boost back; returns the original. Raises NotFound."""
        return await self._booster.unboost(tx, account, post_id)

    def changed(self, tx: Transaction, *post_ids: int) -> None:
        """Higher features call this where they change what clients see of posts."""
        self.counters.changed(tx, *post_ids)

    # Reading

    async def access_post(self, tx: Transaction, viewer_id: int | None, post_id: int) -> Post:
        """A post or boost for somebody here. Raises NotFound, Unauthenticated for visitors."""
        return await self.access.access_post(tx, viewer_id, post_id)

    async def access_original(self, tx: Transaction, viewer_id: int | None, post_id: int) -> Post:
        """The same; of a boost it is what was boosted."""
        return await self.access.access_original(tx, viewer_id, post_id)

    async def may_actor_see(self, tx: Transaction, host: str, actor_id: int, post_id: int) -> bool:
        """Whether somebody of another site may know a post."""
        return await self.access.may_actor_see(tx, host, actor_id, post_id)

    async def may_site_see(self, tx: Transaction, host: str, post_id: int) -> bool:
        """Whether anybody of another site may know a post of this one."""
        return await self.access.may_site_see(tx, host, post_id)

    async def by_id(self, tx: Transaction, post_id: int) -> Post | None:
        """For services and handlers: whoever asks."""
        return await self.access.by_id(tx, post_id)

    async def by_uri(self, tx: Transaction, uri: str) -> Post | None:
        """For services and handlers: whoever asks."""
        return await self.access.by_uri(tx, uri)

    async def by_uris(self, tx: Transaction, uris: list[str]) -> dict[str, Post]:
        """For services and handlers: whoever asks."""
        return await self.access.by_uris(tx, uris)

    async def boost_by(self, tx: Transaction, account_id: int, original_id: int) -> Post | None:
        """Somebody's boost of a post."""
        return await self._booster.boost_by(tx, account_id, original_id)

    async def announcement(self, tx: Transaction, boost: Post) -> Json:
        """The document of a boost of this site. Raises NotFound."""
        return await self._booster.announcement(tx, boost)

    async def thread(self, tx: Transaction, viewer_id: int | None, post: Post) -> Thread:
        """What stands above and below a post for a viewer."""
        return await self.threads.of(tx, viewer_id, post)

    async def history(self, tx: Transaction, post: Post) -> list[Version]:
        """All versions of a post, the present one last."""
        return await self.editor.history(tx, post)

    async def entities(
        self, tx: Transaction, ids: Sequence[int], viewer: int | None
    ) -> list[bytes]:
        """Mastodon ``Status`` JSON in the order of the ids; what is hidden is left out."""
        return await self.statuses.entities(tx, ids, viewer)

    async def entities_by_id(
        self, tx: Transaction, ids: Sequence[int], viewer: int | None
    ) -> dict[int, bytes]:
        """The same by id."""
        return await self.statuses.entities_by_id(tx, ids, viewer)

    # From other sites

    async def import_object(self, tx: Transaction, document: Json, source: Source) -> Imported:
        """Stores a remote post. Raises Needs, Ignored, Refused (``activitypub.dispatch``)."""
        return await self._importer.import_post(tx, document, source)

    async def update_object(self, tx: Transaction, document: Json, source: Source) -> str:
        """``Update`` by its author: of an unknown post it is taken like a late arrival."""
        incoming = self._importer.read(document, source)
        author = await self._importer.author_of(tx, incoming, source)
        known = await self.access.by_uri(tx, incoming.uri)
        if known is None or known.account_id != author.id or known.boost_of_id is not None:
            return (await self._importer.import_post(tx, document, source)).outcome
        return (await self.refresher.refresh(tx, known, incoming, document))[1]

    async def arrive(self, tx: Transaction, known: Post) -> bool:
        """A post that was only fetched is now sent as new; True if it was so."""
        return await self._importer.arrive(tx, known)

    async def receive_boost(
        self, tx: Transaction, account: Account, activity: Json, uri: str, original: Post
    ) -> str:
        """Stores an ``Announce``. Raises Ignored, Refused."""
        return await self._remote_booster.announce(tx, account, activity, uri, original)

    async def remove(self, tx: Transaction, post: Post) -> None:
        """Takes a post or boost out of the database, with all that hangs on it."""
        await self.remover.remove(tx, post)

    async def bury(
        self, tx: Transaction, uri: str, actor: str, days: int = TOMBSTONE_LIFE_DAYS
    ) -> None:
        """Remembers that an actor deleted an id."""
        await self.rows.bury(tx, uri, actor, days)

    async def revoke_stamp(self, tx: Transaction, uri: str, actor: str) -> bool:
        """The quoted author took an agreement back; False if it is not known or not theirs."""
        row = await tx.one(queries.STAMPED, address=uri)
        if row is None:
            return False
        quote = post_of(row)
        author_uri = await tx.value(queries.QUOTED_AUTHOR, key=quote.quote_of_id or 0)
        if author_uri != actor:
            return False
        await self.quotes.answered(tx, quote, QuoteState.REVOKED, None)
        return True

    async def plan_refresh(self, tx: Transaction, post: Post, *, deleted: bool = False) -> None:
        """Asks the origin of a remote post again, soon; ``deleted``: it is said to be."""
        if not post.local:
            arguments = {"uri": post.uri} | ({"deleted": True} if deleted else {})
            key = f"{REFRESH}:{deleted:d}:{post.id}"
            await self._queue.enqueue(tx, REFRESH, arguments, key=key)
