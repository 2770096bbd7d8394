"""Tags on profiles, here and across sites."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.core.clock import DAY, to_date
from fedrse.features.tags.jobs import TagJobs
from fedrse.features.tags.model_wire import read_featured_tags, read_hashtag
from fedrse.features.tags.service_featured import FETCH
from fedrse.jobs.model import GiveUp, Job, TryLater
from tests.features.conformance import check
from tests.features.fakes import ORIGIN
from tests.features.whole import WholeSite

FEATURED_TAG = {
    "id": str,
    "name": str,
    "url": str,
    "statuses_count": str,
    "last_status_at": str | None,
}
FEATURED, TAGS = "/api/v1/featured_tags", "/api/v1/tags"


async def test_featured_tags(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await amina.post("/api/v1/statuses", status="#Trains on time")
    await amina.post("/api/v1/statuses", status="#trains late")
    await bruno.post("/api/v1/statuses", status="#trains")
    added = await amina.post(FEATURED, name="#TRAINS")
    check(added, FEATURED_TAG)
    assert added["name"] == "TRAINS"
    assert added["statuses_count"] == "2"
    assert added["last_status_at"] == to_date(whole.clock.now())
    empty = await amina.post(FEATURED, name="vide")
    assert (empty["statuses_count"], empty["last_status_at"]) == ("0", None)
    assert await amina.get(FEATURED) == [added, empty]
    path = f"/api/v1/accounts/{amina.id}/featured_tags"
    assert await bruno.get(path) == [added, empty]
    assert (await amina.get(f"{TAGS}/trains"))["featuring"] is True
    assert (await bruno.get(f"{TAGS}/trains"))["featuring"] is False
    assert (await bruno.call("DELETE", f"{FEATURED}/{added['id']}"))[0] == 404
    assert await amina.ok("DELETE", f"{FEATURED}/{added['id']}") == {}
    assert (await amina.call("DELETE", f"{FEATURED}/{added['id']}"))[0] == 404
    assert await amina.get(FEATURED) == [empty]
    assert (await amina.call("GET", "/api/v1/accounts/1/featured_tags"))[0] == 404


async def test_featuring_by_the_tag(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for _ in range(2):
        tag = await amina.post(f"{TAGS}/Un/feature")
        assert tag["featuring"] is True
    assert [one["name"] for one in await amina.get(FEATURED)] == ["Un"]
    for _ in range(2):
        assert (await amina.post(f"{TAGS}/un/unfeature"))["featuring"] is False
    assert await amina.get(FEATURED) == []


async def test_what_cannot_be_featured(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for number in range(10):
        await amina.post(FEATURED, name=f"tag{number}")
    for name, sentence in (
        ("tag1", "Validation failed: Tag has already been taken"),
        ("eleven", "Validation failed: You have already featured the maximum number of hashtags"),
        ("a b", "Validation failed: Tag is invalid"),
        ("", "Validation failed: Tag is invalid"),
    ):
        status, _, body = await amina.call("POST", FEATURED, json={"name": name})
        assert (status, body["error"]) == (422, sentence)
    assert (await amina.call("POST", f"{TAGS}/eleven/feature"))[0] == 422
    assert (await amina.call("POST", f"{TAGS}/tag1/feature"))[0] == 200


async def test_suggestions_are_the_tags_one_uses(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    for text in ("#un", "#un #deux", "#trois", "#trois", "#trois"):
        await amina.post("/api/v1/statuses", status=text)
    await bruno.post("/api/v1/statuses", status="#quatre")
    await amina.post(FEATURED, name="trois")
    found = await amina.get(f"{FEATURED}/suggestions")
    assert [tag["name"] for tag in found] == ["un", "deux"]
    assert found[0]["featuring"] is False


# Across sites


def hashtag(name: str) -> dict[str, str]:
    return {"type": "Hashtag", "name": f"#{name}", "href": f"https://nantes.corp.example/t/{name}"}


async def shown_by(whole: WholeSite, viewer: Any, account_id: int) -> list[tuple[str, str]]:
    found = await viewer.get(f"/api/v1/accounts/{account_id}/featured_tags")
    return [(one["name"], one["url"]) for one in found]


async def test_what_others_feature_is_told(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe = await whole.remote("zoe", featured="https://nantes.corp.example/ap/u/zoe/featured")
    add = {"type": "Add", "target": zoe.featured_uri, "object": hashtag("Loire")}
    assert await whole.receive(zoe, add | {"id": f"{zoe.uri}#1"}) == "featured"
    assert await whole.receive(zoe, add | {"id": f"{zoe.uri}#2"}) == "duplicate"
    assert await shown_by(whole, amina, zoe.id) == [
        ("Loire", "https://nantes.corp.example/t/Loire")
    ]
    remove = add | {"type": "Remove", "id": f"{zoe.uri}#3"}
    assert await whole.receive(zoe, remove) == "unfeatured"
    assert await shown_by(whole, amina, zoe.id) == []


async def test_what_people_here_feature_goes_out(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await amina.post(FEATURED, name="Été")
    await amina.post(f"{TAGS}/ete/unfeature")
    for kind in ("Add", "Remove"):
        (activity,) = await whole.sent(kind)
        assert activity["actor"] == amina.account.uri
        assert activity["target"] == amina.account.featured_uri
        assert activity["object"] == {
            "type": "Hashtag",
            "name": "#Été",
            "href": f"{ORIGIN}/tags/ete",
        }


class Elsewhere:
    """Documents of another site."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents

    async def fetch(self, uri: str) -> Fetched:
        return Fetched(uri, "nantes.corp.example", await self.fetch_list(uri))

    async def fetch_list(self, address: str) -> Any:
        found = self.documents.get(address)
        if found is None:
            raise FetchFailed("fetch_status", "no", address, temporary=address.endswith("later"))
        return found


async def test_a_profile_is_asked_for_its_tags(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe = await whole.remote("zoe")
    collection = f"{zoe.uri}/tags"
    site = whole.site
    documents: dict[str, Any] = {
        zoe.uri: {"id": zoe.uri, "type": "Person", "featuredTags": collection},
        collection: {"type": "Collection", "items": [hashtag("Loire"), "x", {"type": "Note"}]},
    }
    jobs = TagJobs(
        database=site.ground.database,
        people=site.services.accounts,
        documents=Elsewhere(documents),
        featured=site.parts.featured_tags,
    )
    job = Job(id=1, kind=FETCH, arguments={"account": zoe.id}, key=None, attempt=1, due_at=0)

    async def waiting() -> int:
        counts = await site.ground.database.read(site.ground.queue.counts)
        return sum(row.count for row in counts if row.kind == FETCH)

    assert await shown_by(whole, amina, zoe.id) == []
    assert await waiting() == 1
    await jobs.fetch(job)
    loire = [("Loire", "https://nantes.corp.example/t/Loire")]
    assert await shown_by(whole, amina, zoe.id) == loire
    assert await waiting() == 1

    documents[zoe.uri]["featuredTags"] = "https://oslo.corp.example/tags"
    with pytest.raises(GiveUp):
        await jobs.fetch(job)
    documents[zoe.uri]["featuredTags"] = f"{zoe.uri}/later"
    with pytest.raises(TryLater):
        await jobs.fetch(job)
    assert await shown_by(whole, amina, zoe.id) == loire
    documents[zoe.uri]["featuredTags"] = {"type": "Collection", "items": []}
    await jobs.fetch(job)
    whole.clock.advance(DAY)
    assert await shown_by(whole, amina, zoe.id) == []


@given(
    st.recursive(
        st.none() | st.text(max_size=20) | st.integers() | st.just("Hashtag") | st.just("#un"),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "name", "href", "items"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_documents_of_others_never_break(value: Any) -> None:
    read = read_hashtag(value)
    assert read is None or read[0]
    document = value if isinstance(value, dict) else {"items": value}
    assert isinstance(read_featured_tags(document | {"type": "Collection"}), list)
