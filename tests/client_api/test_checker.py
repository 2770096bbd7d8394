"""The checker finds what is wrong: each kind of mistake, at any depth."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.client_api.checker import (
    FORMATS,
    Sightings,
    attributes,
    entity_names,
    entity_problems,
    own_attributes,
    problems,
)

ACCOUNTS = {"t": "array", "of": {"t": "entity", "entity": ["Account"]}}


def account() -> dict[str, Any]:
    picture = "https://lyon.test/a.png"
    names = ("avatar", "avatar_static", "header", "header_static", "url", "uri")
    flags = ("locked", "bot", "group", "indexable", "show_media", "show_media_replies")
    return {
        "id": "17",
        **dict.fromkeys(("username", "acct", "display_name", "note"), "amina"),
        **dict.fromkeys(names, picture),
        **dict.fromkeys(("avatar_description", "header_description"), ""),
        **dict.fromkeys((*flags, "discoverable", "hide_collections", "show_featured"), True),
        **dict.fromkeys(("statuses_count", "followers_count", "following_count"), 3),
        "fields": [{"name": "Site", "value": "x", "verified_at": None}],
        "emojis": [],
        "created_at": "2026-01-02T03:04:05.000Z",
        "last_status_at": "2026-01-02",
        "feature_approval": {"automatic": ["public"], "manual": [], "current_user": "automatic"},
    }


def test_what_conforms() -> None:
    met = Sightings()
    assert problems([account(), account()], ACCOUNTS, met=met) == []
    assert met.is_good("Account", "fields")
    assert met.null[("Account::Field", "verified_at")] == 2
    assert not met.is_good("Account", "moved")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 17),
        ("id", "seventeen"),
        ("username", None),
        ("note", ...),
        ("locked", 1),
        ("locked", "true"),
        ("statuses_count", True),
        ("statuses_count", "3"),
        ("statuses_count", 3.5),
        ("avatar", ""),
        ("avatar", "/a.png"),
        ("created_at", "2026-01-02"),
        ("created_at", "2026-02-30T03:04:05Z"),
        ("created_at", "2026-01-02T03:04:05"),
        ("created_at", 1_700_000_000),
        ("last_status_at", "yesterday"),
        ("fields", {}),
        ("fields", [7]),
        ("fields.0.name", None),
        ("fields.0.value", ...),
        ("fields.0.verified_at", "x"),
        ("feature_approval.current_user", "perhaps"),
        ("feature_approval.automatic", ["nobody"]),
        ("moved", {}),
    ],
)
def test_what_does_not(path: str, value: Any) -> None:
    wrong = copy.deepcopy(account())
    *outer, last = path.split(".")
    here: Any = wrong
    for part in outer:
        here = here[int(part)] if part.isdigit() else here[part]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    met = Sightings()
    assert problems([account(), wrong], ACCOUNTS, met=met)
    assert sum(met.wrong.values()) >= 1


def test_hashes_maps_and_choices() -> None:
    source = {"summary": {"pending_requests_count": 1, "pending_notifications_count": "2"}}
    found = entity_problems(source, "V1::NotificationPolicy")
    assert any("pending_notifications_count is str" in one for one in found)
    assert any("filter_not_following is missing" in one for one in found)
    marker = {"t": "map", "of": {"t": "entity", "entity": ["Marker"]}}
    assert problems({"home": {}}, marker)
    assert problems([], marker)
    either = {"t": "entity", "entity": ["Quote", "ShallowQuote"]}
    assert problems({"state": "accepted", "quoted_status_id": "7"}, either) == []
    assert problems({"state": "accepted"}, either)
    assert problems({"x": 1}, {"t": "empty"})
    assert problems(None, {"t": "hash"})
    assert problems({}, {"t": "hash", "keys": ["count"]})


def test_the_facts_are_ones_that_the_checker_knows() -> None:
    kinds = {"any", "entity", "map", "empty"} | {
        *("string", "boolean", "integer", "number", "hash", "array", "null")
    }

    def check(fact: dict[str, Any]) -> None:
        assert fact["t"] in kinds
        assert fact.get("f") is None or fact["f"] in FORMATS
        assert set(fact.get("entity", ())) <= set(entity_names())
        if "of" in fact:
            check(fact["of"])

    for name in entity_names():
        for one in own_attributes(name):
            check(attributes(name)[one])
