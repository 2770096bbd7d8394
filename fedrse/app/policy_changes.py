"""What ``fedrse policy`` does: rules are planned, their cost is told, then they are changed."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from fedrse.app.operator import operator
from fedrse.app.policy import Cost, make_costs, make_rules
from fedrse.app.services import blocked_peers
from fedrse.app.terminal import note
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import SystemClock, to_iso_seconds
from fedrse.core.errors import Conflict, NotFound
from fedrse.core.settings import Settings
from fedrse.features.policy.model import LIST, SETTINGS, Effect, Rule, State
from fedrse.features.policy.model_changes import Author, Change, Version
from fedrse.features.policy.model_fields import BadRules, Problem, read_rule
from fedrse.features.policy.model_files import (
    about,
    fields_of,
    read_rules_file,
    write_json,
    write_toml,
)
from fedrse.features.policy.model_lists import (
    ListFormat,
    entries_of,
    read_list,
    rules_of,
    write_list,
)
from fedrse.features.policy.service import read_rules
from fedrse.features.policy.service_rules import Made, Rules
from fedrse.store.database import Transaction

Facts = dict[str, Any]
Work = Callable[[Transaction, Rules, Author], Awaitable[Made]]


class _Rehearsed(Exception):
    def __init__(self, made: Made) -> None:
        super().__init__()
        self.made = made


async def list_rules(settings: Settings, wanted: Mapping[str, str], *, due: bool) -> list[Facts]:
    """Rules by number, those of the settings first; ``due``: only those to be reviewed."""
    async with open_whole(settings) as whole:
        now = whole.ground.clock.now()
        return [
            facts_of(rule)
            for rule in sorted(whole.protocol.border.policy.rules, key=lambda rule: rule.id)
            if all(str(getattr(rule, name)) == value for name, value in wanted.items())
            and (not due or (rule.review_at is not None and rule.review_at <= now))
        ]


def facts_of(rule: Rule) -> Facts:
    """A rule for programs: its fields and where it comes from."""
    return {
        **fields_of(rule),
        "about": about(rule),
        "author": rule.author,
        "source": rule.source,
        "created": to_iso_seconds(rule.created_at) if rule.source != SETTINGS else None,
    }


async def show(settings: Settings, number: int) -> Facts:
    """One rule. Raises NotFound."""
    async with open_whole(settings) as whole:
        rule = whole.protocol.border.policy.rule(number)
        if rule is None:
            raise NotFound("policy_rule_missing", f"There is no rule {number}.")
        return facts_of(rule)


async def change(settings: Settings, work: Work, *, dry_run: bool, yes: bool) -> Facts:
    """Plans a change, tells what it costs, and makes it unless this is a dry run.

    Raises Conflict where people are concerned and nobody said yes, and whatever the work raises.
    """
    async with open_whole(settings) as whole:
        made, cost = await _planned(whole, work)
        facts = _facts(made, cost, done=False)
        if dry_run or not made.changes:
            return facts
        _agreed(cost, yes=yes)

        async def unit(tx: Transaction) -> Made:
            return await work(tx, make_rules(whole.ground), author())

        made = await whole.ground.database.write(unit)
        await whole.protocol.border.load(whole.ground.database)
        peers = blocked_peers(whole.ground, whole.protocol, whole.services)
        await whole.ground.database.write(peers.note)
        return _facts(made, cost, done=True)


async def _planned(whole: Whole, work: Work) -> tuple[Made, Cost]:
    async def unit(tx: Transaction) -> None:
        raise _Rehearsed(await work(tx, make_rules(whole.ground), author()))

    costs = make_costs(whole.ground, whole.protocol, whole.services)
    try:
        await whole.ground.database.write(unit)
    except _Rehearsed as rehearsed:
        made = rehearsed.made
    return made, await whole.ground.database.read(costs.of, made.rules)


def _agreed(cost: Cost, *, yes: bool) -> None:
    if yes or not (cost.people or cost.conversations):
        return
    text = (
        f"This denies {', '.join(cost.peers[:5])}{' and more' if len(cost.peers) > 5 else ''}:"
        f" {cost.people} people here lose {cost.following} follows and {cost.followers} followers"
        f" ({cost.conversations} conversations). Follows rest for 30 days, then they end."
    )
    if not sys.stdin.isatty():
        raise Conflict("policy_cost", f"{text} Say --yes to go on.")
    note(text)
    typer.confirm("Go on?", abort=True)


def author() -> Author:
    who = operator()
    return Author(who.origin.value, who.id, who.name)


def _facts(made: Made, cost: Cost, *, done: bool) -> Facts:
    return {
        "version": made.version,
        "done": done,
        "changes": [change_facts(one) for one in made.changes],
        "cost": {
            "peers": list(cost.peers),
            "people": cost.people,
            "following": cost.following,
            "followers": cost.followers,
            "conversations": cost.conversations,
        },
    }


def change_facts(change: Change) -> Facts:
    """A change for programs."""
    return {
        "number": change.number,
        "before": None if change.before is None else facts_of(change.before),
        "after": None if change.after is None else facts_of(change.after),
    }


# What can be done


def adding(settings: Settings, fields: Mapping[str, Any]) -> Work:
    """A new rule of what stands on the command line. Raises BadRules."""
    rule, wrong = read_rule(fields, settings.host)
    if wrong:
        raise BadRules([Problem(0, reason) for _, reason in wrong])

    async def work(tx: Transaction, rules: Rules, author: Author) -> Made:
        return await rules.add(tx, [rule], author, rule.private_reason or rule.reason)

    return work


def removing(numbers: list[int], reason: str) -> Work:
    """The end of rules."""

    async def work(tx: Transaction, rules: Rules, author: Author) -> Made:
        return await rules.remove(tx, numbers, author, reason)

    return work


def adopting(numbers: Sequence[int], of_list: int | None, reason: str) -> Work:
    """Drafts are in force, those with some numbers or all of a list."""

    async def work(tx: Transaction, rules: Rules, author: Author) -> Made:
        wanted = list(numbers)
        if of_list is not None:
            source = f"{LIST}{of_list}"
            wanted = [rule.id for rule in (await read_rules(tx))[1] if rule.source == source]
            if not wanted:
                raise NotFound("policy_list_missing", f"There is no rule of list {of_list}.")
        return await rules.adopt(tx, wanted, author, reason)

    return work


def applying(settings: Settings, file: Path, reason: str) -> Work:
    """All local rules are those of a file. Raises BadRules, NotFound."""
    wanted = read_rules_file(read_file(file), settings.host)

    async def work(tx: Transaction, rules: Rules, author: Author) -> Made:
        return await rules.apply(tx, wanted, author, reason)

    return work


def importing(
    settings: Settings,
    file: Path,
    reason: str,
    *,
    kind: ListFormat | None,
    effect: Effect,
    state: State,
) -> Work:
    """Rules of a list beside those that there are. Raises BadRules, NotFound."""
    listed = read_list(read_file(file), kind, effect=effect, own=settings.host)
    wanted = rules_of(listed.entries, state)

    async def work(tx: Transaction, rules: Rules, author: Author) -> Made:
        return await rules.add(tx, wanted, author, reason, skip_known=True)

    return work


def undoing(number: int, reason: str) -> Work:
    """A version is taken back."""

    async def work(tx: Transaction, rules: Rules, author: Author) -> Made:
        return await rules.undo(tx, number, author, reason)

    return work


def read_file(path: Path) -> bytes:
    """A file, or with ``-`` the standard input. Raises NotFound."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound("file_unreadable", f"{path} cannot be read: {error.strerror}.") from error


async def export(settings: Settings, kind: str, *, allows: bool) -> tuple[str, int]:
    """The local rules in a format, and how many it cannot express."""
    async with open_whole(settings) as whole:
        _, rules = await whole.ground.database.read(read_rules)
    if kind in {"toml", "json"}:
        local = [rule for rule in rules if rule.source == "local"]
        return (write_toml if kind == "toml" else write_json)(local), 0
    entries, left_out = entries_of(rules, allows=allows)
    written = write_list(entries, ListFormat(kind), SystemClock().now(), allows=allows)
    return written, left_out


async def versions(settings: Settings, most: int) -> list[Facts]:
    """The latest versions."""
    async with open_whole(settings) as whole:

        async def unit(tx: Transaction) -> list[Version]:
            return await make_rules(whole.ground).versions(tx, limit=most)

        return [version_facts(one) for one in await whole.ground.database.read(unit)]


async def version(settings: Settings, number: int) -> Facts:
    """One version with what it changed. Raises NotFound."""
    async with open_whole(settings) as whole:

        async def unit(tx: Transaction) -> tuple[Version, list[Change]]:
            return await make_rules(whole.ground).version(tx, number)

        heading, changes = await whole.ground.database.read(unit)
        return {**version_facts(heading), "changes": [change_facts(one) for one in changes]}


def version_facts(one: Version) -> Facts:
    """A version for programs."""
    return {
        "version": one.id,
        "made": to_iso_seconds(one.created_at),
        "author": one.author,
        "source": one.source,
        "reason": one.reason,
        "added": one.added,
        "changed": one.changed,
        "removed": one.removed,
    }
