"""WebFinger as a client (RFC 7033): from handle to actor, and which handle an actor really has.

An actor's handle is proved both ways: the actor claims it, and the domain of the handle names
exactly this actor.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final
from urllib.parse import quote

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.activitypub.documents import is_activity_media_type
from fedrse.activitypub.handles import Handle, parse_handle
from fedrse.activitypub.vocabulary import as_list, first_str
from fedrse.core.errors import BadRequest, TooLarge
from fedrse.core.json_input import load_json_object
from fedrse.core.urls import BadUrl, UrlRules, same_origin
from fedrse.net.client import FetchLimits, GuardedClient, Response
from fedrse.net.errors import NetworkFailure

ACCEPT: Final = "application/jrd+json, application/json"
_LIMITS: Final = FetchLimits(body=65_536, redirects=2, seconds=10.0)
_MOST_LINKS: Final = 100
_LINK: Final = re.compile(r"<Link\b([^<>]{1,4096})/?>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""\b([\w:]{1,32})\s{0,8}=\s{0,8}(?:"([^"<>]*)"|'([^'<>]*)')""")


class Discovery:
    """Asks other sites who is who."""

    def __init__(self, *, client: GuardedClient, rules: UrlRules) -> None:
        self._client = client
        self._rules = rules

    async def actor_uri(self, handle: Handle) -> str:
        """The id of the actor with this handle, as the domain says; the actor is not asked.

        Raises FetchFailed.
        """
        _, uri = await self._final(handle)
        return uri

    async def handle_of(self, fetched: Fetched) -> str | None:
        """The handle (``amina@corp.example``) of a fetched actor that its domain confirms.

        None where no domain does: then the actor has the name at the host of its id at most.
        """
        document = fetched.document
        # FEP-2c59 first, then what everybody does.
        claimed = parse_handle(first_str(document.get("webfinger")))
        own = parse_handle(f"{first_str(document.get('preferredUsername'))}@{fetched.host}")
        for candidate in dict.fromkeys((claimed, own)):
            if candidate is None:
                continue
            try:
                handle, uri = await self._final(candidate)
            except FetchFailed:
                continue
            if uri == fetched.uri:
                return f"{handle.username}@{handle.domain}"
        return None

    async def _final(self, handle: Handle) -> tuple[Handle, str]:
        """Follows the subject of the answer to its own domain, once."""
        subject, uri = await self._ask(handle)
        if subject is None or subject.is_same(handle):
            return (subject or handle), uri
        confirmed, uri = await self._ask(subject)
        if confirmed is not None and not confirmed.is_same(subject):
            raise FetchFailed("webfinger_loop", "The handle has no end.", handle.resource)
        return subject, uri

    async def _ask(self, handle: Handle) -> tuple[Handle | None, str]:
        """Subject and actor of a WebFinger answer."""
        origin = str(self._rules.origin_of_peer(handle.domain))
        resource = quote(handle.resource, safe="")
        try:
            response = await self._get(f"{origin}/.well-known/webfinger?resource={resource}")
            if response.status in {400, 404, 405}:
                template = await self._template(origin)
                if template is not None:
                    response = await self._get(template.replace("{uri}", resource))
        except (NetworkFailure, BadUrl) as error:
            temporary = isinstance(error, NetworkFailure) and error.temporary
            raise FetchFailed(
                error.code, error.message, handle.resource, temporary=temporary
            ) from error
        return _read(response, handle)

    async def _get(self, url: str) -> Response:
        return await self._client.get(url, accept=ACCEPT, limits=_LIMITS)

    async def _template(self, origin: str) -> str | None:
        """Where host-meta (RFC 6415) says that WebFinger is, if not at the usual place."""
        response = await self._client.get(
            f"{origin}/.well-known/host-meta", accept="application/xrd+xml", limits=_LIMITS
        )
        if response.status != 200:
            return None
        template = read_host_meta(response.body)
        return template if template and not same_origin(template, origin) else None


def read_host_meta(body: bytes) -> str | None:
    """The ``lrdd`` template of an XRD document; read without an XML parser, which none needs."""
    text = body.decode("utf-8", errors="replace")
    for match in _LINK.finditer(text):
        attributes = {
            name.lower(): unescape(double or single)
            for name, double, single in _ATTRIBUTE.findall(match[1])
        }
        template = attributes.get("template", "")
        if attributes.get("rel") == "lrdd" and "{uri}" in template:
            return template
    return None


def _read(response: Response, handle: Handle) -> tuple[Handle | None, str]:
    if response.status != 200:
        raise FetchFailed(
            "webfinger_status",
            f"{handle.domain} answers {response.status}.",
            handle.resource,
            temporary=response.status >= 500,
            missing=response.status in {404, 410},
        )
    try:
        document = load_json_object(response.body)
    except (BadRequest, TooLarge) as error:
        raise FetchFailed("webfinger_json", error.message, handle.resource) from error
    uri = self_link(document)
    if uri is None:
        raise FetchFailed("webfinger_no_actor", "The handle has no actor.", handle.resource)
    subject = document.get("subject")
    return (parse_handle(subject) if isinstance(subject, str) else None), uri


def self_link(document: dict[str, Any]) -> str | None:
    """The actor that a WebFinger answer (JRD) names."""
    for link in as_list(document.get("links"))[:_MOST_LINKS]:
        if not isinstance(link, dict) or link.get("rel") != "self":
            continue
        href, kind = link.get("href"), link.get("type")
        if isinstance(href, str) and isinstance(kind, str) and is_activity_media_type(kind):
            return href
    return None
