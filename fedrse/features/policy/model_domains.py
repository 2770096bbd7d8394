"""Rules about whole sites as the Mastodon admin API knows them: domain blocks and allows. Pure.

A block or an allow is a view of rules. Rules count that are in force and about nothing but hosts
with all that is below them; what says more (a person, a type, a time, one direction, a host
alone) is no domain block and is left out. What is changed here becomes rules again.

- ``suspend`` is a deny, ``silence`` a limit, ``reject_media`` and ``reject_reports`` rules of
  their own, ``noop`` none besides these; a block that does nothing at all is a draft
- several rules about a host are one block; one rule about several hosts is several blocks
- the id is made of the host, so it is the same in every process, after a change and after an undo
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.errors import Conflict
from fedrse.features.policy.model import ADMIN_API, OWN, Effect, Match, Rule, State
from fedrse.features.policy.model_changes import Change
from fedrse.features.policy.model_index import EXACTLY


class Severity(StrEnum):
    """How much a domain block blocks; the words of the Mastodon API."""

    SILENCE = "silence"
    SUSPEND = "suspend"
    NOOP = "noop"


class DomainBlock(Struct, frozen=True, kw_only=True):
    """What is said against a host and all below it. ``own``: it can be changed here."""

    domain: str
    severity: Severity = Severity.SILENCE
    reject_media: bool = False
    reject_reports: bool = False
    private_comment: str = ""
    public_comment: str = ""
    obfuscate: bool = False
    created_at: int = 0  # milliseconds; 0 for those of the settings
    own: bool = True

    @property
    def id(self) -> int:
        return number_of(self.domain)


class DomainAllow(Struct, frozen=True, kw_only=True):
    """A host that may cross the border. ``own``: it can be taken back here."""

    domain: str
    created_at: int = 0
    own: bool = True

    @property
    def id(self) -> int:
        return number_of(self.domain)


class Attribution(Struct, frozen=True, kw_only=True):
    """Of new rules: who makes them, and when (milliseconds)."""

    author: str
    now: int


T = TypeVar("T", DomainBlock, DomainAllow)
_SEVERE: Final = {Severity.SUSPEND: Effect.DENY, Severity.SILENCE: Effect.LIMIT}
_BLOCKING: Final = frozenset({*_SEVERE.values(), Effect.STRIP_MEDIA, Effect.NO_REPORTS})


def number_of(domain: str) -> int:
    """The id of the block or allow of a host: 62 bits of its SHA-256."""
    return int.from_bytes(sha256(domain.encode()).digest()[:8]) >> 2


# Reading


def is_block(rule: Rule) -> bool:
    """Whether a rule is (part of) domain blocks. Drafts are where this API made them."""
    if rule.effect not in _BLOCKING or not _is_plain(rule):
        return False
    return rule.state is State.ACTIVE or _is_idle(rule)


def is_allow(rule: Rule) -> bool:
    """Whether a rule is domain allows."""
    return rule.effect is Effect.ALLOW and rule.state is State.ACTIVE and _is_plain(rule)


def _is_idle(rule: Rule) -> bool:
    return rule.state is State.DRAFT and rule.source == ADMIN_API


def _is_plain(rule: Rule) -> bool:
    timeless = rule.starts_at is None and rule.ends_at is None
    return timeless and rule.match == Match(hosts=rule.match.hosts)


def block_of(rules: Iterable[Rule], domain: str) -> DomainBlock | None:
    """What some rules say against one host."""
    found = [rule for rule in rules if domain in rule.match.hosts and is_block(rule)]
    return _merged(domain, found) if found else None


def blocks_of(rules: Iterable[Rule]) -> dict[int, DomainBlock]:
    """All domain blocks by id, the highest first."""
    by_host: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in filter(is_block, rules):
        for host in rule.match.hosts:
            if not host.startswith(EXACTLY):
                by_host[host].append(rule)
    return _by_id(_merged(host, found) for host, found in by_host.items())


def allows_of(rules: Iterable[Rule], of_settings: Collection[str]) -> dict[int, DomainAllow]:
    """All domain allows by id, the highest first; ``of_settings``: hosts that these allow."""
    found: dict[str, DomainAllow] = {
        host: DomainAllow(domain=host, own=False) for host in of_settings
    }
    for rule in filter(is_allow, rules):
        for host in rule.match.hosts:
            name = host.removeprefix(EXACTLY)
            one = DomainAllow(domain=name, created_at=rule.created_at, own=rule.source in OWN)
            found[name] = _older(found.get(name), one)
    return _by_id(found.values())


def _older(known: DomainAllow | None, one: DomainAllow) -> DomainAllow:
    if known is None:
        return one
    created_at = min(known.created_at, one.created_at)
    return replace(known, created_at=created_at, own=known.own and one.own)


def _by_id(found: Iterable[T]) -> dict[int, T]:
    return {one.id: one for one in sorted(found, key=lambda one: one.id, reverse=True)}


def _merged(domain: str, rules: Sequence[Rule]) -> DomainBlock:
    effects = {rule.effect for rule in rules if rule.state is State.ACTIVE}
    severity = next((name for name, one in _SEVERE.items() if one in effects), Severity.NOOP)
    return DomainBlock(
        domain=domain,
        severity=severity,
        reject_media=Effect.STRIP_MEDIA in effects,
        reject_reports=Effect.NO_REPORTS in effects,
        private_comment=next((rule.private_reason for rule in rules if rule.private_reason), ""),
        public_comment=next((rule.reason for rule in rules if rule.reason), ""),
        obfuscate=any(rule.obfuscate for rule in rules),
        created_at=min(rule.created_at for rule in rules),
        own=all(rule.source in OWN for rule in rules),
    )


# Changing


def changes_of_block(
    existing: Iterable[Rule],
    domain: str,
    wanted: DomainBlock | None,
    by: Attribution,
    *,
    next_id: int,
) -> list[Change]:
    """What makes the block of a host exactly this one, or (None) none.

    Rules about this host alone are changed, those about several lose it. Raises Conflict where
    rules of a list say something about it.
    """
    about = [rule for rule in existing if domain in rule.match.hosts and is_block(rule)]
    _check_own(about)
    changes, alone = _without(about, (domain,))
    effects = [] if wanted is None else _effects(wanted)
    since = min((rule.created_at for rule in about), default=by.now)
    chosen = _carriers(alone, [effect for effect, _ in effects])
    for effect, state in effects:
        before = chosen.get(effect)
        if before is None:
            made = Rule(id=next_id, match=Match(hosts=(domain,)), effect=effect, state=state)
            made = replace(made, author=by.author, source=ADMIN_API, created_at=since)
            changes.append(Change(None, _saying(made, wanted)))
            next_id += 1
            continue
        alone.remove(before)
        after = _saying(replace(before, effect=effect, state=state), wanted)
        if state is State.DRAFT:
            after = replace(after, source=ADMIN_API)  # so that it goes on to be a block
        changes += [] if after == before else [Change(before, after)]
    return [*(Change(rule, None) for rule in alone), *changes]


def changes_of_allow(
    existing: Iterable[Rule], domain: str, by: Attribution, *, allowed: bool, next_id: int
) -> list[Change]:
    """What allows a host, or no longer. Raises Conflict where a list allows it."""
    names = (domain, EXACTLY + domain)
    about = [rule for rule in existing if is_allow(rule) and set(names) & {*rule.match.hosts}]
    if allowed:
        # As lists of allowed hosts are taken: what is below the host is not meant.
        match = Match(hosts=(EXACTLY + domain,))
        made = Rule(id=next_id, match=match, effect=Effect.ALLOW, source=ADMIN_API)
        made = replace(made, author=by.author, created_at=by.now)
        return [] if about else [Change(None, made)]
    _check_own(about)
    changes, alone = _without(about, names)
    return [*(Change(rule, None) for rule in alone), *changes]


def _check_own(rules: Iterable[Rule]) -> None:
    if any(rule.source not in OWN for rule in rules):
        raise Conflict(
            "policy_rule_of_list",
            "Validation failed: Domain is in the settings or in a list: make an exception there",
        )


def _without(rules: Iterable[Rule], names: tuple[str, ...]) -> tuple[list[Change], list[Rule]]:
    """Changes that take a host out of rules about others, too; and the rules about it alone."""
    changes, alone = [], []
    for rule in rules:
        rest = tuple(host for host in rule.match.hosts if host not in names)
        if rest:
            changes.append(Change(rule, replace(rule, match=Match(hosts=rest))))
        else:
            alone.append(rule)
    return changes, alone


def _effects(wanted: DomainBlock) -> list[tuple[Effect, State]]:
    found = [_SEVERE[wanted.severity]] if wanted.severity in _SEVERE else []
    found += [Effect.STRIP_MEDIA] if wanted.reject_media else []
    found += [Effect.NO_REPORTS] if wanted.reject_reports else []
    if not found:
        return [(Effect.LIMIT, State.DRAFT)]
    return [(effect, State.ACTIVE) for effect in found]


def _carriers(rules: Sequence[Rule], effects: Sequence[Effect]) -> dict[Effect, Rule]:
    """Which rule goes on to say what: the one that says it, else one that nobody else needs."""
    chosen: dict[Effect, Rule] = {}
    for rule in rules:
        if rule.effect in effects:
            chosen.setdefault(rule.effect, rule)
    spare = [rule for rule in rules if rule not in chosen.values()]
    for effect in effects:
        if effect not in chosen and spare:
            chosen[effect] = spare.pop(0)
    return chosen


def _saying(rule: Rule, wanted: DomainBlock | None) -> Rule:
    if wanted is None:
        return rule
    return replace(
        rule,
        reason=wanted.public_comment,
        private_reason=wanted.private_comment,
        obfuscate=wanted.obfuscate,
    )
