"""Signing in and out, and ending what is signed in, as a browser does it."""

from __future__ import annotations

import html
import re

import pytest

from fedrse.features.access.model_authorization import safe_next
from fedrse.features.access.service import Logins
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_sessions import Sessions
from fedrse.store.database import Database
from tests.features.access.browser import Browser
from tests.features.access.client import CALLBACK, authorize, query, register
from tests.features.access.conftest import PASSWORD, AddPerson, RunningSite


@pytest.fixture
def url(only_sqlite: str) -> str:
    return only_sqlite


async def test_signing_in_and_out(site: RunningSite, add_person: AddPerson) -> None:
    await add_person()
    browser = Browser(site)
    page = await browser.open("/login?next=/settings%3Fa%3D1")
    assert browser.status == 200
    assert "<h1>Sign in</h1>" in page
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert browser.form_targets() == ["'self'"]
    await browser.sign_in()
    assert (browser.status, browser.location) == (303, "/settings?a=1")
    (cookie,) = [value for value in browser.headers.getall("Set-Cookie") if "-session=" in value]
    assert cookie.startswith("__Host-fedrse-")
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=34560000"):
        assert attribute in cookie
    await browser.open("/login?next=/home")
    assert (browser.status, browser.location) == (303, "/home")

    await browser.open("/logout")
    assert "Sign out?" in browser.text
    kept = dict(browser.cookies)
    await browser.submit()
    assert (browser.status, browser.location) == (303, "/")
    assert not [name for name in browser.cookies if name.endswith("session")]
    browser.cookies = kept
    await browser.open("/login")
    assert browser.status == 200


async def test_wrong_passwords_say_so_and_keep_the_name(
    site: RunningSite, add_person: AddPerson, database: Database, logins: Logins
) -> None:
    amina = await add_person()
    browser = Browser(site)
    for name in ("amina", '"><b>nobody'):
        await browser.open("/login?next=/home")
        await browser.sign_in(name, "wrong password")
        assert browser.status == 422
        assert 'role="alert"' in browser.text
        assert "The name or the password is wrong." in browser.text
        assert f'value="{html.escape(name, quote=False).replace(chr(34), "&#34;")}"' in browser.text
        assert "wrong password" not in browser.text
        assert not [each for each in browser.cookies if each.endswith("session")]
        assert browser.fields()["next"] == "/home"
    await database.write(logins.disable, amina)
    await browser.sign_in()
    assert browser.status == 422
    assert "This account is disabled." in browser.text


async def test_too_many_attempts(site: RunningSite, add_person: AddPerson) -> None:
    await add_person()
    browser = Browser(site)
    await browser.open("/login")
    for _ in range(5):
        await browser.sign_in(password="wrong password")
    await browser.sign_in()
    assert browser.status == 429
    assert int(browser.headers["Retry-After"]) > 0


async def test_forms_of_other_sites_sign_nobody_in(
    site: RunningSite, add_person: AddPerson
) -> None:
    await add_person()
    browser = Browser(site)
    values = {"name": "amina", "password": PASSWORD, "next": "/"}
    await browser.open("/login", "POST", data=values)
    assert browser.status == 403
    await browser.open("/login")
    fields = browser.fields()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        await browser.open("/login", "POST", data={**fields, **values}, headers=headers)
        assert browser.status == 403
    await browser.open("/login", "POST", data={**values, **fields, "csrf_token": "x" * 32})
    assert browser.status == 403


async def test_signing_in_again_replaces_the_session(
    site: RunningSite, add_person: AddPerson, database: Database, sessions: Sessions
) -> None:
    amina, claire = await add_person("amina"), await add_person("claire")
    app = await register(site)
    browser = Browser(site)
    await browser.open("/login")
    await browser.sign_in()
    await browser.open(authorize(app, force_login="true"))
    assert "to continue to Elk &lt;3" in browser.text
    await browser.sign_in("claire")
    assert browser.status == 303
    assert "force_login" not in browser.location
    await browser.open(browser.location)
    assert "wants to use your account" in browser.text
    assert await database.read(sessions.of_account, amina) == []
    assert len(await database.read(sessions.of_account, claire)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home?x=%2F%2Fevil", "/home?x=%2F%2Fevil"),
        (None, "/"),
        ("", "/"),
        ("home", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/" + "x" * 5000, "/"),
    ],
)
def test_only_addresses_of_this_site_come_next(text: str | None, expected: str) -> None:
    assert safe_next(text) == expected


async def test_sessions_and_applications_can_be_ended(
    site: RunningSite, add_person: AddPerson, security_log: SecurityLog, database: Database
) -> None:
    amina = await add_person()
    await add_person("claire")
    app = await register(site)
    mine, other, stranger = Browser(site), Browser(site), Browser(site)
    for browser, name in ((mine, "amina"), (other, "amina"), (stranger, "claire")):
        await browser.open("/login", headers={"User-Agent": "x"})
        await browser.submit(name=name, password=PASSWORD)
    await other.open(authorize(app))
    await other.submit(decision="allow")
    grant = {
        "grant_type": "authorization_code",
        "code": query(other.location)["code"],
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": CALLBACK,
    }
    _, _, token = await site.call("POST", "/oauth/token", data=grant)
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    verify = "/api/v1/apps/verify_credentials"
    assert (await site.call("GET", verify, headers=bearer))[0] == 200

    await mine.open("/settings/sessions")
    assert mine.status == 200
    assert mine.text.count("This browser") == 1
    assert 'href="/@amina"' in mine.text, "drawn as everywhere"
    assert "@amina@lyon.corp.example" in mine.text
    assert "Elk &lt;3" in mine.text
    assert "Publish, edit and delete posts in your name" in mine.text
    (ended,) = re.findall(r'name="session" value="(\d+)"', mine.text)
    (revoked,) = re.findall(r'name="app" value="(\d+)"', mine.text)
    token_field = mine.fields()["csrf_token"]

    async def post(browser: Browser, part: str, **values: str) -> int:
        await browser.open(f"/settings/sessions/{part}", "POST", data=values)
        return browser.status

    await stranger.open("/settings/sessions")
    theirs = stranger.fields().get("csrf_token", "")
    assert await post(stranger, "end", session=ended, csrf_token=theirs) in (403, 404)
    assert await post(mine, "end", session=ended) == 403
    assert await post(mine, "end", session="x", csrf_token=token_field) == 404
    assert await post(mine, "end", session=ended, csrf_token=token_field) == 303
    await other.open("/settings/sessions")
    assert other.status == 401
    assert await post(mine, "revoke-app", app=revoked, csrf_token=token_field) == 303
    assert (await site.call("GET", verify, headers=bearer))[0] == 401
    await mine.open("/settings/sessions")
    assert "None." in mine.text

    third = Browser(site)
    await third.open("/login")
    await third.sign_in()
    assert await post(mine, "end-others", csrf_token=token_field) == 303
    await third.open("/settings/sessions")
    assert third.status == 401
    await mine.open("/settings/sessions")
    assert mine.status == 200
    noted = await database.read(security_log.of_account, amina)
    kinds = [one.kind for one in noted if one.kind != "signed_in"]
    assert kinds == ["sessions_ended", "app_withdrawn", "sessions_ended", "app_allowed"]
    assert [one.detail for one in noted if one.kind.startswith("app")] == ["Elk <3", "Elk <3"]
