"""Pages of the console: accounts, those who wait, and one account with all that can be done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import Struct

from fedrse.core.errors import Conflict, FedrseError, Forbidden, Invalid, NotFound
from fedrse.core.ids import parse_id
from fedrse.core.paging import Page
from fedrse.features.access.model import Role, SessionInfo
from fedrse.features.access.model_oauth import AuthorizedApp
from fedrse.features.access.model_registration import Registration
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_registration import KeyMaker
from fedrse.features.access.service_sessions import Sessions
from fedrse.features.admin.model import Row, Status, Wanted
from fedrse.features.admin.pages_decide import ACCOUNTS as PATH
from fedrse.features.admin.pages_reports import Names
from fedrse.features.admin.service import People
from fedrse.features.audit.model import Actor, person
from fedrse.features.moderation.model import Report
from fedrse.features.moderation.model_decisions import (
    ENDINGS,
    LASTING,
    MEANINGS,
    NAMES,
    ONLY_HERE,
    Action,
    Decision,
)
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

AT_ONCE: Final = 40
ROLES: Final = {
    Role.OWNER: translatable("Owner"),
    Role.ADMIN: translatable("Admin"),
    Role.MODERATOR: translatable("Moderator"),
    Role.COMMUNITY_MANAGER: translatable("Community manager"),
    Role.AUDITOR: translatable("Auditor"),
    Role.MEMBER: translatable("Member"),
}
STATUSES: Final = {
    Status.ACTIVE: translatable("Active"),
    Status.PENDING: translatable("Wait for an account"),
    Status.DISABLED: translatable("Frozen or locked out"),
    Status.SILENCED: translatable("Limited"),
    Status.SUSPENDED: translatable("Suspended"),
    Status.SENSITIZED: translatable("Pictures covered"),
}
_WRONG: Final = {
    "own_account": translatable("Nobody decides about themselves."),
    "rank_too_low": translatable(
        "Only owners and admins decide about others in charge, and only about those below them."
    ),
    "role_too_high": translatable("Nobody gives a role that they cannot give."),
    "last_owner": translatable("This is the last owner: name another one first."),
    "email_taken": translatable("There is an account with this e-mail address already."),
    "username_taken": translatable("Somebody has this name already."),
    "not_sure": translatable("Tick the box first: what is deleted cannot be restored."),
}
_ABOUT: Final = 20
Work = Callable[[Transaction, Actor, int], Awaitable[object]]


class _One(Struct, frozen=True):
    me: Person
    row: Row
    who: Person
    sessions: list[SessionInfo]
    apps: list[AuthorizedApp]
    decisions: list[Decision]
    reports: list[Report]
    in_reach: bool


class AccountDesk:
    """``/admin/accounts`` and below."""

    def __init__(
        self,
        *,
        database: Database,
        people: People,
        sessions: Sessions,
        oauth: OAuth,
        decisions: Decisions,
        queue: ReportQueue,
        console: Console,
        me: Me,
        names: Names,
        make_keys: KeyMaker,
    ) -> None:
        self._database = database
        self._people = people
        self._sessions = sessions
        self._oauth = oauth
        self._decisions = decisions
        self._queue = queue
        self._console = console
        self._me = me
        self._names = names
        self._make_keys = make_keys

    def routes(self) -> list[Route]:
        """The addresses."""
        one = f"{PATH}/{{id}}"
        users, access = Right.MANAGE_USERS, Right.MANAGE_USER_ACCESS
        return [
            _route("GET", PATH, self.listing, users),
            _route("GET", one, self.show, users),
            _route("POST", f"{one}/approve", self.approve, users),
            _route("POST", f"{one}/reject", self.reject, users),
            _route("POST", f"{one}/undo", self.undo, users),
            _route("POST", f"{one}/disable", self._doing(self._people.disable), access),
            _route("POST", f"{one}/enable", self._doing(self._people.enable), access),
            _route("POST", f"{one}/end-session", self.end_session, access),
            _route("POST", f"{one}/revoke-app", self.revoke_app, access),
            _route("POST", f"{one}/password-link", self.password_link, access),
            _route("POST", f"{one}/role", self.set_role, Right.MANAGE_ROLES),
            _route("POST", f"{one}/delete", self.delete, Right.DELETE_USER_DATA),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/accounts``: by words, place, state and role."""
        viewer = request.require_viewer()
        wish = {name: (request.text(name) or "").strip()[:200] for name in _FILTERS}
        wanted, below = _wanted(wish), parse_id(request.text("below") or "")
        page = Page(limit=AT_ONCE + 1, max_id=below)
        waits = wanted.status is Status.PENDING

        async def unit(
            tx: Transaction,
        ) -> tuple[Person, list[Row], dict[int, Person], list[Registration]]:
            pending = await self._people.pending(tx, wanted, page) if waits else []
            rows = [] if waits else await self._people.page(tx, wanted, page)
            people = await self._names(tx, [row.id for row in rows])
            return await self._me(tx, viewer), rows, people, pending

        me, rows, people, pending = await self._database.read(unit)
        ids = [one.id for one in rows] or [one.id for one in pending]
        older = ""
        if len(ids) > AT_ONCE:
            older = f"{PATH}?{urlencode({**_given(wish), 'below': ids[AT_ONCE - 1]})}"
        return self._console.render(
            request,
            "admin/accounts.html",
            viewer=me,
            rows=rows[:AT_ONCE],
            people=people,
            pending=pending[:AT_ONCE],
            wish=wish,
            waits=waits,
            statuses=[(one.value, words) for one, words in STATUSES.items()],
            roles=[(one.value, words) for one, words in ROLES.items()],
            role_names={one.value: words for one, words in ROLES.items()},
            older=older,
            may_invite=request.has_right(Right.MANAGE_INVITES),
        )

    async def show(self, request: Request) -> Reply:
        """``GET /admin/accounts/{id}``. Raises NotFound."""
        return await self._draw(request)

    async def _draw(
        self, request: Request, *, link: str = "", error: FedrseError | None = None
    ) -> Reply:
        viewer, key = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> _One:
            rows, people = await self._people.rows(tx, [key]), await self._names(tx, [key])
            if key not in people or key not in rows or rows[key].deleted:
                raise NotFound
            return _One(
                await self._me(tx, viewer),
                rows[key],
                people[key],
                await self._sessions.of_account(tx, key),
                await self._oauth.authorized_apps(tx, key),
                await self._decisions.about(tx, key),
                await self._queue.page(tx, Page(limit=_ABOUT), about=key, viewer=viewer),
                await self._people.in_reach(tx, person(viewer), key),
            )

        found = await self._database.read(unit)
        login, suspended = found.row.role != "", found.row.suspended
        login = login and found.in_reach
        may = {
            "access": login and request.has_right(Right.MANAGE_USER_ACCESS),
            "role": login and request.has_right(Right.MANAGE_ROLES),
            "delete": suspended and request.has_right(Right.DELETE_USER_DATA),
        }
        return self._console.render(
            request,
            "admin/account.html",
            viewer=found.me,
            status=200 if error is None else error.status,
            link=link,
            wrong="" if error is None else _WRONG.get(error.code, error.message),
            own=key == viewer,
            in_reach=found.in_reach,
            may=may,
            **_values(found),
        )

    # Those who wait

    async def approve(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/approve``."""
        by, key = person(request.require_viewer()), request.path_id()
        made = await self._people.approve(self._database, by, key, self._make_keys)
        return redirect(_PENDING if made is None else f"{PATH}/{made}")

    async def reject(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/reject``."""
        by, key = person(request.require_viewer()), request.path_id()
        await self._database.write(self._people.reject, by, key)
        return redirect(_PENDING)

    # Acts

    async def undo(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/undo``: ends what was decided. Raises NotFound."""
        try:
            action = Action(request.text("action") or "")
        except ValueError:
            raise NotFound from None

        async def work(tx: Transaction, by: Actor, key: int) -> None:
            await self._decisions.undo(tx, by, key, action)

        return await self._do(request, work)

    async def end_session(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/end-session``; without a session all of them."""
        session = parse_id(request.text("session") or "") or 0

        async def work(tx: Transaction, by: Actor, key: int) -> None:
            await self._people.end_session(tx, by, key, session)

        return await self._do(request, work)

    async def revoke_app(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/revoke-app``."""
        app = parse_id(request.text("app") or "") or 0

        async def work(tx: Transaction, by: Actor, key: int) -> None:
            await self._people.revoke_app(tx, by, key, app)

        return await self._do(request, work)

    async def password_link(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/password-link``: the page shows the link, once."""
        by, key = person(request.require_viewer()), request.path_id()
        try:
            link = await self._database.write(self._people.password_link, by, key)
        except (Forbidden, Conflict) as error:
            return await self._draw(request, error=error)
        return await self._draw(request, link=link)

    async def set_role(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/role``. Raises NotFound for a role that does not exist."""
        try:
            role = Role(request.text("role") or "")
        except ValueError:
            raise NotFound from None

        async def work(tx: Transaction, by: Actor, key: int) -> None:
            await self._people.set_role(tx, by, key, role)

        return await self._do(request, work)

    async def delete(self, request: Request) -> Reply:
        """``POST /admin/accounts/{id}/delete``: for good, once a box says that it is meant."""
        if request.text("sure") != "1":
            error = Invalid("not_sure", _WRONG["not_sure"])
            return await self._draw(request, error=error)
        return await self._do(request, self._people.delete, then=PATH)

    def _doing(self, work: Work) -> Handler:
        async def handler(request: Request) -> Reply:
            return await self._do(request, work)

        return handler

    async def _do(self, request: Request, work: Work, then: str = "") -> Reply:
        by, key = person(request.require_viewer()), request.path_id()

        async def unit(tx: Transaction) -> None:
            await work(tx, by, key)

        try:
            await self._database.write(unit)
        except (Invalid, Forbidden, Conflict) as error:
            return await self._draw(request, error=error)
        return redirect(then or f"{PATH}/{key}")


_FILTERS: Final = ("text", "origin", "status", "role")
_PENDING: Final = f"{PATH}?status=pending"


def _values(found: _One) -> dict[str, Any]:
    """What the page of one account shows."""
    row = found.row
    on = {
        Action.FREEZE: row.frozen,
        Action.SENSITIVE: row.sensitized,
        Action.LIMIT: row.limited,
        Action.SUSPEND: row.suspended,
    }
    possible = [
        one
        for one in Action
        if not one.is_about_posts and (row.local or one not in ONLY_HERE) and not on.get(one)
    ]
    return {
        "row": row,
        "who": found.who,
        "sessions": found.sessions,
        "apps": found.apps,
        "decisions": found.decisions,
        "reports": found.reports,
        "choices": [(one, NAMES[one], MEANINGS[one]) for one in possible],
        "holding": [(one, NAMES[one]) for one in Action if one in LASTING and on[one]],
        "named": {one.value: words for one, words in NAMES.items()},
        "endings": ENDINGS,
        "roles": [(one.value, words) for one, words in ROLES.items()],
        "role_names": {one.value: words for one, words in ROLES.items()},
    }


def _wanted(wish: dict[str, str]) -> Wanted:
    return Wanted(
        text=wish["text"],
        local={"local": True, "remote": False}.get(wish["origin"]),
        status=Status(wish["status"]) if wish["status"] in set(Status) else None,
        roles=(Role(wish["role"]),) if wish["role"] in set(Role) else (),
    )


def _given(wish: dict[str, str]) -> dict[str, object]:
    return {name: value for name, value in wish.items() if value}


def _route(method: str, path: str, handler: Handler, right: Right) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=right)
