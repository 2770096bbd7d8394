"""Asking before one answers (GoToSocial ``ReplyRequest``): requests to us, and answers to ours."""

from __future__ import annotations

from msgspec.structs import replace

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Received, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import id_of
from fedrse.core.urls import same_origin
from fedrse.features.posts.activities import PostActivities
from fedrse.features.posts.model import Post
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_delivery import REPLY_REQUEST
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_replies import Replies
from fedrse.store.database import Transaction

_REQUESTS = frozenset({"ReplyRequest"})


def register(dispatcher: Dispatcher, asking: Asking) -> None:
    """Takes requests to answer posts of this site, and what authors say to ours."""
    dispatcher.on("ReplyRequest", asking.request)
    dispatcher.on("Accept", asking.accept, objects=_REQUESTS)
    dispatcher.on("Reject", asking.reject, objects=_REQUESTS)
    dispatcher.on_reference("Accept", asking.accept_reference)
    dispatcher.on_reference("Reject", asking.reject_reference)


class Asking:
    """Handlers of requests to answer."""

    def __init__(
        self,
        *,
        posts: Posts,
        people: People,
        local_ids: LocalIds,
        replies: Replies,
        creating: PostActivities,
    ) -> None:
        self._posts = posts
        self._people = people
        self._local_ids = local_ids
        self._replies = replies
        self._creating = creating

    async def request(self, tx: Transaction, received: Received) -> str:
        """Somebody asks whether they may answer: whoever reads a post of this site may."""
        replier = await self._people.require(tx, received.actor, received.unavailable)
        answered = await self._posts.by_uri(tx, id_of(received.activity.get("object")) or "")
        if answered is None or not answered.local:
            raise Ignored("unknown_object")
        if not await self._posts.may_actor_see(tx, received.host, replier.id, answered.id):
            raise Refused("not_visible")
        instrument = received.activity.get("instrument")
        as_create = {**received.activity, "type": "Create", "object": instrument}
        outcome = await self._creating.create(
            tx, replace(received, type="Create", activity=as_create)
        )
        author = await self._people.by_id(tx, answered.account_id)
        assert author is not None  # noqa: S101  (a foreign key)
        await self._replies.accept(tx, received.activity, replier, author)
        return outcome

    async def accept(self, tx: Transaction, received: Received) -> str:
        """The answered author agrees; ``result`` is the address that proves it."""
        reply = await self._reply(tx, received)
        if reply is None:
            raise Ignored("unknown_object")
        stamp = id_of(received.activity.get("result"))
        if stamp is None or not same_origin(stamp, received.actor):
            raise Refused("no_stamp")
        return "accepted" if await self._replies.agreed(tx, reply, stamp) else "duplicate"

    async def reject(self, tx: Transaction, received: Received) -> str:
        """The answered author does not agree: the answer stays on this site."""
        if await self._reply(tx, received) is None:
            raise Ignored("unknown_object")
        return "rejected"

    async def accept_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Accept`` that names our request or our answer by id; None if it is something else."""
        known = await self._reply(tx, received)
        return None if known is None else await self.accept(tx, received)

    async def reject_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Reject`` that names our request or our answer by id; None if it is something else."""
        known = await self._reply(tx, received)
        return None if known is None else await self.reject(tx, received)

    async def _reply(self, tx: Transaction, received: Received) -> Post | None:
        """The answer of somebody here that is spoken of. Raises Refused for other people's say."""
        item = received.activity.get("object")
        instrument = id_of(item.get("instrument")) if isinstance(item, dict) else None
        uri = instrument or (id_of(item) or "").removesuffix(REPLY_REQUEST)
        if not self._local_ids.is_local(uri):
            return None
        reply = await self._posts.by_uri(tx, uri)
        if reply is None or not reply.local or reply.reply_to_id is None:
            return None
        answered = await self._posts.by_id(tx, reply.reply_to_id)
        author = None if answered is None else await self._people.by_id(tx, answered.account_id)
        if author is None or author.uri != received.actor:
            raise Refused("not_author")
        return reply
