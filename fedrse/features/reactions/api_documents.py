"""ActivityPub: likes of people of this site, to those they concern."""

from __future__ import annotations

from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.features.posts.model import Post
from fedrse.features.posts.service import Posts
from fedrse.features.reactions.service import Reactions
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_uri(self, tx: Transaction, uri: str) -> Account | None: ...


class LikesApi:
    """Handler of ``/ap/l/{id}``."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        reactions: Reactions,
        people: People,
        signed_fetch: SignedFetch,
    ) -> None:
        self._database = database
        self._posts = posts
        self._reactions = reactions
        self._people = people
        self._signed_fetch = signed_fetch

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        surface = Surface.ACTIVITYPUB
        return [Route("GET", "/ap/l/{id}", self.like, surface, Auth.PUBLIC, limit=Limit.INBOX)]

    async def like(self, request: Request) -> Reply:
        """``GET /ap/l/{id}``: for the site of the liked author, and whoever may read our post."""
        signer = await self._signed_fetch(request)
        reaction_id = request.path_id()

        async def unit(tx: Transaction) -> Json:
            reaction = await self._reactions.by_id(tx, reaction_id)
            if reaction is None:
                raise NotFound
            who = await self._people.by_id(tx, reaction.account_id)
            post = await self._posts.by_id(tx, reaction.post_id)
            if who is None or post is None or not who.local or who.is_gone:
                raise NotFound
            await self._check(tx, post, signer.host, signer.actor)
            return self._reactions.document(reaction.uri, who, post, reaction.content, None)

        document = await self._database.read(unit)
        return signed_reply({"@context": "https://www.w3.org/ns/activitystreams"} | document)

    async def _check(self, tx: Transaction, post: Post, host: str, actor: str) -> None:
        if post.local:
            account = await self._people.by_uri(tx, actor)
            await self._posts.access.access_for_site(
                tx, host, None if account is None else account.id, post.id
            )
            return
        author = await self._people.by_id(tx, post.account_id)
        if author is None or author.host != host:
            raise NotFound
