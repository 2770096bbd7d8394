"""``fedrse why``: what happened with a message, a person or a peer, and which rule did it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fedrse.activitypub import tracing
from fedrse.activitypub.alterations import Change, in_words
from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.handles import parse_handle
from fedrse.activitypub.tracing import Trace
from fedrse.app.peers import handshakes_told
from fedrse.app.rehearsal import hasher_of
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import to_iso_seconds
from fedrse.core.errors import NotFound
from fedrse.core.settings import Settings
from fedrse.core.trace import trace_of
from fedrse.core.urls import BadUrl, normalise_peer
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_decide import decide
from fedrse.features.policy.model_ledger import Entry
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.service_ledger import LedgerReader
from fedrse.features.policy.service_tracing import Found, LedgerSearch
from fedrse.features.sites.model import Standing
from fedrse.features.sites.model_handshakes import may_be, recent
from fedrse.features.sites.model_reasons import plain_reason
from fedrse.store.database import Transaction

Facts = dict[str, Any]
_STATES: Final = {
    "pending": "arrived and waits to be processed",
    "fetching": "arrived and waits for something it needs from another site",
    "done": "arrived and was processed",
    "ignored": "arrived; there was nothing to do",
    "refused": "arrived and was refused",
    "failed": "arrived, but processing failed",
    "held": "is in quarantine",
    "delayed": "is held back by a rule for a while",
    "waiting": "waits to be sent",
    "given up": "could not be sent",
    "expanding": "is about to be sent",
}
_OUTCOMES: Final = {
    Outcome.PASSED: "passed",
    Outcome.ALTERED: "passed, altered",
    Outcome.DELAYED: "was delayed",
    Outcome.CAPPED: "was too much at the time",
    Outcome.HELD: "went into quarantine",
    Outcome.DENIED: "was refused",
    Outcome.REFUSED: "was refused before the policy was asked",
}
_STANDINGS: Final = {
    Standing.SELF: "This is the site itself.",
    Standing.MEMBER: "It is a member of the network.",
    Standing.ALLOWED: "It is allowed.",
    Standing.BLOCKED: "It is denied.",
    Standing.OPEN: "Nothing special is said about it, and this site is open.",
    Standing.OUTSIDE: "It is neither a member nor allowed, and this site is closed.",
}


async def why(settings: Settings, asked: str) -> Facts:
    """What is known. ``asked`` is an id, an address, a handle or a host. Raises NotFound."""
    async with open_whole(settings) as whole:
        return await Explainer(whole).explain(asked.strip())


class Explainer:
    """Looks everywhere: the inbox, deliveries, quarantine, the ledger, rules and peers."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        ground = whole.ground
        self._search = LedgerSearch(
            reader=LedgerReader(ground.database), hasher=hasher_of(whole), clock=ground.clock
        )

    async def explain(self, asked: str) -> Facts:
        """See ``why``."""
        if asked.isdigit():
            return await self._number(asked)
        if "://" in asked:
            return await self._address(asked, asked)
        handle = None if "@" not in asked else parse_handle(asked)
        if handle is not None:
            return await self._person(asked, handle.username, handle.domain)
        try:
            host = normalise_peer(asked)
        except BadUrl as error:
            raise NotFound(
                "why_unknown", f"{asked!r} is no id, address, handle or host."
            ) from error
        return await self._host(asked, await self._read(self._serving, host))

    async def _serving(self, tx: Transaction, host: str) -> str:
        """A site may have another host than stands in the handles of its people."""
        if await self._whole.protocol.sites.by_host(tx, host) is not None:
            return host
        return await self._whole.services.accounts.host_of_domain(tx, host) or host

    async def _number(self, asked: str) -> Facts:
        if len(asked) > 18:
            raise NotFound("why_unknown", f"Nothing has the id {asked}.")
        traces = await self._read(tracing.about_id, int(asked))
        if not traces:
            uri = await self._read(self._uri_of, int(asked))
            if uri is None:
                raise NotFound("why_unknown", f"Nothing has the id {asked}.")
            return await self._address(asked, uri)
        return self._told(asked, "message", traces, Found())

    async def _uri_of(self, tx: Transaction, number: int) -> str | None:
        services = self._whole.services
        post = await services.posts.by_id(tx, number)
        if post is not None:
            return post.uri
        account = await services.accounts.by_id(tx, number)
        return None if account is None else account.uri

    async def _person(self, asked: str, username: str, domain: str) -> Facts:
        person = await self._read(self._whole.services.accounts.by_handle, username, domain)
        if person is None:
            raise NotFound("why_unknown", f"Nobody here knows {asked}.")
        found = await self._address(asked, person.uri, kind="person")
        if not person.local:
            found["peer"] = await self._peer(
                person.host, await self._search.about_host(person.host)
            )
        return found

    async def _address(self, asked: str, uri: str, *, kind: str = "address") -> Facts:
        traces = await self._read(tracing.about_address, uri)
        found = await self._search.about_address(uri)
        facts = self._told(asked, kind, traces, found)
        facts["uri"] = uri
        if not traces and not found.sums:
            stored = await self._read(self._is_stored, uri)
            facts["summary"] = (
                "It is known here; nothing about it crossed the border in the last 30 days."
                if stored
                else "Nothing of it crossed the border of this site in the last 30 days."
            )
        return facts

    async def _is_stored(self, tx: Transaction, uri: str) -> bool:
        services = self._whole.services
        if await services.posts.by_uri(tx, uri) is not None:
            return True
        return await services.accounts.by_uri(tx, uri) is not None

    async def _host(self, asked: str, host: str) -> Facts:
        traces = await self._read(tracing.about_host, host)
        found = await self._search.about_host(host)
        facts = self._told(asked, "host", traces, found)
        facts["peer"] = await self._peer(host, found)
        facts["summary"] = facts["peer"]["summary"]
        return facts

    async def _peer(self, host: str, found: Found) -> Facts:
        """The peer as such: what the policy says, what it said last, what waits for it."""
        protocol = self._whole.protocol
        standing = protocol.sites.standing(host)
        site = await self._read(protocol.sites.by_host, host)
        received = await self._read(tracing.received_of, host)
        ways = {way.value: self._decided(host, way) for way in Direction}
        sentences = [_STANDINGS[standing]]
        handshakes: Facts = {}
        ended = recent(
            await self._read(protocol.measures.handshakes), self._whole.ground.clock.now()
        )
        if ended is not None and may_be(self._whole.ground.settings.mutual_tls, host):
            handshakes["client_certificates_refused"] = handshakes_told(ended)
            sentences.append(ended.sentence)
        for way, fact in ways.items():
            if fact["rules"]:
                words = "comes in" if way == "in" else "goes out"
                sentences.append(f"Of what {words}, rules say: {fact['effects']}.")
        return {
            "host": host,
            "standing": standing.value,
            "known": site is not None or standing is Standing.MEMBER,
            "summary": " ".join(sentences),
            "software": None if site is None else f"{site.software} {site.version}".strip() or None,
            "last_error": None if site is None else site.last_error or None,
            **handshakes,
            "received": received,
            "policy": ways,
            "ledger": _sums(found),
        }

    def _decided(self, host: str, way: Direction) -> Facts:
        control, border = self._whole.protocol.control, self._whole.protocol.border
        role, software = control.peer(host)
        envelope = Envelope(direction=way, host=host, role=role, software=software)
        decision = decide(border.policy, envelope, self._whole.ground.clock.now())
        effects = [effect.name.lower() for effect in decision.effects if effect.name]
        return {
            "effects": ", ".join(effects) or "nothing",
            "rules": [self._rule(rule) for rule in decision.rules],
            "default": decision.default,
        }

    # Telling

    def _told(self, asked: str, kind: str, traces: list[Trace], found: Found) -> Facts:
        events = [self._event(trace) for trace in traces]
        events += [self._entry(entry) for entry in reversed(found.last) if _is_news(entry)]
        events.sort(key=lambda event: str(event["at"]), reverse=True)
        named = {rule for trace in traces for rule in trace.treatment.rules}
        named |= {rule for entry in found.last for rule in (*entry.rules, *entry.shadow)}
        return {
            "asked": asked,
            "kind": kind,
            "summary": events[0]["what"] if events else "Nothing is known of it.",
            "events": events,
            "ledger": _sums(found),
            "rules": [self._rule(rule) for rule in sorted(named)],
        }

    def _event(self, trace: Trace) -> Facts:
        way = "from" if trace.incoming else "to"
        place = f" {way} {trace.host}" if trace.host else ""
        words = f"{trace.type}{place} {_STATES.get(trace.state, trace.state)}"
        treatment = trace.treatment
        if treatment.held and trace.state not in {"held", "delayed"}:
            words += ", after it was released from quarantine"
        changes = in_words(Change(treatment.changes))
        if changes:
            words += f", {' and '.join(changes)}"
        words += self._by(treatment.rules)
        reason = trace.reason or treatment.reason
        if reason:
            words += f": {reason}"
        words += _plainly(reason)
        if trace.due_at is not None:
            words += f"; next try {to_iso_seconds(trace.due_at)}"
        return {
            "at": to_iso_seconds(trace.at),
            "what": f"{words.rstrip('.')}.",
            "id": str(trace.id),
            "uri": trace.uri,
            "trace": trace_of(trace.uri),
            "state": trace.state,
            "rules": [str(rule) for rule in treatment.rules],
            "ms": trace.at,
            "incoming": trace.incoming,
            "host": trace.host,
            "type": trace.type,
            "count": 1,
            "reason": reason,
            "due": trace.due_at,
        }

    def _entry(self, entry: Entry) -> Facts:
        way = "from" if entry.incoming else "to"
        hosts = ", ".join(entry.hosts[:3]) + (" and others" if len(entry.hosts) > 3 else "")
        kind = f"{entry.type or 'Something'} {entry.object_type}".strip()
        words = f"{kind} {way} {hosts} {_OUTCOMES[entry.outcome]}"
        if entry.count > 1:
            words += f", {entry.count} times in a second"
        words += self._by(entry.rules)
        if entry.code:
            words += f": {entry.code}{_plainly(entry.code)}"
        reasons = [self._reason(rule) for rule in entry.rules]
        said = next((reason for reason in reasons if reason), "")
        if said:
            words += f": {said}"
        return {
            "at": to_iso_seconds(entry.at),
            "what": f"{words.rstrip('.')}.",
            "state": entry.outcome.value,
            "rules": [str(rule) for rule in entry.rules],
            "ms": entry.at,
            "incoming": entry.incoming,
            "host": hosts,
            "type": kind,
            "count": entry.count,
            "reason": entry.code or said,
            "due": None,
        }

    def _by(self, rules: Iterable[int]) -> str:
        named = ", ".join(str(rule) for rule in rules)
        return f", by rule {named}" if named else ""

    def _reason(self, number: int) -> str:
        rule = self._whole.protocol.border.policy.rule(number)
        return "" if rule is None else rule.reason

    def _rule(self, number: int) -> Facts:
        rule = self._whole.protocol.border.policy.rule(number)
        if rule is None:
            return {"rule": str(number), "what": "is no longer there"}
        return {
            "rule": str(number),
            "what": _in_words(rule),
            "source": rule.source,
            "author": rule.author or None,
            "reason": rule.reason or None,
            "private_reason": rule.private_reason or None,
        }

    async def _read(self, unit: Any, *arguments: Any) -> Any:
        return await self._whole.ground.database.read(unit, *arguments)


def _in_words(rule: Rule) -> str:
    match = rule.match
    parts = [
        f"{name} {', '.join(values[:5])}"
        for name in match.__struct_fields__
        if isinstance(values := getattr(match, name), tuple) and values
    ]
    if match.direction is not None:
        parts.append("coming in" if match.direction is Direction.IN else "going out")
    about = "; ".join(parts) or "everything"
    return f"{rule.effect.value} ({rule.state.value}): {about}"


def _plainly(reason: str) -> str:
    """What a code or an error means, in brackets."""
    words = plain_reason(reason)
    return f" ({words.rstrip('.')})" if words else ""


def _is_news(entry: Entry) -> bool:
    """What passed unchanged and was stored is told by its own row."""
    return entry.outcome is not Outcome.PASSED


def _sums(found: Found) -> list[Facts]:
    return [
        {
            "direction": "in" if incoming else "out",
            "outcome": outcome.value,
            "code": code or None,
            "rules": [str(rule) for rule in rules],
            "messages": count,
        }
        for (incoming, outcome, code, rules), count in found.sums.most_common()
    ]
