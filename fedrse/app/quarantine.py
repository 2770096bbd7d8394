"""What is held at the border, for whoever runs the site: list, show, release, drop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fedrse.activitypub.quarantine import Held, Quarantine
from fedrse.app.context import COMMAND_NODE, ready_database
from fedrse.app.operator import commands_log, operator
from fedrse.core.clock import SystemClock, to_iso_seconds
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.features.audit.model import Actor, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.store.database import Transaction

Facts = dict[str, Any]
MOST_NAMED: Final = 1000  # ids in an entry of the log


def quarantine() -> Quarantine:
    """For commands."""
    clock = SystemClock()
    return Quarantine(clock=clock, ids=IdMaker(clock, COMMAND_NODE))


async def entries(settings: Settings, most: int) -> list[Facts]:
    """What is held, the newest first."""

    async def unit(tx: Transaction) -> list[Held]:
        return await quarantine().newest(tx, most=most)

    async with ready_database(settings) as database:
        return [facts_of(held) for held in await database.read(unit)]


async def show(settings: Settings, number: int) -> Facts:
    """One message. Raises NotFound."""

    async def unit(tx: Transaction) -> list[Held]:
        return await quarantine().these(tx, [number])

    async with ready_database(settings) as database:
        found = await database.read(unit)
    if not found:
        raise NotFound("not_held", f"Nothing with the id {number} is in quarantine.")
    return facts_of(found[0])


async def release(settings: Settings, ids: Sequence[int], reason: str) -> int:
    """Lets messages go on. Raises NotFound where none of them is held."""
    return await _decide(settings, ids, reason, Act.QUARANTINE_RELEASED)


async def drop(settings: Settings, ids: Sequence[int], reason: str) -> int:
    """Gives messages up. Raises NotFound where none of them is held."""
    return await _decide(settings, ids, reason, Act.QUARANTINE_DROPPED)


async def _decide(settings: Settings, ids: Sequence[int], reason: str, act: Act) -> int:
    async def unit(tx: Transaction) -> int:
        return await decide(
            tx, ids, act, place=quarantine(), log=commands_log(), actor=operator(), reason=reason
        )

    async with ready_database(settings) as database:
        return await database.write(unit)


async def decide(
    tx: Transaction,
    ids: Sequence[int],
    act: Act,
    *,
    place: Quarantine,
    log: Audit,
    actor: Actor,
    reason: str = "",
) -> int:
    """Releases or drops, and says so in the log. Raises NotFound where none of them is held."""
    found = await place.these(tx, ids)
    if not found:
        raise NotFound("not_held", "None of these is in quarantine.")
    if act is Act.QUARANTINE_RELEASED:
        count = await place.release(tx, ids)
    else:
        count = await place.drop(tx, ids)
    hosts = sorted({held.host for held in found})
    named = [
        {"id": str(held.id), "type": held.type, "uri": held.uri} for held in found[:MOST_NAMED]
    ]
    target = Target("quarantine", ",".join(hosts)[:300])
    await log.record(tx, act, actor, target, before=named, reason=reason)
    return count


def facts_of(held: Held) -> Facts:
    """A held message as plain values."""
    return {
        "id": str(held.id),
        "direction": held.direction.value,
        "host": held.host,
        "actor": held.actor,
        "type": held.type,
        "object_type": held.object_type or None,
        "uri": held.uri,
        "object": held.object_uri or None,
        "audience": held.audience or None,
        "size": held.size,
        "rules": [str(rule) for rule in held.rules],
        "reason": held.reason or None,
        "changes": list(held.changes),
        "since": to_iso_seconds(held.at),
        "text": held.text or None,
    }
