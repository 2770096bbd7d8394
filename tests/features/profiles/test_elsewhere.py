"""Questions to other sites: what is asked where, what is believed, and why there is no answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.document_client import Fetched, FetchFailed
from fedrse.core.clock import MINUTE, ManualClock
from fedrse.features.profiles import jobs_search
from fedrse.features.profiles.jobs_search import KNOWN_FOR, PER_PERSON, Elsewhere
from fedrse.features.profiles.model import Card, Skill
from fedrse.features.profiles.model_elsewhere import (
    FURTHEST,
    PER_ANSWER,
    Answer,
    Hit,
    address_of,
    read_answer,
)
from fedrse.features.profiles.model_search import Wish

NANTES, OSLO = "nantes.corp.example", "oslo.corp.example"
ORIGINS = (f"https://{OSLO}", f"https://{NANTES}")
WISH = Wish(words="müller", skill="Welding & more")


def item(number: int, host: str = NANTES, **more: Any) -> dict[str, Any]:
    uri = f"https://{host}/ap/u/{number}"
    card = {
        "type": "ContactCard",
        "attributedTo": uri,
        "function": "Foreman",
        "mail": "a@b.example",
    }
    person = {"id": uri, "type": "Person", "name": f"P {number}", "webfinger": f"p{number}@b.test"}
    return {**person, "contactCard": card, **more}


def collection(*items: Any, **more: Any) -> dict[str, Any]:
    listed = {"totalItems": len(items), "orderedItems": list(items)}
    return {"type": "OrderedCollection", **listed, **more}


class Network:
    """Sites that answer, fail or take their time; ``asked`` with who signed."""

    def __init__(self) -> None:
        self.actors: dict[str, Any] = {
            f"{origin}/actor": {"search": f"{origin}/ap/search"} for origin in ORIGINS
        }
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, int | None]] = []

    async def fetch(self, uri: str) -> Fetched:
        self.asked.append((uri, None))
        found = self.actors[uri]
        if isinstance(found, Exception):
            raise found
        return Fetched(uri, NANTES, {"id": uri, **found})

    async def fetch_list(self, address: str, *, signer: int | None = None) -> Any:
        self.asked.append((address, signer))
        found = self.answers[address.partition("/ap/")[0]]
        if isinstance(found, Exception):
            raise found
        if isinstance(found, asyncio.Event):
            await found.wait()
        return found


def elsewhere(network: Network, clock: ManualClock | None = None) -> Elsewhere:
    return Elsewhere(fetcher=network, origins=lambda: ORIGINS, clock=clock or ManualClock(0))


def failure(code: str) -> FetchFailed:
    return FetchFailed(code, "no", "https://nantes.corp.example/ap/search?q=secret")


async def test_each_site_is_asked_by_the_person_where_it_says() -> None:
    network = Network()
    network.answers = {ORIGINS[0]: collection(), ORIGINS[1]: collection(item(1))}
    found = await elsewhere(network).ask(7, WISH)
    assert [answer.host for answer in found] == [NANTES, OSLO]
    card = Card(function="Foreman")
    assert found[0].hits == (Hit(f"https://{NANTES}/ap/u/1", "P 1", "p1@b.test", card),)
    assert found[1] == Answer(OSLO)
    question = "/ap/search?kind=people&q=m%C3%BCller&skill=Welding+%26+more"
    assert sorted(one for one in network.asked if one[1]) == [
        (f"https://{NANTES}{question}", 7),
        (f"https://{OSLO}{question}", 7),
    ]


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("fetch_status_429", "busy"),
        ("fetch_status_403", "refused"),
        ("fetch_missing", "refused"),
        ("fetch_bad_json", "unreadable"),
        ("fetch_status_500", "unreachable"),
        ("connect_failed", "unreachable"),
    ],
)
async def test_why_a_site_has_not_answered(code: str, trouble: str) -> None:
    network = Network()
    network.answers = {ORIGINS[0]: failure(code), ORIGINS[1]: collection(item(1))}
    found = await elsewhere(network).ask(7, WISH)
    assert [answer.trouble for answer in found] == ["", trouble]


async def test_a_slow_site_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_search, "PATIENCE", 20)
    network = Network()
    network.answers = {ORIGINS[0]: asyncio.Event(), ORIGINS[1]: collection(item(1))}
    found = await elsewhere(network).ask(7, WISH)
    assert [(answer.trouble, len(answer.hits)) for answer in found] == [("", 1), ("slow", 0)]


@pytest.mark.parametrize("actor", [{}, {"search": "https://evil.example/ap/search"}, {"search": 7}])
async def test_sites_that_announce_nothing_are_not_asked(actor: dict[str, Any]) -> None:
    clock, network = ManualClock(0), Network()
    network.actors[f"{ORIGINS[0]}/actor"] = actor
    network.answers = {origin: collection() for origin in ORIGINS}
    asking = elsewhere(network, clock)
    for _ in range(2):
        found = await asking.ask(7, WISH)
        assert [answer.trouble for answer in found] == ["", "not_offered"]
    assert len([one for one in network.asked if one[1] is None]) == 2, "remembered"
    assert not any("evil" in address for address, _ in network.asked)
    network.actors[f"{ORIGINS[0]}/actor"] = {"search": f"{ORIGINS[0]}/ap/search"}
    clock.advance(KNOWN_FOR)
    assert [answer.trouble for answer in await asking.ask(7, WISH)] == ["", ""]


async def test_one_site_for_more() -> None:
    network = Network()
    network.answers = {ORIGINS[1]: collection(item(1))}
    (answer,) = await elsewhere(network).ask(7, WISH, host=NANTES, cursor=20)
    assert answer.host == NANTES
    assert network.asked[-1][0].endswith("&cursor=20")
    assert await elsewhere(network).ask(7, WISH, host="evil.example") == []


async def test_a_person_asks_only_so_often() -> None:
    clock, network = ManualClock(0), Network()
    network.answers = {origin: collection() for origin in ORIGINS}
    asking = elsewhere(network, clock)
    for _ in range(PER_PERSON):
        await asking.ask(7, WISH)
    asked = len(network.asked)
    assert {answer.trouble for answer in await asking.ask(7, WISH)} == {"too_often"}
    assert len(network.asked) == asked
    assert {answer.trouble for answer in await asking.ask(8, WISH)} == {""}
    clock.advance(MINUTE)
    assert {answer.trouble for answer in await asking.ask(7, WISH)} == {""}


def read(document: Any, cursor: int = 0) -> Answer | None:
    return read_answer(document, NANTES, f"https://{NANTES}", cursor)


def test_a_site_speaks_for_its_own_people_only() -> None:
    answer = read(
        collection(
            item(1, "evil.example"),
            item(2, webfinger="no handle"),
            item(3, name=" \u202eBob\n", contactCard="https://nantes.corp.example/x"),
            item(3, name="twice"),
            "text",
            item(4, contactCard={"type": "ContactCard", "attributedTo": "https://x.test/1"}),
        )
    )
    assert answer is not None
    assert [hit.uri.rpartition("/")[2] for hit in answer.hits] == ["3", "4"]
    assert [hit.card for hit in answer.hits] == [Card(), Card()]
    assert read({"type": "Note"}) is None


def test_answers_are_bounded() -> None:
    items = [item(number) for number in range(500)]
    answer = read(collection(*items, totalItems=3, next="https://x.test/"))
    assert answer is not None
    assert (len(answer.hits), answer.total, answer.further) == (PER_ANSWER, PER_ANSWER, PER_ANSWER)
    last = read(collection(*items, next="https://x.test/"), FURTHEST - PER_ANSWER)
    assert last is not None
    assert last.further == 0
    empty = read(collection(next="https://x.test/"))
    assert empty is not None
    assert empty.further == 0, "an endless row of empty pages leads nowhere"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "name", "webfinger", "contactCard", "expertise", "years"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(items=JSON, total=JSON, following=JSON)
def test_any_answer_can_be_read(items: Any, total: Any, following: Any) -> None:
    document = {"type": "OrderedCollection", "orderedItems": items, "totalItems": total}
    answer = read({**document, "next": following})
    assert answer is not None
    assert answer.total >= len(answer.hits)


@given(st.lists(st.text(max_size=30), min_size=6, max_size=6))
def test_questions_are_well_formed_addresses(texts: list[str]) -> None:
    try:
        address = address_of("https://a.example/ap/search", Wish(*texts), 20)
    except UnicodeEncodeError:
        assert any("\ud800" <= one <= "\udfff" for text in texts for one in text)
        return
    assert address.isascii()
    assert not set(address) & set(' \n\r"<>#')


def test_skills_of_hits() -> None:
    said = item(1)
    said["contactCard"]["expertise"] = [{"name": "Welding", "years": 3}, {"name": ""}, 7]
    answer = read(collection(said))
    assert answer is not None
    assert answer.hits[0].card.expertise == (Skill("Welding", 3),)
