"""Sending of one window of deliveries to one host, in order where order matters."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from fedrse.activitypub import delivery_queries as queries
from fedrse.activitypub.border import treatment_text
from fedrse.activitypub.delivery_border import LastLook
from fedrse.activitypub.delivery_results import Claimed, HostReport
from fedrse.activitypub.digests import PreparedBody, prepare_body
from fedrse.activitypub.keys import SigningKey
from fedrse.activitypub.peers import PeerRules, Scheme, other_scheme, worth_a_second_try
from fedrse.activitypub.schedule import FAILURES_OF_ONE_MESSAGE, SCHEME_LIFETIME, Verdict, judge
from fedrse.activitypub.signing import ActorKeys, KeyRing, RequestSigner
from fedrse.activitypub.vocabulary import ACTIVITY_JSON
from fedrse.core.clock import Clock
from fedrse.core.errors import FedrseError, NotFound
from fedrse.core.trace import HEADER, trace_of, traceparent
from fedrse.core.urls import BadUrl, UrlRules, parse_url
from fedrse.net.agent import user_agent
from fedrse.net.delivery import Deliverer, DeliveryResult
from fedrse.net.errors import HostNotAllowed, NetworkFailure
from fedrse.store.database import Database, Row, Transaction

LANES: Final = 2
"""Requests at a time to a host for which much waits; others get one.

A second connection costs more than a few signatures, and kept connections are few.
"""

MUCH: Final = 20

_MOST_BODIES: Final = 512
log = structlog.get_logger(__name__)

FollowersHeader = Callable[[int, str], Awaitable[str | None]]
"""``Collection-Synchronization`` (FEP-8fcf) for a sender and a host; None: nothing to compare."""


class Bodies:
    """Bytes and digests of activities: the same goes to many hosts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[int, PreparedBody] = OrderedDict()

    async def of(self, activity_id: int) -> PreparedBody | None:
        """None if the activity does not exist any more."""
        known = self._known.get(activity_id)
        if known is None:
            body = await self._database.read(self._read, activity_id)
            if body is None:
                return None
            known = self._known[activity_id] = prepare_body(body)
            if len(self._known) > _MOST_BODIES:
                self._known.popitem(last=False)
        return known

    async def _read(self, tx: Transaction, activity_id: int) -> bytes | None:
        body = await tx.value(queries.BODY, activity_id=activity_id)
        return None if body is None else bytes(body)


class Couriers(Struct, frozen=True):
    """Everything that sending one message needs."""

    deliverer: Deliverer
    bodies: Bodies
    keys: KeyRing
    signer: RequestSigner
    rules: PeerRules
    url_rules: UrlRules
    clock: Clock
    followers_header: FollowersHeader | None = None
    last_look: LastLook | None = None

    async def send(self, host: Claimed, row: Row, report: HostReport) -> Verdict:
        """Sends one delivery and notes in the report how it went."""
        if row.inbox in report.gone:
            return Verdict.INBOX_GONE  # the report gives up all that waits for it
        if row.expires_at <= self.clock.now():
            report.gave_up(row.id, f"expired; {host.last_error}")
            return Verdict.REFUSED
        try:
            self.rules.check_outbound(host.host)
            body = await self.bodies.of(row.activity_id)
            if body is None:
                report.gave_up(row.id, "the activity is gone")
                return Verdict.REFUSED
            if self.last_look is not None and self.last_look.is_needed:
                passage, body = self.last_look.of(host.host, row, body)
                if passage is not None and passage.held and not row.released:
                    report.hold(row.id, treatment_text(passage))
                    return Verdict.REFUSED
            keys = await self.keys.of(row.sender_id)
            result = await self._knock(host, row, body, keys, report)
        except NetworkFailure as error:
            return self._unreached(row, error, report)
        except (BadUrl, NotFound, FedrseError) as error:
            report.gave_up(row.id, f"{error.code}: {error.message}")
            return Verdict.REFUSED
        return self._answered(row, result, report)

    async def _knock(
        self, host: Claimed, row: Row, body: PreparedBody, keys: ActorKeys, report: HostReport
    ) -> DeliveryResult:
        """Sends; where the signature may not have been understood, once more in the other way."""
        scheme = self._scheme(host)
        previous = keys.previous_rsa if _announces_keys(row, keys) else None
        result = await self._post(host, row, body, keys, scheme, previous=previous)
        if worth_a_second_try(result.status):
            # Who knew none of the sender's keys has found only the new ones.
            other = other_scheme(scheme) if previous is None else scheme
            again = await self._post(host, row, body, keys, other)
            if again.status < 300:
                report.learned = host.learned = other
            if not worth_a_second_try(again.status):
                return again
        return result

    def _scheme(self, host: Claimed) -> Scheme:
        if host.learned is not None:
            return host.learned
        if host.scheme and (host.scheme_at or 0) > self.clock.now() - SCHEME_LIFETIME:
            return Scheme(host.scheme)
        return self.rules.best_scheme(host.host)

    async def _post(
        self,
        host: Claimed,
        row: Row,
        body: PreparedBody,
        keys: ActorKeys,
        scheme: Scheme,
        *,
        previous: SigningKey | None = None,
    ) -> DeliveryResult:
        url = parse_url(row.inbox, self.url_rules)
        headers = {"Content-Type": ACTIVITY_JSON, "User-Agent": user_agent(self.url_rules.own)}
        if row.type == "Create":
            value = await self._followers(host, row.sender_id)
            if value is not None:
                headers["Collection-Synchronization"] = value
        if previous is not None:
            headers |= await self.signer.sign_with(previous, "POST", url, body)
        else:
            headers |= await self.signer.sign(keys, scheme, "POST", url, body)
        headers[HEADER] = traceparent(_trace_of_body(body.body))
        return await self.deliverer.post(row.inbox, headers, body.body)

    async def _followers(self, host: Claimed, sender: int) -> str | None:
        """Asked once per window: the same few people write to a host again and again."""
        if self.followers_header is None:
            return None
        if sender not in host.followers_headers:
            host.followers_headers[sender] = await self.followers_header(sender, host.host)
        return host.followers_headers[sender]

    def _unreached(self, row: Row, error: NetworkFailure, report: HostReport) -> Verdict:
        if isinstance(error, HostNotAllowed) and error.code != "address_not_allowed":
            report.gave_up(row.id, f"{error.code}: {error.message}")
            return Verdict.REFUSED
        # Garbage and wrong addresses, too, are the state of a host, which people repair.
        report.host_failed(error.message, None)
        return Verdict.HOST_LATER

    def _answered(self, row: Row, result: DeliveryResult, report: HostReport) -> Verdict:
        verdict = judge(result.status, result.body_excerpt)
        message = f"{result.status} {result.body_excerpt}".strip()
        if verdict is Verdict.DELIVERED:
            report.was_delivered(row.id)
        elif verdict is Verdict.INBOX_GONE:
            report.inbox_gone(row.id, row.inbox, message)
        elif verdict is Verdict.REFUSED:
            report.gave_up(row.id, message)
        else:
            # A message that fails at a host that takes others is the problem, not the host.
            blamed = verdict is Verdict.MAYBE_LATER or report.failures == 0
            if blamed and row.attempts + 1 >= FAILURES_OF_ONE_MESSAGE:
                report.gave_up(row.id, message)
                return Verdict.REFUSED
            if blamed:
                report.was_tried(row.id, message)
            report.host_failed(message, result.retry_after)
        return verdict


class _Named(Struct, gc=False):
    id: str = ""


_read_id = Decoder(_Named).decode


def _trace_of_body(body: bytes) -> str:
    """By the id of the activity, as the other site finds it, too."""
    try:
        return trace_of(_read_id(body).id)
    except MsgspecError:  # an id that is no text: what somebody else wrote and we forward
        return trace_of("")


async def send_window(host: Claimed, report: HostReport, couriers: Couriers) -> None:
    """Sends the rows of a claimed host; stops where the host fails.

    A host that failed before gets one message first. Which one changes from try to try, so that a
    message that the host cannot digest does not hold up all others for ever.
    """
    chains = chains_of(host.rows)
    if host.failures and chains:
        first = chains[host.failures % len(chains)]
        verdict = await couriers.send(host, first[0], report)
        if report.stop or verdict in {Verdict.HOST_LATER, Verdict.MAYBE_LATER}:
            return
        del first[0]
    waiting = [chain for chain in chains if chain]
    waiting.reverse()

    async def lane() -> None:
        while waiting and not report.stop:
            for row in waiting.pop():
                await couriers.send(host, row, report)
                if report.stop:
                    return

    if len(host.rows) < MUCH or len(waiting) < LANES:
        await lane()
        return
    async with asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(lane())


def chains_of(rows: list[Row]) -> list[list[Row]]:
    """Groups rows that must be sent one after the other, each group in order.

    Together belongs what goes from one sender to one inbox, and different activities about one
    object: a Delete never passes the Create of its object, whichever inbox it goes to.
    """
    activities: dict[tuple[int, str], set[int]] = {}
    for row in rows:
        activities.setdefault((row.sender_id, row.object_uri), set()).add(row.activity_id)
    chain_of: dict[object, list[Row]] = {}
    for row in rows:
        keys: list[object] = [(row.sender_id, row.inbox)]
        about = (row.sender_id, row.object_uri)
        if row.object_uri and len(activities[about]) > 1:
            keys.append(("object", *about))
        found = [chain_of[key] for key in keys if key in chain_of]
        chain = found[0] if found else []
        for other in found[1:]:
            if other is not chain:
                chain += other
                for key, value in chain_of.items():
                    if value is other:
                        chain_of[key] = chain
        chain.append(row)
        chain_of.update(dict.fromkeys(keys, chain))
    unique = {id(chain): chain for chain in chain_of.values()}
    ordered = [sorted(chain, key=lambda row: row.id) for chain in unique.values()]
    return sorted(ordered, key=lambda chain: chain[0].id)


def _announces_keys(row: Row, keys: ActorKeys) -> bool:
    """An Update of the sender itself: after a rotation it is signed with the key peers know."""
    return bool(row.type == "Update" and keys.rsa.key_id.partition("#")[0] == row.object_uri)
