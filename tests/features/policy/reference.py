"""What decisions mean, written down a second time: slow, without any index."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from fedrse.activitypub.envelopes import Envelope
from fedrse.features.policy.model import Effect, Effects, Match, Rule, State
from fedrse.features.policy.model_decide import Defaults

BRINGS_POSTS = {"Create", "Update", "Fetch", "QuoteRequest", "ReplyRequest"}
POSTS = {
    *("Note", "Question", "Article", "Page", "Event", "Video", "Audio", "Image", "Document"),
    *("ChatMessage", "EncryptedMessage"),
}


def host_score(pattern: str, host: str) -> int:
    """-1: no match; otherwise the more, the narrower."""
    if pattern.startswith("="):
        if pattern[1:] != host:
            return -1
        bare = host.rpartition(":")[0] if ":" in host else host
        return 4 * (bare.count(".") + 1) + 3
    name, _, port = pattern.partition(":")
    own, _, own_port = host.partition(":")
    if port and port != own_port:
        return -1
    if own != name and not own.endswith("." + name):
        return -1
    return 4 * (name.count(".") + 1) + (2 if port else 0)


def network_score(networks: tuple[str, ...], address: str) -> int:
    try:
        ip = ip_address(address)
    except ValueError:
        return -1
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return max((ip_network(n).prefixlen for n in networks if ip in ip_network(n)), default=-1)


def any_language(wanted: tuple[str, ...], given: tuple[str, ...]) -> bool:
    return any(have == want or have.startswith(f"{want}-") for want in wanted for have in given)


def score(match: Match, envelope: Envelope, role: str) -> tuple[int, ...] | None:
    """How narrowly a rule matches, None where it does not."""
    host = max((host_score(one, envelope.host) for one in match.hosts), default=-1)
    network = network_score(match.networks, envelope.address)
    types = {envelope.type.lower(), envelope.object_type.lower()}
    if envelope.type in BRINGS_POSTS and envelope.object_type in POSTS:
        types.add("create")
    conditions = [
        not match.hosts or host >= 0,
        not match.networks or network >= 0,
        not match.roles or (role or "other") in match.roles,
        not match.software or envelope.software in match.software,
        not match.actors or envelope.actor in match.actors,
        not match.types or bool(types & {one.lower() for one in match.types}),
        not match.languages or any_language(match.languages, envelope.languages),
        not match.tags or bool({*match.tags} & {*envelope.tags}),
        not match.attachments or bool({*match.attachments} & {*envelope.attachments}),
        not match.audiences or envelope.audience in match.audiences,
        match.direction in {None, envelope.direction},
    ]
    if not all(conditions):
        return None
    others = (match.types, match.languages, match.tags, match.attachments, match.audiences)
    return (
        int(bool(match.actors)),
        host,
        network,
        bool(match.roles) + bool(match.software),
        sum(map(bool, others)) + (match.direction is not None),
    )


def reference(
    rules: list[Rule], defaults: Defaults, envelope: Envelope, now: int
) -> tuple[Effects, tuple[int, ...]]:
    """Effects and the rules that decided."""
    if envelope.host == defaults.own:
        return Effects.NONE, ()
    role = envelope.role or defaults.role(envelope.host)
    matching: list[tuple[tuple[int, ...], Rule]] = []
    for rule in rules:
        found = score(rule.match, envelope, role)
        begun = rule.starts_at is None or rule.starts_at <= now
        ended = rule.ends_at is not None and rule.ends_at <= now
        if found is not None and begun and not ended and rule.state is State.ACTIVE:
            lead = {"settings": 2, "network": 1}.get(rule.source, 0)
            matching.append(((lead if rule.effect is Effect.DENY else 0, *found), rule))
    lowest = (-1,)
    deny = max((how for how, rule in matching if rule.effect is Effect.DENY), default=lowest)
    allow = max((how for how, rule in matching if rule.effect is Effect.ALLOW), default=lowest)
    if deny > lowest and deny >= allow:
        ids = {r.id for how, r in matching if r.effect is Effect.DENY and how == deny}
        return Effects.DENY, tuple(sorted(ids))
    if allow == lowest and defaults.closed and role not in {"member", "allowed"}:
        return Effects.DENY, ()
    effects, ids = Effects.NONE, set()
    for how, rule in matching:
        if rule.effect is Effect.ALLOW:
            ids |= {rule.id} if how == allow else set()
        elif rule.effect is Effect.QUARANTINE and how < allow:
            continue
        elif rule.effect is not Effect.DENY:
            effects |= Effects[rule.effect.name]
            ids.add(rule.id)
    return effects, tuple(sorted(ids))
