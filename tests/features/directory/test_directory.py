"""The directory and suggestions through the client API."""

from __future__ import annotations

from typing import Any

from fedrse.core.clock import MINUTE
from fedrse.core.settings import SiteSettings
from tests.features.conformance import ACCOUNT, check
from tests.features.fakes import ORIGIN
from tests.features.whole import Caller, WholeSite, whole_site

DIRECTORY, SUGGESTIONS = "/api/v1/directory", "/api/v2/suggestions"
SUGGESTION = {"source": str, "sources": list[str], "account": dict[str, Any]}
UPDATE = "/api/v1/accounts/update_credentials"


async def found_here(site: WholeSite, name: str) -> Caller:
    """Somebody who agrees to be found."""
    site.clock.advance(MINUTE)
    person = await site.person(name)
    await person.ok("PATCH", UPDATE, json={"discoverable": True})
    return person


async def names(viewer: Caller, query: str = "") -> list[str]:
    return [one["username"] for one in await viewer.get(f"{DIRECTORY}{query}")]


async def test_the_directory(whole: WholeSite) -> None:
    amina, bruno = await found_here(whole, "amina"), await found_here(whole, "bruno")
    hidden = await whole.person("hidden")
    await whole.remote("zoe", discoverable=True, published="2025-01-01T00:00:00Z")
    whole.clock.advance(MINUTE)
    await amina.post("/api/v1/statuses", status="I was here")
    assert (await names(amina))[0] == "amina"
    assert set(await names(amina)) == {"amina", "bruno", "zoe"}
    assert await names(hidden, "?order=new") == ["bruno", "amina", "zoe"]
    assert await names(amina, "?order=new&local=true") == ["bruno", "amina"]
    assert await names(amina, "?order=new&limit=1&offset=1") == ["amina"]
    assert await names(amina, "?offset=99999999") == []
    check((await amina.get(f"{DIRECTORY}?limit=1"))[0], ACCOUNT)
    await amina.post(f"/api/v1/accounts/{bruno.id}/block")
    assert "bruno" not in await names(amina)
    assert "amina" not in await names(bruno)
    assert (await whole.call("GET", DIRECTORY))[0] == 401
    assert (await amina.call("GET", f"{DIRECTORY}?limit=x"))[0] == 422


async def test_visitors(url: str, tmp_path: Any, key_pair: Any, clock: Any) -> None:
    public = SiteSettings(base_url=ORIGIN, handle_domain="corp.example", public_pages=True)
    async with whole_site(url, tmp_path, key_pair, clock, site=public) as site:
        amina = await found_here(site, "amina")
        await found_here(site, "bruno")  # found by colleagues, not by the world
        await site.person("hidden")
        await site.remote("zoe", discoverable=True)
        await amina.ok("PATCH", UPDATE, json={"public_profile": True})
        status, _, body = await site.call("GET", DIRECTORY)
        assert (status, [one["username"] for one in body]) == (200, ["amina"])


async def suggested(viewer: Caller) -> list[tuple[str, str, list[str]]]:
    found = await viewer.get(SUGGESTIONS)
    for one in found:
        check(one, SUGGESTION)
        check(one["account"], ACCOUNT)
    return [(one["account"]["username"], one["source"], one["sources"]) for one in found]


async def test_suggestions(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    people = [await found_here(whole, name) for name in ("bruno", "carla", "david", "emma")]
    bruno, carla, david, emma = people
    await amina.follow(bruno)
    await bruno.follow(carla)
    await emma.follow(david)
    await bruno.follow(amina)
    both = ("carla", "past_interactions", ["friends_of_friends", "most_followed"])
    popular = ("david", "global", ["most_followed"])
    assert await suggested(amina) == [both, popular]
    v1 = await amina.get("/api/v1/suggestions")
    assert [one["username"] for one in v1] == ["carla", "david"]
    assert len(await amina.get(f"{SUGGESTIONS}?limit=1")) == 1

    await bruno.ok("PATCH", UPDATE, json={"hide_collections": True})
    assert await suggested(amina) == [("carla", "global", ["most_followed"]), popular]
    assert await amina.ok("DELETE", f"/api/v1/suggestions/{carla.id}") == {}
    assert await suggested(amina) == [popular]
    await amina.post(f"/api/v1/accounts/{david.id}/mute")
    assert await suggested(amina) == []
    for nobody in ("1", "x", carla.id):
        assert await amina.ok("DELETE", f"/api/v1/suggestions/{nobody}") == {}


async def test_who_may_ask(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    reader = await whole.with_scopes(amina, "read")
    writer = await whole.with_scopes(amina, "write")
    for method, path in (
        ("GET", SUGGESTIONS),
        ("GET", "/api/v1/suggestions"),
        ("DELETE", "/api/v1/suggestions/1"),
    ):
        assert (await whole.call(method, path))[0] == 401
        assert (await writer.call(method, path))[0] == 403
        assert (await reader.call(method, path))[0] == 200
