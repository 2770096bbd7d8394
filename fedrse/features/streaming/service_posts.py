"""What viewers get of posts: ``update``, ``status.update`` and ``delete``.

Who finds a post where is decided by the rules of timelines and audiences; nothing is sent to a
stream whose viewer could not read the post there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from fedrse.core.ports import Protocol
from fedrse.features.posts.model import OPEN
from fedrse.features.posts.model_events import (
    PostBoosted,
    PostDeleted,
    PostEdited,
    PostPublished,
)
from fedrse.features.streaming import queries
from fedrse.features.streaming.model import (
    LIST,
    LOCAL_TAG,
    MEDIA,
    PUBLIC_KINDS,
    TAG,
    USER,
    Dispatch,
    Message,
    Watching,
)
from fedrse.features.streaming.service import Hint, Streams
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

UPDATE: Final = "update"
EDIT: Final = "status.update"
DELETE: Final = "delete"
MOST_TOLD: Final = 60  # people and tags that a hint about a deletion names
# What is left of a deleted post: bits of the hint about it.
IS_PUBLIC, IS_LOCAL, FOR_FOLLOWERS, HAS_MEDIA, IS_TAGGED = 1, 2, 4, 8, 16

Places = defaultdict[tuple[str, int | str | None], set[int]]
"""Viewers by kind and parameter of the stream in which they find something."""


class Readers(Protocol):
    """Home timelines; implemented by ``timelines.service.Timelines``."""

    async def readers(
        self, tx: Transaction, post_ids: Sequence[int], among: Sequence[int]
    ) -> Mapping[int, Sequence[int]]: ...


class StatusesForMany(Protocol):
    """Implemented by ``posts.service_viewers.ForMany``."""

    async def render(
        self, tx: Transaction, wanted: Mapping[int, Collection[int]]
    ) -> dict[int, dict[int, bytes]]: ...


class Lists(Protocol):
    """Lists; implemented by ``lists.service.Lists``."""

    async def showing(
        self, tx: Transaction, posts: Sequence[int], lists: Sequence[int]
    ) -> Mapping[int, list[int]]:
        """Which of these lists show which of these posts: list ids by post."""

    async def among_with(self, tx: Transaction, member: int, lists: Sequence[int]) -> list[int]:
        """Which of these lists have this member."""


class PostStreams:
    """Publishes hints about posts and turns them into messages."""

    def __init__(
        self,
        *,
        streams: Streams,
        events: Events,
        home: Readers,
        statuses: StatusesForMany,
        lists: Lists | None = None,
    ) -> None:
        self._streams = streams
        self._home = home
        self._statuses = statuses
        self._lists = lists
        streams.add_source(self.source, UPDATE, EDIT, DELETE)
        events.subscribe(PostPublished, self._published)
        events.subscribe(PostBoosted, self._boosted)
        events.subscribe(PostEdited, self._edited)
        events.subscribe(PostDeleted, self._deleted)

    # Hints

    async def _published(self, tx: Transaction, event: PostPublished) -> None:
        if event.fresh:
            self._streams.tell(tx, UPDATE, [event.post_id])

    async def _boosted(self, tx: Transaction, event: PostBoosted) -> None:
        if event.fresh:
            self._streams.tell(tx, UPDATE, [event.post_id])

    async def _edited(self, tx: Transaction, event: PostEdited) -> None:
        self._streams.tell(tx, EDIT, [event.post_id])

    async def _deleted(self, tx: Transaction, event: PostDeleted) -> None:
        """Says who may have had it: afterwards nobody can find out."""
        row = await tx.one(queries.FACTS, ids=[event.post_id])
        if row is None:
            return
        named = [one[1] for one in await tx.all(queries.NAMED, ids=[row.id])]
        tags = [one[1] for one in await tx.all(queries.TAGS, ids=[row.id])]
        bits = (
            IS_PUBLIC * _in_public(row)
            | IS_LOCAL * bool(row.local)
            | FOR_FOLLOWERS * (row.audience in OPEN or row.audience == "followers")
            | HAS_MEDIA * bool(row.has_media)
            | IS_TAGGED * _in_tags(row)
        )
        named, tags = named[:MOST_TOLD], tags[:MOST_TOLD]
        hint = [row.id, row.account_id, bits, len(named), *named, *tags]
        self._streams.tell(tx, DELETE, hint)

    # Messages

    async def source(
        self, tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        """See ``service.Source``."""
        shown = list(dict.fromkeys(hint[0] for event, hint in hints if event != DELETE))
        places = await self._places(tx, shown, watching) if shown else {}
        wanted = {post_id: set().union(*those.values()) for post_id, those in places.items()}
        rendered = await self._statuses.render(tx, wanted)
        found: list[Dispatch] = []
        for event, hint in hints:
            if event == DELETE:
                found += await self._deletion(tx, hint, watching)
            else:
                entities = rendered.get(hint[0], {})
                found += _dispatches(event, places.get(hint[0], {}), entities)
        return found

    async def _places(
        self, tx: Transaction, ids: Sequence[int], watching: Watching
    ) -> dict[int, Places]:
        rows = {row.id: row for row in await tx.all(queries.FACTS, ids=ids)}
        found: dict[int, Places] = {one: defaultdict(set) for one in rows}
        at_home = watching.people(USER)
        if at_home:
            for post_id, readers in (await self._home.readers(tx, list(rows), at_home)).items():
                found[post_id][USER, None].update(readers)
        tags = await self._tags(tx, rows.values(), watching)
        lists = watching.of(LIST)
        in_lists: Mapping[int, list[int]] = {}
        if lists and self._lists is not None:
            in_lists = await self._lists.showing(tx, list(rows), [int(one) for one in lists])
        for post_id, row in rows.items():
            for kind in _public_kinds(row):
                for viewers in watching.of(kind).values():
                    found[post_id][kind, ""] |= viewers
            for kind, name in tags.get(post_id, ()):
                found[post_id][kind, name] |= watching.of(kind).get(name, frozenset())
            for list_id in in_lists.get(post_id, ()):
                found[post_id][LIST, list_id] |= lists[list_id]
        await self._leave_out_silenced(tx, rows, found)
        return found

    async def _tags(
        self, tx: Transaction, rows: Collection[Row], watching: Watching
    ) -> dict[int, list[tuple[str, str]]]:
        """The watched tag streams in which posts belong."""
        watched = watching.of(TAG).keys() | watching.of(LOCAL_TAG).keys()
        tagged = {row.id: row for row in rows if _in_tags(row)}
        found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        if watched and tagged:
            for one in await tx.all(queries.TAGS, ids=list(tagged)):
                found[one.post_id].append((TAG, one.name))
                if tagged[one.post_id].local:
                    found[one.post_id].append((LOCAL_TAG, one.name))
        return found

    async def _leave_out_silenced(
        self, tx: Transaction, rows: Mapping[int, Row], found: Mapping[int, Places]
    ) -> None:
        """Nobody is shown people whom they mute or block, or who block them."""
        viewers: set[int] = set()
        for places in found.values():
            # Home timelines and lists know it already.
            viewers.update(*(those for place, those in places.items() if place[0] != USER))
        if not viewers:
            return
        authors = list({row.account_id for row in rows.values()})
        silenced: defaultdict[int, set[int]] = defaultdict(set)
        for author, viewer in await tx.all(
            queries.SILENCED, authors=authors, viewers=list(viewers)
        ):
            silenced[author].add(viewer)
        for post_id, places in found.items():
            hidden = silenced.get(rows[post_id].account_id)
            if hidden:
                for place in places:
                    if place[0] != USER:
                        places[place] -= hidden

    async def _lists_with(
        self, tx: Transaction, author: int, watching: Watching
    ) -> list[tuple[int, frozenset[int]]]:
        """Watched lists that had posts of the author, and who watches them."""
        watched = watching.of(LIST)
        if not watched or self._lists is None:
            return []
        found = await self._lists.among_with(tx, author, [int(one) for one in watched])
        return [(list_id, watched[list_id]) for list_id in found]

    async def _deletion(self, tx: Transaction, hint: Hint, watching: Watching) -> list[Dispatch]:
        post_id, author, bits, count, *more = hint
        named, tags = more[:count], more[count:]
        at_home = set(watching.people(USER))
        people = at_home & {author, *named}
        if bits & FOR_FOLLOWERS and at_home:
            rows = await tx.all(queries.FOLLOWING, authors=[author], viewers=list(at_home))
            people |= {row.account_id for row in rows}
        places: Places = defaultdict(set)
        places[USER, None] = people
        if bits & IS_PUBLIC:
            kinds = _kinds(local=bool(bits & IS_LOCAL), has_media=bool(bits & HAS_MEDIA))
            for kind in kinds:
                for viewers in watching.of(kind).values():
                    places[kind, ""] |= viewers
        if bits & IS_TAGGED and tags and (watching.of(TAG) or watching.of(LOCAL_TAG)):
            for row in await tx.all(queries.TAG_NAMES, ids=tags):
                for kind in (TAG, LOCAL_TAG):
                    places[kind, row.name] |= watching.of(kind).get(row.name, frozenset())
        if bits & FOR_FOLLOWERS:
            for list_id, viewers in await self._lists_with(tx, author, watching):
                places[LIST, list_id] |= viewers
        message = Message(DELETE, str(post_id).encode())
        return [
            Dispatch(kind, parameter, dict.fromkeys(viewers, message))
            for (kind, parameter), viewers in places.items()
            if viewers
        ]


def _in_tags(row: Row) -> bool:
    """Tags show what is listed and for everybody here, but of people who are limited."""
    listed = row.listed and not row.limited
    return bool(listed and row.boost_of_id is None and row.audience in OPEN)


def _in_public(row: Row) -> bool:
    """Public timelines show no answers to others."""
    answers = row.reply_to_account_id is not None or row.reply_to_uri is not None
    return _in_tags(row) and (not answers or row.reply_to_account_id == row.account_id)


def _public_kinds(row: Row) -> Collection[str]:
    if not _in_public(row):
        return ()
    return _kinds(local=bool(row.local), has_media=bool(row.has_media))


def _kinds(*, local: bool, has_media: bool) -> list[str]:
    other = "remote" if local else "local"
    return [
        kind
        for kind in PUBLIC_KINDS
        if f":{other}" not in kind and (has_media or not kind.endswith(MEDIA))
    ]


def _dispatches(
    event: str,
    places: Mapping[tuple[str, int | str | None], Collection[int]],
    entities: Mapping[int, bytes],
) -> list[Dispatch]:
    """One message for all to whom the post looks the same."""
    made = {text: Message(event, text) for text in set(entities.values())}
    messages = {viewer: made[text] for viewer, text in entities.items()}
    return [
        Dispatch(
            kind,
            parameter,
            {viewer: messages[viewer] for viewer in viewers if viewer in messages},
        )
        for (kind, parameter), viewers in places.items()
    ]
