"""Somebody follows people for some languages only (``languages`` of a follow)."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, update

from fedrse.core.paging import Page
from fedrse.features.relationships.tables import follow
from fedrse.features.timelines.service import Timelines
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.features.timelines.histories import Told, World
from tests.features.whole import WholeSite

CHOOSE = Statement(
    update(follow)
    .where(follow.c.account_id == bindparam("who"), follow.c.target_id == bindparam("whom"))
    .values(languages=bindparam("wanted"))
)
HOME = "/api/v1/timelines/home"


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("readers", [1, 4])
async def test_only_what_is_in_these_languages_is_at_home(
    database: Database, world: World, timelines: Timelines, local: bool, readers: int
) -> None:
    """The same whether posts are copied or, from three readers on here, looked up."""

    async def unit(tx: Transaction) -> None:
        author = await world.add_person(tx, local=local)
        people = [await world.add_person(tx) for _ in range(readers + 1)]
        picky, others = people[0], people[1:]
        for one in people:
            await world.follow(tx, one, author)
        await tx.run(CHOOSE, who=picky, whom=author, wanted='["fr", "pt-BR"]')

        async def written(language: str | None) -> Told:
            return await world.add_post(tx, author, local=local, language=language)

        languages = ("fr", "en", None, "pt-BR", "pt", "fro", "r", "fr-CA", "pt-PT", "en-FR")
        told = [await written(one) for one in languages]
        wanted = [told[number].id for number in (7, 3, 2, 0)]
        everything = [one.id for one in reversed(told)]
        assert await timelines.home(tx, picky, Page()) == wanted
        for one in others:
            assert await timelines.home(tx, one, Page()) == everything
        # Open apps hear of the same posts.
        found = await timelines.readers(tx, everything, people)
        assert [post for post in everything if picky in found[post]] == wanted
        assert all(set(others) <= set(found[post]) for post in everything)
        # Boosts are not about what their author writes.
        stranger = await world.add_person(tx)
        english = await world.add_post(tx, stranger, language="en")
        boost = await world.add_post(tx, author, local=local, original=english)
        assert boost.id in await timelines.home(tx, picky, Page())

    await database.write(unit)


async def test_an_answer_in_another_language_is_not_at_home(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> None:
        me, author, friend = [await world.add_person(tx) for _ in range(3)]
        for one in (author, friend):
            await world.follow(tx, me, one)
        await tx.run(CHOOSE, who=me, whom=author, wanted='["fr"]')
        question = await world.add_post(tx, friend, language="en")
        await world.add_post(tx, author, parent=question, language="en")
        answer = await world.add_post(tx, author, parent=question, language="fr")
        assert await timelines.home(tx, me, Page()) == [answer.id, question.id]

    await database.write(unit)


async def test_apps_choose_languages(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")

    async def write(text: str, language: str) -> None:
        await bruno.post("/api/v1/statuses", status=text, language=language)

    async def home() -> list[str]:
        return [one["content"] for one in await amina.get(HOME)]

    await write("before", "en")
    await write("avant", "fr")
    path = f"/api/v1/accounts/{bruno.id}/follow"
    assert (await amina.post(path, languages=["fr"]))["languages"] == ["fr"]
    assert await home() == ["<p>avant</p>"], "also of what was written before"
    await write("ici", "fr")
    await write("here #tea", "en")
    assert await home() == ["<p>ici</p>", "<p>avant</p>"]
    # Tags that one follows do not bring in what one does not want to read of somebody.
    await amina.post("/api/v1/tags/tea/follow")
    await write("more #tea", "en")
    assert await home() == ["<p>ici</p>", "<p>avant</p>"]
    await amina.post(path, languages=[])
    await write("now", "en")
    assert (await home())[0] == "<p>now</p>"
