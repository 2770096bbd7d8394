"""Takes what people send: pictures are ready at once, films, sounds and moving GIFs soon after.

What a file is comes from its content. Whatever needs a conversion is stored as it was sent first,
and the work is a job: it is done even if the process dies meanwhile.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from fedrse.blobs.conversions import Source
from fedrse.blobs.converter import Converter
from fedrse.blobs.formats import HEAD, Family, Format, sniff
from fedrse.blobs.pictures import (
    PREVIEW_TYPE,
    ProcessedImage,
    UnusableImage,
    accepted_types,
    process_file,
)
from fedrse.blobs.recordings import ACCEPTED, UnusableRecording
from fedrse.blobs.store import BlobStore, new_key
from fedrse.blobs.workers import FileWorkers
from fedrse.core.errors import Invalid, TooLarge
from fedrse.features.media.model import Media
from fedrse.features.media.service import MediaLibrary, checked_description
from fedrse.features.media.service_conversion import Conversions, Thumbnail
from fedrse.store.database import Database

SOURCE = "raw"  # extension of what is stored as it was sent; it is never served


class Sent(Struct, frozen=True, kw_only=True):
    """A file that somebody sent, with what they say about it. It may be moved away."""

    path: Path
    size: int
    thumbnail: Path | None = None
    description: str = ""
    focus: tuple[float, float] = (0.0, 0.0)


class _Stored(Struct, frozen=True):
    """Keys of files that no row names yet."""

    keys: list[str] = field(default_factory=list)


class UploadedFiles:
    """Checks and stores files, then has them recorded."""

    def __init__(
        self,
        *,
        database: Database,
        library: MediaLibrary,
        conversions: Conversions,
        blobs: BlobStore,
        workers: FileWorkers,
        converter: Converter,
        largest_image: int,
    ) -> None:
        """``largest_image`` in bytes."""
        self._database = database
        self._library = library
        self._conversions = conversions
        self._blobs = blobs
        self._workers = workers
        self._converter = converter
        self._largest_image = largest_image

    @property
    def largest(self) -> int:
        """Bytes of the largest file of any kind."""
        return max(self._largest_image, self._converter.limits.size)

    async def accepted_types(self) -> list[str]:
        """Media types that can be sent."""
        played = ACCEPTED if await self._converter.ready() else ()
        return [*accepted_types(), *played]

    async def take(self, owner: int, sent: Sent) -> Media:
        """Records a file. Raises Invalid, TooLarge."""
        checked_description(sent.description)
        found = sniff(await asyncio.to_thread(_head_of, sent.path))
        if found is None:
            raise Invalid(
                "file_not_usable",
                "Validation failed: This file is no image, film or sound that can be shown here",
            )
        stored = _Stored()
        try:
            if found.family is Family.PICTURE:
                return await self._take_picture(owner, sent, stored)
            return await self._take_recording(owner, sent, found, stored)
        except BaseException:
            await self._blobs.delete(*stored.keys)
            raise

    async def _take_picture(self, owner: int, sent: Sent, stored: _Stored) -> Media:
        image = await self.read_picture(sent.path)
        if image.animated and await self._converter.ready():
            key = await self._put(stored, SOURCE, image.content)
            thumbnail = await self._thumbnail(sent, stored)
            return await self._convert_later(
                owner, "gifv", key, sent, size=len(image.content), thumbnail=thumbnail
            )
        if sent.thumbnail is not None:
            small = await self.read_picture(sent.thumbnail)
            image = replace(
                image,
                preview=small.preview,
                preview_width=small.preview_width,
                preview_height=small.preview_height,
                blurhash=small.blurhash,
            )
        # Files first: a row never names a file that is not there.
        keys = (
            await self._put(stored, image.extension, image.content),
            await self._put(stored, PREVIEW_TYPE[1], image.preview),
        )
        return await self._database.write(
            self._library.add_image,
            owner,
            image,
            keys,
            description=sent.description,
            focus=sent.focus,
        )

    async def _take_recording(
        self, owner: int, sent: Sent, found: Format, stored: _Stored
    ) -> Media:
        if not await self._converter.ready():
            raise Invalid(
                "file_type_not_supported",
                "Validation failed: Film and sound cannot be uploaded here, pictures can"
                " (JPEG, PNG, GIF, WebP, AVIF)",
            )
        _check_size(sent.size, self._converter.limits.size)
        try:
            recording = await self._converter.look(Source(sent.path, found.demuxer))
        except UnusableRecording as error:
            raise Invalid("file_not_usable", f"Validation failed: {error}") from error
        thumbnail = await self._thumbnail(sent, stored)
        key = new_key(SOURCE)
        stored.keys.append(key)
        await self._blobs.adopt(key, sent.path)
        return await self._convert_later(
            owner, recording.kind, key, sent, size=sent.size, thumbnail=thumbnail
        )

    async def _convert_later(
        self,
        owner: int,
        kind: str,
        key: str,
        sent: Sent,
        *,
        size: int,
        thumbnail: Thumbnail | None,
    ) -> Media:
        return await self._database.write(
            self._conversions.add,
            owner,
            kind,
            key,
            size,
            description=sent.description,
            focus=sent.focus,
            thumbnail=thumbnail,
        )

    async def show_as(self, media_id: int, path: Path) -> None:
        """Another thumbnail for a file; the caller has looked whose it is. Raises Invalid."""
        thumbnail = await self.keep_thumbnail(await self.read_picture(path))
        await self._database.write(self._conversions.show_as, media_id, thumbnail)

    async def _thumbnail(self, sent: Sent, stored: _Stored) -> Thumbnail | None:
        if sent.thumbnail is None:
            return None
        thumbnail = await self.keep_thumbnail(await self.read_picture(sent.thumbnail))
        stored.keys.append(thumbnail.key)
        return thumbnail

    async def keep_thumbnail(self, image: ProcessedImage) -> Thumbnail:
        """Stores the small form of a picture."""
        key = new_key(PREVIEW_TYPE[1])
        await self._blobs.put(key, image.preview)
        return Thumbnail(key=key, image=image)

    async def read_picture(self, path: Path) -> ProcessedImage:
        """A picture as it can be shown. Raises Invalid, TooLarge."""
        _check_size((await asyncio.to_thread(path.stat)).st_size, self._largest_image)
        try:
            return await self._workers.run(process_file, str(path))
        except UnusableImage as error:
            raise Invalid("file_not_usable", f"Validation failed: {error}") from error

    async def _put(self, stored: _Stored, extension: str, content: bytes) -> str:
        key = new_key(extension)
        stored.keys.append(key)
        await self._blobs.put(key, content)
        return key


def _head_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise TooLarge("file_too_large", f"A file is larger than {most} bytes.")
