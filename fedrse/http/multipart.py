"""Multipart forms (RFC 7578): fields as text, files streamed into temporary files."""

from __future__ import annotations

import asyncio
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

from aiohttp import (
    BadContentDispositionHeader,
    BadContentDispositionParam,
    BodyPartReader,
    MultipartReader,
    web,
)
from aiohttp.hdrs import CONTENT_TYPE
from aiohttp.http_exceptions import HttpProcessingError
from msgspec import Struct
from msgspec.structs import replace
from multidict import CIMultiDict, CIMultiDictProxy

from fedrse.core.errors import BadRequest, FedrseError, TooLarge
from fedrse.http.body import UPLOAD_SECONDS, TooSlow, prepare_body
from fedrse.http.parameters import MAX_PARAMETERS, check_text

MAX_FILENAME = 255
CHUNK = 64 * 1024
BLOCK = 1024 * 1024
OVERHEAD = 64 * 1024  # boundaries and part headers
LONGEST_LEFT = 1 << 40  # what is not read may be as long as it likes

# What a client sends is no defect of this program; and Python would remember each text warned of.
warnings.simplefilter("ignore", BadContentDispositionHeader)
warnings.simplefilter("ignore", BadContentDispositionParam)


class Uploads(Struct, frozen=True, kw_only=True):
    """How many files a multipart body may bring, and how many bytes each may have.

    ``keeps_text``: a form with a file too many or too large is not refused, so that what was typed
    is not lost. Reading ends there: fields behind the file are missing, and the file is an
    ``Upload`` without content whose ``size`` is more than it may be.
    """

    count: int = 1
    bytes_each: int = 16 * 1024 * 1024
    keeps_text: bool = False


class Upload(Struct, frozen=True, eq=False):
    """A file that came with a form; ``path`` is removed after the request unless moved away.

    ``filename`` and ``media_type`` are claims of the client.
    """

    name: str
    filename: str
    media_type: str
    size: int
    path: Path

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


Pairs = list[tuple[str, Any]]


async def read_multipart(
    raw: web.BaseRequest, *, body_limit: int, uploads: Uploads | None, folder: Path | None
) -> Pairs:
    """All parts in order: fields as text, files as ``Upload``.

    An empty file field, as browsers send it where nothing was chosen, counts as absent. Raises
    TooLarge for too many bytes, parts or files, TooSlow, and BadRequest for a body that is broken;
    files already written are then gone.
    """
    files = uploads or Uploads(count=0, bytes_each=0)
    most = body_limit + files.count * files.bytes_each + OVERHEAD
    await prepare_body(raw, LONGEST_LEFT if files.keeps_text else most)
    reader = _FormReader(body_limit, files, folder)
    try:
        async with _mapped_errors(), asyncio.timeout(UPLOAD_SECONDS):
            return await reader.read(raw)
    except BaseException:
        discard_uploads(reader.pairs)
        raise


def discard_uploads(pairs: Pairs) -> None:
    """Removes the temporary files among these values."""
    for _, value in pairs:
        if isinstance(value, Upload):
            value.discard()


@asynccontextmanager
async def _mapped_errors() -> AsyncIterator[None]:
    """Turns what aiohttp raises for hostile multipart into errors of ours."""
    try:
        yield
    except FedrseError:
        raise
    except TimeoutError as error:
        raise TooSlow("too_slow", "The request did not arrive in time.") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLarge("too_large", "The form is too large.") from error
    except (
        web.RequestPayloadError,
        ConnectionError,
        HttpProcessingError,
        ValueError,
        TypeError,
        AssertionError,
        LookupError,
        RuntimeError,
    ) as error:
        raise BadRequest("broken_body", "The multipart body is broken.") from error


class _FlatReader(MultipartReader):
    """Takes a part that calls itself a form, without a boundary, for the text that it is.

    Retrofit, with which Android apps are written, sends texts so (``MultipartBody.FORM``): Tusky
    does when somebody changes a profile.
    """

    def _get_part_reader(self, headers: CIMultiDictProxy[str]) -> MultipartReader | BodyPartReader:
        kind = headers.get(CONTENT_TYPE, "").strip().lower()
        if kind.startswith("multipart/") and "boundary" not in kind:
            plain = CIMultiDict(headers)
            plain.popall(CONTENT_TYPE)
            headers = CIMultiDictProxy(plain)
        return super()._get_part_reader(headers)


class _FormReader:
    """Reads one form; ``pairs`` grows while it reads."""

    def __init__(self, body_limit: int, uploads: Uploads, folder: Path | None) -> None:
        self.pairs: Pairs = []
        self._left = body_limit
        self._uploads = uploads
        self._files = 0
        self._folder = folder

    async def read(self, raw: web.BaseRequest) -> Pairs:
        reader = _FlatReader(
            raw.headers,
            raw.content,
            client_max_size=raw.client_max_size,
            max_field_size=raw.protocol.max_field_size,
            max_headers=raw.protocol.max_headers,
            max_size_error_cls=web.HTTPRequestEntityTooLarge,
        )
        parts = 0
        while (part := await reader.next()) is not None:
            parts += 1
            if parts > MAX_PARAMETERS:
                raise TooLarge("too_many_parameters", f"More than {MAX_PARAMETERS} parameters.")
            if not isinstance(part, BodyPartReader) or not part.name:
                raise BadRequest("broken_body", "A part of the form has no name.")
            name = check_text(part.name)
            if part.filename is None:
                self.pairs.append((name, await self._field(part)))
            elif not await self._file(name, part):
                break
        return self.pairs

    async def _field(self, part: BodyPartReader) -> str:
        data = bytearray()
        while chunk := await part.read_chunk(CHUNK):
            self._left -= len(chunk)
            if self._left < 0:
                raise TooLarge("too_large", "The form is too large.")
            data += chunk
        try:
            return check_text(data.decode())
        except UnicodeDecodeError as error:
            raise BadRequest("invalid_encoding", "A parameter is not valid UTF-8.") from error

    async def _file(self, name: str, part: BodyPartReader) -> bool:
        """Takes a file; False where reading ends with it."""
        filename = clean_filename(part.filename or "")
        first = await part.read_chunk(CHUNK)
        if not filename and not first:
            return True
        self._files += 1
        if self._files > self._uploads.count:
            if self._uploads.keeps_text:
                return False
            raise TooLarge("too_many_files", f"At most {self._uploads.count} files are accepted.")
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="upload-", delete=False) as file:
            upload = Upload(name, filename or "file", _media_type(part), 0, Path(file.name))
            self.pairs.append((name, upload))  # from here on it is discarded with the others
            size = await self._spool(part, first, file)
        self.pairs[-1] = (name, replace(upload, size=size))
        return size <= self._uploads.bytes_each

    async def _spool(self, part: BodyPartReader, first: bytes, file: IO[bytes]) -> int:
        """Writes in blocks, each in a thread, so that a slow disk holds nobody else up."""
        limit = self._uploads.bytes_each
        block, size = bytearray(first), len(first)
        while chunk := await part.read_chunk(CHUNK):
            size += len(chunk)
            if size > limit:
                return self._too_large(size)
            block += chunk
            if len(block) >= BLOCK:
                await asyncio.to_thread(_write(file), bytes(block))
                block.clear()
        if size > limit:
            return self._too_large(size)
        file.write(block)
        return size

    def _too_large(self, size: int) -> int:
        if self._uploads.keeps_text:
            return size
        limit = self._uploads.bytes_each
        raise TooLarge("file_too_large", f"A file is larger than {limit} bytes.")


def _write(file: IO[bytes]) -> Callable[[bytes], int]:
    return file.write


def _media_type(part: BodyPartReader) -> str:
    return part.headers.get(CONTENT_TYPE, "application/octet-stream").partition(";")[0].strip()


def clean_filename(text: str) -> str:
    """The last part of a path, without control characters, at most MAX_FILENAME characters."""
    name = text.replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if character.isprintable()).strip()
    return name[-MAX_FILENAME:] if name not in (".", "..") else ""
