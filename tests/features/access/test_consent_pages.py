"""Letting applications in, as a browser does it."""

from __future__ import annotations

import re

import pytest
from aiohttp import ClientSession

from fedrse.core.clock import ManualClock
from fedrse.features.access.service_sessions import Sessions
from fedrse.store.database import Database
from tests.features.access.browser import Browser
from tests.features.access.client import (
    CALLBACK,
    CHALLENGE,
    NATIVE,
    OOB,
    VERIFIER,
    authorize,
    query,
    register,
)
from tests.features.access.conftest import AddPerson, RunningSite


@pytest.fixture
def url(only_sqlite: str) -> str:
    return only_sqlite


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
