"""Accounts of this site: made, changed, deleted, and how the world hears of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import ACTOR_TYPES, PUBLIC, Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.features.accounts import queries
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.model_attribution import attribution_domains
from fedrse.features.accounts.model_events import (
    AccountCreated,
    AccountDeleted,
    AccountUpdated,
    PicturesDropped,
)
from fedrse.features.accounts.model_handles import (
    check_local_username,
    displaced_key,
    username_key,
)
from fedrse.features.accounts.service_import import Changed, search_key
from fedrse.features.accounts.service_keys import ActorKeys, KeyPair, generate_key_pair
from fedrse.features.accounts.service_texts import ProfileTexts
from fedrse.store.database import Transaction, UniqueViolation
from fedrse.store.events import Events

CONTEXT = "https://www.w3.org/ns/activitystreams"

Reach = Callable[[Transaction, int], Awaitable[tuple[str, ...]]]
"""The peers (hosts) that know a local account, from its follows."""

Render = Callable[[Transaction, Account], Awaitable[Json]]


class ProfileChanges(Struct, frozen=True, kw_only=True):
    """What shall change of a profile; what is UNSET stays.

    ``note`` and the values of ``fields`` are plain text. ``avatar`` and ``header`` are keys of
    stored files, None removes the picture. ``public_profile``: visitors without an account may see
    the profile and its posts for everybody, where the site has public pages. ``by_mail``: they may
    have these posts sent to them, where the site does that.
    """

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    fields: tuple[tuple[str, str], ...] | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    public_profile: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    by_mail: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    attribution_domains: tuple[str, ...] | UnsetType = UNSET
    avatar: str | UnsetType | None = UNSET
    avatar_description: str | UnsetType = UNSET
    header: str | UnsetType | None = UNSET
    header_description: str | UnsetType = UNSET


_JSON = frozenset({"fields", "attribution_domains"})
_PLAIN = (
    "locked",
    "discoverable",
    "public_profile",
    "indexable",
    "by_mail",
    "hide_collections",
    "show_media",
    "show_media_replies",
    "show_featured",
    "avatar",
    "avatar_description",
    "header",
    "header_description",
)


class LocalAccounts:
    """Writes the rows of people of this site."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        keys: ActorKeys,
        texts: ProfileTexts,
        outbox: Outbox,
        events: Events,
        document: Render,
        changed: Changed,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._keys = keys
        self._texts = texts
        self._outbox = outbox
        self._events = events
        self._document = document
        self._changed = changed
        self.reach: Reach | None = None

    async def create(
        self,
        tx: Transaction,
        *,
        username: str,
        display_name: str,
        kind: str,
        keys: KeyPair | None,
        reserved_too: bool,
    ) -> Account:
        """See ``Accounts.create_local``."""
        if kind not in ACTOR_TYPES:
            raise Invalid("kind_unknown", "Validation failed: Kind is not an actor type")
        check_local_username(username, reserved_too=reserved_too)
        account_id = self._ids.new()
        uri = self._local_ids.uri("actor", account_id)
        name = self._texts.name(display_name)
        row = self._row(account_id, uri, username, self._settings.handle_domain, kind) | {
            "display_name": name,
            "search_key": search_key(name),
            "url": f"{self._local_ids.origin}/@{username}",
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers_uri": f"{uri}/followers",
            "following_uri": f"{uri}/following",
            "featured_uri": f"{uri}/featured",
            "collections_uri": f"{uri}/featured-collections",
            "feature_policy": None,
        }
        try:
            return await self._insert(tx, row, keys or generate_key_pair())
        except UniqueViolation as error:
            raise Invalid(
                "username_taken", "Validation failed: Username has already been taken"
            ) from error

    async def create_instance_actor(self, tx: Transaction, keys: KeyPair) -> Account:
        """The actor of the site itself; its handle is host@host (FEP-d556).

        Raises UniqueViolation where another process was faster.
        """
        uri, host = self._local_ids.instance_actor, self._settings.host
        row = self._row(self._ids.new(), uri, host, host, INSTANCE) | {
            "display_name": self._settings.site.name,
            "search_key": "",
            "url": f"{self._local_ids.origin}/",
            "inbox": self._local_ids.shared_inbox,
            "outbox": f"{uri}/outbox",
            "locked": True,
        }
        return await self._insert(tx, row, keys)

    def _row(
        self, account_id: int, uri: str, username: str, domain: str, kind: str
    ) -> dict[str, Any]:
        now = self._clock.now()
        row: dict[str, Any] = dict.fromkeys(queries.INSERTED)
        texts = ("note", "note_source", "avatar_description", "header_description")
        flags = (
            *("locked", "discoverable", "public_profile", "indexable", "memorial"),
            *("by_mail", "hide_collections"),
        )
        shows = ("show_media", "show_media_replies", "show_featured")
        return (
            row
            | dict.fromkeys(texts, "")
            | dict.fromkeys(("fields", "emojis", "also_known_as", "attribution_domains"), "[]")
            | dict.fromkeys(flags, False)
            | dict.fromkeys(shows, True)
            | {
                "id": account_id,
                "uri": uri,
                "local": True,
                "host": self._settings.host,
                "username": username,
                "username_key": username_key(username),
                "domain": domain,
                "kind": kind,
                "shared_inbox": self._local_ids.shared_inbox,
                "created_at": now,
                "updated_at": now,
                "fetched_at": now,
            }
        )

    async def _insert(self, tx: Transaction, row: dict[str, Any], keys: KeyPair) -> Account:
        async with tx.savepoint():
            await tx.run(queries.ADD, **row)
        await self._keys.add_pair(tx, row["id"], row["uri"], keys)
        await self._events.publish(tx, AccountCreated(row["id"], local=True))
        return await self.access_own(tx, row["id"])

    async def access_own(self, tx: Transaction, account_id: int) -> Account:
        """A local account that is not deleted. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=account_id)
        if row is None or not row.local or row.deleted_at is not None:
            raise NotFound
        return Account(*row)

    async def update(self, tx: Transaction, account_id: int, changes: ProfileChanges) -> Account:
        """See ``Accounts.update_profile``. Nothing is sent where nothing changes."""
        account = await self.access_own(tx, account_id)
        old = {name: getattr(account, name) for name in queries.PROFILE if name not in _JSON}
        old |= {
            "fields": account.fields_json,
            "attribution_domains": account.attribution_domains_json,
        }
        new = old | await self._columns(tx, account, changes)
        if new == old:
            return account
        new["updated_at"] = self._next_version(account)
        await tx.run(queries.UPDATE_PROFILE, key=account_id, **new)
        self._changed(tx, account_id)
        dropped = {account.avatar, account.header} - {new["avatar"], new["header"], None}
        await self._drop_pictures(tx, dropped)
        await self._events.publish(tx, AccountUpdated(account_id, local=True))
        changed = await self.access_own(tx, account_id)
        await self.announce(tx, changed)
        return changed

    async def _columns(
        self, tx: Transaction, account: Account, changes: ProfileChanges
    ) -> dict[str, Any]:
        new = {name: getattr(changes, name) for name in _PLAIN}
        new = {name: value for name, value in new.items() if value is not UNSET}
        if changes.display_name is not UNSET:
            name = self._texts.name(changes.display_name)
            new |= {"display_name": name, "search_key": search_key(name)}
        if changes.note is not UNSET:
            new["note_source"], new["note"] = await self._texts.note(tx, changes.note)
        if changes.fields is not UNSET:
            fields = await self._texts.fields(tx, changes.fields)
            new["fields"] = json.dumps(fields, ensure_ascii=False)
        if changes.attribution_domains is not UNSET:
            domains = attribution_domains(changes.attribution_domains)
            new["attribution_domains"] = json.dumps(domains)
        if changes.bot is not UNSET and account.kind in {"Person", "Service"}:
            new["kind"] = "Service" if changes.bot else "Person"
        return new

    async def _drop_pictures(self, tx: Transaction, keys: Iterable[str | None]) -> None:
        dropped = tuple(key for key in keys if key is not None)
        if dropped:
            await self._events.publish(tx, PicturesDropped(dropped))

    async def rotate_keys(self, tx: Transaction, account_id: int, keys: KeyPair) -> Account:
        """See ``Accounts.rotate_keys``."""
        account = await self.access_own(tx, account_id)
        await self._keys.add_pair(tx, account_id, account.uri, keys)
        await tx.run(queries.TOUCH, key=account_id, updated_at=self._next_version(account))
        self._changed(tx, account_id)
        changed = await self.access_own(tx, account_id)
        await self.announce(tx, changed)
        return changed

    async def announce(self, tx: Transaction, account: Account) -> None:
        """Tells followers' sites and members what the actor looks like now."""
        activity = {
            "@context": CONTEXT,
            "id": self._local_ids.uri("activity", self._ids.new()),
            "type": "Update",
            "actor": account.uri,
            "to": [PUBLIC],
            "object": await self._document(tx, account),
        }
        everybody = Recipients(followers_of=account.id, members=True)
        await self._outbox.enqueue(tx, activity, sender=account.id, recipients=everybody)

    async def delete(self, tx: Transaction, account_id: int) -> None:
        """See ``Accounts.delete_local``.

        Keys stay: the ``Delete`` has to be signed for as long as it is on its way.
        """
        account = await self.access_own(tx, account_id)
        hosts = await self.reach(tx, account_id) if self.reach is not None else ()
        activity = {
            "@context": CONTEXT,
            "id": f"{account.uri}#delete",
            "type": "Delete",
            "actor": account.uri,
            "to": [PUBLIC],
            "object": account.uri,
        }
        everybody = Recipients(members=True, hosts=hosts)
        await self._outbox.enqueue(tx, activity, sender=account_id, recipients=everybody)
        await self._wipe(tx, account, account.username_key)
        await self._drop_pictures(tx, (account.avatar, account.header))

    async def delete_remote(self, tx: Transaction, account: Account) -> None:
        """See ``Accounts.delete_remote``; its handle may be given to somebody else."""
        await self._wipe(tx, account, displaced_key(account.username, account.id))
        await self._keys.remove(tx, account.id, account.uri)

    async def _wipe(self, tx: Transaction, account: Account, key: str) -> None:
        await self._events.publish(tx, AccountDeleted(account.id, local=account.local))
        texts = ("search_key", "display_name", "note", "note_source")
        await tx.run(
            queries.WIPE,
            key=account.id,
            username_key=key,
            **dict.fromkeys(texts, ""),
            fields="[]",
            emojis="[]",
            avatar=None,
            avatar_description="",
            header=None,
            header_description="",
            discoverable=False,
            public_profile=False,
            indexable=False,
            by_mail=False,
            also_known_as="[]",
            moved_to=None,
            deleted_at=self._clock.now(),
            updated_at=self._next_version(account),
        )
        self._changed(tx, account.id)

    def _next_version(self, account: Account) -> int:
        return max(self._clock.now(), account.updated_at + 1)
