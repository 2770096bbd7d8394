"""The page of what is held, in a real browser: looked at in both languages, released, dropped."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import Scene
from tests.browser.test_pages import faults, sign_in
from tests.sites.site import Site

LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("dark", "light", "light", "dark"),
        strict=True,
    )
]
TEXT = "document.querySelector('main').innerText"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
POLICY = json.dumps({"r": [12, 3], "h": True, "t": "Looked at before it is shown."})
numbers = itertools.count(9_000_000_000_000_000_000)


def hold(site: Site, content: str, to: str) -> int:
    """A message in quarantine; ids after all others, so that it stands first."""
    number = next(numbers)
    actor = "https://donaudampfschifffahrtsgesellschaft.example/users/elisabeth"
    note = {"id": f"{actor}/{number}", "type": "Note", "attributedTo": actor, "to": [to]}
    activity = {"id": f"{actor}/{number}/create", "type": "Create", "actor": actor}
    body = json.dumps({**activity, "object": {**note, "content": f"<p>{content}</p>"}})
    site.execute(
        "INSERT INTO inbox_message (id, actor, host, activity_id, type, body, digest, state,"
        " due_at, partition, received_at, policy) VALUES"
        f" ({number}, '{actor}', 'donaudampfschifffahrtsgesellschaft.example',"
        f" '{activity['id']}', 'Create', x'{body.encode().hex()}', x'00', 'held',"
        f" 0, 0, 1795000000000, '{POLICY}')"
    )
    return number


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_what_is_held_is_released_or_dropped(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    boss, site = scene.readers[look.language], scene.site
    site.execute(f"UPDATE login SET role = 'owner' WHERE account_id = {boss.id}")
    shown = hold(site, "Words for everybody", PUBLIC)
    secret = hold(site, "Words for one", boss.uri)

    def state(number: int) -> str:
        return str(site.value(f"SELECT state FROM inbox_message WHERE id = {number}"))

    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address("/admin/quarantine"))
        assert not await faults(tab, look)
        text = await tab.ask(TEXT)
        assert "Words for everybody" in text
        assert "Words for one" not in text
        assert "Looked at before it is shown." in text
        for number, way in ((secret, "drop"), (shown, "release")):
            form = f"form[action$='/{way}']:has([value='{number}']) button"
            await tab.ask(f'document.querySelector("{form}").focus()')
            async with tab.loading():
                await tab.press("Enter")
        assert await tab.ask("location.search") == "?done=released"
        assert not await faults(tab, look)
        assert "Words for everybody" not in await tab.ask(TEXT)
    assert state(secret) == "ignored"
    assert state(shown) != "held"
