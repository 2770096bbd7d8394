"""Log-ins: entering, limits, passwords, roles, disabling."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from fedrse.core.clock import MINUTE, ManualClock
from fedrse.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable
from fedrse.core.settings import LimitSettings
from fedrse.features.access.model import BadCredentials, Role
from fedrse.features.access.service import Logins
from fedrse.features.access.service_passwords import Passwords, recommended_hasher
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.service_sessions import Sessions
from fedrse.store.database import Database, Transaction
from tests.features.access.conftest import PASSWORD, AddPerson


@pytest.mark.parametrize(
    "name",
    [
        "amina",
        " Amina ",
        "@amina",
        "amina@corp.example",
        "@AMINA@corp.example",
        "amina.b@mail.example",
        "Amina.B@Mail.example",
    ],
)
async def test_name_handle_and_email_lead_in(
    database: Database, logins: Logins, add_person: AddPerson, name: str
) -> None:
    identifier = await add_person("Amina", email="amina.b@mail.example", role=Role.ADMIN)
    login = await logins.authenticate(database, name, PASSWORD)
    assert (login.account_id, login.role, login.username) == (identifier, Role.ADMIN, "Amina")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("amina", "wrong password"),
        ("nobody", PASSWORD),
        ("amina@elsewhere.example", PASSWORD),
        ("", PASSWORD),
        ("amina", ""),
        ("%", PASSWORD),
        ("amina", PASSWORD.upper()),
    ],
)
async def test_wrong_name_and_wrong_password_look_the_same(
    database: Database, logins: Logins, add_person: AddPerson, name: str, password: str
) -> None:
    await add_person()
    with pytest.raises(BadCredentials):
        await logins.authenticate(database, name, password)


async def test_an_email_address_wins_over_a_handle(
    database: Database, logins: Logins, add_person: AddPerson
) -> None:
    await add_person("amina", password="violet ladder boats")
    other = await add_person("claire", email="amina@corp.example", password="copper window trains")
    login = await logins.authenticate(database, "amina@corp.example", "copper window trains")
    assert login.account_id == other


async def test_unknown_names_cost_as_much_work(
    database: Database, clock: ManualClock, revocations: Revocations
) -> None:
    checked: list[str] = []

    class Spy(PasswordHasher):
        def verify(self, stored: str, password: str) -> bool:  # type: ignore[override]
            checked.append(stored)
            return super().verify(stored, password)

    hasher = Spy(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)
    logins = Logins(
        clock=clock,
        passwords=passwords,
        revocations=revocations,
        limits=LimitSettings(),
        handle_domain="corp.example",
    )
    with pytest.raises(BadCredentials):
        await logins.authenticate(database, "nobody", PASSWORD)
    (stored,) = checked
    # A well-formed hash with the parameters of the real ones: argon2 does all its work on it.
    assert not hasher.check_needs_rehash(stored)
    passwords.close()


async def test_attempts_on_one_login_are_limited_whatever_the_name(
    database: Database, logins: Logins, add_person: AddPerson, clock: ManualClock
) -> None:
    await add_person("amina")
    await add_person("claire")
    for name in ("amina", "@amina", "amina@mail.example", "AMINA", "amina"):
        with pytest.raises(BadCredentials):
            await logins.authenticate(database, name, "wrong password")
    with pytest.raises(TooMany):
        await logins.authenticate(database, "amina", PASSWORD)
    assert await logins.authenticate(database, "claire", PASSWORD)
    clock.advance(5 * MINUTE)
    assert await logins.authenticate(database, "amina", PASSWORD)


async def test_limits_can_be_switched_off(
    database: Database, passwords: Passwords, revocations: Revocations, clock: ManualClock
) -> None:
    unlimited = Logins(
        clock=clock,
        passwords=passwords,
        revocations=revocations,
        limits=LimitSettings(enabled=False, logins_per_5_minutes=1),
        handle_domain="corp.example",
    )
    for _ in range(3):
        with pytest.raises(BadCredentials):
            await unlimited.authenticate(database, "nobody", PASSWORD)


async def test_a_disabled_login_says_so_only_to_its_owner(
    database: Database, logins: Logins, add_person: AddPerson
) -> None:
    identifier = await add_person()
    await database.write(logins.disable, identifier)
    with pytest.raises(BadCredentials):
        await logins.authenticate(database, "amina", "wrong password")
    with pytest.raises(Forbidden) as caught:
        await logins.authenticate(database, "amina", PASSWORD)
    assert caught.value.code == "login_disabled"
    await database.write(logins.enable, identifier)
    assert await logins.authenticate(database, "amina", PASSWORD)


async def test_old_hashes_are_renewed_when_their_owner_comes(
    database: Database, logins: Logins, add_person: AddPerson, passwords: Passwords
) -> None:
    identifier = await add_person()
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    await database.write(logins.set_password, identifier, old)
    assert passwords.is_outdated(old)
    await logins.authenticate(database, "amina", PASSWORD)

    async def stored(tx: Transaction) -> str:
        from fedrse.features.access import queries

        row = await tx.one(queries.CREDENTIALS, email="", username="amina")
        assert row is not None
        return str(row.password_hash)

    assert not passwords.is_outdated(await database.read(stored))
    assert await logins.authenticate(database, "amina", PASSWORD)


async def test_emails_are_unique_whatever_their_case(
    database: Database, logins: Logins, add_person: AddPerson
) -> None:
    await add_person("amina", email="someone@mail.example")
    claire = await add_person("claire")
    with pytest.raises(Conflict) as caught:
        await add_person("karim", email="SOMEONE@mail.example")
    assert caught.value.code == "email_taken"
    with pytest.raises(Conflict):
        await database.write(logins.set_email, claire, "Someone@mail.example")
    await database.write(logins.set_email, claire, "claire.new@mail.example")
    found = await database.read(logins.by_email, "claire.new@mail.example")
    assert found is not None
    assert found.account_id == claire
    assert [login.username for login in await database.read(logins.all)] == ["amina", "claire"]


async def test_the_last_owner_stays(
    database: Database, logins: Logins, add_person: AddPerson
) -> None:
    first = await add_person("amina", role=Role.OWNER)
    second = await add_person("claire")
    for change in (
        database.write(logins.disable, first),
        database.write(logins.set_role, first, Role.ADMIN),
    ):
        with pytest.raises(Conflict) as caught:
            await change
        assert caught.value.code == "last_owner"
    await database.write(logins.set_role, second, Role.OWNER)
    await database.write(logins.disable, first)
    login = await database.read(logins.require, first)
    assert not login.may_enter


async def test_changing_the_password_logs_out_elsewhere(
    database: Database, logins: Logins, sessions: Sessions, add_person: AddPerson
) -> None:
    identifier = await add_person()

    async def start(tx: Transaction) -> int:
        return (await sessions.start(tx, identifier, user_agent="a", address="")).id

    kept, _ended = await database.write(start), await database.write(start)
    new = await logins.prepare_password("another good one", names=("amina",))
    await database.write(logins.set_password, identifier, new, keep_session=kept)
    assert [each.id for each in await database.read(sessions.of_account, identifier)] == [kept]
    assert await logins.authenticate(database, "amina", "another good one")
    with pytest.raises(BadCredentials):
        await logins.authenticate(database, "amina", PASSWORD)


async def test_preferences_are_kept(
    database: Database, logins: Logins, add_person: AddPerson
) -> None:
    identifier = await add_person()

    async def change(tx: Transaction, visibility: str, quotes: str = "followers") -> None:
        await logins.set_preferences(
            tx,
            identifier,
            locale="fr",
            time_zone="Africa/Algiers",
            default_language="ar",
            default_sensitive=True,
            default_visibility=visibility,
            default_quote_policy=quotes,
        )

    with pytest.raises(Invalid):
        await database.write(change, "everybody")
    with pytest.raises(Invalid):
        await database.write(change, "unlisted", "everybody")
    await database.write(change, "unlisted")
    login = await database.read(logins.require, identifier)
    assert (login.locale, login.time_zone, login.default_language) == ("fr", "Africa/Algiers", "ar")
    assert (login.default_sensitive, login.default_visibility) == (True, "unlisted")
    assert login.default_quote_policy == "followers"


async def test_accounts_without_login_are_not_found(database: Database, logins: Logins) -> None:
    assert await database.read(logins.by_account, 7) is None
    for change in (logins.disable, logins.enable):
        with pytest.raises(NotFound):
            await database.write(change, 7)


async def test_active_people_are_counted(
    database: Database,
    logins: Logins,
    sessions: Sessions,
    add_person: AddPerson,
    clock: ManualClock,
) -> None:
    first = await add_person("amina")
    await add_person("claire")

    async def start(tx: Transaction) -> None:
        await sessions.start(tx, first, user_agent="", address="")

    await database.write(start)
    assert await database.read(logins.count_active, clock.now()) == 1
    assert await database.read(logins.count_active, clock.now() + 1) == 0


# hashing


async def test_hashing_is_argon2id_with_today_s_parameters() -> None:
    passwords = Passwords()
    stored = await passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert await passwords.verify(stored, PASSWORD)
    assert not await passwords.verify(stored, PASSWORD + "x")
    assert not await passwords.verify(None, PASSWORD)
    assert not await passwords.verify("not a hash", PASSWORD)
    assert not recommended_hasher().check_needs_rehash(stored)
    passwords.close()


async def test_too_many_waiting_are_told_to_come_back() -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(cheap, longest_queue=3)
    results = await asyncio.gather(
        *(passwords.hash(PASSWORD) for _ in range(5)), return_exceptions=True
    )
    assert [isinstance(result, Unavailable) for result in results] == [False] * 3 + [True] * 2
    assert await passwords.hash(PASSWORD)
    passwords.close()
