"""Page of the console: a decision about somebody, with its text, posts and time."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.core.errors import Conflict, FedrseError, Forbidden, Invalid, NotFound
from fedrse.core.ids import parse_id
from fedrse.features.access.service import Logins
from fedrse.features.admin.pages_reports import PATH as REPORTS
from fedrse.features.admin.pages_reports import Names
from fedrse.features.audit.model import person
from fedrse.features.moderation.model import Exhibit
from fedrse.features.moderation.model_decisions import (
    LONGEST_TEXT,
    MEANINGS,
    NAMES,
    PROPOSED,
    Action,
    Wish,
)
from fedrse.features.moderation.service_appeals import Preset, Presets
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.languages import Languages, translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

ACCOUNTS: Final = f"{CONSOLE}/accounts"
PATH: Final = f"{ACCOUNTS}/{{id}}/decide"
LIVES: Final = (1, 3, 7, 30, 90)
_WRONG: Final = {
    "own_account": translatable("Nobody decides about themselves."),
    "rank_too_low": translatable(
        "Only owners and admins decide about others in charge, and only about those below them."
    ),
    "last_owner": translatable("This is the last owner: name another one first."),
    "action_posts": translatable("Choose the posts that it is about."),
    "action_covered": translatable("These posts are marked as sensitive already."),
    "action_elsewhere": translatable("This is possible for people of this site only."),
    "text_too_long": translatable("This is too long: 2,000 characters are the most."),
}


class _Form(Struct, frozen=True):
    action: Action
    report: int | None
    text: str
    days: int | None
    posts: tuple[int, ...]
    mail: bool


class _Scene(Struct, frozen=True):
    me: Person
    target: Person
    posts: list[Exhibit]
    presets: list[Preset]
    language: str
    local: bool


class DecidePages:
    """``/admin/accounts/{id}/decide``."""

    def __init__(
        self,
        *,
        database: Database,
        decisions: Decisions,
        queue: ReportQueue,
        presets: Presets,
        logins: Logins,
        languages: Languages,
        console: Console,
        me: Me,
        names: Names,
    ) -> None:
        self._database = database
        self._decisions = decisions
        self._queue = queue
        self._presets = presets
        self._logins = logins
        self._languages = languages
        self._console = console
        self._me = me
        self._names = names

    def routes(self) -> list[Route]:
        """The addresses."""
        right = Right.MANAGE_USERS
        return [
            Route("GET", PATH, self.ask, Surface.PAGE, Auth.USER, right=right),
            Route("POST", PATH, self.decide, Surface.PAGE, Auth.USER, right=right),
        ]

    async def ask(self, request: Request) -> Reply:
        """``GET /admin/accounts/{id}/decide?action=&report=&preset=``."""
        return await self._draw(request, _read(request), fresh=True)

    async def decide(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/decide``: what is refused stays in the form."""
        by, key, form = person(request.require_viewer()), request.path_id(), _read(request)
        wish = Wish(
            account_id=key,
            action=form.action,
            text=form.text,
            report_id=form.report,
            post_ids=form.posts,
            life=None if form.days is None else form.days * DAY,
            sends_mail=form.mail,
        )
        try:
            await self._database.write(self._decisions.decide, by, wish)
        except (Invalid, Forbidden, Conflict) as error:
            return await self._draw(request, form, error=error)
        return redirect(f"{ACCOUNTS}/{key}" if form.report is None else f"{REPORTS}/{form.report}")

    async def _draw(
        self,
        request: Request,
        form: _Form,
        *,
        fresh: bool = False,
        error: FedrseError | None = None,
    ) -> Reply:
        key = request.path_id()
        scene = await self._database.read(self._scene, request, form)
        text = form.text
        preset = parse_id(request.text("preset") or "")
        if fresh and not text:
            chosen = [one.text for one in scene.presets if one.id == preset]
            proposed = self._languages.gettext(scene.language, PROPOSED[form.action])
            text = chosen[0] if chosen else proposed
        values: dict[str, Any] = {
            "key": key,
            "form": form,
            "text": text,
            "target": scene.target,
            "local": scene.local,
            "posts": scene.posts,
            "presets": scene.presets,
            "preset": preset,
            "name": NAMES[form.action],
            "meaning": MEANINGS[form.action],
            "lives": LIVES,
            "most": LONGEST_TEXT,
            "chosen": {one.post_id for one in scene.posts} if fresh else set(form.posts),
            "wrong": "" if error is None else _WRONG.get(error.code, error.message),
        }
        return self._console.render(
            request,
            "admin/decide.html",
            viewer=scene.me,
            status=200 if error is None else error.status,
            **values,
        )

    async def _scene(self, tx: Transaction, request: Request, form: _Form) -> _Scene:
        viewer, key = request.require_viewer(), request.path_id()
        people = await self._names(tx, [key])
        if key not in people:
            raise NotFound
        kept: list[Exhibit] = []
        if form.report is not None:
            report = await self._queue.access(tx, form.report)
            there = set((await self._queue.posts(tx, [report])).values())
            found = (await self._queue.evidence(tx, [form.report])).get(form.report, [])
            kept = [one for one in found if one.post_id in there]
        login = await self._logins.by_account(tx, key)
        return _Scene(
            await self._me(tx, viewer),
            people[key],
            kept,
            list(await self._presets.all(tx)),
            request.language if login is None else login.locale,
            login is not None,
        )


def _read(request: Request) -> _Form:
    """Raises NotFound for an action that does not exist."""
    try:
        action = Action(request.text("action") or "")
    except ValueError:
        raise NotFound from None
    chosen = request.params.get("posts")
    listed = chosen if isinstance(chosen, list) else [chosen]
    posts = (parse_id(one) for one in listed if isinstance(one, str))
    return _Form(
        action=action,
        report=parse_id(request.text("report") or ""),
        text=(request.text("text") or "").replace("\r\n", "\n"),
        days=parse_id(request.text("days") or ""),
        posts=tuple(one for one in posts if one is not None),
        mail=request.method != "POST" or request.text("mail") is not None,
    )
