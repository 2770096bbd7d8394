"""Pages of the console on which a change of the rules is rehearsed before it is made."""

from __future__ import annotations

import re
from typing import Any

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.peers import Sighting
from fedrse.app.policy import make_rules
from fedrse.features.policy.model import Effect, Match, Rule, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.service_ledger import Noted
from fedrse.features.policy.service_rules import Rules
from tests.features.policy.test_policy_pages import NANTES, owner, rules_of, send
from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import Caller, WholeSite

REHEARSALS = "/admin/policy/rehearsals"
AMINA = Author("person", "7", "amina")


def crossed(whole: WholeSite, number: int = 1, **fields: Any) -> None:
    """Messages that came in, or went out, before any rule was made."""
    envelope = Envelope(
        **{
            "direction": Direction.IN,
            "host": NANTES,
            "actor": f"https://{NANTES}/ap/u/1",
            "type": "Create",
            "object_type": "Note",
            "role": "member",
            **fields,
        }
    )
    for _ in range(number):
        noted = Noted(whole.clock.now(), envelope, (envelope.host,), (), None, Outcome.PASSED)
        whole.site.protocol.ledger.note(noted)


async def rehearsed(whole: WholeSite, browser: Visitor, path: str, form: dict[str, str]) -> str:
    """Asks for a rehearsal and lets it end; returns the address of its page."""
    location = await send(browser, path, {**form, "rehearse": "1"})
    assert location.startswith(f"{REHEARSALS}/")
    assert "It is being rehearsed" in await browser.open(location)
    await whole.site.ground.runner.run_due()
    return location


async def add(whole: WholeSite, *rules: Rule) -> list[Rule]:
    """Rules that somebody has made before."""
    made = await whole.site.ground.database.write(_rules(whole).add, rules, AMINA)
    await whole.site.protocol.border.load(whole.site.ground.database)
    return list(made.rules)


def _rules(whole: WholeSite) -> Rules:
    return make_rules(whole.site.ground)


async def ami_follows_nantes(whole: WholeSite, ami: Caller) -> None:
    await ami.follow(await whole.remote("nils", NANTES))
    site = whole.site
    await site.ground.database.write(site.protocol.sites.saw_inbound, [Sighting(NANTES, 0)])


async def test_a_rule_is_rehearsed_and_then_put_in_force(whole: WholeSite) -> None:
    ami, browser = await owner(whole)
    await ami_follows_nantes(whole, ami)
    crossed(whole, 3)
    crossed(whole, 2, type="Like", object_type="")
    crossed(whole, 4, direction=Direction.OUT, actor=ami.account.uri)
    crossed(whole, 5, host="oslo.corp.example")
    form = {"effect": "deny", "state": "draft", "hosts": NANTES, "reason": "Adverts"}
    location = await rehearsed(whole, browser, "/admin/policy/new", form)
    assert await rules_of(whole) == [], "nothing is changed"
    page = await browser.open(location)
    told = words(page)
    assert "10 of 15 messages since" in told
    assert f"{NANTES} 10 0 0 0" in told, "the follow, too"
    assert "Create Note, comes in 3 0 0 0" in told
    assert "Create Note, goes out 4 0 0 0" in told
    assert f"No. 1 · Deny: Sites {NANTES} 10 0 0 0" in told
    assert f"{NANTES} 1 1 0 1" in told, "people here, follows, followers, senders"
    assert "@ami 5 1 0" in told, "whose messages would have been stopped"
    assert f"{NANTES} will be denied. People here whom this concerns: 1." in told
    (agreed,) = re.findall(r'name="agreed" value="(\w+)"[^>]*>\s*<button', page)
    # Nobody agrees to what is not named.
    page = await send(browser, f"{location}/activate", {"agreed": "0" * 16}, wanted=200)
    assert await rules_of(whole) == []
    await send(browser, f"{location}/activate", {"agreed": agreed})
    (rule,) = await rules_of(whole)
    assert (rule.id, rule.state, rule.reason, rule.author) == (
        *(1, State.ACTIVE, "Adverts"),
        "@ami@corp.example",
    )
    assert whole.site.protocol.border.policy.version == 1, "in force at once"
    await browser.open(location, wanted=404)


async def test_what_is_rehearsed_is_changed_or_discarded(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    crossed(whole)
    form = {"effect": "quarantine", "state": "active", "hosts": NANTES, "reason": "Look at it"}
    location = await rehearsed(whole, browser, "/admin/policy/new", form)
    number = location.rpartition("/")[2]
    page = await browser.open(location)
    assert f"/admin/policy/new?rehearsal={number}" in page
    again = await browser.open(f"/admin/policy/new?rehearsal={number}")
    assert "Look at it</textarea>" in again
    assert NANTES in await browser.open(REHEARSALS)
    assert await send(browser, f"{location}/discard") == REHEARSALS
    assert "Nothing is rehearsed" in await browser.open(REHEARSALS)
    await browser.open(f"/admin/policy/new?rehearsal={number}", wanted=404)
    # Discarded while it waits: the job finds nothing to do.
    location = await send(browser, "/admin/policy/new", {**form, "rehearse": "1"})
    await send(browser, f"{location}/discard")
    await whole.site.ground.runner.run_due()
    assert await whole.site.ground.database.read(whole.site.ground.queue.failed) == []


async def test_changes_and_ends_of_rules_are_rehearsed(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    await add(whole, Rule(id=0, match=Match(hosts=(NANTES,)), effect=Effect.DENY))
    crossed(whole, 2)
    location = await rehearsed(whole, browser, "/admin/policy/rules/1/remove", {})
    told = await browser.read(location)
    assert "0 of 2 messages" in told, "they passed, and would pass"
    form = {"effect": "strip_media", "hosts": NANTES, "because": "Milder"}
    edit = await rehearsed(whole, browser, "/admin/policy/rules/1", form)
    assert f"{NANTES} 0 0 0 2" in await browser.read(edit)
    page = await browser.open(f"/admin/policy/rules/1?rehearsal={edit.rpartition('/')[2]}")
    assert 'value="Milder"' in page
    await send(browser, f"{edit}/activate")
    (rule,) = await rules_of(whole)
    assert rule.effect is Effect.STRIP_MEDIA
    # The other one was rehearsed with rules that there are no more.
    told = await browser.read(location)
    assert "The rules were changed since" in told
    page = await send(browser, f"{location}/activate", wanted=409)
    assert "Somebody changed the rules meanwhile" in page
    await send(browser, f"{location}/again")
    await whole.site.ground.runner.run_due()
    assert "The rules were changed since" not in await browser.read(location)
    await send(browser, f"{location}/activate")
    assert await rules_of(whole) == []


async def test_what_cannot_be_made_is_not_rehearsed(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    await add(whole, Rule(id=0, match=Match(hosts=(NANTES,)), effect=Effect.DENY))
    form = {"effect": "deny", "state": "active", "hosts": NANTES, "rehearse": "1"}
    page = await send(browser, "/admin/policy/new", form, wanted=422)
    assert "There is a rule already that says the same." in page
    page = await send(browser, "/admin/policy/new", {**form, "hosts": "not a host"}, wanted=422)
    assert "is not a host" in page
    same = {**form, "state": "active"}
    page = await send(browser, "/admin/policy/rules/1", same, wanted=422)
    assert "This would change nothing." in page
    # It can be made when it is proposed, but not any more when its turn comes.
    location = await send(browser, "/admin/policy/rules/1/remove", {"rehearse": "1"})
    await whole.site.ground.database.write(_rules(whole).remove, [1], AMINA)
    await whole.site.ground.runner.run_due()
    told = await browser.read(location)
    assert "It could not be rehearsed" in told
    assert "A rule that this is about is gone." in told
    await send(browser, f"{location}/activate", wanted=409)


async def test_files_and_lists_are_rehearsed(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    crossed(whole, 2)
    crossed(whole, host="oslo.corp.example")
    text = f"[[rule]]\neffect = 'deny'\nhosts = '{NANTES}'\n"
    wrong = {"text": text.replace("effect", "effct"), "version": "0", "rehearse": "1"}
    page = await send(browser, "/admin/policy/file", wrong, wanted=422)
    assert "Line 2: &#39;effct&#39; is not known" in page
    form = {"text": text, "version": "0", "because": "Version 3"}
    location = await rehearsed(whole, browser, "/admin/policy/file", form)
    assert f"{NANTES} 2 0 0 0" in await browser.read(location)
    page = await browser.open(f"/admin/policy/file?rehearsal={location.rpartition('/')[2]}")
    assert 'value="Version 3"' in page
    assert NANTES in page
    late = {**form, "version": "7", "rehearse": "1"}
    assert "Somebody changed the rules" in await send(
        browser, "/admin/policy/file", late, wanted=422
    )
    taken = {"list": "#domain,#severity\noslo.corp.example,suspend\n", "state": "draft"}
    location = await rehearsed(whole, browser, "/admin/policy/file/list", taken)
    assert "oslo.corp.example 1 0 0 0" in await browser.read(location)
    await send(browser, f"{location}/activate")
    (rule,) = await rules_of(whole)
    assert (rule.match.hosts, rule.state) == (("oslo.corp.example",), State.ACTIVE)


async def test_drafts_are_ticked_and_put_in_force_together(whole: WholeSite) -> None:
    ami, browser = await owner(whole)
    await ami_follows_nantes(whole, ami)
    draft, shadow = State.DRAFT, State.SHADOW
    await add(
        whole,
        Rule(id=0, match=Match(hosts=("a.example",)), effect=Effect.DENY, state=draft),
        Rule(id=0, match=Match(hosts=("b.example",)), effect=Effect.LIMIT, state=shadow),
        Rule(id=0, match=Match(hosts=(NANTES,)), effect=Effect.DENY, state=draft),
        Rule(id=0, match=Match(hosts=("d.example",)), effect=Effect.DENY),
    )
    page = await browser.read("/admin/policy/drafts")
    assert "3 drafts" in page
    assert "d.example" not in page
    assert "1 draft " in await browser.read("/admin/policy/drafts?q=a.example")
    path = "/admin/policy/drafts"
    assert "Nothing is ticked" in await send(browser, path, {"do": "adopt"}, wanted=422)
    missing = [("rule", "99"), ("do", "adopt")]
    status, _, body = await browser.send(path, missing)
    assert (status, "is gone" in body) == (422, True)
    some = [("rule", "1"), ("rule", "2")]
    status, _, _ = await browser.send(path, [*some, ("do", "adopt"), ("because", "Looked at")])
    assert status == 303
    rules = await rules_of(whole)
    assert [rule.state for rule in rules] == ["active", "active", "draft", "active"]
    assert "Version 2" in await browser.open("/admin/policy/versions")
    page = await browser.open("/admin/policy/versions/2")
    assert "Looked at" in page
    # Nantes has people whom somebody here follows.
    status, _, page = await browser.send(path, [("rule", "3"), ("do", "adopt")])
    assert (status, f"{NANTES} will be denied" in page) == (200, True)
    assert 'value="3" checked' in page
    (agreed,) = re.findall(r'name="agreed" value="(\w+)"', page)
    status, _, _ = await browser.send(path, [("rule", "3"), ("do", "adopt"), ("agreed", agreed)])
    assert status == 303
    assert "No drafts" in await browser.open(path)
    await send(browser, "/admin/policy/versions/3/undo")
    assert "1 draft" in await browser.read(path)
    everything = {"everything": "1", "do": "rehearse"}
    location = await send(browser, path, everything)
    crossed(whole)
    await whole.site.ground.runner.run_due()
    assert f"{NANTES} 2 0 0 0" in await browser.read(location), "the follow, too"


def _first(page: str) -> str:
    return re.findall(rf'href="({REHEARSALS}/\d+)"', page)[0]


async def test_old_rehearsals_make_room(whole: WholeSite) -> None:
    _, browser = await owner(whole)
    for number in range(22):
        form = {"effect": "deny", "hosts": f"h{number}.example", "rehearse": "1"}
        await send(browser, "/admin/policy/new", form)
    page = await browser.open(REHEARSALS)
    assert page.count("New rule · Deny: Sites h") == 20
    assert "h1.example" not in page
    await whole.site.ground.runner.run_due()
    assert "It is being rehearsed" not in await browser.open(_first(page))


async def test_who_may_not_make_rules_does_not_see_rehearsals(whole: WholeSite) -> None:
    browser = await visitor(whole, await whole.person("bob"))
    for path in ("/admin/policy/drafts", REHEARSALS, f"{REHEARSALS}/1"):
        await browser.open(path, wanted=404)
