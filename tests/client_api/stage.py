"""Whole sites inside the test process, on real sockets; every good answer is checked.

What the table says that an endpoint returns is compared with what it did return, so each test of
a function is a test of its entities, too.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientSession, DummyCookieJar

from fedrse.app.build import Site, open_site
from fedrse.app.secret_file import make_secret
from fedrse.core.configuration import load_settings
from fedrse.core.listen import TcpAddress
from fedrse.core.settings_reference import render_commented_toml
from fedrse.features.access.model import Role
from fedrse.features.access.model_scopes import parse_scopes
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_keys import KeyPair, generate_key_pair
from fedrse.http.server import HttpServer
from fedrse.store.database import Transaction
from tests.client_api.checker import endpoint_of, problems

T = TypeVar("T")
SCOPES = "profile read write follow push"
PATIENCE = 20.0
_KEYS: list[KeyPair] = []


def key_pair() -> KeyPair:
    """One pair for everybody: making them is slow."""
    if not _KEYS:
        _KEYS.append(generate_key_pair())
    return _KEYS[0]


@dataclass
class Answer:
    """Status, headers and JSON document (or bytes)."""

    status: int
    headers: Mapping[str, str]
    body: Any

    def links(self) -> dict[str, str]:
        """``next`` and ``prev`` of the Link header."""
        found = {}
        for part in filter(None, self.headers.get("Link", "").split(", <")):
            address, _, relation = part.lstrip("<").partition(">")
            found[relation.split('"')[1]] = address
        return found


@dataclass
class Person:
    """Somebody with a token on a stage."""

    stage: Stage
    id: str
    uri: str
    username: str
    token: str

    @property
    def handle(self) -> str:
        return f"{self.username}@{self.stage.domain}"

    async def answer(self, method: str, path: str, **options: Any) -> Answer:
        """Any answer; options as for ``Stage.answer``."""
        return await self.stage.answer(method, path, token=self.token, **options)

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """The document of a good answer."""
        answer = await self.answer(method, path, **options)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.body!r}"
        return answer.body

    async def get(self, path: str, **query: Any) -> Any:
        return await self.call("GET", path, query=query)

    async def post(self, path: str, **data: Any) -> Any:
        return await self.call("POST", path, json=data)

    async def write(self, text: str, **options: Any) -> dict[str, Any]:
        status: dict[str, Any] = await self.post("/api/v1/statuses", status=text, **options)
        return status

    async def token_with(self, scopes: str) -> Person:
        """The same person with another token."""
        token = await self.stage.issue(int(self.id), scopes)
        return Person(self.stage, self.id, self.uri, self.username, token)

    async def account_id(self, other: Person) -> str:
        """The id of somebody on this person's site, looked up if need be."""
        if other.stage is self.stage:
            return other.id
        found = await self.get("/api/v2/search", q=f"@{other.handle}", type="accounts", resolve=1)
        return str(found["accounts"][0]["id"])

    async def follow(self, other: Person) -> str:
        """Follows and waits until it is accepted; returns the id of the other here."""
        account = await self.account_id(other)
        await self.post(f"/api/v1/accounts/{account}/follow")

        async def accepted() -> bool:
            found = await self.get("/api/v1/accounts/relationships", **{"id[]": account})
            return bool(found[0]["following"])

        await until(accepted)
        return account

    async def find_status(self, uri: str) -> dict[str, Any]:
        """A status by its address, fetched if need be."""

        async def found() -> Any:
            result = await self.get("/api/v2/search", q=uri, type="statuses", resolve=1)
            return result["statuses"]

        statuses = await until(found)
        status: dict[str, Any] = statuses[0]
        return status


async def until(ask: Callable[[], Awaitable[T]], *, seconds: float = PATIENCE) -> T:
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"it never became true: {answer!r}"
        await asyncio.sleep(0.05)


@dataclass
class Stage:
    """A site that answers."""

    site: Site
    base_url: str
    client: ClientSession
    checked: dict[str, int] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return self.site.ground.settings.handle_domain

    async def answer(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        check: bool = True,
        **options: Any,
    ) -> Answer:
        """One request. Raises AssertionError for a good answer that is not as documented."""
        given = dict(headers or {})
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        address = path if path.startswith("http") else self.base_url + path
        if query:
            address += "?" + urlencode(query, doseq=True)
        async with self.client.request(
            method, address, headers=given, allow_redirects=False, **options
        ) as response:
            body: Any = await response.read()
            if response.headers.get("Content-Type", "").startswith("application/json") and body:
                body = json.loads(body)
            answer = Answer(response.status, response.headers, body)
        assert answer.status < 500, f"{method} {path}: {answer.status} {answer.body!r}"
        if check:
            self._check(method, urlsplit(address).path, answer)
        return answer

    def _check(self, method: str, path: str, answer: Answer) -> None:
        endpoint = endpoint_of(method, path)
        if endpoint is None or answer.status >= 300:
            return
        if endpoint.returns is not None and endpoint.returns["t"] not in ("string", "any"):
            wrong = problems(answer.body, endpoint.returns)
            assert not wrong, f"{method} {path}:\n" + "\n".join(wrong[:20])
        self.checked[endpoint.name] = self.checked.get(endpoint.name, 0) + 1

    async def issue(self, account_id: int, scopes: str) -> str:
        """A new token."""
        issued = await self.site.ground.database.write(
            self.site.services.access.oauth.issue_for_script, account_id, parse_scopes(scopes)
        )
        return issued.token

    async def person(self, username: str, *, role: Role = Role.MEMBER) -> Person:
        """Somebody new."""
        services = self.site.services

        async def unit(tx: Transaction) -> Account:
            account = await services.accounts.create_local(
                tx, username=username, display_name=username.title(), keys=key_pair()
            )
            await services.access.logins.create(
                tx,
                account_id=account.id,
                email=f"{username}@mail.test",
                password_hash="nobody logs in with it",
                role=role,
                locale="en",
            )
            return account

        account = await self.site.ground.database.write(unit)
        token = await self.issue(account.id, SCOPES)
        return Person(self, str(account.id), account.uri, username, token)

    async def owner(self, username: str) -> Person:
        """Somebody in charge, with a token that may do everything."""
        found = await self.person(username, role=Role.OWNER)
        token = await self.issue(int(found.id), f"{SCOPES} admin:read admin:write")
        return Person(self, found.id, found.uri, username, token)

    async def people(self, *usernames: str) -> list[Person]:
        """Several at once."""
        return [await self.person(name) for name in usernames]


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Tree = Mapping[str, Mapping[str, Any]]


@asynccontextmanager
async def stages(
    folder: Path, names: list[str], databases: list[str], *, extra: Tree | None = None
) -> AsyncIterator[list[Stage]]:
    """Sites of one network; ``databases`` are migrated, those of SQLite lie in the site's folder.

    ``extra`` adds to the sections of all.
    """
    ports = {name: free_port() for name in names}
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        found = []
        for name, database in zip(names, databases, strict=True):
            site = await stack.enter_async_context(
                _running(folder / name, name, ports, database, extra or {})
            )
            found.append(Stage(site, f"http://localhost:{ports[name]}", client))
        yield found


@asynccontextmanager
async def _running(
    folder: Path, name: str, ports: Mapping[str, int], database: str, extra: Tree
) -> AsyncIterator[Site]:
    folder.mkdir(parents=True, exist_ok=True)
    others = [other for other in ports if other != name]
    values: dict[str, dict[str, Any]] = {
        "site": {
            "base_url": f"http://localhost:{ports[name]}",
            "handle_domain": f"{name}.test",
            "name": name.title(),
            "language": "en",
        },
        "storage": {"data": ".", "database": database},
        "network": {"members": [f"http://localhost:{ports[other]}" for other in others]},
        "federation": {"allowed_hosts": [f"{other}.test" for other in others]},
        "outgoing": {
            "private_addresses": [f"localhost:{port}" for port in ports.values()],
            "connect": {f"{one}.test": f"http://127.0.0.1:{port}" for one, port in ports.items()},
        },
        "limits": {"enabled": False},
    }
    for section, keys in extra.items():
        known = values.setdefault(section, {})
        for key, value in keys.items():
            known[key] = [*known.get(key, []), *value] if isinstance(value, list) else value
    (folder / "fedrse.toml").write_text(render_commented_toml(values), encoding="utf-8")
    make_secret(folder / "secret")
    settings = load_settings(folder / "fedrse.toml", {})
    async with open_site(settings) as site:
        server = HttpServer(site.frame, [TcpAddress("127.0.0.1", ports[name])], grace_seconds=1)
        await server.start()
        await site.start()
        try:
            yield site
        finally:
            await server.stop()
