"""Those in charge, for tests of moderation on a whole site."""

from __future__ import annotations

from typing import Any

from fedrse.features.access.model import Role
from fedrse.store.database import Transaction
from tests.features.whole import Caller, WholeSite

SCOPES = "read write follow push profile admin:read admin:write"


async def staff(whole: WholeSite, name: str, role: Role = Role.MODERATOR) -> Caller:
    """Somebody with a role, and a token that may do everything."""
    found = await whole.person(name, SCOPES)
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.set_role, found.account.id, role)
    return found


async def post(author: Caller, text: str = "Hello", **more: Any) -> dict[str, Any]:
    return dict(await author.post("/api/v1/statuses", status=text, **more))


async def reported(reporter: Caller, target: Caller, *posts: dict[str, Any], **more: Any) -> str:
    """The id of a new report."""
    ids = [one["id"] for one in posts]
    made = await reporter.post(
        "/api/v1/reports", account_id=target.id, status_ids=ids, comment="Look at this.", **more
    )
    return str(made["id"])


async def decide(by: Caller, target: Caller | str, action: str, **more: Any) -> None:
    """A decision through the client API."""
    key = target if isinstance(target, str) else target.id
    await by.post(f"/api/v1/admin/accounts/{key}/action", type=action, **more)


async def acts(whole: WholeSite) -> list[str]:
    """What the log says was done, the oldest first."""

    async def unit(tx: Transaction) -> list[str]:
        return [entry.act for entry in await whole.site.ground.audit.after(tx, 0, most=1000)]

    return [one for one in await whole.site.ground.database.read(unit) if one != "settings.change"]
