"""Films and sounds on their way: sent, waiting for their conversion, ready or failed."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, json

from fedrse.blobs.converter import Converted
from fedrse.blobs.pictures import ProcessedImage
from fedrse.core.clock import Clock
from fedrse.core.ids import IdMaker
from fedrse.features.media import queries
from fedrse.features.media.model import Media
from fedrse.features.media.service import DELETE_BLOBS, blank, checked_description
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

CONVERT = "media.convert"
PROCESSING, READY, FAILED = "processing", "ready", "failed"


class Thumbnail(Struct, frozen=True, kw_only=True):
    """A stored picture that stands for a file."""

    key: str
    image: ProcessedImage

    def columns(self) -> dict[str, Any]:
        return {
            "preview_key": self.key,
            "preview_width": self.image.preview_width,
            "preview_height": self.image.preview_height,
            "blurhash": self.image.blurhash,
        }


_NO_THUMBNAIL = dict.fromkeys(("preview_key", "preview_width", "preview_height", "blurhash"))


class Conversions:
    """Writes what becomes of a file; part of ``MediaLibrary``, which knows all other states."""

    def __init__(self, *, clock: Clock, ids: IdMaker, jobs: Queue) -> None:
        self._clock = clock
        self._ids = ids
        self._jobs = jobs

    async def add(
        self,
        tx: Transaction,
        owner: int,
        kind: str,
        source_key: str,
        size: int,
        *,
        description: str = "",
        focus: tuple[float, float] = (0.0, 0.0),
        thumbnail: Thumbnail | None = None,
    ) -> Media:
        """Records a file that is stored as it was sent, and the work that must follow."""
        row = blank(self._ids.new(), owner, self._clock.now()) | {
            "kind": kind,
            "state": PROCESSING,
            "source_key": source_key,
            "size": size,
            "description": checked_description(description),
            "focus_x": focus[0],
            "focus_y": focus[1],
        }
        if thumbnail is not None:
            row |= thumbnail.columns()
        await tx.run(queries.ADD, **row)
        await self._jobs.enqueue(tx, CONVERT, {"media": row["id"]})
        return Media(**row)

    async def waiting(self, tx: Transaction, media_id: int) -> Media | None:
        """The row of a file that has not been converted yet; None: done, failed or gone."""
        row = await tx.one(queries.BY_ID, media_id=media_id)
        return Media(*row) if row is not None and row.state == PROCESSING else None

    async def finish(
        self,
        tx: Transaction,
        media_id: int,
        made: Converted,
        key: str,
        thumbnail: Thumbnail | None,
    ) -> bool:
        """The file can be played; False if it is not wanted any more.

        A thumbnail that its owner sent stays.
        """
        found = await self.waiting(tx, media_id)
        if found is None:
            return False
        unused = [found.source_key]
        shown = {name: getattr(found, name) for name in _NO_THUMBNAIL}
        if thumbnail is not None:
            if found.preview_key is None:
                shown = thumbnail.columns()
            else:
                unused.append(thumbnail.key)
        await tx.run(
            queries.FINISH,
            media_id=media_id,
            new_type=made.media_type,
            new_key=key,
            new_size=made.size,
            new_width=made.width,
            new_height=made.height,
            new_duration=made.seconds,
            new_details=json.encode(made.details).decode(),
            **{f"new_{name}": value for name, value in shown.items()},
        )
        await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": unused})
        return True

    async def fail(self, tx: Transaction, media_id: int, why: str) -> None:
        """The file can never be played; ``why`` is a sentence for its owner."""
        found = await self.waiting(tx, media_id)
        if found is not None:
            await tx.run(queries.FAIL, media_id=media_id, why=why)
            await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": [found.source_key]})

    async def show_as(self, tx: Transaction, media_id: int, thumbnail: Thumbnail) -> None:
        """Gives a file another thumbnail; the caller has looked whose it is."""
        row = await tx.one(queries.BY_ID, media_id=media_id)
        if row is None:
            await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": [thumbnail.key]})
            return
        columns = {f"new_{name}": value for name, value in thumbnail.columns().items()}
        await tx.run(queries.SHOW_AS, media_id=media_id, **columns)
        if row.preview_key:
            await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": [row.preview_key]})
