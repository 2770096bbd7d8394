"""Asks a peer what it is: NodeInfo (FEP-0151), its instance actor (FEP-2677, FEP-844e)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.activitypub.document_client import DocumentClient, FetchFailed
from fedrse.activitypub.vocabulary import Json, as_list, first_str, id_of, ids_of
from fedrse.core.errors import BadRequest, FedrseError, TooLarge
from fedrse.core.json_input import load_json_object
from fedrse.core.text import clean_line
from fedrse.core.urls import UrlRules, same_origin
from fedrse.features.sites.model import ProbeResult
from fedrse.features.sites.service import Sites
from fedrse.net.client import GuardedClient
from fedrse.store.database import Database

NODEINFO_RELS = (
    "http://nodeinfo.diaspora.software/ns/schema/2.1",
    "http://nodeinfo.diaspora.software/ns/schema/2.0",
)
APPLICATION_REL = "https://www.w3.org/ns/activitystreams#Application"
MOST_CAPABILITIES = 50

KnowActor = Callable[[str], Awaitable[object]]


class Probe:
    """Finds out about peers and remembers it. ``know_actor`` fetches and stores an actor."""

    def __init__(
        self,
        *,
        database: Database,
        sites: Sites,
        client: GuardedClient,
        documents: DocumentClient,
        rules: UrlRules,
        know_actor: KnowActor,
    ) -> None:
        self._database = database
        self._sites = sites
        self._client = client
        self._documents = documents
        self._rules = rules
        self._know_actor = know_actor

    async def probe(self, host: str) -> ProbeResult:
        """Asks and stores the answer; a failure is an answer, too. Raises Forbidden."""
        self._sites.check_inbound(host)
        try:
            result = await self._ask(host)
        except FedrseError as error:
            result = ProbeResult(error=error.message)
        await self._database.write(self._sites.probed, host, result)
        return result

    async def probe_members(self, hosts: frozenset[str], *, fresh_since: int) -> bool:
        """Asks the members that were not asked, or did not answer, since then (ms).

        Returns whether all have answered.
        """
        known = {site.host: site for site in await self._database.read(self._sites.all)}
        answered = True
        for host in sorted(hosts):
            site = known.get(host)
            fresh = site is not None and (site.probed_at or 0) >= fresh_since
            if site is None or not fresh or site.last_error:
                result = await self.probe(host)
                answered = answered and not result.error
        return answered

    async def _ask(self, host: str) -> ProbeResult:
        origin = str(self._rules.origin_of_peer(host))
        links = await self._links(origin)
        software = await self._software(origin, links)
        actor = links.get(APPLICATION_REL) or f"{origin}/actor"
        document = await self._instance_actor(origin, actor)
        endpoints = document.get("endpoints")
        inbox = id_of(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else None
        members = id_of(document.get("network"))
        generator = document.get("generator")
        implements = as_list(generator.get("implements")) if isinstance(generator, dict) else []
        return ProbeResult(
            software=clean_line(first_str(software.get("name")), 60),
            version=clean_line(first_str(software.get("version")), 60),
            instance_actor=id_of(document),
            shared_inbox=_of_origin(inbox, origin),
            members_uri=_of_origin(members, origin),
            capabilities=tuple(ids_of(implements)[:MOST_CAPABILITIES]),
        )

    async def _instance_actor(self, origin: str, uri: str) -> Json:
        """Its document, {} for software that has none."""
        if not same_origin(uri, origin):
            return {}
        try:
            fetched = await self._documents.fetch(uri, unsigned_retry=True)
            await self._know_actor(fetched.uri)
        except FetchFailed as error:
            if error.temporary:
                raise
            return {}
        return fetched.document

    async def _links(self, origin: str) -> dict[str, str]:
        document = await self._json(f"{origin}/.well-known/nodeinfo")
        return {
            first_str(link.get("rel")): first_str(link.get("href"))
            for link in as_list(document.get("links"))
            if isinstance(link, dict)
        }

    async def _software(self, origin: str, links: dict[str, str]) -> Json:
        for rel in NODEINFO_RELS:
            address = links.get(rel, "")
            if address and same_origin(address, origin):
                software = (await self._json(address)).get("software")
                return software if isinstance(software, dict) else {}
        return {}

    async def _json(self, address: str) -> Json:
        """The JSON object at an address, {} where there is none."""
        response = await self._client.get(address, accept="application/json", ask_again=True)
        if response.status != 200:
            return {}
        try:
            return load_json_object(response.body)
        except (BadRequest, TooLarge):
            return {}


def _of_origin(uri: str | None, origin: str) -> str | None:
    return uri if uri is not None and same_origin(uri, origin) else None
