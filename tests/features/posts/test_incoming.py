"""Reading posts of other software: any document is read or refused, never more than the bounds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.documents import is_vote
from fedrse.features.posts.model import MOST_EMOJIS, MOST_MENTIONS, MOST_TAGS
from fedrse.features.posts.model_incoming import (
    Incoming,
    Unreadable,
    read_emoji,
    read_post,
)

ACTOR = "https://social.example/users/a"
NOTE = {
    "id": "https://social.example/notes/1",
    "type": "Note",
    "attributedTo": ACTOR,
    "content": "<p>Texte</p>",
    "to": "as:Public",
}


def read(**more: Any) -> Incoming:
    document = NOTE | more
    return read_post({key: value for key, value in document.items() if value is not None})


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": 7},
        {"id": "https://social.example/" + "x" * 3000},
        {"type": None},
        {"type": "Person"},
        {"type": []},
        {"attributedTo": None},
        {"attributedTo": "https://other.example/users/a"},
        {"attributedTo": [{"type": "Person", "id": "http://social.example/users/a"}]},
        {"attributedTo": "https://social.example:8443/users/a"},
        {"attributedTo": "https://social.example@evil.example/"},
    ],
)
def test_what_is_not_a_post_of_its_site(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(**change)


@pytest.mark.parametrize(
    ("attributed", "authors"),
    [
        (ACTOR, (ACTOR,)),
        ([ACTOR, "https://other.example/users/b"], (ACTOR,)),
        ({"type": "Person", "id": ACTOR}, (ACTOR,)),
        (
            [
                {"type": "Group", "id": "https://social.example/c"},
                {"type": "Person", "id": ACTOR},
            ],
            (ACTOR, "https://social.example/c"),
        ),
    ],
)
def test_people_come_before_channels(attributed: Any, authors: tuple[str, ...]) -> None:
    assert read(attributedTo=attributed).authors == authors


@pytest.mark.parametrize(
    ("change", "content", "language"),
    [
        ({"contentMap": {"fr": "<p>Texte</p>"}}, "<p>Texte</p>", "fr"),
        ({"contentMap": {"fr": "<p>Texte</p>", "en": "<p>Text</p>"}}, "<p>Texte</p>", "fr"),
        (
            {"content": None, "contentMap": {"en": "<p>Text</p>", "fr": "<p>Texte</p>"}},
            "<p>Texte</p>",
            "fr",
        ),
        ({"content": None, "contentMap": {"de": "Text", "es": "Texto"}}, "Text", "de"),
        ({"contentMap": "fr"}, "<p>Texte</p>", None),
        ({"content": ["<p>a</p>"]}, "", None),
        ({"content": None}, "", None),
        ({"content": "a\nb", "mediaType": "text/plain"}, "<p>a<br>b</p>", None),
        ({"content": "<img src=x onerror=alert(1)>Hi"}, "Hi", None),
    ],
)
def test_text_and_language(change: dict[str, Any], content: str, language: str | None) -> None:
    found = read_post(
        {key: value for key, value in (NOTE | change).items() if value is not None},
        preferred=("fr",),
    )
    assert (found.content, found.language) == (content, language)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://social.example/@a/1", "https://social.example/@a/1"),
        (None, NOTE["id"]),
        ("javascript:alert(1)", NOTE["id"]),
        (["javascript:alert(1)", "https://social.example/p"], "https://social.example/p"),
        (
            [
                {"type": "Link", "href": "https://social.example/v.mp4", "mediaType": "video/mp4"},
                {"type": "Link", "href": "https://social.example/w", "mediaType": "text/html"},
            ],
            "https://social.example/w",
        ),
        ({"href": "https://user:pass@social.example/"}, NOTE["id"]),
    ],
)
def test_the_page_of_a_post(url: Any, expected: str) -> None:
    assert read(url=url).url == expected


def test_a_mention_needs_tag_and_address() -> None:
    tags = [{"type": "Mention", "href": f"https://x.example/{name}"} for name in "abc"]
    found = read(tag=tags, to=["https://x.example/a"], cc={"id": "https://x.example/b"})
    assert found.mentions == ("https://x.example/a", "https://x.example/b")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, ("", False)),
        ({}, ("", False)),
        ({"canQuote": {}}, ("", False)),
        ({"canQuote": {"automaticApproval": "as:Public"}}, ("public", False)),
        ({"canQuote": {"automaticApproval": [f"{ACTOR}/followers"]}}, ("followers", False)),
        ({"canQuote": {"automaticApproval": [ACTOR]}}, ("nobody", False)),
        ({"canQuote": {"manualApproval": ["Public"]}}, ("nobody", True)),
        ({"canQuote": {"manualApproval": [ACTOR]}}, ("nobody", False)),
        ("public", ("", False)),
    ],
)
def test_quote_policies(policy: Any, expected: tuple[str, bool]) -> None:
    found = read(interactionPolicy=policy)
    assert (found.quote_policy, found.quote_manual) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"name": "oui", "content": None, "inReplyTo": "https://x.example/q"}, True),
        ({"name": "oui", "inReplyTo": "https://x.example/q"}, False),
        ({"name": "oui", "content": None}, False),
        ({"content": None, "inReplyTo": "https://x.example/q"}, False),
        ({"type": "Page", "name": "x", "content": None, "inReplyTo": "https://x.example"}, False),
    ],
)
def test_what_is_a_vote(document: dict[str, Any], expected: bool) -> None:
    found = {key: value for key, value in (NOTE | document).items() if value is not None}
    assert is_vote(found) is expected


@pytest.mark.parametrize(
    "tag",
    [
        {"name": ":a b:", "icon": {"url": "https://x.example/e.png"}},
        {"name": ":ok:", "icon": {"url": "data:image/png;base64,x"}},
        {"name": ":ok:", "icon": None},
        {"name": "", "icon": {"url": "https://x.example/e.png"}},
        {"name": ":" + "x" * 65 + ":", "icon": {"url": "https://x.example/e.png"}},
    ],
)
def test_unusable_emoji(tag: dict[str, Any]) -> None:
    assert read_emoji({"type": "Emoji"} | tag) is None


_names = st.sampled_from(
    [
        "id",
        "type",
        "attributedTo",
        "content",
        "contentMap",
        "name",
        "nameMap",
        "summary",
        "published",
        "updated",
        "inReplyTo",
        "context",
        "conversation",
        "url",
        "href",
        "to",
        "cc",
        "tag",
        "attachment",
        "icon",
        "image",
        "mediaType",
        "sensitive",
        "quote",
        "interactionPolicy",
        "canQuote",
        "automaticApproval",
        "rel",
        "likes",
        "totalItems",
    ]
)
_words = st.sampled_from(
    [
        "",
        "Note",
        "Article",
        "Video",
        "Mention",
        "Hashtag",
        "Emoji",
        "Link",
        "#été",
        ":chat:",
        "text/plain",
        "video/mp4",
        ACTOR,
        NOTE["id"],
        "https://",
        "https://other.example/",
        "2026-01-15T09:00:00Z",
        "0000-99-99",
        "9999-12-31T23:59:59+14:00",
        "<p>x</p>" * 3,
        "<b><i><b>",
        "\u202e\u0000é",
        "_misskey_quote",
    ]
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | _words,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(_names, _values, max_size=12), st.sampled_from(["Note", "Article", "Video"]))
def test_any_document_is_read_or_refused(document: dict[str, Any], kind: str) -> None:
    is_vote(document)
    with suppress(Unreadable):
        read_post(document)
    found = read_post(document | {"id": NOTE["id"], "attributedTo": ACTOR, "type": kind})
    assert found.uri == NOTE["id"]
    assert found.authors == (ACTOR,)
    assert len(found.mentions) <= MOST_MENTIONS
    assert len(found.tags) <= MOST_TAGS
    assert len(found.emojis) <= MOST_EMOJIS
    assert found.reply_to != found.uri
    assert "<script" not in found.content
    assert found.url.startswith("https://")


@pytest.mark.parametrize("kind", ["Note", "Article"])
def test_huge_texts_are_cut_in_time(kind: str) -> None:
    for text in ("<b>" * 150_000, "x" * 600_000, "<p>a</p>" * 80_000, "&" * 500_000):
        found = read(type=kind, content=text, name="t" * 100_000, summary="s" * 100_000)
        assert len(found.content) <= 120_000
        assert len(found.title) <= 500
