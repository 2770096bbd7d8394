"""``Endorse`` and its ``Undo``: people of other member sites confirm what somebody here knows."""

from __future__ import annotations

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Received, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json, id_of
from fedrse.core.errors import NotFound
from fedrse.features.accounts.service import Accounts
from fedrse.features.profiles.model_confirmations import TYPE, read_skill
from fedrse.features.profiles.service_confirmations import Confirmations
from fedrse.store.database import Transaction


class ConfirmationActivities:
    """Handlers; each runs in the transaction that marks its message as done."""

    def __init__(
        self, *, accounts: Accounts, confirmations: Confirmations, local_ids: LocalIds
    ) -> None:
        self._accounts = accounts
        self._confirmations = confirmations
        self._local_ids = local_ids

    def register(self, dispatcher: Dispatcher) -> None:
        """Takes the activities of this feature."""
        dispatcher.on(TYPE, self.endorse)
        dispatcher.on("Undo", self.undo, objects=frozenset({TYPE}))
        dispatcher.on_reference("Undo", self.undo_reference)

    async def endorse(self, tx: Transaction, received: Received) -> str:
        """``Endorse`` of a skill that is on somebody's card, as the sender's site sees it."""
        whom = self._whom(received.activity)
        if whom is None:
            raise Ignored("nobody_here")
        who = await self._accounts.require(tx, received.actor, received.unavailable)
        if who.is_gone:
            raise Ignored("actor_gone")
        skill = read_skill(received.activity)
        try:
            outcome = await self._confirmations.receive(tx, who, whom, skill, received.id)
        except NotFound as error:
            raise Refused("not_member") from error
        if outcome in {"not_shown", "blocked"}:
            raise Ignored(outcome)
        return outcome

    async def undo(self, tx: Transaction, received: Received) -> str:
        """``Undo`` of an embedded ``Endorse``: by its id, else by what it says."""
        inner: Json = received.activity["object"]
        who = await self._accounts.by_uri(tx, received.actor)
        if who is None:
            raise Ignored("unknown")
        whom, skill = self._whom(inner), read_skill(inner)
        uri = id_of(inner) or ""
        outcome = await self._confirmations.receive_undo(tx, who, uri, whom, skill)
        if outcome is None:
            raise Ignored("unknown")
        return outcome

    async def undo_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Undo`` of a confirmation named by its id; None if it is not one of the sender's."""
        uri = id_of(received.activity.get("object"))
        who = await self._accounts.by_uri(tx, received.actor)
        if uri is None or who is None:
            return None
        return await self._confirmations.receive_undo(tx, who, uri)

    def _whom(self, activity: Json) -> int | None:
        local = self._local_ids.parse(id_of(activity.get("object")) or "")
        return local.id if local is not None and local.kind == "actor" and not local.part else None
