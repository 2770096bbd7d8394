"""A renderer with the showcase page, and people and posts to show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar
from markupsafe import Markup

from fedrse.core.clock import MINUTE, ManualClock
from fedrse.core.errors import Conflict, Invalid, NotFound, TooMany
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import LimitSettings, Settings, SiteSettings
from fedrse.http.frame import Frame
from fedrse.http.principal import Principal
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.http.server import HttpServer
from fedrse.store.database import Transaction
from fedrse.web.error_pages import ErrorPages
from fedrse.web.installed_app import InstalledApp
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.settings_pages import SettingsPages
from fedrse.web.style_page import StylePage
from fedrse.web.views import Action, Attachment, NavigationItem, Person, Post

NAVIGATION = (
    NavigationItem(label=translatable("Home"), path="/showcase", icon="home"),
    NavigationItem(label="Recherche", path="/search", icon="search"),
    NavigationItem(label="Notifications", path="/notifications", icon="bell"),
    NavigationItem(label="Messages", path="/messages", icon="message"),
    NavigationItem(label="Annuaire", path="/directory", icon="people"),
)
AMINA = Person(name="Amina Benali", handle="@amina@lyon.test", path="/@amina")
LOUIS = Person(
    name="Louis-Ferdinand de la Grange-Batelière",
    handle="@louis.ferdinand.delagrange@bruxelles.test",
    path="/@louis@bruxelles.test",
)
ROBOT = Person(name="<b>Info</b>", handle="@info@nantes.test", path="/@info", is_bot=True)
PICTURE = "/picture.svg"


def actions(*, liked: bool = False) -> list[Action]:
    return [
        Action(name="reply", label="Répondre", icon="reply", path="/1", method="get", count=3),
        Action(name="boost", label="Partager", icon="boost", path="/1/boost", count=0),
        Action(
            name="like", label="J'aime", icon="heart", path="/1/l", count=12345, is_active=liked
        ),
        Action(name="bookmark", label="Garder", icon="bookmark", path="/1/keep", is_active=liked),
    ]


def posts(now: int) -> list[Post]:
    network: dict[str, Any] = {"audience_icon": "network", "audience_label": "Tout le groupe"}
    return [
        Post(
            path="/@amina/1",
            author=AMINA,
            published=now - 5 * MINUTE,
            content=Markup(
                "<p>Le nouveau prototype est prêt. Merci à <a href='/x'>@louis</a> !</p>"
            ),
            language="fr",
            actions=actions(liked=True),
            **network,
        ),
        Post(
            path="/@louis/2",
            author=LOUIS,
            published=now - 3 * 60 * MINUTE,
            edited=now - MINUTE,
            content=Markup("<p>Le plan du site de Bruxelles.</p><ul><li>Accueil</li></ul>"),
            attachments=[
                Attachment(kind="image", url=PICTURE, description="Plan", width=800, height=450),
                Attachment(kind="file", url="/plan.pdf", description="plan.pdf"),
            ],
            boosted_by=AMINA,
            actions=actions(),
            **network,
        ),
        Post(
            path="/@info/3",
            author=ROBOT,
            published=now - 40 * 24 * 60 * MINUTE,
            content=Markup("<p>Averylongwordwithoutanyspace" + "x" * 80 + "</p>"),
            warning="Chiffres provisoires",
            reply_to=LOUIS,
            audience_icon="lock",
            audience_label="Personnes citées",
            actions=actions(),
        ),
    ]


class Sessions:
    """One session, ``s``, of somebody who reads French until they choose something else."""

    def __init__(self) -> None:
        self.locale, self.time_zone, self.look = "fr", "Europe/Paris", ""

    async def set_interface(
        self, _tx: Transaction, _account_id: int, *, locale: str, time_zone: str, look: str
    ) -> None:
        self.locale, self.time_zone, self.look = locale, time_zone, look

    async def bearer(self, token: str) -> Principal | None:
        return None

    async def session(self, cookie: str) -> Principal | None:
        principal = Principal(
            account_id=1,
            session_id=1,
            csrf="c" * 32,
            locale=self.locale,
            time_zone=self.time_zone,
            look=self.look,
        )
        return principal if cookie == "s" else None


class NoDatabase:
    """Runs units that use nothing of a transaction."""

    async def read(self, unit: Any, *arguments: Any) -> Any:
        return await unit(None, *arguments)

    async def write(self, unit: Any, *arguments: Any) -> Any:
        return await unit(None, *arguments)


class Showcase:
    """A site with the showcase, and a page for each kind of error."""

    def __init__(self, settings: Settings) -> None:
        self.clock = ManualClock()
        self.sessions = Sessions()
        self.renderer = Renderer(
            settings,
            feature_templates={"tests": Path(__file__).parent / "templates"},
            navigation=NAVIGATION,
            clock=self.clock,
        )
        database: Any = NoDatabase()
        options: dict[str, Any] = {"surface": Surface.PAGE, "auth": Auth.OPTIONAL}
        routes = [
            Route("GET", "/showcase", self.show, **options),
            Route("GET", PICTURE, self.picture, surface=Surface.MEDIA, auth=Auth.PUBLIC),
            Route("GET", "/error/{code}", self.fail, **options),
            *InstalledApp(settings, self.renderer).routes(),
            *SettingsPages(
                database=database,
                interface=self.sessions,
                renderer=self.renderer,
                clock=self.clock,
                me=self.me,
                sections=(),
            ).routes(),
            *StylePage(database, self.renderer, self.clock, self.me).routes(),
            *self.renderer.assets.routes(),
        ]
        self.frame = Frame(
            settings, routes, self.sessions, clock=self.clock, pages=ErrorPages(self.renderer)
        )

    async def show(self, request: Request) -> Reply:
        viewer = AMINA if request.viewer else None
        cards, people = posts(self.clock.now()), [LOUIS, ROBOT]
        return self.renderer.render(
            request, "tests/showcase.html", viewer=viewer, cards=cards, people=people
        )

    async def me(self, _tx: Transaction, _viewer: int) -> Person:
        return AMINA

    async def picture(self, _request: Request) -> Reply:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><rect width="16" '
        return Reply(svg + b'height="9" fill="#7aa"/></svg>', media_type="image/svg+xml")

    async def fail(self, request: Request) -> Reply:
        match request.values["code"]:
            case "404":
                raise NotFound
            case "409":
                raise Conflict("x", "An <sentence> nobody translated")
            case "422":
                raise Invalid(
                    "csrf", "This form has expired. Go back, reload the page and try again."
                )
            case "429":
                raise TooMany("rate_limited", "Too many requests", retry_after=3)
        raise RuntimeError("internal secret")


@pytest.fixture
def site_settings() -> Settings:
    return Settings(
        site=SiteSettings(base_url="http://localhost:8400", name="Lyon & Cie", language="fr"),
        limits=LimitSettings(enabled=False),
    )


@pytest.fixture
def showcase(site_settings: Settings) -> Showcase:
    return Showcase(site_settings)


class Browser:
    """Gets pages of a running site."""

    def __init__(self, address: str, client: ClientSession, cookie: str) -> None:
        self.address = address
        self._client = client
        self._cookie = cookie

    async def get(
        self, path: str, *, signed_in: bool = False, **headers: str
    ) -> tuple[int, Any, str]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if signed_in:
            sent["Cookie"] = f"{self._cookie}=s"
        async with self._client.get(self.address + path, headers=sent) as response:
            return response.status, response.headers, await response.text()


@pytest.fixture
async def browser(showcase: Showcase) -> AsyncIterator[Browser]:
    async with AsyncExitStack() as stack:
        server = HttpServer(showcase.frame, [TcpAddress("127.0.0.1", 0)], grace_seconds=1)
        (address,) = await server.start()
        stack.push_async_callback(server.stop)
        client = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        yield Browser(f"http://{address}", client, showcase.frame.site.cookies.session)
