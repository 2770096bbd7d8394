"""Every documented endpoint with real data on a site that federates, compared with the tables.

The tables of the result are printed at the end of the run (see conftest.py).
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.client_api import calls_notices as notices
from tests.client_api import calls_people as people
from tests.client_api import calls_posts as posts
from tests.client_api import calls_settings as settings
from tests.client_api import calls_site as site
from tests.client_api.conftest import Opener
from tests.client_api.paging import walk_all
from tests.client_api.probe import Probe
from tests.client_api.report import Report
from tests.client_api.scene import set_up, web_site
from tests.client_api.stage import free_port
from tests.client_api.test_translation import KEY, engine
from tests.client_api.watched import Watch
from tests.client_api.worse import make_worse
from tests.net.smtp_server import post_office

ENOUGH = 0.99
SCRIPTS = (
    people.accounts,
    people.relationships,
    posts.statuses,
    posts.media,
    posts.timelines,
    posts.search_and_trends,
    posts.tags,
    people.crowds,
    people.profile,
    people.collections,
    people.mail,
    people.log_in,
    settings.lists,
    settings.filters,
    notices.conversations,
    notices.notifications,
    notices.of_the_site,
    notices.requests,
    settings.settings,
    notices.announcements,
    site.annual_reports,
    site.site,
    site.refreshes,
    notices.streams,
)


async def test_conformance(
    opener: Opener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: pytest.RecordProperty,
) -> None:
    port = free_port()
    host = f"localhost:{port}"
    extra: dict[str, dict[str, Any]] = {
        "registration": {"mode": "open", "minimum_age": 18},
        "site": {"rules": ["Be kind."], "contact_email": "it@corp.example", "public_pages": True},
        "federation": {
            "allowed_hosts": [host],
            "blocked_hosts": ["spam.example"],
            "show_blocked_hosts": "everybody",
        },
        "outgoing": {"private_addresses": [host]},
    }
    watch = Watch()
    watch.install(monkeypatch)
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(web_site(port))
        translator = await stack.enter_async_context(engine())
        post = await stack.enter_async_context(post_office())
        extra["translation"] = {"url": f"http://localhost:{translator.port}", "api_key": KEY}
        extra["mail"] = {
            "host": "localhost",
            "port": post.port,
            "security": "none",
            "subscriptions": "everybody",
        }
        lyon, nantes = await stack.enter_async_context(opener("lyon", "nantes", **extra))
        site.write_texts(tmp_path / "lyon" / "texts")
        probe = Probe(watch)
        scene = await set_up(probe, lyon, nantes, page)
        for script in SCRIPTS:
            await script(scene)
        await walk_all(probe)
        await make_worse(probe, scene.me)
    report = Report(probe.verdicts, probe.met)
    record_property("conformance", "\n".join(report.lines()))
    wrong = [f"{name}: {text}" for name, texts in report.failing().items() for text in texts[:6]]
    wrong += [f"attribute {one}" for one in report.wrong_attributes()]
    wrong += [f"no answer had {one}" for one in report.unseen_attributes()]
    wrong += [f"listed as never sent: {one}" for one in report.seen_after_all()]
    assert not wrong, f"{len(wrong)} findings:\n" + "\n".join(wrong)
    assert report.endpoint_share() >= ENOUGH
    assert report.attribute_share() >= ENOUGH
