"""Stores uploads, describes attachments of other sites, and lets both go with their post."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from fedrse.activitypub.vocabulary import as_list
from fedrse.blobs.pictures import PREVIEW_TYPE, ProcessedImage
from fedrse.blobs.store import new_key
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.text import clean_text
from fedrse.features.media import queries
from fedrse.features.media.model import LOCAL_LIMIT, LONGEST_DESCRIPTION, MOST_PER_POST, Media
from fedrse.features.media.model_incoming import DESCRIBED, described
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction

DELETE_BLOBS = "media.delete_blobs"
MOVE_BLOBS = "media.move_blobs"
KEPT_UNUSED = DAY
ALONE = ("video", "audio")  # kinds of which a post has one, and nothing beside it


class MediaLibrary:
    """The only writer of ``media``."""

    def __init__(self, *, clock: Clock, ids: IdMaker, jobs: Queue) -> None:
        self._clock = clock
        self._ids = ids
        self._jobs = jobs

    # Uploads

    def name_image(self, image: ProcessedImage) -> tuple[str, str]:
        """Fresh keys for the file and its thumbnail."""
        return new_key(image.extension), new_key(PREVIEW_TYPE[1])

    async def add_image(
        self,
        tx: Transaction,
        owner: int,
        image: ProcessedImage,
        keys: tuple[str, str],
        *,
        description: str = "",
        focus: tuple[float, float] = (0.0, 0.0),
    ) -> Media:
        """Records an image whose files are stored already. Raises Invalid."""
        row = blank(self._ids.new(), owner, self._clock.now()) | {
            "kind": "image",
            "state": "ready",
            "media_type": image.media_type,
            "key": keys[0],
            "preview_key": keys[1],
            "size": len(image.content),
            "width": image.width,
            "height": image.height,
            "preview_width": image.preview_width,
            "preview_height": image.preview_height,
            "blurhash": image.blurhash,
            "description": checked_description(description),
            "focus_x": focus[0],
            "focus_y": focus[1],
        }
        await tx.run(queries.ADD, **row)
        return Media(**row)

    async def access_own(self, tx: Transaction, owner: int, media_id: int) -> Media:
        """An upload of this person. Raises NotFound."""
        row = await tx.one(queries.OWN, media_id=media_id, me=owner)
        if row is None:
            raise NotFound
        return Media(*row)

    async def describe(
        self,
        tx: Transaction,
        owner: int,
        media_id: int,
        *,
        description: str | None = None,
        focus: tuple[float, float] | None = None,
    ) -> Media:
        """Changes description and focal point. Raises NotFound, Invalid."""
        found = await self.access_own(tx, owner, media_id)
        text = found.description if description is None else checked_description(description)
        x, y = focus or (found.focus_x, found.focus_y)
        await tx.run(queries.DESCRIBE, media_id=media_id, text=text, x=x, y=y)
        return await self.access_own(tx, owner, media_id)

    async def remove(self, tx: Transaction, owner: int, media_id: int) -> None:
        """Forgets an upload that no post uses. Raises NotFound, Invalid if it is used."""
        await self.access_own(tx, owner, media_id)
        rows = await tx.all(queries.REMOVE, media_id=media_id, me=owner)
        if not rows:
            raise Invalid("media_in_use", "This attachment belongs to a post")
        await self._delete_blobs(tx, rows)

    # Posts

    async def attach(
        self, tx: Transaction, owner: int, post_id: int, media_ids: Sequence[int]
    ) -> list[Media]:
        """Gives uploads to a post, in this order; others it had are let go.

        Raises Invalid if there are too many, one is missing, not ready or used by another post.
        """
        wanted = list(dict.fromkeys(media_ids))
        by_id = await self._free(tx, owner, wanted, post_id)
        await self._delete_blobs(tx, await tx.all(queries.DROP_OTHERS, of_post=post_id, ids=wanted))
        for place, media_id in enumerate(wanted):
            await tx.run(queries.ATTACH, media_id=media_id, of_post=post_id, place=place)
        return [
            replace(by_id[media_id], post_id=post_id, position=place)
            for place, media_id in enumerate(wanted)
        ]

    async def _free(
        self, tx: Transaction, owner: int, wanted: Sequence[int], post_id: int
    ) -> dict[int, Media]:
        if len(wanted) > LOCAL_LIMIT:
            raise Invalid(
                "media_too_many", f"A post can have {LOCAL_LIMIT} attachments at the most"
            )
        rows = await tx.all(queries.FREE, ids=wanted, me=owner, of_post=post_id)
        by_id = {row.id: Media(*row) for row in rows}
        if len(by_id) != len(wanted):
            raise Invalid("media_not_usable", "An attachment does not exist or is used already")
        for item in by_id.values():
            if item.error is not None:
                raise Invalid("media_failed", item.error)
        if any(item.state != "ready" for item in by_id.values()):
            raise Invalid(
                "media_not_ready",
                "Cannot attach files that have not finished processing. Try again in a moment!",
            )
        if len(by_id) > 1 and any(item.kind in ALONE for item in by_id.values()):
            raise Invalid(
                "media_not_together",
                "Cannot attach a video to a post that already contains images",
            )
        return by_id

    async def reserve(self, tx: Transaction, owner: int, media_ids: Sequence[int]) -> None:
        """Keeps uploads for a post that is published later. Raises what ``attach`` raises."""
        wanted = list(dict.fromkeys(media_ids))
        await self._free(tx, owner, wanted, 0)
        await tx.run(queries.RESERVE, ids=wanted, me=owner, wanted=True)

    async def hold(self, tx: Transaction, owner: int, media_ids: Sequence[int]) -> list[int]:
        """Keeps those uploads that are free, ready or not, for a draft; returns them."""
        rows = await tx.all(queries.HOLD, ids=list(dict.fromkeys(media_ids)), me=owner)
        return [row.id for row in rows]

    async def release(self, tx: Transaction, owner: int, media_ids: Sequence[int]) -> None:
        """The post is published now, or never will be: the uploads are free again."""
        await tx.run(queries.RESERVE, ids=list(media_ids), me=owner, wanted=False)

    async def own(self, tx: Transaction, owner: int, media_ids: Sequence[int]) -> dict[int, Media]:
        """Those of these uploads that are this person's, by id."""
        rows = await tx.all(queries.OWN_OF, ids=list(media_ids), me=owner)
        return {row.id: Media(*row) for row in rows}

    async def import_remote(
        self, tx: Transaction, owner: int, post_id: int, attachments: Any
    ) -> None:
        """Describes the attachments of a remote post; replaces what was known.

        Nothing is written where nothing changed, so that their ids stay.
        """
        found = [described(one) for one in as_list(attachments)]
        told = [one for one in found if one is not None][:MOST_PER_POST]
        known = (await self.of_posts(tx, [post_id])).get(post_id, [])
        if [{name: getattr(one, name) for name in DESCRIBED} for one in known] == told:
            return
        await tx.run(queries.DETACH, of_post=post_id)
        now = self._clock.now()
        rows = [
            blank(self._ids.new(), owner, now) | one | {"post_id": post_id, "position": place}
            for place, one in enumerate(told)
        ]
        if rows:
            await tx.many(queries.ADD, rows)

    async def of_posts(self, tx: Transaction, post_ids: Sequence[int]) -> dict[int, list[Media]]:
        """Attachments by post, in order; one query for all."""
        found: defaultdict[int, list[Media]] = defaultdict(list)
        if post_ids:
            for row in await tx.all(queries.OF_POSTS, ids=list(post_ids)):
                found[row.post_id].append(Media(*row))
        return dict(found)

    async def remove_of_post(self, tx: Transaction, post_id: int) -> None:
        """The files go with their post."""
        await self._delete_blobs(tx, await tx.all(queries.DETACH, of_post=post_id))

    async def release_of_post(self, tx: Transaction, post_id: int) -> None:
        """The post goes, its files stay for a day, so that its author can write it anew.

        They get new addresses: whoever knew the old ones has nothing any more.
        """
        moves: list[list[str]] = []
        for item in (await self.of_posts(tx, [post_id])).get(post_id, []):
            keys = {
                name: None if key is None else new_key(key.rpartition(".")[2])
                for name, key in (("new_key", item.key), ("new_preview_key", item.preview_key))
            }
            await tx.run(queries.RELEASE, media_id=item.id, now=self._clock.now(), **keys)
            old = (item.key, item.preview_key)
            moves += [[a, b] for a, b in zip(old, keys.values(), strict=True) if a and b]
        if moves:
            await self._jobs.enqueue(tx, MOVE_BLOBS, {"keys": moves})

    async def remove_abandoned(self, tx: Transaction) -> None:
        """Uploads that no post used for a day are let go."""
        before = self._clock.now() - KEPT_UNUSED
        await self._delete_blobs(tx, await tx.all(queries.ABANDONED, before=before))

    async def _delete_blobs(self, tx: Transaction, rows: Iterable[Row]) -> None:
        names = ("key", "preview_key", "source_key")
        keys = [key for row in rows for name in names if (key := getattr(row, name))]
        if keys:
            await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": keys})


def blank(media_id: int, owner: int, now: int) -> dict[str, Any]:
    """A row without anything, as values by column."""
    return {
        "id": media_id,
        "account_id": owner,
        "post_id": None,
        "position": 0,
        "kind": "unknown",
        "state": "remote",
        "media_type": "",
        "remote_url": None,
        "key": None,
        "preview_key": None,
        "size": 0,
        "width": None,
        "height": None,
        "preview_width": None,
        "preview_height": None,
        "duration": None,
        "blurhash": None,
        "description": "",
        "focus_x": 0.0,
        "focus_y": 0.0,
        "created_at": now,
        "reserved": False,
        "preview_remote_url": None,
        "details": None,
        "source_key": None,
        "error": None,
    }


def checked_description(text: str) -> str:
    """What a person wrote about a picture. Raises Invalid if it is too long."""
    text = clean_text(text).strip()
    if len(text) > LONGEST_DESCRIPTION:
        raise Invalid(
            "description_too_long",
            "Validation failed: Description is too long"
            f" (maximum is {LONGEST_DESCRIPTION} characters)",
        )
    return text
