"""What tests of features share: a migrated database of each kind, time, ids, keys."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.settings import NetworkSettings, Settings, SiteSettings
from fedrse.core.urls import UrlRules
from fedrse.features.accounts.model_pictures import Pictures
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_keys import ActorKeys, KeyPair, generate_key_pair
from fedrse.features.instance.service import Facts
from fedrse.features.network.service import Network
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database
from fedrse.store.engine import open_database
from fedrse.store.events import Events
from fedrse.store.migrate import upgrade
from tests.features.cast import Cast
from tests.features.fakes import ORIGIN, FakeOutbox, FakeQueue
from tests.features.whole import WholeSite, whole_site


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(upgrade("sqlite:template.db", folder))
    return folder / "template.db"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    name = f"template{secrets.token_hex(4)}"

    async def prepare() -> None:
        await _execute(postgres_server, f"CREATE DATABASE {name}")
        await upgrade(_with_name(postgres_server, name), tmp_path_factory.mktemp("pg"))

    asyncio.run(prepare())
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database; on SQLite it lies in ``tmp_path``."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "site.db")
        yield "sqlite:site.db"
        return
    server = str(request.getfixturevalue("postgres_server"))
    template = str(request.getfixturevalue("postgres_template"))
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _with_name(server, name)
    asyncio.run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """An open, migrated database; the test runs once per kind."""
    opened = await open_database(url, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    """Stands at 2026-01-15 09:00 UTC until told otherwise."""
    return ManualClock()


@pytest.fixture
def ids(clock: ManualClock) -> IdMaker:
    return IdMaker(clock)


@pytest.fixture
def local_ids() -> LocalIds:
    return LocalIds(ORIGIN)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def outbox() -> FakeOutbox:
    return FakeOutbox()


@pytest.fixture
def settings() -> Settings:
    """The site ``lyon`` with the handle domain ``corp.example`` in a network of three."""
    return Settings(
        site=SiteSettings(base_url=ORIGIN, handle_domain="corp.example", name="Lyon"),
        network=NetworkSettings(
            members=["https://nantes.corp.example", "https://oslo.corp.example"]
        ),
    )


@pytest.fixture(scope="session")
def key_pair() -> KeyPair:
    """An RSA and an Ed25519 key: making them costs too much to do it in every test."""
    return generate_key_pair()


@pytest.fixture
def cipher() -> KeyCipher:
    return KeyCipher(b"0123456789abcdef" * 2)


@pytest.fixture
def network(settings: Settings, local_ids: LocalIds) -> Network:
    return Network(settings=settings, local_ids=local_ids)


@pytest.fixture
def actor_keys(cipher: KeyCipher, clock: ManualClock) -> ActorKeys:
    return ActorKeys(cipher=cipher, clock=clock)


@pytest.fixture
def pictures() -> Pictures:
    return Pictures(
        local=lambda key: f"{ORIGIN}/media/{key}",
        avatar=f"{ORIGIN}/static/avatar.png",
        header=f"{ORIGIN}/static/header.png",
    )


@pytest.fixture
def accounts(
    settings: Settings,
    clock: ManualClock,
    ids: IdMaker,
    local_ids: LocalIds,
    network: Network,
    actor_keys: ActorKeys,
    pictures: Pictures,
    outbox: FakeOutbox,
    events: Events,
) -> Accounts:
    """Accounts of the site ``lyon`` that hand what they send to the fake outbox."""
    found = Accounts(
        settings=settings,
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        rules=UrlRules.of_site(settings.origin, {}),
        network=network,
        facts=Facts(),
        keys=actor_keys,
        pictures=pictures,
        outbox=outbox,
        events=events,
    )
    network.register_members_uri(found.members_uri_of)
    return found


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def relationships(
    settings: Settings,
    clock: ManualClock,
    ids: IdMaker,
    local_ids: LocalIds,
    network: Network,
    accounts: Accounts,
    queue: FakeQueue,
    outbox: FakeOutbox,
    events: Events,
) -> Relationships:
    """Follows, blocks and mutes at the site ``lyon``."""
    return Relationships(
        settings=settings,
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        outbox=outbox,
        events=events,
        accounts=accounts,
        network=network,
        jobs=queue,
    )


@pytest.fixture
def cast(database: Database, accounts: Accounts, key_pair: KeyPair, clock: ManualClock) -> Cast:
    """Makes people of this and other sites."""
    return Cast(database, accounts, key_pair, clock)


@pytest.fixture
async def whole(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> AsyncIterator[WholeSite]:
    """A whole site over each kind of database."""
    async with whole_site(url, tmp_path, key_pair, clock) as site:
        yield site


def _with_name(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def _execute(url: str, sql: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()
