"""People who can log in, quickly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from argon2 import PasswordHasher
from sqlalchemy import bindparam, insert

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.settings import LimitSettings
from fedrse.features.access.model import Role
from fedrse.features.access.service import Logins
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_passwords import Passwords
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.service_sessions import Sessions
from fedrse.features.accounts.tables import account
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.features.fakes import ORIGIN

COLUMNS = (
    *("id", "uri", "local", "host", "username", "username_key", "domain", "kind", "inbox"),
    *("created_at", "updated_at"),
)
ADD_ACCOUNT = Statement(insert(account).values({name: bindparam(name) for name in COLUMNS}))
PASSWORD = "correct horse battery"

AddPerson = Callable[..., Awaitable[int]]


@pytest.fixture
def revocations() -> Revocations:
    return Revocations()


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    """Real argon2id with the smallest parameters."""
    made = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield made
    made.close()


@pytest.fixture
def logins(clock: ManualClock, passwords: Passwords, revocations: Revocations) -> Logins:
    return Logins(
        clock=clock,
        passwords=passwords,
        revocations=revocations,
        limits=LimitSettings(logins_per_5_minutes=5),
        handle_domain="corp.example",
    )


@pytest.fixture
def sessions(clock: ManualClock, ids: IdMaker, revocations: Revocations) -> Sessions:
    return Sessions(clock=clock, ids=ids, revocations=revocations)


@pytest.fixture
def oauth(clock: ManualClock, ids: IdMaker, revocations: Revocations) -> OAuth:
    return OAuth(clock=clock, ids=ids, revocations=revocations)


@pytest.fixture
def add_person(database: Database, clock: ManualClock, ids: IdMaker, logins: Logins) -> AddPerson:
    """Adds a local account with a log-in; returns its id."""

    async def add(
        username: str = "amina",
        *,
        email: str | None = None,
        password: str = PASSWORD,
        role: Role = Role.MEMBER,
        locale: str = "en",
    ) -> int:
        identifier = ids.new()
        uri = f"{ORIGIN}/ap/u/{identifier}"
        password_hash = await logins.prepare_password(password)

        async def unit(tx: Transaction) -> None:
            await tx.run(
                ADD_ACCOUNT,
                id=identifier,
                uri=uri,
                local=True,
                host="lyon.corp.example",
                username=username,
                username_key=username.casefold(),
                domain="corp.example",
                kind="Person",
                inbox=f"{uri}/inbox",
                created_at=clock.now(),
                updated_at=clock.now(),
            )
            await logins.create(
                tx,
                account_id=identifier,
                email=email or f"{username}@mail.example",
                password_hash=password_hash,
                role=role,
                locale=locale,
            )

        await database.write(unit)
        return identifier

    return add
