"""Pages of posts and profiles: what people here and visitors are shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar

import fedrse.features
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import Settings
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import ProfileChanges
from fedrse.features.posts.model import Audience, Visibility
from fedrse.features.posts.pages import PostPages
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_collections import Collections
from fedrse.http.frame import Frame
from fedrse.http.principal import Principal
from fedrse.http.server import HttpServer
from fedrse.http.sessions import Cookies
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer, feature_templates
from tests.features.fakes import ORIGIN
from tests.features.posts.studio import MEMBER, Studio
from tests.features.surface import Surface, TokenIsAccount

FEATURES = Path(fedrse.features.__path__[0])
WORD = "xylophone"


@pytest.fixture
def pages(studio: Studio, settings: Settings) -> Callable[[], PostPages]:
    """Makes the pages over whatever ``studio.posts`` is by then."""
    renderer = Renderer(settings, feature_templates=feature_templates(FEATURES), clock=studio.clock)
    return lambda: PostPages(
        database=studio.database,
        posts=studio.posts,
        people=studio.cast.accounts,
        renderer=renderer,
        own_domain=settings.handle_domain,
        grave=Collections(
            posts=studio.posts, people=studio.cast.accounts, local_ids=LocalIds(settings.origin)
        ).grave,
    )


class SessionIsAccount(TokenIsAccount):
    """Pages know people by their session; here its value is the id of the account."""

    async def session(self, cookie: str) -> Principal | None:
        return (
            Principal(account_id=int(cookie), session_id=1, csrf="c") if cookie.isdigit() else None
        )


@asynccontextmanager
async def served(
    studio: Studio, settings: Settings, pages: Callable[[], PostPages]
) -> AsyncIterator[Surface]:
    """Serves the pages on a real socket."""
    frame = Frame(settings, pages().routes(), SessionIsAccount(), clock=studio.clock)
    server = HttpServer(frame, [TcpAddress("127.0.0.1", 0)], grace_seconds=1)
    (address,) = await server.start()
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        try:
            yield Surface(f"http://{address}", client)
        finally:
            await server.stop()


async def page(where: Surface, path: str, viewer: Account | None) -> tuple[int, Any, str]:
    """Status, headers and text of a page, as a browser asks for it."""
    headers = {"Accept": "text/html"}
    if viewer is not None:
        headers["Cookie"] = f"{Cookies(ORIGIN).session}={viewer.id}"
    status, found, body = await where.call("GET", path, headers=headers)
    return status, found, body.decode()


async def test_a_post_stands_in_its_thread(
    studio: Studio, settings: Settings, pages: Callable[[], PostPages]
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    carla = await studio.cast.local("carla")
    root = await studio.write(amina, "la question <b>")
    middle = await studio.write(bruno, "la suite", reply_to_id=root.id)
    await studio.write(amina, "la fin", reply_to_id=middle.id)
    secret = await studio.write(
        amina, "@bruno cachette", visibility=Visibility.DIRECT, reply_to_id=middle.id
    )
    named = await studio.write(bruno, "@amina la réponse", reply_to_id=root.id)
    own = await studio.write(amina, "encore", reply_to_id=root.id)
    async with served(studio, settings, pages) as where:
        _, _, text = await page(where, f"/@bruno/{named.id}", carla)
        assert f'<a href="/@amina/{root.id}">En réponse à @amina</a>' in text
        _, _, text = await page(where, f"/@amina/{own.id}", carla)
        assert f'<a href="/@amina/{root.id}">En réponse à {amina.display_name}</a>' in text
        _, _, text = await page(where, f"/@bruno/{middle.id}", bruno)
        assert "cachette" in text
        status, _, text = await page(where, f"/@bruno/{middle.id}", carla)
        assert status == 200
        assert text.index("la question") < text.index("la suite") < text.index("la fin")
        assert "la question &lt;b&gt;" in text
        assert "cachette" not in text
        for identifier in (secret.id, 1):
            status, _, text = await page(where, f"/@amina/{identifier}", carla)
            assert status == 404
            assert "cachette" not in text


async def test_a_browser_is_led_from_the_id_to_the_page(
    studio: Studio, settings: Settings, pages: Callable[[], PostPages]
) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina)
    async with served(studio, settings, pages) as where:
        status, headers, _ = await page(where, f"/ap/n/{post.id}", amina)
        assert (status, headers["Location"]) == (302, post.url)


async def test_what_was_deleted_is_said_to_be_gone(
    studio: Studio, settings: Settings, pages: Callable[[], PostPages]
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post, own = await studio.write(amina), await studio.write(amina, audience=Audience.SITE)
    for one in (post, own):
        await studio.database.write(studio.posts.delete, amina, one.id)
    async with served(studio, settings, pages) as where:
        for path in (f"/@amina/{post.id}", f"/ap/n/{post.id}"):
            status, _, text = await page(where, path, bruno)
            assert status == 410
            assert "410 Gone" in text
            assert (await page(where, path, None))[0] == 401, "visitors are told nothing"
        assert (await page(where, f"/@amina/{own.id}", bruno))[0] == 404, "it left no trace"


async def test_a_profile_shows_what_the_viewer_may_read(
    studio: Studio, settings: Settings, pages: Callable[[], PostPages]
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    await studio.write(amina, "pour tous")
    await studio.write(amina, "pour mes abonnés", visibility=Visibility.PRIVATE)
    async with served(studio, settings, pages) as where:
        _, _, own = await page(where, "/@amina", amina)
        _, _, other = await page(where, "/@amina", bruno)
        assert "pour tous" in own
        assert "pour mes abonnés" in own
        assert "pour tous" in other
        assert "pour mes abonnés" not in other
        assert (await page(where, "/@nobody", bruno))[0] == 404


async def test_pictures_of_other_sites_are_links(
    studio: Studio, settings: Settings, pages: Callable[[], PostPages]
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    picture = "https://nantes.corp.example/picture.png"
    post = await studio.create(
        chloe, "1", attachment={"type": "Image", "mediaType": "image/png", "url": picture}
    )
    async with served(studio, settings, pages) as where:
        _, _, text = await page(where, f"/@chloe@{MEMBER}/{post.id}", amina)
        assert f'href="{picture}"' in text
        assert f'src="{picture}"' not in text


@pytest.mark.parametrize("public_pages", [False, True])
@pytest.mark.parametrize("agreed", [False, True])
@pytest.mark.parametrize("audience", list(Audience)[:3])
async def test_visitors_see_nothing_but_what_was_agreed(
    studio: Studio,
    settings: Settings,
    pages: Callable[[], PostPages],
    make_posts: Callable[..., Posts],
    *,
    public_pages: bool,
    agreed: bool,
    audience: Audience,
) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, WORD, audience=audience)
    studio.posts = make_posts(public_pages=public_pages)

    async def agree(tx: Transaction) -> None:
        await studio.cast.accounts.update_profile(
            tx, amina.id, ProfileChanges(public_profile=agreed)
        )

    await studio.database.write(agree)
    async with served(studio, settings, pages) as where:
        status, _, text = await page(where, f"/@amina/{post.id}", None)
        shown = public_pages and agreed and audience is Audience.PUBLIC
        assert (status == 200) is shown
        assert (WORD in text) is shown
        # What is hidden and what does not exist answer alike.
        missing, _, nothing = await page(where, "/@amina/1", None)
        assert missing != 200
        assert WORD not in nothing
        if not shown:
            assert status == missing
