"""What turns one version of the rules into the next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.errors import Conflict, Invalid, NotFound
from fedrse.features.policy.model import OWN, Effect, Match, Rule, State
from fedrse.features.policy.model_fields import content_of

MOST_RULES: Final = 200_000  # of a site


class Author(Struct, frozen=True):
    """Who changes rules: ``kind`` is person, command, subscription or site (as in the audit log).

    ``id`` is an account, the name of an operator, or the address of a list; ``name`` is shown.
    """

    kind: str
    id: str
    name: str


class Change(Struct, frozen=True, omit_defaults=True):
    """A rule that came, went, or says something else now."""

    before: Rule | None = None
    after: Rule | None = None

    @property
    def number(self) -> int:
        """Of the rule."""
        rule = self.after or self.before
        return 0 if rule is None else rule.id

    @property
    def inverse(self) -> Change:
        return Change(self.after, self.before)


class Version(Struct, frozen=True):
    """A row of ``policy_version`` without what it changed."""

    id: int
    created_at: int
    author: str
    reason: str
    source: str
    added: int
    changed: int
    removed: int


def added(existing: Sequence[Rule], new: Iterable[Rule], *, next_id: int) -> list[Change]:
    """New rules beside those that there are. Raises Conflict where one says what another says."""
    known = {content_of(rule): rule.id for rule in existing if rule.source in OWN}
    found: list[Change] = []
    for rule in new:
        content = content_of(rule)
        if content in known:
            raise Conflict(
                "policy_rule_exists", f"Rule {known[content]} says the same already.", rule=rule.id
            )
        known[content] = next_id
        found.append(Change(None, replace(rule, id=next_id)))
        next_id += 1
    return found


def unknown(existing: Sequence[Rule], new: Sequence[Rule]) -> list[Rule]:
    """Those of some rules that do the same to the same as no local rule yet."""
    known = {(rule.match, rule.effect) for rule in existing if rule.source in OWN}
    return list({(r.match, r.effect): r for r in new if (r.match, r.effect) not in known}.values())


def removed(existing: Sequence[Rule], ids: Iterable[int]) -> list[Change]:
    """The end of some rules. Raises NotFound, Conflict for rules of lists."""
    known = {rule.id: rule for rule in existing}
    found = []
    for number in dict.fromkeys(ids):
        rule = known.get(number)
        if rule is None:
            raise NotFound("policy_rule_missing", f"There is no rule {number}.")
        _check_own(rule)
        found.append(Change(rule, None))
    return found


def edited(existing: Sequence[Rule], rule: Rule) -> list[Change]:
    """A rule that says something else from now on. Raises NotFound, Conflict."""
    before = next((one for one in existing if one.id == rule.id), None)
    if before is None:
        raise NotFound("policy_rule_missing", f"There is no rule {rule.id}.")
    _check_own(before)
    after = kept_from(before, rule)
    return [] if after == before else [Change(before, after)]


def adopted(existing: Sequence[Rule], ids: Iterable[int]) -> list[Change]:
    """Drafts and rules on trial that are in force from now on, those of lists, too.

    Raises NotFound; what is in force already stays as it is.
    """
    known = {rule.id: rule for rule in existing}
    found = []
    for number in dict.fromkeys(ids):
        rule = known.get(number)
        if rule is None:
            raise NotFound("policy_rule_missing", f"There is no rule {number}.")
        if rule.state is not State.ACTIVE:
            found.append(Change(rule, replace(rule, state=State.ACTIVE)))
    return found


def as_adopted(existing: Sequence[Rule], wanted: Sequence[Rule], source: str) -> list[Rule]:
    """What a list wants, in force where somebody has put just that in force before."""
    agreed = {
        (rule.match, rule.effect)
        for rule in existing
        if rule.source == source and rule.state is State.ACTIVE
    }
    return [
        replace(rule, state=State.ACTIVE) if (rule.match, rule.effect) in agreed else rule
        for rule in wanted
    ]


def _check_own(rule: Rule) -> None:
    if rule.source not in OWN:
        raise Conflict(
            "policy_rule_of_list",
            f"Rule {rule.id} comes from a list: make an exception there, or a stronger rule.",
        )


def kept_from(before: Rule, after: Rule) -> Rule:
    """What a rule keeps when it is changed."""
    return replace(
        after,
        id=before.id,
        author=before.author,
        created_at=before.created_at,
        source=before.source,
    )


def turned_into(
    existing: Sequence[Rule], wanted: Sequence[Rule], *, source: str, next_id: int
) -> list[Change]:
    """What makes the rules of a source exactly those that are wanted.

    A rule that is wanted with the number of an existing one changes it; one without is the
    existing one that says the same; all others are new.
    """
    sources = OWN if source in OWN else frozenset({source})
    mine = {rule.id: rule for rule in existing if rule.source in sources}
    named = {rule.id for rule in wanted if rule.id in mine}
    alike: dict[Rule, list[int]] = {}
    for rule in mine.values():
        if rule.id not in named:
            alike.setdefault(content_of(rule), []).append(rule.id)
    changes: list[Change] = []
    for rule in wanted:
        if rule.id in named:
            before = mine.pop(rule.id)
            after = kept_from(before, rule)
            changes += [] if after == before else [Change(before, after)]
            continue
        same = alike.get(content_of(rule))
        if same:
            del mine[same.pop()]
            continue
        changes.append(Change(None, replace(rule, id=next_id, source=source)))
        next_id += 1
    return [Change(rule, None) for rule in mine.values()] + changes


def undone(existing: Sequence[Rule], changes: Iterable[Change]) -> list[Change]:
    """The way back from a version. Raises Conflict where one of its rules changed since."""
    known = {rule.id: rule for rule in existing}
    found = []
    for change in changes:
        if known.get(change.number) != change.after:
            raise Conflict(
                "policy_changed_since",
                f"Rule {change.number} was changed again since: undo the later version first.",
            )
        found.append(change.inverse)
    return found


def check_size(existing: Sequence[Rule], changes: Sequence[Change]) -> None:
    """Raises Invalid where there would be too many rules."""
    more = sum((one.after is not None) - (one.before is not None) for one in changes)
    if len(existing) + more > MOST_RULES:
        raise Invalid("policy_too_many", f"A site has at most {MOST_RULES} rules.")


def result(existing: Iterable[Rule], changes: Iterable[Change]) -> list[Rule]:
    """The rules after all changes, by id."""
    known = {rule.id: rule for rule in existing}
    for change in changes:
        if change.after is None:
            known.pop(change.number, None)
        else:
            known[change.number] = change.after
    return [known[number] for number in sorted(known)]


def newly_denied(changes: Iterable[Change]) -> tuple[str, ...]:
    """Hosts that changes deny as a whole from now on, as far as rules name them."""
    found: dict[str, None] = {}
    for change in changes:
        hosts = denied_hosts(change.after)
        found |= dict.fromkeys(host for host in hosts if host not in denied_hosts(change.before))
    return tuple(found)


def denied_hosts(rule: Rule | None) -> tuple[str, ...]:
    """Hosts of which a rule lets nothing cross."""
    if rule is None or rule.effect is not Effect.DENY or rule.state is not State.ACTIVE:
        return ()
    return rule.match.hosts if rule.match == Match(hosts=rule.match.hosts) else ()
