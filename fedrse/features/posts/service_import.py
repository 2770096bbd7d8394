"""Stores posts of other sites: received in a ``Create``, or fetched from their origin.

Whoever calls has proved that the document comes from its origin; here it is checked that the
author belongs there, that the id is theirs, and that nothing becomes wider than it was.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import asdict

from fedrse.activitypub.border import DENIED
from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC_NAMES, Json
from fedrse.core.clock import Clock
from fedrse.core.ids import EARLIEST, IdMaker
from fedrse.core.urls import origin_of, same_origin
from fedrse.features.accounts.model import GROUP, Account
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import OPEN, QUESTION, Audience, MentionedPerson, Post, links_out
from fedrse.features.posts.model_events import PostPublished
from fedrse.features.posts.model_incoming import Incoming, Unreadable, read_post
from fedrse.features.posts.model_rules import narrow
from fedrse.features.posts.model_wire import SenderFacts, audience_from_wire, read_addressing
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_arrival import FETCHED, Arrival, Source
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_naming import mentioned_person
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_refresh import Refresher
from fedrse.features.posts.service_remove import Remover
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction
from fedrse.store.events import Events

_TRIES = 5


class Imported(Struct, frozen=True):
    """A stored post, and what became of it: ``created``, ``updated``, ``refreshed``, ``known``."""

    post: Post
    outcome: str


class Importer:
    """Stores remote posts."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        events: Events,
        people: People,
        media: MediaLibrary,
        border: Border,
        access: Access,
        rows: Rows,
        counters: Counters,
        remover: Remover,
        refresher: Refresher,
        languages: tuple[str, ...],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._events = events
        self._people = people
        self._media = media
        self._border = border
        self._access = access
        self._rows = rows
        self._counters = counters
        self._remover = remover
        self._refresher = refresher
        self._languages = languages

    async def import_post(self, tx: Transaction, document: Json, source: Source) -> Imported:
        """Stores a post, or brings a known one up to date.

        Raises Needs for what must be fetched first, Ignored and Refused with the reason.
        """
        incoming = self.read(document, source)
        author = await self.author_of(tx, incoming, source)
        if await self._rows.is_heard_of(tx, incoming.uri, author.uri):
            known = await self._known(tx, incoming, author, source)
            if known is not None:
                return await self._known_again(tx, known, incoming, document, source)
            if await self._rows.is_buried(tx, incoming.uri, author.uri):
                raise Ignored("deleted")
        arrival = await self._look_around(tx, document, incoming, author, source)
        if not source.fetched and not await self._concerns_us(tx, arrival):
            raise Ignored("not_addressed")
        if arrival.strangers:
            raise Needs(*arrival.strangers)
        return Imported(await self._store(tx, arrival), "created")

    def read(self, document: Json, source: Source) -> Incoming:
        """The document as a post of its sender. Raises Refused."""
        try:
            incoming = read_post(document, preferred=self._languages)
        except Unreadable as error:
            raise Refused(f"unreadable: {error}") from None
        if self._local_ids.is_local(incoming.uri):
            raise Refused("local_id")
        if source.actor is not None and source.actor not in incoming.authors:
            raise Refused("not_author")
        return incoming

    async def author_of(self, tx: Transaction, incoming: Incoming, source: Source) -> Account:
        """The account that wrote it. Raises Needs, Ignored for those suspended."""
        uri = source.actor or incoming.authors[0]
        author = await self._people.require(tx, uri, source.unavailable)
        if author.is_gone:
            raise Ignored("author_gone")
        return author

    # What is known already

    async def _known(
        self, tx: Transaction, incoming: Incoming, author: Account, source: Source
    ) -> Post | None:
        known = await self._access.by_uri(tx, incoming.uri)
        if known is None or (known.account_id == author.id and known.boost_of_id is None):
            return known
        # Somebody else of that site took this id. Its origin says whose it is.
        if source.fetched:
            await self._remover.remove(tx, known)
            return None
        if incoming.uri in source.unavailable:
            raise Refused("id_taken")
        raise Needs(incoming.uri)

    async def _known_again(
        self, tx: Transaction, known: Post, incoming: Incoming, document: Json, source: Source
    ) -> Imported:
        if source.fetched:
            return Imported(*await self._refresher.refresh(tx, known, incoming, document))
        if source.arrived and await self.arrive(tx, known):
            return Imported(known, "created")
        return Imported(known, "known")

    async def arrive(self, tx: Transaction, known: Post) -> bool:
        """What was fetched because somebody referred to it is now sent as new; True if so."""
        extra = json.loads(known.extra)
        if not extra.pop(FETCHED, None):
            return False
        await tx.run(queries.SET_EXTRA, key=known.id, new_extra=json.dumps(extra))
        people = (await self._rows.people_of(tx, [known.id])).get(known.id, [])
        await self._publish(tx, known, people, fresh=True, tagged=True)
        return True

    # What is around it

    async def _look_around(
        self, tx: Transaction, document: Json, incoming: Incoming, author: Account, source: Source
    ) -> Arrival:
        addressing = read_addressing(document)
        known = await self._referred(tx, incoming, source)
        # Neither the world nor the author's own followers are anybody.
        asked = {*addressing.everybody, *incoming.mentions} - PUBLIC_NAMES - {author.followers_uri}
        named = await self._people.by_uris(tx, asked) if asked else {}
        groups = {uri for uri, one in named.items() if one.kind == GROUP}
        members = await self._members_of(tx, author, asked.difference(named), source)
        audience, listed = audience_from_wire(
            addressing,
            SenderFacts(followers=author.followers_uri, members=members, groups=groups),
        )
        if self._border.is_evaded(document, author, audience, fetched=source.fetched):
            raise Refused(DENIED)
        parent, quoted = await self._connected(tx, incoming, author, audience, known)
        tagged = set(incoming.mentions)
        people = [
            mentioned_person(one, silent=uri not in tagged, reached=True)
            for uri, one in named.items()
            if one.id != author.id and (one.local or uri in tagged or uri in groups)
        ]
        return Arrival(
            source=source,
            document=document,
            incoming=incoming,
            author=author,
            addressing=addressing,
            audience=audience,
            listed=listed,
            people=people,
            parent=parent,
            quoted=quoted,
        )

    async def _referred(
        self, tx: Transaction, incoming: Incoming, source: Source
    ) -> dict[str, Post]:
        """What it answers and what it quotes; each is fetched once if it is not known."""
        wanted = [uri for uri in (incoming.reply_to, incoming.quote) if uri is not None]
        if not wanted:
            return {}
        known = await self._access.by_uris(tx, wanted)
        missing = [
            uri
            for uri in wanted
            if uri not in known
            and uri not in source.unavailable
            and not self._local_ids.is_local(uri)
        ]
        if missing:
            raise Needs(*missing)
        return known

    async def _connected(
        self,
        tx: Transaction,
        incoming: Incoming,
        author: Account,
        audience: Audience,
        known: dict[str, Post],
    ) -> tuple[Post | None, Post | None]:
        """Parent and quoted post; None for what the author may not know: nothing refers to it."""
        parent, quoted = known.get(incoming.reply_to or ""), known.get(incoming.quote or "")
        if parent is not None and (
            parent.boost_of_id is not None
            or not await self._access.may_actor_join(tx, author.host, author.id, parent, audience)
        ):
            parent = None
        if quoted is not None and not await self._access.may_actor_see(
            tx, author.host, author.id, quoted.id
        ):
            quoted = None
        return parent, quoted

    async def _members_of(
        self, tx: Transaction, author: Account, unknown: Collection[str], source: Source
    ) -> str | None:
        """The members collection that posts of the author's site name.

        The actor of that site tells it. Raises Needs where a post names something of its site that
        nobody here knows, and that actor is not known either: it may be the collection.
        """
        members = await self._border.members_uri_of(tx, author.host)
        if members is not None or not self._border.is_member(author.host):
            return members
        actor = f"{origin_of(author.uri)}/actor"
        if actor in source.unavailable or not any(same_origin(uri, actor) for uri in unknown):
            return None
        if await self._people.by_uri(tx, actor) is None:
            raise Needs(actor)
        return None

    async def _joins(
        self, tx: Transaction, parent: Post, author_id: int, audience: Audience
    ) -> bool:
        author = await self._people.by_id(tx, author_id)
        if author is None:
            return False
        if author.local:  # what was brought in may be for more people than what it answers
            return narrow(audience, Audience(parent.audience)) is audience
        return await self._access.may_actor_join(tx, author.host, author.id, parent, audience)

    async def _concerns_us(self, tx: Transaction, arrival: Arrival) -> bool:
        """Whether a received post belongs here (federation reference, section 3, Create)."""
        if any(one.local for one in arrival.people):
            return True
        parent, quoted = arrival.parent, arrival.quoted
        if parent is not None and (parent.local or parent.audience in OPEN):
            return True
        if quoted is not None and quoted.local:
            return True
        if arrival.author.local_followers_count > 0:
            return True
        by_member = self._border.is_member(arrival.author.host)
        return by_member and arrival.audience in (Audience.PUBLIC, Audience.NETWORK)

    # Storing

    async def _store(self, tx: Transaction, arrival: Arrival) -> Post:
        post = await self._insert(tx, arrival)
        await self._rows.add_people(tx, post.id, arrival.people)
        await self._rows.add_tags(tx, post.id, arrival.incoming.tags)
        if arrival.incoming.attachments:
            await self._media.import_remote(
                tx, post.account_id, post.id, list(arrival.incoming.attachments)
            )
        if self._rows.polls is not None and post.kind == QUESTION:
            await self._rows.polls.import_remote(tx, post, arrival.document)
        if post.audience != Audience.DIRECT:
            tx.gather(self._people.count_new_posts, (post.account_id, post.created_at))
        if arrival.parent is not None:
            await self._counters.count_reply(
                tx,
                arrival.parent,
                audience=post.audience,
                author_id=post.account_id,
                by_local=False,
            )
        if arrival.quoted is not None:
            await self._counters.count_quote(tx, arrival.quoted, post)
        await self._counters.apply(tx, post, arrival.document)
        tx.gather(self._adopt, post)
        await self._refresher.plan_quote_check(tx, post)
        tagged = bool(arrival.incoming.tags)
        await self._publish(tx, post, arrival.people, fresh=arrival.source.arrived, tagged=tagged)
        return post

    async def _adopt(self, tx: Transaction, posts: list[Post]) -> None:
        await self._rows.adopt(tx, posts, self._joins)

    async def _insert(self, tx: Transaction, arrival: Arrival) -> Post:
        for _ in range(_TRIES):
            post = self._row(arrival)
            if await tx.run(queries.ADD_REMOTE, **asdict(post)):
                return post
            if await self._access.by_uri(tx, post.uri) is not None:
                raise Ignored("known")
        raise Ignored("id_exhausted")

    def _row(self, arrival: Arrival) -> Post:
        incoming, parent, quoted = arrival.incoming, arrival.parent, arrival.quoted
        now = self._clock.now()
        created = min(max(incoming.published or now, EARLIEST), now)
        identifier = self._ids.at(created)
        waits = incoming.reply_to if parent is None and self._may_come(incoming.reply_to) else None
        return Post(
            id=identifier,
            uri=incoming.uri,
            url=incoming.url,
            account_id=arrival.author.id,
            local=False,
            kind=incoming.kind,
            audience=arrival.audience.value,
            listed=arrival.listed,
            title=incoming.title,
            content=incoming.content,
            source="",
            source_type="text/html",
            summary=incoming.summary,
            sensitive=incoming.sensitive,
            language=incoming.language,
            emojis=json.dumps(incoming.emojis, ensure_ascii=False) if incoming.emojis else "[]",
            created_at=created,
            received_at=now,
            edited_at=arrival.edited_at(created, now),
            reply_to_id=parent.id if parent else None,
            reply_to_account_id=parent.account_id if parent else None,
            reply_to_uri=waits,
            thread_id=parent.thread_id if parent else identifier,
            conversation=incoming.conversation or (parent.conversation if parent else None),
            boost_of_id=None,
            quote_of_id=quoted.id if quoted else None,
            quote_of_uri=incoming.quote,
            quote_state=arrival.quote_state,
            quote_authorization=incoming.quote_authorization if incoming.quote else None,
            quote_policy=incoming.quote_policy if arrival.audience in OPEN else "nobody",
            application_id=None,
            extra=json.dumps(extra) if (extra := arrival.extra()) else "{}",
        )

    def _may_come(self, uri: str | None) -> bool:
        return uri is not None and not self._local_ids.is_local(uri)

    async def _publish(
        self,
        tx: Transaction,
        post: Post,
        people: list[MentionedPerson],
        *,
        fresh: bool,
        tagged: bool,
    ) -> None:
        await self._events.publish(
            tx,
            PostPublished.of(
                post, people, fresh=fresh, tagged=tagged, linked=links_out(post.content)
            ),
        )
