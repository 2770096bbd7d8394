"""What is read of documents for the rules, and what is done to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.alterations import Change, altered, in_words
from fedrse.activitypub.border import Passage, read_treatment, treatment_text
from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.extraction import (
    FETCH,
    MOST_ATTACHMENTS,
    MOST_TAGS,
    envelope_of,
)

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ANNA = "https://a.example/u/1"
FOLLOWERS = f"{ANNA}/followers"


def extract(document: dict[str, Any], **options: Any) -> Envelope:
    return envelope_of(document, direction=Direction.IN, host="a.example", actor=ANNA, **options)


def create(**note: Any) -> dict[str, Any]:
    return {"type": "Create", "actor": ANNA, "object": {"type": "Note", **note}}


def test_everything_that_rules_ask_about_is_found() -> None:
    found = extract(
        create(
            to=[PUBLIC],
            contentMap={"fr-CA": "<p>Oui</p>", "en": "<p>Yes</p>"},
            tag=[
                {"type": "Hashtag", "name": "#Budget"},
                {"type": "Mention", "name": "@b"},
                {"type": "Hashtag", "name": 7},
            ],
            attachment=[
                {"type": "Document", "mediaType": "image/png"},
                {"type": "Document", "mediaType": "application/pdf"},
                {"type": "Video"},
                {"type": "PropertyValue", "name": "x"},
            ],
        ),
        size=12,
        role="member",
        software="fedrse",
        address="192.0.2.1",
    )
    assert found == Envelope(
        direction=Direction.IN,
        host="a.example",
        actor=ANNA,
        type="Create",
        object_type="Note",
        audience="public",
        languages=("fr-ca", "en"),
        tags=("budget",),
        attachments=("image", "document", "video"),
        size=12,
        role="member",
        software="fedrse",
        address="192.0.2.1",
    )


@pytest.mark.parametrize(
    ("addressed", "audience"),
    [
        ({"to": "as:Public"}, "public"),
        ({"to": [FOLLOWERS], "cc": ["Public"]}, "public"),
        ({"to": ["https://a.example/actor/members", FOLLOWERS]}, "network"),
        ({"to": [FOLLOWERS], "cc": ["https://b.example/u/2"]}, "followers"),
        ({"to": ["https://b.example/u/2/followers"]}, "direct"),
        ({"to": ["https://a.example/g/1"], "audience": "https://a.example/g/1"}, "group"),
        ({"to": ["https://b.example/u/2"]}, "direct"),
        ({}, "direct"),
    ],
)
def test_the_audience_is_told_by_the_addresses(addressed: dict[str, Any], audience: str) -> None:
    assert extract(create(**addressed)).audience == audience


def test_addresses_of_the_activity_count_where_the_object_has_none() -> None:
    assert extract({**create(), "to": PUBLIC}).audience == "public"
    assert extract({**create(to=[FOLLOWERS]), "to": PUBLIC}).audience == "followers"


def test_what_is_not_written_for_somebody_has_no_audience() -> None:
    assert extract({"type": "Like", "object": "https://b.example/n/1"}).audience == ""
    assert extract({"type": "Follow", "object": {"type": "Person"}}).audience == ""
    assert extract({"type": "Announce", "object": "x", "cc": [PUBLIC]}).audience == "public"
    # A vote is addressed like a direct message, and is none.
    vote = {"name": "Yes", "inReplyTo": "https://b.example/n/1", "to": ["https://b.example/u/2"]}
    assert extract(create(**vote)).audience == ""
    assert extract(create(**vote, content="<p>psst</p>")).audience == "direct"


def test_a_document_by_itself() -> None:
    found = extract({"type": "Video", "to": [PUBLIC]}, kind=FETCH)
    assert (found.type, found.object_type, found.attachments) == (FETCH, "Video", ("video",))


def test_too_much_is_cut() -> None:
    found = extract(
        create(
            tag=[{"type": "Hashtag", "name": f"#t{number}"} for number in range(1000)],
            attachment=[{"type": "Image"}, *({"type": "Video"} for _ in range(1000))],
        )
    )
    assert len(found.tags) == MOST_TAGS
    assert len(found.attachments) <= MOST_ATTACHMENTS
    assert len(extract({"type": "x" * 1000}).type) == 64


@pytest.mark.parametrize(
    "name", ["#Équipe", " #équipe", "#EQUIPE", "#\uff25quipe", "equipe", ["#Equipe", "#other"]]
)
def test_a_hashtag_has_the_one_form_that_rules_have(name: Any) -> None:
    tag = {"type": ["Hashtag", "Link"], "name": name}
    mentions = [{"type": "Mention", "name": "@b"}] * 200
    assert extract(create(tag=[*mentions, tag])).tags == ("equipe",)
    assert extract(create(tag=tag)).tags == ("equipe",)


def test_a_language_has_the_one_form_that_rules_have() -> None:
    others = {f"x{number}": "" for number in range(40)}
    assert "pt-br" in extract(create(contentMap={**others, "pt_BR": "<p>Sim</p>"})).languages


@pytest.mark.parametrize(
    ("item", "kinds"),
    [
        ({"attachment": {"type": "PropertyValue", "url": "https://a.example/x"}}, ("document",)),
        ({"attachment": [{"type": "PropertyValue", "value": "x"}]}, ()),
        ({"attachment": [{"url": {"href": "https://a.example/x", "mediaType": "video/mp4"}}]}, "v"),
        ({"attachment": [{"mediaType": ["video/mp4"], "url": "https://a.example/x"}]}, "v"),
        ({"type": "Article", "image": {"url": "https://a.example/x"}}, ("image",)),
        ({"type": "Event", "icon": {"url": "https://a.example/x"}}, ("image",)),
        ({"type": "Note", "image": {"url": "https://a.example/x"}}, ()),
        ({"type": "Document", "url": {"href": "https://a.example/x"}}, ("document",)),
    ],
)
def test_files_are_seen_however_they_are_written(item: dict[str, Any], kinds: Any) -> None:
    assert extract(create(**item)).attachments == (("video",) if kinds == "v" else kinds)


def test_a_request_is_about_the_post_that_it_carries() -> None:
    note = {"type": "Note", "to": [FOLLOWERS], "tag": [{"type": "Hashtag", "name": "#a"}]}
    for kind in ("QuoteRequest", "ReplyRequest"):
        for instrument in (note, [note]):
            found = extract(
                {"type": kind, "object": "https://b.example/n", "instrument": instrument}
            )
            assert (found.object_type, found.audience, found.tags) == ("Note", "followers", ("a",))


def test_an_empty_list_addresses_nobody() -> None:
    assert extract({**create(to=[], cc=[]), "to": PUBLIC}).audience == "public"
    assert extract({**create(to=[], bto=["https://b.example/u/2"]), "to": PUBLIC}).audience == (
        "direct"
    )


def test_a_document_of_several_types_is_what_is_made_of_it() -> None:
    assert extract({"type": ["Thing", "Page"]}, kind=FETCH).object_type == "Page"


_names = st.sampled_from(
    [
        *("type", "object", "to", "cc", "tag", "attachment", "contentMap", "name", "audience"),
        *("url", "instrument", "image", "mediaType", "href"),
    ]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([PUBLIC]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=6),
    max_leaves=30,
)


@given(document=st.dictionaries(_names, _json, max_size=8), changes=st.integers(0, 7))
def test_no_shape_is_too_strange(document: dict[str, Any], changes: int) -> None:
    before = json.dumps(document)
    for kind in ("", FETCH):
        found = extract(document, kind=kind)
        assert all(isinstance(tag, str) for tag in (*found.tags, *found.languages))
    changed = altered(document, Change(changes))
    json.dumps(changed)
    assert json.dumps(document) == before, "the original stays as it was"
    if changes & Change.FOR_FOLLOWERS:
        assert extract(changed).audience != "public"


def test_without_files() -> None:
    picture = {"type": "Image", "url": "https://a.example/x.png"}
    emoji = {"type": "Emoji", "name": ":x:"}
    mention = {"type": "Mention", "name": "@b"}
    note = create(attachment=[picture], tag=[emoji, mention], image=picture)
    changed = altered(note, Change.NO_MEDIA)["object"]
    assert "attachment" not in changed
    assert "image" not in changed
    assert changed["tag"] == [mention]
    video = {
        "type": "Video",
        "id": "https://a.example/v/1",
        "url": [
            {"type": "Link", "mediaType": "video/mp4", "href": "https://a.example/v.mp4"},
            {"type": "Link", "mediaType": "text/html", "href": "https://a.example/w"},
        ],
    }
    assert [link["href"] for link in altered(video, Change.NO_MEDIA)["url"]] == [
        "https://a.example/w"
    ]
    person = {"type": "Person", "icon": picture, "attachment": [{"type": "PropertyValue"}]}
    assert set(altered(person, Change.NO_MEDIA)) == {"type", "attachment"}


def test_as_plain_text() -> None:
    markup = "<p>a <a href='https://bad.example/'>link</a></p><p><b>b</b></p>"
    changed = altered(create(content=markup, contentMap={"en": markup}), Change.NO_HTML)
    assert changed["object"]["content"] == "<p>a link</p><p>b</p>"
    assert changed["object"]["contentMap"] == {"en": "<p>a link</p><p>b</p>"}


def test_nothing_is_hidden_behind_an_object_of_no_meaning() -> None:
    picture = {"type": "Image", "url": "https://a.example/x.png"}
    note = {"type": "Note", "content": "<b>x</b>", "attachment": [picture], "object": {}}
    changed = altered(note, Change.NO_MEDIA | Change.NO_HTML)
    assert (changed.get("attachment"), changed["content"]) == (None, "<p>x</p>")


def test_posts_that_requests_carry_are_altered() -> None:
    picture = {"type": "Image", "url": "https://a.example/x.png"}
    note = {"type": "Note", "content": "<b>x</b>", "attachment": [picture], "to": [PUBLIC]}
    for instrument in (note, [note]):
        request = {"type": "QuoteRequest", "object": "https://b.example/n", "actor": ANNA}
        changed = altered({**request, "instrument": instrument}, Change(7))["instrument"]
        inner = changed[0] if isinstance(changed, list) else changed
        assert (inner.get("attachment"), inner["content"], inner["to"]) == (None, "<p>x</p>", [])


def test_fields_of_a_profile_lose_their_markup_too() -> None:
    link = {
        "type": "PropertyValue",
        "name": "x",
        "value": "<a href='https://b.example'>1 &lt; 2</a>",
    }
    person = {"type": "Person", "summary": ["<b>me</b>"], "attachment": link}
    changed = altered(person, Change.NO_HTML)
    assert changed["attachment"][0]["value"] == "1 &lt; 2"
    assert changed["summary"] == "<p>me</p>"


def test_a_document_that_is_a_file_goes_without_it() -> None:
    file = {"type": "Link", "href": "https://a.example/x", "mediaType": "text/html"}
    document = {"type": "Document", "id": "https://a.example/d", "url": [file]}
    emoji = {"type": ["X", "Emoji"], "name": ":x:"}
    changed = altered({**document, "tag": emoji}, Change.NO_MEDIA)
    assert (changed["url"], changed["tag"]) == ("https://a.example/d", [])


def test_for_followers_only() -> None:
    note = create(attributedTo=ANNA, to=[PUBLIC], cc=[FOLLOWERS, "https://b.example/u/2"])
    changed = altered({**note, "to": [PUBLIC], "cc": [FOLLOWERS]}, Change.FOR_FOLLOWERS)
    assert extract(changed).audience == "followers"
    assert "https://b.example/u/2" in changed["object"]["cc"]
    assert PUBLIC not in changed["to"]


def test_a_proof_of_what_it_was_is_taken_off() -> None:
    note = {**create(content="<b>x</b>", proof={"x": 1}), "proof": {"y": 1}}
    changed = altered(note, Change.NO_HTML)
    assert "proof" not in changed
    assert "proof" not in changed["object"]
    assert altered(note, Change.NONE) is note


def test_what_was_decided_is_kept_with_the_message() -> None:
    passage = Passage(held=True, changes=Change.NO_MEDIA, rules=(3, 5), reason="Why")
    treatment = read_treatment(treatment_text(passage))
    assert (treatment.rules, treatment.held, treatment.reason) == ((3, 5), True, "Why")
    assert in_words(Change(treatment.changes)) == ["without files"]
    assert read_treatment(None).rules == ()
