"""Rehearses a policy and says whom of this site it would hit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from fedrse.app.secret_file import read_secret
from fedrse.app.services import blocked_peers
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import DAY, to_iso_seconds
from fedrse.core.errors import Invalid
from fedrse.core.settings import Settings
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_files import read_rules_file
from fedrse.features.policy.model_ledger import Hasher
from fedrse.features.policy.model_rehearsal import FIRST_NUMBER, Rehearsal, with_drafts
from fedrse.features.policy.service import read_rules
from fedrse.features.policy.service_ledger import KEPT, LedgerReader
from fedrse.features.policy.service_rehearsal import Progress, Rehearsals

Facts = dict[str, Any]
MOST_PEERS: Final = 50
"""Peers whose people are counted one by one."""


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


async def rehearse(
    settings: Settings,
    file: Path | None,
    *,
    days: int = 30,
    most: int = 20,
    progress: Progress | None = None,
) -> Facts:
    """What the rules of a file, or without one the drafts of this site, would have done.

    Raises Invalid for a file with wrong rules or where there is no draft.
    """
    async with open_whole(settings) as whole:
        rules = await candidates(whole, file)
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
        result["people"] = await _people(whole, found)
        return result


async def candidates(whole: Whole, file: Path | None) -> list[Rule]:
    """All rules of a file; without one those of the site with its drafts made active."""
    if file is not None:
        try:
            data = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise Invalid("file_unreadable", f"{file}: {error.strerror}") from error
        return read_rules_file(data, whole.ground.settings.host)
    _, rules = await whole.ground.database.read(read_rules)
    drafted = with_drafts(rules)
    if drafted == rules:
        raise Invalid("no_draft", "There is no draft; name a file, or make a rule with a draft.")
    return drafted


async def _people(whole: Whole, found: Rehearsal) -> Facts:
    """People of this site and follows of theirs with peers of which more would be stopped."""
    hosts = found.newly_stopped[:MOST_PEERS]
    peers = blocked_peers(whole.ground, whole.protocol, whole.services)
    total = await whole.ground.database.read(peers.cost, hosts)
    by_peer = []
    for host in hosts:
        cost = await whole.ground.database.read(peers.cost, [host])
        senders = len(found.senders.get(host, ()))
        by_peer.append(
            {
                "host": host,
                "people": cost.people,
                "following": cost.following,
                "followers": cost.followers,
                "senders": senders,
            }
        )
    return {
        "people": total.people,
        "following": total.following,
        "followers": total.followers,
        "peers": by_peer,
    }


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
