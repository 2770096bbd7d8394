"""Quotes with agreement (FEP-044f), both ways, and the older forms."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Needs, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC, Json
from fedrse.core.clock import MINUTE, to_iso
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Audience, Post, QuotePolicy, QuoteState, Visibility
from tests.features.posts.studio import MEMBER, OUTSIDE, Studio

OPEN_POLICY = {"canQuote": {"automaticApproval": [PUBLIC]}}


async def quote_of(studio: Studio, viewer: Account, post: Post) -> Any:
    return (await studio.status(viewer, post.id))["quote"]


# We quote


async def test_a_quote_of_a_post_here_is_stamped_at_once(
    studio: Studio, local_ids: LocalIds
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, "idée")
    quote = await studio.write(bruno, "bien", quote_of_id=post.id)
    assert (quote.quote_state, quote.quote_of_uri) == ("accepted", post.uri)
    stamp = local_ids.uri("quote-authorization", quote.id)
    assert quote.quote_authorization == stamp
    shown = await quote_of(studio, amina, quote)
    assert (shown["state"], shown["quoted_status"]["id"]) == ("accepted", str(post.id))
    note = studio.outbox.last("Create").activity["object"]
    for name in ("quote", "quoteUrl", "quoteUri", "_misskey_quote"):
        assert note[name] == post.uri
    assert note["quoteAuthorization"] == stamp
    assert note["content"].startswith('<p class="quote-inline">RE: <a href=')
    assert note["tag"][-1]["rel"] == "https://misskey-hub.net/ns#_misskey_quote"
    assert (await studio.status(amina, post.id))["quotes_count"] == 1
    document = await studio.database.read(studio.posts.quotes.stamp, quote.id)
    assert document["attributedTo"] == amina.uri
    assert document["interactingObject"] == quote.uri
    assert document["interactionTarget"] == post.uri
    # The author takes the agreement back.
    with pytest.raises(NotFound):
        await studio.do(studio.posts.quotes.revoke, bruno, post.id, quote.id)
    await studio.do(studio.posts.quotes.revoke, amina, post.id, quote.id)
    assert await quote_of(studio, amina, quote) == {"state": "revoked", "quoted_status": None}
    assert studio.outbox.last("Delete").activity["object"] == stamp
    assert "quoteAuthorization" not in studio.outbox.last("Update").activity["object"]
    with pytest.raises(NotFound):
        await studio.database.read(studio.posts.quotes.stamp, quote.id)


async def test_own_posts_need_no_stamp(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, quote_policy=QuotePolicy.NOBODY)
    quote = await studio.write(amina, "moi", quote_of_id=post.id)
    assert (quote.quote_state, quote.quote_authorization) == ("accepted", None)


@pytest.mark.parametrize(
    ("quoted", "quote"),
    [
        ({"audience": Audience.NETWORK}, {"audience": Audience.PUBLIC}),
        ({"audience": Audience.SITE}, {"audience": Audience.NETWORK}),
        ({"audience": Audience.SITE}, {"visibility": Visibility.PRIVATE}),
    ],
)
async def test_a_wider_quote_is_refused(
    studio: Studio, quoted: dict[str, Any], quote: dict[str, Any]
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, **quoted)
    with pytest.raises(Invalid, match="more people"):
        await studio.write(bruno, "x", quote_of_id=post.id, **quote)
    allowed = await studio.write(bruno, "x", quote_of_id=post.id, **quoted)
    assert allowed.audience == post.audience


async def test_policies(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    fan = await studio.cast.local("fan")
    await studio.follow(fan, amina)
    nobody = await studio.write(amina, quote_policy=QuotePolicy.NOBODY)
    followers = await studio.write(amina, quote_policy=QuotePolicy.FOLLOWERS)
    private = await studio.write(amina, visibility=Visibility.PRIVATE)
    for who, post in ((bruno, nobody), (fan, nobody), (bruno, followers), (fan, private)):
        with pytest.raises((Invalid, NotFound)):
            await studio.write(who, "x", quote_of_id=post.id, visibility=Visibility.PRIVATE)
    assert (await studio.write(fan, "x", quote_of_id=followers.id)).quote_state == "accepted"

    async def approval(viewer: Account, post: Post) -> Any:
        return (await studio.status(viewer, post.id))["quote_approval"]

    assert await approval(bruno, nobody) == {
        "automatic": [],
        "manual": [],
        "current_user": "denied",
    }
    assert (await approval(amina, nobody))["current_user"] == "automatic"
    assert await approval(bruno, followers) == {
        "automatic": ["followers"],
        "manual": [],
        "current_user": "denied",
    }
    assert (await approval(fan, followers))["current_user"] == "automatic"
    await studio.do(studio.posts.set_quote_policy, amina, nobody.id, QuotePolicy.PUBLIC)
    assert (await approval(bruno, nobody))["current_user"] == "automatic"
    policy = studio.outbox.last("Update").activity["object"]["interactionPolicy"]
    assert policy == {"canQuote": {"automaticApproval": [PUBLIC]}}


async def test_a_remote_author_is_asked(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe, "1", interactionPolicy=OPEN_POLICY)
    quote = await studio.write(amina, "bien", quote_of_id=post.id)
    assert quote.quote_state == "pending"
    assert await quote_of(studio, amina, quote) == {"state": "pending", "quoted_status": None}
    request = studio.outbox.last("QuoteRequest")
    assert request.recipients.accounts == (chloe.id,)
    assert request.activity["object"] == post.uri
    assert request.activity["instrument"]["id"] == quote.uri
    stamp = f"https://{MEMBER}/stamps/1"
    answer = {"type": "Accept", "object": request.activity, "result": stamp}
    mallory = await studio.cast.remote("mallory", MEMBER)
    with pytest.raises(Refused):
        await studio.receive(mallory, answer)
    with pytest.raises(Refused):
        await studio.receive(chloe, {**answer, "result": f"https://{OUTSIDE}/stamps/1"})
    assert await studio.receive(chloe, answer) == "accepted"
    assert await studio.receive(chloe, answer) == "duplicate"
    shown = await quote_of(studio, amina, quote)
    assert shown["quoted_status"]["id"] == str(post.id)
    assert studio.outbox.last("Update").activity["object"]["quoteAuthorization"] == stamp
    # And takes it back by deleting the stamp.
    with pytest.raises(Ignored):
        await studio.receive(
            mallory,
            {"type": "Delete", "object": {"type": "Tombstone"}}
            | {"object": {"type": "QuoteAuthorization", "id": stamp}},
        )
    assert await studio.receive(chloe, {"type": "Delete", "object": stamp}) == "revoked"
    assert await quote_of(studio, amina, quote) == {"state": "revoked", "quoted_status": None}


async def test_a_refusal_by_bare_id(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe)
    quote = await studio.write(amina, "bien", quote_of_id=post.id)
    request = studio.outbox.last("QuoteRequest").activity
    assert await studio.receive(chloe, {"type": "Reject", "object": request["id"]}) == "rejected"
    assert (await quote_of(studio, amina, quote))["state"] == "rejected"


async def test_a_refusing_policy_is_honoured(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    closed = {"canQuote": {"automaticApproval": [chloe.uri]}}
    post = await studio.create(chloe, "1", interactionPolicy=closed)
    with pytest.raises(Invalid, match="cannot be quoted"):
        await studio.write(amina, "x", quote_of_id=post.id)
    asks = {"canQuote": {"automaticApproval": [chloe.uri], "manualApproval": [PUBLIC]}}
    other = await studio.create(chloe, "2", interactionPolicy=asks)
    assert (await studio.write(amina, "x", quote_of_id=other.id)).quote_state == "pending"
    approval = (await studio.status(amina, other.id))["quote_approval"]
    assert approval == {"automatic": [], "manual": ["public"], "current_user": "manual"}


async def test_a_deleted_quoted_post(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    quote = await studio.write(bruno, "x", quote_of_id=post.id)
    await studio.do(studio.posts.delete, amina, post.id)
    assert await quote_of(studio, bruno, quote) == {"state": "deleted", "quoted_status": None}


async def test_quotes_inside_quotes_are_shallow(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    first = await studio.write(amina, "1")
    second = await studio.write(amina, "2", quote_of_id=first.id)
    third = await studio.write(amina, "3", quote_of_id=second.id)
    boost = await studio.do(studio.posts.boost, amina, third.id)
    for status in await studio.statuses(amina, third.id, boost.id):
        shown = (status["reblog"] or status)["quote"]["quoted_status"]
        assert shown["id"] == str(second.id)
        assert shown["quote"] == {"state": "accepted", "quoted_status_id": str(first.id)}


async def test_a_quoted_post_for_others_is_not_shown(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    carla = await studio.cast.local("carla")
    post = await studio.write(amina)
    quote = await studio.write(bruno, "x", quote_of_id=post.id)
    await studio.block(amina, carla)
    shown = await quote_of(studio, carla, quote)
    assert shown == {"state": "unauthorized", "quoted_status": None}


# Others quote us


def request_of(studio: Studio, quoter: Account, post: Post, **note: Any) -> Json:
    instrument = studio.note(quoter, "q", **({"quote": post.uri} | note))
    return {"type": "QuoteRequest", "object": post.uri, "instrument": instrument}


async def test_a_request_is_answered_with_a_stamp(studio: Studio, local_ids: LocalIds) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.write(amina, audience=Audience.PUBLIC)
    request = request_of(studio, chloe, post)
    assert await studio.receive(chloe, request) == "accept"
    answer = studio.outbox.last("Accept")
    quote = await studio.find(request["instrument"]["id"])
    assert quote is not None
    assert answer.activity["result"] == local_ids.uri("quote-authorization", quote.id)
    assert answer.activity["object"]["type"] == "QuoteRequest"
    assert answer.recipients.accounts == (chloe.id,)
    assert quote.quote_state == "accepted"
    # The quote itself comes afterwards and is new then.
    create = {
        "type": "Create",
        "object": request["instrument"] | {"quoteAuthorization": answer.activity["result"]},
    }
    assert await studio.receive(chloe, create) == "created"
    shown = await quote_of(studio, amina, quote)
    assert shown["quoted_status"]["id"] == str(post.id)
    document = await studio.database.read(studio.posts.quotes.stamp, quote.id)
    assert document["interactingObject"] == quote.uri


@pytest.mark.parametrize("policy", [QuotePolicy.NOBODY, QuotePolicy.FOLLOWERS])
async def test_a_request_against_the_policy_is_rejected(
    studio: Studio, policy: QuotePolicy
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.write(amina, audience=Audience.PUBLIC, quote_policy=policy)
    assert await studio.receive(chloe, request_of(studio, chloe, post)) == "reject"
    assert studio.outbox.last("Reject").recipients.accounts == (chloe.id,)


async def test_a_wider_quote_of_a_remote_site_is_rejected(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.write(amina, audience=Audience.NETWORK)
    assert await studio.receive(chloe, request_of(studio, chloe, post)) == "reject"


async def test_requests_that_are_not_in_order(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    mallory = await studio.cast.remote("mallory", MEMBER)
    secret = await studio.write(amina, local_only=True)
    with pytest.raises(Refused, match="not_visible"):
        await studio.receive(chloe, request_of(studio, chloe, secret))
    post = await studio.write(amina, audience=Audience.PUBLIC)
    with pytest.raises(Refused, match="other_quote"):
        await studio.receive(chloe, request_of(studio, chloe, post, quote=secret.uri))
    with pytest.raises((Refused, Needs)):
        await studio.receive(mallory, request_of(studio, chloe, post))
    with pytest.raises(Ignored):
        await studio.receive(chloe, {"type": "QuoteRequest", "object": "https://x.example/1"})
    assert "Accept" not in studio.outbox.types()


@pytest.mark.parametrize("name", ["quote", "quoteUrl", "quoteUri", "_misskey_quote", "tag"])
async def test_older_forms_are_read(studio: Studio, name: str) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(amina, otto)
    own = await studio.create(otto, "own")
    link = {
        "type": "Link",
        "rel": "https://misskey-hub.net/ns#_misskey_quote",
        "mediaType": "application/ld+json",
        "href": own.uri,
    }
    shape = {"tag": link} if name == "tag" else {name: own.uri}
    content = f'<p class="quote-inline">RE: <a href="{own.uri}">x</a></p><p>Texte</p>'
    quote = await studio.create(otto, "q", content=content, **shape)
    assert (quote.quote_of_id, quote.quote_state) == (own.id, "accepted")
    assert quote.content == "<p>Texte</p>"


async def test_a_stamp_between_other_sites_is_looked_at(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    third = await studio.cast.remote("third", "third.example")
    for who in (otto, third):
        await studio.follow(amina, who)
    post = await studio.create(third)
    stamp = "https://third.example/stamps/1"
    quote = await studio.create(otto, "q", quote=post.uri, quoteAuthorization=stamp)
    assert quote.quote_state == QuoteState.PENDING
    assert studio.queue.jobs[-1] == ("posts.check_quote", {"post": quote.id})
    good = {
        "type": "QuoteAuthorization",
        "id": stamp,
        "attributedTo": third.uri,
        "interactingObject": quote.uri,
        "interactionTarget": post.uri,
    }
    check = studio.posts.refresher.check_stamp
    for name in ("id", "attributedTo", "interactingObject", "interactionTarget", "type"):
        assert await studio.do(check, quote.id, {**good, name: otto.uri}) is False
    assert await studio.do(check, quote.id, good) is True
    shown = await quote_of(studio, amina, quote)
    assert shown["quoted_status"]["id"] == str(post.id)


async def test_a_stamp_that_comes_with_an_update(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", OUTSIDE)
    third = await studio.cast.remote("third", "third.example")
    for who in (otto, third):
        await studio.follow(amina, who)
    post = await studio.create(third)
    quote = await studio.create(otto, "q", quote=post.uri)
    assert studio.queue.jobs == []
    studio.clock.advance(MINUTE)
    note = studio.note(
        otto,
        "q",
        quote=post.uri,
        quoteAuthorization="https://third.example/stamps/1",
        updated=to_iso(studio.clock.now()),
    )
    await studio.receive(otto, {"type": "Update", "object": note})
    assert studio.queue.jobs[-1] == ("posts.check_quote", {"post": quote.id})
