"""Pages of the console about rules."""

from __future__ import annotations

import re

from fedrse.activitypub.peers import Sighting
from fedrse.features.access.model import Role
from fedrse.features.policy.model import Rule
from fedrse.features.policy.service import read_rules
from tests.features.visitor import Visitor, visitor
from tests.features.whole import Caller, WholeSite

NANTES = "nantes.corp.example"


async def owner(whole: WholeSite) -> tuple[Caller, Visitor]:
    """Somebody in charge, signed in."""
    found = await whole.person("ami")
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.set_role, found.account.id, Role.OWNER)
    return found, await visitor(whole, found)


async def send(
    browser: Visitor, path: str, form: dict[str, str] | None = None, wanted: int = 303
) -> str:
    """Sends a form; the page that answers, or where it leads."""
    status, location, body = await browser.send(path, list((form or {}).items()))
    assert status == wanted, (path, status, body[:2000])
    return location or body


async def rules_of(whole: WholeSite) -> list[Rule]:
    return (await whole.site.ground.database.read(read_rules))[1]


async def test_who_may_not_make_rules_does_not_see_them(whole: WholeSite) -> None:
    found = await whole.person("bob")
    browser = await visitor(whole, found)
    for path in ("", "/new", "/versions", "/lists", "/file"):
        await browser.open(f"/admin/policy{path}", wanted=404)


async def test_a_rule_is_made_changed_and_taken_back(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    assert "No rules" in await browser.open("/admin/policy")
    form = {"effect": "deny", "state": "active", "hosts": "Spam.example\nbad.example"}
    await send(browser, "/admin/policy/new", {**form, "function_polls": "1", "reason": "Adverts"})
    (rule,) = await rules_of(whole)
    assert rule.match.hosts == ("spam.example", "bad.example")
    assert rule.match.types == ("Question",)
    assert rule.author == "@ami@corp.example"
    assert whole.site.protocol.border.policy.version == 1, "in force at once"
    page = await browser.open("/admin/policy")
    assert "Sites spam.example, bad.example · Types Question" in page
    assert "Nothing was found" in await browser.open("/admin/policy?q=other.example")
    page = await browser.open("/admin/policy/rules/1")
    assert "spam.example\nbad.example</textarea>" in page
    changed = {
        "effect": "limit",
        "state": "shadow",
        "hosts": "spam.example",
        "starts": "2030-01-01",
    }
    await send(browser, "/admin/policy/rules/1", {**changed, "because": "Too hard"})
    (rule,) = await rules_of(whole)
    assert (rule.effect, rule.state, rule.match.types) == ("limit", "shadow", ())
    assert 'value="2030-01-01"' in await browser.open("/admin/policy/rules/1")
    await send(browser, "/admin/policy/rules/1/remove")
    assert await rules_of(whole) == []
    page = await browser.open("/admin/policy/versions")
    assert page.index("Version 3") < page.index("Version 1")
    page = await browser.open("/admin/policy/versions/2")
    assert "Too hard" in page
    assert "Version(" not in page
    await send(browser, "/admin/policy/versions/3/undo")
    assert len(await rules_of(whole)) == 1
    await browser.open("/admin/policy/rules/99", wanted=404)
    await browser.open("/admin/policy/versions/99", wanted=404)


async def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    whole: WholeSite,
) -> None:
    _, browser = await owner(whole)
    form = {"effect": "deny", "state": "active", "hosts": "not a host", "reason": "My reason"}
    page = await send(browser, "/admin/policy/new", form, wanted=422)
    assert re.search(r'id="hosts-error".*?&#39;not a host&#39; is not a host', page, re.DOTALL)
    assert "My reason</textarea>" in page
    page = await send(
        browser, "/admin/policy/new", {"effect": "deny", "state": "active"}, wanted=422
    )
    assert "the rule says nothing of what it is about" in page
    assert await rules_of(whole) == []


async def test_who_loses_people_is_asked_first(whole: WholeSite) -> None:
    ami, browser = await owner(whole)
    await ami.follow(await whole.remote("nils", NANTES))
    site = whole.site
    await site.ground.database.write(site.protocol.sites.saw_inbound, [Sighting(NANTES, 0)])
    form = {"effect": "deny", "state": "active", "hosts": NANTES}
    page = await send(browser, "/admin/policy/new", form, wanted=200)
    assert (
        f"{NANTES} will be denied. People here whom this concerns: 1. Their follows there: 1"
        in page
    )
    assert await rules_of(whole) == []
    (agreed,) = re.findall(r'name="agreed" value="(\w+)"', page)
    other = {**form, "hosts": "corp.example", "agreed": "0" * 16}
    assert "will be denied" in await send(browser, "/admin/policy/new", other, wanted=200)
    await send(browser, "/admin/policy/new", {**form, "agreed": agreed})
    assert len(await rules_of(whole)) == 1
    assert f"<li>{NANTES} · " in await browser.open("/admin/policy"), "follows rest"
    await send(browser, "/admin/policy/rules/1/remove")
    assert NANTES not in await browser.open("/admin/policy")


async def test_all_rules_as_text(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    page = await browser.open("/admin/policy/file")
    assert 'name="version" value="0"' in page
    text = "[[rule]]\neffect = 'deny'\nhosts = 'a.example'\n[[rule]]\neffct = 'limit'\n"
    page = await send(browser, "/admin/policy/file", {"text": text, "version": "0"}, wanted=422)
    assert "Line 5: &#39;effct&#39; is not known; the nearest is effect" in page
    assert "effct = &#39;limit&#39;" in page
    assert await rules_of(whole) == []
    text = text.replace("effct", "hosts = 'b.example'\neffect")
    await send(browser, "/admin/policy/file", {"text": text, "version": "0"})
    assert len(await rules_of(whole)) == 2
    late = {"text": "", "version": "0"}
    assert "Somebody changed the rules meanwhile" in await send(
        browser, "/admin/policy/file", late, wanted=422
    )
    assert len(await rules_of(whole)) == 2
    taken = {"list": "#domain,#severity\nc.example,suspend\n", "state": "draft"}
    await send(browser, "/admin/policy/file/list", taken)
    assert [rule.state for rule in await rules_of(whole)] == ["active", "active", "draft"]
    wrong = {"list": "c.example\nx y\n", "state": "draft"}
    page = await send(browser, "/admin/policy/file/list", wrong, wanted=422)
    assert "Line 2: &#39;x y&#39; is not a host" in page


async def test_lists_of_others(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    await browser.open("/admin/policy/lists")
    form = {"url": "https://lists.example/a.csv", "state": "draft", "exceptions": "good.example"}
    await send(browser, "/admin/policy/lists", {**form, "most": "5", "threshold": "1"})
    page = await browser.open("/admin/policy/lists")
    assert "https://lists.example/a.csv" in page
    assert "It could not be read" in page, "a closed site does not ask it"
    again = {**form, "most": "500", "threshold": "x"}
    page = await send(browser, "/admin/policy/lists", again, wanted=422)
    assert "good.example</textarea>" in page
    await send(browser, "/admin/policy/lists/1/refresh")
    await send(browser, "/admin/policy/lists/1/remove")
    assert "lists.example" not in await browser.open("/admin/policy/lists")
