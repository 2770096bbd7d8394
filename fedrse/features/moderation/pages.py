"""Pages: reporting somebody or a post to those who moderate this site."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct

from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.accounts.model import Account
from fedrse.features.moderation.model import LONGEST_COMMENT, Category
from fedrse.features.moderation.service import Reports
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

PATH: Final = "/report"
DONE: Final = f"{PATH}/done"
REASONS = (
    (
        Category.SPAM,
        translatable("It is spam"),
        translatable("Advertising, misleading links, always the same."),
    ),
    (
        Category.VIOLATION,
        translatable("It breaks a rule of this site"),
        translatable("You choose which one below."),
    ),
    (
        Category.LEGAL,
        translatable("It may be against the law"),
        translatable("Insults, harassment, personal data, confidential documents."),
    ),
    (
        Category.OTHER,
        translatable("Something else"),
        translatable("You say below what it is about."),
    ),
)
_NO_REASON = translatable("Choose what it is about.")
_NO_RULE = translatable("Choose the rule, or another reason.")
_NO_COMMENT = translatable("Say in a few words what it is about.")
_TOO_LONG = translatable("This is too long: 1,000 characters are the most.")


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class Form(Struct, frozen=True):
    """What was typed. ``post`` is 0 where the person is reported as such."""

    account: int
    post: int
    category: str
    rules: tuple[int, ...]
    comment: str
    forward: bool
    back: str

    def wrong(self) -> dict[str, str]:
        """What is wrong, by field."""
        if self.category not in set(Category):
            return {"category": _NO_REASON}
        if self.category == Category.VIOLATION and not self.rules:
            return {"rules": _NO_RULE}
        if len(self.comment) > LONGEST_COMMENT:
            return {"comment": _TOO_LONG}
        if self.category == Category.OTHER and not self.comment.strip():
            return {"comment": _NO_COMMENT}
        return {}


class _Seen(Struct, frozen=True):
    me: Entity | None
    other: Account
    entity: Entity
    posts: list[Entity]


class ReportPages:
    """``/report?account=&post=``."""

    def __init__(
        self,
        *,
        database: Database,
        reports: Reports,
        people: People,
        drawing: Drawing,
        renderer: Renderer,
        rules: list[str],
    ) -> None:
        self._database = database
        self._reports = reports
        self._people = people
        self._drawing = drawing
        self._renderer = renderer
        self._rules = rules

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.ask, page, user),
            Route("POST", PATH, self.send, page, user),
            Route("GET", DONE, self.done, page, user),
        ]

    async def ask(self, request: Request) -> Reply:
        """``GET /report``."""
        form = self._read(request)
        return self._draw(request, await self._seen(request, form), form, {})

    async def send(self, request: Request) -> Reply:
        """``POST /report``: a comment that is refused stays in the form."""
        form = self._read(request)
        wrong = form.wrong()
        if wrong:
            return self._draw(request, await self._seen(request, form), form, wrong)
        viewer = request.require_viewer()
        if form.account == viewer:
            raise NotFound

        async def unit(tx: Transaction) -> None:
            await self._reports.report(
                tx,
                viewer,
                form.account,
                post_ids=[form.post] if form.post else [],
                comment=form.comment,
                category=Category(form.category),
                forward=form.forward,
                rules=form.rules if form.category == Category.VIOLATION else (),
            )

        try:
            await self._database.write(unit)
        except Invalid:
            seen = await self._seen(request, form)
            return self._draw(request, seen, form, {"comment": _TOO_LONG})
        back = quote(form.back, safe="")
        return redirect(f"{DONE}?account={form.account}&back={back}")

    async def done(self, request: Request) -> Reply:
        """``GET /report/done``: thanks, and what one can do oneself."""
        form = self._read(request)
        seen = await self._seen(request, form)
        return self._renderer.render(
            request,
            "moderation/reported.html",
            viewer=None if seen.me is None else self._drawing.person(seen.me),
            person=self._drawing.person(seen.entity),
            key=form.account,
            back=form.back,
        )

    async def _seen(self, request: Request, form: Form) -> _Seen:
        """Raises NotFound for whom and what the viewer does not see, and for oneself."""
        viewer = request.require_viewer()
        if form.account == viewer:
            raise NotFound

        async def unit(tx: Transaction) -> _Seen:
            other = await self._people.access_account(tx, viewer, form.account)
            ids = [form.post] if form.post else []
            posts, me = await self._drawing.read(tx, ids, viewer)
            posts = [one for one in posts if one["account"]["id"] == str(other.id)]
            entity = (await self._people.entities(tx, [other.id]))[other.id]
            return _Seen(me, other, entity, posts)

        return await self._database.read(unit)

    def _draw(self, request: Request, seen: _Seen, form: Form, wrong: dict[str, str]) -> Reply:
        return self._renderer.render(
            request,
            "moderation/report.html",
            status=422 if wrong else 200,
            viewer=None if seen.me is None else self._drawing.person(seen.me),
            person=self._drawing.person(seen.entity),
            cards=self._drawing.cards(request, seen.posts),
            elsewhere="" if seen.other.local else seen.other.host,
            form=form,
            wrong=wrong,
            reasons=[one for one in REASONS if self._rules or one[0] is not Category.VIOLATION],
            rules=list(enumerate(self._rules, start=1)),
            most=LONGEST_COMMENT,
        )

    def _read(self, request: Request) -> Form:
        chosen = request.params.get("rules")
        listed = chosen if isinstance(chosen, list) else [chosen]
        numbers = {parse_id(one) for one in listed if isinstance(one, str)}
        return Form(
            account=parse_id(request.text("account") or "") or 0,
            post=parse_id(request.text("post") or "") or 0,
            category=request.text("category") or "",
            rules=tuple(n for n in range(1, len(self._rules) + 1) if n in numbers),
            comment=request.text("comment") or "",
            forward=request.text("forward") is not None,
            back=safe_next(request.text("back") or request.came_from),
        )
