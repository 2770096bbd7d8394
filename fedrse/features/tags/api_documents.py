"""ActivityPub: the tags that people of this site show on their profiles."""

from __future__ import annotations

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.features.posts.model_context import with_context
from fedrse.features.tags.service_featured import FeaturedTags
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class TagDocumentsApi:
    """One signed fetch."""

    def __init__(
        self,
        *,
        database: Database,
        people: People,
        featured: FeaturedTags,
        local_ids: LocalIds,
        signed_fetch: SignedFetch,
    ) -> None:
        self._database = database
        self._people = people
        self._featured = featured
        self._local_ids = local_ids
        self._signed_fetch = signed_fetch

    def routes(self) -> list[Route]:
        """The address of this interface."""
        path = "/ap/u/{id}/featured-tags"
        surface, auth = Surface.ACTIVITYPUB, Auth.PUBLIC
        return [Route("GET", path, self.show, surface, auth, limit=Limit.INBOX)]

    async def show(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/featured-tags``."""
        await self._signed_fetch(request)
        account_id = request.path_id()

        async def unit(tx: Transaction) -> Json:
            account = await self._people.by_id(tx, account_id)
            if account is None or not account.local or account.is_gone or account.kind == INSTANCE:
                raise NotFound
            found = await self._featured.of_account(tx, account_id)
            items = [self._featured.document(one.display) for one in found]
            return with_context(
                {
                    "id": self._local_ids.uri("actor", account_id, "featured-tags"),
                    "type": "Collection",
                    "totalItems": len(items),
                    "items": items,
                }
            )

        return signed_reply(await self._database.read(unit))
