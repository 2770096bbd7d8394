"""Aliases and moving by the client API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fedrse.core.clock import ManualClock
from fedrse.features.accounts.api_moves import routes
from fedrse.features.accounts.service import Accounts
from fedrse.store.database import Database
from tests.features.cast import Cast
from tests.features.conformance import ACCOUNT, check
from tests.features.fakes import FakeOutbox
from tests.features.surface import Surface, surface


@pytest.fixture
async def api(
    database: Database, accounts: Accounts, cast: Cast, clock: ManualClock
) -> AsyncIterator[Surface]:
    async def refresh(text: str) -> int | None:
        """The site of the new account says by now that it agrees."""
        if text != "@new@nantes.corp.example":
            return None
        found = await database.read(accounts.local_accounts)
        return (await cast.remote("new", alsoKnownAs=[one.uri for one in found])).id

    served = routes(database=database, accounts=accounts, refresh=refresh)
    async with surface(served, clock=clock) as running:
        yield running


async def test_aliases(api: Surface, cast: Cast, outbox: FakeOutbox) -> None:
    amina = await cast.local("amina")
    path = "/api/v1/accounts/aliases"
    first, second = "https://old.example/users/amina", "https://older.example/users/amina"
    assert await api.get(path, amina.id) == []
    for uri in (first, second, first):
        status, _, body = await api.call("POST", path, amina.id, data={"uri": uri})
        assert status == 200, body
    assert await api.get(path, amina.id) == [first, second]
    assert outbox.types() == ["Update", "Update"]
    status, _, body = await api.call("DELETE", path, amina.id, data={"uri": first})
    assert (status, body) == (200, [second])


@pytest.mark.parametrize("uri", ["", "amina", "javascript:alert(1)", "https://a b/", "x" * 3000])
async def test_aliases_are_addresses(api: Surface, cast: Cast, uri: str) -> None:
    amina = await cast.local("amina")
    path = "/api/v1/accounts/aliases"
    assert (await api.call("POST", path, amina.id, data={"uri": uri}))[0] == 422
    assert (await api.call("POST", path, data={"uri": uri}))[0] == 401


async def test_moving(api: Surface, cast: Cast, outbox: FakeOutbox) -> None:
    amina = await cast.local("amina")
    old = await cast.remote("new")
    path = "/api/v1/accounts/move"
    for acct in ("", "@nobody@nantes.corp.example"):
        assert (await api.call("POST", path, amina.id, data={"acct": acct}))[0] == 404
    new = {"acct": "@new@nantes.corp.example"}
    status, _, body = await api.call("POST", path, amina.id, data=new)
    assert status == 200, body
    check(body, ACCOUNT)
    assert body["moved"]["id"] == str(old.id)
    assert outbox.types() == ["Move", "Update"]
    assert (await api.call("POST", path, amina.id, data=new))[0] == 422
