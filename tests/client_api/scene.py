"""Two sites full of everything: who is on them, and what they have done before anybody looks."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import FormData, web
from PIL import Image

from fedrse.features.access.model import Role
from tests.client_api.probe import Probe
from tests.client_api.stage import Person, Stage, until

PAGE = """<!doctype html><html lang="fr"><head><title>Plain</title>
<meta property="og:title" content="Un titre">
<meta property="og:description" content="Une description">
<meta property="og:image" content="/picture.png">
<meta property="og:site_name" content="Le Site">
<script type="application/ld+json">{"headline": "Other",
"author": {"name": "Ada", "url": "https://ada.example/"},
"datePublished": "2026-01-02T03:04:05Z"}</script></head><body>Hello</body></html>"""


def picture(size: tuple[int, int] = (120, 80)) -> bytes:
    """A PNG."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def upload(field: str = "file", **fields: str) -> Callable[[], FormData]:
    """A multipart form with a picture, made anew each time it is sent."""

    def form() -> FormData:
        made = FormData()
        made.add_field(field, picture(), filename="x.png", content_type="image/png")
        for name, value in fields.items():
            made.add_field(name, value)
        return made

    return form


@asynccontextmanager
async def web_site(port: int) -> AsyncIterator[str]:
    """A page that posts link to; yields its address."""

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/picture.png":
            return web.Response(body=picture(), content_type="image/png")
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://localhost:{port}/page"
    finally:
        await runner.cleanup()


@dataclass
class Scene:
    """Who and what there is. ``me`` is the person whose app is looked at."""

    probe: Probe
    lyon: Stage
    nantes: Stage
    me: Person
    bruno: Person
    chloe: Person
    dario: Person
    moderator: Person
    zoe: Person  # of Nantes
    zoe_here: str  # her id in Lyon
    page: str

    @property
    def friends(self) -> tuple[Person, Person, Person]:
        """People of Lyon whom I follow, and who follow me."""
        return self.bruno, self.chloe, self.dario

    async def newcomers(self, prefix: str, count: int = 3) -> list[Person]:
        """People of Lyon who have done nothing yet."""
        return await self.lyon.people(*(f"{prefix}{number}" for number in range(count)))


async def set_up(probe: Probe, lyon: Stage, nantes: Stage, page: str) -> Scene:
    """People who know each other across both sites."""
    me, bruno, chloe, dario = await lyon.people("amina", "bruno", "chloe", "dario")
    moderator = await lyon.person("maria", role=Role.ADMIN)
    zoe = await nantes.person("zoe")
    for one in (bruno, chloe, dario):
        await one.follow(me)
        await me.follow(one)
    zoe_here = await me.follow(zoe)
    await zoe.follow(me)
    everybody = {"discoverable": True, "indexable": True, "public_profile": True}
    for one in (me, bruno, chloe, dario, zoe):
        await one.call("PATCH", "/api/v1/accounts/update_credentials", json=everybody)

    async def emoji(tx: Any) -> None:
        await lyon.site.services.emojis.put(tx, "fox", "0" * 32 + ".png", category="animals")

    await lyon.site.ground.database.write(emoji)
    return Scene(probe, lyon, nantes, me, bruno, chloe, dario, moderator, zoe, zoe_here, page)


async def arrived(person: Person, status: dict[str, Any]) -> dict[str, Any]:
    """The status on the site of somebody, in the home timeline."""

    async def found() -> Any:
        home = await person.get("/api/v1/timelines/home", limit=40)
        return [one for one in home if one["uri"] == status["uri"]]

    there: list[dict[str, Any]] = await until(found)
    return there[0]
