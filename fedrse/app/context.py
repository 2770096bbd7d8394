"""Small builders for commands: each command makes only what it needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Making, Recipients
from fedrse.app.secret_file import read_secret
from fedrse.core.clock import Clock, SystemClock
from fedrse.core.errors import Conflict, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.core.urls import UrlRules
from fedrse.features.access.service import Logins
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_passwords import Passwords
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.service_sessions import Sessions
from fedrse.features.accounts.model_pictures import Pictures
from fedrse.features.accounts.service import Accounts, tell_others
from fedrse.features.accounts.service_badges import Badges
from fedrse.features.accounts.service_keys import ActorKeys
from fedrse.features.instance.service import Facts
from fedrse.features.network.service import Network
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.events import Events
from fedrse.store.migrate import current, head

COMMAND_NODE = 15
"""Node of the ids that commands make, so that they differ from those of running processes."""


def data_folder(settings: Settings) -> Path:
    """Where database, media and secret lie."""
    return Path(settings.storage.data)


def media_folder(settings: Settings) -> Path:
    """Where uploaded files lie."""
    return data_folder(settings) / "media"


def sqlite_path(settings: Settings) -> Path | None:
    """The file of the database; None where it is PostgreSQL."""
    url = settings.storage.database
    if not url.startswith("sqlite:"):
        return None
    return data_folder(settings) / url.removeprefix("sqlite:").removeprefix("//")


@asynccontextmanager
async def any_database(settings: Settings) -> AsyncIterator[Database]:
    """The open database, whatever its schema.

    Raises NotFound where there is no file (opening would make one), Unavailable where the server
    does not answer.
    """
    path = sqlite_path(settings)
    if path is not None and not path.exists():
        raise NotFound(
            "database_missing", f"There is no database at {path}. `fedrse init` makes one."
        )
    database = await open_database(settings.storage.database, data_folder(settings))
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def ready_database(settings: Settings) -> AsyncIterator[Database]:
    """The open database with the schema of this version. Raises Conflict for another one."""
    async with any_database(settings) as database:
        version = await current(database)
        if version != head():
            raise Conflict(
                "schema_version",
                f"The database has schema {version or 'none'}, this version of fedrse needs"
                f" {head()}: run `fedrse migrate`.",
            )
        yield database


class NoOutbox:
    """The way out of commands that send nothing."""

    async def enqueue(
        self,
        tx: Transaction,
        activity: Making,
        *,
        sender: int,
        recipients: Recipients,
        object_uri: str = "",
    ) -> None:
        made = activity() if callable(activity) else activity
        raise RuntimeError(f"this command must not send {made.get('type')}")

    async def forward(
        self, tx: Transaction, body: bytes, *, sender: int, recipients: Recipients, uri: str
    ) -> None:
        raise RuntimeError(f"this command must not forward {uri}")


def accounts_service(settings: Settings) -> Accounts:
    """The accounts, for finding and creating; nothing that has to be sent can be done with it."""
    clock = SystemClock()
    local_ids = LocalIds(settings.origin)
    cipher = KeyCipher(read_secret(Path(settings.storage.secret_file)))
    return Accounts(
        settings=settings,
        clock=clock,
        ids=IdMaker(clock, COMMAND_NODE),
        local_ids=local_ids,
        rules=UrlRules.of_site(settings.origin, settings.outgoing.connect),
        network=Network(settings=settings, local_ids=local_ids),
        facts=Facts(),
        keys=ActorKeys(cipher=cipher, clock=clock),
        pictures=Pictures(local=str, avatar="", header=""),
        outbox=NoOutbox(),
        events=Events(),
    )


class AccessServices(Struct, frozen=True):
    """Everything about log-ins and tokens."""

    passwords: Passwords
    revocations: Revocations
    logins: Logins
    sessions: Sessions
    oauth: OAuth


def access_services(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: IdMaker | None = None,
    badges: Badges | None = None,
) -> AccessServices:
    """The services of the access feature; ``badges`` are those of the accounts at hand."""
    clock = clock or SystemClock()
    ids = ids or IdMaker(clock, COMMAND_NODE)
    passwords, revocations = Passwords(), Revocations()
    return AccessServices(
        passwords=passwords,
        revocations=revocations,
        logins=Logins(
            clock=clock,
            passwords=passwords,
            revocations=revocations,
            limits=settings.limits,
            handle_domain=settings.handle_domain,
            site_name=settings.site.name,
            badges=badges or Badges(changed=tell_others),
        ),
        sessions=Sessions(clock=clock, ids=ids, revocations=revocations),
        oauth=OAuth(clock=clock, ids=ids, revocations=revocations),
    )
