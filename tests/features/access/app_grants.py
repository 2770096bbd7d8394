"""An application that registers and turns codes into tokens."""

from __future__ import annotations

from typing import Any

from fedrse.features.access.service_oauth import OAuth
from fedrse.store.database import Database, Transaction
from tests.features.access.conftest import RunningSite

CALLBACK = "https://app.example/callback"
OOB = "urn:ietf:wg:oauth:2.0:oob"


async def register(site: RunningSite, **values: Any) -> dict[str, Any]:
    values = {"client_name": "App", "redirect_uris": CALLBACK, "scopes": "read write", **values}
    status, _, app = await site.call("POST", "/api/v1/apps", json=values)
    assert status == 200
    return dict(app)


async def code_for(
    database: Database, oauth: OAuth, app: dict[str, Any], account_id: int, scopes: str = "read"
) -> str:
    async def unit(tx: Transaction) -> str:
        found = await oauth.app(tx, app["client_id"])
        assert found is not None
        return await oauth.issue_code(
            tx,
            found,
            account_id,
            redirect_uri=CALLBACK,
            scopes=scopes.split(),
            challenge=None,
        )

    return await database.write(unit)


def grant(app: dict[str, Any], code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": CALLBACK,
    }


async def app_token(site: RunningSite, app: dict[str, Any], scope: str = "read") -> str:
    values = {
        "grant_type": "client_credentials",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "scope": scope,
    }
    status, _, token = await site.call("POST", "/oauth/token", json=values)
    assert (status, token["scope"]) == (200, scope)
    return str(token["access_token"])
