"""Client API: ``admin/accounts`` of the Mastodon API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Invalid, NotFound
from fedrse.core.paging import Page, parse_page
from fedrse.features.access.model import Role
from fedrse.features.access.service_registration import KeyMaker
from fedrse.features.admin.model import MODERATING, Status, Wanted, role_id
from fedrse.features.admin.service import People
from fedrse.features.admin.service_entities import AdminEntities, Entity
from fedrse.features.audit.model import Actor, person
from fedrse.features.moderation.model_decisions import Action, Wish
from fedrse.features.moderation.service_appeals import Presets
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.http.paging import link_header
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

AT_ONCE: Final = 100
MOST: Final = 200
V1: Final = "/api/v1/admin/accounts"
V2: Final = "/api/v2/admin/accounts"
_ACTIONS: Final = frozenset(
    {Action.WARN, Action.SENSITIVE, Action.FREEZE, Action.LIMIT, Action.SUSPEND}
)
Work = Callable[[Transaction, Actor, int], Awaitable[object]]


class FirstParameters(Struct):
    """Parameters of version 1; of several states the last one named here counts."""

    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    suspended: bool = False
    sensitized: bool = False
    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""
    staff: bool = False

    def wanted(self) -> Wanted:
        """What is asked for."""
        chosen = [one for one in Status if getattr(self, one.value)]
        here = None if self.local == self.remote else self.local
        return Wanted(
            local=here,
            status=chosen[-1] if chosen else None,
            roles=MODERATING if self.staff else (),
            name=self.username,
            title=self.display_name,
            domain=self.by_domain,
            email=self.email,
            ip=self.ip,
        )


class SecondParameters(Struct):
    """Parameters of version 2."""

    origin: str = ""
    status: str = ""
    permissions: str = ""
    role_ids: list[str] = []
    invited_by: int | None = None
    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""

    def wanted(self) -> Wanted:
        """What is asked for. Raises Invalid for what does not exist."""
        if self.origin not in {"", "local", "remote"}:
            raise Invalid("origin_unknown", "Validation failed: Origin is unknown")
        if self.status and self.status not in set(Status):
            raise Invalid("status_unknown", "Validation failed: Status is unknown")
        roles = tuple(role for role in Role if role_id(role) in self.role_ids)
        if self.role_ids and not roles:
            raise Invalid("role_unknown", "Validation failed: Role is unknown")
        if self.permissions == "staff":
            roles = tuple(one for one in MODERATING if not roles or one in roles)
        return Wanted(
            local=None if not self.origin else self.origin == "local",
            status=Status(self.status) if self.status else None,
            roles=roles,
            invited_by=self.invited_by,
            name=self.username,
            title=self.display_name,
            domain=self.by_domain,
            email=self.email,
            ip=self.ip,
        )


class ActionParameters(Struct):
    """Parameters of an action."""

    type: str
    report_id: int | None = None
    warning_preset_id: int | None = None
    text: str = ""
    send_email_notification: bool = True


class AdminAccountsApi:
    """Handlers."""

    def __init__(
        self,
        *,
        database: Database,
        people: People,
        entities: AdminEntities,
        decisions: Decisions,
        presets: Presets,
        make_keys: KeyMaker,
        origin: str,
    ) -> None:
        self._database = database
        self._people = people
        self._entities = entities
        self._decisions = decisions
        self._presets = presets
        self._make_keys = make_keys
        self._origin = origin

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        one = f"{V1}/{{id}}"
        undoing = {
            "enable": self._people.enable,
            "unsilence": self._undo(Action.LIMIT),
            "unsuspend": self._undo(Action.SUSPEND),
            "unsensitive": self._undo(Action.SENSITIVE),
        }
        return [
            _read(V1, self.first),
            _read(V2, self.second),
            _read(one, self.show),
            _write("POST", f"{one}/approve", self.approve),
            _write("POST", f"{one}/reject", self.reject),
            _write("DELETE", one, self.delete, right=Right.DELETE_USER_DATA),
            _write("POST", f"{one}/action", self.act),
            *(_write("POST", f"{one}/{name}", self._doing(work)) for name, work in undoing.items()),
        ]

    async def first(self, request: Request) -> Reply:
        """``GET /api/v1/admin/accounts``."""
        return await self._listing(request, V1, request.bind(FirstParameters).wanted())

    async def second(self, request: Request) -> Reply:
        """``GET /api/v2/admin/accounts``."""
        return await self._listing(request, V2, request.bind(SecondParameters).wanted())

    async def _listing(self, request: Request, path: str, wanted: Wanted) -> Reply:
        page = parse_page(request.params, default=AT_ONCE, cap=MOST)

        async def unit(tx: Transaction) -> list[Entity]:
            if wanted.status is Status.PENDING:
                return [
                    self._entities.waiting(one)
                    for one in await self._people.pending(tx, wanted, page)
                ]
            rows = await self._people.page(tx, wanted, page)
            return list((await self._entities.accounts(tx, [row.id for row in rows])).values())

        return paged(request, self._origin + path, page, await self._database.read(unit))

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/admin/accounts/:id``."""
        return json_reply(await self._database.read(self._shown, request.path_id()))

    async def _shown(self, tx: Transaction, account_id: int) -> Entity:
        """Raises NotFound."""
        found = await self._entities.accounts(tx, [account_id])
        if account_id in found:
            return found[account_id]
        known = await self._people.waiting(tx, account_id)
        if known is None:
            raise NotFound
        return self._entities.waiting(known)

    async def approve(self, request: Request) -> Reply:
        """``POST /api/v1/admin/accounts/:id/approve``: the account may have another id then."""
        by, key = person(request.require_viewer()), request.path_id()
        made = await self._people.approve(self._database, by, key, self._make_keys)
        return json_reply(await self._database.read(self._shown, made or key))

    async def reject(self, request: Request) -> Reply:
        """``POST /api/v1/admin/accounts/:id/reject``."""
        by, key = person(request.require_viewer()), request.path_id()
        known = await self._database.write(self._people.reject, by, key)
        return json_reply(self._entities.waiting(known))

    async def delete(self, request: Request) -> Reply:
        """``DELETE /api/v1/admin/accounts/:id``: answers with what it was."""
        by, key = person(request.require_viewer()), request.path_id()

        async def unit(tx: Transaction) -> Entity:
            shown = await self._shown(tx, key)
            await self._people.delete(tx, by, key)
            return shown

        return json_reply(await self._database.write(unit))

    async def act(self, request: Request) -> Reply:
        """``POST /api/v1/admin/accounts/:id/action``; closes reports about the account."""
        by, key = person(request.require_viewer()), request.path_id()
        wanted = request.bind(ActionParameters)
        try:
            action = Action(wanted.type)
        except ValueError:
            action = None
        if action not in _ACTIONS:
            raise Invalid(
                "action_unknown", "Validation failed: Type is not included in the list"
            ) from None

        async def unit(tx: Transaction) -> None:
            texts = [wanted.text]
            if wanted.warning_preset_id is not None:
                preset = await self._presets.access(tx, wanted.warning_preset_id)
                texts = [preset.text, wanted.text]
            wish = Wish(
                account_id=key,
                action=action,
                text="\n\n".join(filter(None, texts)),
                report_id=wanted.report_id,
                sends_mail=wanted.send_email_notification,
                whole=action is not Action.WARN,
            )
            await self._decisions.decide(tx, by, wish)

        await self._database.write(unit)
        return json_reply({})

    def _undo(self, action: Action) -> Work:
        async def work(tx: Transaction, by: Actor, account_id: int) -> None:
            await self._decisions.undo(tx, by, account_id, action)

        return work

    def _doing(self, work: Work) -> Handler:
        async def handler(request: Request) -> Reply:
            by, key = person(request.require_viewer()), request.path_id()

            async def unit(tx: Transaction) -> Entity:
                await work(tx, by, key)
                return await self._shown(tx, key)

            return json_reply(await self._database.write(unit))

        return handler


def paged(request: Request, address: str, page: Page, found: list[Any]) -> Reply:
    """A list with its Link header."""
    reply = json_reply(found)
    link = link_header(
        address,
        page,
        newest=int(found[0]["id"]) if found else None,
        oldest=int(found[-1]["id"]) if found else None,
        more=len(found) == page.limit,
        query_string=request.query_string,
    )
    if link is not None:
        reply.headers["Link"] = link
    return reply


def _read(path: str, handler: Handler) -> Route:
    return Route(
        "GET",
        path,
        handler,
        Surface.API,
        Auth.USER,
        scopes=("admin:read:accounts",),
        right=Right.MANAGE_USERS,
    )


def _write(method: str, path: str, handler: Handler, right: Right = Right.MANAGE_USERS) -> Route:
    return Route(
        method,
        path,
        handler,
        Surface.API,
        Auth.USER,
        scopes=("admin:write:accounts",),
        right=right,
    )
