"""Who is behind a token or a cookie: memory, revocation, notes of use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedrse.core.clock import DAY, HOUR, SECOND, ManualClock
from fedrse.core.errors import NotFound
from fedrse.features.access.model import Role
from fedrse.features.access.model_oauth import OUT_OF_BAND, OAuthApp
from fedrse.features.access.service import Logins
from fedrse.features.access.service_credentials import MOST_ENTRIES, Credentials
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.service_sessions import NewSession, Sessions
from fedrse.features.access.tables import login, oauth_token, session
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.statement import Statement
from tests.features.access.conftest import AddPerson

TOKENS = Statement(select(oauth_token.c.last_used_at))
SESSIONS = Statement(select(session.c.last_used_at, session.c.expires_at))
ACTIVE = Statement(select(login.c.last_active_at))


@pytest.fixture
async def credentials(
    database: Database, clock: ManualClock, revocations: Revocations
) -> AsyncIterator[Credentials]:
    made = Credentials(database=database, clock=clock, revocations=revocations)
    yield made
    await made.close()


class Counting:
    """A database that counts how often it is read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        if name == "read":
            self.reads += 1
        return getattr(self._database, name)


async def make_token(
    database: Database, oauth: OAuth, account_id: int, scopes: str = "read write"
) -> str:
    async def unit(tx: Transaction) -> str:
        return (await oauth.issue_for_script(tx, account_id, scopes.split())).token

    return await database.write(unit)


async def start_session(database: Database, sessions: Sessions, account_id: int) -> NewSession:
    async def unit(tx: Transaction) -> NewSession:
        return await sessions.start(tx, account_id, user_agent="Firefox " * 99, address="::1")

    return await database.write(unit)


async def rows(database: Database, statement: Statement) -> list[Any]:
    async def unit(tx: Transaction) -> list[Any]:
        return await tx.all(statement)

    return await database.read(unit)


async def test_a_token_is_its_person_and_app(
    database: Database, oauth: OAuth, credentials: Credentials, add_person: AddPerson
) -> None:
    amina = await add_person(locale="fr")
    token = await make_token(database, oauth, amina, "read write:statuses")
    principal = await credentials.bearer(token)
    assert principal is not None
    assert principal.account_id == amina
    assert principal.scopes == frozenset({"read", "write:statuses"})
    assert (principal.locale, principal.session_id, principal.csrf) == ("fr", None, "")
    app = await database.read(oauth.app_by_id, principal.app_id or 0)
    assert app.name == "fedrse"
    for wrong in (token + "x", token.upper(), "", "\udcff", "x" * 5000):
        assert await credentials.bearer(wrong) is None
    assert await credentials.session(token) is None


async def test_a_session_is_its_person_with_all_rights(
    database: Database, sessions: Sessions, credentials: Credentials, add_person: AddPerson
) -> None:
    amina, boss = await add_person(), await add_person("boss", role=Role.MODERATOR)
    mine = await start_session(database, sessions, amina)
    principal = await credentials.session(mine.cookie)
    assert principal is not None
    assert (principal.account_id, principal.session_id) == (amina, mine.id)
    assert principal.scopes >= {"read", "write", "push"}
    assert "admin:read" not in principal.scopes
    assert len(principal.csrf) >= 32
    assert await credentials.bearer(mine.cookie) is None
    other = await credentials.session((await start_session(database, sessions, boss)).cookie)
    assert other is not None
    assert "admin:read" in other.scopes
    assert other.csrf != principal.csrf


async def test_admin_scopes_follow_the_role(
    database: Database,
    oauth: OAuth,
    credentials: Credentials,
    logins: Logins,
    add_person: AddPerson,
) -> None:
    amina = await add_person(role=Role.ADMIN)
    token = await make_token(database, oauth, amina, "read admin:read")
    before = await credentials.bearer(token)
    await database.write(logins.set_role, amina, Role.MEMBER)
    await _heard(credentials, token, lambda found: "admin:read" not in found.scopes)
    after = await credentials.bearer(token)
    assert before is not None
    assert after is not None
    assert (before.scopes, after.scopes) == ({"read", "admin:read"}, {"read"})


async def _heard(credentials: Credentials, token: str, check: Any) -> None:
    """PostgreSQL may deliver its notification of the change before or after our own."""
    async with asyncio.timeout(10):
        while True:
            found = await credentials.bearer(token)
            if found is not None and check(found):
                return
            await asyncio.sleep(0.01)


async def test_answers_come_from_memory_for_a_while(
    database: Database,
    clock: ManualClock,
    oauth: OAuth,
    add_person: AddPerson,
    revocations: Revocations,
) -> None:
    counting: Any = Counting(database)
    credentials = Credentials(database=counting, clock=clock, revocations=revocations)
    token = await make_token(database, oauth, await add_person())
    first = await credentials.bearer(token)
    # What PostgreSQL tells late about the token's making empties the memory once more.
    async with asyncio.timeout(10):
        counting.reads = 1
        while counting.reads:
            counting.reads = 0
            assert [await credentials.bearer(token) for _ in range(20)] == [first] * 20
    clock.advance(10 * SECOND)
    assert await credentials.bearer(token) == first
    assert counting.reads == 1
    await credentials.close()


async def test_memory_is_bounded(
    database: Database,
    clock: ManualClock,
    revocations: Revocations,
    oauth: OAuth,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # On PostgreSQL all is forgotten once the connection that listens stands, at any moment of this.
    monkeypatch.setattr(Credentials, "forget_all", lambda _: None)
    credentials = Credentials(database=database, clock=clock, revocations=revocations)
    token = await make_token(database, oauth, await _account(database))
    for number in range(MOST_ENTRIES):
        credentials._entries[f"token:{number}"] = None  # type: ignore[assignment]
    assert await credentials.bearer(token)
    assert len(credentials._entries) == MOST_ENTRIES
    assert "token:0" not in credentials._entries
    await credentials.close()


async def _account(database: Database) -> int:
    from tests.features.access.conftest import ADD_ACCOUNT

    async def unit(tx: Transaction) -> None:
        await tx.run(
            ADD_ACCOUNT,
            id=5,
            uri="https://lyon.corp.example/ap/u/5",
            local=True,
            host="lyon.corp.example",
            username="bot",
            username_key="bot",
            domain="corp.example",
            kind="Service",
            inbox="https://lyon.corp.example/ap/u/5/inbox",
            created_at=0,
            updated_at=0,
        )

    await database.write(unit)
    return 5


async def test_accounts_without_login_can_have_tokens(
    database: Database, oauth: OAuth, credentials: Credentials
) -> None:
    token = await make_token(database, oauth, await _account(database), "write admin:write")
    principal = await credentials.bearer(token)
    assert principal is not None
    assert (principal.account_id, principal.locale) == (5, None)
    assert principal.scopes == {"write"}


async def test_revoked_is_revoked_at_once(
    database: Database,
    oauth: OAuth,
    sessions: Sessions,
    logins: Logins,
    credentials: Credentials,
    add_person: AddPerson,
) -> None:
    amina = await add_person()
    token = await make_token(database, oauth, amina)
    mine = await start_session(database, sessions, amina)
    other = await start_session(database, sessions, amina)
    assert await credentials.bearer(token)
    assert await credentials.session(mine.cookie)
    assert await credentials.session(other.cookie)

    await database.write(sessions.end, amina, mine.id)
    assert await credentials.session(mine.cookie) is None
    assert await credentials.session(other.cookie)
    with pytest.raises(NotFound):
        await database.write(sessions.end, amina, mine.id)
    with pytest.raises(NotFound):
        await database.write(sessions.end, amina + 1, other.id)

    await database.write(logins.disable, amina)
    assert await credentials.session(other.cookie) is None
    assert await credentials.bearer(token) is None
    await database.write(logins.enable, amina)
    assert await credentials.bearer(token) is None


async def test_ending_the_other_sessions(
    database: Database, sessions: Sessions, credentials: Credentials, add_person: AddPerson
) -> None:
    amina = await add_person()
    mine = await start_session(database, sessions, amina)
    other = await start_session(database, sessions, amina)
    listed = await database.read(sessions.of_account, amina)
    assert [each.id for each in listed] == [other.id, mine.id]
    assert (len(listed[0].user_agent), listed[0].address) == (256, "::1")
    assert await credentials.session(other.cookie)
    await database.write(sessions.end_others, amina, mine.id)
    assert await credentials.session(other.cookie) is None
    assert await credentials.session(mine.cookie)


async def test_a_revocation_during_the_look_up_is_not_forgotten(
    database: Database, clock: ManualClock, oauth: OAuth, revocations: Revocations
) -> None:
    token = await make_token(database, oauth, await _account(database))

    class Slow(Counting):
        async def read(self, unit: Any, *args: Any) -> Any:
            found = await database.read(unit, *args)
            app = await database.read(oauth.app_by_id, found.principal.app_id)
            await database.write(oauth.revoke, app, token)
            return found

    slow: Any = Slow(database)
    credentials = Credentials(database=slow, clock=clock, revocations=revocations)
    assert await credentials.bearer(token)
    assert credentials._entries == {}
    await credentials.close()


async def test_use_is_written_once_an_hour(
    database: Database,
    oauth: OAuth,
    sessions: Sessions,
    credentials: Credentials,
    add_person: AddPerson,
    clock: ManualClock,
) -> None:
    amina = await add_person()
    token = await make_token(database, oauth, amina)
    mine = await start_session(database, sessions, amina)
    start = clock.now()
    for _ in range(3):
        await credentials.bearer(token)
        await credentials.session(mine.cookie)
        await credentials.close()
        assert [row.last_used_at for row in await rows(database, TOKENS)] == [start]
        clock.advance(20 * 60 * SECOND - 1)
    clock.advance(3)
    await credentials.bearer(token)
    await credentials.session(mine.cookie)
    await credentials.close()
    now = start + HOUR
    assert [row.last_used_at for row in await rows(database, TOKENS)] == [now]
    assert [tuple(row) for row in await rows(database, SESSIONS)] == [(now, now + 30 * DAY)]
    assert [row.last_active_at for row in await rows(database, ACTIVE)] == [now]


async def test_sessions_last_30_days_after_their_last_use(
    database: Database,
    sessions: Sessions,
    credentials: Credentials,
    add_person: AddPerson,
    clock: ManualClock,
) -> None:
    amina = await add_person()
    mine = await start_session(database, sessions, amina)
    for _ in range(3):
        clock.advance(20 * DAY)
        assert await credentials.session(mine.cookie)
        await credentials.close()
    clock.advance(30 * DAY)
    assert await credentials.session(mine.cookie) is None
    assert await database.read(sessions.of_account, amina) == []


async def test_other_processes_hear_of_it(
    tmp_path: Path,
    clock: ManualClock,
    oauth: OAuth,
    database: Database,
    url: str,
    revocations: Revocations,
) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite is one process; others are believed for ten seconds")
    other = await open_database(url, tmp_path)
    there = Credentials(database=other, clock=clock, revocations=Revocations())
    token = await make_token(database, oauth, await _account(database))
    await asyncio.sleep(0.3)  # until it listens
    assert await there.bearer(token)

    async def app_of(tx: Transaction) -> OAuthApp:
        found = await oauth.app(tx, "command-line")
        assert found is not None
        return found

    assert OUT_OF_BAND in (await database.read(app_of)).redirect_uris
    await database.write(oauth.revoke, await database.read(app_of), token)
    async with asyncio.timeout(10):
        while await there.bearer(token):
            await asyncio.sleep(0.01)
    await there.close()
    await other.close()
