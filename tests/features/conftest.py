"""What tests of features share: a migrated database of each kind, time, ids, keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

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
from tests.features.cast import Cast
from tests.features.fakes import ORIGIN, FakeOutbox, FakeQueue
from tests.features.whole import WholeSite, whole_site


@pytest.fixture
def url(site_url: str) -> str:
    """The address of a migrated, empty database; on SQLite it lies in ``tmp_path``."""
    return site_url


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
