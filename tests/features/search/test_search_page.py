"""The page of search."""

from __future__ import annotations

import html
import re

import pytest

from fedrse.features.search.pages_search import FEW, MANY, OPERATORS
from fedrse.features.search.service import INDEX
from tests.features.visitor import Visitor, visitor, words
from tests.features.whole import Caller, WholeSite


async def write(person: Caller, text: str, **more: str) -> str:
    made = await person.post("/api/v1/statuses", status=text, **more)
    return str(made["id"])


async def results(browser: Visitor, path: str) -> str:
    """The text below the form and its help."""
    page = await browser.open(path)
    return words(page.partition("</details>")[2].rpartition("</main>")[0])


async def test_people_tags_and_posts(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await write(bruno, "Hydrogène et <b>bruno</b> #brunologie")
    await whole.do_job(INDEX)
    browser = await visitor(whole, amina)
    page = await browser.open("/search?q=bruno")
    assert 'href="/@bruno"' in page
    assert 'href="/tags/brunologie"' in page
    found = await results(browser, "/search?q=BRUNO")
    assert "@bruno@corp.example" in found
    assert "#brunologie 1 post" in found
    assert "Hydrogène et <b>bruno</b>" in found, "as text"
    only = await results(browser, "/search?q=bruno&type=tags")
    assert "#brunologie" in only
    assert "@bruno@" not in only
    assert "Hydrogène" not in only
    assert "Hydrogène" in await results(browser, "/search?q=hydrogene&type=posts")
    assert "Nothing was found" in await results(browser, "/search?q=zzz")


async def test_nobody_finds_what_they_may_not_read(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await write(bruno, "plutonium", visibility="direct")
    await whole.do_job(INDEX)
    for person, sentence in ((amina, "Nothing was found"), (bruno, "plutonium")):
        browser = await visitor(whole, person)
        assert sentence in await results(browser, "/search?q=plutonium&type=posts")


async def test_everything_is_reached_page_by_page(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for number in range(MANY + 3):
        await write(amina, f"ballast number{number}. #tag{number}")
    await whole.do_job(INDEX)
    for number in range(FEW + 2):
        await whole.person(f"carla{number}")
    browser = await visitor(whole, amina)
    page = await browser.open("/search?q=carla")
    assert page.count('class="person-name" href="/@carla') == FEW
    assert 'href="/search?q=carla&amp;type=people"' in page
    assert words(await browser.open("/search?q=carla&type=people")).count("@carla") == FEW + 2
    seen: list[str] = []
    for query, pattern in (("ballast&type=posts", r"number\d+\."), ("tag&type=tags", r"#tag\d+")):
        path, seen = f"/search?q={query}", []
        while path:
            page = await browser.open(path)
            seen += re.findall(pattern, page.partition("</details>")[2])
            further = re.search(r'rel="next" href="([^"]+)"', page)
            path = html.unescape(further[1]) if further else ""
        assert len(seen) == len(set(seen)) == MANY + 3, query


async def test_the_help_says_what_works(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await write(amina, "alpha beta", language="fr")
    await whole.do_job(INDEX)
    browser = await visitor(whole, amina)
    page = await browser.open("/search?q=alpha")
    for written, _, is_whole in OPERATORS:
        assert html.escape(written).replace("&quot;", "&#34;") in page
        if is_whole:
            assert await browser.open(f"/search?q={written}")
    for query, fits in (
        ("alpha from:me", True),
        ("alpha language:fr", True),
        ("alpha in:library", True),
        ("alpha -beta", False),
        ("alpha has:media", False),
        ("alpha before:2020", False),
    ):
        found = await results(browser, f"/search?q={query}")
        assert ("alpha beta" in found) is fits, query


@pytest.mark.parametrize("typed", ["@nadia@nantes.corp.example", "nadia@nantes.corp.example"])
async def test_a_handle_names_somebody(whole: WholeSite, typed: str) -> None:
    amina = await whole.person("amina")
    await whole.remote("nadia")
    browser = await visitor(whole, amina)
    found = await results(browser, f"/search?q={typed}")
    assert "@nadia@nantes.corp.example" in found


async def test_an_address_names_a_post(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    made = await bruno.post("/api/v1/statuses", status="Look here")
    secret = await bruno.post("/api/v1/statuses", status="Not here", visibility="direct")
    browser = await visitor(whole, amina)
    for name in ("url", "uri"):
        assert "Look here" in await results(browser, f"/search?q={made[name]}")
        assert "Nothing was found" in await results(browser, f"/search?q={secret[name]}")


async def test_odd_queries_break_nothing(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    for query in ("%01", "%22", "x" * 3000, "%25_%5C", "from:", "before:0000-99", "%F0%9F%99%82"):
        assert await browser.open(f"/search?q={query}&type=nonsense&from=-1")
    page = await browser.open('/search?q="><script>alert(1)</script>')
    assert "<script>alert(1)" not in page
    assert "What you can write" in words(await browser.open("/search"))
    await browser.open("/search?q=x&max_id=nonsense", 400)
