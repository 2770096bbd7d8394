"""Takes over what somebody chose of an archive: in pieces, each whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.clock import DAY, SECOND, Clock
from fedrse.core.errors import FedrseError
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.migration import queries_archive as queries
from fedrse.features.migration.model import Entry, Kind, read_csv
from fedrse.features.migration.model_archive import (
    BOOKMARKS_FILE,
    Choices,
    Contents,
    Import,
    Skip,
    State,
    refusal,
)
from fedrse.features.migration.service import Migration
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_backfill import Backfill, OldPost
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

GO_ON = "migration.archive"
"""Job: takes over the next piece of the ``import``."""

PROFILE_PENDING = -1  # as ``place``
LOOK_AGAIN = 3 * SECOND  # at files that are being converted
KEPT = DAY  # what nobody goes on with


class Ready(Struct, frozen=True):
    """A post that can be stored: its address there, and its files here."""

    origin: str
    post: OldPost
    media_ids: tuple[int, ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """A piece of an import: from which ``place`` to which, with what was found on the way.

    ``waiting`` are files of the post at ``next_place`` that are not converted yet.
    """

    place: int
    next_place: int
    posts: Sequence[Ready] = ()
    seen: int = 0
    skipped: Mapping[str, int] = {}
    waiting: tuple[int, ...] = ()
    finished: bool = False


class Archives:
    """The only writer of ``archive_import`` and ``imported_post``."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        queue: Queue,
        accounts: Accounts,
        posts: Posts,
        migration: Migration,
        backfill: Backfill,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._queue = queue
        self._accounts = accounts
        self._posts = posts
        self._migration = migration
        self._backfill = backfill
        events.subscribe(AccountDeleted, self._deleted)

    # The person

    async def of(self, tx: Transaction, me: int) -> Import | None:
        """Somebody's archive, whatever became of it."""
        row = await tx.one(queries.OF_PERSON, me=me)
        return None if row is None else _import(row)

    async def by_id(self, tx: Transaction, import_id: int) -> Import | None:
        """For jobs."""
        row = await tx.one(queries.BY_ID, key=import_id)
        return None if row is None else _import(row)

    async def offer(
        self, tx: Transaction, me: int, folder: str, contents: Contents
    ) -> Import | None:
        """Notes an archive that was read, and returns the one that it replaces.

        Raises Invalid (``archive_running``) while one is being taken over.
        """
        known = await self.of(tx, me)
        if known is not None and known.state is State.RUNNING:
            raise refusal("archive_running")
        await tx.run(queries.REMOVE, me=me)
        now = self._clock.now()
        made = Import(
            id=self._ids.new(),
            account_id=me,
            folder=folder,
            state=State.OFFERED,
            created_at=now,
            updated_at=now,
            contents=contents,
            choices=Choices(),
        )
        fixed = {"id": made.id, "account_id": me, "folder": folder, "created_at": now}
        await tx.run(queries.ADD, **fixed, **_values(made))
        return known

    async def begin(
        self,
        tx: Transaction,
        me: int,
        import_id: int,
        choices: Choices,
        lists: Mapping[Kind, Sequence[Entry]],
    ) -> bool:
        """Takes over what was chosen, by and by. False where it has begun already.

        Raises Invalid for an archive that is not there any more.
        """
        known = await self.of(tx, me)
        if known is None or known.id != import_id:
            raise refusal("archive_gone")
        if known.state is not State.OFFERED:
            return False
        for kind, entries in lists.items():
            await self._migration.plan(tx, me, kind, entries, overwrite=False)
        skipped = Counter[str]()
        if choices.posts:
            skipped.update(known.contents.skipped)
            skipped[Skip.DIRECT] += known.contents.direct
        begun = replace(
            known,
            state=State.RUNNING,
            choices=choices,
            place=PROFILE_PENDING if choices.has_profile else 0,
            skipped=dict(+skipped),
        )
        await self._save(tx, begun)
        await self._go_on(tx, begun)
        return True

    async def stop(self, tx: Transaction, me: int) -> Import | None:
        """Forgets an archive that was only looked at, or ends what goes on; what came stays."""
        known = await self.of(tx, me)
        if known is None:
            return None
        if known.state is State.RUNNING:
            await self._save(tx, replace(known, state=State.STOPPED))
        else:
            await tx.run(queries.REMOVE, me=me)
        return known

    # The work

    async def known(self, tx: Transaction, me: int, origins: Sequence[str]) -> dict[str, int]:
        """Which of these posts are here already, by their address there."""
        own = await tx.all(queries.OWN_WITH_ADDRESS, me=me, origins=origins)
        brought = await tx.all(queries.KNOWN, me=me, origins=origins)
        return {row.uri: row.id for row in own} | {row.origin: row.post_id for row in brought}

    async def change_profile(
        self, tx: Transaction, of: Import, parts: Sequence[Mapping[str, Any]], *, failed: int
    ) -> bool:
        """Takes over parts of the profile (of ``ProfileChanges``); ``failed`` could not be read.

        Those that this site takes, where it does not take all. False where that was done already.
        """
        current = await self._current(tx, of)
        if current is None or current.place != PROFILE_PENDING:
            return False
        whole = {name: value for part in parts for name, value in part.items()}
        if not await self._change(tx, of.account_id, whole):
            taken = [await self._change(tx, of.account_id, part) for part in parts]
            failed += taken.count(False)
        skipped = Counter(current.skipped)
        skipped[Skip.PROFILE] += failed
        begun = replace(current, place=0, skipped=dict(+skipped))
        await self._save(tx, begun)
        await self._go_on(tx, begun)
        return True

    async def _change(self, tx: Transaction, me: int, part: Mapping[str, Any]) -> bool:
        try:
            async with tx.savepoint():
                await self._accounts.update_profile(tx, me, ProfileChanges(**part))
        except FedrseError as error:
            if error.status >= 500:
                raise
            return False
        return True

    async def store(self, tx: Transaction, of: Import, step: Step) -> Import | None:
        """Stores a piece, and plans the next one. None where that was done or is not wanted."""
        current = await self._current(tx, of)
        account = await self._accounts.by_id(tx, of.account_id)
        if current is None or current.place != step.place or account is None or account.is_gone:
            return None
        skipped = Counter(current.skipped)
        skipped.update(step.skipped)
        added = current.added
        known = await self.known(tx, account.id, [one.origin for one in step.posts])
        for one in step.posts:
            if one.origin in known:
                skipped[Skip.KNOWN] += 1
                continue
            post_id = await self._add(tx, account, one)
            if post_id is None:
                skipped[Skip.REFUSED] += 1
            else:
                known[one.origin] = post_id  # an archive may have it twice
                added += 1
        after = replace(
            current,
            place=step.next_place,
            seen=current.seen + step.seen,
            waiting=step.waiting,
            added=added,
            skipped=dict(skipped),
            state=State.DONE if step.finished else State.RUNNING,
        )
        await self._save(tx, after)
        if not step.finished:
            await self._go_on(tx, after, delay=LOOK_AGAIN if step.waiting else 0)
        return after

    async def _add(self, tx: Transaction, account: Account, one: Ready) -> int | None:
        answered = one.post.reply_to
        parent = None if answered is None else await self._answered(tx, account.id, answered)
        try:
            async with tx.savepoint():
                post = await self._backfill.add(
                    tx, account, one.post, answered=parent, media_ids=one.media_ids
                )
                await tx.run(
                    queries.NOTE, account_id=account.id, origin=one.origin, post_id=post.id
                )
        except FedrseError as error:
            if error.status >= 500:
                raise
            return None
        return post.id

    async def _answered(self, tx: Transaction, me: int, uri: str) -> int | None:
        """What is known here of what somebody answered: their own, brought in, or the post."""
        own = (await self.known(tx, me, [uri])).get(uri)
        if own is not None:
            return own
        post = await self._posts.by_uri(tx, uri)
        return None if post is None else post.id

    async def end(self, tx: Transaction, of: Import) -> None:
        """The files are gone: nothing more can be taken over."""
        current = await self._current(tx, of)
        if current is not None:
            await self._save(tx, replace(current, state=State.STOPPED))

    async def forget_old(self, tx: Transaction) -> list[Import]:
        """Archives with which nobody goes on: those that were looked at go, others end."""
        rows = await tx.all(queries.OLD, before=self._clock.now() - KEPT)
        old = [_import(row) for row in rows]
        for one in old:
            await self.stop(tx, one.account_id)
        return old

    async def _current(self, tx: Transaction, of: Import) -> Import | None:
        current = await self.by_id(tx, of.id)
        return None if current is None or current.state is not State.RUNNING else current

    async def _save(self, tx: Transaction, changed: Import) -> None:
        changed = replace(changed, updated_at=self._clock.now())
        values = {f"new_{name}": value for name, value in _values(changed).items()}
        await tx.run(queries.SAVE, key=changed.id, **values)

    async def _go_on(self, tx: Transaction, of: Import, *, delay: int = 0) -> None:
        due = self._clock.now() + delay
        await self._queue.enqueue(tx, GO_ON, {"import": of.id}, due_at=due, key=f"{GO_ON}:{of.id}")

    async def _deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        if event.local:
            await tx.run(queries.REMOVE, me=event.account_id)


def lists_of(folder: Path, of: Import, wanted: Sequence[Kind]) -> dict[Kind, list[Entry]]:
    """The lines of lists of an archive, read from its folder. Raises FileNotFoundError."""
    found: dict[Kind, list[Entry]] = {}
    for kind in wanted:
        if not of.contents.lists.get(kind.value):
            continue
        if kind is Kind.BOOKMARKS:
            lines = (folder / BOOKMARKS_FILE).read_text("utf-8").splitlines()
            found[kind] = [Entry(line) for line in lines]
        else:
            content = (folder / str(of.contents.csv[kind.value])).read_bytes()
            found[kind] = read_csv(kind, content)
    return found


def _values(of: Import) -> dict[str, object]:
    """The columns that change, but for ``id`` and the like."""
    return {
        "state": of.state.value,
        "updated_at": of.updated_at,
        "contents": msgspec.json.encode(of.contents).decode(),
        "choices": msgspec.json.encode(of.choices).decode(),
        "place": of.place,
        "seen": of.seen,
        "waiting": json.dumps(of.waiting),
        "added": of.added,
        "skipped": json.dumps(of.skipped),
    }


def _import(row: Row) -> Import:
    return Import(
        id=row.id,
        account_id=row.account_id,
        folder=row.folder,
        state=State(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        contents=msgspec.json.decode(row.contents, type=Contents),
        choices=msgspec.json.decode(row.choices, type=Choices),
        place=row.place,
        seen=row.seen,
        waiting=tuple(json.loads(row.waiting)),
        added=row.added,
        skipped=json.loads(row.skipped),
    )
