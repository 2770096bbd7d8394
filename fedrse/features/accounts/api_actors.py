"""ActivityPub: the actors of this site."""

from __future__ import annotations

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import NotFound, Unavailable
from fedrse.core.settings import Settings
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_documents import tombstone
from fedrse.features.instance.model_signed_fetch import SignedFetch, open_reply, signed_reply
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Limit, Route, Surface
from fedrse.store.database import Database, Transaction


def routes(
    *,
    database: Database,
    accounts: Accounts,
    signed_fetch: SignedFetch,
    settings: Settings,
    local_ids: LocalIds,
) -> list[Route]:
    """``/actor``, ``/ap/u/{id}`` and the actor behind ``/@{handle}``."""
    api = ActorsApi(database, accounts, signed_fetch, settings, local_ids)

    def activity(path: str, handler: Handler) -> Route:
        return Route("GET", path, handler, Surface.ACTIVITYPUB, Auth.PUBLIC, limit=Limit.INBOX)

    return [
        activity("/actor", api.instance),
        activity("/actor/outbox", api.instance_outbox),
        activity("/ap/u/{id}", api.actor),
        activity("/@{handle}", api.actor_by_handle),
        Route("GET", "/ap/u/{id}", api.page, Surface.PAGE, Auth.OPTIONAL),
    ]


class ActorsApi:
    """Handlers. All but the instance actor are shown to signed requests only."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        signed_fetch: SignedFetch,
        settings: Settings,
        local_ids: LocalIds,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._signed_fetch = signed_fetch
        self._settings = settings
        self._local_ids = local_ids

    async def instance(self, _request: Request) -> Reply:
        """``GET /actor``: for everybody, since its key is needed to verify signed fetches."""

        async def unit(tx: Transaction) -> Json:
            actor = await self._accounts.instance_actor(tx)
            if actor is None:
                raise Unavailable("not_started", "This site has not been started yet")
            return await self._accounts.document(tx, actor)

        return open_reply(await self._database.read(unit))

    async def instance_outbox(self, _request: Request) -> Reply:
        """``GET /actor/outbox``: the site itself publishes nothing."""
        return open_reply(
            {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": f"{self._local_ids.instance_actor}/outbox",
                "type": "OrderedCollection",
                "totalItems": 0,
                "orderedItems": [],
            }
        )

    async def actor(self, request: Request) -> Reply:
        """``GET /ap/u/{id}``; 410 with a tombstone for those deleted."""
        await self._signed_fetch(request)
        account_id = request.path_id()

        async def unit(tx: Transaction) -> tuple[Account, Json]:
            account = await self._accounts.by_id(tx, account_id)
            return await self._document(tx, account)

        return _reply(*await self._database.read(unit))

    async def actor_by_handle(self, request: Request) -> Reply:
        """``GET /@amina``: the actor of somebody of this site."""
        await self._signed_fetch(request)
        text = request.values["handle"]
        handle = parse_handle(text) if "@" in text else None
        username, domain = handle or (text, None)

        async def unit(tx: Transaction) -> tuple[Account, Json]:
            account = await self._accounts.by_handle(tx, username, domain)
            return await self._document(tx, account)

        return _reply(*await self._database.read(unit))

    async def _document(self, tx: Transaction, account: Account | None) -> tuple[Account, Json]:
        if account is None or not account.local or account.kind == INSTANCE:
            raise NotFound
        return account, await self._accounts.document(tx, account)

    async def page(self, request: Request) -> Reply:
        """``GET /ap/u/{id}`` by a browser: on to the profile."""
        account_id, viewer = request.path_id(), request.viewer

        async def unit(tx: Transaction) -> Account:
            return await self._accounts.access_account(tx, viewer, account_id)

        account = await self._database.read(unit)
        return redirect(account.url or account.uri, status=302)


def _reply(account: Account, document: Json) -> Reply:
    if account.deleted_at is None:
        return signed_reply(document)
    gone = signed_reply(tombstone(account))
    gone.status = 410
    return gone
