"""Pages of the console about reports, accounts, appeals and invitations, and ``/decisions``."""

from __future__ import annotations

import re

import pytest

from fedrse.core.clock import DAY
from fedrse.features.access.model import Role
from tests.features.moderation.staff import acts, decide, post, reported, staff
from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import WholeSite

PAGES = (
    "/admin/reports",
    "/admin/reports/appeals",
    "/admin/reports/templates",
    "/admin/accounts",
)


async def test_a_report_from_the_queue_to_the_decision(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    bad = await post(ami, "An insult & more")
    report = await reported(bob, ami, bad)
    desk = await visitor(whole, mod)
    assert "Ami" in await desk.read("/admin/reports")
    path = f"/admin/reports/{report}"
    page = await desk.read(path)
    assert "An insult & more" in page
    assert "Look at this." in page
    assert "Tell the other site" not in page
    assert await desk.sent(f"{path}/take") == path
    assert "Ami" in await desk.read("/admin/reports?view=mine")
    await desk.sent(f"{path}/note", text="I know them.")
    assert "I know them." in await desk.read(path)
    await ami.ok("DELETE", f"/api/v1/statuses/{bad['id']}")
    gone = await desk.read(path)
    assert "Deleted since" in gone
    assert "An insult & more" in gone
    deciding = f"/admin/accounts/{ami.id}/decide?action=silence&report={report}"
    form = await desk.open(deciding)
    assert "Your posts disturbed others" in form
    target = deciding.partition("?")[0]
    fields = {"action": "silence", "report": report, "text": "Too loud.", "days": "7"}
    assert await desk.sent(target, **fields) == path
    assert "Too loud." in await desk.read(path)
    assert "Ami" in await desk.read("/admin/reports?view=closed")
    assert await acts(whole) == ["report.assign", "report.note", "account.limit", "report.resolve"]
    assert "Looked at" in await (await visitor(whole, bob)).read("/decisions")


async def test_a_report_is_forwarded_when_somebody_in_charge_decides_so(whole: WholeSite) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    nadia = await whole.remote("nadia")
    made = await ami.post("/api/v1/reports", account_id=str(nadia.id), comment="Look.")
    desk, path = await visitor(whole, mod), f"/admin/reports/{made['id']}"
    assert "Tell the other site" in await desk.read(path)
    assert await whole.sent("Flag") == []
    await desk.sent(f"{path}/forward")
    (flag,) = await whole.sent("Flag")
    assert (flag["object"], "ami" in str(flag)) == ([nadia.uri], False)
    assert "Tell the other site" not in await desk.read(path)


async def test_what_is_refused_stays_in_the_form(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    other = await staff(whole, "mia")
    report = await reported(bob, ami, await post(ami, "Hm"))
    desk = await visitor(whole, mod)
    long = "x" * 2001
    status, _, page = await desk.send(f"/admin/reports/{report}/note", text=long)
    assert (status, long in page) == (422, True)
    target = f"/admin/accounts/{other.id}/decide"
    status, _, page = await desk.send(target, action="suspend", text="Because I say so.")
    assert (status, "Because I say so." in page) == (403, True)
    status, _, page = await desk.send(
        f"/admin/accounts/{ami.id}/decide", action="delete_statuses", report=report, text="Why"
    )
    assert (status, "Choose the posts" in page) == (422, True)
    assert await acts(whole) == []


async def appealed(whole: WholeSite, ami: Visitor) -> str:
    page = await ami.open("/decisions")
    found = re.search(r'href="(/decisions/\d+)"', page)
    assert found is not None
    await ami.open(found[1])
    assert await ami.sent(f"{found[1]}/appeal", text="It was a joke.") == found[1]
    return found[1]


async def test_an_appeal_is_answered_by_somebody_else(whole: WholeSite) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    mia = await staff(whole, "mia")
    await decide(mod, ami, "disable", text="A pause.")
    person = await visitor(whole, ami)
    page = await appealed(whole, person)
    assert "waits for an answer" in await person.read(page)
    # Once only.
    status, _, _ = await person.send(f"{page}/appeal", text="And again")
    assert status == 422
    key = page.rpartition("/")[2]
    desk, hers = await visitor(whole, mod), await visitor(whole, mia)
    assert "somebody else has to answer" in await desk.read("/admin/reports/appeals")
    status, _, _ = await desk.send(f"/admin/reports/appeals/{key}", verdict="wrong")
    assert status == 403
    assert "It was a joke." in await hers.read("/admin/reports/appeals")
    answer = {"verdict": "right", "text": "You are right."}
    assert await hers.sent(f"/admin/reports/appeals/{key}", **answer) == "/admin/reports/appeals"
    assert "You are right." in await person.read(page)
    await post(ami, "Thank you")
    (told,) = await ami.get("/api/v1/notifications?types[]=moderation_warning")
    assert told["moderation_warning"]["appeal"] == {"text": "It was a joke.", "state": "approved"}
    assert await acts(whole) == ["account.freeze", "appeal.approve", "account.unfreeze"]


async def test_an_appeal_has_its_time(whole: WholeSite) -> None:
    mod, ami = await staff(whole, "mod"), await whole.person("ami")
    await decide(mod, ami, "none", text="Hm.")
    person = await visitor(whole, ami)
    found = re.search(r'href="(/decisions/\d+)"', await person.open("/decisions"))
    assert found is not None
    whole.clock.advance(20 * DAY)
    assert "You do not agree?" not in await person.open(found[1])
    status, _, _ = await person.send(f"{found[1]}/appeal", text="Late")
    assert status == 422


async def test_whoever_is_suspended_reads_why_and_nothing_else(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    await decide(mod, ami, "suspend", text="Enough is enough.")
    person = await visitor(whole, ami)
    page = await person.open("/", wanted=403)
    assert 'href="/decisions"' in page
    assert "Enough is enough." in await person.read(
        re.findall(r'href="(/decisions/\d+)"', await person.open("/decisions"))[0]
    )
    assert (await person.send("/compose", text="Hello"))[0] == 403
    # Those of others are not there.
    other = await visitor(whole, bob)
    path = re.findall(r'href="(/decisions/\d+)"', await person.open("/decisions"))[0]
    await other.open(path, wanted=404)
    assert await person.sent("/logout") == "/"


async def test_accounts_are_found_and_worked_on(whole: WholeSite) -> None:
    owner = await staff(whole, "olga", Role.OWNER)
    ami = await whole.person("ami")
    await whole.remote("nadia")
    desk, hers = await visitor(whole, owner), await visitor(whole, ami)
    assert "nadia" in await desk.read("/admin/accounts")
    assert "nadia" not in await desk.read("/admin/accounts?origin=local")
    assert "ami@mail.example" in await desk.read("/admin/accounts?text=ami@ma")
    assert "ami@mail.example" not in await desk.read("/admin/accounts?status=suspended")
    path = f"/admin/accounts/{ami.id}"
    page = await desk.open(path)
    assert "127.0.0.1" in page
    await desk.sent(f"{path}/end-session")
    await hers.open("/settings", wanted=401)
    await desk.sent(f"{path}/role", role="auditor")
    status, _, page = await desk.send(f"{path}/password-link")
    assert (status, "/login/new-password/" in page) == (200, True)
    await desk.sent(f"{path}/disable")
    assert (await ami.call("GET", "/api/v1/accounts/verify_credentials"))[0] == 401
    await desk.sent(f"{path}/enable")
    app = re.search(r'name="app" value="(\d+)"', await desk.open(path))
    assert app is None  # ended with the log-in
    status, _, page = await desk.send(f"{path}/delete", sure="1")
    assert (status, "not allowed" in words(page)) == (403, True)
    await decide(owner, ami, "suspend")
    status, _, page = await desk.send(f"{path}/delete")
    assert (status, "Tick the box first" in words(page)) == (422, True)
    assert await desk.sent(f"{path}/delete", sure="1") == "/admin/accounts"
    await desk.open(path, wanted=404)
    # The last owner stays.
    status, _, _ = await desk.send(f"/admin/accounts/{owner.id}/disable")
    assert status == 403
    assert "account.delete" in await acts(whole)


async def test_invitations_and_templates(whole: WholeSite) -> None:
    desk = await visitor(whole, await staff(whole, "olga", Role.OWNER))
    path = "/admin/accounts/invitations"
    status, _, page = await desk.send(path, uses="3", days="2")
    assert (status, "/join?invite=" in page) == (200, True)
    status, _, page = await desk.send(path, uses="0", days="2")
    assert status == 422
    key = re.search(rf"{path}/(\d+)/withdraw", await desk.open(path))
    assert key is not None
    await desk.sent(f"{path}/{key[1]}/withdraw")
    assert "No invitation is open" in await desk.read(path)
    templates = "/admin/reports/templates"
    await desk.sent(templates, title="Rule 2", text="Please mind rule 2.")
    status, _, page = await desk.send(templates, title="Only this", text="")
    assert (status, "Only this" in page) == (422, True)
    ami = await whole.person("ami")
    form = await desk.open(f"/admin/accounts/{ami.id}/decide?action=none")
    preset = re.search(r'<option value="(\d+)">Rule 2', form)
    assert preset is not None
    form = await desk.open(f"/admin/accounts/{ami.id}/decide?action=none&preset={preset[1]}")
    assert "Please mind rule 2.</textarea>" in form
    await desk.sent(f"{templates}/{preset[1]}/remove")
    assert await acts(whole) == [
        "invitation.create",
        "invitation.withdraw",
        "template.change",
        "template.change",
    ]


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.MEMBER, ()),
        (Role.AUDITOR, ()),
        (Role.COMMUNITY_MANAGER, ()),
        (Role.MODERATOR, PAGES),
        (Role.ADMIN, (*PAGES, "/admin/accounts/invitations")),
    ],
)
async def test_who_may_open_what(whole: WholeSite, role: Role, seen: tuple[str, ...]) -> None:
    browser = await visitor(whole, await staff(whole, "somebody", role))
    for path in PAGES:
        await browser.open(path, wanted=200 if path in seen else 404)
    invites = role in {Role.ADMIN, Role.COMMUNITY_MANAGER}
    await browser.open("/admin/accounts/invitations", wanted=200 if invites else 404)


async def test_no_page_shows_private_posts_that_nobody_reported(whole: WholeSite) -> None:
    mod, ami, bob = await staff(whole, "mod"), await whole.person("ami"), await whole.person("bob")
    open_post = await post(ami, "Good day")
    await post(ami, "@bob a very private word", visibility="direct")
    report = await reported(bob, ami, open_post)
    desk = await visitor(whole, mod)
    for path in (*PAGES, f"/admin/reports/{report}", f"/admin/accounts/{ami.id}"):
        assert "private word" not in await desk.open(path)
