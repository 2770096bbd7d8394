"""Client API: ``admin/domain_blocks`` and ``admin/domain_allows``, views of the rules of a site.

What is made here are rules, in force at once: a new version that can be undone, and entries of the
log. A suspended site is a denied one: follows with it rest for 30 days before they end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from fedrse.core.clock import to_iso
from fedrse.core.paging import parse_page
from fedrse.features.admin.api_accounts import AT_ONCE, MOST, paged
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_domains import DomainAllow, DomainBlock, Severity
from fedrse.features.policy.service_domains import BlockExists, Domains
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

BLOCKS: Final = "/api/v1/admin/domain_blocks"
ALLOWS: Final = "/api/v1/admin/domain_allows"
Entity = dict[str, Any]
AuthorOf = Callable[[Transaction, int], Awaitable[Author]]
"""Somebody of this site as the author of rules; made in ``app``."""
Settle = Callable[[], Awaitable[object]]
"""Puts in force what was written; made in ``app``."""


class NewBlock(Struct):
    """A block to be made."""

    domain: str
    severity: Severity = Severity.SILENCE
    reject_media: bool = False
    reject_reports: bool = False
    private_comment: str = ""
    public_comment: str = ""
    obfuscate: bool = False


class ChangedBlock(Struct):
    """What of a block changes; what is not given stays."""

    severity: Severity | UnsetType = UNSET
    reject_media: bool | UnsetType = UNSET
    reject_reports: bool | UnsetType = UNSET
    private_comment: str | UnsetType = UNSET
    public_comment: str | UnsetType = UNSET
    obfuscate: bool | UnsetType = UNSET


class NewAllow(Struct):
    """A host to be allowed."""

    domain: str


class AdminDomainsApi:
    """Handlers."""

    def __init__(
        self,
        *,
        database: Database,
        domains: Domains,
        author_of: AuthorOf,
        settle: Settle,
        origin: str,
    ) -> None:
        self._database = database
        self._domains = domains
        self._author_of = author_of
        self._settle = settle
        self._origin = origin

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        block, allow = f"{BLOCKS}/{{id}}", f"{ALLOWS}/{{id}}"
        return [
            _route("GET", BLOCKS, self.blocks),
            _route("GET", block, self.block),
            _route("POST", BLOCKS, self.add_block),
            _route("PUT", block, self.change_block),
            _route("DELETE", block, self.remove_block),
            _route("GET", ALLOWS, self.allows),
            _route("GET", allow, self.allow),
            _route("POST", ALLOWS, self.add_allow),
            _route("DELETE", allow, self.remove_allow),
        ]

    async def blocks(self, request: Request) -> Reply:
        """``GET /api/v1/admin/domain_blocks``."""
        page = parse_page(request.params, default=AT_ONCE, cap=MOST)
        found = await self._domains.blocks(page)
        return paged(request, self._origin + BLOCKS, page, [_block(one) for one in found])

    async def block(self, request: Request) -> Reply:
        """``GET /api/v1/admin/domain_blocks/:id``."""
        return json_reply(_block(await self._domains.block(request.path_id())))

    async def add_block(self, request: Request) -> Reply:
        """``POST /api/v1/admin/domain_blocks``; 422 with the block that there is already."""
        wanted = DomainBlock(**asdict(request.bind(NewBlock)))
        try:
            made = await self._write(request, self._domains.add_block, wanted)
        except BlockExists as error:
            told = {"error": error.message, "error_code": error.code}
            return json_reply(told | {"existing_domain_block": _block(error.existing)}, status=422)
        return json_reply(_block(made))

    async def change_block(self, request: Request) -> Reply:
        """``PUT /api/v1/admin/domain_blocks/:id``."""
        known = await self._domains.block(request.path_id())
        given = asdict(request.bind(ChangedBlock))
        changes = {name: value for name, value in given.items() if value is not UNSET}

        def change(before: DomainBlock) -> DomainBlock:
            return replace(before, **changes)

        work = self._domains.change_block
        return json_reply(_block(await self._write(request, work, known.domain, change)))

    async def remove_block(self, request: Request) -> Reply:
        """``DELETE /api/v1/admin/domain_blocks/:id``."""
        known = await self._domains.block(request.path_id())
        await self._write(request, self._domains.remove_block, known.domain)
        return json_reply({})

    async def allows(self, request: Request) -> Reply:
        """``GET /api/v1/admin/domain_allows``."""
        page = parse_page(request.params, default=AT_ONCE, cap=MOST)
        found = await self._domains.allows(page)
        return paged(request, self._origin + ALLOWS, page, [_allow(one) for one in found])

    async def allow(self, request: Request) -> Reply:
        """``GET /api/v1/admin/domain_allows/:id``."""
        return json_reply(_allow(await self._domains.allow(request.path_id())))

    async def add_allow(self, request: Request) -> Reply:
        """``POST /api/v1/admin/domain_allows``; one that there is already is answered."""
        wanted = request.bind(NewAllow)
        key = await self._write(request, self._domains.add_allow, wanted.domain)
        return json_reply(_allow(await self._domains.allow(key)))

    async def remove_allow(self, request: Request) -> Reply:
        """``DELETE /api/v1/admin/domain_allows/:id``: answers with what it was."""
        known = await self._domains.allow(request.path_id())
        await self._write(request, self._domains.remove_allow, known.domain)
        return json_reply(_allow(known))

    async def _write(
        self, request: Request, work: Callable[..., Awaitable[Any]], *arguments: object
    ) -> Any:
        """A change, in force when this returns."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> Any:
            return await work(tx, await self._author_of(tx, viewer), *arguments)

        made = await self._database.write(unit)
        await self._settle()
        return made


def _block(one: DomainBlock) -> Entity:
    return {
        "id": str(one.id),
        "domain": one.domain,
        "digest": sha256(one.domain.encode()).hexdigest(),
        "created_at": to_iso(one.created_at),
        "severity": one.severity.value,
        "reject_media": one.reject_media,
        "reject_reports": one.reject_reports,
        "private_comment": one.private_comment or None,
        "public_comment": one.public_comment or None,
        "obfuscate": one.obfuscate,
    }


def _allow(one: DomainAllow) -> Entity:
    return {"id": str(one.id), "domain": one.domain, "created_at": to_iso(one.created_at)}


def _route(method: str, path: str, handler: Handler) -> Route:
    verb, group = "read" if method == "GET" else "write", path.split("/")[4]
    return Route(
        method,
        path,
        handler,
        Surface.API,
        Auth.USER,
        scopes=(f"admin:{verb}:{group}",),
        right=Right.MANAGE_FEDERATION,
    )
