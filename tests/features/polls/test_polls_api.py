"""The client API of polls."""

from __future__ import annotations

from fedrse.features.accounts.service import Accounts
from fedrse.features.polls.api import PollsApi
from fedrse.features.polls.service import Polls
from tests.features.posts.studio import Studio
from tests.features.surface import surface

POLL = {"options": ["oui", "non"], "expires_in": 600, "multiple": True}


async def test_look_and_vote(studio: Studio, polls: Polls, accounts: Accounts) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, "?", poll=POLL)
    api = PollsApi(database=studio.database, polls=polls, people=accounts)
    async with surface(api.routes(), clock=studio.clock) as site:
        address = f"/api/v1/polls/{post.id}"
        assert (await site.call("GET", address))[0] == 401
        assert (await site.get(address, bruno.id))["own_votes"] == []
        assert (await site.call("POST", f"{address}/votes"))[0] == 401
        data = [("choices[]", "1"), ("choices[]", "0")]
        status, _, poll = await site.call("POST", f"{address}/votes", bruno.id, data=data)
        assert (status, poll["own_votes"], poll["voted"]) == (200, [0, 1], True)
        assert [one["votes_count"] for one in poll["options"]] == [1, 1]
        for body, sentence in (
            ({"choices": ["0"]}, "Validation failed: You have already voted on this poll"),
            ({"choices": [9]}, "Validation failed: The chosen vote option does not exist"),
            ({"choices": []}, "Validation failed: Choices can't be blank"),
            ({}, "Validation failed: Choices can't be blank"),
        ):
            status, _, error = await site.call("POST", f"{address}/votes", bruno.id, json=body)
            assert (status, error["error"]) == (422, sentence)
        status, _, _ = await site.call(
            "POST", f"{address}/votes", bruno.id, json={"choices": ["oui"]}
        )
        assert status == 422
        for missing in (f"/api/v1/polls/{post.id + 1}", "/api/v1/polls/x"):
            assert (await site.call("GET", missing, bruno.id))[0] == 404
            assert (await site.call("POST", f"{missing}/votes", bruno.id, json=data))[0] in {
                400,
                404,
            }
