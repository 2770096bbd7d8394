"""Stores actors of other sites."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import Conflict, Gone, Invalid
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.core.text import fold_hashtag
from fedrse.core.urls import UrlRules
from fedrse.features.accounts import queries
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountCreated, AccountUpdated
from fedrse.features.accounts.model_handles import (
    Handle,
    displaced_key,
    read_claim,
    username_key,
)
from fedrse.features.accounts.model_import import ImportedActor, read_actor
from fedrse.features.accounts.service_keys import ActorKeys
from fedrse.store.database import Transaction, UniqueViolation
from fedrse.store.events import Events


class Changed(Protocol):
    """Told when accounts change, so that nothing outdated is remembered after the commit."""

    def __call__(self, tx: Transaction, *ids: int) -> None: ...


class ActorImporter:
    """Turns documents into accounts; the URI is what an actor is, the handle may change."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        rules: UrlRules,
        keys: ActorKeys,
        events: Events,
        changed: Changed,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._rules = rules
        self._keys = keys
        self._events = events
        self._changed = changed

    def read(self, document: Json) -> ImportedActor:
        """What the document says. Raises Invalid also for actors of this site."""
        actor = read_actor(document, self._rules, self._clock.now())
        if self._local_ids.is_local(actor.uri):
            raise Invalid("actor_local", "This actor is of this site.", uri=actor.uri)
        return actor

    async def import_fetched(
        self, tx: Transaction, document: Json, *, handle: str | None = None
    ) -> Account:
        """Stores an actor that was fetched from its own site just now, keys included.

        ``handle`` is ``name@domain`` as WebFinger confirmed it; without it a new account gets the
        handle on its own host, and a known one keeps its handle.

        Raises Invalid for documents that are no usable actor, Gone for deleted accounts, Conflict
        (``handle_taken``) where the handle belongs to another account and is not confirmed.
        """
        actor = self.read(document)
        confirmed = None if handle is None else read_claim(handle)
        row: Any = await tx.one(queries.BY_URI, address=actor.uri)
        if row is None:
            account_id = await self._add(tx, actor, confirmed)
        else:
            known = Account(*row)
            account_id = known.id
            if known.deleted_at is not None:
                raise Gone("account_deleted", "This account was deleted.", uri=actor.uri)
            if confirmed is not None:
                await self._rename(tx, known, confirmed)
            await self._update(tx, known, actor)
        await self._keys.replace_remote(tx, account_id, actor.uri, actor.keys)
        self._changed(tx, account_id)
        row = await tx.one(queries.BY_ID, key=account_id)
        return Account(*row)

    async def update_profile(self, tx: Transaction, known: Account, actor: ImportedActor) -> bool:
        """Takes over what an actor says of itself in a signed ``Update``: all but key and handle.

        Returns whether anything changed.
        """
        changed = await self._update(tx, known, actor, fetched=False)
        self._changed(tx, known.id)
        return changed

    async def _update(
        self, tx: Transaction, known: Account, actor: ImportedActor, *, fetched: bool = True
    ) -> bool:
        now = self._clock.now()
        new = _columns(actor)
        new["suspended_at"] = known.suspended_at
        if not known.suspended_here:
            new["suspended_at"] = (known.suspended_at or now) if actor.suspended else None
        old = _stored(known)
        changed = any(old[name] != value for name, value in new.items())
        await tx.run(
            queries.IMPORT,
            key=known.id,
            **new,
            updated_at=max(now, known.updated_at + 1) if changed else known.updated_at,
            fetched_at=now if fetched else known.fetched_at,
        )
        if changed:
            await self._events.publish(tx, AccountUpdated(known.id, local=False))
        return changed

    async def _add(self, tx: Transaction, actor: ImportedActor, confirmed: Handle | None) -> int:
        now = self._clock.now()
        handle = confirmed or actor.own_handle
        await self._free(tx, handle, actor.uri, confirmed=confirmed is not None)
        account_id = self._ids.new()
        row = _columns(actor) | {
            "id": account_id,
            "uri": actor.uri,
            "local": False,
            "host": actor.host,
            "username": handle.username,
            "username_key": username_key(handle.username),
            "domain": handle.domain,
            "note_source": "",
            "hide_collections": False,
            "public_profile": False,
            "by_mail": False,
            "moved_at": None,
            "created_at": actor.published or now,
            "updated_at": now,
            "fetched_at": now,
            "suspended_at": now if actor.suspended else None,
            "deleted_at": None,
        }
        try:
            async with tx.savepoint():
                await tx.run(queries.ADD, **row)
        except UniqueViolation:
            # Another process was faster, with this actor or with the handle.
            known = await tx.one(queries.BY_URI, address=actor.uri)
            if known is None:
                raise _taken(handle) from None
            return int(known.id)
        await self._events.publish(tx, AccountCreated(account_id, local=False))
        return account_id

    async def _rename(self, tx: Transaction, known: Account, handle: Handle) -> None:
        """Gives an account the handle that WebFinger says it has now."""
        wanted = (handle.username, handle.domain)
        if wanted == (known.username, known.domain) and not known.username_key.count("~"):
            return
        await self._free(tx, handle, known.uri, confirmed=True)
        await tx.run(
            queries.SET_HANDLE,
            key=known.id,
            username=handle.username,
            username_key=username_key(handle.username),
            domain=handle.domain,
            updated_at=max(self._clock.now(), known.updated_at + 1),
        )

    async def _free(self, tx: Transaction, handle: Handle, uri: str, *, confirmed: bool) -> None:
        """Takes the handle from another account that had it, if WebFinger says so.

        Names are reused: a site is set up anew, a leaver's name goes to a newcomer. The account
        that loses its handle stays, is found by no handle, and is fetched again when it is used.
        """
        row = await tx.one(
            queries.BY_HANDLE, of_domain=handle.domain, name=username_key(handle.username)
        )
        if row is None or row.uri == uri:
            return
        if row.local or not confirmed:
            raise _taken(handle)
        await tx.run(
            queries.DISPLACE,
            key=row.id,
            username_key=displaced_key(row.username, row.id),
            fetched_at=0,
            updated_at=max(self._clock.now(), row.updated_at + 1),
        )
        self._changed(tx, row.id)


def _taken(handle: Handle) -> Conflict:
    return Conflict(
        "handle_taken", "This handle belongs to another account.", handle=handle.resource
    )


def search_key(*names: str) -> str:
    """Names as search compares them: folded words, a blank before each."""
    words = fold_hashtag(" ".join(names)).split()
    return "".join(f" {word}" for word in words)


def _columns(actor: ImportedActor) -> dict[str, Any]:
    found = search_key(actor.profile["display_name"])
    return {**actor.profile, "search_key": found}


def _stored(account: Account) -> dict[str, Any]:
    names = {
        "fields": "fields_json",
        "emojis": "emojis_json",
        "also_known_as": "also_known_as_json",
        "attribution_domains": "attribution_domains_json",
    }
    return {name: getattr(account, names.get(name, name)) for name in queries.IMPORTED}
