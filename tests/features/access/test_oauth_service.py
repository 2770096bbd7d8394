"""Applications, codes and tokens in the database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from fedrse.core.clock import DAY, MINUTE, ManualClock
from fedrse.core.errors import NotFound
from fedrse.features.access.model import hash_secret
from fedrse.features.access.model_oauth import (
    ClientCredentials,
    IssuedToken,
    OAuthApp,
    OAuthProblem,
)
from fedrse.features.access.service_credentials import Credentials
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.tables import oauth_app, oauth_code, oauth_token, session
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.features.access.conftest import AddPerson

CALLBACK = "https://app.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
STORED_APPS = Statement(select(oauth_app))
STORED_CODES = Statement(select(oauth_code))
STORED_TOKENS = Statement(select(oauth_token))


async def register(
    database: Database, oauth: OAuth, name: str = "App", scopes: str = "read write"
) -> tuple[OAuthApp, str]:
    async def unit(tx: Transaction) -> tuple[OAuthApp, str]:
        return await oauth.register(
            tx, name=name, redirect_uris=[CALLBACK], scopes=scopes.split(), website=None
        )

    return await database.write(unit)


async def issue(
    database: Database, oauth: OAuth, app: OAuthApp, account_id: int, challenge: str | None = None
) -> str:
    async def unit(tx: Transaction) -> str:
        return await oauth.issue_code(
            tx,
            app,
            account_id,
            redirect_uri=CALLBACK,
            scopes=["read", "write:media"],
            challenge=challenge,
        )

    return await database.write(unit)


async def redeem(
    database: Database,
    oauth: OAuth,
    app: OAuthApp,
    code: str,
    *,
    redirect_uri: str | None = CALLBACK,
    verifier: str | None = None,
) -> IssuedToken | None:
    async def unit(tx: Transaction) -> IssuedToken | None:
        return await oauth.redeem_code(tx, app, code, redirect_uri=redirect_uri, verifier=verifier)

    return await database.write(unit)


async def all_rows(database: Database, statement: Statement) -> list[Any]:
    async def unit(tx: Transaction) -> list[Any]:
        return await tx.all(statement)

    return await database.read(unit)


async def test_only_hashes_are_stored(
    database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app, secret = await register(database, oauth)
    code = await issue(database, oauth, app, await add_person())
    issued = await redeem(database, oauth, app, code)
    assert issued is not None
    everything = repr([await all_rows(database, each) for each in (STORED_APPS, STORED_CODES)])
    everything += repr(await all_rows(database, STORED_TOKENS))
    for clear in (secret, code, issued.token):
        assert clear not in everything
        assert hash_secret(clear) in everything


async def test_clients_prove_themselves(database: Database, oauth: OAuth) -> None:
    app, secret = await register(database, oauth)
    proved = ClientCredentials(app.client_id, secret)
    assert await database.read(oauth.authenticate_client, proved) == app
    for wrong in (
        None,
        ClientCredentials(app.client_id, secret + "x"),
        ClientCredentials("unknown", secret),
        ClientCredentials(app.client_id, hash_secret(secret)),
    ):
        with pytest.raises(OAuthProblem) as caught:
            await database.read(oauth.authenticate_client, wrong)
        assert (caught.value.code, caught.value.status) == ("invalid_client", 401)


async def test_a_code_becomes_a_token_of_what_was_agreed(
    database: Database, oauth: OAuth, add_person: AddPerson, clock: ManualClock
) -> None:
    app, _ = await register(database, oauth)
    amina = await add_person()
    issued = await redeem(database, oauth, app, await issue(database, oauth, app, amina))
    assert issued is not None
    assert issued.scopes == ("read", "write:media")
    assert issued.created_at == clock.now() // 1000
    (stored,) = await all_rows(database, STORED_TOKENS)
    assert (stored.account_id, stored.app_id) == (amina, app.id)


async def test_a_second_use_of_a_code_revokes_its_token(
    database: Database,
    oauth: OAuth,
    add_person: AddPerson,
    clock: ManualClock,
    revocations: Revocations,
) -> None:
    credentials = Credentials(database=database, clock=clock, revocations=revocations)
    app, _ = await register(database, oauth)
    amina = await add_person()
    code, other = [await issue(database, oauth, app, amina) for _ in range(2)]
    first = await redeem(database, oauth, app, code)
    spared = await redeem(database, oauth, app, other)
    assert first is not None
    assert spared is not None
    assert await credentials.bearer(first.token)
    assert await redeem(database, oauth, app, code) is None
    assert await credentials.bearer(first.token) is None
    assert await credentials.bearer(spared.token)
    await credentials.close()


async def test_of_many_simultaneous_uses_none_keeps_a_token(
    database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app, _ = await register(database, oauth)
    code = await issue(database, oauth, app, await add_person())
    results = await asyncio.gather(*(redeem(database, oauth, app, code) for _ in range(8)))
    assert len([issued for issued in results if issued]) == 1
    (stored,) = await all_rows(database, STORED_TOKENS)
    assert stored.revoked_at is not None


async def test_wrong_uses_get_nothing_and_use_nothing_up(
    database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app, _ = await register(database, oauth)
    other, _ = await register(database, oauth, "Other")
    amina = await add_person()
    code = await issue(database, oauth, app, amina, CHALLENGE)
    assert await redeem(database, oauth, other, code, verifier=VERIFIER) is None
    assert await redeem(database, oauth, app, code + "x", verifier=VERIFIER) is None
    assert await redeem(database, oauth, app, code, verifier=None) is None
    assert await redeem(database, oauth, app, code, verifier=VERIFIER[::-1]) is None
    for redirect_uri in (CALLBACK + "/", None):
        wrong = await redeem(
            database, oauth, app, code, redirect_uri=redirect_uri, verifier=VERIFIER
        )
        assert wrong is None
    assert await redeem(database, oauth, app, code, verifier=VERIFIER)
    plain = await issue(database, oauth, app, amina)
    assert await redeem(database, oauth, app, plain, verifier=VERIFIER) is None


async def test_codes_expire_after_ten_minutes(
    database: Database, oauth: OAuth, add_person: AddPerson, clock: ManualClock
) -> None:
    app, _ = await register(database, oauth)
    amina = await add_person()
    first, second = [await issue(database, oauth, app, amina) for _ in range(2)]
    clock.advance(10 * MINUTE - 1)
    assert await redeem(database, oauth, app, first)
    clock.advance(1)
    assert await redeem(database, oauth, app, second) is None


async def test_tokens_of_the_app_itself(database: Database, oauth: OAuth) -> None:
    app, _ = await register(database, oauth, scopes="read:accounts push")
    issued = await database.write(oauth.issue_for_app, app, "push")
    assert issued.scopes == ("push",)
    for wrong in ("write", "nonsense", None):
        with pytest.raises(OAuthProblem) as caught:
            await database.write(oauth.issue_for_app, app, wrong)
        assert caught.value.code == "invalid_scope"


async def test_revoking_is_for_the_own_tokens(
    database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app, _ = await register(database, oauth)
    other, _ = await register(database, oauth, "Other")
    code = await issue(database, oauth, app, await add_person())
    issued = await redeem(database, oauth, app, code)
    assert issued is not None
    with pytest.raises(OAuthProblem) as caught:
        await database.write(oauth.revoke, other, issued.token)
    assert (caught.value.code, caught.value.status) == ("unauthorized_client", 403)
    await database.write(oauth.revoke, app, "unknown")
    await database.write(oauth.revoke, app, issued.token)
    await database.write(oauth.revoke, app, issued.token)
    (stored,) = await all_rows(database, STORED_TOKENS)
    assert stored.revoked_at is not None


async def test_apps_of_a_person_are_listed_and_can_be_shown_the_door(
    database: Database, oauth: OAuth, add_person: AddPerson
) -> None:
    app, _ = await register(database, oauth)
    amina, claire = await add_person("amina"), await add_person("claire")
    for person in (amina, amina, claire):
        assert await redeem(database, oauth, app, await issue(database, oauth, app, person))
    (listed,) = await database.read(oauth.authorized_apps, amina)
    assert (listed.app_id, listed.name) == (app.id, "App")
    assert listed.scopes == ("read", "write:media")
    await database.write(oauth.revoke_app, amina, app.id)
    assert await database.read(oauth.authorized_apps, amina) == []
    assert len(await database.read(oauth.authorized_apps, claire)) == 1
    with pytest.raises(NotFound):
        await database.write(oauth.revoke_app, amina, app.id)


async def test_sweeping_drops_what_nobody_needs(
    database: Database, oauth: OAuth, add_person: AddPerson, clock: ManualClock
) -> None:
    used, _ = await register(database, oauth, "Used")
    await register(database, oauth, "Unused")
    amina = await add_person()
    kept = await redeem(database, oauth, used, await issue(database, oauth, used, amina))
    gone = await redeem(database, oauth, used, await issue(database, oauth, used, amina))
    assert kept is not None
    assert gone is not None
    await database.write(oauth.revoke, used, gone.token)
    clock.advance(8 * DAY)
    await register(database, oauth, "New")
    await database.write(oauth.sweep)
    names = {row.name for row in await all_rows(database, STORED_APPS)}
    assert names == {"Used", "New"}
    assert await all_rows(database, STORED_CODES) == []
    assert len(await all_rows(database, STORED_TOKENS)) == 2
    clock.advance(30 * DAY)
    await database.write(oauth.sweep)
    (token,) = await all_rows(database, STORED_TOKENS)
    assert token.token == hash_secret(kept.token)
    count = Statement(select(func.count()).select_from(session))
    assert [tuple(row) for row in await all_rows(database, count)] == [(0,)]
