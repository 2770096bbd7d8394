"""The log of administrative acts for the command line: read, check, hand out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec.json import decode, encode

from fedrse.app.audit_heads import testimonies
from fedrse.app.context import ready_database
from fedrse.app.operator import commands_log, operator
from fedrse.core.clock import DAY, SystemClock, to_iso_seconds
from fedrse.core.errors import Conflict, Invalid, NotFound
from fedrse.core.settings import Settings
from fedrse.features.audit.model import Entry, FlawKind, Head, Target, known_act, line_of
from fedrse.features.audit.model_acts import LABELS, Act
from fedrse.features.audit.service import Wanted
from fedrse.features.network.jobs_heads import Testimony
from fedrse.store.database import Transaction

AT_ONCE = 1000
Facts = dict[str, Any]
Writer = Callable[[bytes], object]

SENTENCES = {
    FlawKind.CHANGED: "does not say what was written: its hash is another one",
    FlawKind.GAP: "follows a gap: entries before it are missing",
    FlawKind.CHAIN: "does not follow from the entry before it",
    FlawKind.ORDER: "stands where an older one should",
    FlawKind.TRUNCATED: "is missing: the log was cut",
    FlawKind.REWRITTEN: "is not the one that was known under this number",
}


async def note_backup(
    settings: Settings, identifier: str, *, secrets: bool, restored: bool = False
) -> None:
    """Writes down that a backup was made or brought back, with its id.

    Nothing is written where the database is of another version: its log is not ours.
    """
    act = Act.BACKUP_RESTORED if restored else Act.BACKUP_MADE
    after = {"secrets": secrets}
    with suppress(Conflict):
        async with ready_database(settings) as database:
            await database.write(
                commands_log().record, act, operator(), Target("backup", identifier), after=after
            )


async def listing(
    settings: Settings,
    *,
    act: str = "",
    actor: str = "",
    target: str = "",
    days: int | None = None,
    most: int = 50,
) -> list[Facts]:
    """Entries, the newest first. Raises Invalid for an act that does not exist."""
    if act and known_act(act) is None:
        raise Invalid("act_unknown", f"{act!r} is no act; known are: {', '.join(Act)}.")
    since = 0 if days is None else SystemClock().now() - days * DAY
    wanted = Wanted(
        act=act, actor=actor.removeprefix("@"), target=target.removeprefix("@"), since=since
    )

    async def unit(tx: Transaction) -> list[Entry]:
        return await commands_log().find(tx, wanted, most=most)

    async with ready_database(settings) as database:
        return [facts_of(entry) for entry in await database.read(unit)]


async def show(settings: Settings, number: int) -> Facts:
    """Everything about one entry. Raises NotFound."""
    async with ready_database(settings) as database:
        entry = await database.read(commands_log().entry, number)
    if entry is None:
        raise NotFound("entry_unknown", f"There is no entry {number} in the log.")
    return {**facts_of(entry), "previous": entry.previous, "hash": entry.hash}


async def export(settings: Settings, write: Writer, *, after: int = 0) -> int:
    """Writes entries in their order, one canonical JSON document a line; how many.

    Each line holds all that is hashed, and the hash: whoever has the lines can check them.
    """
    count = 0
    async with ready_database(settings) as database:
        while True:
            piece = await database.read(commands_log().after, after, most=AT_ONCE)
            for entry in piece:
                write(line_of(entry))
            count += len(piece)
            if len(piece) < AT_ONCE:
                return count
            after = piece[-1].number


async def verify(settings: Settings, known: Head | None = None, *, peers: bool = False) -> Facts:
    """Checks the whole chain, and that it still holds ``known``, if that is given.

    With ``peers`` also that it holds every head that the other members have noted.
    """
    log = commands_log()
    async with ready_database(settings) as database:
        verdict = await log.verify(database)
        flaws = list(verdict.flaws)
        if known is not None:
            flaw = await database.read(log.agrees, known)
            flaws += [] if flaw is None else [flaw]
    said = await testimonies(settings) if peers else []
    flaws += [flaw for one in said for flaw in one.flaws if flaw not in flaws]
    return {
        "entries": verdict.entries,
        "last": verdict.head.number,
        "head": verdict.head.hash,
        "flaws": [
            {"entry": one.number, "kind": one.kind.value, "what": SENTENCES[one.kind]}
            for one in flaws
        ],
        "peers": [{"host": one.host, "says": _says(one)} for one in said],
    }


def _says(one: Testimony) -> str:
    """What a member says about our log, in a sentence."""
    if one.error:
        return f"no answer ({one.error})"
    if one.newest is None:
        return "has noted nothing of this log yet"
    wrong = f", {len(one.flaws)} of them disagree" if one.flaws else ", all agree"
    last = f"the last is entry {one.newest.head.number}, of {to_iso_seconds(one.newest.at)}"
    return f"{one.heads} heads noted{wrong}; {last}"


def read_head(text: str) -> Head:
    """``NUMBER:HASH`` as ``verify`` prints it. Raises Invalid."""
    number, _, found = text.partition(":")
    is_hash = len(found) == 64 and all(sign in "0123456789abcdef" for sign in found)
    if not (number.isascii() and number.isdigit() and len(number) < 19 and is_hash):
        raise Invalid("head_invalid", "A head is NUMBER:HASH, as `fedrse audit verify` prints it.")
    return Head(int(number), found)


def text_of(value: Any) -> str:
    """A value as it is read best: JSON, nothing for nothing."""
    return "" if value is None else encode(value).decode()


def facts_of(entry: Entry) -> Facts:
    """An entry for people and scripts."""
    known = known_act(entry.act)
    return {
        "number": entry.number,
        "at": to_iso_seconds(entry.at),
        "act": entry.act,
        "what": entry.act if known is None else LABELS[known],
        "by": entry.actor_name or entry.actor_id or entry.actor_origin,
        "origin": entry.actor_origin,
        "target": entry.target_name or entry.target_id,
        "target_kind": entry.target_kind,
        "target_id": entry.target_id,
        "before": decode(entry.before),
        "after": decode(entry.after),
        "reason": entry.reason,
    }
