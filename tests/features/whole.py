"""A whole site in the test's process: real wiring, a real socket, tokens, time that the test moves.

Nothing runs in the background: jobs are done when the test says so, and deliveries wait.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession, DummyCookieJar
from sqlalchemy import bindparam, select

import fedrse.app.build as app_build
from fedrse.activitypub.dispatch import Received
from fedrse.activitypub.tables import activity
from fedrse.activitypub.vocabulary import Json, type_of
from fedrse.app.build import Site, open_site
from fedrse.app.secret_file import make_secret
from fedrse.core.clock import ManualClock
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import (
    LimitSettings,
    NetworkSettings,
    Settings,
    SiteSettings,
    StorageSettings,
)
from fedrse.core.urls import origin_of
from fedrse.features.access.model_scopes import parse_scopes
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.http.server import HttpServer
from fedrse.jobs.model import Job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.cast import AS, remote_actor
from tests.features.fakes import ORIGIN

SENT = Statement(
    select(activity.c.body).where(activity.c.type == bindparam("kind")).order_by(activity.c.id)
)


@dataclass
class Caller:
    """Somebody with a token."""

    site: WholeSite
    account: Account
    token: str

    @property
    def id(self) -> str:
        return str(self.account.id)

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        """Status, headers, and the JSON document or else the bytes; ``json`` or ``data``."""
        return await self.site.call(method, path, token=self.token, **options)

    async def ok(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of an answer that must be 200."""
        status, _, body = await self.call(method, path, **options)
        assert status == 200, (method, path, status, body)
        return body

    async def get(self, path: str) -> Any:
        return await self.ok("GET", path)

    async def post(self, path: str, **fields: Any) -> Any:
        return await self.ok("POST", path, json=fields)

    async def follow(self, other: Caller | Account) -> None:
        await self.post(f"/api/v1/accounts/{other.id}/follow")


@dataclass
class WholeSite:
    """The site ``lyon``, in a network with ``nantes`` and ``oslo``."""

    site: Site
    address: str
    client: ClientSession
    clock: ManualClock
    keys: KeyPair

    async def call(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> tuple[int, Any, Any]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= options.pop("headers", {})
        async with self.client.request(
            method, self.address + path, headers=headers, allow_redirects=False, **options
        ) as response:
            body: Any = await response.read()
            if response.headers.get("Content-Type", "").startswith("application/json"):
                body = msgspec.json.decode(body)
            return response.status, response.headers, body

    async def person(self, username: str, scopes: str = "read write follow push profile") -> Caller:
        """Somebody of this site with a log-in and a token."""
        services = self.site.services

        async def unit(tx: Transaction) -> tuple[Account, str]:
            account = await services.accounts.create_local(
                tx, username=username, display_name=username.title(), keys=self.keys
            )
            await services.access.logins.create(
                tx,
                account_id=account.id,
                email=f"{username}@mail.example",
                password_hash="x",
                locale="en",
            )
            issued = await services.access.oauth.issue_for_script(
                tx, account.id, parse_scopes(scopes)
            )
            return account, issued.token

        return Caller(self, *await self.site.ground.database.write(unit))

    async def with_scopes(self, person: Caller, scopes: str) -> Caller:
        """The same person with another token."""
        oauth = self.site.services.access.oauth

        async def unit(tx: Transaction) -> str:
            issued = await oauth.issue_for_script(tx, person.account.id, parse_scopes(scopes))
            return issued.token

        return Caller(self, person.account, await self.site.ground.database.write(unit))

    async def remote(self, name: str, host: str = "nantes.corp.example", /, **more: Any) -> Account:
        """Somebody of another site, imported from a document."""
        document = remote_actor(name, host, **more)
        return await self.site.ground.database.write(
            self.site.services.accounts.import_actor, document
        )

    async def receive(self, sender: Account, activity: Json) -> str | None:
        """Handles an activity as the processor does, with the sender proved."""
        document = {"@context": AS, "actor": sender.uri, **activity}
        document.setdefault("id", f"{sender.uri}#{type_of(activity)}-{self.clock.now()}")
        received = Received(
            id=document["id"],
            type=type_of(document),
            actor=sender.uri,
            host=origin_of(sender.uri).peer,
            activity=document,
            received_at=self.clock.now(),
        )
        dispatcher = self.site.protocol.dispatcher

        async def unit(tx: Transaction) -> str | None:
            return await dispatcher.dispatch(tx, received)

        return await self.site.ground.database.write(unit)

    async def receive_note(self, sender: Account, number: int, **note: Any) -> Json:
        """A ``Create`` of a note by somebody of another site; returns the note."""
        uri = f"{sender.uri}/notes/{number}"
        document: Json = {
            "id": uri,
            "type": "Note",
            "attributedTo": sender.uri,
            "content": "<p>Bonjour</p>",
            "published": "2026-01-15T08:59:00Z",
            **note,
        }
        create = {"id": f"{uri}/create", "type": "Create", "object": document}
        await self.receive(sender, create | {"to": document.get("to"), "cc": document.get("cc")})
        return document

    async def sent(self, activity_type: str) -> list[Json]:
        """The activities of this type that were handed over for delivery, oldest first."""

        async def unit(tx: Transaction) -> list[Json]:
            rows = await tx.all(SENT, kind=activity_type)
            return [msgspec.json.decode(row.body) for row in rows]

        return await self.site.ground.database.read(unit)

    async def do_job(self, kind: str, /, **arguments: Any) -> None:
        """Does a job of this kind now, whatever waits in the queue."""
        runner = self.site.ground.runner
        job = Job(id=1, kind=kind, arguments=arguments, key=None, attempt=1, due_at=0)
        if kind in runner._transactional:
            handler = runner._transactional[kind].handler
            await self.site.ground.database.write(handler, job)
        else:
            await runner._handlers[kind].handler(job)


@asynccontextmanager
async def whole_site(
    url: str, folder: Path, keys: KeyPair, clock: ManualClock, **changes: Any
) -> AsyncIterator[WholeSite]:
    """Opens and serves a site over a migrated database; ``changes`` are sections of settings."""
    make_secret(folder / "secret")
    settings = Settings(
        **{
            "site": SiteSettings(base_url=ORIGIN, handle_domain="corp.example"),
            "storage": StorageSettings(data=str(folder), secret_file="secret", database=url),
            "limits": LimitSettings(enabled=False),
            "network": NetworkSettings(
                members=["https://nantes.corp.example", "https://oslo.corp.example"]
            ),
        }
        | changes
    )
    made, app_build.generate_key_pair = app_build.generate_key_pair, lambda: keys
    try:
        async with open_site(settings, clock=clock) as site:
            server = HttpServer(site.frame, [TcpAddress("127.0.0.1", 0)], grace_seconds=1)
            (address,) = await server.start()
            async with ClientSession(cookie_jar=DummyCookieJar()) as client:
                try:
                    yield WholeSite(site, f"http://{address}", client, clock, keys)
                finally:
                    await server.stop()
    finally:
        app_build.generate_key_pair = made
