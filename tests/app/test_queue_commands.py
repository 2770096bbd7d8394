"""``fedrse queue``: what failed is seen with its reason, tried again or dropped."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select

from fedrse.activitypub.tables import activity, delivery, destination, inbox_message
from fedrse.jobs.tables import job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.app.conftest import CommandSite

NOW = 1_768_467_600_000
ADD_MESSAGE = Statement(insert(inbox_message))
ADD_ACTIVITY = Statement(insert(activity))
ADD_DELIVERY = Statement(insert(delivery))
ADD_DESTINATION = Statement(insert(destination))
ADD_JOB = Statement(insert(job))


def row(table: Any, **values: Any) -> dict[str, Any]:
    """All columns of a table: None, or what is given."""
    return {column.name: None for column in table.c} | values


async def fill(tx: Transaction) -> None:
    """In each queue one entry that waits and one that failed; a refused message; a bad host."""
    for number, state in enumerate(("pending", "failed", "refused"), 11):
        await tx.run(
            ADD_MESSAGE,
            **row(
                inbox_message,
                id=number,
                actor=f"https://nantes.corp.example/ap/u/{number}",
                host="nantes.corp.example",
                activity_id=f"https://nantes.corp.example/ap/a/{number}",
                type="Like",
                body=b"{}",
                digest=b"",
                state=state,
                reason="" if state == "pending" else f"why_{state}",
                attempts=3,
                due_at=NOW,
                partition=0,
                received_at=NOW,
            ),
        )
    values = {"uri": "u", "type": "Create", "object_uri": "https://x/1", "sender_id": 1}
    await tx.run(
        ADD_ACTIVITY, **row(activity, id=1, body=b"{}", digest=b"", created_at=NOW, **values)
    )
    for number, failed_at in ((21, None), (22, NOW)):
        await tx.run(
            ADD_DELIVERY,
            **row(
                delivery,
                id=number << 16,
                activity_id=1,
                host="oslo.corp.example",
                inbox="https://oslo.corp.example/inbox",
                sender_id=1,
                object_uri="https://x/1",
                type="Create",
                attempts=9,
                failed_at=failed_at,
                error="401 [red]signature[/red]",
                expires_at=NOW,
                released=False,
            ),
        )
    await tx.run(
        ADD_DESTINATION,
        **row(
            destination,
            host="oslo.corp.example",
            due_at=NOW + 1,
            failures=4,
            lease_until=0,
            last_error="connection refused",
        ),
    )
    for number, failed_at in ((31, None), (32, NOW)):
        await tx.run(
            ADD_JOB,
            **row(
                job,
                id=number,
                kind="media.process",
                arguments='{"id": 7}',
                due_at=NOW,
                attempts=10,
                lease_until=0,
                failed_at=failed_at,
                error="OSError: disk full" if failed_at else "",
                created_at=NOW,
            ),
        )


def shown(site: CommandSite, *arguments: str) -> dict[str, Any]:
    result = site.run("queue", "show", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def states(site: CommandSite) -> dict[int, str]:
    async def unit(tx: Transaction) -> dict[int, str]:
        found = {}
        for each in await tx.all(Statement(select(inbox_message.c.id, inbox_message.c.state))):
            found[each.id] = each.state
        for table in (delivery, job):
            for each in await tx.all(Statement(select(table.c.id, table.c.failed_at))):
                found[each.id] = "waiting" if each.failed_at is None else "failed"
        return found

    return dict(site.write(unit))


def test_everything_is_shown_with_its_reason(either_site: CommandSite) -> None:
    assert shown(either_site) == {
        name: {"counts": [], "problems": []} for name in ("inbox", "deliveries", "jobs")
    }
    either_site.write(fill)
    found = shown(either_site)
    counts = {(c["state"], c["count"]) for queue in found.values() for c in queue["counts"]}
    assert counts == {
        ("pending", 1),
        ("failed", 1),
        ("refused", 1),
        ("to oslo.corp.example", 1),
        ("given up, oslo.corp.example", 1),
        ("media.process", 1),
        ("given up, media.process", 1),
    }
    problems = {(p["id"], p["reason"]) for queue in found.values() for p in queue["problems"]}
    assert problems == {
        ("12", "why_failed"),
        ("13", "why_refused"),
        (None, "connection refused"),
        (str(22 << 16), "401 [red]signature[/red]"),
        ("32", "OSError: disk full"),
    }
    assert list(shown(either_site, "--queue", "jobs")) == ["jobs"]
    assert len(shown(either_site, "--queue", "inbox", "--most", "1")["inbox"]["problems"]) == 1


def test_tables_show_texts_of_others_as_they_are(site: CommandSite) -> None:
    site.write(fill)
    result = site.run("queue", "show")
    assert result.exit_code == 0
    text = "".join(result.stdout.split())
    assert "[red]" in text.replace("│", "").replace("┃", "")


def test_retrying_by_id(either_site: CommandSite) -> None:
    either_site.write(fill)
    result = either_site.run("queue", "retry", "13", str(22 << 16), "32", "--json")
    assert json.loads(result.stdout) == {"inbox": 1, "deliveries": 1, "jobs": 1}
    found = states(either_site)
    assert (found[12], found[13]) == ("failed", "pending")
    assert found[22 << 16] == found[32] == "waiting"


def test_retrying_everything_leaves_what_was_refused(either_site: CommandSite) -> None:
    either_site.write(fill)
    result = either_site.run("queue", "retry", "--all", "--json")
    assert json.loads(result.stdout) == {"inbox": 1, "deliveries": 1, "jobs": 1}
    found = states(either_site)
    assert (found[12], found[13]) == ("pending", "refused")


def test_dropping(either_site: CommandSite) -> None:
    either_site.write(fill)
    result = either_site.run("queue", "drop", "12", "32", "--json")
    assert json.loads(result.stdout) == {"inbox": 1, "deliveries": 0, "jobs": 1}
    found = states(either_site)
    assert found[12] == "ignored"
    assert 32 not in found


def test_what_makes_no_sense(site: CommandSite) -> None:
    site.write(fill)
    assert site.run("queue", "retry").exit_code == 2
    assert site.run("queue", "retry", "12", "--all").exit_code == 2
    assert site.run("queue", "retry", "abc").exit_code == 2
    assert site.run("queue", "drop").exit_code == 2
    unknown = site.run("queue", "drop", "999")
    assert unknown.exit_code == 1
    assert "None of these ids" in unknown.stderr
    waiting = site.run("queue", "drop", "31")
    assert waiting.exit_code == 1
    wrong = site.run("queue", "show", "--queue", "outbox")
    assert wrong.exit_code == 1
    assert "inbox, deliveries, jobs" in wrong.stderr
