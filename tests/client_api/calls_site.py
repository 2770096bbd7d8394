"""Calls about the site: what it says of itself, and what it makes in the background."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from tests.client_api.past import write_long_ago
from tests.client_api.probe import NO_ID
from tests.client_api.scene import Scene, arrived


async def annual_reports(scene: Scene) -> None:
    """The report of last year."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/annual_reports"
    number = datetime.now(UTC).year - 1
    post = await write_long_ago(me, number)
    await scene.bruno.post(f"/api/v1/statuses/{post}/favourite")
    year = {"year": str(number)}
    await call(f"GET {base}/:year/state", me, **year)
    await call(f"POST {base}/:year/generate", me, **year)
    await call(f"GET {base}", me)
    await call(f"GET {base}/:year", me, **year)
    await call(f"POST {base}/:year/read", me, **year)


def write_texts(folder: Path) -> None:
    """What the operator of the site has written."""
    folder.mkdir()
    for name in ("about", "privacy", "terms-2020-01-01", "terms-2030-01-01"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nWords.\n", encoding="utf-8")


async def site(scene: Scene) -> None:
    """What the site says of itself."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/instance"
    for path in ("GET /api/v2/instance", f"GET {base}", "GET /health"):
        await call(path, me, token=None)
    for name in ("peers", "activity", "rules", "domain_blocks", "extended_description"):
        await call(f"GET {base}/{name}", me)
    for name in ("privacy_policy", "terms_of_service", "translation_languages"):
        await call(f"GET {base}/{name}", me, token=None)
    await call(f"GET {base}/terms_of_service/:date", me, token=None, date="2030-01-01")
    await call("GET /api/v1/custom_emojis", me, token=None)
    await call("GET /api/v1/streaming/health", me, token=None)


async def refreshes(scene: Scene) -> None:
    """A thread of the other site is completed in the background."""
    post = await arrived(scene.me, await scene.zoe.write("Long ago in Nantes"))
    answer = await scene.me.answer("GET", f"/api/v1/statuses/{post['id']}/context")
    header = answer.headers.get("Mastodon-Async-Refresh", "")
    found = re.search(r'id="(\d+)"', header)
    one = found[1] if found is not None else NO_ID
    path = "GET /api/v1_alpha/async_refreshes/:id"
    scene.probe.require(path, found, f"no header: {header!r}")
    await scene.probe.call(path, scene.me, id=one)
