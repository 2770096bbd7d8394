"""What people can write must not break pages: foreign HTML, tricks of direction, endless words."""

from __future__ import annotations

import pytest

from tests.browser.axe import show, too_wide, violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_pages import faults, sign_in
from tests.browser.test_polls_page import people
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until

__all__ = ["people"]

HACK = "window.hacked = 1"
HTML = (
    f"<script>{HACK}</script><img src=x onerror='{HACK}'><svg/onload='{HACK}'>"
    f"</article></main></div><style>*{{display:none}}</style><a href='javascript:{HACK}'>x</a>"
    f"<iframe srcdoc='<script>parent.{HACK}</script>'></iframe>{{{{ 7123 * 7 }}}}<!--"
)
ENDLESS = "W" * 5000
TURNED = "Anna \u202egnp.exe\u2066 \u05e9\u05dc\u05d5\u05dd"
TURNING = "\u202e\u2066\u2067 turned \u202d" * 20
ZALGO = "Z" + "\u0335\u0321\u0322\u0327" * 60 + "algo"
LIKES = 10_000
LOOKS = [Look(390, "light", "en"), Look(1280, "dark", "fr")]
ISOLATED = """
[...document.querySelectorAll(".post-author a, .person-name")]
  .filter((one) => getComputedStyle(one).unicodeBidi !== "isolate").length
"""
TALL = """
[...document.querySelectorAll("main *")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height > 20000).length
"""
# Each menu, opened by itself, stands inside the window.
MENUS = """
(async () => {
  for (const menu of document.querySelectorAll("main details.menu")) {
    menu.open = true;
    await new Promise((then) => setTimeout(then));
    const { left, right } = menu.querySelector(".menu-list").getBoundingClientRect();
    const shown = menu.checkVisibility();
    menu.open = false;
    if (shown && (left < 0 || right > document.documentElement.clientWidth)) {
      return `a menu is at ${left} to ${right}: ${menu.outerHTML.slice(0, 120)}`;
    }
  }
  return "";
})()
"""


def liked_by_thousands(site: Site, post: str, like: Person) -> None:
    """Rows as they are after ten thousand people liked it; they are ``like`` somebody elsewhere."""
    columns = sorted(site.columns("account"))
    own = {"id": "9000000000000 + n", "uri": "'urn:fan:' || n", "username": "'fan' || n"}
    own |= {"username_key": "'fan' || n", "domain": "'fans.test'"}
    filled = ", ".join(own.get(name, f"a.{name}") for name in columns)
    numbers = f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {LIKES})"
    site.execute(
        f"INSERT OR IGNORE INTO account ({', '.join(columns)}) {numbers}"
        f" SELECT {filled} FROM c, account a WHERE a.uri = '{like.uri}'"
    )
    site.execute(
        "INSERT INTO reaction (id, account_id, post_id, content, uri, created_at)"
        f" {numbers} SELECT {post} + n, 9000000000000 + n, {post}, '',"
        f" 'urn:like:{post}:' || n, 0 FROM c"
    )
    site.execute(f"UPDATE post SET likes_count = {LIKES} WHERE id = {post}")


def write_everything(scene: Scene, reader: Person, writers: list[Person]) -> list[str]:
    """Everything that people can write, as bad as it can be; the pages that show it."""
    one, other = writers
    profile = "/api/v1/accounts/update_credentials"
    one.call(
        "PATCH",
        profile,
        {
            "display_name": TURNED,
            "note": f"{HTML} {'W' * 500}"[:500],
            "fields_attributes": [{"name": HTML[:200], "value": "W" * 255}],
        },
    )
    other.call("PATCH", profile, {"display_name": "W" * 30, "note": ZALGO + TURNING})
    for writer in writers:
        reader.follow(writer)
    first = one.write(f"{HTML} {TURNING}", spoiler_text=HTML[:400])
    endless = other.write(ENDLESS)
    one.write(ZALGO * 8)
    answer = one.write(f"@{reader.username} {HTML}", in_reply_to_id=endless["id"])
    options = [HTML[:40], TURNING[:40], "W" * 40]
    one.write("Which?", poll={"options": options, "expires_in": 3600})
    one.write(f"@{reader.username} {HTML} {'W' * 2000}", visibility="direct")
    made = reader.post("/api/v1/lists", title=HTML[:100])
    reader.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[one.id])
    keywords = [{"keyword": HTML[:80], "whole_word": False}]
    reader.post(
        "/api/v2/filters", title=HTML[:80], context=["public"], keywords_attributes=keywords
    )
    reader.on(endless, "bookmark")
    until(lambda: len(reader.home()) >= 4)
    liked_by_thousands(scene.site, endless["id"], scene.author)
    (chat, *_) = reader.get("/api/v1/conversations")
    return [
        "/",
        "/site",
        "/bookmarks",
        "/lists",
        f"/lists/{made['id']}",
        "/notifications",
        "/messages",
        f"/messages/{chat['id']}",
        "/people",
        f"/@{one.username}",
        f"/@{other.username}",
        f"/@{one.username}/{first['id']}",
        f"/@{other.username}/{endless['id']}",
        f"/posts/{endless['id']}/likes",
        f"/compose?reply_to={answer['id']}",
        f"/compose?quote={endless['id']}",
        f"/search?q={one.username}",
        "/settings/filters",
        f"/report?account={one.id}",
    ]


async def wrong_with(tab: Tab, look: Look) -> list[str]:
    """Faults of the page that is open, also on the narrowest telephone and at twice the size."""
    await tab.ask(
        "for (const one of document.querySelectorAll('main details:not(.menu)')) one.open = true"
    )
    wrong = [*await faults(tab, look), *await violations(tab)]
    if await tab.ask("window.hacked"):
        wrong.append("a script of somebody ran")
    if await tab.ask("document.body.innerText.includes('49861')"):
        wrong.append("a template of somebody was filled in")
    if await tab.ask(ISOLATED):
        wrong.append("a name can turn what is around it")
    if await tab.ask(TALL):
        wrong.append("something is endlessly tall")
    for width, zoom in ((320, 1.0), (390, 1.0), (1280, 2.0)):
        await show(tab, width, look.scheme, zoom=zoom)
        wide = await too_wide(tab) or await tab.ask(MENUS)
        if wide:
            wrong.append(f"{width} at {zoom:.0%}: {wide}")
    await show(tab, look.width, look.scheme)
    return wrong


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_nothing_that_people_write_breaks_a_page(
    chromium: Chromium, scene: Scene, people: list[Person], look: Look
) -> None:
    reader = scene.readers[look.language]
    pages = write_everything(scene, reader, people)
    wrong = []
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        for path in pages:
            await tab.open(scene.address(path))
            wrong += [f"{path}: {one}" for one in await wrong_with(tab, look)]
        assert not wrong, "\n".join(wrong)
        await tab.open(scene.address(pages[12]))
        likes = await tab.ask("document.querySelector('.action-like [data-count]').innerText")
        assert likes in {"10K", "10\u00a0k"}
        await tab.open(scene.address(pages[13]))
        shown = await tab.ask("document.querySelectorAll('main a[href^=\"/@fan\"]').length")
        assert 0 < shown <= 80, "a page of them"
