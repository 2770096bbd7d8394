"""What somebody does who writes on pages."""

from __future__ import annotations

import io
import re
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image

from fedrse.features.posts.model_form import local_of
from tests.features.page_visitor import PageVisitor
from tests.features.whole import Caller, WholeSite

PARIS = ZoneInfo("Europe/Paris")


def picture(width: int = 60) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (width, 40), "navy").save(drawn, "PNG")
    return drawn.getvalue()


async def statuses(person: Caller) -> Any:
    return await person.get(f"/api/v1/accounts/{person.id}/statuses")


def at_local(whole: WholeSite, milliseconds: int) -> str:
    return local_of(whole.clock.now() + milliseconds, PARIS)


async def draft_id(visitor: PageVisitor) -> str:
    await visitor.get("/drafts")
    found = re.search(r"/compose\?draft=(\d+)", visitor.page)
    assert found
    return found[1]


async def attach(visitor: PageVisitor) -> str:
    """A picture, as a script sends it; its id."""
    assert await visitor.post("/compose/files", file=picture()) == 200, visitor.page
    return visitor.value("media[]")
