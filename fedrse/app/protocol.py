"""Wires the protocol: network client, keys, fetching, outbox and inbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from msgspec import Struct

from fedrse.activitypub.delivery import DeliveryOutbox
from fedrse.activitypub.discovery import Discovery
from fedrse.activitypub.dispatch import Dispatcher
from fedrse.activitypub.document_client import DocumentClient, FetchFailed
from fedrse.activitypub.fetching import Resolver
from fedrse.activitypub.importers import Importers
from fedrse.activitypub.inbox import Inbox, InboxHooks
from fedrse.activitypub.intake import Intake
from fedrse.activitypub.lookup import Lookup
from fedrse.activitypub.peers import PeerNames
from fedrse.activitypub.processing import Processor
from fedrse.activitypub.quotas import Quota, Quotas, caused_by
from fedrse.activitypub.remote_keys import RemoteKeys
from fedrse.activitypub.signing import ActorKeys as LocalActorKeys
from fedrse.activitypub.signing import KeyRing, RequestSigner
from fedrse.activitypub.verification import Verifier
from fedrse.app.ground import Ground
from fedrse.app.secret_file import read_secret
from fedrse.core.clock import MINUTE, SystemClock
from fedrse.core.settings_mutual_tls import ClientCertificates
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_find import AccountFinder
from fedrse.features.accounts.service_keys import ActorKeys
from fedrse.features.instance.service import INSTANCE_ACTOR, Facts
from fedrse.features.network.service import Network
from fedrse.features.policy.model_ledger import Entry, Hasher
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.service import Border
from fedrse.features.policy.service_control import BorderControl
from fedrse.features.policy.service_ledger import Ledger
from fedrse.features.relationships.service_inboxes import Inboxes
from fedrse.features.sites.service import Sites
from fedrse.features.sites.service_measures import Measures
from fedrse.features.sites.service_probe import Probe
from fedrse.jobs.model import Job, TryLater
from fedrse.net.client import GuardedClient
from fedrse.net.client_certificates import ClientCertificateRules
from fedrse.net.delivery import Deliverer
from fedrse.net.dialler import Dialler
from fedrse.net.host_state import HostState
from fedrse.net.reach import PeerAddresses
from fedrse.net.resolver import SystemResolver
from fedrse.store.database import Transaction

FETCH_HINT = "activitypub.fetch_hint"
LATER = 10 * MINUTE
Synchronise = Callable[[Transaction, str, str], Awaitable[None]]


class LocalKeys:
    """Private keys of people of this site and of the site itself, for signing."""

    def __init__(self, keys: ActorKeys, facts: Facts, people: AccountFinder) -> None:
        self._keys = keys
        self._facts = facts
        self._people = people

    async def signing_keys(self, tx: Transaction, account_id: int) -> LocalActorKeys:
        """See ``SigningKeys``."""
        return await self._keys.signing_keys(tx, account_id)

    async def instance_actor(self, tx: Transaction) -> Account | None:
        """See ``SigningKeys``."""
        account_id = await self._facts.get(tx, INSTANCE_ACTOR)
        return None if account_id is None else await self._people.by_id(tx, account_id)


class Protocol(Struct, frozen=True):
    """The parts of the protocol that features and surfaces use."""

    border: Border
    ledger: Ledger
    control: BorderControl
    quotas: Quotas
    sites: Sites
    network: Network
    facts: Facts
    actor_keys: ActorKeys
    names: PeerNames
    client: GuardedClient
    deliverer: Deliverer
    measures: Measures
    state: HostState
    signer: RequestSigner
    key_ring: KeyRing
    documents: DocumentClient
    dispatcher: Dispatcher
    importers: Importers
    resolver: Resolver
    discovery: Discovery
    lookup: Lookup
    remote_keys: RemoteKeys
    verifier: Verifier
    processor: Processor
    inboxes: Inboxes
    outbox: DeliveryOutbox
    probe: Probe


class _Ways(NamedTuple):
    """What has connections or threads to close."""

    client: GuardedClient
    deliverer: Deliverer
    state: HostState
    signer: RequestSigner


class _Policy(NamedTuple):
    """What says who is talked to, and about what."""

    border: Border
    ledger: Ledger
    control: BorderControl
    sites: Sites


@asynccontextmanager
async def open_protocol(ground: Ground) -> AsyncIterator[Protocol]:
    """Makes the parts; closes their connections and threads at the end.

    Raises ValueError with a sentence for outgoing settings that make no sense.
    """
    settings = ground.settings
    border = Border(settings=settings, clock=ground.clock)
    sites = Sites(policy=border, rules=ground.rules, clock=ground.clock)
    ledger = _ledger(ground)
    # Limits in seconds are about the machine, whatever clock the site goes by.
    machine = SystemClock()
    addresses = PeerAddresses(machine)
    control = BorderControl(
        border=border,
        ledger=ledger,
        clock=ground.clock,
        software=sites.software,
        address=addresses.of,
    )
    addresses.ask(control)
    dialler = Dialler.of_settings(settings, sites, SystemResolver(machine), addresses)
    state = HostState(machine)
    client = GuardedClient(dialler, state)
    measures = Measures(database=ground.database, clock=ground.clock)
    ledger.heard = partial(_count, measures)
    deliverer = Deliverer(dialler, machine, observer=measures)
    signer = RequestSigner(ground.clock)
    try:
        policy = _Policy(border, ledger, control, sites)
        yield _wire(ground, policy, _Ways(client, deliverer, state, signer), measures)
    finally:
        await ledger.stop()
        await measures.stop()
        await deliverer.close()
        await client.close()
        dialler.close()
        signer.close()


def _ledger(ground: Ground) -> Ledger:
    secret = read_secret(ground.folder / ground.settings.storage.secret_file)
    return Ledger(
        database=ground.database, clock=ground.clock, ids=ground.ids, hasher=Hasher(secret)
    )


def _count(measures: Measures, entries: Sequence[Entry]) -> None:
    """What crossed the border, by peer and hour."""
    for one in entries:
        if one.outcome in {Outcome.PASSED, Outcome.ALTERED}:
            measures.count(one.hosts, one.at, incoming=one.incoming, many=one.count)


def _quotas(ground: Ground, border: Border) -> Quotas:
    return Quotas(
        settings=ground.settings.limits,
        clock=SystemClock(),
        database=ground.database,
        is_trusted=lambda host: bool(border.role(host)),
    )


def _certificates(ground: Ground, measures: Measures) -> ClientCertificateRules | None:
    settings = ground.settings.mutual_tls
    if settings.mode is ClientCertificates.OFF:
        return None
    return ClientCertificateRules(settings, ground.clock, saw=measures.saw_client_certificate)


def _wire(ground: Ground, policy: _Policy, ways: _Ways, measures: Measures) -> Protocol:
    client, deliverer, state, signer = ways
    sites, control = policy.sites, policy.control
    settings, clock, database = ground.settings, ground.clock, ground.database
    names = PeerNames(ground.rules)
    quotas = _quotas(ground, policy.border)
    network = Network(settings=settings, local_ids=ground.local_ids)
    facts = Facts()
    actor_keys = ActorKeys(cipher=ground.cipher, clock=clock)
    finder = AccountFinder(settings=settings, local_ids=ground.local_ids)
    key_ring = KeyRing(
        database=database,
        keys=LocalKeys(actor_keys, facts, finder),
        local_ids=ground.local_ids,
        clock=clock,
    )
    documents = DocumentClient(
        client=client,
        state=state,
        keys=key_ring,
        signer=signer,
        names=names,
        rules=sites,
        clock=clock,
        control=control,
    )
    discovery = Discovery(client=client, rules=ground.rules)
    dispatcher, importers = Dispatcher(), Importers()
    resolver = Resolver(
        documents=documents,
        importers=importers,
        handles=discovery,
        database=database,
        local_ids=ground.local_ids,
        clock=clock,
        quotas=quotas,
    )
    inboxes = Inboxes(network=network, own_host=settings.host)
    outbox = DeliveryOutbox(
        clock=clock,
        ids=ground.ids,
        queue=ground.queue,
        audience=inboxes,
        members=network,
        rules=sites,
        keys=key_ring,
        control=control,
    )
    keys = RemoteKeys(database=database, store=actor_keys, fetcher=resolver, clock=clock)
    resolver.know_actors(keys.knows_actor)
    verifier = Verifier(
        keys=keys,
        names=names,
        rules=sites,
        clock=clock,
        certificates=_certificates(ground, measures),
        rate=partial(quotas.take, Quota.REQUESTS),
        refused=control.refused,
    )
    processor = Processor(
        database=database,
        dispatcher=dispatcher,
        resolver=resolver,
        clock=clock,
        quotas=quotas,
    )
    probe = Probe(
        database=database,
        sites=sites,
        client=client,
        documents=documents,
        rules=ground.rules,
        know_actor=resolver.resolve,
    )
    return Protocol(
        border=policy.border,
        ledger=policy.ledger,
        control=control,
        quotas=quotas,
        sites=sites,
        measures=measures,
        network=network,
        facts=facts,
        actor_keys=actor_keys,
        names=names,
        client=client,
        deliverer=deliverer,
        state=state,
        signer=signer,
        key_ring=key_ring,
        documents=documents,
        dispatcher=dispatcher,
        importers=importers,
        resolver=resolver,
        discovery=discovery,
        lookup=Lookup(
            discovery=discovery,
            resolver=resolver,
            own_domains=frozenset({settings.handle_domain, settings.host}),
        ),
        remote_keys=keys,
        verifier=verifier,
        processor=processor,
        inboxes=inboxes,
        outbox=outbox,
        probe=probe,
    )


def make_inbox(ground: Ground, protocol: Protocol, synchronise: Synchronise) -> Inbox:
    """The way in; ``synchronise`` compares followers (FEP-8fcf)."""

    async def hint(tx: Transaction, uri: str, deleted: bool, host: str) -> None:
        key = f"{FETCH_HINT}:{deleted:d}:{uri}"
        wanted = {"uri": uri, "deleted": deleted, "cause": host}
        await ground.queue.enqueue(tx, FETCH_HINT, wanted, key=key)

    async def fetch_hint(job: Job) -> None:
        try:
            with caused_by(str(job.arguments.get("cause") or "")):
                await protocol.resolver.refresh(
                    str(job.arguments["uri"]), deleted=bool(job.arguments.get("deleted"))
                )
        except FetchFailed as error:
            if error.temporary:
                raise TryLater(error.message, delay=LATER) from error

    ground.runner.handle(FETCH_HINT, fetch_hint, attempts=5)
    return Inbox(
        verifier=protocol.verifier,
        keys=protocol.remote_keys,
        intake=Intake(
            database=ground.database,
            ids=ground.ids,
            clock=ground.clock,
            saw_inbound=protocol.sites.saw_inbound,
            hosts_are_back=protocol.outbox.hosts_are_back,
        ),
        names=protocol.names,
        rules=protocol.sites,
        rate=protocol.quotas,
        check_rate=protocol.quotas.check,
        hooks=InboxHooks(is_gone=protocol.resolver.is_gone, hint=hint, synchronise=synchronise),
        control=protocol.control,
    )
