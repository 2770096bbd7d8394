"""Answers to posts whose author wants to be asked first (policies of GoToSocial), both ways."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Audience, Post, Visibility
from tests.features.posts.studio import OUTSIDE, Studio

ASK_FIRST = {"canReply": {"automaticApproval": [], "manualApproval": [PUBLIC]}}
STAMP = f"https://{OUTSIDE}/approvals/1"


@pytest.fixture
async def people(studio: Studio) -> tuple[Account, Account]:
    """Somebody here who follows somebody elsewhere."""
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    return amina, otto


def kinds(studio: Studio) -> list[str]:
    return [str(one.activity["type"]) for one in studio.outbox.sent]


async def answered(studio: Studio, amina: Account, otto: Account, **more: Any) -> tuple[Post, Post]:
    post = await studio.create(otto, "1", interactionPolicy=ASK_FIRST)
    reply = await studio.write(
        amina, "oui", reply_to_id=post.id, visibility=Visibility.PUBLIC, **more
    )
    return post, reply


async def test_the_author_is_asked_and_nobody_else_told(
    studio: Studio, people: tuple[Account, Account]
) -> None:
    amina, otto = people
    post, reply = await answered(studio, amina, otto)
    assert kinds(studio) == ["ReplyRequest"]
    asked = studio.outbox.last("ReplyRequest")
    assert asked.recipients.accounts == (otto.id,)
    assert asked.recipients.personal
    assert asked.recipients.followers_of is None
    assert asked.activity["object"] == post.uri
    assert asked.activity["instrument"]["id"] == reply.uri
    assert asked.activity["instrument"]["inReplyTo"] == post.uri
    await studio.edit(amina, reply.id, text="oui !")
    assert kinds(studio) == ["ReplyRequest"], "edits wait, too"


@pytest.mark.parametrize("form", ["embedded", "request", "answer"])
async def test_after_the_agreement_all_get_it(
    studio: Studio, people: tuple[Account, Account], form: str
) -> None:
    amina, otto = people
    _, reply = await answered(studio, amina, otto)
    request = studio.outbox.last("ReplyRequest").activity
    told = {"embedded": request, "request": request["id"], "answer": reply.uri}[form]
    accept = {"type": "Accept", "object": told, "result": STAMP}
    other = await studio.cast.remote("other", OUTSIDE)
    for wrong in ({**accept, "result": None}, {**accept, "result": "https://evil.example/1"}):
        with pytest.raises(Refused, match="no_stamp"):
            await studio.receive(otto, wrong)
    with pytest.raises(Refused, match="not_author"):
        await studio.receive(other, accept)
    assert kinds(studio) == ["ReplyRequest"]
    assert await studio.receive(otto, accept) == "accepted"
    created = studio.outbox.last("Create")
    assert created.recipients.followers_of == amina.id
    note = created.activity["object"]
    assert note["approvedBy"] == note["replyAuthorization"] == STAMP
    assert await studio.receive(otto, accept) == "duplicate"
    await studio.edit(amina, reply.id, text="oui !")
    assert studio.outbox.last("Update").activity["object"]["approvedBy"] == STAMP


async def test_without_an_agreement_it_stays_here(
    studio: Studio, people: tuple[Account, Account]
) -> None:
    amina, otto = people
    _, reply = await answered(studio, amina, otto)
    request = studio.outbox.last("ReplyRequest").activity
    assert await studio.receive(otto, {"type": "Reject", "object": request}) == "rejected"
    assert kinds(studio) == ["ReplyRequest"]
    assert await studio.seen(amina, reply.id) == [reply.id]


async def test_nobody_is_asked_about_what_does_not_leave_the_site(
    studio: Studio, people: tuple[Account, Account]
) -> None:
    _, reply = await answered(studio, *people, local_only=True)
    assert reply.audience == Audience.SITE
    assert kinds(studio) == []


async def test_an_agreement_to_what_was_sent_already_is_told(
    studio: Studio, people: tuple[Account, Account]
) -> None:
    """Those who may answer without being asked get an agreement all the same."""
    amina, otto = people
    post = await studio.create(otto, "1", interactionPolicy={"canReply": {"always": [PUBLIC]}})
    reply = await studio.write(amina, "oui", reply_to_id=post.id)
    assert kinds(studio) == ["Create"]
    accept = {"type": "Accept", "object": reply.uri, "result": STAMP}
    assert await studio.receive(otto, accept) == "accepted"
    assert studio.outbox.last("Update").activity["object"]["approvedBy"] == STAMP


async def test_whoever_reads_a_post_here_may_answer(
    studio: Studio, people: tuple[Account, Account]
) -> None:
    amina, otto = people
    post = await studio.write(amina, "?", audience=Audience.PUBLIC)
    note = studio.note(otto, "9", inReplyTo=post.uri)
    request = {"type": "ReplyRequest", "id": f"{note['id']}#r", "object": post.uri}
    assert await studio.receive(otto, request | {"instrument": note}) == "created"
    found = await studio.find(note["id"])
    assert found is not None
    assert found.reply_to_id == post.id
    answer = studio.outbox.last("Accept")
    assert answer.recipients.accounts == (otto.id,)
    assert answer.activity["object"]["id"] == request["id"]
    with pytest.raises(Needs):
        await studio.receive(otto, request | {"instrument": f"https://{OUTSIDE}/notes/10"})
    with pytest.raises(Ignored, match="unknown_object"):
        await studio.receive(otto, request | {"object": note["id"], "instrument": note})
    secret = await studio.write(amina, "!", audience=Audience.SITE)
    with pytest.raises(Refused, match="not_visible"):
        await studio.receive(otto, request | {"object": secret.uri, "instrument": note})
    foreign = {**note, "id": "https://evil.example/1"}
    with pytest.raises(Refused):
        await studio.receive(otto, request | {"instrument": foreign})


async def test_accepts_of_other_things_are_not_ours(
    studio: Studio, people: tuple[Account, Account]
) -> None:
    amina, otto = people
    post = await studio.write(amina, "no answer")
    for uri in (post.uri, f"https://{OUTSIDE}/notes/77", "x"):
        with pytest.raises(Ignored):
            await studio.receive(otto, {"type": "Accept", "object": uri, "result": STAMP})
