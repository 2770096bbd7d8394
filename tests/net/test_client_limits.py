"""Answers that hang, drip, never end, explode or are no answer at all."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from fedrse.net import errors
from fedrse.net.client import FetchLimits, GuardedClient
from tests.net.servers import Handler, always, answer, hang, raw_server, stream_server

QUICK = FetchLimits(seconds=0.3)


async def test_a_server_that_hangs_meets_the_deadline(client: GuardedClient) -> None:
    async with raw_server(hang) as server:
        with pytest.raises(errors.TimedOut):
            await client.get(server.url, limits=QUICK)
        with pytest.raises(errors.TimedOut):
            await client.post(server.url, b"", limits=QUICK)


async def test_a_server_that_drips_meets_the_one_deadline(client: GuardedClient) -> None:
    async def drip(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await asyncio.sleep(0.02)

    async with raw_server(drip) as server:
        with pytest.raises(errors.TimedOut):
            await client.get(server.url, limits=QUICK)


def endless(head: bytes, piece: bytes) -> tuple[Handler, list[int]]:
    """Sends the piece again and again; counts how often."""
    sent = [0]

    async def handle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            sent[0] += 1
            await writer.drain()

    return handle, sent


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"4000\r\n" + b"x" * 16_384 + b"\r\n",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
            gzip.compress(b"", mtime=0)[:10] + b"\x00\x00\x00\xff\xff" * 4000,
        ),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000),
        (b"HTTP/1.1 ", b"2" * 1000),
    ],
    ids=["body", "chunks", "empty blocks", "headers", "header", "status"],
)
async def test_answers_without_end_are_cut(
    client: GuardedClient, head: bytes, piece: bytes
) -> None:
    handle, sent = endless(head, piece)
    async with raw_server(handle) as server:
        with pytest.raises((errors.ResponseTooLarge, errors.BadResponse)):
            await client.get(server.url)
        # Socket buffers included, hardly more than the limit was ever sent.
        assert sent[0] * len(piece) < 12 * 1_048_576


async def test_bodies_up_to_the_limit(client: GuardedClient) -> None:
    limits = FetchLimits(body=1000)
    for body, encoding in [(b"x" * 1000, ""), (gzip.compress(b"x" * 1000), "gzip")]:
        async with raw_server(always(answer(body, headers={"Content-Encoding": encoding}))) as ok:
            assert (await client.get(ok.url, limits=limits)).body == b"x" * 1000
    for body, encoding in [(b"x" * 1001, ""), (gzip.compress(b"x" * 1001), "gzip")]:
        async with raw_server(always(answer(body, headers={"Content-Encoding": encoding}))) as big:
            with pytest.raises(errors.ResponseTooLarge):
                await client.get(big.url, limits=limits)


async def test_a_body_announced_too_large_is_not_waited_for(client: GuardedClient) -> None:
    async with raw_server(always(b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n")) as server:
        with pytest.raises(errors.ResponseTooLarge):
            await client.get(server.url)


async def test_more_than_8_kib_of_headers(client: GuardedClient) -> None:
    headers = {f"X-{number}": "y" * 100 for number in range(90)}
    async with raw_server(always(answer(headers=headers))) as server:
        with pytest.raises(errors.ResponseTooLarge):
            await client.get(server.url)


@pytest.mark.parametrize(
    "bomb",
    [
        (gzip.compress(b"\0" * 900_000, mtime=0), "gzip"),
        (zlib.compress(b"\0" * 900_000), "deflate"),
        (gzip.compress(gzip.compress(b"\0" * 9_000_000, mtime=0), mtime=0), "gzip, gzip"),
        (b"\x5b\xff\xff\x00", "br"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ],
    ids=["gzip", "deflate", "twice", "br", "zstd"],
)
async def test_compressed_bombs(client: GuardedClient, bomb: tuple[bytes, str]) -> None:
    body, encoding = bomb
    async with raw_server(always(answer(body, headers={"Content-Encoding": encoding}))) as server:
        with pytest.raises((errors.ResponseTooLarge, errors.BadResponse)) as caught:
            await client.get(server.url)
        assert caught.value.code in {"compression_bomb", "unknown_encoding"}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", errors.ConnectionLost),
        (b"SSH-2.0-OpenSSH_9.6\r\n", errors.BadResponse),
        (b"\x16\x03\x01\x00\xff\r\n\r\n", errors.BadResponse),
        (b"HTTP/1.1 abc\r\n\r\n", errors.BadResponse),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", errors.ConnectionLost),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", errors.NetworkFailure),
        (
            answer(gzip.compress(b"x" * 99, mtime=0)[:-9], headers={"Content-Encoding": "gzip"}),
            errors.BadResponse,
        ),
        (answer(b"no gzip", headers={"Content-Encoding": "gzip"}), errors.BadResponse),
    ],
)
async def test_garbage(client: GuardedClient, said: bytes, error: type[Exception]) -> None:
    async def handle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with raw_server(handle) as server:
        with pytest.raises(error):
            await client.get(server.url)


async def test_a_connection_that_breaks_at_once(client: GuardedClient) -> None:
    async def slam(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with stream_server(slam) as port:
        with pytest.raises(errors.ConnectionLost):
            await client.get(f"http://localhost:{port}/")
