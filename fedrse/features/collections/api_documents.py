"""ActivityPub: collections of people of this site, and agreements to be in one (FEP-7aa9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.collections.model_wire import with_context
from fedrse.features.collections.service_agreement import Agreements
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Limit, Route, Surface
from fedrse.store.database import Database, Transaction


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class CollectionDocumentsApi:
    """Signed fetches."""

    def __init__(
        self,
        *,
        database: Database,
        people: People,
        agreements: Agreements,
        local_ids: LocalIds,
        signed_fetch: SignedFetch,
    ) -> None:
        self._database = database
        self._people = people
        self._agreements = agreements
        self._local_ids = local_ids
        self._signed_fetch = signed_fetch

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        return [
            _route("/ap/k/{id}", self.collection),
            _route("/collections/{id}", self.collection),
            _route("/ap/s/{id}", self.stamp),
            _route("/ap/u/{id}/featured-collections", self.listing),
        ]

    async def _answer(
        self, request: Request, read: Callable[[Transaction, int], Awaitable[Json]]
    ) -> Reply:
        await self._signed_fetch(request)
        document = await self._database.read(read, request.path_id())
        return signed_reply(with_context(document))

    async def collection(self, request: Request) -> Reply:
        """``GET /ap/k/{id}``, and by the address of its page."""
        return await self._answer(request, self._agreements.own_document)

    async def stamp(self, request: Request) -> Reply:
        """``GET /ap/s/{id}``."""
        return await self._answer(request, self._agreements.own_stamp)

    async def listing(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/featured-collections``."""
        return await self._answer(request, self._listing)

    async def _listing(self, tx: Transaction, account_id: int) -> Json:
        account = await self._people.by_id(tx, account_id)
        if account is None or not account.local or account.is_gone or account.kind == INSTANCE:
            raise NotFound
        items = await self._agreements.own_list(tx, account_id)
        return {
            "id": self._local_ids.uri("actor", account_id, "featured-collections"),
            "type": "Collection",
            "totalItems": len(items),
            "items": items,
        }


def _route(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler, Surface.ACTIVITYPUB, Auth.PUBLIC, limit=Limit.INBOX)
