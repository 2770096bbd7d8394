"""Cards of people of other sites: asked for, kept for a while, shown to people of this site."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.core.clock import MINUTE
from fedrse.features.accounts.model import Account
from fedrse.features.profiles.jobs_cards import CardFetcher
from fedrse.features.profiles.model import Card, Skill
from fedrse.features.profiles.model_wire import write_document
from fedrse.features.profiles.service import FRESH, KEPT
from tests.features.whole import WholeSite

HOST = "nantes.corp.example"
CARD = Card(function="Foreman", phones=("+33 2 40 00 00 00",), expertise=(Skill("Welding", 12),))


class OtherSite:
    """Answers fetches; ``fails`` instead."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        self.fails: FetchFailed | None = None

    def show(self, account: Account, card: Card, *, owner: str = "", address: str = "") -> None:
        address = address or f"{account.uri}/card"
        self.documents[account.uri] = {"id": account.uri, "contactCard": address}
        self.documents[address] = write_document(address, owner or account.uri, card)

    async def fetch(self, uri: str) -> Fetched:
        self.asked.append(uri)
        if self.fails is not None:
            raise self.fails
        return Fetched(uri, HOST, self.documents[uri])


async def shown(whole: WholeSite, viewer: int, account: Account) -> Card:
    profiles = whole.site.services.profiles
    database = whole.site.ground.database
    _, card = await database.read(profiles.access_card, viewer, account.id)
    listed = await database.read(profiles.cards, viewer, [account.id])
    assert listed.get(account.id, Card()) == card, "the same in lists"
    return card


def fetcher_of(whole: WholeSite, other: OtherSite) -> CardFetcher:
    database = whole.site.ground.database
    return CardFetcher(database=database, profiles=whole.site.services.profiles, fetcher=other)


async def test_asked_again_after_a_while_and_forgotten_in_the_end(whole: WholeSite) -> None:
    viewer = (await whole.person("amina")).account.id
    bruno = await whole.remote("bruno", HOST)
    other = OtherSite()
    fetcher = fetcher_of(whole, other)
    other.show(bruno, CARD)
    assert await shown(whole, viewer, bruno) == Card()
    await fetcher.refresh(bruno.id)
    assert await shown(whole, viewer, bruno) == CARD
    other.show(bruno, Card(function="Retired"))
    await fetcher.refresh(bruno.id)
    assert len(other.asked) == 2, "it is fresh"
    whole.clock.advance(FRESH)
    await fetcher.refresh(bruno.id)
    assert await shown(whole, viewer, bruno) == Card(function="Retired")
    other.fails = FetchFailed("timeout", "no answer", bruno.uri, temporary=True)
    whole.clock.advance(KEPT - MINUTE)
    await fetcher.refresh(bruno.id)
    assert await shown(whole, viewer, bruno) == Card(function="Retired")
    whole.clock.advance(MINUTE)
    assert await shown(whole, viewer, bruno) == Card()


async def test_a_site_that_refuses_takes_back_what_it_told(whole: WholeSite) -> None:
    viewer = (await whole.person("amina")).account.id
    bruno = await whole.remote("bruno", HOST)
    other = OtherSite()
    other.show(bruno, CARD)
    fetcher = fetcher_of(whole, other)
    await fetcher.refresh(bruno.id)
    whole.clock.advance(FRESH)
    other.fails = FetchFailed("fetch_missing", "404", bruno.uri, missing=True)
    await fetcher.refresh(bruno.id)
    assert await shown(whole, viewer, bruno) == Card()


@pytest.mark.parametrize(
    "lie", [{"owner": f"https://{HOST}/ap/u/2"}, {"address": "https://evil.example/card"}]
)
async def test_what_is_not_the_persons_own_card_is_not_taken(
    whole: WholeSite, lie: dict[str, str]
) -> None:
    viewer = (await whole.person("amina")).account.id
    bruno = await whole.remote("bruno", HOST)
    other = OtherSite()
    other.show(bruno, CARD, **lie)
    await fetcher_of(whole, other).refresh(bruno.id)
    assert await shown(whole, viewer, bruno) == Card()
    assert not any("evil" in uri for uri in other.asked)


async def test_only_members_are_asked(whole: WholeSite) -> None:
    stranger = await whole.remote("eve", "elsewhere.example")
    local = await whole.person("amina")
    other = OtherSite()
    for account_id in (stranger.id, local.account.id, 1):
        await fetcher_of(whole, other).refresh(account_id)
    assert other.asked == []
