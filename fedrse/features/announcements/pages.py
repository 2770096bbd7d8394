"""Pages: announcements of the site, for everybody; those in charge make them here.

Whoever announces something hears how many people it reached, never who.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.clock import DAY, MINUTE, Clock, from_iso
from fedrse.core.errors import Invalid
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.accounts.service_sites import names_of_sites
from fedrse.features.announcements.model import LONGEST, Totals
from fedrse.features.announcements.service import Announcements, Entity
from fedrse.features.audit.model import Target, person
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Notice, Person

PATH = "/announcements"
IN_PLACE = "X-In-Place"
LASTING = {"0": None, "1": 1, "7": 7, "30": 30}
"""Days that an announcement is shown, by what the form says."""
_SENTENCES = {
    "text_missing": translatable("Write what you want to announce."),
    "text_too_long": translatable("This text is too long."),
}


class NoticeForm(Struct, frozen=True, kw_only=True):
    """What was typed."""

    text: str = ""
    must_read: bool = False
    days: str = "7"
    hosts: tuple[str, ...] = ()
    error: str = ""


class _Board(Struct, frozen=True):
    me: Person
    shown: list[Entity]
    is_staff: bool
    totals: dict[int, Totals]
    elsewhere: dict[int, dict[str, Totals]]
    names: dict[str, str]


class AnnouncementPages:
    """``/announcements`` and below."""

    path = PATH

    def __init__(
        self,
        *,
        database: Database,
        announcements: Announcements,
        audit: Audit,
        hosts: Callable[[], Collection[str]],
        clock: Clock,
        renderer: Renderer,
        me: Me,
    ) -> None:
        self._database = database
        self._announcements = announcements
        self._audit = audit
        self._hosts = hosts
        self._clock = clock
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user, one = Surface.PAGE, Auth.USER, f"{PATH}/{{id}}"
        return [
            Route("GET", PATH, self.show, page, user),
            Route("POST", PATH, self.announce, page, user, right=Right.MANAGE_ANNOUNCEMENTS),
            Route("POST", f"{one}/dismiss", self._doing(self._announcements.dismiss), page, user),
            Route("POST", f"{one}/confirm", self._doing(self._announcements.confirm), page, user),
            Route(
                "POST",
                f"{one}/delete",
                self.take_back,
                page,
                user,
                right=Right.MANAGE_ANNOUNCEMENTS,
            ),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /announcements``: what is shown now, also what was put away."""
        return await self._draw(request, NoticeForm())

    async def announce(self, request: Request) -> Reply:
        """``POST /announcements``, by those who run the site."""
        viewer = request.require_viewer()
        form = NoticeForm(
            text=(request.text("text") or "").replace("\r\n", "\n"),
            must_read=bool(request.text("must_read")),
            days=request.text("days") or "",
            hosts=_chosen(request, self._hosts()),
        )
        days = LASTING.get(form.days)
        ends_at = None if days is None else self._clock.now() + days * DAY

        async def unit(tx: Transaction) -> None:
            if await self._is_sent_twice(tx, form.text):
                return
            made = await self._announcements.create(
                tx, form.text, ends_at=ends_at, must_read=form.must_read, hosts=form.hosts
            )
            await self._audit.record(
                tx,
                Act.ANNOUNCEMENT_CREATED,
                person(viewer),
                Target("announcement", str(made.id)),
                after={"text": made.text, "must_read": form.must_read, "hosts": list(form.hosts)},
            )
            await self._announcements.tell(tx)

        try:
            await self._database.write(unit)
        except Invalid as error:
            said = _SENTENCES.get(error.code, error.message)
            return await self._draw(request, replace(form, error=said), status=422)
        return redirect(self.path, status=303)

    async def _is_sent_twice(self, tx: Transaction, text: str) -> bool:
        """Whether the same was announced a moment ago."""
        since = self._clock.now() - MINUTE
        known = await self._announcements.all(tx)
        return any(one.text == text.strip() and one.published_at > since for one in known)

    async def take_back(self, request: Request) -> Reply:
        """``POST /announcements/{id}/delete``, by those who run the site."""
        viewer, key = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            await self._announcements.delete(tx, key)
            target = Target("announcement", str(key))
            await self._audit.record(tx, Act.ANNOUNCEMENT_REMOVED, person(viewer), target)
            await self._announcements.tell(tx)

        await self._database.write(unit)
        return redirect(self.path, status=303)

    def _doing(
        self, work: Callable[[Transaction, int, int], Awaitable[None]]
    ) -> Callable[[Request], Awaitable[Reply]]:
        async def handler(request: Request) -> Reply:
            await self._database.write(work, request.require_viewer(), request.path_id())
            if request.headers.get(IN_PLACE):
                return Reply(status=204)
            return redirect(safe_next(request.text("back")), status=303)

        return handler

    async def _draw(self, request: Request, form: NoticeForm, *, status: int = 200) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> _Board:
            shown = await self._announcements.listing(tx, viewer, with_dismissed=True)
            is_staff = request.has_right(Right.MANAGE_ANNOUNCEMENTS)
            totals: dict[int, Totals] = {}
            if is_staff:
                totals = await self._announcements.totals(tx, await self._announcements.all(tx))
            return _Board(
                await self._me(tx, viewer),
                shown[::-1],
                is_staff,
                totals,
                await self._announcements.totals_elsewhere(tx, list(totals)),
                await names_of_sites(tx, self._hosts()) if is_staff else {},
            )

        board = await self._database.read(unit)
        notices = [drawn(one, back=PATH) for one in board.shown]
        return self._renderer.render(
            request,
            "announcements/announcements.html",
            status=status,
            viewer=board.me,
            notices=[
                (one, board.totals.get(int(one.key)), board.elsewhere.get(int(one.key), {}))
                for one in notices
            ],
            hosts={one: board.names.get(one, one) for one in sorted(self._hosts())},
            is_staff=board.is_staff,
            form=form,
            longest=LONGEST,
        )


def drawn(entity: dict[str, Any], *, back: str) -> Notice:
    """An announcement as pages show it."""
    ends = entity["ends_at"]
    return Notice(
        key=entity["id"],
        content=Markup(entity["content"]),  # noqa: S704  (made of text here, sanitised when it came in)
        published=from_iso(entity["published_at"]),
        must_read=entity["must_read"],
        is_done=bool(entity.get("confirmed" if entity["must_read"] else "read")),
        ends=None if ends is None else from_iso(ends),
        site=entity["site"] or "",
        back=back,
    )


def _chosen(request: Request, known: Collection[str]) -> tuple[str, ...]:
    """The sites that were ticked, as far as they belong to the network."""
    given = request.params.get("hosts")
    ticked = given if isinstance(given, list) else []
    return tuple(one for one in sorted(known) if one in ticked)
