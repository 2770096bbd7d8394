"""People who can log in, quickly."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar
from argon2 import PasswordHasher
from multidict import CIMultiDictProxy
from sqlalchemy import bindparam, insert

import fedrse.app.registration as app_registration
import fedrse.features
from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import LimitSettings, Settings, SiteSettings
from fedrse.core.settings_mail import (
    MailSecurity,
    MailSettings,
    RegistrationMode,
    RegistrationSettings,
)
from fedrse.features.access.api import AccessApi
from fedrse.features.access.model import Role
from fedrse.features.access.pages import SignInPages
from fedrse.features.access.pages_authorize import AuthorizePages
from fedrse.features.access.pages_sessions import SessionPages
from fedrse.features.access.service import Logins
from fedrse.features.access.service_credentials import Credentials
from fedrse.features.access.service_entrance import Entrance
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_passwords import Passwords
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.service_second_factor import SecondFactors
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_sessions import Sessions
from fedrse.features.access.service_steps import Steps
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.accounts.tables import account
from fedrse.http.frame import Frame
from fedrse.http.routes import Route
from fedrse.http.server import HttpServer
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from fedrse.web.renderer import Renderer, feature_templates
from fedrse.web.views import Person
from tests.features.access.sign_up_stage import Open, Stage
from tests.features.fakes import ORIGIN
from tests.features.whole import whole_site
from tests.net.smtp_server import post_office

FEATURES = Path(fedrse.features.__path__[0])

COLUMNS = (
    *("id", "uri", "local", "host", "username", "username_key", "domain", "kind", "inbox"),
    *("created_at", "updated_at"),
)
ADD_ACCOUNT = Statement(insert(account).values({name: bindparam(name) for name in COLUMNS}))
PASSWORD = "correct horse battery"

AddPerson = Callable[..., Awaitable[int]]


@pytest.fixture
def only_sqlite(sqlite_template: Path, tmp_path: Path) -> str:
    """For tests of the surface: what lies below is tested on both databases."""
    shutil.copy(sqlite_template, tmp_path / "site.db")
    return "sqlite:site.db"


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
async def security_log(
    clock: ManualClock, ids: IdMaker, logins: Logins
) -> AsyncIterator[SecurityLog]:
    made = SecurityLog(clock=clock, ids=ids, logins=logins)
    yield made
    await made.close()


@pytest.fixture
def second(clock: ManualClock, cipher: KeyCipher, security_log: SecurityLog) -> SecondFactors:
    limits = LimitSettings(logins_per_5_minutes=5)
    return SecondFactors(clock=clock, cipher=cipher, log=security_log, limits=limits)


@pytest.fixture
def steps(clock: ManualClock) -> Steps:
    return Steps(clock=clock)


@pytest.fixture
def entrance(
    logins: Logins,
    sessions: Sessions,
    second: SecondFactors,
    steps: Steps,
    security_log: SecurityLog,
) -> Entrance:
    return Entrance(logins=logins, sessions=sessions, second=second, steps=steps, log=security_log)


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


AMINA = Person(name="Amina B.", handle="@amina@lyon.corp.example", path="/@amina")


async def me(_tx: Transaction, _viewer: int) -> Person:
    """Whoever is signed in."""
    return AMINA


class FewWords:
    """Account entities with what log-ins need."""

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        del tx
        return {
            identifier: {
                "display_name": "Amina B.",
                "username": "amina",
                "acct": "amina",
                "url": f"{ORIGIN}/@amina",
                "avatar": f"{ORIGIN}/media/a.png",
                "bot": False,
            }
            for identifier in ids
        }


@dataclass
class RunningSite:
    """Where the site answers; ``client`` keeps no cookies and follows no redirects by itself."""

    address: str
    client: ClientSession

    async def call(
        self, method: str, path: str, **options: Any
    ) -> tuple[int, CIMultiDictProxy[str], Any]:
        """Status, headers, and the JSON document or else the text."""
        async with self.client.request(
            method, self.address + path, allow_redirects=False, **options
        ) as response:
            text = await response.text()
            is_json = response.headers.get("Content-Type", "").startswith("application/json")
            return response.status, response.headers, json.loads(text) if is_json else text


Serve = Callable[[Iterable[Route]], Awaitable[RunningSite]]


@pytest.fixture
async def serve(
    database: Database, clock: ManualClock, revocations: Revocations
) -> AsyncIterator[Serve]:
    """Serves routes with the credentials of the database; rate limits are off."""
    async with AsyncExitStack() as stack:

        async def start(routes: Iterable[Route], **options: Any) -> RunningSite:
            credentials = Credentials(database=database, clock=clock, revocations=revocations)
            stack.push_async_callback(credentials.close)
            settings = Settings(
                site=SiteSettings(base_url=ORIGIN, handle_domain="corp.example", language="en"),
                limits=LimitSettings(enabled=False),
            )
            frame = Frame(settings, routes, credentials, clock=clock, **options)
            server = HttpServer(frame, [TcpAddress("127.0.0.1", 0)], grace_seconds=1)
            (address,) = await server.start()
            stack.push_async_callback(server.stop)
            client = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
            return RunningSite(f"http://{address}", client)

        yield start


@pytest.fixture
def access_api(database: Database, oauth: OAuth, local_ids: LocalIds) -> AccessApi:
    return AccessApi(
        database=database,
        oauth=oauth,
        profiles=FewWords(),
        local_ids=local_ids,
        vapid_key="BKey",
    )


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(
        Settings(site=SiteSettings(base_url=ORIGIN, name="Lyon")),
        feature_templates=feature_templates(FEATURES),
    )


@pytest.fixture
def sign_in_pages(
    database: Database,
    logins: Logins,
    sessions: Sessions,
    entrance: Entrance,
    oauth: OAuth,
    renderer: Renderer,
) -> SignInPages:
    return SignInPages(
        database=database,
        logins=logins,
        sessions=sessions,
        entrance=entrance,
        oauth=oauth,
        renderer=renderer,
    )


@pytest.fixture
async def site(
    serve: Serve,
    database: Database,
    oauth: OAuth,
    sessions: Sessions,
    security_log: SecurityLog,
    access_api: AccessApi,
    renderer: Renderer,
    sign_in_pages: SignInPages,
) -> RunningSite:
    """The pages with which people and applications are let in, and the client API of it."""
    authorize = AuthorizePages(
        database=database,
        oauth=oauth,
        sign_in=sign_in_pages,
        profiles=FewWords(),
        log=security_log,
        renderer=renderer,
    )
    session_pages = SessionPages(
        database=database,
        sessions=sessions,
        oauth=oauth,
        me=me,
        log=security_log,
        renderer=renderer,
    )
    pages = [*sign_in_pages.routes(), *authorize.routes(), *session_pages.routes()]
    return await serve([*access_api.routes(), *pages])


@pytest.fixture
def opened(
    url: str,
    tmp_path: Path,
    key_pair: KeyPair,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Open:
    """Opens a site with these settings of registration."""
    monkeypatch.setattr(app_registration, "generate_key_pair", lambda: key_pair)

    @asynccontextmanager
    async def open_stage(
        mode: RegistrationMode = RegistrationMode.OPEN, *, limits: bool = False, **more: Any
    ) -> AsyncIterator[Stage]:
        async with post_office() as post:
            mail = MailSettings(host="localhost", port=post.port, security=MailSecurity.NONE)
            changes = {
                "registration": RegistrationSettings(mode=mode, **more),
                "mail": mail,
                "limits": LimitSettings(enabled=limits),
            }
            async with whole_site(url, tmp_path, key_pair, clock, **changes) as site:
                yield Stage(site, post)

    return open_stage
