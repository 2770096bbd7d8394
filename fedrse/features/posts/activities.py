"""Create, Update and Delete of posts that other sites send, and posts that are fetched.

An embedded object is believed only if it is its sender's own; of anything else only the id is used
and the object is fetched from its origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.documents import is_vote
from fedrse.activitypub.importers import Imported, Importers
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import POST_TYPES, Json, as_list, id_of, ids_of
from fedrse.core.urls import same_origin
from fedrse.features.posts.model import MARKER_LIFE_DAYS, Post
from fedrse.features.posts.model_wire import read_addressing
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_arrival import Source
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Transaction

MOST_OBJECTS = 20  # of one Create
_ADDRESSING = ("to", "cc", "bto", "bcc", "audience")


def register(dispatcher: Dispatcher, importers: Importers, activities: PostActivities) -> None:
    """Takes the activities about posts, and fetched posts."""
    dispatcher.on_batch(activities.foresee)
    dispatcher.on("Create", activities.create, objects=POST_TYPES | {"*"})
    dispatcher.on("Update", activities.update, objects=POST_TYPES)
    dispatcher.on("Delete", activities.delete, objects=POST_TYPES | {"Tombstone"})
    dispatcher.on_reference("Delete", activities.delete_reference)
    dispatcher.on_reference("Update", activities.update_reference)
    importers.on(POST_TYPES, activities.import_fetched)
    importers.on_gone(activities.remove_gone)
    importers.on_missing(activities.remove_missing)


class PostActivities:
    """Handlers; each runs in the transaction that marks its message as done."""

    def __init__(
        self, *, posts: Posts, people: People, local_ids: LocalIds, outbox: Outbox
    ) -> None:
        self._posts = posts
        self._people = people
        self._local_ids = local_ids
        self._outbox = outbox

    # Fetched

    async def import_fetched(self, tx: Transaction, imported: Imported) -> None:
        """Stores a post that was read at its origin."""
        if is_vote(imported.document):
            raise Refused("vote")
        source = Source(
            host=imported.host, fetched=True, arrived=False, unavailable=imported.unavailable
        )
        await self._posts.import_object(tx, imported.document, source)

    async def remove_gone(self, tx: Transaction, uri: str) -> None:
        """The origin of a post says that it exists no more."""
        post = await self._posts.by_uri(tx, uri)
        if post is not None and not post.local:
            await self._remove(tx, post)

    async def remove_missing(self, tx: Transaction, uri: str) -> bool:
        """A post is said to be deleted, and its origin answers 404.

        That is enough for posts that it would show to everybody; others may be hidden from us.
        """
        post = await self._posts.by_uri(tx, uri)
        if post is None or post.local or post.audience != "public":
            return False
        await self._remove(tx, post)
        return True

    # Create

    async def foresee(self, tx: Transaction, batch: Sequence[Received]) -> None:
        """Nearly all that is sent as new is new: one question for all of it."""
        objects = (one.activity.get("object") for one in batch if one.type == "Create")
        uris = {id_of(item) for item in objects if isinstance(item, dict)}
        await self._posts.rows.foresee(tx, {uri for uri in uris if uri is not None})

    async def create(self, tx: Transaction, received: Received) -> str:
        """``Create`` of one post, by some software of several at once.

        Rules look at one object of a message: of several each is fetched, so that they see it.
        Votes are no posts, and GoToSocial sends those of one person together.
        """
        objects = as_list(received.activity.get("object"))[:MOST_OBJECTS]
        if not objects:
            raise Refused("no_object")
        if len(objects) == 1:
            return await self._create_one(tx, received, objects[0])
        posts = [None if _is_vote_of(received, item) else id_of(item) for item in objects]
        await self._need_all(tx, received, list(dict.fromkeys(posts)))
        outcomes: list[str] = []
        failure: Ignored | Refused = Refused("no_object")
        for item, uri in zip(objects, posts, strict=True):
            try:
                outcomes.append(
                    await self._create_one(tx, received, item)
                    if uri is None
                    else await self._create_by_id(tx, received, uri)
                )
            except (Ignored, Refused) as error:
                failure = error
        if not outcomes:
            raise failure
        return outcomes[0]

    async def _need_all(
        self, tx: Transaction, received: Received, uris: Sequence[str | None]
    ) -> None:
        """Raises Needs for all of them at once that have to be fetched."""
        missing = [
            uri
            for uri in uris
            if uri is not None
            and uri not in received.unavailable
            and not self._local_ids.is_local(uri)
            and same_origin(uri, received.actor)
            and await self._posts.by_uri(tx, uri) is None
        ]
        if missing and await self._is_wanted(tx, received):
            raise Needs(*missing)

    async def _create_one(self, tx: Transaction, received: Received, item: Any) -> str:
        if not isinstance(item, dict) or not is_own(item, received.actor):
            return await self._create_by_id(tx, received, id_of(item))
        document = _addressed(item, received.activity)
        if is_vote(document):
            return await self._vote(tx, received, document)
        stored = await self._posts.import_object(
            tx,
            document,
            Source(host=received.host, actor=received.actor, unavailable=received.unavailable),
        )
        if stored.outcome == "created":
            await self._forward(tx, received, stored.post)
        return stored.outcome

    async def _create_by_id(self, tx: Transaction, received: Received, uri: str | None) -> str:
        if uri is None or self._local_ids.is_local(uri):
            raise Refused("no_object")
        if not same_origin(uri, received.actor):
            raise Refused("not_author")
        known = await self._posts.by_uri(tx, uri)
        if known is None:
            if uri in received.unavailable:
                raise Ignored("object_unavailable")
            if not await self._is_wanted(tx, received):
                raise Ignored("not_addressed")
            raise Needs(uri)
        author = await self._people.by_id(tx, known.account_id)
        if author is None or author.uri != received.actor:
            raise Refused("not_author")
        return "created" if await self._posts.arrive(tx, known) else "known"

    async def _is_wanted(self, tx: Transaction, received: Received) -> bool:
        """Whether a post that is not shown is worth fetching."""
        named = read_addressing(received.activity).everybody
        if any(self._local_ids.is_local(uri) for uri in named):
            return True
        author = await self._people.by_uri(tx, received.actor)
        return author is not None and (
            author.local_followers_count > 0 or self._posts.border.is_member(author.host)
        )

    async def _vote(self, tx: Transaction, received: Received, document: Json) -> str:
        question = await self._posts.by_uri(tx, id_of(document.get("inReplyTo")) or "")
        polls = self._posts.polls
        if question is None or not question.local or polls is None:
            raise Ignored("vote")
        voter = await self._people.require(tx, received.actor, received.unavailable)
        if not await self._posts.may_actor_see(tx, received.host, voter.id, question.id):
            raise Refused("not_visible")
        outcome = await polls.accepts_vote(tx, voter, question, document)
        if outcome is None:
            raise Ignored("vote")
        return outcome

    # Update

    async def update(self, tx: Transaction, received: Received) -> str:
        """``Update`` of a post by its author; an unknown one is taken like a late arrival."""
        document = received.activity["object"]
        if not is_own(document, received.actor):
            raise Refused("not_author")
        if is_vote(document):
            raise Ignored("vote")
        source = Source(
            host=received.host,
            actor=received.actor,
            arrived=False,
            unavailable=received.unavailable,
        )
        document = _addressed(document, received.activity)
        return await self._posts.update_object(tx, document, source)

    async def update_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Update`` that does not show the object: it is fetched again."""
        uri = id_of(received.activity.get("object"))
        post = None if uri is None else await self._posts.by_uri(tx, uri)
        if post is None or post.local or not same_origin(post.uri, received.actor):
            return None
        await self._posts.plan_refresh(tx, post)
        return "refreshing"

    # Delete

    async def delete_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Delete`` of a bare id; None if it is the actor itself or nothing of ours."""
        uri = id_of(received.activity.get("object"))
        if uri is None or uri == received.actor:
            return None
        return await self._delete(tx, received, uri)

    async def delete(self, tx: Transaction, received: Received) -> str:
        """``Delete`` of a Tombstone or an embedded post."""
        uri = id_of(received.activity.get("object"))
        if uri is None:
            raise Refused("no_object")
        outcome = None if uri == received.actor else await self._delete(tx, received, uri)
        if outcome is None:
            raise Ignored("unknown_object")
        return outcome

    async def _delete(self, tx: Transaction, received: Received, uri: str) -> str | None:
        if self._local_ids.is_local(uri) or not same_origin(uri, received.actor):
            raise Refused("not_author")
        post = await self._posts.by_uri(tx, uri)
        if post is None:
            return await self._delete_unknown(tx, received, uri)
        author = await self._people.by_id(tx, post.account_id)
        if author is None or author.uri != received.actor:
            # Perhaps a moderator there: the origin will say whether it is gone.
            await self._posts.plan_refresh(tx, post, deleted=True)
            return "checking"
        await self._forward(tx, received, post)
        await self._posts.bury(tx, uri, received.actor)
        await self._remove(tx, post)
        return "deleted"

    async def _delete_unknown(self, tx: Transaction, received: Received, uri: str) -> str | None:
        if await self._posts.revoke_stamp(tx, uri, received.actor):
            return "revoked"
        if await self._people.by_uri(tx, received.actor) is None:
            return None
        # Should its Create still be under way, it is dropped.
        await self._posts.bury(tx, uri, received.actor, MARKER_LIFE_DAYS)
        return "marked"

    async def _remove(self, tx: Transaction, post: Post) -> None:
        await self._posts.remove(tx, post)

    # Forwarding (ActivityPub, section 7.1.2)

    async def _forward(self, tx: Transaction, received: Received, post: Post) -> None:
        """Passes on what answers a post of this site and is addressed to a collection of ours."""
        if post.reply_to_id is None or not received.body:
            return
        parent = await self._posts.by_id(tx, post.reply_to_id)
        proved = "proof" in received.activity or "signature" in received.activity
        if parent is None or not parent.local or not (proved or post.audience == "public"):
            return
        recipients = self._own_collections(received, parent)
        if recipients is not None:
            await self._outbox.forward(
                tx,
                received.body,
                sender=parent.account_id,
                recipients=recipients,
                uri=received.id,
            )

    def _own_collections(self, received: Received, parent: Post) -> Recipients | None:
        owner = None
        members = False
        for uri in read_addressing(received.activity).everybody:
            local = self._local_ids.parse(uri)
            if local is not None and local.kind == "actor" and local.part == "followers":
                owner = local.id
            members = members or uri == self._local_ids.members
        if owner is None and not members:
            return None
        return Recipients(
            followers_of=owner,
            members=members,
            only_members=parent.audience != "public",
            exclude_hosts=frozenset({received.host}),
        )


def is_own(document: Any, actor: str) -> TypeGuard[Json]:
    """Whether an embedded object may be believed: of the actor's site, and attributed to them."""
    if not isinstance(document, dict):
        return False
    uri = id_of(document.get("id"))
    return (
        uri is not None
        and same_origin(uri, actor)
        and actor in ids_of(document.get("attributedTo"))
    )


def _is_vote_of(received: Received, item: Any) -> bool:
    return is_own(item, received.actor) and is_vote(item)


def _addressed(document: Json, activity: Json) -> Json:
    """Some software addresses only the activity."""
    if any(document.get(name) for name in _ADDRESSING):
        return document
    return {**document, **{name: activity[name] for name in _ADDRESSING if name in activity}}
