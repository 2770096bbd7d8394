"""Signing in and out and letting applications in, as a browser does it."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from aiohttp import ClientSession

import fedrse.features
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.settings import Settings, SiteSettings
from fedrse.features.access.api import AccessApi
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.access.pages import SignInPages
from fedrse.features.access.pages_authorize import AuthorizePages
from fedrse.features.access.pages_sessions import SessionPages
from fedrse.features.access.service import Logins
from fedrse.features.access.service_entrance import Entrance
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_sessions import Sessions
from fedrse.store.database import Database
from fedrse.web.renderer import Renderer, feature_templates
from tests.features.access.conftest import PASSWORD, AddPerson, FewWords, RunningSite, Serve, me

CALLBACK = "https://app.example/callback?from=fedrse"
OOB = "urn:ietf:wg:oauth:2.0:oob"
NATIVE = "tusky://signed-in"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Browser:
    """Keeps cookies, fills forms; follows redirects only where it is told to."""

    def __init__(self, site: RunningSite, language: str = "en") -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.language = language
        self.status = 0
        self.text = ""
        self.headers: Any = {}

    async def open(self, path: str, method: str = "GET", **options: Any) -> str:
        headers = {
            "Accept": "text/html",
            "Accept-Language": self.language,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **options.pop("headers", {}),
        }
        self.status, self.headers, self.text = await self.site.call(
            method, path, headers=headers, **options
        )
        for cookie in self.headers.getall("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return self.text

    @property
    def location(self) -> str:
        return str(self.headers["Location"])

    def fields(self) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return {name: html.unescape(value) for name, value in found}

    @property
    def action(self) -> str:
        match = re.search(r'<form[^>]* action="([^"]+)"', self.text)
        assert match, self.text
        return html.unescape(match[1])

    async def submit(self, **values: str) -> None:
        """Sends the form of the page with its hidden fields."""
        origin = {"Origin": "https://lyon.corp.example", "Sec-Fetch-Site": "same-origin"}
        await self.open(self.action, "POST", data={**self.fields(), **values}, headers=origin)

    async def sign_in(self, name: str = "amina", password: str = PASSWORD) -> None:
        await self.submit(name=name, password=password)

    def form_targets(self) -> list[str]:
        policy = self.headers["Content-Security-Policy"]
        (directive,) = [part for part in policy.split("; ") if part.startswith("form-action")]
        return list(directive.split()[1:])


@pytest.fixture
def url(only_sqlite: str) -> str:
    return only_sqlite


@pytest.fixture
async def site(
    serve: Serve,
    database: Database,
    oauth: OAuth,
    logins: Logins,
    sessions: Sessions,
    entrance: Entrance,
    security_log: SecurityLog,
    local_ids: LocalIds,
    access_api: AccessApi,
) -> RunningSite:
    del local_ids
    renderer = Renderer(
        Settings(site=SiteSettings(base_url="https://lyon.corp.example", name="Lyon")),
        feature_templates=feature_templates(Path(fedrse.features.__path__[0])),
    )
    sign_in = SignInPages(
        database=database,
        logins=logins,
        sessions=sessions,
        entrance=entrance,
        oauth=oauth,
        renderer=renderer,
    )
    authorize = AuthorizePages(
        database=database,
        oauth=oauth,
        sign_in=sign_in,
        profiles=FewWords(),
        log=security_log,
        renderer=renderer,
    )
    session_pages = SessionPages(
        database=database,
        sessions=sessions,
        oauth=oauth,
        me=me,
        log=security_log,
        renderer=renderer,
    )
    pages = [*sign_in.routes(), *authorize.routes(), *session_pages.routes()]
    return await serve([*access_api.routes(), *pages])


async def register(site: RunningSite, **values: Any) -> dict[str, Any]:
    values = {
        "client_name": "Elk <3",
        "redirect_uris": [CALLBACK, OOB, NATIVE],
        "scopes": "read write",
        **values,
    }
    _, _, app = await site.call("POST", "/api/v1/apps", json=values)
    return dict(app)


def authorize(app: dict[str, Any], **changes: str | None) -> str:
    values = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "read write:statuses",
        "state": "s t&te",
        **changes,
    }
    return "/oauth/authorize?" + urlencode({k: v for k, v in values.items() if v is not None})


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


# signing in


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


# consent


async def test_an_application_is_let_in(
    site: RunningSite, add_person: AddPerson, clock: ManualClock
) -> None:
    await add_person()
    app = await register(site, website="https://elk.example")
    browser = Browser(site)
    path = authorize(app, code_challenge=CHALLENGE, code_challenge_method="S256")
    await browser.open(path)
    assert browser.status == 200
    assert "to continue to Elk &lt;3" in browser.text
    assert browser.form_targets() == ["'self'", "https://app.example"]
    await browser.sign_in()
    assert browser.status == 303
    await browser.open(browser.location)
    page = browser.text
    assert browser.status == 200
    assert "Elk &lt;3 wants to use your account" in page
    assert "@amina" in page
    assert "Read everything that you can see here, your private posts included" in page
    assert "Publish, edit and delete posts in your name" in page
    assert "You will be sent back to app.example." in page
    assert 'href="https://elk.example"' in page
    assert browser.form_targets() == ["'self'", "https://app.example"]
    assert "'unsafe" not in browser.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in browser.headers["Content-Security-Policy"]
    await browser.submit(decision="allow")
    assert browser.status == 303
    assert browser.location.startswith(CALLBACK + "&code=")
    answer = query(browser.location)
    assert answer["state"] == "s t&te"
    grant = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": CALLBACK,
    }
    status, _, error = await site.call("POST", "/oauth/token", data=grant)
    assert (status, error["error"]) == (400, "invalid_grant")
    status, _, token = await site.call(
        "POST", "/oauth/token", data={**grant, "code_verifier": VERIFIER}
    )
    assert (status, token["scope"]) == (200, "read write:statuses")
    assert token["created_at"] == clock.now() // 1000


async def test_saying_no_tells_the_application(site: RunningSite, add_person: AddPerson) -> None:
    await add_person()
    app = await register(site)
    browser = Browser(site)
    await browser.open(authorize(app))
    await browser.sign_in()
    for decision in ("deny", "", "ALLOW"):
        await browser.open(authorize(app))
        await browser.submit(decision=decision)
        assert browser.status == 303
        assert query(browser.location) == {
            "from": "fedrse",
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request.",
            "state": "s t&te",
        }


async def test_programs_without_address_get_a_code_to_copy(
    site: RunningSite, add_person: AddPerson
) -> None:
    await add_person()
    app = await register(site, scopes="read write follow")
    browser = Browser(site)
    # As the command-line client toot opens it: with a slash at the end, without state.
    path = authorize(app, redirect_uri=OOB, state=None, scope="read write follow")
    await browser.open(path.replace("authorize?", "authorize/?"))
    assert browser.form_targets() == ["'self'"]
    await browser.sign_in()
    await browser.open(browser.location)
    await browser.submit(decision="allow")
    assert browser.status == 200
    match = re.search(r'<input id="code" class="oauth-code"[^>]* value="([\w-]{43})"', browser.text)
    assert match
    assert '<label for="code">' in browser.text
    status, _, token = await site.call(
        "POST",
        "/oauth/token",
        json={
            "grant_type": "authorization_code",
            "code": match[1],
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "redirect_uri": OOB,
        },
    )
    assert (status, token["scope"]) == (200, "read write follow")


async def test_programs_with_their_own_scheme(site: RunningSite, add_person: AddPerson) -> None:
    await add_person()
    app = await register(site)
    browser = Browser(site)
    await browser.open(authorize(app, redirect_uri=NATIVE))
    await browser.sign_in()
    await browser.open(browser.location)
    assert browser.form_targets() == ["'self'", "tusky:"]
    await browser.submit(decision="allow")
    assert browser.location.startswith("tusky://signed-in?code=")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": CALLBACK + "&more"},
        {"redirect_uri": CALLBACK.replace("https", "HTTPS")},
        {"redirect_uri": CALLBACK.partition("?")[0]},
        {"redirect_uri": CALLBACK + "#fragment"},
        {"redirect_uri": "https://evil.example/", "response_type": "token"},
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_is_sent_to_an_address_not_registered(
    site: RunningSite,
    add_person: AddPerson,
    changes: dict[str, str | None],
    signed_in: bool,
    method: str,
) -> None:
    await add_person()
    app = await register(site)
    browser = Browser(site)
    await browser.open("/login")
    if signed_in:
        await browser.sign_in()
        await browser.open("/logout")
    if method == "GET":
        await browser.open(authorize(app, **changes))
    else:
        values = query(authorize(app, **changes))
        values |= {"csrf_token": browser.fields()["csrf_token"], "decision": "allow"}
        await browser.open("/oauth/authorize", "POST", data=values)
    assert browser.status == 400
    assert "Location" not in browser.headers
    assert browser.form_targets() == ["'self'"]
    assert "evil" not in browser.text
    assert "The application cannot be connected" in browser.text


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        (
            {"response_type": "token"},
            "unsupported_response_type",
            "The authorization server does not support this response type.",
        ),
        ({"response_type": None}, "invalid_request", "Missing required parameter: response_type."),
        (
            {"scope": "read admin:read"},
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed.",
        ),
        (
            {"scope": "nonsense"},
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed.",
        ),
        (
            {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
            "invalid_request",
            "The code_challenge_method must be S256.",
        ),
        (
            {"code_challenge": CHALLENGE},
            "invalid_request",
            "The code_challenge_method must be S256.",
        ),
    ],
)
async def test_wrong_requests_are_answered_after_signing_in(
    site: RunningSite,
    add_person: AddPerson,
    changes: dict[str, str | None],
    error: str,
    description: str,
) -> None:
    await add_person()
    app = await register(site)
    browser = Browser(site)
    await browser.open(authorize(app, **changes))
    assert browser.status == 200
    assert browser.form_targets() == ["'self'", "https://app.example"]
    await browser.sign_in()
    await browser.open(browser.location)
    assert browser.status == 303
    assert browser.location.startswith(CALLBACK + "&error=")
    answer = query(browser.location)
    assert (answer["error"], answer["error_description"]) == (error, description)
    assert answer["state"] == "s t&te"
    await browser.open(authorize(app, redirect_uri=OOB, **changes))
    assert browser.status == 400
    assert error in browser.text


async def test_the_decision_needs_the_form_of_the_session(
    site: RunningSite, add_person: AddPerson
) -> None:
    await add_person()
    app = await register(site)
    browser = Browser(site)
    await browser.open(authorize(app))
    before = browser.fields()["csrf_token"]
    await browser.sign_in()
    values = {**query(authorize(app)), "decision": "allow"}
    for token in ("", before):
        await browser.open("/oauth/authorize", "POST", data={**values, "csrf_token": token})
        assert browser.status == 403
    await browser.open(authorize(app))
    await browser.submit(decision="allow")
    assert "code=" in browser.location


async def test_a_session_that_ended_meanwhile_asks_to_sign_in_again(
    site: RunningSite, add_person: AddPerson, database: Database, sessions: Sessions
) -> None:
    amina = await add_person()
    app = await register(site)
    browser = Browser(site)
    await browser.open(authorize(app))
    await browser.sign_in()
    await browser.open(browser.location)
    await database.write(sessions.end_others, amina, 0)
    await browser.submit(decision="allow")
    assert browser.status == 403
    await browser.open(authorize(app))
    assert "to continue to" in browser.text


async def test_toot_s_own_code_signs_in(
    site: RunningSite, add_person: AddPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calls of the command-line client, made by its own functions in a thread."""
    import asyncio

    from toot import App, api

    await add_person()
    created = await asyncio.to_thread(api.create_app, site.address)
    app = App("lyon.corp.example", site.address, created["client_id"], created["client_secret"])
    address = api.get_browser_login_url(app)
    browser = Browser(site)
    await browser.open(address.removeprefix(site.address))
    await browser.sign_in("amina@mail.example")
    await browser.open(browser.location)
    await browser.submit(decision="allow")
    match = re.search(r'value="([\w-]{43})" aria-describedby', browser.text)
    assert match
    token = await asyncio.to_thread(api.request_access_token, app, match[1])
    assert token["scope"] == "read write follow"
    async with ClientSession() as session:
        path = f"{site.address}/api/v1/apps/verify_credentials"
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        async with session.get(path, headers=bearer) as response:
            seen = await response.json()
    assert seen["name"] == "toot - a Mastodon CLI client"


async def test_pages_speak_french(site: RunningSite, add_person: AddPerson) -> None:
    await add_person(locale="fr")
    app = await register(site, scopes="read write follow push profile")
    browser = Browser(site, "fr-CA,fr;q=0.9,en;q=0.5")
    await browser.open(authorize(app, scope="read follow push"))
    assert '<html lang="fr">' in browser.text
    assert "pour continuer vers Elk &lt;3" in browser.text
    await browser.sign_in(password="faux mot de passe")
    assert "Le nom ou le mot de passe est incorrect." in browser.text
    await browser.sign_in()
    browser.language = "en"
    await browser.open(browser.location)
    assert "Elk &lt;3 souhaite utiliser votre compte" in browser.text
    assert "Lire tout ce que vous pouvez voir ici" in browser.text
    assert "Vous envoyer des notifications push" in browser.text
    await browser.open(authorize(app, lang="en"))
    assert "Elk &lt;3 wants to use your account" in browser.text
    await browser.open(authorize(app, lang="xx"))
    assert "souhaite utiliser votre compte" in browser.text
    await browser.open(authorize(app, client_id="unknown"))
    assert "Cette application n’est pas connue ici." in browser.text


# sessions and applications


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
