"""Registering applications over a real socket, in the words that Mastodon clients know."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.features.access.api import AccessApi
from fedrse.features.access.model_scopes import SCOPES
from tests.features.access.app_grants import CALLBACK, OOB, app_token, register
from tests.features.access.conftest import RunningSite, Serve
from tests.features.fakes import ORIGIN


@pytest.fixture
def url(only_sqlite: str) -> str:
    return only_sqlite


@pytest.fixture
async def site(serve: Serve, access_api: AccessApi) -> RunningSite:
    return await serve(access_api.routes())


async def test_registering_tells_the_secret_once(site: RunningSite) -> None:
    app = await register(site, website="https://app.example", redirect_uris=f"{OOB}\n{CALLBACK}")
    assert app == {
        "id": app["id"],
        "name": "App",
        "website": "https://app.example",
        "scopes": ["read", "write"],
        "redirect_uri": f"{OOB}\n{CALLBACK}",
        "redirect_uris": [OOB, CALLBACK],
        "vapid_key": "BKey",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "client_secret_expires_at": 0,
    }
    assert app["id"].isdigit()
    token = await app_token(site, app)
    status, _, seen = await site.call(
        "GET", "/api/v1/apps/verify_credentials", headers={"Authorization": f"Bearer {token}"}
    )
    assert status == 200
    assert seen == {name: value for name, value in app.items() if not name.startswith("client_")}


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"client_name": "A", "redirect_uris": [OOB, CALLBACK], "scopes": "read"}},
        {"data": {"client_name": "A", "redirect_uris": f"{OOB}\r\n{CALLBACK}", "scopes": "read"}},
        {
            "data": f"client_name=A&scopes=read&redirect_uris[]={OOB}&redirect_uris[]={CALLBACK}",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
    ],
)
async def test_redirect_addresses_by_line_or_list(site: RunningSite, body: dict[str, Any]) -> None:
    status, _, app = await site.call("POST", "/api/v1/apps", **body)
    assert status == 200
    assert app["redirect_uris"] == [OOB, CALLBACK]
    assert app["website"] is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_name": ""}, "Validation failed: Name can't be blank"),
        ({"redirect_uris": ""}, "Validation failed: Redirect URI can't be blank"),
        (
            {"redirect_uris": "not a uri"},
            "Validation failed: Redirect URI must be an absolute URI.",
        ),
        (
            {"redirect_uris": "javascript:alert(1)"},
            "Validation failed: Redirect URI is forbidden by the server.",
        ),
        (
            {"scopes": "read everything"},
            "Validation failed: Scopes doesn't match configured on the server.",
        ),
        ({"website": "javascript:x"}, "Validation failed: Website is not a valid URL"),
    ],
)
async def test_bad_registrations_are_422(
    site: RunningSite, changes: dict[str, str], error: str
) -> None:
    values = {"client_name": "A", "redirect_uris": OOB, "scopes": "read", **changes}
    status, _, answer = await site.call("POST", "/api/v1/apps", json=values)
    assert (status, answer["error"]) == (422, error)


async def test_scopes_default_to_read(site: RunningSite) -> None:
    status, _, app = await site.call(
        "POST", "/api/v1/apps", data={"client_name": "A", "redirect_uris": OOB}
    )
    assert (status, app["scopes"]) == (200, ["read"])


async def test_metadata_says_where_everything_is(site: RunningSite) -> None:
    path = "/.well-known/oauth-authorization-server"
    status, headers, metadata = await site.call("GET", path)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert metadata["issuer"] == f"{ORIGIN}/"
    assert metadata["authorization_endpoint"] == f"{ORIGIN}/oauth/authorize"
    assert metadata["token_endpoint"] == f"{ORIGIN}/oauth/token"
    assert metadata["scopes_supported"] == list(SCOPES)
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert "profile" in metadata["scopes_supported"]
