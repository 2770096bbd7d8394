"""Actors of other sites, as their software writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import Invalid
from fedrse.core.html import sanitise
from fedrse.core.urls import HTTPS_ONLY
from fedrse.features.accounts import model_import
from fedrse.features.accounts.model_import import read_actor
from tests.features.cast import remote_actor

NOW = 1_768_467_600_000


def read(document: Json) -> model_import.ImportedActor:
    return read_actor(document, HTTPS_ONLY, NOW)


def test_a_usual_actor() -> None:
    actor = read(
        remote_actor(
            "ben",
            published="2024-05-01T10:00:00Z",
            manuallyApprovesFollowers=True,
            discoverable=True,
            indexable="true",
            icon={"type": "Image", "url": "https://nantes.corp.example/a.png", "name": "Ben"},
            attachment=[
                {"type": "PropertyValue", "name": "Site", "value": "<b>Nantes</b>"},
                {"type": "PropertyValue", "name": "", "value": "nothing"},
                {"type": "Note", "name": "x", "value": "y"},
            ],
            alsoKnownAs="https://old.example/users/ben",
            movedTo="https://new.example/users/ben",
        )
    )
    assert (actor.uri, actor.host, actor.kind) == (
        "https://nantes.corp.example/ap/u/ben",
        "nantes.corp.example",
        "Person",
    )
    assert actor.own_handle == ("ben", "nantes.corp.example")
    assert actor.published == 1_714_557_600_000
    profile = actor.profile
    assert (profile["locked"], profile["discoverable"], profile["indexable"]) == (True, True, True)
    assert (profile["avatar"], profile["avatar_description"]) == (
        "https://nantes.corp.example/a.png",
        "Ben",
    )
    assert json.loads(profile["fields"]) == [{"name": "Site", "value": "<b>Nantes</b>"}]
    assert json.loads(profile["also_known_as"]) == ["https://old.example/users/ben"]
    assert profile["moved_to"] == "https://new.example/users/ben"
    assert profile["shared_inbox"] == "https://nantes.corp.example/inbox"
    assert [key.algorithm for key in actor.keys] == ["rsa-sha256", "ed25519"]


def test_lemmy_community() -> None:
    actor = read(
        remote_actor(
            "cats",
            "lemmy.example",
            id="https://lemmy.example/c/cats",
            type="Group",
            attributedTo="https://lemmy.example/c/cats/moderators",
            inbox="https://lemmy.example/c/cats/inbox",
            following=None,
            publicKey={
                "id": "https://lemmy.example/c/cats#main-key",
                "owner": "https://lemmy.example/c/cats",
                "publicKeyPem": remote_actor("x")["publicKey"]["publicKeyPem"],
            },
            assertionMethod=None,
        )
    )
    assert (actor.kind, actor.username, len(actor.keys)) == ("Group", "cats", 1)


def test_lemmy_site_has_no_user_name() -> None:
    actor = read(
        {
            "id": "https://lemmy.example/",
            "type": "Application",
            "name": "A site",
            "inbox": "https://lemmy.example/inbox",
            "outbox": "https://lemmy.example/site_outbox",
        }
    )
    assert (actor.username, actor.profile["display_name"]) == ("lemmy.example", "A site")


def test_peertube_lists_and_link_objects() -> None:
    actor = read(
        remote_actor(
            "tube",
            "tube.example",
            type=["Person", "Thing"],
            url=[
                {"type": "Link", "mediaType": "text/plain", "href": "https://tube.example/t"},
                {"type": "Link", "mediaType": "text/html", "href": "https://tube.example/a/tube"},
            ],
            icon=[{"type": "Image", "url": [{"href": "https://tube.example/a.png"}]}],
            name=["Tube"],
        )
    )
    assert actor.profile["url"] == "https://tube.example/a/tube"
    assert actor.profile["avatar"] == "https://tube.example/a.png"
    assert actor.profile["display_name"] == "Tube"


def test_akkoma_emoji_without_id_and_misskey_summary() -> None:
    emoji = {
        "id": None,
        "type": "Emoji",
        "name": ":blob:",
        "icon": {"type": "Image", "url": "https://ak.example/blob.png"},
    }
    unused = emoji | {"name": ":other:"}
    actor = read(remote_actor("ak", "ak.example", name="Ak :blob:", tag=[emoji, unused]))
    (found,) = json.loads(actor.profile["emojis"])
    assert (found["shortcode"], found["url"]) == ("blob", "https://ak.example/blob.png")
    assert read(remote_actor("mk", summary=None)).profile["note"] == ""


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"id": None}, "actor_id"),
        ({"id": "http://nantes.corp.example/ap/u/ben"}, "actor_id"),
        ({"id": "https://nantes.corp.example/ap/u/ben#x"}, "actor_id"),
        ({"id": "https://user@nantes.corp.example/x"}, "actor_id"),
        ({"id": "https://0x7f.1/x"}, "actor_id"),
        ({"id": "https://nantes.corp.example/" + "x" * 2048}, "actor_id"),
        ({"type": "Note"}, "actor_type"),
        ({"type": None}, "actor_type"),
        ({"preferredUsername": None}, "actor_username"),
        ({"preferredUsername": "ben amina"}, "actor_username"),
        ({"preferredUsername": "аmina"}, "actor_username"),  # Cyrillic a
        ({"preferredUsername": "ben\u202e"}, "actor_username"),
        ({"preferredUsername": "x" * 129}, "actor_username"),
        ({"preferredUsername": {"a": 1}}, "actor_username"),
        ({"inbox": None}, "actor_incomplete"),  # GoToSocial's stub
        ({"inbox": "https://evil.example/inbox"}, "actor_incomplete"),
        ({"inbox": "https://10.0.0.1/inbox"}, "actor_incomplete"),
    ],
)
def test_what_is_no_usable_actor(more: Json, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        read(remote_actor("ben", **more))
    assert raised.value.code == code


def test_addresses_elsewhere_are_dropped() -> None:
    actor = read(
        remote_actor(
            "ben",
            endpoints={"sharedInbox": "https://evil.example/inbox"},
            followers="https://evil.example/followers",
            url="https://evil.example/@ben",
            network="https://evil.example/actor/members",
        )
    )
    assert actor.profile["shared_inbox"] is None
    assert actor.profile["followers_uri"] is None
    assert actor.profile["url"] is None
    assert actor.profile["members_uri"] is None


def test_a_neighbour_cannot_claim_the_key_of_another() -> None:
    victim = remote_actor("ben")["publicKey"]
    own = "https://nantes.corp.example/ap/u/mallory"
    claims = [
        victim,
        victim | {"owner": own},
        {"id": f"{own}#main-key", "owner": own, "publicKeyPem": victim["publicKeyPem"]},
    ]
    actor = read(remote_actor("mallory", publicKey=claims, assertionMethod=None))
    assert [key.id for key in actor.keys] == [f"{own}#main-key"]


def test_everything_is_bounded() -> None:
    fields = [{"type": "PropertyValue", "name": "n" * 999, "value": "v" * 9999}] * 200
    actor = read(
        remote_actor(
            "ben",
            name="x" * 10_000,
            summary="<p>" + "y" * 100_000,
            attachment=fields,
            alsoKnownAs=[f"https://a.example/{number}" for number in range(500)],
            tag=[{"type": "Emoji", "name": f":e{number}:"} for number in range(5000)],
        )
    )
    stored = json.loads(actor.profile["fields"])
    assert len(stored) == model_import.MOST_FIELDS
    assert len(stored[0]["name"]) == model_import.LONGEST_FIELD_NAME
    assert len(stored[0]["value"]) <= model_import.LONGEST_FIELD_VALUE
    assert len(actor.profile["display_name"]) == model_import.LONGEST_NAME
    assert len(actor.profile["note"]) <= 2 * model_import.LONGEST_NOTE
    assert len(json.loads(actor.profile["also_known_as"])) == model_import.MOST_ALIASES


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=8,
)
NAMES = sorted({*remote_actor("x"), "icon", "image", "attachment", "tag", "webfinger", "movedTo"})


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JSON_VALUES, max_size=6))
def test_no_document_breaks_the_reader(changes: dict[str, Any]) -> None:
    document = remote_actor("ben") | changes
    try:
        actor = read(document)
    except Invalid:
        return
    assert actor.uri == document["id"]
    assert sanitise(actor.profile["note"]) == actor.profile["note"]
    assert isinstance(actor.profile["locked"], bool)
    assert all(key.id.startswith(actor.uri) for key in actor.keys)
