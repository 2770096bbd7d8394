"""Reads request bodies within limits of size and time."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fedrse.core.errors import BadRequest, FedrseError, TooLarge, UnsupportedMedia

BODY_SECONDS = 30
UPLOAD_SECONDS = 900


class TooSlow(FedrseError):
    """The body did not arrive in time."""

    status = 408


async def read_body(raw: web.BaseRequest, limit: int, *, seconds: float = BODY_SECONDS) -> bytes:
    """The whole body.

    Raises TooLarge above ``limit`` bytes, before reading where the length is declared;
    UnsupportedMedia for a compressed body, whose size nobody can know; TooSlow; BadRequest where
    the client gives up or the transfer coding is broken.
    """
    declared = await prepare_body(raw, limit)
    content = raw.content
    if content.is_eof():
        body = content.read_nowait()
        if len(body) > limit:
            raise _too_large(limit)
        return check_complete(body, declared)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while chunk := await content.readany():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                chunks.append(chunk)
    except TimeoutError as error:
        raise TooSlow("too_slow", "The request did not arrive in time.") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise BadRequest("broken_body", "The request body is broken.") from error
    return check_complete(b"".join(chunks), declared)


async def prepare_body(raw: web.BaseRequest, limit: int) -> int | None:
    """Checks the headers about the body and answers ``Expect: 100-continue``.

    Returns the declared length. Raises TooLarge and UnsupportedMedia.
    """
    headers = raw.headers
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("content_encoding", "Compressed request bodies are not accepted.")
    declared = raw.content_length
    if declared is not None and declared > limit:
        raise _too_large(limit)
    if headers.get("Expect", "").lower() == "100-continue":
        await raw.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        raw.writer.output_size = 0
    return declared


def check_complete(body: bytes, declared: int | None) -> bytes:
    """The body, if it has the declared length. Raises BadRequest otherwise."""
    if declared is not None and len(body) != declared:
        raise BadRequest("broken_body", "The request body is broken.")
    return body


def _too_large(limit: int) -> TooLarge:
    return TooLarge("too_large", f"The request is larger than {limit} bytes.")
