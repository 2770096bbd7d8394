"""Polls that are asked, voted on and read in tests."""

from __future__ import annotations

from typing import Any

import msgspec

from fedrse.features.accounts.model import Account
from fedrse.features.polls.service import END, Polls
from fedrse.features.posts.model import Post
from fedrse.jobs.model import Job
from tests.features.posts.studio import Studio

POLL = {"options": ["oui", "non", "peut-être"], "expires_in": "600"}


async def shown(studio: Studio, polls: Polls, viewer: Account | None, post_id: int) -> Any:
    return msgspec.json.decode(
        await studio.database.read(polls.access_poll, viewer.id if viewer else None, post_id)
    )


def numbers(poll: Any) -> list[int | None]:
    return [option["votes_count"] for option in poll["options"]]


async def ask(studio: Studio, author: Account, **poll: Any) -> Post:
    return await studio.write(author, "On y va ?", poll=POLL | poll)


async def run_end(studio: Studio, polls: Polls, post_id: int) -> None:
    job = Job(1, END, {"post": post_id}, None, 1, 0)
    await studio.database.write(polls.end, job)


def question(studio: Studio, author: Account, /, **more: Any) -> dict[str, Any]:
    options = [
        {"type": "Note", "name": title, "replies": {"type": "Collection", "totalItems": votes}}
        for title, votes in (("oui", 5), ("non", 2))
    ]
    values: dict[str, Any] = {"type": "Question", "oneOf": options, "votersCount": 7}
    return studio.note(author, "q", **(values | more))


def counted(oui: int, non: int) -> list[dict[str, Any]]:
    return [
        {"type": "Note", "name": title, "replies": {"totalItems": votes}}
        for title, votes in (("oui", oui), ("non", non))
    ]


def vote_note(studio: Studio, voter: Account, post: Post, title: str, /, **more: Any) -> Any:
    name = f"vote-{title}-{studio.clock.now()}"
    values = {"name": title, "content": None, "inReplyTo": post.uri, "to": [post.uri], "cc": None}
    return studio.note(voter, name, **(values | more))
