"""People here report, and may let the other site know."""

from __future__ import annotations

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.accounts.service import Accounts
from fedrse.features.moderation.api import ReportsApi
from fedrse.features.moderation.model import LONGEST_COMMENT, Category, Report, read_flag
from fedrse.features.moderation.service import Reports
from fedrse.features.posts.model import Visibility
from fedrse.store.database import Transaction
from tests.features.posts.studio import MEMBER, Studio
from tests.features.surface import surface


async def report(
    studio: Studio, reports: Reports, reporter: int, target: int, **options: object
) -> tuple[Report, list[int]]:
    async def unit(tx: Transaction) -> tuple[Report, list[int]]:
        return await reports.report(tx, reporter, target, **options)

    return await studio.database.write(unit)


async def test_a_report_stays_here(studio: Studio, reports: Reports, local_ids: LocalIds) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(bruno)
    made, counted = await report(
        studio,
        reports,
        amina.id,
        bruno.id,
        post_ids=[post.id],
        comment=" Spam ! ",
        category=Category.SPAM,
        forward=True,
    )
    assert counted == [post.id]
    assert await studio.database.read(reports.open_reports) == [made]
    assert made.uri == local_ids.uri("report", made.id)
    assert (made.account_id, made.target_id, made.post_uris) == (amina.id, bruno.id, [post.uri])
    assert (made.comment, made.category, made.local) == ("Spam !", "spam", True)
    assert made.forwarded is False  # there is no other site
    assert studio.outbox.types() == ["Create"]


async def test_a_forwarded_report_does_not_say_who(studio: Studio, reports: Reports) -> None:
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    actor = await studio.cast.instance_actor()
    post = await studio.create(dora)
    made, _ = await report(
        studio, reports, amina.id, dora.id, post_ids=[post.id], comment="Non", forward=True
    )
    assert made.forwarded
    sent = studio.outbox.last("Flag")
    assert sent.sender == actor.id
    assert sent.recipients.accounts == (dora.id,)
    assert sent.activity["actor"] == actor.uri
    assert sent.activity["object"] == [dora.uri, post.uri]
    assert sent.activity["to"] == dora.uri
    assert (sent.activity["id"], sent.activity["content"]) == (made.uri, "Non")
    assert "amina" not in str(sent.activity)
    assert str(amina.id) not in str(sent.activity)
    assert read_flag(sent.activity).uris == (dora.uri, post.uri)
    await report(studio, reports, amina.id, dora.id, comment="Encore")
    assert studio.outbox.types() == ["Flag"]


async def test_only_posts_that_the_reporter_sees_of_the_reported(
    studio: Studio, reports: Reports
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    seen = await studio.write(bruno)
    hidden = await studio.write(bruno, visibility=Visibility.PRIVATE)
    own = await studio.write(amina)
    ids = [seen.id, hidden.id, own.id, 7, seen.id]
    made, counted = await report(studio, reports, amina.id, bruno.id, post_ids=ids)
    assert counted == [seen.id]
    assert made.post_uris == [seen.uri]


async def test_what_cannot_be_reported(studio: Studio, reports: Reports) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    with pytest.raises(NotFound):
        await report(studio, reports, amina.id, bruno.id + 1)
    await report(studio, reports, amina.id, bruno.id, comment="é" * LONGEST_COMMENT)
    with pytest.raises(Invalid, match="Comment is too long"):
        await report(studio, reports, amina.id, bruno.id, comment="é" * (LONGEST_COMMENT + 1))
    assert len(await studio.database.read(reports.open_reports)) == 1


async def test_the_client_api(studio: Studio, reports: Reports, accounts: Accounts) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(bruno)
    api = ReportsApi(database=studio.database, reports=reports, accounts=accounts, rules=0)
    async with surface(api.routes(), clock=studio.clock) as site:
        address = "/api/v1/reports"
        assert (await site.call("POST", address, data={"account_id": "1"}))[0] == 401
        data = {
            "account_id": str(bruno.id),
            "status_ids[]": str(post.id),
            "comment": "Non",
            "category": "violation",
            "forward": "true",
        }
        status, _, made = await site.call("POST", address, amina.id, data=data)
        assert status == 200
        assert made.pop("target_account")["username"] == "bruno"
        assert made.pop("id").isdigit()
        assert made == {
            "action_taken": False,
            "action_taken_at": None,
            "category": "violation",
            "comment": "Non",
            "forwarded": False,
            "created_at": "2026-01-15T09:00:00.000Z",
            "status_ids": [str(post.id)],
            "collection_ids": None,
            "rule_ids": None,
        }
        for wrong, status in (
            ({}, 422),
            ({"account_id": "x"}, 422),
            ({"account_id": "7"}, 404),
            ({"account_id": str(bruno.id), "category": "nonsense"}, 422),
            ({"account_id": str(bruno.id), "comment": "x" * 1001}, 422),
        ):
            assert (await site.call("POST", address, amina.id, data=wrong))[0] == status, wrong
