"""Questions of other sites: each gets whom it may know, and only so many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import MINUTE
from fedrse.core.errors import Unauthenticated
from fedrse.features.instance.model_signed_fetch import Signer
from fedrse.features.profiles.api_search import PATH, PER_PEER, PER_PERSON, SearchDocumentsApi
from fedrse.features.profiles.model import FIELDS, Level
from fedrse.features.profiles.model_elsewhere import FURTHEST, PER_ANSWER, TOLD
from fedrse.http.request import Request
from tests.features.profiles.test_card_visibility import (
    NANTES,
    OSLO,
    OUTSIDE,
    OWN,
    TYPED,
    found_in,
    save,
)
from tests.features.surface import Surface, surface
from tests.features.whole import WholeSite


class Asker:
    """Asks as somebody; the test's signed fetch believes a header."""

    def __init__(self, wire: Surface) -> None:
        self._wire = wire

    async def ask(self, signer: str | None, **wish: str) -> tuple[int, Any]:
        headers = {} if signer is None else {"X-Signer": signer}
        path = f"{PATH}?{urlencode({'kind': 'people', **wish})}"
        status, _, body = await self._wire.call("GET", path, headers=headers)
        return status, msgspec.json.decode(body) if isinstance(body, bytes) else body

    async def names(self, signer: str, **wish: str) -> list[str]:
        status, document = await self.ask(signer, **wish)
        assert status == 200, document
        return [one["preferredUsername"] for one in document["orderedItems"]]


@pytest.fixture
async def asker(whole: WholeSite, local_ids: LocalIds) -> AsyncIterator[Asker]:
    api = SearchDocumentsApi(
        database=whole.site.ground.database,
        profiles=whole.site.services.profiles,
        local_ids=local_ids,
        signed_fetch=person_in_header,
        clock=whole.clock,
    )
    async with surface(api.routes(), clock=whole.clock) as wire:
        yield Asker(wire)


async def person_in_header(request: Request) -> Signer:
    """``host`` or ``name@host``: the site itself, or one of its people."""
    text = request.headers.get("X-Signer")
    if text is None:
        raise Unauthenticated("unsigned", "Sign")
    name, _, host = text.rpartition("@")
    return Signer(f"https://{host}/ap/u/{name}" if name else f"https://{host}/actor", host)


@pytest.mark.parametrize("level", list(Level))
async def test_nobody_is_found_by_what_is_not_for_that_site(
    whole: WholeSite, asker: Asker, level: Level
) -> None:
    await whole.person("qzboss")
    owner = await whole.person("amina")
    await save(owner, dict.fromkeys(FIELDS, level))
    wishes = {
        "q": "Qzfunction",
        "skill": "qzskill",
        "unit": "QZUNIT",
        "site": "qzsite",
        "language": "qzlanguage",
        "manager": "qzboss@corp.example",
    }
    for host, levels in ((NANTES, {Level.SITES, Level.NETWORK}), (OSLO, {Level.NETWORK})):
        for name, text in wishes.items():
            expected = ["amina"] if level in levels else []
            assert await asker.names(host, **{name: text}) == expected, (host, name)
        _, document = await asker.ask(host, q="amina")
        assert len(document["orderedItems"]) == 1, "names are no secret"
        shown = found_in(document)
        assert shown == (set(TOLD) if level in levels else set()), "the rest is another question"


async def test_the_answer_says_who_and_where(whole: WholeSite, asker: Asker) -> None:
    owner = await whole.person("amina")
    await owner.ok("PUT", OWN, json={"expertise": "Welding, 12", "function": "Head"})
    _, document = await asker.ask(NANTES, skill="weld")
    (item,) = document["orderedItems"]
    assert (document["type"], document["totalItems"]) == ("OrderedCollection", 1)
    assert (item["id"], item["type"], item["name"]) == (owner.account.uri, "Person", "Amina")
    assert item["webfinger"] == "amina@corp.example"
    assert item["contactCard"]["expertise"] == [{"name": "Welding", "years": 12}]
    assert item["contactCard"]["attributedTo"] == owner.account.uri
    assert "next" not in document


async def test_only_signed_questions_of_members(whole: WholeSite, asker: Asker) -> None:
    await whole.person("amina")
    assert (await asker.ask(None, q="amina"))[0] == 401
    assert (await asker.ask(OUTSIDE, q="amina"))[0] == 404
    status, _, _ = await whole.call("GET", f"{PATH}?kind=people&q=amina")
    assert status == 401, "the real site asks for a signature, too"


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"q": "a"},
        {"q": " ", "skill": "x"},
        {"kind": "posts", "q": "amina"},
        {"kind": "", "q": "amina"},
        {"q": "amina", "cursor": "-1"},
        {"q": "amina", "cursor": "x"},
        {"q": "amina", "cursor": "٣"},
        {"q": "amina", "cursor": str(FURTHEST)},
        {"q": "amina", "cursor": "9" * 300},
    ],
)
async def test_what_is_no_question_is_refused(asker: Asker, wish: dict[str, str]) -> None:
    assert (await asker.ask(NANTES, **wish))[0] == 400


async def test_long_questions_are_cut(whole: WholeSite, asker: Asker) -> None:
    await whole.person("amina")
    assert await asker.names(NANTES, q="amina " * 200) == ["amina"]


async def test_many_people_come_in_pages(whole: WholeSite, asker: Asker) -> None:
    people = [await whole.person(f"p{number:02}") for number in range(PER_ANSWER + 2)]
    _, first = await asker.ask(NANTES, q="p0 ")
    assert first["totalItems"] == 10
    _, first = await asker.ask(NANTES, site="Lyon")
    assert first["totalItems"] == 0
    for person in people:
        await person.ok("PUT", OWN, json={"site": "Lyon"})
    _, first = await asker.ask(NANTES, site="Lyon")
    assert (first["totalItems"], len(first["orderedItems"])) == (len(people), PER_ANSWER)
    assert first["next"].endswith(f"kind=people&site=Lyon&cursor={PER_ANSWER}")
    _, second = await asker.ask(NANTES, site="Lyon", cursor=str(PER_ANSWER))
    assert len(second["orderedItems"]) == 2
    assert "next" not in second


async def test_sites_and_people_ask_only_so_often(whole: WholeSite, asker: Asker) -> None:
    async def status(signer: str) -> int:
        return (await asker.ask(signer, q="amina"))[0]

    assert [await status(f"bruno@{NANTES}") for _ in range(PER_PERSON)] == [200] * PER_PERSON
    assert await status(f"bruno@{NANTES}") == 429
    assert await status(f"carla@{NANTES}") == 200
    for number in range(PER_PEER):
        await status(f"p{number}@{NANTES}")
    assert await status(f"dora@{NANTES}") == 429
    assert await status(f"dora@{OSLO}") == 200, "each site has its own quota"
    whole.clock.advance(MINUTE)
    assert await status(f"bruno@{NANTES}") == 200


async def test_whoever_is_blocked_gets_what_everybody_gets(whole: WholeSite, asker: Asker) -> None:
    await whole.person("qzboss")
    owner = await whole.person("amina")
    bruno = await whole.remote("bruno", NANTES)
    rules = dict.fromkeys(FIELDS, Level.SITES) | {"function": Level.NETWORK}
    await save(owner, rules)
    assert TYPED["expertise"][1] == "Qzskill"
    signer = f"bruno@{NANTES}"
    assert bruno.uri == f"https://{NANTES}/ap/u/bruno"
    assert await asker.names(signer, skill="Qzskill") == ["amina"]
    await owner.post(f"/api/v1/accounts/{bruno.id}/block")
    assert await asker.names(signer, skill="Qzskill") == []
    _, document = await asker.ask(signer, q="Qzfunction")
    assert found_in(document) == {"function"}
    assert await asker.names(NANTES, skill="Qzskill") == ["amina"], "the site itself is not blocked"
