"""Pages of the console: the log, one entry, and the check of the whole chain."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from msgspec.json import decode

from fedrse.core.clock import from_iso
from fedrse.core.errors import NotFound
from fedrse.features.audit.model import Entry, FlawKind, Origin, Target, known_act, line_of, person
from fedrse.features.audit.model_acts import LABELS, Act
from fedrse.features.audit.service import FAR, Audit, Verdict, Wanted
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{CONSOLE}/audit"
AT_ONCE: Final = 40
MOST_EXPORTED: Final = 20_000
FLAWS: Final = {
    FlawKind.CHANGED: translatable("Entry %(number)s does not say what was written."),
    FlawKind.GAP: translatable("Entries are missing before entry %(number)s."),
    FlawKind.CHAIN: translatable("Entry %(number)s does not follow from the one before it."),
    FlawKind.ORDER: translatable("Entry %(number)s stands where an older one should."),
    FlawKind.TRUNCATED: translatable("Entry %(number)s is missing: the log was cut."),
    FlawKind.REWRITTEN: translatable("Entry %(number)s is another one than it was."),
}
ORIGINS: Final = {
    Origin.PERSON.value: translatable("Person"),
    Origin.COMMAND.value: translatable("Command line"),
    Origin.SUBSCRIPTION.value: translatable("Subscription"),
    Origin.SITE.value: translatable("The site by itself"),
}


class AuditPages:
    """``/admin/audit`` and below."""

    def __init__(self, *, database: Database, audit: Audit, console: Console, me: Me) -> None:
        self._database = database
        self._audit = audit
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            _route("GET", PATH, self.listing),
            _route("POST", f"{PATH}/verify", self.verify),
            _route("POST", f"{PATH}/export", self.export),
            _route("GET", f"{PATH}/{{id}}", self.show),
        ]

    async def verify(self, request: Request) -> Reply:
        """``POST /admin/audit/verify``: checks the whole chain and says what it found."""
        return await self._list(request, await self._audit.verify(self._database))

    async def export(self, request: Request) -> Reply:
        """``POST /admin/audit/export``: the newest entries that match, as lines of JSON."""
        wanted = _wanted(_wish(request), None)
        actor = person(request.require_viewer())

        async def unit(tx: Transaction) -> list[Entry]:
            target = Target("log", "audit")
            await self._audit.record(tx, Act.DATA_EXPORTED, actor, target)
            return await self._audit.find(tx, wanted, most=MOST_EXPORTED)

        found = await self._database.write(unit)
        return Reply(
            b"".join(line_of(entry) for entry in reversed(found)),
            media_type="application/x-ndjson",
            headers={"Content-Disposition": 'attachment; filename="audit.jsonl"'},
        )

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/audit``: newest first, filtered by act, actor, target and days."""
        return await self._list(request, None)

    async def _list(self, request: Request, verdict: Verdict | None) -> Reply:
        viewer = request.require_viewer()
        wish = _wish(request)
        wanted = _wanted(wish, request.text("below"))

        async def unit(tx: Transaction) -> tuple[Person, list[Entry]]:
            found = await self._audit.find(tx, wanted, most=AT_ONCE + 1)
            return await self._me(tx, viewer), found

        me, found = await self._database.read(unit)
        older = ""
        if len(found) > AT_ONCE:
            found = found[:AT_ONCE]
            older = _address(wish, below=found[-1].number)
        return self._console.render(
            request,
            "audit/listing.html",
            viewer=me,
            entries=found,
            label=label_of,
            origins=ORIGINS,
            verdict=verdict,
            flaws=FLAWS,
            wish=wish,
            acts=[(act.value, LABELS[act]) for act in Act],
            older=older,
            newer=_address(wish) if request.text("below") else "",
        )

    async def show(self, request: Request) -> Reply:
        """``GET /admin/audit/{id}``. Raises NotFound."""
        viewer, number = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> tuple[Person, Entry | None]:
            return await self._me(tx, viewer), await self._audit.entry(tx, number)

        me, entry = await self._database.read(unit)
        if entry is None:
            raise NotFound
        return self._console.render(
            request,
            "audit/entry.html",
            viewer=me,
            entry=entry,
            label=label_of,
            origins=ORIGINS,
            changes=changes_of(entry),
        )


def _wish(request: Request) -> dict[str, str]:
    return {name: (request.text(name) or "").strip()[:300] for name in _FILTERS}


_FILTERS: Final = ("kind", "actor", "target", "since", "until")


def label_of(act: str) -> str:
    """What an act is called; its name where this version does not know it."""
    known = known_act(act)
    return act if known is None else LABELS[known]


def changes_of(entry: Entry) -> list[tuple[str, str, str]]:
    """What was changed: name, before, after; one line for values that are no objects."""
    before, after = decode(entry.before), decode(entry.after)
    if not isinstance(before, dict | None) or not isinstance(after, dict | None):
        return [("", _told(before), _told(after))]
    before, after = before or {}, after or {}
    return [
        (name, _told(before.get(name)), _told(after.get(name)))
        for name in dict.fromkeys((*before, *after))
    ]


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return str(value)


def _wanted(wish: dict[str, str], below: str | None) -> Wanted:
    until = _day(wish["until"])
    return Wanted(
        act=wish["kind"],
        actor=wish["actor"].removeprefix("@"),
        target=wish["target"].removeprefix("@"),
        since=_day(wish["since"]) or 0,
        until=FAR if until is None else until + _DAY,
        below=int(below) if below and below.isascii() and below.isdigit() else FAR,
    )


_DAY: Final = 86_400_000


def _day(text: str) -> int | None:
    """The first moment of a day (UTC); None for what is none."""
    try:
        return from_iso(f"{text[:10]}T00:00:00Z") if text else None
    except ValueError:
        return None


def _address(wish: dict[str, str], **more: object) -> str:
    query = urlencode({name: value for name, value in wish.items() if value} | more)
    return f"{PATH}?{query}" if query else PATH


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=Right.VIEW_AUDIT_LOG)
