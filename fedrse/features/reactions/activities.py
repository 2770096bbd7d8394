"""Like, EmojiReact and their Undo, as other sites send them."""

from __future__ import annotations

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json, id_of
from fedrse.core.ports import Protocol
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Post
from fedrse.features.reactions.model import read_reaction
from fedrse.features.reactions.service import Reactions
from fedrse.store.database import Transaction

TYPES = frozenset({"Like", "EmojiReact"})


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_uri(self, tx: Transaction, uri: str) -> Account | None: ...

    async def require(
        self, tx: Transaction, uri: str, unavailable: frozenset[str] = frozenset()
    ) -> Account: ...


class Posts(Protocol):
    """Posts; implemented by the feature ``posts``."""

    async def by_uri(self, tx: Transaction, uri: str) -> Post | None: ...

    async def by_id(self, tx: Transaction, post_id: int) -> Post | None: ...

    async def may_actor_see(
        self, tx: Transaction, host: str, actor_id: int, post_id: int
    ) -> bool: ...


class ReactionActivities:
    """Handlers; each runs in the transaction that marks its message as done."""

    def __init__(
        self, *, reactions: Reactions, people: People, posts: Posts, local_ids: LocalIds
    ) -> None:
        self._reactions = reactions
        self._people = people
        self._posts = posts
        self._local_ids = local_ids

    def register(self, dispatcher: Dispatcher) -> None:
        """Takes the activities of this feature."""
        for kind in TYPES:
            dispatcher.on(kind, self.react)
        dispatcher.on("Undo", self.undo, objects=TYPES)
        dispatcher.on_reference("Undo", self.undo_reference)

    async def react(self, tx: Transaction, received: Received) -> str:
        """``Like`` or ``EmojiReact`` of a post that the actor may see."""
        post = await self._post(tx, received)
        who = await self._people.require(tx, received.actor, received.unavailable)
        author = await self._people.by_id(tx, post.account_id)
        if who.is_gone or author is None or author.is_gone:
            raise Ignored("actor_gone")
        if not await self._posts.may_actor_see(tx, who.host, who.id, post.id):
            raise Refused("not_visible")
        reaction = read_reaction(received.activity)
        added = await self._reactions.add(
            tx,
            who,
            post,
            author,
            content=reaction.content,
            emoji=reaction.emoji,
            uri=received.id,
        )
        return "reacted" if added else "duplicate"

    async def _post(self, tx: Transaction, received: Received) -> Post:
        uri = id_of(received.activity.get("object"))
        if uri is None:
            raise Refused("no_object")
        post = await self._posts.by_uri(tx, uri)
        if post is not None and post.boost_of_id is not None:
            post = await self._posts.by_id(tx, post.boost_of_id)
        if post is not None:
            return post
        # Likes of posts that nobody here has are of no use; only ours could be meant.
        if self._local_ids.is_local(uri) or uri in received.unavailable:
            raise Ignored("post_unknown")
        if not same_origin(uri, received.actor):
            raise Ignored("post_unknown")
        raise Needs(uri)

    async def undo(self, tx: Transaction, received: Received) -> str:
        """``Undo`` of an embedded ``Like``: by its id, else by what it is about."""
        inner: Json = received.activity["object"]
        outcome = await self.undo_reference(tx, received)
        if outcome is not None:
            return outcome
        who = await self._people.by_uri(tx, received.actor)
        post = await self._posts.by_uri(tx, id_of(inner.get("object")) or "")
        if who is None or post is None:
            raise Ignored("unknown")
        content = read_reaction(inner).content
        reaction = await self._reactions.of_pair(tx, who.id, post.id, content)
        if reaction is None:
            raise Ignored("unknown")
        await self._reactions.receive_undo(tx, reaction, who, post)
        return "undone"

    async def undo_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Undo`` of a reaction named by its id; None if it is not one."""
        uri = id_of(received.activity.get("object"))
        reaction = None if uri is None else await self._reactions.by_uri(tx, uri)
        if reaction is None:
            return None
        who = await self._people.by_id(tx, reaction.account_id)
        post = await self._posts.by_id(tx, reaction.post_id)
        if who is None or post is None or who.uri != received.actor:
            raise Refused("not_actor")
        await self._reactions.receive_undo(tx, reaction, who, post)
        return "undone"
