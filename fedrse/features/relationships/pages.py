"""Pages about one person: muting, blocking, a private note, and answering who asks to follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from msgspec import Struct

from fedrse.core.errors import Invalid, NotFound
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.accounts.model import Account
from fedrse.features.relationships.pages_people import PeoplePages
from fedrse.features.relationships.service_silence import LONGEST_NOTE
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.languages import translatable
from fedrse.web.views import Person

Work = Callable[[Transaction, Account, Account], Awaitable[object]]
"""Something that the viewer (first) does to somebody."""

DURATIONS = (
    ("0", translatable("Until you show them again")),
    ("3600", translatable("One hour")),
    ("86400", translatable("One day")),
    ("604800", translatable("One week")),
    ("2592000", translatable("30 days")),
)
_NOTE_TOO_LONG = translatable("This note is too long: 2,000 characters are the most.")


class _Seen(Struct, frozen=True):
    """Somebody with what connects the viewer with them."""

    me: Person
    other: Account
    person: Person
    bond: dict[str, Any]


class PersonPages(PeoplePages):
    """``/people/{id}/mute`` and so on: forms that work without script."""

    def routes(self) -> list[Route]:
        """The addresses."""
        shown = (("mute", self.ask_mute), ("block", self.ask_block), ("note", self.show_note))
        done = (
            ("mute", self.mute),
            ("unmute", self.unmute),
            ("block", self.block),
            ("unblock", self.unblock),
            ("note", self.note),
            ("accept", self.accept),
            ("reject", self.reject),
            ("remove", self.remove),
        )
        return [
            *(_route("GET", name, handler) for name, handler in shown),
            *(_route("POST", name, handler) for name, handler in done),
        ]

    # Asking

    async def ask_mute(self, request: Request) -> Reply:
        """``GET /people/{id}/mute``: for how long, and whether notifications come."""
        seen = await self._seen(request)
        return self._draw(request, "mute.html", seen, durations=DURATIONS)

    async def ask_block(self, request: Request) -> Reply:
        """``GET /people/{id}/block``: says what it means."""
        return self._draw(request, "block.html", await self._seen(request))

    async def show_note(self, request: Request) -> Reply:
        """``GET /people/{id}/note``."""
        seen = await self._seen(request)
        return self._draw(request, "note.html", seen, text=seen.bond["note"], error="")

    # Doing

    async def mute(self, request: Request) -> Reply:
        """``POST /people/{id}/mute`` with ``seconds`` and ``notifications``."""
        wanted = request.text("seconds") or "0"
        seconds = int(wanted) if wanted in dict(DURATIONS) else 0
        hides = request.text("notifications") is not None

        async def work(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.mute(
                tx, me.id, other.id, notifications=hides, seconds=seconds
            )

        return await self._act(request, work)

    async def unmute(self, request: Request) -> Reply:
        """``POST /people/{id}/unmute``."""

        async def work(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.unmute(tx, me.id, other.id)

        return await self._act(request, work)

    async def block(self, request: Request) -> Reply:
        """``POST /people/{id}/block``."""
        return await self._act(request, self._relationships.block)

    async def unblock(self, request: Request) -> Reply:
        """``POST /people/{id}/unblock``."""
        return await self._act(request, self._relationships.unblock)

    async def note(self, request: Request) -> Reply:
        """``POST /people/{id}/note``: what is too long is kept in the form."""
        text = request.text("note") or ""

        async def work(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.note(tx, me.id, other.id, text)

        try:
            return await self._act(request, work)
        except Invalid as error:
            if error.code != "note_too_long":
                raise
            seen = await self._seen(request)
            return self._draw(
                request, "note.html", seen, status=422, text=text, error=_NOTE_TOO_LONG
            )

    async def accept(self, request: Request) -> Reply:
        """``POST /people/{id}/accept``: lets somebody follow."""

        async def work(tx: Transaction, me: Account, other: Account) -> None:
            with suppress(NotFound):  # answered already
                await self._relationships.accept(tx, other, me)

        return await self._act(request, work)

    async def reject(self, request: Request) -> Reply:
        """``POST /people/{id}/reject``: does not."""

        async def work(tx: Transaction, me: Account, other: Account) -> None:
            with suppress(NotFound):
                await self._relationships.reject(tx, other, me)

        return await self._act(request, work)

    async def remove(self, request: Request) -> Reply:
        """``POST /people/{id}/remove``: somebody shall not follow any more."""

        async def work(tx: Transaction, me: Account, other: Account) -> None:
            await self._relationships.remove_follower(tx, other, me)

        return await self._act(request, work)

    async def _act(self, request: Request, work: Work) -> Reply:
        viewer, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> str:
            me = await self._accounts.access_account(tx, viewer, viewer)
            other = await self._accounts.access_account(tx, viewer, identifier)
            await work(tx, me, other)
            return (await self._person(tx, other.id)).path

        path = await self._database.write(unit)
        return redirect(_back(request) or path, status=303)

    # Drawing

    async def _seen(self, request: Request) -> _Seen:
        """Raises NotFound for whom the viewer does not see."""
        viewer, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> _Seen:
            other = await self._accounts.access_account(tx, viewer, identifier)
            bonds = await self._relationships.relationships(tx, viewer, [other.id])
            return _Seen(
                await self._me(tx, viewer), other, await self._person(tx, other.id), bonds[0]
            )

        return await self._database.read(unit)

    async def _person(self, tx: Transaction, account_id: int) -> Person:
        return (await self._people(tx, [account_id]))[account_id]

    def _draw(
        self, request: Request, template: str, seen: _Seen, *, status: int = 200, **values: Any
    ) -> Reply:
        return self._renderer.render(
            request,
            f"relationships/{template}",
            status=status,
            viewer=seen.me,
            person=seen.person,
            elsewhere="" if seen.other.local else seen.other.host,
            back=_back(request) or seen.person.path,
            most=LONGEST_NOTE,
            **values,
        )


def _back(request: Request) -> str:
    """Where the person came from; empty where that is not said."""
    back = request.text("back")
    return safe_next(back) if back else ""


def _route(method: str, name: str, handler: Handler) -> Route:
    return Route(method, f"/people/{{id}}/{name}", handler, Surface.PAGE, Auth.USER)
