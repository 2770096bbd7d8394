"""Update, Delete and Move of actors, and fetched actors."""

from __future__ import annotations

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.importers import Imported, Importers
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import ACTOR_TYPES, id_of
from fedrse.core.errors import Invalid
from fedrse.features.accounts.service import Accounts
from fedrse.store.database import Transaction


class AccountActivities:
    """What other sites say about their actors."""

    def __init__(self, *, accounts: Accounts, local_ids: LocalIds) -> None:
        self._accounts = accounts
        self._local_ids = local_ids

    def register(self, dispatcher: Dispatcher, importers: Importers) -> None:
        """Takes the activities and documents that are about actors."""
        dispatcher.on_batch(self._accounts.foresee)
        dispatcher.on("Update", self.update, objects=ACTOR_TYPES)
        dispatcher.on("Delete", self.delete_embedded, objects=ACTOR_TYPES)
        dispatcher.on_reference("Delete", self.delete)
        dispatcher.on("Move", self.move)
        importers.on(ACTOR_TYPES, self.import_actor)
        importers.on_gone(self.gone)

    async def import_actor(self, tx: Transaction, imported: Imported) -> None:
        """Stores an actor that was fetched from its site."""
        await self._accounts.import_actor(tx, imported.document, handle=imported.handle)

    async def gone(self, tx: Transaction, uri: str) -> None:
        """The site of an actor says that it exists no more."""
        account = await self._accounts.by_uri(tx, uri)
        if account is not None and not account.local and account.deleted_at is None:
            await self._accounts.delete_remote(tx, account)

    async def update(self, tx: Transaction, received: Received) -> str:
        """An actor describes itself anew."""
        document = received.activity["object"]
        if id_of(document) != received.actor:
            raise Refused("not_own_actor")
        account = await self._accounts.require(tx, received.actor, received.unavailable)
        if account.fetched_at > received.received_at:
            return "fetched"  # later than this was written: what it said may be outdated
        try:
            return await self._accounts.receive_update(
                tx, account, document, fetchable=received.actor not in received.unavailable
            )
        except Invalid as error:
            raise Refused(error.code) from error

    async def delete(self, tx: Transaction, received: Received) -> str | None:
        """An actor deletes itself by its id; other ids are not for this feature."""
        if id_of(received.activity.get("object")) != received.actor:
            return None
        return await self._delete(tx, received)

    async def delete_embedded(self, tx: Transaction, received: Received) -> str:
        """An actor deletes itself, written out."""
        if id_of(received.activity["object"]) != received.actor:
            raise Refused("not_own_actor")
        return await self._delete(tx, received)

    async def _delete(self, tx: Transaction, received: Received) -> str:
        account = await self._accounts.by_uri(tx, received.actor)
        if account is None or account.local:
            raise Ignored("unknown_actor")
        if account.deleted_at is not None:
            return "duplicate"
        await self._accounts.delete_remote(tx, account)
        return "deleted"

    async def move(self, tx: Transaction, received: Received) -> str:
        """A person goes on elsewhere; what the target says about it is asked anew."""
        target_uri = id_of(received.activity.get("target"))
        if id_of(received.activity.get("object")) != received.actor or target_uri is None:
            raise Refused("not_own_actor")
        account = await self._accounts.require(tx, received.actor, received.unavailable)
        if target_uri in received.unavailable:
            raise Ignored("move_target_unavailable")
        target = await self._accounts.by_uri(tx, target_uri)
        if target is None and self._local_ids.is_local(target_uri):
            raise Ignored("unknown_target")
        if target is None or (not target.local and target.fetched_at < received.received_at):
            raise Needs(target_uri)
        return await self._accounts.receive_move(tx, account, target)
