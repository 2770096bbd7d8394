"""Each operator over a whole site, on both databases."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
from PIL import Image
from sqlalchemy import bindparam, insert

from fedrse.core.clock import DAY
from fedrse.features.cards.model_events import CardShown
from fedrse.features.cards.tables import post_card, preview_card
from fedrse.features.search.service import INDEX
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.whole import Caller, WholeSite

ADD_CARD = Statement(
    insert(preview_card).values(
        {name: bindparam(name) for name in ("id", "url", "state", "kind")}
        | {"fetched_at": bindparam("at")}
    )
)
SHOW_CARD = Statement(
    insert(post_card).values(post_id=bindparam("post_id"), card_id=bindparam("card_id"))
)


async def search(person: Caller, query: str, **more: str | int) -> list[str]:
    """Texts of the posts that are found, newest first."""
    parameters = {"q": query, "type": "statuses"} | more
    found = await person.ok("GET", "/api/v2/search", params=parameters)
    return [one["content"].removeprefix("<p>").partition("<")[0] for one in found["statuses"]]


async def write(person: Caller, text: str, **fields: Any) -> Any:
    return await person.post("/api/v1/statuses", status=text, **fields)


async def picture(person: Caller) -> str:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    form = aiohttp.FormData()
    form.add_field("file", file.getvalue(), filename="a.png", content_type="image/png")
    return str((await person.ok("POST", "/api/v2/media", data=form))["id"])


async def test_what_posts_have_and_are(whole: WholeSite) -> None:
    ami, bob = await whole.person("ami"), await whole.person("bob")
    plain = await write(ami, "mot simple")
    await write(bob, "mot image", media_ids=[await picture(bob)])
    await write(bob, "mot question", poll={"options": ["oui", "non"], "expires_in": 600})
    await write(bob, "mot réponse", in_reply_to_id=plain["id"])
    await write(ami, "mot gênant", sensitive=True, spoiler_text="attention")
    await write(ami, "mot lien https://oslo.corp.example/page")
    await write(ami, "mot cité", quoted_status_id=plain["id"])
    await write(ami, "wort", language="de")
    await whole.do_job(INDEX)
    assert await search(bob, "has:media") == ["mot image"]
    assert await search(bob, "mot has:image") == ["mot image"]
    assert await search(bob, "has:video") == []
    assert await search(bob, "has:poll") == ["mot question"]
    assert await search(bob, "is:reply") == ["mot réponse"]
    assert await search(bob, "is:sensitive mot") == ["mot gênant"]
    assert await search(bob, "has:link -has:quote") == ["mot lien "]
    assert "mot cité" in "".join(await search(bob, "has:quote"))
    assert await search(bob, "language:de") == ["wort"]
    assert await search(bob, "mot from:ami -is:sensitive -has:link -has:quote") == ["mot simple"]
    assert await search(bob, "from:bob -has:media -is:reply") == ["mot question"]
    assert await search(bob, "from:me has:media") == ["mot image"]
    assert await search(ami, "from:me has:media") == []
    assert await search(bob, "-from:bob mot -from:nobody is:sensitive") == ["mot gênant"]
    assert await search(bob, "from:nobody") == []
    assert await search(bob, "mot -mot") == []
    assert len(await search(bob, "-image")) == 7
    assert await search(bob, "from:@ami@corp.example is:sensitive") == ["mot gênant"]
    assert await search(bob, "mot", account_id=ami.id, limit=40) == await search(
        bob, "mot from:ami", limit=40
    )


async def test_phrases(whole: WholeSite) -> None:
    ami = await whole.person("ami")
    await write(ami, "la réunion de mardi")
    await write(ami, "réunion, la semaine de la réunion")
    await whole.do_job(INDEX)
    assert await search(ami, '"la réunion de"') == ["la réunion de mardi"]
    assert await search(ami, '"réunion la"') == ["réunion, la semaine de la réunion"]
    assert await search(ami, 'réunion -"de mardi"') == ["réunion, la semaine de la réunion"]
    assert await search(ami, '"la réu"') == []


async def test_days(whole: WholeSite) -> None:
    ami = await whole.person("ami")  # 15 January 2026, 10:00 in Paris
    await write(ami, "mot un")
    whole.clock.advance(DAY)
    two = await write(ami, "mot deux")
    whole.clock.advance(DAY)
    await write(ami, "mot trois")
    nils = await whole.remote("nils")
    await ami.follow(nils)
    await whole.receive_note(
        nils,
        1,
        content="<p>mot vieux</p>",
        published="2024-02-29T22:30:00Z",
        to=["https://www.w3.org/ns/activitystreams#Public"],
    )
    await whole.do_job(INDEX)
    assert await search(ami, "mot before:2026-01-16") == ["mot un", "mot vieux"]
    assert await search(ami, "mot after:2026-01-15") == ["mot trois", "mot deux"]
    assert await search(ami, "during:2026-01-16") == ["mot deux"]
    assert await search(ami, "mot -during:2026-01-16") == ["mot trois", "mot un", "mot vieux"]
    assert await search(ami, "during:2024") == ["mot vieux"]
    assert await search(ami, "during:2024-02-29") == ["mot vieux"]
    assert await search(ami, "from:nils@nantes.corp.example") == ["mot vieux"]
    assert await search(ami, "-after:2026-01-15 -before:2026") == ["mot un"]
    # Pages: what follows an id comes in the order of the ids.
    assert await search(ami, "mot", min_id=two["id"]) == ["mot trois"]
    assert await search(ami, "mot", max_id=two["id"]) == ["mot un", "mot vieux"]
    assert await search(ami, "mot", min_id="1", limit=2) == ["mot un", "mot vieux"]


async def test_the_library(whole: WholeSite) -> None:
    ami, bob = await whole.person("ami"), await whole.person("bob")
    await write(bob, "mot ignoré")
    await write(bob, "mot pour @ami", visibility="direct")
    for action in ("favourite", "reblog", "bookmark"):
        post = await write(bob, f"mot {action}")
        await ami.post(f"/api/v1/statuses/{post['id']}/{action}")
    question = await write(bob, "mot question", poll={"options": ["oui", "non"], "expires_in": 600})
    await ami.post(f"/api/v1/polls/{question['poll']['id']}/votes", choices=["0"])
    await write(ami, "mot à moi")
    await whole.do_job(INDEX)
    assert await search(ami, "mot in:library -mention") == [
        "mot à moi",
        "mot question",
        "mot bookmark",
        "mot reblog",
        "mot favourite",
        "mot pour ",
    ]
    assert await search(ami, "in:library from:ami") == ["mot à moi"]
    assert await search(ami, "mot in:public pour") == []
    assert await search(ami, "mot in:all pour") == ["mot pour "]
    assert await search(bob, "mot in:library à") == []


async def test_films_are_known_when_their_preview_is(whole: WholeSite) -> None:
    ami = await whole.person("ami")
    post = await write(ami, "film https://oslo.corp.example/film")
    await whole.do_job(INDEX)
    assert await search(ami, "has:embed") == []

    async def show(tx: Transaction) -> None:
        await tx.run(ADD_CARD, id=1, url="https://x.example/", state="ready", kind="video", at=0)
        await tx.run(SHOW_CARD, post_id=int(post["id"]), card_id=1)
        await whole.site.ground.events.publish(tx, CardShown(int(post["id"]), "video"))

    await whole.site.ground.database.write(show)
    await whole.do_job(INDEX)
    assert await search(ami, "has:embed") == ["film "]
