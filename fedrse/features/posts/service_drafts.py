"""Drafts: what somebody has begun to write. The only writer of ``post_draft``.

Files of a draft are held, so that they are not taken for abandoned ones. A draft is known by the
key of its form: saving the same form again changes it, publishing the form ends it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, json

from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries_drafts as queries
from fedrse.features.posts.model_form import ComposeForm
from fedrse.store.database import Transaction
from fedrse.store.events import Events

MOST_DRAFTS = 50
OFFERED = 7 * DAY
"""For how long a form that was left is shown again when the page is opened."""


class SavedDraft(Struct, frozen=True):
    """A row of ``post_draft``; ``kept`` because the person wished it, not by itself."""

    id: int
    form: ComposeForm
    kept: bool
    updated_at: int
    held: tuple[int, ...]


class Drafts:
    """Keeps drafts of people of this site."""

    def __init__(self, *, clock: Clock, ids: IdMaker, events: Events, media: MediaLibrary) -> None:
        self._clock = clock
        self._ids = ids
        self._media = media
        events.subscribe(AccountDeleted, self._account_deleted)

    async def save(self, tx: Transaction, owner: int, form: ComposeForm, *, kept: bool) -> int:
        """Saves a form as it stands; returns the id of the draft. Raises Invalid for too many."""
        row = await tx.one(queries.BY_KEY, me=owner, request_key=form.key)
        known = None if row is None else _draft(row)
        if known is None:
            await self._make_room(tx, owner)
        held = await self._hold(tx, owner, form, known)
        identifier = self._ids.new() if known is None else known.id
        await tx.run(
            queries.PUT,
            id=identifier,
            account_id=owner,
            key=form.key,
            context=form.context,
            form=json.encode(form).decode(),
            held=json.encode(held).decode(),
            kept=kept or (known is not None and known.kept),
            updated_at=self._clock.now(),
        )
        return identifier

    async def _hold(
        self, tx: Transaction, owner: int, form: ComposeForm, known: SavedDraft | None
    ) -> list[int]:
        before = () if known is None else known.held
        gone = [one for one in before if one not in form.media]
        if gone:
            await self._media.release(tx, owner, gone)
        fresh = [one for one in form.media if one not in before]
        taken = await self._media.hold(tx, owner, fresh) if fresh else []
        return [one for one in before if one in form.media] + taken

    async def _make_room(self, tx: Transaction, owner: int) -> None:
        if await self.count(tx, owner) < MOST_DRAFTS:
            return
        oldest = await tx.one(queries.OLDEST_UNASKED, me=owner)
        if oldest is None:
            raise Invalid("drafts_too_many", f"More than {MOST_DRAFTS} drafts")
        await self._remove(tx, owner, _draft(oldest))

    async def finish(self, tx: Transaction, owner: int, key: str) -> None:
        """The form is published, or empty: nothing is left of its draft."""
        row = await tx.one(queries.BY_KEY, me=owner, request_key=key)
        if row is not None:
            await self._remove(tx, owner, _draft(row))

    async def discard(self, tx: Transaction, owner: int, draft_id: int) -> None:
        """Deletes a draft. Raises NotFound."""
        await self._remove(tx, owner, await self.access_own(tx, owner, draft_id))

    async def _remove(self, tx: Transaction, owner: int, draft: SavedDraft) -> None:
        if draft.held:
            await self._media.release(tx, owner, draft.held)
        await tx.run(queries.REMOVE, me=owner, draft=draft.id)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        if event.local:
            for draft in await self.listing(tx, event.account_id):
                await self._remove(tx, event.account_id, draft)

    # Reading

    async def access_own(self, tx: Transaction, owner: int, draft_id: int) -> SavedDraft:
        """A draft of this person. Raises NotFound."""
        row = await tx.one(queries.OWN, me=owner, draft=draft_id)
        if row is None:
            raise NotFound
        return _draft(row)

    async def left(self, tx: Transaction, owner: int, context: str) -> SavedDraft | None:
        """The form of this context that the person left lately without publishing it."""
        since = self._clock.now() - OFFERED
        row = await tx.one(queries.LEFT, me=owner, of_context=context, since=since)
        return None if row is None else _draft(row)

    async def listing(self, tx: Transaction, owner: int) -> list[SavedDraft]:
        """All drafts of somebody, what was changed last first; at most ``MOST_DRAFTS``."""
        return [_draft(row) for row in await tx.all(queries.LISTING, me=owner)]

    async def count(self, tx: Transaction, owner: int) -> int:
        """How many there are."""
        return int(await tx.value(queries.COUNT, me=owner))


def _draft(row: Any) -> SavedDraft:
    return SavedDraft(
        id=row.id,
        form=json.decode(row.form, type=ComposeForm),
        kept=bool(row.kept),
        updated_at=row.updated_at,
        held=tuple(json.decode(row.held, type=list[int])),
    )
