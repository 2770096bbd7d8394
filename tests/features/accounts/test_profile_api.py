"""One's own profile, preferences, and registration, which is closed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.features.accounts.model_attribution import readable_domains
from tests.features.conformance import ACCOUNT, FIELD, SOURCE, check
from tests.features.whole import WholeSite

PROFILE = {
    "id": str,
    "display_name": str,
    "note": str,
    "fields": list[dict[str, Any]],
    "avatar": str | None,
    "avatar_static": str | None,
    "avatar_description": str,
    "header": str | None,
    "header_static": str | None,
    "header_description": str,
    "locked": bool,
    "bot": bool,
    "hide_collections": bool | None,
    "discoverable": bool | None,
    "indexable": bool,
    "show_media": bool,
    "show_media_replies": bool,
    "show_featured": bool,
    "attribution_domains": list[str],
    "featured_tags": list[dict[str, Any]],
}
UPDATE, ADDRESS = "/api/v1/accounts/update_credentials", "/api/v1/profile"
WANTED = {
    "display_name": "Amina B.",
    "note": "I like #trains",
    "locked": True,
    "bot": True,
    "discoverable": True,
    "indexable": True,
    "hide_collections": True,
    "avatar_description": "Me",
    "header_description": "A train",
    "attribution_domains": ["https://Blog.example/about", "*.news.example", "Blog.example"],
}
SHOWS = {"show_media": False, "show_media_replies": False, "show_featured": False}


async def test_the_profile(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    profile = await amina.get(ADDRESS)
    check(profile, PROFILE)
    assert (profile["avatar"], profile["header"]) == (None, None)
    assert (profile["show_media"], profile["attribution_domains"]) == (True, [])
    await amina.post("/api/v1/featured_tags", name="trains")
    fields = [{"name": "Site", "value": "https://amina.example"}]
    changed = await amina.ok("PATCH", ADDRESS, json=WANTED | SHOWS | {"fields_attributes": fields})
    check(changed, PROFILE)
    assert changed == await amina.get(ADDRESS)
    domains = ["blog.example", "news.example"]
    assert changed == changed | WANTED | SHOWS | {"attribution_domains": domains}
    check(changed["fields"][0], FIELD)
    assert changed["fields"][0]["value"] == "https://amina.example"
    assert [tag["name"] for tag in changed["featured_tags"]] == ["trains"]
    account = await amina.get(f"/api/v1/accounts/{amina.id}")
    check(account, ACCOUNT)
    assert account == account | SHOWS | {"hide_collections": True}
    (update, *_) = (await whole.sent("Update"))[::-1]
    actor = update["object"]
    assert actor["attributionDomains"] == domains
    assert (actor["showMedia"], actor["showRepliesInMedia"], actor["showFeatured"]) == (
        False,
        False,
        False,
    )


@pytest.mark.parametrize("encoding", ["json", "data"])
async def test_update_credentials_with_all_parameters(whole: WholeSite, encoding: str) -> None:
    amina = await whole.person("amina")
    if encoding == "json":
        body: Any = WANTED | {
            "fields_attributes": {"0": {"name": "Site", "value": "Lyon"}},
            "source": {
                "privacy": "private",
                "sensitive": True,
                "language": "fr",
                "quote_policy": "followers",
            },
        }
    else:
        body = [(name, str(value).lower()) for name, value in WANTED.items() if value is True]
        body += [(name, value) for name, value in WANTED.items() if isinstance(value, str)]
        body += [("attribution_domains[]", one) for one in WANTED["attribution_domains"]]  # type: ignore[attr-defined]
        body += [("fields_attributes[0][name]", "Site"), ("fields_attributes[0][value]", "Lyon")]
        body += [("source[privacy]", "private"), ("source[sensitive]", "1")]
        body += [("source[language]", "fr"), ("source[quote_policy]", "followers")]
    changed = await amina.ok("PATCH", UPDATE, **{encoding: body})
    check(changed["source"], SOURCE)
    source = changed["source"]
    assert source["attribution_domains"] == ["blog.example", "news.example"]
    assert (source["privacy"], source["sensitive"], source["language"]) == ("private", True, "fr")
    assert source["fields"][0]["value"] == "Lyon"
    assert source["quote_policy"] == "followers"
    post = await amina.post("/api/v1/statuses", status="Quote me", visibility="public")
    assert post["quote_approval"]["automatic"] == ["followers"]
    assert (source["discoverable"], source["indexable"], source["hide_collections"]) == (
        True,
        True,
        True,
    )
    for name in ("display_name", "locked", "bot", "avatar_description", "header_description"):
        assert changed[name] == WANTED[name]
    assert await amina.get("/api/v1/preferences") == {
        "posting:default:visibility": "private",
        "posting:default:sensitive": True,
        "posting:default:language": "fr",
        "posting:default:quote_policy": "followers",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


async def test_what_is_refused(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for wrong in (
        {"attribution_domains": ["a b"]},
        {"attribution_domains": [f"d{number}.example" for number in range(101)]},
        {"display_name": "x" * 31},
        {"note": "x" * 501},
        {"fields_attributes": [{"name": str(n), "value": "x"} for n in range(5)]},
        {"locked": "perhaps"},
        {"source": {"quote_policy": "everybody"}},
        {"source": {"privacy": "everybody"}},
    ):
        for address in (UPDATE, ADDRESS) if "source" not in wrong else (UPDATE,):
            status, _, body = await amina.call("PATCH", address, json=wrong)
            assert (status, body["error"][:17]) == (422, "Validation failed"), wrong


async def test_others_say_what_their_profiles_show(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe = await whole.remote(
        "zoe",
        showMedia=False,
        showFeatured=True,
        attributionDomains=["Blog.example", 7, "a b", "https://news.example/x"],
    )
    entity = await amina.get(f"/api/v1/accounts/{zoe.id}")
    assert (entity["show_media"], entity["show_media_replies"]) == (False, True)
    assert zoe.attribution_domains == ("blog.example", "news.example")


async def test_who_may_ask(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for scopes, reads, writes, prefers in (
        ("profile", 200, 403, 403),
        ("read:accounts", 200, 403, 200),
        ("write:accounts", 403, 200, 403),
        ("read:statuses", 403, 403, 403),
    ):
        caller = await whole.with_scopes(amina, scopes)
        assert (await caller.call("GET", ADDRESS))[0] == reads, scopes
        assert (await caller.call("PATCH", ADDRESS, json={}))[0] == writes, scopes
        assert (await caller.call("DELETE", f"{ADDRESS}/avatar"))[0] == writes, scopes
        assert (await caller.call("GET", "/api/v1/preferences"))[0] == prefers, scopes
    for method, path in (("GET", ADDRESS), ("PATCH", ADDRESS), ("GET", "/api/v1/preferences")):
        assert (await whole.call(method, path))[0] == 401


async def test_registration_is_closed(whole: WholeSite) -> None:
    app = await whole.call(
        "POST",
        "/api/v1/apps",
        json={
            "client_name": "app",
            "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
            "scopes": "write",
        },
    )
    token = await whole.call(
        "POST",
        "/oauth/token",
        json={
            "grant_type": "client_credentials",
            "client_id": app[2]["client_id"],
            "client_secret": app[2]["client_secret"],
            "scope": "write",
        },
    )
    person = {
        "username": "newcomer",
        "email": "newcomer@mail.example",
        "password": "correct-horse-battery-41",
        "agreement": True,
        "locale": "en",
    }
    status, _, body = await whole.call(
        "POST", "/api/v1/accounts", token=token[2]["access_token"], json=person
    )
    assert (status, body["error"]) == (403, "This action is not allowed")
    assert (await whole.call("POST", "/api/v1/accounts", json=person))[0] == 401
    amina = await whole.person("amina")
    status, _, body = await amina.call("POST", "/api/v1/emails/confirmations")
    assert (status, body["error"]) == (
        403,
        "This method is only available while the e-mail is awaiting confirmation",
    )
    instance = await amina.get("/api/v2/instance")
    assert instance["registrations"]["enabled"] is False


@given(st.lists(st.text(max_size=60), max_size=5))
def test_domains_of_others_never_break(texts: list[str]) -> None:
    found = readable_domains(texts)
    assert len(found) == len(set(found))
    assert readable_domains(found) == found
