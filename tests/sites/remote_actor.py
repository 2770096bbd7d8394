"""A scriptable server of other software: what it serves, sends and breaks is up to the test.

It runs in a thread of its own and plays any number of hosts, each with its own port, so that one
can be down while the others answer. Sites under test reach ``remote.test`` through a connect
override. Signatures are made and checked by ``remote_signing``, never by fedrse.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

from tests.sites.remote_answers import ACTIVITY, Fault, Reply
from tests.sites.remote_signing import Key, Public, Verified, cavage, public_key, rfc9421, verify
from tests.sites.site import Site, free_port
from tests.sites.waiting import until
from tests.sites.web import Answer, request

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
CONTEXT = [AS, "https://w3id.org/security/v1", "https://w3id.org/security/data-integrity/v2"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """A request that arrived; header names in lower case. ``url`` is the public address."""

    method: str
    url: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def activity(self) -> Json:
        return dict(json.loads(self.body))


class RemoteHost:
    """One server, ``http://NAME``: its documents, its faults and what it has seen."""

    def __init__(self, world: RemoteWorld, name: str) -> None:
        self.world = world
        self.name = name
        self.origin = f"http://{name}"
        self.port = free_port()
        self.documents: dict[str, Json | Reply | Fault] = {}
        self.actors: dict[str, RemoteActor] = {}
        self.faults: list[tuple[str, str, Fault]] = []
        self.seen: list[Seen] = []
        self._runner: web.AppRunner | None = None
        self._numbers = itertools.count(1)

    def actor(self, name: str, /, **extra: Any) -> RemoteActor:
        """A new actor; ``extra`` goes into its document."""
        made = RemoteActor(self, name, extra)
        self.actors[name] = made
        self.documents[urlsplit(made.uri).path] = made.document
        return made

    @property
    def reader(self) -> RemoteActor:
        """The actor who signs what this host itself asks for."""
        return self.actors.get("reader") or self.actor("reader", type="Application")

    def key(self, key_id: str) -> Public:
        """A key of a site under test."""
        return self.world.key(self, key_id)

    def new_uri(self, kind: str = "o") -> str:
        return f"{self.origin}/{kind}/{next(self._numbers)}"

    def newcomer(self, prefix: str = "p", /, **extra: Any) -> RemoteActor:
        """An actor with a name that nobody had."""
        return self.actor(f"{prefix}{next(self._numbers)}", **extra)

    def serve(self, document: Json | Reply | Fault, uri: str | None = None) -> str:
        """Serves a document at its id, or at ``uri``."""
        address = uri or (document["id"] if isinstance(document, dict) else self.new_uri())
        self.documents[urlsplit(address).path] = document
        return address

    # Faults

    @contextlib.contextmanager
    def fault(self, fault: Fault, *, method: str = "POST", path: str = "/") -> Iterator[None]:
        """Requests with this method and beginning of path go wrong."""
        entry = (method, path, fault)
        self.faults.append(entry)
        try:
            yield
        finally:
            self.faults.remove(entry)

    def down(self) -> None:
        """Closes the port and all connections."""
        self.world.run(self._stop())

    def up(self) -> None:
        self.world.run(self._start())

    @contextlib.contextmanager
    def offline(self) -> Iterator[None]:
        self.down()
        try:
            yield
        finally:
            self.up()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # Answers

    async def _answer(self, incoming: web.Request) -> web.StreamResponse:
        body = await incoming.read()
        headers = {name.lower(): value for name, value in incoming.headers.items()}
        url = self.origin + incoming.raw_path
        seen = Seen(incoming.method, url, incoming.path, headers, body, time.monotonic())
        self.seen.append(seen)
        for method, path, fault in self.faults:
            if incoming.method == method and incoming.path.startswith(path):
                return await fault(incoming)
        document = self.documents.get(incoming.path)
        if document is None and incoming.path == "/.well-known/webfinger":
            return self._webfinger(incoming.query.get("resource", ""))
        if incoming.method == "POST":
            return web.Response(status=202)
        if document is None:
            return web.Response(status=404)
        if isinstance(document, Reply):
            return web.Response(
                body=document.body,
                status=document.status,
                headers={"Content-Type": document.media_type, **document.headers},
            )
        if callable(document):
            return await document(incoming)
        return web.Response(text=json.dumps(document), headers={"Content-Type": ACTIVITY})

    def _webfinger(self, resource: str) -> web.Response:
        for name, actor in self.actors.items():
            if resource in (f"acct:{name}@{self.name}", actor.uri):
                links = [{"rel": "self", "type": ACTIVITY, "href": actor.uri}]
                found = {"subject": f"acct:{name}@{self.name}", "links": links}
                return web.json_response(found, content_type="application/jrd+json")
        return web.Response(status=404)

    # What arrived

    def fetches(self, path: str = "/") -> list[Seen]:
        return [s for s in self.seen if s.method == "GET" and s.path.startswith(path)]

    def posts(self, kind: str | None = None) -> list[Seen]:
        """Messages that arrived at an inbox, of one type if it is given."""
        found = [s for s in self.seen if s.method == "POST" and s.path.endswith("/inbox")]
        return [s for s in found if kind is None or s.activity["type"] == kind]

    def got(self, kind: str, test: Callable[[Json], bool] = lambda _: True) -> Json:
        """Waits for a message of this type, checks its signature and returns it."""

        def find() -> Seen | None:
            return next((s for s in self.posts(kind) if test(s.activity)), None)

        seen = until(find, lambda: f"{kind} at {self.name}: {[s.path for s in self.seen]}")
        assert seen is not None
        self.world.verify(self, seen)
        return seen.activity


class RemoteActor:
    """Somebody on a remote host, with an RSA and an Ed25519 key."""

    def __init__(self, host: RemoteHost, name: str, extra: Json) -> None:
        self.host = host
        self.name = name
        self.uri = f"{host.origin}/users/{name}"
        self.rsa = Key.rsa(self.uri)
        self.ed25519 = Key.ed25519(self.uri)
        self.document: Json = {
            "@context": CONTEXT,
            "id": self.uri,
            "type": "Person",
            "preferredUsername": name,
            "name": name.capitalize(),
            "url": f"{host.origin}/@{name}",
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": self.followers,
            "following": f"{self.uri}/following",
            "endpoints": {"sharedInbox": f"{host.origin}/inbox"},
            "publicKey": self.rsa.document,
            "assertionMethod": [self.ed25519.document],
            **extra,
        }

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.host.name}"

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    # Documents

    def note(self, content: str = "<p>Bonjour</p>", **extra: Any) -> Json:
        """A note that is served; public unless ``to`` says otherwise."""
        made = {
            "@context": AS,
            "id": self.host.new_uri("notes"),
            "type": "Note",
            "attributedTo": self.uri,
            "content": content,
            "published": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "to": [PUBLIC],
            "cc": [self.followers],
            **extra,
        }
        self.host.serve(made)
        return made

    def activity(self, kind: str, thing: Any, /, **extra: Any) -> Json:
        return {
            "@context": CONTEXT,
            "id": self.host.new_uri("activities"),
            "type": kind,
            "actor": self.uri,
            "object": thing,
            **extra,
        }

    def create(self, note: Json, **extra: Any) -> Json:
        copied = {name: note[name] for name in ("to", "cc") if name in note}
        return self.activity("Create", note, **{**copied, **extra})

    # Requests

    def send(
        self,
        site: Site,
        activity: Json | bytes,
        *,
        path: str = "/inbox",
        scheme: str = "cavage",
        key: Key | None = None,
        connect: tuple[str, int] | None = None,
        **options: Any,
    ) -> Answer:
        """Signs and posts a message; ``scheme`` is cavage, rfc9421-rsa or rfc9421-ed25519."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        url = site.base_url + path
        if scheme == "cavage":
            headers = cavage(key or self.rsa, "POST", url, body, **options)
        else:
            chosen = key or (self.rsa if scheme == "rfc9421-rsa" else self.ed25519)
            headers = rfc9421(chosen, "POST", url, body, **options)
        return request(url, method="POST", headers=headers, body=body, connect=connect)

    def get(
        self, url: str, *, scheme: str = "cavage", accept: str = ACTIVITY, **options: Any
    ) -> Answer:
        """A signed GET."""
        sign = cavage if scheme == "cavage" else rfc9421
        key = self.ed25519 if scheme == "rfc9421-ed25519" else self.rsa
        headers = sign(key, "GET", url, **options) | {"Accept": accept}
        return request(url, headers=headers)

    def follow(self, site: Site, target: str) -> Json:
        """Follows somebody and waits for the Accept; returns the Follow."""
        follow = self.activity("Follow", target)
        answer = self.send(site, follow)
        assert answer.status == 202, answer
        self.host.got("Accept", lambda accept: _names(accept, follow["id"]))
        return follow


def _names(accept: Json, uri: str) -> bool:
    target = accept["object"]
    return (target["id"] if isinstance(target, dict) else target) == uri


async def _end_all() -> None:
    """Ends what still hangs, so that nothing is left when the loop closes."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class RemoteWorld:
    """All remote hosts of a test process, in one thread."""

    def __init__(self) -> None:
        self.hosts: dict[str, RemoteHost] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._keys: dict[str, Public] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for host in self.hosts.values():
            host.down()
        self.run(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def host(self, name: str) -> RemoteHost:
        """The host with this name, made and started if it is new."""
        if name not in self.hosts:
            self.hosts[name] = RemoteHost(self, name)
            self.hosts[name].up()
        return self.hosts[name]

    @property
    def overrides(self) -> dict[str, str]:
        """For the setting ``outgoing.connect`` of sites that shall reach these hosts."""
        return {name: f"http://127.0.0.1:{host.port}" for name, host in self.hosts.items()}

    def key(self, host: RemoteHost, key_id: str) -> Public:
        """A key of a site under test, fetched from its owner by an actor of this host."""
        if key_id not in self._keys:
            answer = host.reader.get(key_id.partition("#")[0])
            assert answer.status == 200, answer
            owner = answer.json()
            listed = [owner["publicKey"], *owner.get("assertionMethod", [])]
            for document in listed:
                self._keys[document["id"]] = public_key(document)
        return self._keys[key_id]

    def verify(self, host: RemoteHost, seen: Seen) -> Verified:
        """Checks the signature of a request that arrived. Raises NotVerified."""
        assert seen.url.startswith(host.origin)
        return verify(host.key, seen.method, seen.url, seen.headers, seen.body)
