"""Nothing moves by itself while pages load, also with pictures on a slow line (CLS, web.dev)."""

from __future__ import annotations

import pytest

from tests.benchmarks.bench_paint import SHIFTS
from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import Scene
from tests.browser.test_pages import sign_in

MOST = 0.05


@pytest.mark.parametrize("width", [390, 1280])
async def test_pages_do_not_jump(chromium: Chromium, scene: Scene, width: int) -> None:
    reader, jumps = scene.readers["en"], {}
    scene.author.write(f"@{reader.handle} between us {width}", visibility="direct")
    pages = ["/", "/network", "/notifications", "/messages", "/people", "/compose"]
    pages += [scene.pages[name] for name in ("post", "profile")]
    async with visitor(chromium, Look(width)) as tab:
        await sign_in(tab, scene, reader)
        await tab.call(
            "Network.emulateNetworkConditions",
            offline=False, latency=40, downloadThroughput=200_000, uploadThroughput=100_000,
        )  # fmt: skip
        for path in pages:
            await tab.open(scene.address(path))
            shift = float(await tab.ask(SHIFTS))
            if shift >= MOST:
                jumps[path] = shift
        assert jumps == {}
        await tab.open(scene.address("/"))
        await tab.ask(
            "setTimeout(() => { const made = document.createElement('p'); made.style.height ="
            " '500px'; document.querySelector('main').prepend(made); }, 600)"
        )
        assert float(await tab.ask(SHIFTS)) > MOST, "otherwise it would be seen"
