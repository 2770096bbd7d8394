"""Tokens over a real socket: given, refused, used and revoked in the words of Mastodon."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from fedrse.core.clock import ManualClock
from fedrse.features.access.api import AccessApi
from fedrse.features.access.service_oauth import OAuth
from fedrse.store.database import Database
from tests.features.access.app_grants import OOB, app_token, code_for, grant, register
from tests.features.access.conftest import AddPerson, RunningSite, Serve
from tests.features.fakes import ORIGIN

INVALID_CLIENT = {
    "error": "invalid_client",
    "error_description": "Client authentication failed due to unknown client, no client"
    " authentication included, or unsupported authentication method.",
}
INVALID_GRANT = {
    "error": "invalid_grant",
    "error_description": "The provided authorization grant is invalid, expired, revoked, does not"
    " match the redirection URI used in the authorization request, or was issued to another"
    " client.",
}


@pytest.fixture
def url(only_sqlite: str) -> str:
    return only_sqlite


@pytest.fixture
async def site(serve: Serve, access_api: AccessApi) -> RunningSite:
    return await serve(access_api.routes())


@pytest.mark.parametrize("way", ["form", "json", "basic", "multipart"])
async def test_a_code_becomes_a_token(
    site: RunningSite,
    database: Database,
    oauth: OAuth,
    add_person: AddPerson,
    clock: ManualClock,
    way: str,
) -> None:
    app = await register(site)
    code = await code_for(database, oauth, app, await add_person(), "read write:media")
    values = grant(app, code)
    options: dict[str, Any] = {"data": values}
    if way == "json":
        options = {"json": values}
    elif way == "basic":
        pair = f"{values.pop('client_id')}:{values.pop('client_secret')}"
        encoded = base64.b64encode(pair.encode()).decode()
        options = {"data": values, "headers": {"Authorization": f"Basic {encoded}"}}
    elif way == "multipart":
        boundary = "x1x"
        parts = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in values.items()
        )
        options = {
            "data": f"{parts}--{boundary}--\r\n",
            "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"},
        }
    status, headers, token = await site.call("POST", "/oauth/token", **options)
    assert status == 200
    assert token == {
        "access_token": token["access_token"],
        "token_type": "Bearer",
        "scope": "read write:media",
        "created_at": clock.now() // 1000,
    }
    assert headers["Cache-Control"] == "no-store"
    assert headers["Access-Control-Allow-Origin"] == "*"


async def test_a_second_use_kills_the_first_token(
    site: RunningSite, database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app = await register(site, scopes="profile")
    code = await code_for(database, oauth, app, await add_person(), "profile")
    _, _, token = await site.call("POST", "/oauth/token", data=grant(app, code))
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert (await site.call("GET", "/oauth/userinfo", headers=bearer))[0] == 200
    status, _, error = await site.call("POST", "/oauth/token", data=grant(app, code))
    assert (status, error) == (400, INVALID_GRANT)
    status, _, error = await site.call("GET", "/oauth/userinfo", headers=bearer)
    assert (status, error["error"]) == (401, "The access token is invalid")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, INVALID_CLIENT),
        ({"client_secret": None}, 401, INVALID_CLIENT),
        ({"client_id": "unknown"}, 401, INVALID_CLIENT),
        ({"code": "unknown"}, 400, INVALID_GRANT),
        ({"redirect_uri": OOB}, 400, INVALID_GRANT),
        ({"code_verifier": "x" * 43}, 400, INVALID_GRANT),
        (
            {"code": None},
            400,
            {
                "error": "invalid_request",
                "error_description": "Missing required parameter: code.",
            },
        ),
        (
            {"redirect_uri": None},
            400,
            {
                "error": "invalid_request",
                "error_description": "Missing required parameter: redirect_uri.",
            },
        ),
        (
            {"grant_type": None},
            400,
            {
                "error": "invalid_request",
                "error_description": "Missing required parameter: grant_type.",
            },
        ),
        (
            {"grant_type": "password"},
            400,
            {
                "error": "unsupported_grant_type",
                "error_description": "The authorization grant type is not supported by the"
                " authorization server.",
            },
        ),
        (
            {"grant_type": "client_credentials", "scope": "admin:read"},
            400,
            {
                "error": "invalid_scope",
                "error_description": "The requested scope is invalid, unknown, or malformed.",
            },
        ),
    ],
)
async def test_refused_grants_in_the_words_of_mastodon(
    site: RunningSite,
    database: Database,
    oauth: OAuth,
    add_person: AddPerson,
    changes: dict[str, str | None],
    status: int,
    error: dict[str, str],
) -> None:
    app = await register(site)
    code = await code_for(database, oauth, app, await add_person())
    values: dict[str, str | None] = {**grant(app, code), **changes}
    given = {name: value for name, value in values.items() if value is not None}
    found, headers, body = await site.call("POST", "/oauth/token", data=given)
    assert (found, body) == (status, error)
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "WWW-Authenticate" not in headers


async def test_basic_clients_are_challenged(site: RunningSite) -> None:
    status, headers, body = await site.call(
        "POST",
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {base64.b64encode(b'a:b').decode()}"},
    )
    assert (status, body) == (401, INVALID_CLIENT)
    assert headers["WWW-Authenticate"] == 'Basic realm="fedrse"'


async def test_revoking(
    site: RunningSite, database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app, other = await register(site), await register(site, client_name="Other")
    code = await code_for(database, oauth, app, await add_person())
    _, _, token = await site.call("POST", "/oauth/token", data=grant(app, code))
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    refused = {
        "error": "unauthorized_client",
        "error_description": "You are not authorized to revoke this token",
    }
    for wrong in (
        {"token": token["access_token"]},
        {**credentials, "client_secret": "wrong", "token": token["access_token"]},
        {
            "client_id": other["client_id"],
            "client_secret": other["client_secret"],
            "token": token["access_token"],
        },
        credentials,
    ):
        status, _, error = await site.call("POST", "/oauth/revoke", data=wrong)
        assert (status, error) == (403, refused)
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    path = "/api/v1/apps/verify_credentials"
    assert (await site.call("GET", path, headers=bearer))[0] == 200
    for _ in range(2):
        status, _, empty = await site.call(
            "POST", "/oauth/revoke", json={**credentials, "token": token["access_token"]}
        )
        assert (status, empty) == (200, {})
    status, _, error = await site.call("GET", path, headers=bearer)
    assert (status, error["error"]) == (401, "The access token is invalid")


async def test_userinfo_needs_its_scope_and_a_person(
    site: RunningSite, database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app = await register(site, scopes="profile read")
    amina = await add_person()

    async def bearer(scopes: str) -> dict[str, str]:
        code = await code_for(database, oauth, app, amina, scopes)
        _, _, token = await site.call("POST", "/oauth/token", data=grant(app, code))
        return {"Authorization": f"Bearer {token['access_token']}"}

    for method in ("GET", "POST"):
        status, _, info = await site.call(
            method, "/oauth/userinfo", headers=await bearer("profile")
        )
        assert status == 200
        assert info == {
            "iss": f"{ORIGIN}/",
            "sub": f"{ORIGIN}/ap/u/{amina}",
            "name": "Amina B.",
            "preferred_username": "amina",
            "profile": f"{ORIGIN}/@amina",
            "picture": f"{ORIGIN}/media/a.png",
        }
    status, _, error = await site.call("GET", "/oauth/userinfo", headers=await bearer("read"))
    assert (status, error["error"]) == (403, "This action is outside the authorized scopes")
    of_app = {"Authorization": f"Bearer {await app_token(site, app, 'profile')}"}
    assert (await site.call("GET", "/oauth/userinfo", headers=of_app))[0] == 422
    assert (await site.call("GET", "/oauth/userinfo"))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"{",
        b"[]",
        b'{"grant_type": {"a": 1}}',
        b'{"grant_type": ["client_credentials"]}',
        b'{"grant_type": "authorization_code", "code": 7, "client_id": [], "client_secret": {}}',
        json.dumps({"grant_type": "client_credentials", "scope": {"a": "b"}}).encode(),
        b'{"token": null}',
    ],
)
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/api/v1/apps"])
async def test_strange_bodies_are_the_client_s_fault(
    site: RunningSite, path: str, body: bytes
) -> None:
    status, _, answer = await site.call(
        "POST", path, data=body, headers={"Content-Type": "application/json"}
    )
    assert 400 <= status < 500
    assert answer["error"]


async def test_doubled_parameters_are_not_believed(
    site: RunningSite, database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app = await register(site)
    code = await code_for(database, oauth, app, await add_person())
    body = urlencode([*grant(app, code).items(), ("code", "other")])
    status, _, _ = await site.call(
        "POST",
        "/oauth/token",
        data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert status == 400
