"""Name and look of the site, tried in the console: previews, contrast, lines for the file."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.colour import contrast
from fedrse.core.configuration import load_settings
from fedrse.core.settings import SiteSettings
from fedrse.core.settings_look import LIGHT_GROUNDS
from fedrse.features.access.model import Role
from fedrse.features.instance.model_identity import checked, lines, style, themes, tried
from tests.features.visitor import Visitor, visitor
from tests.features.whole import WholeSite

PATH = "/admin/settings/identity"
LINES = re.compile(r"<pre[^>]*><code>(.*?)</code>", re.DOTALL)


@pytest.fixture
async def boss(whole: WholeSite) -> Visitor:
    person = await whole.person("boss")
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.set_role, person.account.id, Role.ADMIN)
    return await visitor(whole, person)


async def test_what_is_tried_becomes_lines_that_the_site_starts_with(
    boss: Visitor, tmp_path: Path
) -> None:
    asked = {
        "name": 'Alméa "Lyon" \\ <b>&amp;',
        "accent_colour": "#1D4F8A",
        "welcome": "Bonjour !\nEntrez.",
        "description": "",
    }
    page = await boss.open(f"{PATH}?{urlencode(asked)}")
    assert "can be read on all pages" in page
    assert "<b>&amp;" not in page.replace("&lt;b&gt;", "")
    found = LINES.search(page)
    assert found is not None
    written = unescape(found[1])
    path = tmp_path / "fedrse.toml"
    path.write_text(written + '\nbase_url = "https://fedrse.corp.example"\n', encoding="utf-8")
    site = load_settings(path, {}).site
    assert (site.name, site.welcome) == (asked["name"], asked["welcome"])
    assert (site.accent_colour, site.description, site.logo) == ("#1d4f8a", "", None)
    assert "fedrse" in await boss.read("/"), "nothing was changed"


async def test_a_pale_colour_is_refused_with_the_nearest_that_passes(boss: Visitor) -> None:
    text = await boss.read(f"{PATH}?accent_colour={quote('#ff7900')}")
    found = re.search(r"contrast with white is 2\.\d, at least 4\.5 .* passes: (#\w{6})", text)
    assert found is not None
    assert contrast(found[1], LIGHT_GROUNDS[0]) >= 4.5
    page = await boss.open(f"{PATH}?accent_colour={quote('#ff7900')}")
    assert f'accent_colour = "{found[1]}"' in unescape(page)
    assert f"identity.css?accent_colour=%23{found[1][1:]}" in page
    for wrong in ("red", "#12345", "javascript:", "#gggggg", ""):
        asked = await boss.read(f"{PATH}?accent_colour={quote(wrong)}")
        assert "This is no colour" in asked


async def test_the_style_sheet_of_the_previews_is_colours_only(
    whole: WholeSite, boss: Visitor
) -> None:
    for asked in ("#1d4f8a", "} body { display: none", "x" * 100_000):
        status, headers, body = await boss._call(
            "GET", f"{PATH}.css?accent_colour={quote(asked[:5000])}"
        )
        assert status == 200
        assert headers["Content-Type"].startswith("text/css")
        assert b"display" not in body
        assert body.count(b"[data-preview=") == 4


async def test_only_for_those_who_may_see_settings(whole: WholeSite) -> None:
    amina = await visitor(whole, await whole.person("amina"))
    await amina.open(PATH, 404)
    await amina.open(f"{PATH}.css", 404)


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_can_be_read_in_every_theme(number: int) -> None:
    accent, flaw = checked(f"#{number:06x}")
    assert contrast(accent, LIGHT_GROUNDS[0]) >= 4.5
    assert (flaw is None) == (accent == f"#{number:06x}")
    for one in themes(accent):
        assert min(one.button, one.links) >= 4.5
        assert one.links >= one.needed, one
    assert style(accent).count("--accent:") == 4


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=30))
def test_any_text_becomes_lines_that_toml_reads_back(name: str, welcome: str, colour: str) -> None:
    site = SiteSettings(base_url="https://fedrse.corp.example")
    identity = tried(
        site, {"name": name, "welcome": welcome, "description": None, "accent_colour": colour}
    )
    accent, _ = checked(identity.accent_colour)
    read = tomllib.loads(lines(identity, accent or site.accent_colour, None))["site"]
    assert read["name"] == identity.name
    assert len(identity.name) <= 80
    assert read.get("welcome", "") == identity.welcome.replace("\r\n", "\r\n")
    assert read["accent_colour"] == (accent or site.accent_colour)
