"""Pages: announcements of the site, for everybody; those in charge make them here.

Whoever announces something hears how many people it reached, never who.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.clock import DAY, MINUTE, Clock, from_iso
from fedrse.core.errors import Invalid
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.accounts.service_sites import names_of_sites
from fedrse.features.announcements.model import LONGEST, Announcement, Totals
from fedrse.features.announcements.pages_form import LASTING, NoticeForm, read_form, sentences
from fedrse.features.announcements.service import Announcements, Entity
from fedrse.features.announcements.service_readers import Reach, Readers, Unit
from fedrse.features.audit.model import Target, person
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Notice, Person

PATH = "/announcements"
IN_PLACE = "X-In-Place"


class Desk(Struct, frozen=True):
    """What those in charge need: units to choose, whom the form reaches, names of sites by host,
    and what the announcements of this site have reached.
    """

    units: list[Unit]
    reach: Reach
    names: dict[str, str]
    totals: dict[int, Totals]
    elsewhere: dict[int, dict[str, Totals]]
    made: dict[int, Announcement]


class _Board(Struct, frozen=True):
    me: Person
    shown: list[Entity]
    desk: Desk | None


class AnnouncementPages:
    """``/announcements`` and below."""

    path = PATH

    def __init__(
        self,
        *,
        database: Database,
        announcements: Announcements,
        readers: Readers,
        audit: Audit,
        hosts: Callable[[], Collection[str]],
        clock: Clock,
        renderer: Renderer,
        me: Me,
    ) -> None:
        self._database = database
        self._announcements = announcements
        self._readers = readers
        self._audit = audit
        self._hosts = hosts
        self._clock = clock
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user, one = Surface.PAGE, Auth.USER, f"{PATH}/{{id}}"
        right = Right.MANAGE_ANNOUNCEMENTS
        return [
            Route("GET", PATH, self.show, page, user),
            Route("POST", PATH, self.announce, page, user, right=right),
            Route("POST", f"{one}/dismiss", self._doing(self._announcements.dismiss), page, user),
            Route("POST", f"{one}/confirm", self._doing(self._announcements.confirm), page, user),
            Route("POST", f"{one}/delete", self.take_back, page, user, right=right),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /announcements``: what is shown now, also what was put away.

        Fields of the form may be given: so a script asks whom it would reach.
        """
        return await self._draw(request, read_form(request, self._hosts()))

    async def announce(self, request: Request) -> Reply:
        """``POST /announcements``, by those who run the site.

        With ``look`` nothing is announced: the page says whom it would reach.
        """
        viewer, form = request.require_viewer(), read_form(request, self._hosts())
        if request.text("look"):
            return await self._draw(request, form)
        days = LASTING.get(form.days)
        ends_at = None if days is None else self._clock.now() + days * DAY

        async def unit(tx: Transaction) -> None:
            if await self._is_sent_twice(tx, form):
                return
            made = await self._announcements.create(
                tx,
                form.text,
                ends_at=ends_at,
                must_read=form.must_read,
                hosts=form.hosts,
                here=not form.elsewhere_only,
                units=form.named,
            )
            await self._audit.record(
                tx,
                Act.ANNOUNCEMENT_CREATED,
                person(viewer),
                Target("announcement", str(made.id)),
                after=made.facts,
            )
            await self._announcements.tell(tx)

        try:
            await self._database.write(unit)
        except Invalid as error:
            wrong = replace(form, errors=sentences(error))
            return await self._draw(request, wrong, status=422)
        return redirect(self.path, status=303)

    async def _is_sent_twice(self, tx: Transaction, form: NoticeForm) -> bool:
        """Whether the same was announced to the same people a moment ago."""
        since = self._clock.now() - MINUTE
        wanted = (form.text.strip(), list(form.hosts), not form.elsewhere_only, list(form.named))
        return any(
            (one.text, one.targets, one.here, one.for_units) == wanted and one.published_at > since
            for one in await self._announcements.all(tx)
        )

    async def _reach(self, tx: Transaction, form: NoticeForm) -> tuple[NoticeForm, Reach]:
        """Whom a form reaches here; with what is wrong about its units, then it reaches nobody."""
        try:
            return form, await self._readers.reach(tx, form.named)
        except Invalid as error:
            return replace(form, errors={**sentences(error), **form.errors}), Reach(0)

    async def _desk(self, tx: Transaction, form: NoticeForm) -> tuple[NoticeForm, Desk]:
        made = {one.id: one for one in await self._announcements.all(tx)}
        form, reach = await self._reach(tx, form)
        return form, Desk(
            await self._readers.units(tx),
            reach,
            self._named(await names_of_sites(tx, self._hosts())),
            await self._announcements.totals(tx, list(made.values())),
            await self._announcements.totals_elsewhere(tx, list(made)),
            made,
        )

    def _named(self, names: Mapping[str, str]) -> dict[str, str]:
        return {one: names.get(one, one) for one in sorted(self._hosts())}

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
        is_staff = request.has_right(Right.MANAGE_ANNOUNCEMENTS)

        async def unit(tx: Transaction) -> tuple[NoticeForm, _Board]:
            shown = await self._announcements.listing(
                tx, viewer, with_dismissed=True, with_made_here=is_staff
            )
            checked, desk = await self._desk(tx, form) if is_staff else (form, None)
            return checked, _Board(await self._me(tx, viewer), shown[::-1], desk)

        checked, board = await self._database.read(unit)
        return self._renderer.render(
            request,
            "announcements/announcements.html",
            status=status,
            viewer=board.me,
            notices=[drawn(one, back=PATH) for one in board.shown],
            desk=board.desk,
            form=checked,
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
        units=tuple(entity["units"]),
        is_meant=entity.get("meant", True),
        back=back,
    )
