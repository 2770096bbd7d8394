"""Reading collections of other sites: any shape is read or refused, and stays within bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.local_ids import LocalIds
from fedrse.features.accounts.model_approval import read_approval, written_approval
from fedrse.features.collections.model import Collection, Item, entity
from fedrse.features.collections.model_wire import (
    LONGEST_DESCRIPTION_ELSEWHERE,
    LONGEST_NAME_ELSEWHERE,
    MOST_ITEMS_ELSEWHERE,
    IncomingItem,
    Shown,
    collection_document,
    confirms,
    read_collection,
    read_item,
    stamp_document,
)

SITE, OTHER = "https://lyon.example", "https://nantes.example"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
IDS = LocalIds(SITE)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = (
    *("id", "type", "attributedTo", "name", "summary", "summaryMap", "url", "topic"),
    *("sensitive", "discoverable", "published", "orderedItems", "items", "totalItems"),
)


def sample(**changes: Any) -> Collection:
    values = {
        "id": 7,
        "account_id": 1,
        "name": "Helpers",
        "description": "Ask <them>",
        "language": "en",
        "tag": "Help",
        "sensitive": False,
        "discoverable": True,
        "created_at": 1_700_000_000_000,
        "updated_at": 1_700_000_001_000,
        **changes,
    }
    return Collection(**values)


def document(**changes: Any) -> dict[str, Any]:
    item = Item(id=8, collection_id=7, account_id=2, state="accepted", created_at=1_700_000_000_000)
    shown = [Shown(item, f"{SITE}/ap/u/2", "Person")]
    return collection_document(sample(), f"{SITE}/ap/u/1", shown, IDS) | changes


def test_what_is_written_is_read() -> None:
    read = read_collection(document())
    assert read is not None
    assert (read.uri, read.owner) == (f"{SITE}/ap/k/7", f"{SITE}/ap/u/1")
    assert (read.name, read.description, read.language) == (
        "Helpers",
        "Ask <them>",
        "en",
    )
    assert (read.tag, read.discoverable, read.url) == ("Help", True, f"{SITE}/collections/7")
    (item,) = read.items
    assert item == IncomingItem(f"{SITE}/ap/i/8", f"{SITE}/ap/u/2", f"{SITE}/ap/s/8")


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "OrderedCollection"},
        {"id": None},
        {"id": f"{OTHER}/c/1"},
        {"attributedTo": f"{OTHER}/ap/u/1"},
        {"name": " "},
    ],
)
def test_what_is_none(wrong: dict[str, Any]) -> None:
    assert read_collection(document(**wrong)) is None


def test_stamps_of_another_origin_are_none() -> None:
    item = document()["orderedItems"][0] | {"featureAuthorization": f"{OTHER}/ap/s/8"}
    read = read_item(item, f"{SITE}/ap/k/7")
    assert read is not None
    assert read.stamp is None
    assert read_item(item | {"id": f"{OTHER}/ap/i/1"}, f"{SITE}/ap/k/7") is None
    assert read_item(f"{SITE}/ap/i/8", f"{SITE}/ap/k/7") is None


def test_a_stamp_is_good_for_one_person_and_collection() -> None:
    item = IncomingItem(f"{SITE}/ap/i/8", f"{OTHER}/ap/u/2", f"{OTHER}/ap/s/1")
    stamp = stamp_document(f"{OTHER}/ap/s/1", f"{OTHER}/ap/u/2", f"{SITE}/ap/k/7")
    assert confirms(stamp, item, f"{SITE}/ap/k/7")
    assert not confirms(stamp, item, f"{SITE}/ap/k/9")
    for name in stamp:
        if name != "attributedTo":
            assert not confirms(stamp | {name: f"{OTHER}/else"}, item, f"{SITE}/ap/k/7")


def test_text_of_others_is_no_html() -> None:
    theirs = sample(uri=f"{OTHER}/c/1", description="<b>x</b> & y")
    assert entity(theirs, [], IDS)["description"] == "&lt;b&gt;x&lt;/b&gt; &amp; y"
    read = read_collection(document(summaryMap={"en": "<p>a</p><script>b</script><p>c</p>"}))
    assert read is not None
    assert "<" not in read.description


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8))
def test_any_document_is_read_or_refused(changes: dict[str, Any]) -> None:
    read = read_collection(document(**changes))
    if read is not None:
        assert 0 < len(read.name) <= LONGEST_NAME_ELSEWHERE
        assert len(read.description) <= LONGEST_DESCRIPTION_ELSEWHERE
        assert len(read.items) <= MOST_ITEMS_ELSEWHERE


def test_only_so_many_items() -> None:
    item = document()["orderedItems"][0]
    many = [item | {"id": f"{SITE}/ap/i/{number}"} for number in range(400)]
    read = read_collection(document(orderedItems=many))
    assert read is not None
    assert len(read.items) == MOST_ITEMS_ELSEWHERE


# Who may


@pytest.mark.parametrize(
    ("rule", "right"),
    [
        (None, "missing"),
        ({}, "denied"),
        ({"automaticApproval": [PUBLIC]}, "automatic"),
        ({"automaticApproval": "as:Public"}, "automatic"),
        ({"automaticApproval": [f"{OTHER}/actor/members"]}, "automatic"),
        ({"automaticApproval": [f"{SITE}/actor/members"]}, "unknown"),
        ({"automaticApproval": [f"{OTHER}/u/1"]}, "denied"),
        ({"manualApproval": [PUBLIC]}, "manual"),
        ({"automaticApproval": [f"{OTHER}/u/1/followers"]}, "unknown"),
    ],
)
def test_rights(rule: dict[str, Any] | None, right: str) -> None:
    actor: dict[str, Any] = {"id": f"{OTHER}/u/1", "followers": f"{OTHER}/u/1/followers"}
    if rule is not None:
        actor["interactionPolicy"] = {"canFeature": rule}
    assert read_approval(written_approval(actor)).right == right


@given(JSON, JSON)
def test_any_policy_is_read(rule: Any, identifier: Any) -> None:
    for policy in (rule, {"canFeature": rule}, {"canFeature": {"automaticApproval": rule}}):
        stored = written_approval({"id": identifier, "interactionPolicy": policy})
        assert read_approval(stored).right in {
            *("automatic", "manual", "denied", "unknown", "missing"),
        }
