"""Deletion of actors: believed where their site says so."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.inbox import Outcome
from tests.activitypub.inbox.desk import Desk
from tests.activitypub.runtime_kit import OSLO, RemoteActor


def deletion(actor: RemoteActor) -> dict[str, Any]:
    return actor.activity(9, "Delete", object=actor.uri)


async def test_deletion_of_a_stranger_is_dropped_without_a_fetch(desk: Desk) -> None:
    stranger = RemoteActor()
    request = stranger.post(deletion(stranger), desk.clock)
    assert await desk.inbox.receive(request) is Outcome.DROPPED
    assert desk.directory.fetched == []
    assert await desk.messages() == []


async def test_deletion_by_a_gone_actor_is_believed_because_its_site_says_so(desk: Desk) -> None:
    gone = RemoteActor()
    desk.directory.actors.add(gone.uri)
    desk.directory.gone.add(gone.uri)
    request = gone.post(deletion(gone), desk.clock)
    assert await desk.inbox.receive(request) is Outcome.STORED


async def test_deletion_is_not_believed_while_the_actor_is_there(desk: Desk) -> None:
    alive = RemoteActor()
    desk.directory.actors.add(alive.uri)
    error = await desk.refusal(alive.post(deletion(alive), desk.clock))
    assert error.code == "key_unreachable"


async def test_gone_actor_can_delete_nothing_but_itself(desk: Desk) -> None:
    gone = RemoteActor()
    desk.directory.actors.add(gone.uri)
    desk.directory.gone.add(gone.uri)
    request = gone.post(gone.activity(1, "Delete", object=f"{OSLO}/ap/n/1"), desk.clock)
    assert (await desk.refusal(request)).code == "key_unreachable"
