"""Filters on pages, as somebody without script makes and changes them."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.features.filters.pages_form import MOST_ROWS, SPARE_ROWS
from tests.features.visitor import visitor, words
from tests.features.whole import Caller, WholeSite

PATH = "/settings/filters"
PLAIN: list[tuple[str, str]] = [
    ("title", "Series"),
    ("words[0]", "dragon"),
    ("whole[0]", "1"),
    ("words[1]", "winter is coming"),
    ("words[2]", ""),
    ("action", "hide"),
    ("places[]", "home"),
    ("places[]", "thread"),
    ("duration", "86400"),
]


async def own(person: Caller) -> Any:
    return await person.get("/api/v2/filters")


def without(name: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [pair for pair in PLAIN if pair[0] != name] + list(more)


async def test_made_changed_and_deleted(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    assert "No filters yet" in await browser.read(PATH)
    await browser.open(f"{PATH}/new")
    for _ in range(2):  # a button that is pressed twice
        status, where, _ = await browser.send(f"{PATH}/new", PLAIN)
        assert (status, where) == (303, f"{PATH}?done=saved")
    (made,) = await own(amina)
    assert made["title"] == "Series"
    assert made["filter_action"] == "hide"
    assert made["context"] == ["home", "thread"]
    assert made["expires_at"] == "2026-01-16T09:00:00.000Z"
    found = [(one["keyword"], one["whole_word"]) for one in made["keywords"]]
    assert found == [("dragon", True), ("winter is coming", False)]
    listed = await browser.read(where)
    assert "Series" in listed
    assert "Hide it completely · Home and lists, Conversations" in listed
    # The first word changes, the second goes, one comes; the end stays.
    path, first = f"{PATH}/{made['id']}", made["keywords"][0]["id"]
    page = await browser.open(path)
    assert f'name="ids[0]" value="{first}"' in page
    change = [
        *(("title", "Films"), ("words[0]", "Dragons"), ("ids[0]", first)),
        *(("words[4]", "elves"), ("action", "warn"), ("places[]", "public")),
        ("duration", "keep"),
    ]
    status, _, _ = await browser.send(path, change)
    assert status == 303
    (changed,) = await own(amina)
    assert changed["expires_at"] == made["expires_at"]
    assert changed["context"] == ["public"]
    found = [(one["id"], one["keyword"], one["whole_word"]) for one in changed["keywords"]]
    assert found[0] == (first, "Dragons", False)
    assert [one[1] for one in found] == ["Dragons", "elves"]
    for _ in range(2):
        assert await browser.sent(f"{path}/delete") == f"{PATH}?done=deleted"
    assert await own(amina) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (without("title", ("title", "  ")), "Give it a name"),
        (without("title", ("title", "x" * 513)), "512 characters are the most"),
        (without("words[1]", ("words[0]", " "), ("words[1]", "")), "Write at least one word"),
        (without("words[0]", ("words[0]", "y" * 513)), "512 characters are the most"),
        (without("places[]"), "Choose at least one place"),
        (without("places[]", ("places[]", "moon")), "Choose at least one place"),
        (without("action", ("action", "burn")), "Choose what happens"),
        (without("duration", ("duration", "12")), "Choose one of these"),
        (without("duration", ("duration", "keep")), "Choose one of these"),
    ],
)
async def test_what_is_wrong_stands_at_the_field(
    whole: WholeSite, fields: list[tuple[str, str]], sentence: str
) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    status, _, page = await browser.send(f"{PATH}/new", fields)
    assert status == 422
    assert sentence in words(page)
    typed = dict(fields)
    for name in ("title", "words[0]", "words[1]"):
        assert f'value="{typed.get(name, "").strip() or ""}"' in page, "typed text is kept"
    assert await own(amina) == []


async def test_more_rows_keep_what_was_typed(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    many = [(f"words[{row}]", f"word{row}") for row in range(MOST_ROWS + 5)]
    status, _, page = await browser.send(f"{PATH}/new", [*many[:4], ("more", "1")])
    assert status == 200
    assert page.count('name="words[') == 4 + SPARE_ROWS
    assert 'value="word3"' in page
    assert "field-error" not in page, "nobody is told what is missing before they are done"
    status, _, _ = await browser.send(f"{PATH}/new", [*PLAIN, *many])
    assert status == 303
    (made,) = await own(amina)
    assert len(made["keywords"]) == MOST_ROWS


async def test_filters_of_others_are_not_there(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    made = await bruno.post("/api/v2/filters", title="Mine", context=["home"])
    browser = await visitor(whole, amina)
    await browser.open(f"{PATH}/{made['id']}", 404)
    status, _, _ = await browser.send(f"{PATH}/{made['id']}", PLAIN)
    assert status == 404
    await browser.sent(f"{PATH}/{made['id']}/delete")
    assert len(await own(bruno)) == 1
    assert "Mine" not in await browser.read(PATH)
