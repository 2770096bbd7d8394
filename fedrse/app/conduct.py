"""What those in charge decide from the command line: about people, and on reports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from fedrse.app.moderation import Moderation, make_moderation
from fedrse.app.operator import operator
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import DAY, to_iso_seconds
from fedrse.core.errors import NotFound
from fedrse.core.html import html_to_text
from fedrse.core.paging import Page
from fedrse.core.settings import Settings
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.moderation.model import OPEN, Report
from fedrse.features.moderation.model_decisions import Action, Wish
from fedrse.store.database import Transaction

Facts = dict[str, Any]
MOST = 200


class Judging(Struct, frozen=True):
    """Everything that a command needs."""

    whole: Whole
    moderation: Moderation

    async def account(self, tx: Transaction, name: str) -> int:
        """Somebody of this site (name, handle or e-mail address) or another one (handle).

        Raises NotFound.
        """
        services = self.whole.services
        login = await services.access.logins.named(tx, name)
        if login is not None:
            return login.account_id
        handle = parse_handle(name)
        found = None if handle is None else await services.accounts.by_handle(tx, *handle)
        if found is None:
            raise NotFound("account_unknown", f"Nobody called {name!r} is known here.")
        return found.id

    async def write(self, unit: Callable[[Transaction], Awaitable[Any]]) -> Any:
        return await self.whole.ground.database.write(unit)

    async def read(self, unit: Callable[[Transaction], Awaitable[Any]]) -> Any:
        return await self.whole.ground.database.read(unit)


@asynccontextmanager
async def judging(settings: Settings) -> AsyncIterator[Judging]:
    """Opens the site for one command."""
    async with open_whole(settings) as whole:
        yield Judging(whole, make_moderation(whole.ground, whole.services))


async def decide(
    settings: Settings,
    name: str,
    action: Action,
    *,
    text: str,
    days: int | None = None,
    report: int | None = None,
) -> None:
    """Decides about somebody, who is told. Raises NotFound, Invalid, Conflict."""
    async with judging(settings) as desk:

        async def unit(tx: Transaction) -> None:
            account_id = await desk.account(tx, name)
            wish = Wish(
                account_id=account_id,
                action=action,
                text=text,
                report_id=report,
                life=None if days is None else days * DAY,
            )
            await desk.moderation.decisions.decide(tx, operator(), wish)

        await desk.write(unit)


async def undo(settings: Settings, name: str, action: Action) -> None:
    """Ends what was decided. Raises NotFound."""
    async with judging(settings) as desk:

        async def unit(tx: Transaction) -> None:
            account_id = await desk.account(tx, name)
            await desk.moderation.decisions.undo(tx, operator(), account_id, action)

        await desk.write(unit)


async def reports(settings: Settings, *, everything: bool) -> list[Facts]:
    """Reports, the newest first; those that are open unless ``everything``."""
    async with judging(settings) as desk:

        async def unit(tx: Transaction) -> list[Facts]:
            state = "" if everything else OPEN
            found = await desk.moderation.queue.page(tx, Page(limit=MOST), state=state)
            return [await _facts(tx, desk, one) for one in found]

        return list(await desk.read(unit))


async def show_report(settings: Settings, report_id: int) -> Facts:
    """One report with what was kept of the posts, and notes. Raises NotFound."""
    async with judging(settings) as desk:
        queue = desk.moderation.queue

        async def unit(tx: Transaction) -> Facts:
            report = await queue.access(tx, report_id)
            kept = (await queue.evidence(tx, [report_id])).get(report_id, [])
            return {
                **await _facts(tx, desk, report),
                "forwarded": report.forwarded,
                "posts": [f"{one.uri}: {html_to_text(one.content)}" for one in kept],
                "notes": [one.text for one in await queue.notes(tx, report_id)],
            }

        return dict(await desk.read(unit))


async def resolve(settings: Settings, report_id: int) -> None:
    """Closes a report; whoever reported is told. Raises NotFound."""
    async with judging(settings) as desk:

        async def unit(tx: Transaction) -> None:
            await desk.moderation.queue.close(tx, operator(), report_id)

        await desk.write(unit)


async def _facts(tx: Transaction, desk: Judging, report: Report) -> Facts:
    accounts = desk.whole.services.accounts
    people = await accounts.by_ids(tx, [report.account_id, report.target_id])
    names = {key: f"@{account.acct}" for key, account in people.items()}
    return {
        "id": str(report.id),
        "state": report.state,
        "about": names.get(report.target_id, ""),
        "by": names.get(report.account_id, ""),
        "category": report.category,
        "comment": report.comment,
        "created": to_iso_seconds(report.created_at),
    }
