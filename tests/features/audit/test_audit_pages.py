"""The console and its pages about the log: who may open what, and what stands there."""

from __future__ import annotations

import re

import pytest

from fedrse.features.access.model import Role
from fedrse.features.audit.model import Actor, Origin, Target, person
from fedrse.features.audit.model_acts import Act
from fedrse.http.rights import Right
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from tests.features.visitor import Visitor, visitor
from tests.features.whole import WholeSite


async def somebody(whole: WholeSite, role: Role) -> Visitor:
    """A person with this role, signed in."""
    found = await whole.person(f"the_{role.name.lower()}")
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.set_role, found.account.id, role)
    return await visitor(whole, found)


async def record(whole: WholeSite, count: int = 1) -> None:
    async def unit(tx: Transaction) -> None:
        operator = Actor(Origin.COMMAND, "root", "root")
        for number in range(count):
            await whole.site.ground.audit.record(
                tx,
                Act.ACCOUNT_ROLE,
                operator,
                Target("account", str(number), f"person{number}"),
                before={"role": "member"},
                after={"role": "auditor"},
                reason="She watches us",
            )

    await whole.site.ground.database.write(unit)


async def test_the_console_is_not_there_for_members(whole: WholeSite) -> None:
    amina = await somebody(whole, Role.MEMBER)
    await amina.open("/admin", wanted=404)
    await amina.open("/admin/audit", wanted=404)
    assert "/admin" not in await amina.open("/settings")


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.COMMUNITY_MANAGER])
async def test_who_moderates_does_not_read_the_log(whole: WholeSite, role: Role) -> None:
    browser = await somebody(whole, role)
    await browser.open("/admin/audit", wanted=404)
    assert 'href="/admin"' in await browser.open("/settings")


def console_routes(whole: WholeSite) -> list[Route]:
    """All addresses below ``/admin/``."""
    found = [one for one in whole.site.frame.routes if one.path.startswith("/admin/")]
    assert found
    return found


async def test_an_auditor_reads_the_log_and_nothing_else(whole: WholeSite) -> None:
    await record(whole)
    browser = await somebody(whole, Role.AUDITOR)
    page = await browser.open("/admin/audit")
    assert "Role changed" in page
    assert page.count('href="/admin/') == page.count('href="/admin/audit'), "no other section"
    for route in console_routes(whole):
        if route.right is not Right.VIEW_AUDIT_LOG:
            path = re.sub(r"\{[^}]*\}", "1", route.path)
            if route.method == "GET":
                await browser.open(path, wanted=404)
            else:
                assert (await browser.send(path))[0] == 404, path


async def test_every_page_of_the_console_names_a_right(whole: WholeSite) -> None:
    assert [one.path for one in console_routes(whole) if one.right is None] == []


async def test_an_entry_shows_before_and_after(whole: WholeSite) -> None:
    await record(whole)
    browser = await somebody(whole, Role.ADMIN)
    text = await browser.read("/admin/audit/2")
    assert "Command line: root" in text
    assert "person0" in text
    assert "role member auditor" in text
    assert "She watches us" in text
    await browser.open("/admin/audit/99", wanted=404)


async def test_the_log_is_filtered_and_paged(whole: WholeSite) -> None:
    await record(whole, 45)
    boss = await somebody(whole, Role.OWNER)
    me = boss.person.account.id
    await whole.site.ground.database.write(
        whole.site.ground.audit.record, Act.KEYS_ROTATED, person(me)
    )
    page = await boss.open("/admin/audit")
    assert page.count("console-row-title") == 40
    assert "below=8" in page
    assert "Newer" in await boss.open("/admin/audit?below=8")
    assert (await boss.open("/admin/audit?kind=keys.rotate")).count("console-row-title") == 1
    assert (await boss.open("/admin/audit?actor=@the_owner")).count("console-row-title") == 1
    assert "No entry of the log matches" in await boss.open("/admin/audit?since=2090-01-01")
    assert (await boss.open("/admin/audit?until=nonsense&below=x")).count("console-row-title") == 40
