"""Several features may know the thing behind a bare id."""

from __future__ import annotations

from typing import Any, cast

import pytest

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Received
from fedrse.store.database import Transaction

TX = cast(Transaction, None)


def undo(thing: Any) -> Received:
    actor = "https://oslo.corp.example/ap/u/1"
    return Received(
        id=f"{actor}#undo",
        type="Undo",
        actor=actor,
        host="oslo.corp.example",
        activity={"type": "Undo", "actor": actor, "object": thing},
        received_at=0,
    )


async def of_follows(_tx: Transaction, received: Received) -> str | None:
    return "unfollowed" if "/f/" in str(received.activity["object"]) else None


async def of_likes(_tx: Transaction, received: Received) -> str | None:
    return "unliked" if "/l/" in str(received.activity["object"]) else None


async def embedded(_tx: Transaction, _received: Received) -> str:
    return "embedded"


async def test_each_is_asked_until_one_knows_it() -> None:
    dispatcher = Dispatcher()
    dispatcher.on_reference("Undo", of_follows)
    dispatcher.on_reference("Undo", of_likes)
    assert await dispatcher.dispatch(TX, undo("https://oslo.corp.example/ap/f/1")) == "unfollowed"
    assert await dispatcher.dispatch(TX, undo("https://oslo.corp.example/ap/l/1")) == "unliked"
    with pytest.raises(Ignored, match="unknown_object"):
        await dispatcher.dispatch(TX, undo("https://oslo.corp.example/ap/x/1"))
    assert not dispatcher.unknown


async def test_an_embedded_object_goes_to_the_handler_of_its_type() -> None:
    dispatcher = Dispatcher()
    dispatcher.on_reference("Undo", of_follows)
    dispatcher.on("Undo", embedded, objects=frozenset({"Follow"}))
    follow = {"type": "Follow", "id": "https://oslo.corp.example/ap/f/1"}
    assert await dispatcher.dispatch(TX, undo(follow)) == "embedded"


async def test_the_handler_of_the_rest_comes_last() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("Undo", embedded)
    dispatcher.on_reference("Undo", of_follows)
    assert await dispatcher.dispatch(TX, undo("https://oslo.corp.example/ap/f/1")) == "unfollowed"
    assert await dispatcher.dispatch(TX, undo("https://oslo.corp.example/ap/n/1")) == "embedded"


async def test_a_list_of_one_is_that_one() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("Undo", embedded, objects=frozenset({"Like"}))
    dispatcher.on_reference("Undo", of_follows)
    for thing in ({"type": "Like"}, [{"type": "Like"}]):
        assert await dispatcher.dispatch(TX, undo(thing)) == "embedded"
    assert await dispatcher.dispatch(TX, undo(["https://x.example/f/1"])) == "unfollowed"
    with pytest.raises(Ignored):
        await dispatcher.dispatch(TX, undo([{"type": "Like"}, {"type": "Like"}]))


async def test_a_tombstone_is_asked_for_by_its_id_first() -> None:
    dispatcher = Dispatcher()
    dispatcher.on("Undo", embedded, objects=frozenset({"Tombstone"}))
    dispatcher.on_reference("Undo", of_follows)
    grave = {"type": "Tombstone", "id": "https://x.example/f/1"}
    assert await dispatcher.dispatch(TX, undo(grave)) == "unfollowed"
    assert await dispatcher.dispatch(TX, undo({**grave, "id": "https://x.example/n/1"})) == (
        "embedded"
    )
