"""What few may read shows up nowhere else: every route is asked by everybody who may not."""

from __future__ import annotations

import io
import json
from typing import Any

from aiohttp import FormData
from PIL import Image

from tests.client_api.checker import endpoints
from tests.client_api.stage import Person, Stage

STREAMING = "/api/v1/streaming/"
SECRET = "zebrafish"


async def _media(person: Person) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), (1, 2, 3)).save(picture, "PNG")
    form = FormData()
    form.add_field("file", picture.getvalue(), filename="x.png", content_type="image/png")
    form.add_field("description", f"{SECRET} picture")
    media = await person.call("POST", "/api/v2/media", data=form)
    return str(media["id"])


async def _secrets(author: Person, friend: Person) -> list[str]:
    """Posts for followers, for one person, for nobody else; marked, liked, shared, edited."""
    letter = await author.write(f"@{friend.username} {SECRET} letter", visibility="direct")
    picture = await _media(author)
    private = await author.write(
        f"{SECRET} for followers #lunch", visibility="private", media_ids=[picture]
    )
    poll = await author.write(
        f"{SECRET} poll",
        visibility="private",
        spoiler_text=f"{SECRET} warning",
        poll={"options": [f"{SECRET} a", "b"], "expires_in": 600},
    )
    for one in (letter, private, poll):
        for action in ("favourite", "bookmark"):
            await friend.post(f"/api/v1/statuses/{one['id']}/{action}")
    await author.post(f"/api/v1/statuses/{private['id']}/pin")
    await author.post(f"/api/v1/statuses/{private['id']}/reblog")
    change = {"status": f"{SECRET} changed", "media_ids": [picture]}
    await author.call("PUT", f"/api/v1/statuses/{private['id']}", json=change)
    answer = await friend.write(
        f"@{author.username} {SECRET} answer", in_reply_to_id=private["id"], visibility="private"
    )
    return [letter["id"], private["id"], poll["id"], answer["id"], poll["poll"]["id"], picture]


async def test_nothing_leaks(stage: Stage) -> None:
    author, friend, stranger, blocked = await stage.people("amina", "bruno", "chloe", "dario")
    await friend.follow(author)
    await author.post(f"/api/v1/accounts/{blocked.id}/block")
    secrets = await _secrets(author, friend)
    ids = [*secrets, author.id, friend.id]
    visitor = Person(stage, "0", "", "nobody", "")
    leaks: list[str] = []
    found_by_friend = 0
    for person in (friend, stranger, blocked, visitor):
        for one in endpoints():
            if one.method != "GET" or one.path.startswith(STREAMING):
                continue
            paths = [one.filled(i) for i in ids] if ":" in one.path else [one.path]
            for path in paths:
                query: dict[str, Any] = {
                    "q": SECRET,
                    "type": "statuses",
                    "url": f"{stage.base_url}/@{author.username}/{secrets[1]}",
                    "id[]": ids,
                    "pinned": "true" if one.path.endswith("/statuses") else "",
                }
                if "search" not in one.path:
                    query["q"] = author.username
                answer = await stage.answer(
                    "GET", path, token=person.token or None, query=query, check=False
                )
                text = json.dumps(answer.body) if not isinstance(answer.body, bytes) else ""
                if SECRET in text:
                    if person is friend:
                        found_by_friend += 1
                    else:
                        leaks.append(f"{one.name} {path} tells {person.username}: {text[:300]}")
    assert not leaks, "\n".join(leaks)
    # The walk does meet them: who may read them finds them on many ways.
    assert found_by_friend >= 15


async def test_nobody_acts_on_what_they_do_not_see(stage: Stage) -> None:
    author, friend, stranger = await stage.people("amina", "bruno", "chloe")
    await friend.follow(author)
    secrets = await _secrets(author, friend)
    before = await author.get("/api/v1/statuses", **{"id[]": secrets})
    for one in endpoints():
        if one.method == "GET" or ("/statuses/:id" not in one.path and "/polls/" not in one.path):
            continue
        for identifier in secrets:
            answer = await stranger.answer(
                one.method, one.filled(identifier), json={"choices": [0], "lang": "en"}, check=False
            )
            assert answer.status in (403, 404, 422), f"{one.name}: {answer.status}"
            assert SECRET not in json.dumps(answer.body)
    assert await author.get("/api/v1/statuses", **{"id[]": secrets}) == before
