"""Pages: whom one mutes and blocks, blocked sites, and who asks to follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.paging import Page
from fedrse.features.relationships.model import BlockedDomain, Listed
from fedrse.features.relationships.pages_people import PeoplePages
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.languages import translatable
from fedrse.web.views import Person

MUTED: Final = "/settings/blocks"
BLOCKED: Final = f"{MUTED}/people"
SITES: Final = f"{MUTED}/sites"
REQUESTS: Final = "/follow-requests"
WRONG_DOMAIN = {
    "domain_own": translatable("This is your own site."),
    "domain_blank": translatable("Which site? For instance: example.org"),
}
_NO_DOMAIN = translatable("This is not the name of a site. It looks like example.org")
Read = Callable[[Transaction, int, Page], Awaitable[list[Listed]]]


class Line(Struct, frozen=True):
    """Somebody in a list and what they do; ``until`` in milliseconds where it ends by itself."""

    key: str
    person: Person
    work: str
    until: int | None


class _Seen(Struct, frozen=True):
    """A page of people: ``oldest`` is where the next one begins, None at the end."""

    me: Person
    lines: list[Line]
    oldest: int | None


class ListPages(PeoplePages):
    """Lists with a button at each line that undoes it."""

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            _route("GET", MUTED, self.muted),
            _route("GET", BLOCKED, self.blocked),
            _route("GET", SITES, self.sites),
            _route("POST", SITES, self.block_site),
            _route("POST", f"{SITES}/remove", self.unblock_site),
            _route("GET", REQUESTS, self.requests),
        ]

    async def muted(self, request: Request) -> Reply:
        """``GET /settings/blocks``."""
        return await self._list(request, "muted.html", self._relationships.muted)

    async def blocked(self, request: Request) -> Reply:
        """``GET /settings/blocks/people``."""
        return await self._list(request, "blocked.html", self._relationships.blocked)

    async def requests(self, request: Request) -> Reply:
        """``GET /follow-requests``."""
        return await self._list(request, "requests.html", self._relationships.requests)

    async def _list(self, request: Request, template: str, read: Read) -> Reply:
        viewer, page = request.require_viewer(), request.page(default=40)

        async def unit(tx: Transaction) -> _Seen:
            found = await read(tx, viewer, page)
            ids = [one.account_id for one in found]
            people, works = await self._people(tx, ids), await self._works(tx, viewer, ids)
            return _Seen(
                await self._me(tx, viewer),
                [
                    Line(str(key), people[key], works.get(key, ""), one.expires_at)
                    for key, one in zip(ids, found, strict=True)
                    if key in people
                ],
                found[-1].id if len(found) == page.limit else None,
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            f"relationships/{template}",
            viewer=seen.me,
            lines=seen.lines,
            older="" if seen.oldest is None else f"{request.path}?max_id={seen.oldest}",
        )

    # Sites

    async def sites(self, request: Request) -> Reply:
        """``GET /settings/blocks/sites``."""
        return await self._sites(request)

    async def block_site(self, request: Request) -> Reply:
        """``POST /settings/blocks/sites`` with ``domain``."""
        domain = request.text("domain") or ""
        domains = self._relationships.domains
        try:
            await self._database.write(domains.block, request.require_viewer(), domain)
        except Invalid as error:
            wrong = WRONG_DOMAIN.get(error.code, _NO_DOMAIN)
            return await self._sites(request, typed=domain, wrong=wrong)
        return redirect(SITES, status=303)

    async def unblock_site(self, request: Request) -> Reply:
        """``POST /settings/blocks/sites/remove`` with ``domain``."""
        domains, domain = self._relationships.domains, request.text("domain") or ""
        await self._database.write(domains.unblock, request.require_viewer(), domain)
        return redirect(SITES, status=303)

    async def _sites(self, request: Request, *, typed: str = "", wrong: str = "") -> Reply:
        viewer, page = request.require_viewer(), request.page(default=40)

        async def unit(tx: Transaction) -> tuple[Person, list[BlockedDomain]]:
            found = await self._relationships.domains.listing(tx, viewer, page)
            return await self._me(tx, viewer), found

        me, found = await self._database.read(unit)
        more = len(found) == page.limit
        return self._renderer.render(
            request,
            "relationships/sites.html",
            status=422 if wrong else 200,
            viewer=me,
            sites=found,
            typed=typed,
            wrong=wrong,
            older=f"{SITES}?max_id={found[-1].id}" if more else "",
        )


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER)
