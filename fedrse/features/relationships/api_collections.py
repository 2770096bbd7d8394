"""ActivityPub: the followers and following collections of people of this site."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import NotFound
from fedrse.core.ids import parse_id
from fedrse.core.paging import Page
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.instance.model_signed_fetch import SignedFetch, Signer, signed_reply
from fedrse.features.network.service import Network
from fedrse.features.relationships.model import Listed
from fedrse.features.relationships.service import Relationships
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Limit, Route, Surface
from fedrse.store.database import Database, Transaction

CONTEXT = "https://www.w3.org/ns/activitystreams"
PER_PAGE = 100

Listing = Callable[[Transaction, int, Page], Awaitable[list[Listed]]]


def routes(
    *,
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
    network: Network,
    local_ids: LocalIds,
    signed_fetch: SignedFetch,
) -> list[Route]:
    """``followers``, ``following`` and ``followers-sync`` below ``/ap/u/{id}``."""
    api = CollectionsApi(
        database=database,
        accounts=accounts,
        relationships=relationships,
        network=network,
        local_ids=local_ids,
        signed_fetch=signed_fetch,
    )

    def get(part: str, handler: Handler) -> Route:
        path = f"/ap/u/{{id}}/{part}"
        return Route("GET", path, handler, Surface.ACTIVITYPUB, Auth.PUBLIC, limit=Limit.INBOX)

    return [
        get("followers", api.followers),
        get("following", api.following),
        get("followers-sync", api.followers_on_host),
    ]


class CollectionsApi:
    """Handlers.

    Who follows whom is shown to members of the network; others, and everybody where the person
    hides the lists, get the numbers.
    """

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        relationships: Relationships,
        network: Network,
        local_ids: LocalIds,
        signed_fetch: SignedFetch,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._relationships = relationships
        self._network = network
        self._local_ids = local_ids
        self._signed_fetch = signed_fetch

    async def followers(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/followers``."""
        return await self._collection(request, "followers", self._relationships.followers)

    async def following(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/following``."""
        return await self._collection(request, "following", self._relationships.following)

    async def followers_on_host(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/followers-sync``: the followers on the host that asks (FEP-8fcf)."""
        signer = await self._signed_fetch(request)
        account_id = request.path_id()

        async def unit(tx: Transaction) -> list[str]:
            account = await self._own(tx, account_id)
            return await self._relationships.synchronization.followers_on(
                tx, account.id, signer.host
            )

        uris = await self._database.read(unit)
        return signed_reply(
            {
                "@context": CONTEXT,
                "id": self._local_ids.uri("actor", account_id, "followers-sync"),
                "type": "OrderedCollection",
                "totalItems": len(uris),
                "orderedItems": uris,
            }
        )

    async def _collection(self, request: Request, name: str, listing: Listing) -> Reply:
        signer = await self._signed_fetch(request)
        account_id = request.path_id()
        address = self._local_ids.uri("actor", account_id, name)
        wants_page = request.text("page") is not None
        max_id = parse_id(request.text("max_id"))

        async def unit(tx: Transaction) -> Json:
            account = await self._own(tx, account_id)
            whole = _whole(account, name, address)
            if not self._shows_members(account, signer):
                if wants_page:
                    raise NotFound
                return whole
            if not wants_page:
                return whole | {"first": f"{address}?page=true"}
            page = Page(limit=PER_PAGE, max_id=max_id)
            return await self._page(tx, whole, page, await listing(tx, account_id, page))

        return signed_reply(await self._database.read(unit))

    def _shows_members(self, account: Account, signer: Signer) -> bool:
        if account.hide_collections:
            return False
        return not self._network.exists or self._network.is_member(signer.host)

    async def _page(self, tx: Transaction, whole: Json, page: Page, listed: list[Listed]) -> Json:
        people = await self._accounts.by_ids(tx, [one.account_id for one in listed])
        address = whole["id"]
        here = "" if page.max_id is None else f"&max_id={page.max_id}"
        document: dict[str, Any] = {
            "@context": CONTEXT,
            "id": f"{address}?page=true{here}",
            "type": "OrderedCollectionPage",
            "partOf": address,
            "totalItems": whole["totalItems"],
            "orderedItems": [people[one.account_id].uri for one in listed],
        }
        if len(listed) == page.limit:
            document["next"] = f"{address}?page=true&max_id={listed[-1].id}"
        return document

    async def _own(self, tx: Transaction, account_id: int) -> Account:
        account = await self._accounts.by_id(tx, account_id)
        if account is None or not account.local or account.is_gone or account.kind == INSTANCE:
            raise NotFound
        return account


def _whole(account: Account, name: str, address: str) -> Json:
    total = account.followers_count if name == "followers" else account.following_count
    return {
        "@context": CONTEXT,
        "id": address,
        "type": "OrderedCollection",
        "totalItems": total,
    }
