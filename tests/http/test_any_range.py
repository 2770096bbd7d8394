"""Parts of files that players ask for (RFC 9110, section 14): whatever they ask, no failure."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from aiohttp import ClientSession, web
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedrse.core.listen import TcpAddress
from fedrse.core.settings import LimitSettings, Settings, SiteSettings
from fedrse.http.frame import Frame
from fedrse.http.principal import NobodyKnown
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.http.server import HttpServer

CONTENT = bytes(range(100))
RANGES = st.lists(
    st.sampled_from(
        ["bytes", "=", "-", "0", "5", "99", "100", "9" * 30, ",", " ", "²", "٣", "items"]
    )
    | st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"]),
    max_size=8,
).map("".join)
SETTINGS = Settings(
    site=SiteSettings(base_url="https://lyon.corp.example"), limits=LimitSettings(enabled=False)
)


async def parts(asked: list[str], path: Path) -> list[tuple[int, bytes]]:
    async def file(_request: Request) -> web.FileResponse:
        return web.FileResponse(path)

    route = Route("GET", "/media/x", file, Surface.MEDIA, Auth.PUBLIC)
    server = HttpServer(Frame(SETTINGS, [route], NobodyKnown()), [TcpAddress("127.0.0.1", 0)])
    (address,) = await server.start()
    found = []
    try:
        async with ClientSession() as client:
            for value in asked:
                headers = {"Range": value.strip()}
                async with client.get(f"http://{address}/media/x", headers=headers) as answer:
                    found.append((answer.status, await answer.read()))
    finally:
        await server.stop()
    return found


@settings(max_examples=20)
@given(st.lists(RANGES, min_size=1, max_size=12))
@example(["bytes=5-9", "bytes=-3", "bytes=200-", "bytes=9-5", ""])
def test_any_range_is_a_part_the_whole_or_refused(asked: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        path.write_bytes(CONTENT)
        for status, body in asyncio.run(parts(asked, path)):
            assert status in (200, 206, 400, 416)
            assert status != 200 or body == CONTENT
            assert status != 206 or body in CONTENT


async def test_the_examples_are_read(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(CONTENT)
    found = await parts(["bytes=5-9", "bytes=-3", "bytes=200-"], path)
    assert found[:2] == [(206, CONTENT[5:10]), (206, CONTENT[-3:])]
    assert found[2][0] == 416
