"""Client API: blocks of domains of mail, of addresses of mail and of addresses of the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from fedrse.core.clock import DAY, SECOND, Clock, to_iso
from fedrse.core.errors import Invalid
from fedrse.core.paging import Page, parse_page
from fedrse.features.access.model_blocks import (
    HISTORY_DAYS,
    Attempts,
    EmailBlock,
    EmailDomainBlock,
    IpBlock,
    Severity,
    canonical_hash,
    read_hash,
)
from fedrse.features.access.service_blocks import SignUpBlocks
from fedrse.features.admin.api_accounts import AT_ONCE, MOST, paged
from fedrse.features.audit.model import person
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

DOMAINS: Final = "/api/v1/admin/email_domain_blocks"
EMAILS: Final = "/api/v1/admin/canonical_email_blocks"
IPS: Final = "/api/v1/admin/ip_blocks"
LONGEST_LIFE: Final = 10 * 366 * DAY
_NOBODY: Final = Attempts(0, 0)
Entity = dict[str, Any]
Tried = tuple[EmailDomainBlock, Mapping[int, Attempts]]
"""A block and who tried to sign up in spite of it, by day since 1970."""


class DomainParameters(Struct):
    """A domain of mail."""

    domain: str


class EmailParameters(Struct):
    """An address of mail, or its hash alone."""

    email: str = ""
    canonical_email_hash: str = ""


class TestParameters(Struct):
    """An address of mail that may be blocked."""

    email: str


class NewIpParameters(Struct):
    """A range; ``expires_in`` in seconds."""

    severity: Severity
    ip: str
    comment: str = ""
    expires_in: int | None = None


class IpParameters(Struct):
    """What changes of a range; what is not given stays."""

    ip: str | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    expires_in: int | UnsetType | None = UNSET


class AdminBlocksApi:
    """Handlers."""

    def __init__(
        self, *, database: Database, clock: Clock, blocks: SignUpBlocks, origin: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._blocks = blocks
        self._origin = origin

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        blocks = self._blocks
        domain, email, ip = (f"{path}/{{id}}" for path in (DOMAINS, EMAILS, IPS))
        return [
            _route("GET", DOMAINS, self._listing(DOMAINS, self._read_domains, self._domain)),
            _route("GET", domain, self._one(self._read_domain, self._domain)),
            _route("POST", DOMAINS, self.block_domain),
            _route("DELETE", domain, self._removing(blocks.unblock_domain)),
            _route("GET", EMAILS, self._listing(EMAILS, blocks.emails, _email)),
            _route("GET", email, self._one(blocks.email, _email)),
            _route("POST", f"{EMAILS}/test", self.test, verb="read"),
            _route("POST", EMAILS, self.block_email),
            _route("DELETE", email, self.unblock_email),
            _route("GET", IPS, self._listing(IPS, blocks.ips, _ip)),
            _route("GET", ip, self._one(blocks.ip, _ip)),
            _route("POST", IPS, self.block_ip),
            _route("PUT", ip, self.change_ip),
            # The documentation asks for the scope of domains here; both are good.
            _route("DELETE", ip, self._removing(blocks.unblock_ip), also="domain_blocks"),
        ]

    def _listing(
        self,
        path: str,
        read: Callable[[Transaction, Page], Awaitable[list[Any]]],
        draw: Callable[[Any], Entity],
    ) -> Handler:
        async def handler(request: Request) -> Reply:
            page = parse_page(request.params, default=AT_ONCE, cap=MOST)
            found = await self._database.read(read, page)
            return paged(request, self._origin + path, page, [draw(one) for one in found])

        return handler

    def _one(
        self,
        read: Callable[[Transaction, int], Awaitable[Any]],
        draw: Callable[[Any], Entity],
    ) -> Handler:
        async def handler(request: Request) -> Reply:
            return json_reply(draw(await self._database.read(read, request.path_id())))

        return handler

    def _removing(self, work: Callable[..., Awaitable[object]]) -> Handler:
        async def handler(request: Request) -> Reply:
            by, key = person(request.require_viewer()), request.path_id()

            async def unit(tx: Transaction) -> None:
                await work(tx, by, key)

            await self._database.write(unit)
            return json_reply({})

        return handler

    async def block_domain(self, request: Request) -> Reply:
        """``POST /api/v1/admin/email_domain_blocks``."""
        by, wanted = person(request.require_viewer()), request.bind(DomainParameters)
        made = await self._database.write(self._blocks.block_domain, by, wanted.domain)
        return json_reply(self._domain((made, {})))

    async def _read_domains(self, tx: Transaction, page: Page) -> list[Tried]:
        found = await self._blocks.domains(tx, page)
        attempts = await self._blocks.attempts(tx, [one.id for one in found])
        return [(one, attempts.get(one.id, {})) for one in found]

    async def _read_domain(self, tx: Transaction, key: int) -> Tried:
        found = await self._blocks.domain(tx, key)
        return found, (await self._blocks.attempts(tx, [key])).get(key, {})

    async def test(self, request: Request) -> Reply:
        """``POST /api/v1/admin/canonical_email_blocks/test``."""
        wanted = request.bind(TestParameters)
        found = await self._database.read(self._blocks.matching, wanted.email)
        return json_reply([_email(one) for one in found])

    async def block_email(self, request: Request) -> Reply:
        """``POST /api/v1/admin/canonical_email_blocks``."""
        by, wanted = person(request.require_viewer()), request.bind(EmailParameters)
        if wanted.canonical_email_hash:
            hashed = read_hash(wanted.canonical_email_hash)
        elif wanted.email:
            hashed = canonical_hash(wanted.email)
        else:
            raise Invalid("blank_parameter", "Validation failed: email can't be blank")
        return json_reply(_email(await self._database.write(self._blocks.block_email, by, hashed)))

    async def unblock_email(self, request: Request) -> Reply:
        """``DELETE /api/v1/admin/canonical_email_blocks/:id``: answers with what it was."""
        by, key = person(request.require_viewer()), request.path_id()
        return json_reply(_email(await self._database.write(self._blocks.unblock_email, by, key)))

    async def block_ip(self, request: Request) -> Reply:
        """``POST /api/v1/admin/ip_blocks``."""
        by, wanted = person(request.require_viewer()), request.bind(NewIpParameters)
        life = _life(wanted.expires_in) or 0

        async def unit(tx: Transaction) -> IpBlock:
            return await self._blocks.block_ip(
                tx, by, wanted.ip, wanted.severity, comment=wanted.comment, life=life
            )

        return json_reply(_ip(await self._database.write(unit)))

    async def change_ip(self, request: Request) -> Reply:
        """``PUT /api/v1/admin/ip_blocks/:id``."""
        by, key = person(request.require_viewer()), request.path_id()
        wanted = request.bind(IpParameters)

        async def unit(tx: Transaction) -> IpBlock:
            known = await self._blocks.ip(tx, key)
            changed = replace(
                known,
                ip=known.ip if wanted.ip is UNSET else wanted.ip,
                severity=known.severity if wanted.severity is UNSET else wanted.severity.value,
                comment=known.comment if wanted.comment is UNSET else wanted.comment,
            )
            if wanted.expires_in is not UNSET:
                life = _life(wanted.expires_in)
                end = None if life is None else self._clock.now() + life
                changed = replace(changed, expires_at=end)
            return await self._blocks.change_ip(tx, by, changed)

        return json_reply(_ip(await self._database.write(unit)))

    def _domain(self, tried: Tried) -> Entity:
        """With how often somebody tried to sign up, and from how many addresses (``accounts``)."""
        block, attempts = tried
        today = self._clock.now() // DAY
        return {
            "id": str(block.id),
            "domain": block.domain,
            "created_at": to_iso(block.created_at),
            "history": [
                _day(day, attempts.get(day, _NOBODY))
                for day in range(today, today - HISTORY_DAYS, -1)
            ],
        }


def _day(day: int, attempts: Attempts) -> Entity:
    return {
        "day": str(day * DAY // SECOND),
        "accounts": str(attempts.addresses),
        "uses": str(attempts.uses),
    }


def _life(seconds: int | None) -> int | None:
    """Milliseconds; nothing for nothing. Raises Invalid."""
    if not seconds:
        return None
    if not 0 < seconds * SECOND <= LONGEST_LIFE:
        raise Invalid("expires_in", "Validation failed: Expires in is out of bounds")
    return seconds * SECOND


def _email(block: EmailBlock) -> Entity:
    return {"id": str(block.id), "canonical_email_hash": block.canonical_email_hash}


def _ip(block: IpBlock) -> Entity:
    return {
        "id": str(block.id),
        "ip": block.ip,
        "severity": block.severity,
        "comment": block.comment,
        "created_at": to_iso(block.created_at),
        "expires_at": None if block.expires_at is None else to_iso(block.expires_at),
    }


def _route(method: str, path: str, handler: Handler, *, verb: str = "", also: str = "") -> Route:
    verb = verb or ("read" if method == "GET" else "write")
    group = path.split("/")[4]
    scopes = (f"admin:{verb}:{group}", *([f"admin:{verb}:{also}"] if also else []))
    return Route(
        method, path, handler, Surface.API, Auth.USER, scopes=scopes, right=Right.MANAGE_BLOCKS
    )
