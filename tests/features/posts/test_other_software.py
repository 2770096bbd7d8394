"""Posts as Lemmy, PeerTube, Misskey, Akkoma, GoToSocial, Mobilizon and WordPress write them.

Shapes, not copies: one thing where others have a list, lists of objects, missing and null fields,
booleans as text.
"""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Needs
from fedrse.activitypub.vocabulary import PUBLIC, Json
from fedrse.features.accounts.model import Account
from tests.features.posts.studio import OUTSIDE, Studio

HOST = f"https://{OUTSIDE}"
OTTO = f"{HOST}/ap/u/otto"
GROUP = f"{HOST}/ap/u/groupe"


@pytest.fixture
async def otto(studio: Studio) -> Account:
    """Followed from here."""
    otto = await studio.cast.remote("otto", OUTSIDE)
    await studio.follow(await studio.cast.local("amina"), otto)
    return otto


LEMMY = {
    "type": "Page",
    "id": f"{HOST}/post/1",
    "attributedTo": OTTO,
    "to": [GROUP, PUBLIC],
    "cc": [],
    "audience": GROUP,
    "name": "Un lien & des idées",
    "content": "<p>Le texte</p>\n",
    "mediaType": "text/html",
    "source": {"content": "Le texte", "mediaType": "text/markdown"},
    "attachment": [{"type": "Link", "href": "https://x.example/article"}],
    "image": {"type": "Image", "url": "https://x.example/vignette.png"},
    "sensitive": False,
    "commentsEnabled": True,
    "language": {"identifier": "fr", "name": "Français"},
    "published": "2026-01-15T08:00:00.123456Z",
}
PEERTUBE = {
    "type": "Video",
    "id": f"{HOST}/videos/watch/1",
    "name": "La vidéo",
    "duration": "PT60S",
    "uuid": "1",
    "category": {"identifier": "1", "name": "Music"},
    "views": 3,
    "sensitive": "false",
    "waitTranscoding": False,
    "commentsEnabled": True,
    "published": "2026-01-15T08:00:00Z",
    "updated": "2026-01-15T08:00:00Z",
    "mediaType": "text/markdown",
    "content": "Une *description*",
    "icon": [{"type": "Image", "url": "https://x.example/1.jpg", "mediaType": "image/jpeg"}],
    "url": [
        {"type": "Link", "mediaType": "text/html", "href": f"{HOST}/w/1"},
        {"type": "Link", "mediaType": "application/x-mpegURL", "href": f"{HOST}/1.m3u8", "tag": []},
        {"type": "Link", "mediaType": "video/mp4", "href": f"{HOST}/1-480.mp4", "height": 480},
    ],
    "attributedTo": [{"type": "Group", "id": GROUP}, {"type": "Person", "id": OTTO}],
    "to": [PUBLIC],
    "cc": [f"{OTTO}/followers"],
    "tag": [{"type": "Hashtag", "name": "cinéma"}, {"type": "Hashtag"}, None, 7],
}
MISSKEY = {
    "type": "Note",
    "id": f"{HOST}/notes/9abc",
    "attributedTo": OTTO,
    "summary": None,
    "content": "<p><span>Bonjour </span>❤️</p>",
    "_misskey_content": "Bonjour ❤️",
    "source": {"content": "Bonjour ❤️", "mediaType": "text/x.misskeymarkdown"},
    "published": "2026-01-15T08:00:00.000Z",
    "to": [PUBLIC],
    "cc": [f"{OTTO}/followers"],
    "inReplyTo": None,
    "attachment": [],
    "sensitive": "true",
    "tag": [
        {
            "id": f"{HOST}/emojis/chat",
            "type": "Emoji",
            "name": ":chat:",
            "updated": "2026-01-01T00:00:00Z",
            "icon": {"type": "Image", "mediaType": "image/png", "url": "https://x.example/c.png"},
        }
    ],
}
AKKOMA = {
    "type": "Note",
    "actor": OTTO,
    "attributedTo": [OTTO],
    "id": f"{HOST}/objects/1",
    "context": f"{HOST}/contexts/1",
    "conversation": f"{HOST}/contexts/1",
    "contentMap": {"fr": "<p>Bonjour</p>", "en": "<p>Hello</p>"},
    "published": "2026-01-15T08:00:00Z",
    "to": PUBLIC,
    "cc": f"{OTTO}/followers",
    "summary": "",
    "sensitive": None,
    "attachment": {
        "type": "Document",
        "mediaType": "image/png",
        "name": "un chat",
        "url": [{"type": "Link", "href": "https://x.example/a.png", "mediaType": "image/png"}],
    },
    "tag": {"type": "Emoji", "id": None, "name": ":a:", "icon": {"url": "https://x.example/a.png"}},
    "likes": [],
    "likes_count": 0,
    "repliesCount": "3",
    "emoji": {},
}
GOTOSOCIAL = {
    "type": "Note",
    "id": f"{HOST}/users/otto/statuses/01H",
    "attributedTo": {"id": OTTO, "type": "Person"},
    "content": "<p>Bonjour</p>",
    "contentMap": {"fr": "<p>Bonjour</p>"},
    "published": "2026-01-15T09:00:00+01:00",
    "to": "Public",
    "cc": f"{OTTO}/followers",
    "attachment": [],
    "tag": [],
    "replies": {"type": "Collection", "id": f"{HOST}/r", "first": {"type": "CollectionPage"}},
    "interactionPolicy": {"canLike": {"automaticApproval": PUBLIC}, "canReply": "x"},
}
MOBILIZON = {
    "type": "Event",
    "id": f"{HOST}/events/1",
    "attributedTo": [GROUP, OTTO],
    "actor": OTTO,
    "name": "La fête",
    "content": "<p>Venez</p>",
    "startTime": "2026-06-01T18:00:00+02:00",
    "endTime": None,
    "location": {"type": "Place", "name": "Lyon", "address": {"type": "PostalAddress"}},
    "joinMode": "free",
    "maximumAttendeeCapacity": 0,
    "draft": False,
    "to": [PUBLIC],
    "cc": [],
    "uuid": "1",
    "url": f"{HOST}/events/1",
    "published": "2026-01-15T08:00:00Z",
    "mediaType": "text/html",
}
WORDPRESS = {
    "type": "Article",
    "id": f"{HOST}/?p=1",
    "attributedTo": OTTO,
    "nameMap": {"fr": "Titre"},
    "contentMap": {"fr": "<h2>Intertitre</h2><p>Texte</p>"},
    "summaryMap": {"fr": "Résumé"},
    "summary": "Résumé",
    "url": [f"{HOST}/article", f"{HOST}/?p=1"],
    "to": [PUBLIC, f"{OTTO}/followers"],
    "published": "2026-01-15T08:00:00Z",
    "tag": {"type": "Hashtag", "href": f"{HOST}/tag/a", "name": "#a"},
    "preview": {"type": "Note", "content": "<p>Résumé</p>"},
}

# What a person here reads in each: text that is shown, address, tags, pictures or files.
SHOWN: list[tuple[Json, list[str], str, list[str], int]] = [
    (LEMMY, ["Un lien &amp; des idées", "Le texte"], f"{HOST}/post/1", [], 1),
    (PEERTUBE, ["La vidéo", "Une *description*", f"{HOST}/w/1"], f"{HOST}/w/1", ["cinema"], 1),
    (MISSKEY, ["Bonjour "], f"{HOST}/notes/9abc", [], 0),
    (AKKOMA, ["<p>Bonjour</p>"], f"{HOST}/objects/1", [], 1),
    (GOTOSOCIAL, ["<p>Bonjour</p>"], f"{HOST}/users/otto/statuses/01H", [], 0),
    (MOBILIZON, ["La fête", "Venez"], f"{HOST}/events/1", [], 0),
    (WORDPRESS, ["Titre", "Texte", f"{HOST}/article"], f"{HOST}/article", ["a"], 0),
]


@pytest.mark.parametrize("wrapped", ["object", "list"])
@pytest.mark.parametrize("case", SHOWN, ids=lambda case: str(case[0]["id"]).split("/", 3)[3])
async def test_what_is_shown(
    studio: Studio, otto: Account, case: tuple[Any, ...], wrapped: str
) -> None:
    document, texts, address, tags, media = case
    thing = document if wrapped == "object" else [document]
    assert await studio.receive(otto, {"type": "Create", "object": thing}) == "created"
    post = await studio.find(document["id"])
    assert post is not None
    assert (post.audience, post.account_id) == ("public", otto.id)
    amina = await studio.database.read(studio.cast.accounts.by_handle, "amina", None)
    status = await studio.status(amina, post.id)
    for text in texts:
        assert text in status["content"], status["content"]
    assert status["url"] == address
    assert [tag["name"] for tag in status["tags"]] == tags
    assert len(status["media_attachments"]) == media
    assert status["created_at"] == "2026-01-15T08:00:00.000Z" or document is LEMMY


async def test_truths_in_words(studio: Studio, otto: Account) -> None:
    found = {}
    for document in (PEERTUBE, MISSKEY, AKKOMA):
        await studio.receive(otto, {"type": "Create", "object": document})
        post = await studio.find(document["id"])
        assert post is not None
        found[document["id"]] = post.sensitive
    assert list(found.values()) == [False, True, False]
    akkoma = await studio.find(AKKOMA["id"])
    assert akkoma is not None
    assert akkoma.language == "fr"


async def test_a_group_announces_the_page_of_a_member(studio: Studio, otto: Account) -> None:
    """Lemmy: what the group passes on is fetched, then its announcement counts."""
    amina = await studio.database.read(studio.cast.accounts.by_handle, "amina", None)
    assert amina is not None
    group = await studio.cast.remote("groupe", OUTSIDE, type="Group")
    await studio.follow(amina, group)
    create = {"type": "Create", "id": f"{HOST}/a/1", "actor": OTTO, "object": LEMMY, "to": [PUBLIC]}
    announce = {"type": "Announce", "object": create, "to": [f"{GROUP}/followers"], "cc": PUBLIC}
    with pytest.raises(Needs) as needs:
        await studio.receive(group, announce)
    assert needs.value.uris == (LEMMY["id"],)
    await studio.fetched(LEMMY)
    assert await studio.receive(group, announce) == "created"
    page = await studio.find(LEMMY["id"])
    assert page is not None
    assert page.boosts_total == 1
