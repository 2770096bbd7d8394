"""WebFinger (RFC 7033) and host-meta (RFC 6415): from a handle or address to an actor."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import ACTIVITY_JSON, LD_JSON
from fedrse.core.errors import BadRequest, NotFound
from fedrse.core.html import escape_attribute
from fedrse.core.settings import Settings
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.accounts.service import Accounts
from fedrse.http.reply import Reply, encode_json
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction

JRD = "application/jrd+json; charset=utf-8"
XRD = "application/xrd+xml; charset=utf-8"
SERVICE_REL = "https://www.w3.org/ns/activitystreams#Service"
CACHED = {"Cache-Control": "public, max-age=300"}


class WebFingerApi:
    """Answers for people of this site, by handle or address, and for the site itself (FEP-d556)."""

    def __init__(
        self, *, database: Database, accounts: Accounts, settings: Settings, local_ids: LocalIds
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._settings = settings
        self._local_ids = local_ids

    async def webfinger(self, request: Request) -> Reply:
        """``GET /.well-known/webfinger?resource=acct:amina@corp.example``."""
        resource = (request.text("resource") or "").strip()
        if not resource:
            raise BadRequest("resource_missing", "The parameter resource is missing.")
        if self._is_site(resource):
            return _reply(self._site(resource))

        async def unit(tx: Transaction) -> Account | None:
            return await self._find(tx, resource)

        account = await self._database.read(unit)
        if account is None or not account.local or account.is_gone:
            raise NotFound
        return _reply(self._person(account))

    def _is_site(self, resource: str) -> bool:
        origin, host = self._settings.origin, self._settings.host
        domain = self._settings.handle_domain
        named = {f"acct:{name}@{name}" for name in (host, domain)}
        named |= {f"acct:{name}@{other}" for name in (host, domain) for other in (host, domain)}
        return resource in named | {origin, f"{origin}/", self._local_ids.instance_actor}

    def _site(self, resource: str) -> dict[str, Any]:
        actor = self._local_ids.instance_actor
        return {
            "subject": resource,
            "aliases": [actor],
            "links": [
                {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
                {"rel": SERVICE_REL, "type": ACTIVITY_JSON, "href": actor},
            ],
        }

    async def _find(self, tx: Transaction, resource: str) -> Account | None:
        if resource.startswith(self._settings.origin + "/"):
            path = resource.removeprefix(self._settings.origin)
            if path.startswith("/@"):
                return await self._accounts.by_handle(tx, path[2:], None)
            return await self._accounts.by_uri(tx, resource)
        handle = parse_handle(resource)
        own = {self._settings.handle_domain, self._settings.host}
        if handle is None or handle.domain not in own:
            return None
        return await self._accounts.by_handle(tx, handle.username, None)

    def _person(self, account: Account) -> dict[str, Any]:
        page = account.url or account.uri
        return {
            "subject": f"acct:{account.handle}",
            "aliases": [page, account.uri],
            "links": [
                {"rel": "self", "type": ACTIVITY_JSON, "href": account.uri},
                {"rel": "self", "type": LD_JSON, "href": account.uri},
                {
                    "rel": "http://webfinger.net/rel/profile-page",
                    "type": "text/html",
                    "href": page,
                },
                {
                    "rel": "http://ostatus.org/schema/1.0/subscribe",
                    "template": f"{self._settings.origin}/authorize_interaction?uri={{uri}}",
                },
            ],
        }

    async def host_meta(self, _request: Request) -> Reply:
        """``GET /.well-known/host-meta``: where WebFinger is, for software that asks first."""
        address = f"{self._settings.origin}/.well-known/webfinger?resource={{uri}}"
        template = escape_attribute(address)
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
            f'  <Link rel="lrdd" type="application/jrd+json" template="{template}"/>\n'
            "</XRD>\n"
        )
        return Reply(text.encode(), media_type=XRD, headers=CACHED)


def _reply(document: dict[str, Any]) -> Reply:
    return Reply(encode_json(document), media_type=JRD, headers=CACHED)


def routes(api: WebFingerApi) -> list[Route]:
    """The addresses of discovery."""
    wellknown, public = Surface.WELLKNOWN, Auth.PUBLIC
    return [
        Route("GET", "/.well-known/webfinger", api.webfinger, wellknown, public, limit=Limit.INBOX),
        Route("GET", "/.well-known/host-meta", api.host_meta, wellknown, public, limit=Limit.INBOX),
    ]
