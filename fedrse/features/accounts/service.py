"""Accounts: finding them, making local ones, changing and deleting them. The only writer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from msgspec import Raw

from fedrse.activitypub.dispatch import Needs
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.core.urls import UrlRules
from fedrse.features.accounts import queries, queries_totals
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import username_key
from fedrse.features.accounts.model_import import ImportedActor
from fedrse.features.accounts.model_pictures import Pictures
from fedrse.features.accounts.service_badges import Badges
from fedrse.features.accounts.service_documents import ActorDocuments
from fedrse.features.accounts.service_entities import AccountEntities, Entity
from fedrse.features.accounts.service_find import AccountFinder
from fedrse.features.accounts.service_import import ActorImporter, search_key
from fedrse.features.accounts.service_keys import ActorKeys, KeyPair, SigningKeys
from fedrse.features.accounts.service_local import LocalAccounts, ProfileChanges, Reach
from fedrse.features.accounts.service_moves import Moves
from fedrse.features.accounts.service_snapshots import SnapshotCache
from fedrse.features.accounts.service_states import AccountStates
from fedrse.features.accounts.service_texts import ProfileTexts
from fedrse.features.instance.service import INSTANCE_ACTOR, Facts
from fedrse.features.network.service import Network
from fedrse.store.database import Transaction
from fedrse.store.events import Events

CHANGED = "accounts"
"""Channel on which processes tell each other that accounts have changed: ids with commas."""

MOST_NOTIFIED = 300  # ids in one notification

MOST_DOCUMENTS = 5_000


def tell_others(tx: Transaction, *ids: int) -> None:
    """Tells other processes that accounts have changed."""
    if tx.dialect == "postgresql":  # only there can be any
        for start in range(0, len(ids), MOST_NOTIFIED):
            tx.notify(CHANGED, ",".join(map(str, ids[start : start + MOST_NOTIFIED])))


class Accounts(AccountFinder):
    """Everything about accounts that other features use; finding them is in ``AccountFinder``."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        rules: UrlRules,
        network: Network,
        facts: Facts,
        keys: ActorKeys,
        pictures: Pictures,
        outbox: Outbox,
        events: Events,
        badges: Mapping[str, Entity] | None = None,
    ) -> None:
        """``badges`` are the roles that profiles name, as ``AccountRole`` entities by name."""
        super().__init__(settings=settings, local_ids=local_ids)
        self._facts = facts
        self.keys = keys
        self._entities = AccountEntities(
            pictures=pictures, mails_posts=settings.mails_posts, badges=badges or {}
        )
        self._documents = ActorDocuments(
            local_ids=local_ids, keys=keys, pictures=pictures, has_network=network.exists
        )
        self._remembered: SnapshotCache[int, Json] = SnapshotCache(most=MOST_DOCUMENTS)
        self._importer = ActorImporter(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            rules=rules,
            keys=keys,
            events=events,
            changed=self._changed,
        )
        texts = ProfileTexts(
            origin=settings.origin, own_domain=settings.handle_domain, find=self.by_handles
        )
        self._local = LocalAccounts(
            settings=settings,
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            keys=keys,
            texts=texts,
            outbox=outbox,
            events=events,
            document=self.document,
            changed=self._changed,
        )
        self.states = AccountStates(
            clock=clock, events=events, changed=self._changed, announce=self._local.announce
        )
        self.badges = Badges(changed=self._changed)
        self._moves = Moves(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            outbox=outbox,
            events=events,
            announce=self._local.announce,
            changed=self._changed,
        )

    # The site itself

    async def instance_actor(self, tx: Transaction) -> Account | None:
        """This site's own actor, None before the first start."""
        account_id = await self._facts.get(tx, INSTANCE_ACTOR)
        return None if account_id is None else await self.by_id(tx, account_id)

    # Rendering

    async def entities(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Entity]:
        """Mastodon ``Account`` entities by id; shared: copy before changing one."""
        return await self._entities.entities(tx, ids)

    async def rendered(self, tx: Transaction, ids: Iterable[int]) -> dict[int, tuple[Entity, Raw]]:
        """The same, each with its JSON, ready to be put into a larger document."""
        return await self._entities.rendered(tx, ids)

    @property
    def rendered_version(self) -> int:
        """As long as it is the same, all that ``rendered`` gave is as it was."""
        return self._entities.version

    def rendered_at_hand(self, account: Account) -> tuple[Entity, Raw] | None:
        """The same of an account as a writer has it, None where another one belongs to it."""
        return self._entities.rendered_at_hand(account)

    async def document(self, tx: Transaction, account: Account) -> Json:
        """The ActivityPub actor of a local account; shared: copy before changing it."""
        if tx.snapshot is not None:
            remembered = self._remembered.get(account.id)
            if remembered is not None:
                return remembered
        document = await self._documents.document(tx, account)
        self._remembered.put(account.id, document, tx.snapshot)
        return document

    def forget_changed(self, payload: str) -> None:
        """Another process says that accounts have changed: listen for ``CHANGED``."""
        self._forget(map(int, payload.split(",")))

    def forget_all(self) -> None:
        """Any account may have changed."""
        self._entities.forget_all()
        self._remembered.forget_all()

    def _changed(self, tx: Transaction, *ids: int) -> None:
        tx.after_commit(partial(self._forget, ids))
        tell_others(tx, *ids)

    def _forget(self, ids: Iterable[int]) -> None:
        for account_id in ids:
            self._entities.forget(account_id)
            self._remembered.forget(account_id)

    # Local accounts

    async def create_local(
        self,
        tx: Transaction,
        *,
        username: str,
        display_name: str = "",
        kind: str = "Person",
        keys: KeyPair | None = None,
        reserved_too: bool = False,
    ) -> Account:
        """A new person (or bot, ``Service``) of this site.

        ``keys`` come from ``generate_key_pair`` in a thread; made here they hold up all writers.
        Raises Invalid for a name that cannot be had (``username_...``).
        """
        return await self._local.create(
            tx,
            username=username,
            display_name=display_name,
            kind=kind,
            keys=keys,
            reserved_too=reserved_too,
        )

    async def ensure_instance_actor(self, tx: Transaction, keys: KeyPair) -> Account:
        """This site's own actor, made at the first start; ``keys`` are used only then."""
        known = await self.instance_actor(tx)
        if known is not None:
            return known
        account = await self._local.create_instance_actor(tx, keys)
        await self._facts.put(tx, INSTANCE_ACTOR, account.id)
        return account

    async def update_profile(
        self, tx: Transaction, account_id: int, changes: ProfileChanges
    ) -> Account:
        """Changes a local profile and tells the world. Raises Invalid, NotFound."""
        return await self._local.update(tx, account_id, changes)

    async def rotate_keys(self, tx: Transaction, account_id: int, keys: KeyPair) -> Account:
        """New keys; the old ones stay valid for 48 hours, and peers are told."""
        return await self._local.rotate_keys(tx, account_id, keys)

    async def delete_local(self, tx: Transaction, account_id: int) -> None:
        """Deletes a local account for good; its name is never given again."""
        await self._local.delete(tx, account_id)

    async def suspend(self, tx: Transaction, account_id: int, *, suspended: bool) -> Account:
        """Hides an account or shows it again. Raises NotFound."""
        return await self.states.suspend(tx, account_id, suspended=suspended)

    def register_reach(self, reach: Reach) -> None:
        """Says which peers know an account, apart from members: they hear of its deletion."""
        self._local.reach = reach

    async def signing_keys(self, tx: Transaction, account_id: int) -> SigningKeys:
        """The private keys of a local account. Raises NotFound."""
        return await self.keys.signing_keys(tx, account_id)

    # Moving

    async def set_aliases(
        self, tx: Transaction, account_id: int, aliases: Iterable[str]
    ) -> Account:
        """Says which other accounts are the same person's: the first half of moving here."""
        return await self._moves.set_aliases(tx, account_id, aliases)

    async def move(self, tx: Transaction, account_id: int, target_id: int) -> Account:
        """Moves a local person to another account. Raises Invalid (``move_...``), NotFound."""
        return await self._moves.move(tx, account_id, target_id)

    async def receive_move(self, tx: Transaction, account: Account, target: Account) -> str:
        """A remote person moved. Raises Ignored for what the rules refuse."""
        return await self._moves.receive(tx, account, target)

    # Remote accounts

    async def import_actor(
        self, tx: Transaction, document: Json, *, handle: str | None = None
    ) -> Account:
        """Stores an actor that was fetched just now; see ``ActorImporter.import_fetched``."""
        return await self._importer.import_fetched(tx, document, handle=handle)

    async def receive_update(
        self, tx: Transaction, known: Account, document: Json, *, fetchable: bool
    ) -> str:
        """What an actor says of itself in a signed ``Update``.

        New keys and a new handle count only as the actor's site publishes them: then Needs is
        raised, unless the actor was fetched after the message or is not ``fetchable``. Raises
        Invalid for documents that are no actor.
        """
        actor = self._importer.read(document)
        if fetchable and (
            _is_renamed(known, actor) or await self.keys.differs(tx, known.id, actor.keys)
        ):
            raise Needs(known.uri)
        return "updated" if await self._importer.update_profile(tx, known, actor) else "unchanged"

    async def delete_remote(self, tx: Transaction, account: Account) -> None:
        """A remote account is gone for good; what it was is forgotten, its URI is not."""
        await self._local.delete_remote(tx, account)

    # Counters

    async def count_follows(
        self,
        tx: Transaction,
        ids: Collection[int],
        *,
        followers: int = 0,
        local_followers: int = 0,
        following: int = 0,
    ) -> None:
        """Adds to the counters of all these accounts."""
        await tx.run(
            queries.COUNT_FOLLOWS,
            ids=list(ids),
            followers=followers,
            local_followers=local_followers,
            following=following,
        )
        self._changed(tx, *ids)

    async def set_totals(
        self, tx: Transaction, account_id: int, *, followers: int | None, following: int | None
    ) -> None:
        """Takes over what the site of an account tells; None: it does not."""
        await tx.run(
            queries_totals.SET_TOTALS, key=account_id, followers=followers, following=following
        )
        self._changed(tx, account_id)

    async def set_posts_total(self, tx: Transaction, account_id: int, posts: int) -> None:
        """Takes over how many posts the site of an account tells of."""
        await tx.run(queries_totals.SET_POSTS_TOTAL, key=account_id, posts=posts)
        self._changed(tx, account_id)

    async def count_posts(
        self, tx: Transaction, account_id: int, posts: int, *, at: int | None = None
    ) -> None:
        """Adds to the number of posts; ``at`` is when the newest was written (milliseconds)."""
        await tx.run(queries.COUNT_POSTS, key=account_id, posts=posts, at=at or 0)
        self._changed(tx, account_id)

    async def count_new_posts(self, tx: Transaction, posts: Sequence[tuple[int, int]]) -> None:
        """Counts one post each: who wrote it and when (milliseconds)."""
        times: defaultdict[int, list[int]] = defaultdict(list)
        for account_id, at in posts:
            times[account_id].append(at)
        rows = [{"key": key, "posts": len(of), "at": max(of)} for key, of in sorted(times.items())]
        await tx.many(queries.COUNT_POSTS, rows)
        self._changed(tx, *times)


def _is_renamed(known: Account, actor: ImportedActor) -> bool:
    """Whether the actor claims another handle than the one that is known of it."""
    if known.username_key != username_key(known.username):
        return True  # it lost its handle to another account
    if actor.claimed is not None:
        return actor.claimed != (known.username, known.domain)
    return username_key(actor.username) != known.username_key


__all__ = ["Accounts", "ProfileChanges", "search_key"]
