"""Filters: both versions of the API, and what they mark in statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.clock import HOUR, ManualClock
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.filters.api import FiltersApi
from fedrse.features.filters.api_old import OldFiltersApi
from fedrse.features.filters.model import Action, Keyword, pattern_of, read_action
from fedrse.features.filters.model_events import FiltersChanged
from fedrse.features.filters.service import Filters
from fedrse.features.posts.model import Audience
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.posts.conftest import make_posts, media, posts, studio
from tests.features.posts.studio import Studio
from tests.features.surface import Surface, surface

__all__ = ["make_posts", "media", "posts", "studio"]


@pytest.fixture
def filters(clock: ManualClock, ids: IdMaker, events: Events, studio: Studio) -> Filters:
    made = Filters(clock=clock, ids=ids, events=events, posts=studio.posts)
    studio.posts.statuses.filter_with(made.results, made.results_for_many)
    made.listen(studio.database)
    return made


@pytest.fixture
async def site(database: Database, filters: Filters, clock: ManualClock) -> AsyncIterator[Surface]:
    routes = [
        *FiltersApi(database=database, filters=filters).routes(),
        *OldFiltersApi(database=database, filters=filters).routes(),
    ]
    async with surface(routes, clock=clock) as opened:
        yield opened


@pytest.fixture
async def amina(studio: Studio) -> Account:
    return await studio.cast.local("amina")


class App:
    """Calls the API for one person; answers other than 200 are their status."""

    def __init__(self, site: Surface, me: int) -> None:
        self.site = site
        self.me = me

    async def __call__(self, method: str, path: str, data: Any = None) -> Any:
        status, _, body = await self.site.call(method, f"/api/{path}", self.me, json=data)
        return body if status == 200 else status


async def filtered(studio: Studio, viewer: Account, post_id: int) -> Any:
    """The attribute of the status, which must be the same alone and among many."""
    shown = (await studio.status(viewer, post_id))["filtered"]

    async def unit(tx: Transaction) -> Any:
        many = await studio.posts.for_many.render(tx, {post_id: [viewer.id]})
        return msgspec.json.decode(many[post_id][viewer.id])["filtered"]

    assert await studio.database.read(unit) == shown
    return shown


async def test_the_life_of_a_filter(site: Surface, amina: Account, events: Events) -> None:
    app = App(site, amina.id)
    told: list[int] = []

    async def hear(_tx: Transaction, event: FiltersChanged) -> None:
        told.append(event.account_id)

    events.subscribe(FiltersChanged, hear)
    made = await app(
        "POST",
        "v2/filters",
        {
            "title": "Sports",
            "context": ["thread", "home"],
            "filter_action": "hide",
            "expires_in": 3600,
            "keywords_attributes": [{"keyword": "goal", "whole_word": False}, {"keyword": "ball"}],
        },
    )
    assert made == {
        "id": made["id"],
        "title": "Sports",
        "context": ["home", "thread"],
        "expires_at": "2026-01-15T10:00:00.000Z",
        "filter_action": "hide",
        "keywords": [
            {"id": made["keywords"][0]["id"], "keyword": "goal", "whole_word": False},
            {"id": made["keywords"][1]["id"], "keyword": "ball", "whole_word": True},
        ],
        "statuses": [],
    }
    path = f"v2/filters/{made['id']}"
    assert await app("GET", path) == made
    assert await app("GET", "v2/filters") == [made]
    assert await app("GET", f"{path}/keywords") == made["keywords"]
    first, second = (one["id"] for one in made["keywords"])
    changed = await app(
        "PUT",
        path,
        {
            "title": "Sport",
            "expires_in": None,
            "keywords_attributes": [
                {"id": first, "_destroy": True},
                {"id": second, "keyword": "football"},
                {"keyword": "rugby", "whole_word": False},
            ],
        },
    )
    assert (changed["title"], changed["expires_at"]) == ("Sport", None)
    assert [one["keyword"] for one in changed["keywords"]] == ["football", "rugby"]
    word = await app("POST", f"{path}/keywords", {"keyword": "tennis"})
    word_path = f"v2/filters/keywords/{word['id']}"
    assert await app("GET", word_path) == word
    assert (await app("PUT", word_path, {"keyword": "golf", "whole_word": "false"})) == {
        "id": word["id"],
        "keyword": "golf",
        "whole_word": False,
    }
    assert await app("DELETE", word_path) == {}
    assert await app("GET", word_path) == 404
    assert await app("DELETE", path) == {}
    assert await app("GET", path) == 404
    assert await app("GET", "v2/filters") == []
    assert set(told) == {amina.id}
    assert len(told) >= 6


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 422),
        ({"title": "x"}, 422),
        ({"title": "x", "context": []}, 422),
        ({"title": "x", "context": ["everywhere"]}, 422),
        ({"title": " ", "context": ["home"]}, 422),
        ({"title": "x" * 600, "context": ["home"]}, 422),
        ({"title": "x", "context": ["home"], "filter_action": "explode"}, 422),
        ({"title": "x", "context": ["home"], "expires_in": -1}, 422),
        ({"title": "x", "context": ["home"], "expires_in": 1 << 60}, 422),
        ({"title": "x", "context": ["home"], "keywords_attributes": [{}]}, 422),
        ({"title": "x", "context": ["home"], "keywords_attributes": 7}, 422),
    ],
)
async def test_wrong_filters(site: Surface, amina: Account, wish: Any, status: int) -> None:
    app = App(site, amina.id)
    assert await app("POST", "v2/filters", wish) == status
    assert await app("GET", "v2/filters") == []


async def test_nobody_elses_filters(site: Surface, studio: Studio, amina: Account) -> None:
    bruno = await studio.cast.local("bruno")
    post = await studio.write(amina, "x")
    secret = await studio.write(bruno, "secret", audience=Audience.DIRECT)
    app, other = App(site, amina.id), App(site, bruno.id)
    wish = {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "x"}]}
    made = await app("POST", "v2/filters", wish)
    named = await app("POST", f"v2/filters/{made['id']}/statuses", {"status_id": str(post.id)})
    word = made["keywords"][0]["id"]
    for method, path in [
        ("GET", f"v2/filters/{made['id']}"),
        ("PUT", f"v2/filters/{made['id']}"),
        ("DELETE", f"v2/filters/{made['id']}"),
        ("GET", f"v2/filters/{made['id']}/keywords"),
        ("POST", f"v2/filters/{made['id']}/keywords"),
        ("GET", f"v2/filters/keywords/{word}"),
        ("PUT", f"v2/filters/keywords/{word}"),
        ("DELETE", f"v2/filters/keywords/{word}"),
        ("GET", f"v2/filters/{made['id']}/statuses"),
        ("GET", f"v2/filters/statuses/{named['id']}"),
        ("DELETE", f"v2/filters/statuses/{named['id']}"),
        ("GET", f"v1/filters/{word}"),
        ("DELETE", f"v1/filters/{word}"),
    ]:
        assert await other(method, path, {"keyword": "y"}) == 404, path
    wanted = {"status_id": str(secret.id)}
    assert await app("POST", f"v2/filters/{made['id']}/statuses", wanted) == 404
    for scope in ("read:statuses", "write:statuses"):
        headers = {"Authorization": f"Bearer {amina.id}+{scope}"}
        for version in ("v1", "v2"):
            for method in ("GET", "POST"):
                path = f"/api/{version}/filters"
                assert (await site.call(method, path, headers=headers))[0] == 403


async def test_what_is_marked(
    site: Surface, studio: Studio, amina: Account, clock: ManualClock
) -> None:
    bruno = await studio.cast.local("bruno")
    app = App(site, amina.id)
    spoiler = await studio.write(bruno, "The Butler did it", summary="about the end")
    other = await studio.write(bruno, "Nothing at all")
    assert await filtered(studio, amina, spoiler.id) == []
    made = await app(
        "POST",
        "v2/filters",
        {
            "title": "Spoilers",
            "context": ["home"],
            "expires_in": 7200,
            "keywords_attributes": [
                {"keyword": "butler"},
                {"keyword": "THE END"},
                {"keyword": "p"},
            ],
        },
    )
    shown = {name: made[name] for name in made if name not in ("keywords", "statuses")}
    expected = [{"filter": shown, "keyword_matches": ["butler", "THE END"], "status_matches": None}]
    assert await filtered(studio, amina, spoiler.id) == expected
    assert await filtered(studio, amina, other.id) == []
    assert await filtered(studio, bruno, spoiler.id) == []
    boost = await studio.do(studio.posts.boost, bruno, spoiler.id)
    status = await studio.status(amina, boost.id)
    assert status["filtered"] == status["reblog"]["filtered"] == expected
    named = await app("POST", f"v2/filters/{made['id']}/statuses", {"status_id": str(other.id)})
    assert named == {"id": named["id"], "status_id": str(other.id)}
    again = {"status_id": str(other.id)}
    assert await app("POST", f"v2/filters/{made['id']}/statuses", again) == 422
    assert await filtered(studio, amina, other.id) == [
        {"filter": shown, "keyword_matches": None, "status_matches": [str(other.id)]}
    ]
    assert await app("GET", f"v2/filters/{made['id']}/statuses") == [named]
    assert await app("GET", f"v2/filters/statuses/{named['id']}") == named
    assert await app("DELETE", f"v2/filters/statuses/{named['id']}") == named
    assert await filtered(studio, amina, other.id) == []
    clock.advance(2 * HOUR)
    assert await filtered(studio, amina, spoiler.id) == []
    assert await app("PUT", f"v2/filters/{made['id']}", {"expires_in": ""}) != 422
    assert len(await filtered(studio, amina, spoiler.id)) == 1


async def test_who_has_no_filters_costs_nothing(
    site: Surface, studio: Studio, amina: Account, filters: Filters
) -> None:
    bruno = await studio.cast.local("bruno")
    post = await studio.write(bruno, "word")
    await filtered(studio, bruno, post.id)
    asked: list[str] = []

    class Watching:
        """Notes that a transaction is used."""

        snapshot = 1

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AssertionError(name)

    tx: Any = Watching()
    assert await filters.results(tx, bruno.id, [post.id]) == {}
    assert await filters.results_for_many(tx, [amina.id, bruno.id], [post.id]) == {}
    assert asked == []
    wish = {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "word"}]}
    made = await App(site, amina.id)("POST", "v2/filters", wish)
    assert len(await filtered(studio, amina, post.id)) == 1
    assert await filters.results(tx, bruno.id, [post.id]) == {}
    await App(site, amina.id)("DELETE", f"v2/filters/{made['id']}")
    assert await filtered(studio, amina, post.id) == []


async def test_version_1(site: Surface, amina: Account) -> None:
    app = App(site, amina.id)
    for wrong in ({}, {"phrase": "x"}, {"phrase": "", "context": ["home"]}):
        assert await app("POST", "v1/filters", wrong) == 422
    made = await app(
        "POST",
        "v1/filters",
        {"phrase": "noise", "context": ["home"], "irreversible": True, "whole_word": False},
    )
    assert made == {
        "id": made["id"],
        "phrase": "noise",
        "context": ["home"],
        "expires_at": None,
        "irreversible": True,
        "whole_word": False,
    }
    path = f"v1/filters/{made['id']}"
    assert await app("GET", path) == made
    assert await app("GET", "v1/filters") == [made]
    changed = await app(
        "PUT", path, {"phrase": "din", "context": ["home", "public"], "expires_in": 60}
    )
    assert changed == {
        **made,
        "phrase": "din",
        "context": ["home", "public"],
        "expires_at": "2026-01-15T09:01:00.000Z",
    }
    other = {"phrase": "din", "context": ["home"], "irreversible": False, "whole_word": True}
    assert await app("PUT", path, other) == {**changed, **other}
    (new,) = await app("GET", "v2/filters")
    assert new["title"] == "noise"
    await app("POST", f"v2/filters/{new['id']}/keywords", {"keyword": "more"})
    assert len(await app("GET", "v1/filters")) == 2
    assert await app("PUT", path, {"phrase": "din", "context": ["account"]}) == 422
    assert await app("DELETE", path) == {}
    (left,) = await app("GET", "v1/filters")
    assert await app("DELETE", f"v1/filters/{left['id']}") == {}
    assert await app("GET", "v2/filters") == []


@pytest.mark.parametrize(
    ("keyword", "whole", "text", "found"),
    [
        ("cat", True, "a CAT.", True),
        ("cat", True, "concatenate", False),
        ("cat", False, "concatenate", True),
        ("#cat", True, "my #cat!", True),
        ("c++", True, "in C++ we", True),
        ("été", True, "L'ÉTÉ arrive", True),
        ("chat", True, "chats", False),
        (".*", False, "anything", False),
        ("two words", True, "say two words now", True),
    ],
)
def test_words(keyword: str, whole: bool, text: str, found: bool) -> None:
    assert bool(pattern_of(Keyword(1, 1, keyword, whole)).search(text)) is found


@given(st.text(min_size=1, max_size=30), st.booleans(), st.text(max_size=200))
def test_no_keyword_is_a_pattern(keyword: str, whole: bool, text: str) -> None:
    found = pattern_of(Keyword(1, 1, keyword, whole)).search(text)
    assert pattern_of(Keyword(1, 1, keyword, False)).search(keyword)
    if found is not None:
        assert len(found[0]) == len(keyword)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("warn", Action.WARN),
        ("hide", Action.HIDE),
        ("blur", Action.BLUR),
        ("blur_media", Action.BLUR),
    ],
)
def test_actions(text: str, action: Action) -> None:
    assert read_action(text) is action
    with pytest.raises(Invalid):
        read_action(text.upper())
