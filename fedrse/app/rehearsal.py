"""Rehearses a policy and says whom of this site it would hit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins
from sqlalchemy import select

from fedrse.app.ground import Ground
from fedrse.app.policy import make_rules
from fedrse.app.protocol import Protocol
from fedrse.app.secret_file import read_secret
from fedrse.app.services import Services, blocked_peers
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import DAY, to_iso_seconds
from fedrse.core.errors import Invalid
from fedrse.core.settings import Settings
from fedrse.features.accounts.model import INSTANCE
from fedrse.features.accounts.service_joins import account
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_changes import adopted as taken_up
from fedrse.features.policy.model_changes import result as after
from fedrse.features.policy.model_files import read_rules_file
from fedrse.features.policy.model_ledger import Hasher
from fedrse.features.policy.model_proposals import Concerned, Hits, PeerHit, Told
from fedrse.features.policy.model_rehearsal import FIRST_NUMBER, Rehearsal, with_drafts
from fedrse.features.policy.service import read_rules
from fedrse.features.policy.service_ledger import KEPT, LedgerReader
from fedrse.features.policy.service_proposals import Proposals
from fedrse.features.policy.service_rehearsal import Progress, Rehearsals
from fedrse.jobs.model import Job
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement

Facts = dict[str, Any]
MOST_LINES: Final = 20
"""Of each list of a rehearsal that is shown in the console."""

MOST_PEERS: Final = 50
"""Peers whose people are counted one by one."""

LOCAL_ACTORS = Statement(
    select(account.c.id, account.c.uri).where(account.c.local, account.c.deleted_at.is_(None))
)


def rehearsals_of(whole: Whole) -> Rehearsals:
    """What rehearses on an open site."""
    ground = whole.ground
    return Rehearsals(
        border=whole.protocol.border,
        reader=LedgerReader(ground.database),
        hasher=hasher_of(whole),
        clock=ground.clock,
    )


def hasher_of(whole: Whole) -> Hasher:
    """What the ledger of a site calls people and messages."""
    ground = whole.ground
    return Hasher(read_secret(ground.folder / ground.settings.storage.secret_file))


# In the console


def make_proposals(ground: Ground) -> Proposals:
    """Changes that are rehearsed before they are made."""
    return Proposals(
        database=ground.database,
        clock=ground.clock,
        ids=ground.ids,
        queue=ground.queue,
        rules=make_rules(ground),
    )


async def run(ground: Ground, protocol: Protocol, services: Services, job: Job) -> None:
    """The job that rehearses what somebody proposed."""
    whole = Whole(ground, protocol, services)

    async def rehearse(rules: Sequence[Rule], progress: Progress) -> Told:
        await protocol.ledger.flush()  # what was noted in this second counts, too
        return await told(whole, rules, progress)

    await make_proposals(ground).run(job, rehearse)


async def told(whole: Whole, rules: Sequence[Rule], progress: Progress) -> Told:
    """What these rules would have done in the last thirty days."""
    now = whole.ground.clock.now()
    found = await rehearsals_of(whole).of(rules, progress=progress)
    _, oldest = await LedgerReader(whole.ground.database).total(now - KEPT)
    plain = found.plain(MOST_LINES)
    named = {one["rule"] for one in (*plain["rules"], *plain["shadow"])}
    return Told(
        since=oldest,
        until=now,
        found=plain,
        rules={rule.id: rule for rule in rules if rule.id in named},
        hits=await hits_of(whole, found),
    )


async def hits_of(whole: Whole, found: Rehearsal) -> Hits:
    """People of this site, and their follows with peers of which more would be stopped."""
    hosts = found.newly_stopped
    peers = blocked_peers(whole.ground, whole.protocol, whole.services)
    total = await whole.ground.database.read(peers.cost, hosts)
    shown = hosts[:MOST_PEERS]
    costs = await whole.ground.database.read(peers.costs, shown)
    listed = []
    for host in shown:
        cost, senders = costs.get(host), len(found.senders.get(host, ()))
        if cost is None:
            listed.append(PeerHit(host, 0, 0, 0, senders))
        else:
            listed.append(PeerHit(host, cost.people, cost.following, cost.followers, senders))
    return Hits(
        total.people,
        total.following,
        total.followers,
        tuple(listed),
        tuple(await _named(whole, found, hosts)),
    )


async def _named(whole: Whole, found: Rehearsal, hosts: Sequence[str]) -> list[Concerned]:
    """Those of this site whom it hits most; the ledger itself does not know their names."""
    database = whole.ground.database
    peers = blocked_peers(whole.ground, whole.protocol, whole.services)
    follows = await database.read(peers.most_concerned, hosts, MOST_LINES)
    messages: dict[int, int] = {}
    if found.stopped:
        hasher, actors = hasher_of(whole), await database.read(_local_actors)
        messages = await asyncio.to_thread(_counted, hasher, actors, found.stopped)
    ids = sorted({*follows, *messages}, key=lambda one: (-messages.get(one, 0), one))[:MOST_LINES]
    people = await database.read(whole.services.accounts.by_ids, ids)
    return [
        Concerned(one, f"@{people[one].username}", messages.get(one, 0), *follows.get(one, (0, 0)))
        for one in ids
        if one in people and people[one].kind != INSTANCE  # the site itself is nobody
    ]


def _counted(
    hasher: Hasher, actors: Iterable[tuple[int, str]], stopped: Mapping[bytes, int]
) -> dict[int, int]:
    """Messages that would have been stopped, by who sent them."""
    hashes = ((one, hasher.hash(uri)) for one, uri in actors)
    return {one: stopped[name] for one, name in hashes if name in stopped}


async def _local_actors(tx: Transaction) -> list[tuple[int, str]]:
    return [(row.id, row.uri) for row in await tx.all(LOCAL_ACTORS)]


# At the command line


async def rehearse(
    settings: Settings,
    file: Path | None,
    *,
    days: int = 30,
    most: int = MOST_LINES,
    adopted: Sequence[int] = (),
    progress: Progress | None = None,
) -> Facts:
    """What the rules of a file, or without one the drafts of this site, would have done.

    ``adopted``: of the drafts only these. Raises Invalid for a file with wrong rules or where
    there is no draft, NotFound for a rule that is not there.
    """
    async with open_whole(settings) as whole:
        rules = await candidates(whole, file, adopted)
        now = whole.ground.clock.now()
        since = now - min(days * DAY, KEPT)
        found = await rehearsals_of(whole).of(rules, since=since, progress=progress)
        _, oldest = await LedgerReader(whole.ground.database).total(since)
        result = found.plain(most)
        for entry in (*result["rules"], *result["shadow"]):
            entry["what"] = _name(rules, entry["rule"])
            entry["rule"] = _number(entry["rule"])
        result["since"] = None if oldest is None else to_iso_seconds(oldest)
        result["until"] = to_iso_seconds(now)
        result["people"] = to_builtins(await hits_of(whole, found))
        return result


async def candidates(whole: Whole, file: Path | None, adopted: Sequence[int] = ()) -> list[Rule]:
    """All rules of a file; without one those of the site with its drafts made active."""
    if file is not None:
        try:
            data = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise Invalid("file_unreadable", f"{file}: {error.strerror}") from error
        return read_rules_file(data, whole.ground.settings.host)
    _, rules = await whole.ground.database.read(read_rules)
    drafted = with_drafts(rules)
    if adopted:
        drafted = after(rules, taken_up(rules, adopted))
    if drafted == rules:
        raise Invalid("no_draft", "There is no draft; name a file, or make a rule with a draft.")
    return drafted


def _name(rules: Sequence[Rule], number: int) -> str:
    """What a rule is, for people: its effect and the first of what it matches."""
    rule = _find(rules, number)
    if rule is None:
        return "settings"
    match = rule.match
    named = (*match.hosts, *match.actors, *match.networks, *match.types, *match.tags)
    return f"{rule.effect.value} {', '.join(named[:3])}".strip()


def _find(rules: Sequence[Rule], number: int) -> Rule | None:
    if number >= FIRST_NUMBER:
        return rules[number - FIRST_NUMBER]
    return next((rule for rule in rules if rule.id == number), None)


def _number(number: int) -> str:
    """The number of a rule; one that has none yet is counted in its file."""
    return f"new {number - FIRST_NUMBER + 1}" if number >= FIRST_NUMBER else str(number)
